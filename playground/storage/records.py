"""What is kept of runs: a line of the list, and one whole run; plain values out of a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from playground.experiment.model import Experiment
from playground.history.history import Log


class StoreError(RuntimeError):
    """The database cannot do what it was asked; the text is one sentence for a page."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the list of runs.

    `state` is "playing", "paused", "finished", "diverged", "lost", "stopped" (for good, by hand),
    "interrupted" (its server ended meanwhile) or "unreadable". Scores are those after the last
    epoch; `best_metric` is the best validation metric (largest accuracy, smallest error).
    """

    id: str
    group: str  # id of the race, twin or sweep it belongs to; "": none
    kind: str  # "train", "race", "overfitting", "sweep"
    label: str  # of the competitor, in its group
    name: str
    note: str
    tags: tuple[str, ...]
    link: str  # the experiment as link text
    dataset: str
    task: str
    state: str
    epoch: int  # finished
    epochs: int  # to be trained
    loss: float | None
    metric: float | None
    val_loss: float | None
    val_metric: float | None
    best_metric: float | None
    parameters: int
    seconds: float  # spent training and validating
    created: datetime  # UTC


@dataclass(frozen=True)
class SavedRun:
    """A whole run: what it was, what happened, and of which epochs the weights are kept."""

    listed: RunRow
    experiment: Experiment
    events: Log
    versions: Mapping[str, str]  # of the programs that trained it
    kept: tuple[int, ...]  # epochs, rising

    @property
    def id(self) -> str:
        """The unguessable id it is asked for by."""
        return self.listed.id


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs that belong together: a race, a twin, a sweep. `plan` is their maker's own text."""

    id: str
    kind: str
    title: str
    plan: str
    created: datetime  # UTC
