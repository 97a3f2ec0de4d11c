"""Checkpoints: the whole state of a trainer, and snapshots of the weights at earlier epochs.

A state is written as a NumPy archive of its arrays and `about`, JSON as bytes with everything else.
Nothing in it is pickled, and all of it is validated against the trainer that continues.
"""

import bisect
import io
import json
import time
import weakref
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, NonNegativeInt, TypeAdapter, ValidationError

from playground.datasets.dataset import Split
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment, explain
from playground.experiment.model_summary import assemble
from playground.history.environment import snapshot_bytes
from playground.history.events import Epoch, Event
from playground.nn.format import truncate
from playground.nn.network import Snapshot
from playground.training.batches import BatchOrder, DropoutMasks
from playground.training.callbacks import EarlyStopping, Plateau
from playground.training.train_step import program

MAX_BYTES = 200 * 2**20
MIN_COUNT, MAX_COUNT = 3, 500
MAX_ARCHIVE = 500_000_000  # bytes, unpacked

Weights = list[np.ndarray]
Arrays = dict[str, Any]


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

    def some(self, max_bytes: int) -> tuple[Snapshot, ...]:
        """The newest snapshot, and earlier ones at equal distances that fit into `max_bytes`."""
        some = CheckpointBuffer()
        some.stride, some.snapshots = self.stride, self.snapshots
        while some.nbytes > max_bytes and len(some.snapshots) > 2:
            some._thin()
        return tuple(some.snapshots.values())

    def rewind(self, epoch: int, snapshots: Sequence[Snapshot]) -> None:
        """Forget what is later than `epoch`, and add `snapshots` up to it."""
        known = {e: snapshot for e, snapshot in self.snapshots.items() if e <= epoch}
        known |= {snapshot.epoch: snapshot for snapshot in snapshots}
        self.snapshots = dict(sorted(known.items()))

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


# ---- the state of a trainer --------------------------------------------------------------


class CheckpointError(ValueError):
    """The content is no checkpoint, or not of this trainer's experiment."""


@dataclass(frozen=True)
class TrainerState:
    """Everything that decides how a trainer continues; nothing in it changes."""

    experiment: Experiment
    added: Split  # examples added to the training split
    weights: Weights
    slots: Weights  # the optimizer variables
    order: BatchOrder
    masks: DropoutMasks
    stopping: EarlyStopping
    plateau: Plateau
    snapshots: tuple[Snapshot, ...]  # of this and earlier epochs
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
    elapsed: float = 0.0  # seconds that count for the time limit
    target_epoch: int | None = None  # that reached the target


class _Stopping(BaseModel):
    best: float
    best_epoch: NonNegativeInt | None
    wait: NonNegativeInt


class _Plateau(BaseModel):
    factor: float
    best: float
    wait: NonNegativeInt


class _About(BaseModel):
    """What the archive holds beside arrays; files of earlier versions lack what has a default."""

    format: Literal[1] = 1
    experiment: dict[str, Any]
    order: dict[str, Any]  # the state of a generator, as `masks`
    masks: dict[str, Any]
    stopping: _Stopping
    plateau: _Plateau
    snapshots: list[NonNegativeInt] = []  # epochs
    epoch: NonNegativeInt
    step: NonNegativeInt
    last_epoch: NonNegativeInt
    over: bool = False
    diverged: bool = False
    row: NonNegativeInt
    loss: float
    seconds: float
    compile_seconds: float
    elapsed: float = 0.0
    target_epoch: NonNegativeInt | None = None
    epochs: list[Any] = []  # of the log so far


_EPOCHS = TypeAdapter(tuple[Epoch, ...])
_PLAIN = [
    field.name for field in fields(TrainerState) if field.type in (int, float, bool, int | None)
]
_INVALID = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError,
    OverflowError, zipfile.BadZipFile,
)  # fmt: skip


def pack(state: TrainerState, log: Sequence[Event] = ()) -> bytes:
    """A state as an archive, with the epochs of a `log`."""
    about = _About(
        **{name: getattr(state, name) for name in _PLAIN},
        experiment=state.experiment.model_dump(),
        order=dict(state.order.rng.bit_generator.state),
        masks=dict(state.masks.bits.state),
        stopping=_Stopping.model_validate(state.stopping, from_attributes=True),
        plateau=_Plateau.model_validate(state.plateau, from_attributes=True),
        snapshots=[snapshot.epoch for snapshot in state.snapshots],
        epochs=_EPOCHS.dump_python(
            tuple(event for event in log if isinstance(event, Epoch)), mode="json"
        ),
    )
    lists: dict[str, Sequence[Any]] = {
        "weights": state.weights, "slots": state.slots, "best": state.stopping.best_weights,
        **{f"snapshot_{snapshot.epoch}": snapshot.weights for snapshot in state.snapshots},
    }  # fmt: skip
    arrays: Arrays = {
        f"{name}_{i}": array for name, list_ in lists.items() for i, array in enumerate(list_)
    }
    content = io.BytesIO()
    np.savez(
        content,
        about=np.frombuffer(json.dumps(about.model_dump()).encode(), np.uint8),
        rows=state.rows,
        sums=state.sums,
        added_x=state.added.x,
        added_y=state.added.y,
        **arrays,
    )
    return content.getvalue()


