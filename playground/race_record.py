"""A race as it is kept: who took part, and every finished epoch, found again by its group."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from playground.history import History, history
from playground.link import decode, encode
from playground.plan import MOST, MOST_SEEDS
from playground.race import Competitor
from playground.saved import Listed
from playground.store import Store

KIND = "race"
LONGEST_TITLE = 200


@dataclass(frozen=True)
class SavedRace:
    """A race out of the store; `histories` and `states` as in Race, for those runs that began."""

    group: str
    competitors: tuple[Competitor, ...]
    histories: tuple[tuple[History, ...], ...]
    states: tuple[str, ...]  # of each competitor

    @property
    def epoch(self) -> int:
        """Epochs of the run that came furthest."""
        return max(len(each) for own in self.histories for each in own)

    @property
    def over(self) -> bool:
        """Whether all had come to their end."""
        return all(state in ("finished", "diverged", "stopped") for state in self.states)


def plan(competitors: Sequence[Competitor]) -> str:
    """Who takes part, as text: labels, and the experiments as links."""
    return json.dumps(
        [[each.label, [encode(own) for own in each.experiments]] for each in competitors]
    )


def planned(text: str) -> tuple[Competitor, ...]:
    """What `plan` wrote; ValueError for anything else."""
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"a plan must be JSON, got {text[:50]!r}") from error
    if not isinstance(told, list) or not 1 <= len(told) <= MOST:
        raise ValueError(f"a plan must be a list of 1 to {MOST} competitors, got {text[:50]!r}")
    return tuple(_competitor(each) for each in told)


def _competitor(told: object) -> Competitor:
    match told:
        case [str(label), [*links]] if 1 <= len(links) <= MOST_SEEDS:
            experiments = []
            for link in links:
                found = decode(str(link))
                if found.problems:
                    raise ValueError(found.problems[0])
                experiments.append(found.experiment)
            return Competitor(label, tuple(experiments))
    raise ValueError(f"a competitor must be a label and its experiments, got {str(told)[:50]!r}")


def title(competitors: Sequence[Competitor]) -> str:
    """The names of all who take part."""
    return ", ".join(competitor.label for competitor in competitors)[:LONGEST_TITLE]


def begin(store: Store, owner: str, tab: str, competitors: Sequence[Competitor]) -> str:
    """A new group for a race; its id. Raises StoreError."""
    return store.begin_group(owner, KIND, title(competitors), plan(competitors), tab)


def last(store: Store, owner: str, tab: str) -> SavedRace | None:
    """The race that was begun last in this tab, if any epoch of it is kept. Raises StoreError."""
    for group in store.groups(owner, KIND, tab)[:1]:
        try:
            return found(store, owner, group.id, planned(group.plan))
        except (ValueError, LookupError):
            return None
    return None


def found(
    store: Store, owner: str, group: str, competitors: tuple[Competitor, ...]
) -> SavedRace | None:
    """The runs of a group, each for its competitor and its seed; None if none has an epoch."""
    lines = sorted(store.list(owner, group), key=lambda line: line.created)
    newest = {(line.label, line.link): line for line in lines if line.state != "unreadable"}
    if not newest:
        return None
    histories, states = [], []
    for competitor in competitors:
        own = [newest.get((competitor.label[:200], encode(e))) for e in competitor.experiments]
        saved = [store.get(line.id, owner) if line else None for line in own]
        histories.append(tuple(history(each.events if each else ()) for each in saved))
        states.append(_state(own))
    return SavedRace(group, competitors, tuple(histories), tuple(states))


def _state(lines: Sequence[Listed | None]) -> str:
    """Of the runs of one competitor: that of the one which came least far."""
    states = ["interrupted" if line is None else line.state for line in lines]
    for state in ("interrupted", "playing", "paused", "stopped", "lost", "diverged"):
        if state in states:
            return state
    return "finished"
