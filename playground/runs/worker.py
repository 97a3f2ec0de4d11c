"""What happens inside a Dask worker: trainers live here, and only here is TensorFlow loaded.

Dask itself loads this module in a new worker. For workers on other machines:
`dask worker tls://host:8786 --nanny --preload playground.runs.worker`.
"""

import asyncio
import ctypes
import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playground.experiment.model import Experiment
from playground.history.events import Event, Score, StepResult
from playground.nn.network import Snapshot


class TrainerError(RuntimeError):
    """A trainer could not be made or failed, in words.

    It stands in for the real exception, whose class may belong to TensorFlow: reading that one
    would load TensorFlow into the process that asked.
    """


def plainly(method: Callable[..., Any]) -> Callable[..., Any]:
    """`method`, raising TrainerError for whatever goes wrong in it."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception as error:
            ours = type(error).__module__.startswith("playground.")
            text = str(error) if ours else f"{type(error).__name__}: {error}".rstrip(": ")
        # Out here, or the answer would carry the first exception along as its context.
        raise TrainerError(text)

    return call


class Actor:
    """An engine.Trainer behind a class that the web process can name without loading TensorFlow."""

    def __init__(
        self, experiment: Experiment, start: Snapshot | None = None, album_bytes: int | None = None
    ) -> None:
        self._failure = ""
        try:
            self._trainer = _make(experiment, start, album_bytes)
        except TrainerError as error:
            self._failure = str(error)  # Dask would log it at length: `check` says it

    @plainly
    def check(self) -> None:
        """Raises TrainerError if there is no trainer."""
        if self._failure:
            raise TrainerError(self._failure)

    @plainly
    def advance(self, **request: Any) -> StepResult:
        """Train for about `seconds`; see engine.Trainer.advance for the other arguments."""
        done: StepResult = self._trainer.advance(**request)
        return done

    @plainly
    def latest(self) -> Snapshot:
        """The weights now."""
        snapshot: Snapshot = self._trainer.latest()
        return snapshot

    @plainly
    def snapshot(self, epoch: int) -> Snapshot:
        """The kept weights nearest to `epoch`, not after it."""
        snapshot: Snapshot = self._trainer.snapshot(epoch)
        return snapshot

    @plainly
    def teach(self, x: Any, y: Any, epochs: int) -> StepResult:
        """Add training examples; see engine.Trainer.teach."""
        done: StepResult = self._trainer.teach(x, y, epochs)
        return done

    @plainly
    def undo(self) -> Snapshot:
        """Back to where the last lesson began; the weights then."""
        snapshot: Snapshot = self._trainer.undo()
        return snapshot

    @plainly
    def test(self) -> Score:
        """How well it does on the test examples."""
        score: Score = self._trainer.test()
        return score


@plainly
def _make(experiment: Experiment, start: Snapshot | None, album_bytes: int | None) -> Any:
    from playground.training import Trainer

    return Trainer(experiment, start, album_bytes)


@plainly
def keras_outputs(experiment: Experiment, snapshot: Snapshot, x: Any) -> list[Any]:
    """What a real Keras model with these weights answers; see engine.reference."""
    from playground import training

    outputs: list[Any] = training.keras_outputs(experiment, snapshot, x)
    return outputs


@plainly
def keras_cross_entropies(y: Any, z: Any) -> tuple[Any, Any]:
    """What Keras makes of logits and targets; see engine.reference."""
    from playground.training import keras_reference

    return keras_reference.keras_cross_entropies(y, z)


@plainly
def keras_file(experiment: Experiment, snapshot: Snapshot) -> bytes:
    """The network as a `.keras` file; see engine.export."""
    from playground.training import keras_export

    return keras_export.keras_file(experiment, snapshot)


@plainly
def event_files(experiment: Experiment, events: Sequence[Event], began: float) -> bytes:
    """The curves as TensorBoard's event files, in a zip; see engine.export."""
    from playground.training import keras_export

    return keras_export.event_files(experiment, events, began)


def told_with(told: str, function: Callable[..., Any], *args: Any) -> tuple[str, Any]:
    """What `function` returns, together with what there is to say of it."""
    return told, function(*args)


def warm() -> None:
    """Load TensorFlow and train the default experiment for a moment, so that nobody waits later."""
    with _no_stderr(), _hidden("pandas", "pyarrow", "sklearn"):
        from playground.training import Trainer
    Trainer(Experiment()).advance(seconds=60, until_epoch=1)  # compiles training and scoring
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # compiling has left 45 MB of free memory behind


@contextmanager
def _hidden(*packages: str) -> Iterator[None]:
    """As if `packages` were not installed.

    Keras loads them if it can, for inputs that we do not give it: 140 MB and half a second.
    """
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules |= dict.fromkeys(hidden)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _no_stderr() -> Iterator[None]:
    """TensorFlow 2.21 greets on standard error while it loads, whatever its log level."""
    keep = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(keep, 2)
        os.close(keep)


async def dask_setup(worker: object) -> None:
    """What Dask calls in a new worker before it announces itself: those that are seen are warm."""
    await asyncio.to_thread(warm)