def unpack(content: bytes, own: TrainerState) -> TrainerState:
    """The state in an archive, for a trainer whose state is `own`; CheckpointError."""
    try:
        arrays = _arrays(content)
        about = _about(arrays)
        settings = {name: v for part in about.experiment.values() for name, v in _items(part)}
        tuned = {name: settings[name] for name in TUNABLE_WHILE_TRAINING if name in settings}
        experiment = own.experiment.replace(**tuned)
        added = _added(arrays, own.added)
        rows, sums = arrays["rows"], arrays["sums"]
        n = experiment.data.train_size + len(added)
        indices = rows.shape == (n,) and rows.dtype.kind == "i"
        if not indices or rows.min() < 0 or rows.max() >= n or about.row > n:
            raise CheckpointError("its rows are not those of the training data")
        if sums.shape != (2,):
            raise CheckpointError(f"its sums must be 2 numbers, got {truncate(sums.shape)}")
        order, masks = BatchOrder(experiment), DropoutMasks(experiment)
        order.n = n
        for generator, stored in (
            (order.rng.bit_generator, about.order),
            (masks.bits, about.masks),
        ):
            setattr(generator, "state", stored)  # noqa: B010 — validated there
        best = "best_0" in arrays
        return TrainerState(
            **{name: getattr(about, name) for name in _PLAIN},
            experiment=experiment,
            added=added,
            weights=_like(arrays, "weights", own.weights),
            slots=_like(arrays, "slots", program(experiment).initial_slots),
            order=order,
            masks=masks,
            stopping=EarlyStopping(
                experiment.training,
                **about.stopping.model_dump(),
                best_weights=tuple(_like(arrays, "best", own.weights)) if best else (),
            ),
            plateau=Plateau(experiment.training, **about.plateau.model_dump()),
            snapshots=tuple(
                assemble(experiment, e, _like(arrays, f"snapshot_{e}", own.weights))
                for e in about.snapshots
                if e <= about.epoch
            ),
            rows=rows,
            sums=sums,
        )
    except ValidationError as error:
        raise CheckpointError("; ".join(explain(error))) from None
    except _INVALID as error:
        raise CheckpointError(truncate(error)) from None


def read_experiment(content: bytes) -> Experiment:
    """The experiment in an archive, so that its data can be loaded first; CheckpointError."""
    try:
        return Experiment.model_validate(_about(_arrays(content)).experiment)
    except ValidationError as error:
        raise CheckpointError("; ".join(explain(error))) from None
    except _INVALID as error:
        raise CheckpointError(truncate(error)) from None


def read_epochs(content: bytes) -> tuple[Epoch, ...]:
    """The epochs in an archive; CheckpointError."""
    try:
        return _EPOCHS.validate_python(_about(_arrays(content)).epochs)
    except (*_INVALID, ValidationError) as error:
        raise CheckpointError(truncate(error)) from None


def _arrays(content: bytes) -> Arrays:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    if unpacked > MAX_ARCHIVE:
        raise CheckpointError(f"it must unpack to at most {MAX_ARCHIVE:,} bytes, got {unpacked:,}")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _about(arrays: Arrays) -> _About:
    return _About.model_validate(json.loads(arrays["about"].tobytes()))


def _items(part: Any) -> Sequence[tuple[str, Any]]:
    return tuple(part.items()) if isinstance(part, dict) else ()


def _added(arrays: Arrays, own: Split) -> Split:
    """The added examples, of the kind of the trainer's own; files of earlier versions have none."""
    x, y = (arrays.get(f"added_{name}", array[:0]) for name, array in (("x", own.x), ("y", own.y)))
    for given, wanted in ((x, own.x), (y, own.y)):
        if given.shape[1:] != wanted.shape[1:] or given.dtype != wanted.dtype or len(x) != len(y):
            raise CheckpointError(f"its added examples are not those of the data: {given.shape}")
    return Split(x, y)


def _like(arrays: Arrays, name: str, expected: Sequence[Any]) -> Weights:
    """The arrays NAME_0, NAME_1, …, with the shapes and types of `expected`."""
    found = [arrays[f"{name}_{i}"] for i in range(len(expected))]
    for i, (array, wanted) in enumerate(zip(found, expected, strict=True)):
        if array.shape != wanted.shape or array.dtype != wanted.dtype:
            raise CheckpointError(
                f"{name}_{i} must have the shape {wanted.shape}, got {array.shape}"
            )
    return found
