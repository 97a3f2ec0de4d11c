"""Rows of results, and small clocks."""

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playground.history.environment import versions


@dataclass(frozen=True)
class Row:
    """A median and, in a comparison, its ratio to the engine's with the target of that ratio.

    Without a median, a word on what was not measured.
    """

    what: str
    median: float | None = None
    unit: str = ""
    ratio: float | None = None
    target: str = ""

    @property
    def json(self) -> str:
        machine = {"cores": os.cpu_count(), "threads": int(versions()["threads"])}
        return json.dumps(asdict(self) | machine, ensure_ascii=False)

    def __str__(self) -> str:
        if self.median is None:
            return self.what
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        line = f"{self.what:42}{self.median:10.4g} {self.unit:9}{ratio:>8} {self.target}"
        return line.rstrip()


def threads_text() -> str:
    """ "2 cores, 1 thread of a TensorFlow operation": what every measured time depends on."""
    threads = versions()["threads"]
    of = f"{threads} thread{'s' if threads != '1' else ''} of a TensorFlow operation"
    return f"{os.cpu_count()} cores, {of}"


def seconds(work: Callable[[], object]) -> float:
    """Wall time of `work`."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median wall time of `work` over some rounds, after one that loads what it imports."""
    work()
    return 1000 * statistics.median(seconds(work) for _ in range(rounds))


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of the same round: a slow moment slows both sides."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def run_page(app: Any) -> None:
    """One script run of an AppTest; RuntimeError if the page raises."""
    app.run()
    if app.exception:
        raise RuntimeError(app.exception[0].value)
