"""Race: several runs trained at once, in lockstep by epoch, over all workers; and saved races."""

import json
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from playground.experiment.model import FIELDS, Experiment, current_name
from playground.experiment.url import dataset_of, decode, encode, with_current_names
from playground.history.events import Epoch
from playground.history.history import History, history
from playground.nn.format import truncate
from playground.runs import cluster
from playground.runs.cluster import spread
from playground.runs.leased import LEASE, Leased, LoopSettings, Registry
from playground.runs.logger import RunLogger
from playground.runs.run import PAUSE_WAIT, Run
from playground.storage.query import RunQuery
from playground.storage.records import RunRow
from playground.storage.store import Store

CHECKPOINT_BYTES = 400_000_000  # of all snapshots in the workers of one race
BLOCK = 0.1  # seconds of training between two synchronizations, where epochs are shorter
CALL = 64  # epochs that a trainer computes in one call where they are short
MOST_RACES = 60
MOST_PLANNED = 200  # entries of a plan, and runs of an entry
KIND = "race"
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Competitor:
    """One entry of a race: an experiment for each seed, and their label."""

    label: str
    experiments: tuple[Experiment, ...]


class Race(Leased):
    """Competitors in training: none begins an epoch before all have finished the one before.

    Where epochs are short, they wait for each other after blocks of about BLOCK seconds. Runs that
    are over (finished, diverged, lost, stopped) are not waited for. `snapshots` as in LoopSettings:
    by default weights arrive only at the end of a run, and `run.snapshot` requests others.
    `loggers`: the logger of the run of a competitor and a seed, both counted from 0. All methods
    may be called from any thread.
    """

    def __init__(
        self,
        competitors: Sequence[Competitor],
        loggers: Callable[[int, int], RunLogger | None] = lambda i, seed: None,
        lease: float = LEASE,
        snapshots: str = "end",
    ) -> None:
        for competitor in competitors:
            if not isinstance(competitor, Competitor):
                rule = "competitors must be made by `vary` or be Competitor values"
                raise TypeError(f"{rule}, got {truncate(competitor)}")
        if not any(competitor.experiments for competitor in competitors):
            raise ValueError("competitors must be at least one experiment, got none")
        n = sum(len(competitor.experiments) for competitor in competitors)
        super().__init__(
            LoopSettings(
                lease,
                max_epoch=1,
                snapshots=snapshots,
                checkpoint_bytes=CHECKPOINT_BYTES // n,
                on_change=self._synchronize,
            )
        )
        self.name = secrets.token_hex(8)
        self.competitors = tuple(competitors)
        self._stopped: frozenset[int] = frozenset()
        self._begun = False
        self._placing = threading.Lock()
        self._addresses: list[str] | None = None
        self.runs: tuple[tuple[Run, ...], ...] = ()
        made, number = [], count()
        for i, competitor in enumerate(self.competitors):
            each = enumerate(competitor.experiments)
            made.append(tuple(self._run(e, next(number), loggers(i, seed)) for seed, e in each))
        self.runs = tuple(made)

    def __repr__(self) -> str:
        labels = ", ".join(competitor.label for competitor in self.competitors)
        return f"<Race {self.state}: epoch {self.epoch} of {self.epochs}, {labels}>"

    def _run(self, experiment: Experiment, number: int, logger: RunLogger | None) -> Run:
        return Run(experiment, self.settings, where=lambda: self._address(number), logger=logger)

    # ---- state ---------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """ "ready" (not begun), "playing", "paused", or "finished": all are over."""
        living = self._living
        if not living:
            return "finished"
        if any(run.state == "playing" for run in living):
            return "playing"
        return "paused" if self._begun else "ready"

    @property
    def states(self) -> tuple[str, ...]:
        """Of each competitor: the state of its runs, "stopped", or "playing" while one plays."""
        return tuple(self._state(i) for i in range(len(self.runs)))

    def _state(self, i: int) -> str:
        states = {run.state for run in self.runs[i]}
        if i in self._stopped:
            unfinished = states & {"ready", "playing", "paused"}
            return "stopped" if unfinished else _worst(states)
        for state in ("playing", "paused", "ready"):
            if state in states:
                return state
        return _worst(states)

    @property
    def epoch(self) -> int:
        """Epochs finished by all runs that go on; of the longest run if none does."""
        living = [run.epoch for run in self._living]
        return min(living) if living else max(run.epoch for run in self._all)

    @property
    def epochs(self) -> int:
        """Epochs of the longest run."""
        return max(run.experiment.training.epochs for run in self._all)

    def histories(self) -> tuple[tuple[History, ...], ...]:
        """The finished epochs of every run, as `runs` are ordered."""
        return tuple(tuple(history(run.events) for run in runs) for runs in self.runs)

    # ---- controls ------------------------------------------------------------------------

    def play(self, epochs: int | None = None) -> None:
        """Train on: to the end, or for some `epochs` (1: a step), and then pause.

        An epoch that only some have finished counts as the first: all pause after the same one.
        """
        if epochs is not None and epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        self.heartbeat()
        with self._changed:
            living = self._living
            if not living:
                return
            until = None
            if epochs is not None:
                done = [run.epoch for run in living]
                until = max(done) + epochs - (min(done) < max(done))
            self._begun = True
            for run in living:
                run.play_until(until)
        self._synchronize()

    def pause(self) -> None:
        """Stop after the slices under way, without losing anything of them."""
        for run in self._all:
            run.request_pause()
        self.wait(PAUSE_WAIT)

    def stop(self, i: int | None = None) -> None:
        """End competitor `i`, or all, for good; their histories and weights stay."""
        with self._changed:
            stopped = range(len(self.runs)) if i is None else [range(len(self.runs))[i]]
            self._stopped |= frozenset(stopped)
            for run in (run for each in stopped for run in self.runs[each]):
                run.request_pause()
        self._synchronize()

    def reset(self) -> None:
        """Start all again from the same initial weights."""
        with self._changed:
            self._stopped, self._begun, self.settings.max_epoch = frozenset(), False, 1
            with self._placing:
                self._addresses = None
            for run in self._all:
                run.reset()

    def close(self) -> None:
        """Stop for good and free all trainers."""
        with self._changed:
            for run in self._all:
                run.close()
        self.wake()

    # ---- synchronization -----------------------------------------------------------------

    @property
    def _all(self) -> Iterator[Run]:
        return (run for runs in self.runs for run in runs)

    @property
    def _living(self) -> list[Run]:
        """The runs of competitors that were not stopped, unless they are over."""
        going = (runs for i, runs in enumerate(self.runs) if i not in self._stopped)
        return [run for runs in going for run in runs if not run.over]

    def _synchronize(self) -> None:
        """Raise `max_epoch` as soon as the last run has reached it."""
        with self._changed:
            living, max_epoch = self._living, self.settings.max_epoch or 1
            reached = min((run.epoch for run in living), default=0)
            if reached < max_epoch:
                self._changed.notify_all()
                return
            self.settings.max_epoch = reached + self._block(living)
        self.wake()

    def _block(self, living: Sequence[Run]) -> int:
        """Epochs until the next synchronization."""
        seconds = sum(_seconds(run) for run in living) / max(len(set(self._addresses or "1")), 1)
        block = int(BLOCK / seconds) if seconds > 0 else 1
        if block > CALL // 8:  # fewer than CALL take nearly as long as CALL
            block = max(block - block % CALL, CALL)
        if self.settings.speed is not None:
            block = min(block, int(BLOCK * self.settings.speed))
        return max(block, 1)

    def wake(self) -> None:
        """Wake all runs, and all threads that wait for the race."""
        for run in self._all:
            run.wake()
        super().wake()

    def _address(self, number: int) -> str | None:
        """The worker for the run of this number in the race."""
        with self._placing:
            if self._addresses is None:
                found = cluster.all_workers()
                each = [e for competitor in self.competitors for e in competitor.experiments]
                places = spread(each, len(found))
                self._addresses = [found[place] for place in places]
            return self._addresses[number]


