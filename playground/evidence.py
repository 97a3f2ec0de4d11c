"""Evidence: a run with its settings, and what else was done in a tab, ready to be measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from playground.events import Event
from playground.experiment import Experiment
from playground.history import History, history
from playground.losses import CLASSIFICATION
from playground.snapshot import Snapshot


@dataclass(frozen=True)
class Contest:
    """A race as it stands: the best validation score of each competitor, the mean of its seeds."""

    labels: tuple[str, ...]
    scores: tuple[float | None, ...]  # accuracy, or mean absolute error
    seeds: int  # the fewest that a competitor has
    epoch: int
    over: bool
    task: str = CLASSIFICATION


@dataclass(frozen=True)
class Sketch:
    """What a network says of the drawing in hand."""

    answer: int  # class number
    confidence: float  # 0 to 1


@dataclass(frozen=True)
class Evidence:
    """What there is to be measured: a run with its settings, and what else was done in the tab."""

    experiment: Experiment  # of the run
    events: Sequence[Event] = ()  # of the run; a Log costs least
    state: str = "ready"  # of the run, as `Run.state`
    snapshot: Snapshot | None = None  # the newest weights
    openings: int = 0  # of the test set
    finished: int = 0  # runs that have come to their end
    contest: Contest | None = None
    sketch: Sketch | None = None

    @property
    def history(self) -> History:
        """The finished epochs."""
        return history(self.events)

    @property
    def is_share(self) -> bool:
        """Whether the metric is an accuracy."""
        return self.experiment.data.source.task == CLASSIFICATION
