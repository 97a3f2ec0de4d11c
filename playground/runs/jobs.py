"""Background work as futures, in a thread or in a worker, and caches of what it computed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from hashlib import blake2b
from math import inf
from typing import Any, Generic, TypeVar

import numpy as np

from playground.nn.network import Snapshot
from playground.runs import cluster, worker

Value = TypeVar("Value")

TIMEOUT = 120.0  # seconds after which a call in a worker counts as failed
MOST = 200  # jobs remembered


def fingerprint(snapshot: Snapshot) -> str:
    """A hash of the weights, biases and activations: a cache key for what is computed from them."""
    content = blake2b(digest_size=16)
    for layer in snapshot.layers:
        content.update(repr((layer.activation, *sorted(layer.parameters.items()))).encode())
        for array in (layer.kernel, layer.bias):
            content.update(repr(array.shape).encode())
            content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def start(function: Callable[..., Value], *args: Any) -> "Future[Value]":
    """Call a function in a thread of its own, which does not keep the process from ending."""
    future: Future[Value] = Future()

    def work() -> None:
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)

    name = getattr(function, "__name__", "job")
    threading.Thread(target=work, name=name, daemon=True).start()
    return future


def in_worker(path: str, *args: Any, near: str | None = None) -> Any:
    """Return what "package.module:function" of `playground` returns in a worker.

    The path stands for the function because its module may load TensorFlow. Raises TrainerError
    where the function fails, TimeoutError without an answer within TIMEOUT seconds.
    """
    answer = cluster.submit(worker.call, path, *args, near=near)
    try:
        return answer.result(TIMEOUT)
    except TimeoutError:
        answer.cancel()
        raise TimeoutError(f"no answer within {TIMEOUT:.0f} s") from None
    except worker.TrainerError:
        raise
    except Exception as error:  # of Dask
        raise cluster.WorkerLostError(cluster.LOST) from error


class LRUCache(Generic[Value]):
    """The `most` values used last, by key; safe in threads.

    With `max_bytes` the `nbytes` of all values but the newest are no more than that.
    """

    def __init__(self, most: int, max_bytes: int | None = None) -> None:
        self._most, self._max_bytes = most, max_bytes
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._nbytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> Value | None:
        """The cached value; None without one."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Cache a value; the least recently used one goes where there are too many."""
        with self._lock:
            self._nbytes += self._size(value) - self._size(self._values.get(key))
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most or (
                len(self._values) > 1 and self._nbytes > (self._max_bytes or inf)
            ):
                self._nbytes -= self._size(self._values.popitem(last=False)[1])

    def get_or_compute(self, key: Hashable, compute: Callable[..., Value], *args: Any) -> Value:
        """The cached value, or that of `compute(*args)`; two threads may compute the same one."""
        value = self.get(key)
        if value is None:
            value = compute(*args)
            self.put(key, value)
        return value

    def remove(self, key: Hashable) -> None:
        """Remove a value, if it is cached."""
        with self._lock:
            self._nbytes -= self._size(self._values.pop(key, None))

    def remove_all(self, condition: Callable[[Any], bool]) -> None:
        """Remove the values whose keys fulfil a condition."""
        for key in filter(condition, list(self._values)):
            self.remove(key)

    def _size(self, value: Value | None) -> int:
        return 0 if self._max_bytes is None else getattr(value, "nbytes", 0)


class Job:
    """A call in a worker under way or over. `note` is stored beside the result."""

    def __init__(self, key: Hashable, path: str, args: tuple[Any, ...], note: str = "") -> None:
        self.key, self.note = key, note
        self.began = time.monotonic()
        self._future = start(in_worker, path, *args)

    @property
    def state(self) -> str:
        """ "working", "done" or "failed"."""
        if not self._future.done():
            return "working"
        return "failed" if self._future.exception() else "done"

    @property
    def result(self) -> Any:
        """What the call returned; None unless `state` is "done"."""
        return self._future.result() if self.state == "done" else None

    @property
    def reason(self) -> str:
        """Why it failed; empty unless it did."""
        error = self._future.exception() if self.state == "failed" else None
        return "" if error is None else str(error) or type(error).__name__

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over; False after `timeout` seconds."""
        return bool(wait([self._future], timeout).done)


class Jobs:
    """Jobs by key; each owner has one under way at a time."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._jobs: LRUCache[Job] = LRUCache(most)
        self._latest: LRUCache[Job] = LRUCache(most)

    def get(self, key: Hashable) -> Job | None:
        """The job under `key`, if it was submitted."""
        return self._jobs.get(key)

    def latest(self, owner: Hashable) -> Job | None:
        """The job that `owner` submitted last."""
        return self._latest.get(owner)

    def submit(self, owner: Hashable, key: Hashable, path: str, *args: Any, note: str = "") -> Job:
        """The job under `key`, begun if it is new; if `owner` waits for another one, that one.

        `path` and `args` as for `in_worker`.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                return job
            latest = self._latest.get(owner)
            if latest is not None and latest.state == "working":
                return latest
            job = Job(key, path, args, note)
            self._latest.put(owner, job)
            self._jobs.put(key, job)
            return job

    def remove(self, key: Hashable, job: Job) -> None:
        """Remove a job that failed, so that it can be submitted again."""
        with self._lock:
            if self._jobs.get(key) is job:
                self._jobs.remove(key)
