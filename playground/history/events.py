"""Immutable training events, appended to a run's log in chronological order."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot

# The two kinds of score, as every chart, table and file names them. `Epoch.train` is a mean over
# the updates of the epoch, while the weights change and dropout is on; every other score is
# computed with the weights after the epoch, without dropout.
DURING_EPOCH = "mean during the epoch"
AFTER_EPOCH = "after the epoch"

MOST_BATCH_LOSSES = 2_000  # of a run that are kept: about the first epoch of 60,000 images

StopRule = Literal["patience", "target", "time"]
STOPPED: dict[StopRule, str] = {  # why a run stopped, after "stopped after epoch 7, …"
    "patience": "because its loss had not improved for long",
    "target": "because it reached its target",
    "time": "because its time was over",
}


@dataclass(frozen=True, slots=True)
class Score:
    """Loss and metric over some examples.

    `loss` includes the L1/L2 penalty, as Keras reports it; `penalty` is that part of it.
    `metric` is the accuracy (0 to 1) for classification, the mean absolute error for regression.
    """

    loss: float
    metric: float
    penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """One layer at the last update of an epoch: root mean squares over its kernel and bias.

    `dead`: fraction of hidden units whose output has a standard deviation below 1e-3 over the
    validation examples; None for the output layer.
    """

    gradient: float
    weight: float
    update: float
    dead: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Position inside an epoch: batches done, and the mean of their losses."""

    epoch: int  # under way, from 1
    batch: int
    batches: int
    loss: float
    images_per_second: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """A finished epoch: training score (DURING_EPOCH) and validation score (AFTER_EPOCH)."""

    epoch: int  # from 1
    step: int  # updates so far
    train: Score
    validation: Score | None
    learning_rate: float  # of the last update
    seconds: float  # of training and validation
    layers: tuple[LayerStatistics, ...]
    compile_seconds: float | None = (
        None  # before it, not in `seconds`; None: they may be in `seconds`
    )


@dataclass(frozen=True, slots=True)
class HyperparametersChanged:
    """A hyperparameter was changed during training."""

    epoch: int  # epochs finished before it
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ExamplesAdded:
    """Labeled examples were added to the training data for fine-tuning."""

    epoch: int  # epochs finished before it
    examples: int


@dataclass(frozen=True, slots=True)
class WeightsLoaded:
    """Training goes on after `epoch` from its weights, with a new optimizer and stop rules."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Diverged:
    """The loss of update `step` (from 1) was NaN or infinite; training stopped."""

    epoch: int
    step: int
    advice: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Training ended: all epochs done, or stopped before by the rule `stopped_by`."""

    epoch: int
    stopped_early: bool
    best_epoch: int | None  # of early stopping; None without it
    restored: bool  # the weights are those of the best epoch
    stopped_by: StopRule | None = None  # None in earlier logs, too: there it was the patience


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker process ended or the trainer failed; the run can be restarted."""

    epoch: int
    reason: str


Event = (
    Progress
    | Epoch
    | HyperparametersChanged
    | ExamplesAdded
    | WeightsLoaded
    | Diverged
    | Finished
    | WorkerLost
)


def metric_name(task: str) -> str:
    """Keras' name of `Score.metric` for a task."""
    return "accuracy" if task == CLASSIFICATION else "mean_absolute_error"


@dataclass(frozen=True, slots=True)
class Update:
    """One update by itself: the mean loss on its batch before and after it, and its layers.

    Both losses are without dropout, with the L1/L2 penalty.
    """

    epoch: int  # under way, from 1
    step: int  # from 1
    rows: NDArray[np.int64]  # (n,) of the batch among the training examples
    loss_before: float
    loss_after: float
    learning_rate: float
    layers: tuple[LayerStatistics, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BatchLosses:
    """The loss of single updates on their batches, as Keras' `train_on_batch` returns it.

    With dropout and the L1/L2 penalty; their mean over an epoch is its training loss.
    """

    epoch: NDArray[np.float64]  # (n,) after each update: 2.5 lies in the middle of the third epoch
    loss: NDArray[np.float32]  # (n,)

    def __len__(self) -> int:
        return len(self.loss)

    def then(self, later: "BatchLosses") -> "BatchLosses":
        """Followed by `later`, which replaces what it trained once more."""
        before = self.epoch < later.epoch[0] if len(later) else np.ones(len(self), bool)
        return BatchLosses(
            np.concatenate([self.epoch[before], later.epoch]),
            np.concatenate([self.loss[before], later.loss]),
        )


NO_LOSSES = BatchLosses(np.zeros(0), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class StepResult:
    """Events of one slice of training, and the weights after it if requested.

    `update`: what a slice of one update did. `losses`: of the updates among the first
    MOST_BATCH_LOSSES of the run.
    """

    events: tuple[Event, ...]
    snapshot: Snapshot | None
    update: Update | None = None
    losses: BatchLosses = NO_LOSSES