def _seconds(run: Run) -> float:
    """Seconds of the last epoch of a run; 0 before there is one."""
    for event in reversed(run.events):
        if isinstance(event, Epoch):
            return event.seconds
    return 0.0


def _worst(states: Collection[str]) -> str:
    order = ("interrupted", "playing", "paused", "stopped", "lost", "diverged")
    return next((state for state in order if state in states), "finished")


RACES: Registry[Race] = Registry(MOST_RACES)


# ---- in the database ---------------------------------------------------------------------


@dataclass(frozen=True)
class GroupPlan:
    """The planned runs of a race or sweep: labels with the links of their runs.

    Kept as text beside the saved runs, to continue after a restart. `fields`: those that vary.
    """

    runs: tuple[tuple[str, tuple[str, ...]], ...]
    fields: tuple[str, ...] = ()

    @classmethod
    def of(cls, competitors: Sequence[Competitor], fields: Sequence[str] = ()) -> "GroupPlan":
        """The plan to train the experiments of `competitors`."""
        runs = ((c.label, tuple(encode(e) for e in c.experiments)) for c in competitors)
        return cls(tuple(runs), tuple(fields))

    @property
    def n_runs(self) -> int:
        """The number of planned runs."""
        return sum(len(links) for _, links in self.runs)

    def to_text(self) -> str:
        """The plan as JSON."""
        return json.dumps({"fields": self.fields, "runs": self.runs})

    @classmethod
    def from_text(cls, text: str) -> "GroupPlan":
        """The plan in `text`; ValueError if there is none.

        Earlier versions wrote a list of runs for a race, and {"fields", "links"} for a sweep.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"a plan must be JSON, got {text[:50]!r}") from error
        match content:
            case [*runs]:
                fields: list[object] = []
            case {"fields": [*fields], "links": [*links]}:
                runs = [["", links[:MOST_PLANNED]]]
            case {"fields": [*fields], "runs": [*runs]}:
                pass
            case _:
                raise ValueError(f"a plan must be labels with runs, got {text[:50]!r}")
        if not 1 <= len(runs) <= MOST_PLANNED:
            raise ValueError(f"a plan must have 1 to {MOST_PLANNED} labels, got {len(runs)}")
        planned = tuple(_planned(each) for each in runs)
        dataset = dataset_of(planned[0][1][0])
        names = (current_name(str(name), dataset) for name in fields)
        return cls(planned, tuple(name for name in names if name in FIELDS))

    def competitors(self) -> tuple[Competitor, ...]:
        """The competitors of a race; ValueError where a link cannot be read."""
        competitors = []
        for label, links in self.runs:
            decoded = [decode(link) for link in links]
            for problem in (problem for each in decoded for problem in each.problems):
                raise ValueError(problem)
            competitors.append(Competitor(label, tuple(each.experiment for each in decoded)))
        return tuple(competitors)

    def unfinished(self, runs: Iterable[RunRow]) -> tuple[Experiment, ...]:
        """The experiments that none of the saved runs has trained to an end.

        None if one was stopped by hand or plays. Links that cannot be read are left out.
        """
        rows = sorted(runs, key=lambda run: run.state in OVER)
        states = {with_current_names(row.link): row.state for row in rows}
        if "stopped" in states.values() or "playing" in states.values():
            return ()
        missing = (link for _, links in self.runs for link in links if states.get(link) not in OVER)
        decoded = [decode(link) for link in missing]
        return tuple(each.experiment for each in decoded if not each.problems)


OVER = ("finished", "diverged")


def _planned(entry: object) -> tuple[str, tuple[str, ...]]:
    match entry:
        case [str(label), [*links]] if 1 <= len(links) <= MOST_PLANNED:
            return label, tuple(with_current_names(str(link)) for link in links)
    raise ValueError(f"a plan must be labels with runs, got {str(entry)[:50]!r}")


@dataclass(frozen=True)
class SavedRace:
    """A race from the database: `histories` and `states` as in Race, of the runs that began."""

    group: str
    competitors: tuple[Competitor, ...]
    histories: tuple[tuple[History, ...], ...]
    states: tuple[str, ...]  # of each competitor

    @property
    def epoch(self) -> int:
        """Epochs of the longest run."""
        return max(len(each) for own in self.histories for each in own)

    @property
    def over(self) -> bool:
        """Whether all runs have come to their end."""
        return all(state in (*OVER, "stopped") for state in self.states)


def create_group(store: Store, owner: str, tab: str, competitors: Sequence[Competitor]) -> str:
    """Create the group of a race and return its id. Raises StoreError."""
    title = ", ".join(competitor.label for competitor in competitors)[:LONGEST_TITLE]
    return store.create_group(owner, KIND, title, GroupPlan.of(competitors).to_text(), tab)


def latest(store: Store, owner: str, tab: str) -> SavedRace | None:
    """The last race of this tab, if any epoch of it is saved. Raises StoreError."""
    for group in store.groups(owner, KIND, tab)[:1]:
        try:
            competitors = GroupPlan.from_text(group.plan).competitors()
            return saved_race(store, owner, group.id, competitors)
        except (ValueError, LookupError):
            return None
    return None


def saved_race(
    store: Store, owner: str, group: str, competitors: tuple[Competitor, ...]
) -> SavedRace | None:
    """The saved runs of a group by competitor and seed; None if none has an epoch."""
    rows = sorted(store.list_runs(owner, RunQuery(group=group)), key=lambda row: row.created)
    readable = [row for row in rows if row.state != "unreadable"]
    newest = {(row.label, with_current_names(row.link)): row for row in readable}
    if not newest:
        return None
    histories, states = [], []
    for competitor in competitors:
        own = [newest.get((competitor.label[:200], encode(e))) for e in competitor.experiments]
        saved = [store.get(row.id, owner) if row else None for row in own]
        histories.append(tuple(history(run.events if run else ()) for run in saved))
        states.append(_worst({row.state if row else "interrupted" for row in own}))
    return SavedRace(group, competitors, tuple(histories), tuple(states))
