"""Interrupted training: Ctrl-C takes effect between slices, and a file to resume from."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

SUFFIX = ".resume.npz"


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
