"""Saved runs and groups as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from playground.experiment.model import Experiment
from playground.history.events import Score
from playground.history.history import Log


class StoreError(RuntimeError):
    """The database failed; the text is one sentence for a page."""


@dataclass(frozen=True, slots=True, repr=False)
class RunRow:
    """One line of the list of runs.

    `state` is "playing", "paused", "finished", "diverged", "lost", "stopped" (by hand, for good),
    "interrupted" (its server ended) or "unreadable". Scores are those of the last epoch.
    """

    id: str
    group: str  # id of its race, overfitting comparison or sweep; "": none
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
    best_metric: float | None  # the highest validation accuracy, or the lowest error
    parameters: int
    seconds: float  # of training and validation
    compile_seconds: float | None  # not in `seconds`; None: not measured
    created: datetime  # UTC

    def __repr__(self) -> str:
        return f"<RunRow {self.id}: {self.name}, {self.state}, epoch {self.epoch} of {self.epochs}>"


@dataclass(frozen=True)
class SavedRun:
    """A whole run: its row, log, and the epochs whose weights are saved."""

    row: RunRow
    experiment: Experiment
    events: Log
    versions: Mapping[str, str]  # of the packages that trained it, and "threads"
    checkpoints: tuple[int, ...]  # epochs, rising

    @property
    def id(self) -> str:
        """The unguessable id of the run."""
        return self.row.id


@dataclass(frozen=True, slots=True)
class SavedState:
    """The state of a trainer after some epochs, and the number of events in the log then."""

    epoch: int  # finished
    events: int
    content: bytes

    @property
    def nbytes(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class TestEvaluation:
    """The score of a network on the test set of a data set."""

    __test__ = False  # no class of tests, whatever pytest makes of its name

    dataset: str
    network: str  # the id of the network; every reset makes another one
    epoch: int  # of the weights that were scored
    score: Score


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs that belong together: a race, an overfitting comparison, a sweep."""

    id: str
    kind: str
    title: str
    plan: str  # text of whoever made the group
    created: datetime  # UTC
