"""Checkpoints: the whole state of a trainer, and snapshots of the weights at earlier epochs."""

import bisect
import time
import weakref
from dataclasses import dataclass

import numpy as np

from playground.datasets.dataset import Split
from playground.experiment.model import Experiment
from playground.history.environment import snapshot_bytes
from playground.nn.network import Snapshot
from playground.training.batches import BatchOrder, DropoutMasks
from playground.training.callbacks import EarlyStopping, Plateau

MAX_BYTES = 200 * 2**20
MIN_COUNT, MAX_COUNT = 3, 500

Weights = list[np.ndarray]


class CheckpointBuffer:
    """Snapshots of every `stride`-th epoch; the stride doubles whenever they exceed the limits.

    The first (before training) and the newest are always kept, and one between them, even beyond
    `max_bytes`. Buffers that `share` the memory of this process are thinned together, the least
    recently used first.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.last_used = time.monotonic()
        self.stride = 1
        self.snapshots: dict[int, Snapshot] = {}  # by epoch, rising

    def add(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`, whose epoch is the newest."""
        newest = max(self.snapshots, default=0)
        if newest % self.stride:
            del self.snapshots[newest]
        self.snapshots[snapshot.epoch] = snapshot
        limit = max(MIN_COUNT, min(MAX_COUNT, self.max_bytes // max(snapshot.nbytes, 1)))
        while len(self.snapshots) > limit:
            self._thin()
        if self in _SHARING:
            _enforce_budget()

    def share(self) -> "CheckpointBuffer":
        """Count towards the budget of this process from now on."""
        _SHARING.add(self)
        return self

    @property
    def nbytes(self) -> int:
        """Bytes of all snapshots, which have one size."""
        return len(self.snapshots) * next((s.nbytes for s in self.snapshots.values()), 0)

    def _thin(self) -> None:
        self.stride *= 2
        newest = max(self.snapshots)
        self.snapshots = {
            epoch: kept
            for epoch, kept in self.snapshots.items()
            if epoch % self.stride == 0 or epoch == newest
        }

    def copy(self) -> "CheckpointBuffer":
        """A buffer of the same snapshots that grows independently."""
        other = CheckpointBuffer(self.max_bytes)
        other.stride, other.snapshots = self.stride, dict(self.snapshots)
        return other

    def nearest(self, epoch: int) -> Snapshot:
        """The newest snapshot that is not after `epoch`."""
        self.last_used = time.monotonic()
        epochs = list(self.snapshots)
        return self.snapshots[epochs[max(bisect.bisect_right(epochs, epoch) - 1, 0)]]


_SHARING: "weakref.WeakSet[CheckpointBuffer]" = weakref.WeakSet()


def _enforce_budget() -> None:
    """Thin the least recently used buffers until all together are within the budget."""
    buffers = list(_SHARING)
    excess = sum(buffer.nbytes for buffer in buffers) - snapshot_bytes()
    for buffer in sorted(buffers, key=lambda buffer: buffer.last_used):
        while excess > 0 and len(buffer.snapshots) > MIN_COUNT:
            before = buffer.nbytes
            buffer._thin()
            excess -= before - buffer.nbytes


@dataclass(frozen=True)
class TrainerState:
    """Everything that decides how a trainer continues; nothing in it changes, all of it pickles."""

    experiment: Experiment
    added: Split  # examples added to the training split
    weights: Weights
    slots: Weights  # the optimizer variables
    order: BatchOrder
    masks: DropoutMasks
    stopping: EarlyStopping
    plateau: Plateau
    checkpoints: CheckpointBuffer
    epoch: int  # finished
    step: int  # updates done
    last_epoch: int  # to train; later than the experiment's after fine-tuning
    over: bool
    diverged: bool
    rows: np.ndarray  # of the training examples, in the order of the epoch under way
    row: int  # of them used
    loss: float  # sum over these
    sums: np.ndarray  # (2,) of metric and penalty
    seconds: float  # spent on them
    compile_seconds: float  # since the last finished epoch
