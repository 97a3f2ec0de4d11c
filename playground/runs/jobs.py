"""Answers to costly questions, kept as long as they are among the last ones asked for.

Work that takes seconds, done in a worker while the pages go on.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import numpy as np

from playground.nn.network import Snapshot
from playground.runs import cluster

Answer = TypeVar("Answer")


def fingerprint(snapshot: Snapshot) -> str:
    """The same for equal weights, biases and activations only: a name for what was computed."""
    content = blake2b(digest_size=16)
    for layer in snapshot.layers:
        content.update(repr((layer.activation, *sorted(layer.parameters.items()))).encode())
        for array in (layer.kernel, layer.bias):
            content.update(repr(array.shape).encode())
            content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


class Recent(Generic[Answer]):
    """The `most` answers used last, by their questions; may be asked from any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, question: Hashable) -> Answer | None:
        """The answer, if it is still there."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
            return self._answers.get(question)

    def put(self, question: Hashable, answer: Answer) -> None:
        """Keep an answer; the one longest unused goes where there are too many."""
        with self._lock:
            self._answers[question] = answer
            self._answers.move_to_end(question)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def ask(self, question: Hashable, find: Callable[..., Answer], *args: Any) -> Answer:
        """The answer kept, or what `find(*args)` returns now. Two who ask at once both compute."""
        answer = self.get(question)
        if answer is None:
            answer = find(*args)
            self.put(question, answer)
        return answer

    def remove(self, question: Hashable) -> None:
        """Forget an answer."""
        with self._lock:
            self._answers.pop(question, None)


PATIENCE = 120.0  # seconds after which work counts as failed
MOST = 200  # pieces of work remembered


class Job:
    """One piece of work: `state` is "working", "done" or "failed"."""

    def __init__(
        self, question: Hashable, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        self.question = question
        self.state = "working"
        self.result: Any = None
        self.reason = ""  # why it failed
        self.began = time.monotonic()
        self._over = threading.Event()
        self._work = function, args
        threading.Thread(target=self._do, name="background", daemon=True).start()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over; False after `timeout` seconds."""
        return self._over.wait(timeout)

    def _do(self) -> None:
        function, args = self._work
        try:
            # Where the fewest networks learn: beside one that plays it takes much longer.
            where = [cluster.place()]
            future = cluster.client().submit(
                function, *args, pure=False, workers=where, allow_other_workers=True
            )
            try:
                self.result = cluster.within(PATIENCE, future)
            except TimeoutError:
                future.cancel(force=True)  # what has not begun never will
                raise TimeoutError(f"no answer within {PATIENCE:.0f} s") from None
            self.state = "done"
        except Exception as error:
            self.reason = str(error) or type(error).__name__
            self.state = "failed"
        finally:
            del self._work  # its arguments may be large
            self._over.set()


class Background:
    """Jobs by their questions; each owner has one under way at a time."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._jobs: Recent[Job] = Recent(most)
        self._latest: Recent[Job] = Recent(most)

    def get(self, question: Hashable) -> Job | None:
        """The job for a question, under way or over, if it was asked."""
        return self._jobs.get(question)

    def latest(self, owner: Hashable) -> Job | None:
        """The job that `owner` asked for last, under way or over."""
        return self._latest.get(owner)

    def ask(
        self, owner: Hashable, question: Hashable, function: Callable[..., Any], *args: Any
    ) -> Job:
        """The job for `question`; if `owner` waits for another one, that one."""
        with self._lock:
            job = self._jobs.get(question)
            if job is not None:
                return job
            latest = self._latest.get(owner)
            if latest is not None and latest.state == "working":
                return latest
            job = Job(question, function, args)
            self._latest.put(owner, job)
            self._jobs.put(question, job)
            return job

    def forget(self, question: Hashable, job: Job) -> None:
        """Ask again next time: for a job that failed."""
        with self._lock:
            if self._jobs.get(question) is job:
                self._jobs.remove(question)
