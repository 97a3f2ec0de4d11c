"""Code that runs in a Dask worker, where the trainers live and TensorFlow is loaded.

Dask itself loads this module in a new worker. For workers on other machines:
`dask worker tls://host:8786 --nanny --preload playground.runs.worker`.
"""

import asyncio
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from operator import methodcaller
from typing import Any

from pydantic import ValidationError

from playground.experiment.model import Experiment, explain
from playground.history.environment import return_free_memory
from playground.nn.network import Snapshot

# Trainers of equal networks share the variables of a compiled program. Dask calls the methods of
# actors in one thread, but makes actors and calls functions in another.
TRAINING = threading.Lock()
TRIM_SECONDS = 20


class TrainerError(RuntimeError):
    """The message of an exception in a worker.

    It replaces the exception, whose class may belong to TensorFlow: unpickling that one would load
    TensorFlow into the web process.
    """


def plainly(method: Callable[..., Any]) -> Callable[..., Any]:
    """`method`, raising TrainerError in place of any exception."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except ValidationError as error:
            text = "; ".join(explain(error))
        except Exception as error:
            ours = type(error).__module__.startswith("playground.")
            text = str(error) if ours else f"{type(error).__name__}: {error}".rstrip(": ")
        # Outside the handler, or the first exception would be pickled as the context.
        raise TrainerError(text)

    return call


class Actor:
    """A training.Trainer behind a class that the web process can name without loading TensorFlow.

    `checkpoint`: of a trainer whose worker ended, to continue from.
    """

    def __init__(
        self,
        experiment: Experiment,
        start: Snapshot | None = None,
        checkpoint_bytes: int | None = None,
        checkpoint: bytes | None = None,
    ) -> None:
        self._failure = ""
        try:
            self._trainer = _make(experiment, start, checkpoint_bytes, checkpoint)
        except TrainerError as error:
            self._failure = str(error)  # Dask would log it at length: `call` says it

    @plainly
    def call(self, method: methodcaller) -> Any:
        """Return the result of a method of the trainer; TrainerError without a trainer."""
        if self._failure:
            raise TrainerError(self._failure)
        with TRAINING:
            return method(self._trainer)

    @plainly
    def call_and_checkpoint(self, method: methodcaller) -> tuple[Any, bytes]:
        """As `call`, with a checkpoint of the trainer afterwards."""
        with TRAINING:
            return method(self._trainer), self._trainer.checkpoint()


@plainly
def _make(
    experiment: Experiment, start: Snapshot | None, max_bytes: int | None, checkpoint: bytes | None
) -> Any:
    from playground.training import Trainer
    from playground.training.checkpoints import CheckpointError

    trainer = Trainer(experiment, start, max_bytes)
    if checkpoint is not None:
        try:
            with TRAINING:
                trainer.restore(checkpoint)
        except CheckpointError as error:
            raise TrainerError(f"its checkpoint cannot be read: {error}") from None
    return trainer


@plainly
def call(path: str, *args: Any) -> Any:
    """Return what the function at "package.module:function" of `playground` returns."""
    module, _, name = path.partition(":")
    if not module.startswith("playground."):
        raise ValueError(f"path must begin with playground., got {path}")
    return getattr(import_module(module), name)(*args)


def warm() -> None:
    """Load TensorFlow and train an epoch of the default experiment, so that no page waits later."""
    with _no_stderr(), _hidden("pandas", "pyarrow", "sklearn"):
        from playground.training import Trainer
    Trainer(Experiment()).advance(seconds=60, until_epoch=1)  # compiles training and scoring
    return_free_memory()  # compiling has left 45 MB behind


@contextmanager
def _hidden(*packages: str) -> Iterator[None]:
    """Import as if `packages` were not installed.

    Keras imports them where it can, for inputs that are not used here: 140 MB and half a second.
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
    """Silence TensorFlow 2.21, which writes to standard error on import at any log level."""
    keep = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(keep, 2)
        os.close(keep)


async def dask_setup(worker: object) -> None:
    """Called by Dask in a new worker before the scheduler sees it: all visible workers are warm."""
    await asyncio.to_thread(warm)
    _TASKS.append(asyncio.create_task(_trim()))


async def _trim() -> None:
    """Give back now and then what runs that ended have left behind."""
    while True:
        await asyncio.sleep(TRIM_SECONDS)
        await asyncio.to_thread(return_free_memory)


_TASKS: "list[asyncio.Task[None]]" = []  # or the garbage collector would take it
