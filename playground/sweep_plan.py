"""What a sweep was going to train, as text beside its saved runs: to go on after a restart."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playground.experiment import FIELDS, Experiment
from playground.link import decode, encode
from playground.saved import Listed
from playground.sweep import MOST

OVER = ("finished", "diverged")


@dataclass(frozen=True)
class Planned:
    """The fields that vary, and the link text of every run."""

    fields: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def plan_text(fields: Sequence[str], experiments: Iterable[Experiment]) -> str:
    """The plan of a sweep as text."""
    return json.dumps({"fields": list(fields), "links": [encode(each) for each in experiments]})


def planned_sweep(text: str) -> Planned:
    """What `plan_text` made; nothing at all of any other text."""
    try:
        told = json.loads(text)
        fields = tuple(name for name in told["fields"] if name in FIELDS)
        links = tuple(link for link in told["links"] if isinstance(link, str))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Planned()
    return Planned(fields, links[:MOST])


def unfinished(planned: Planned, runs: Iterable[Listed]) -> tuple[Experiment, ...]:
    """The experiments of a plan that none of its saved runs has brought to an end.

    None if it was stopped by hand. Links that can no longer be read are left out.
    """
    states = {run.link: run.state for run in sorted(runs, key=lambda run: run.state in OVER)}
    if "stopped" in states.values() or "playing" in states.values():
        return ()
    missing = [link for link in planned.links if states.get(link) not in OVER]
    told = [decode(link) for link in missing]
    return tuple(each.experiment for each in told if not each.problems)
