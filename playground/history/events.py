"""What a run says: small frozen values, appended to a log in the order they happened."""

from dataclasses import dataclass
from typing import Any

from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot


@dataclass(frozen=True, slots=True)
class Score:
    """How well a network does on some examples.

    `loss` includes the L1/L2 penalty, as Keras prints it; `penalty` says how much of it that is.
    `metric` is the accuracy (0 to 1) for classification and the mean absolute error for regression.
    """

    loss: float
    metric: float
    penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """One layer at the last update of an epoch: root mean squares over all its weights and biases.

    `dead` is the share of hidden units whose output hardly varies (standard deviation < 1e-3 over
    the validation examples); `None` for the output layer.
    """

    gradient: float
    weight: float
    update: float
    dead: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Inside an epoch: batches done of this epoch, and the running mean of its losses."""

    epoch: int  # the one under way, from 1
    batch: int
    batches: int
    loss: float
    images_per_second: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch is finished: the mean over its batches, and the validation examples after it."""

    epoch: int  # from 1
    step: int  # updates so far
    train: Score
    validation: Score | None
    learning_rate: float  # of the last update
    seconds: float  # spent training and validating this epoch
    layers: tuple[LayerStatistics, ...]


@dataclass(frozen=True, slots=True)
class HyperparametersChanged:
    """A setting was changed while the run went on."""

    epoch: int  # epochs finished before it
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ExamplesAdded:
    """Examples were added to the training data while the run went on."""

    epoch: int  # epochs finished before it
    examples: int


@dataclass(frozen=True, slots=True)
class Diverged:
    """The loss of update `step` (from 1) was not finite; the run has stopped there."""

    epoch: int
    step: int
    advice: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over: all epochs done, or stopped early at a best epoch."""

    epoch: int
    stopped_early: bool
    best_epoch: int | None
    restored: bool  # the weights are those of the best epoch


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker that trained this run is gone, or failed; the run can be started again."""

    epoch: int
    reason: str


Event = Progress | Epoch | HyperparametersChanged | ExamplesAdded | Diverged | Finished | WorkerLost


def metric_name(task: str) -> str:
    """What `Score.metric` is for a task, in the words of Keras' history."""
    return "accuracy" if task == CLASSIFICATION else "mean_absolute_error"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a trainer brings back from training for a moment."""

    events: tuple[Event, ...]
    snapshot: Snapshot | None  # the weights after it, if they were asked for
