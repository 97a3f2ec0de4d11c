"""Interrupted training: Ctrl-C takes effect between slices, and a file to resume from.

A file is a NumPy archive of the arrays of a `TrainerState` (weights, optimizer variables, …) and
`about`, JSON as bytes with everything else. Nothing in it is pickled.
"""

import contextlib
import io
import json
import signal
import threading
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from playground.experiment.model import Experiment, explain
from playground.history.events import Epoch, Event
from playground.nn.format import truncate

if TYPE_CHECKING:
    from playground.training.trainer import Trainer

SUFFIX = ".resume.npz"
FORMAT = 1
MAX_BYTES = 500_000_000  # unpacked

_EPOCHS = TypeAdapter(tuple[Epoch, ...])
_PLAIN = ("epoch", "step", "last_epoch", "row", "loss", "seconds", "compile_seconds")
_STOPPING = ("best", "best_epoch", "wait")
_PLATEAU = ("factor", "best", "wait")
_INVALID = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError,
    OverflowError, zipfile.BadZipFile,
)  # fmt: skip


class ResumeError(ValueError):
    """The file is not one that interrupted training has written."""


class Interrupt:
    """Whether Ctrl-C was pressed; pressed again it interrupts at once."""

    pressed = False

    def _press(self, _: int, __: FrameType | None) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Ctrl-C sets `pressed` inside, instead of raising KeyboardInterrupt.

    Where SIGINT is ignored, as for a job in the background, it stays ignored.
    """
    interrupt, before = Interrupt(), signal.getsignal(signal.SIGINT)
    deferred = before is not signal.SIG_IGN
    deferred &= threading.current_thread() is threading.main_thread()
    if deferred:
        signal.signal(signal.SIGINT, interrupt._press)
    try:
        yield interrupt
    finally:
        if deferred:
            signal.signal(signal.SIGINT, before)


def resume_path(save: Path) -> Path:
    """`net.npz` → `net.resume.npz`, beside it."""
    return save.with_name(save.name.removesuffix(save.suffix) + SUFFIX)


def write(trainer: "Trainer", events: Sequence[Event]) -> bytes:
    """The content of a file to resume from; `events` of the run so far."""
    state = trainer.state()
    about = {name: getattr(state, name) for name in _PLAIN} | {
        "format": FORMAT,
        "experiment": state.experiment.model_dump(),
        "order": state.order.rng.bit_generator.state,
        "masks": state.masks.bits.state,
        "stopping": {name: getattr(state.stopping, name) for name in _STOPPING},
        "plateau": {name: getattr(state.plateau, name) for name in _PLATEAU},
        "epochs": _EPOCHS.dump_python(
            tuple(event for event in events if isinstance(event, Epoch)), mode="json"
        ),
    }
    arrays: dict[str, Any] = {f"weights_{i}": array for i, array in enumerate(state.weights)}
    arrays |= {f"slots_{i}": array for i, array in enumerate(state.slots)}
    arrays |= {f"best_{i}": array for i, array in enumerate(state.stopping.best_weights)}
    content = io.BytesIO()
    np.savez_compressed(
        content,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
        rows=state.rows,
        sums=state.sums,
        **arrays,
    )
    return content.getvalue()


def read_experiment(content: bytes) -> Experiment:
    """The experiment in a file, so that its data can be loaded first; ResumeError."""
    try:
        about = _about(_arrays(content))
        if about["format"] != FORMAT:
            raise ResumeError(f"its format must be {FORMAT}, got {truncate(about['format'])}")
        return Experiment.model_validate(about["experiment"])
    except ValidationError as error:
        raise ResumeError("; ".join(explain(error))) from None
    except _INVALID as error:
        raise ResumeError(truncate(error)) from None


def restore(trainer: "Trainer", content: bytes) -> tuple[Epoch, ...]:
    """Put a new trainer into the state of a file; its epochs so far. ResumeError."""
    try:
        arrays = _arrays(content)
        about, state = _about(arrays), trainer.state()
        best = [name for name in arrays if name.startswith("best_")]
        weights = _like(arrays, "weights", state.weights)
        state.order.rng.bit_generator.state = about["order"]
        state.masks.bits.state = about["masks"]
        rows = arrays["rows"]
        if rows.shape != state.rows.shape or rows.min() < 0 or rows.max() >= len(rows):
            raise ResumeError("its rows are not those of the training data")
        trainer.restore(
            replace(
                state,
                weights=weights,
                slots=_like(arrays, "slots", state.slots),
                stopping=replace(
                    state.stopping,
                    **{name: about["stopping"][name] for name in _STOPPING},
                    best_weights=tuple(_like(arrays, "best", state.weights)) if best else (),
                ),
                plateau=replace(
                    state.plateau, **{name: about["plateau"][name] for name in _PLATEAU}
                ),
                rows=rows,
                sums=arrays["sums"],
                **{name: about[name] for name in _PLAIN},
            )
        )
        return _EPOCHS.validate_python(about["epochs"])
    except (*_INVALID, ValidationError) as error:
        raise ResumeError(truncate(error)) from None


def _arrays(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    if unpacked > MAX_BYTES:
        raise ResumeError(f"it must unpack to at most {MAX_BYTES:,} bytes, got {unpacked:,}")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _about(arrays: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(arrays["about"].tobytes())
    return about


def _like(arrays: dict[str, Any], name: str, expected: Sequence[Any]) -> list[Any]:
    """The arrays NAME_0, NAME_1, …, with the shapes and types of `expected`."""
    found = [arrays[f"{name}_{i}"] for i in range(len(expected))]
    for i, (array, wanted) in enumerate(zip(found, expected, strict=True)):
        if array.shape != wanted.shape or array.dtype != wanted.dtype:
            raise ResumeError(f"{name}_{i} must have the shape {wanted.shape}, got {array.shape}")
    return found
