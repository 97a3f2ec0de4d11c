"""Dask workers that train: a cluster of our own or an existing one, and which run goes where.

`PLAYGROUND_SCHEDULER` (tcp:// or tls://) names an existing scheduler; `PLAYGROUND_WORKERS` is the
number of workers to start otherwise. Dask runs the code of whoever can connect: our own cluster
listens on loopback only and asks for its key, another one should be reached by TLS.
"""

import asyncio
import contextlib
import functools
import logging
import os
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import pairwise
from operator import methodcaller
from typing import Any

from distributed import Client
from pydantic import ValidationError

from playground.experiment.describe import program_key
from playground.experiment.model import Experiment
from playground.nn.network import Snapshot
from playground.runs.local_cluster import LocalCluster
from playground.runs.worker import Actor, TrainerError

UPDATE = 1e6  # what one update costs beside its sums, in multiplications
LATE = 20.0  # seconds to wait for the last of our own workers
ANSWER = 20.0  # seconds in which the scheduler has to answer
POLL = 0.5  # seconds between two looks whether a worker still exists
LOST = "its worker process ended"
MOVE_EVERY = 2.0  # seconds between two trainers that move to another worker, at least
IDLE_SHARE = 0.25  # of a playing run, what an idle one counts for when runs are placed


class WorkerLostError(RuntimeError):
    """The worker that holds a trainer has ended."""


class NoWorkerError(WorkerLostError):
    """No worker can be reached now."""


@dataclass(frozen=True)
class Connection:
    """A Dask client, and the cluster behind it where that is our own."""

    client: Client
    embedded: LocalCluster | None = None

    @property
    def alive(self) -> bool:
        """Whether client and scheduler run."""
        ended = self.embedded is not None and not self.embedded.alive
        return self.client.status in ("running", "connecting") and not ended

    def close(self) -> None:
        """Disconnect; end the processes of an embedded cluster."""
        with contextlib.suppress(Exception):  # it is to go in any case
            self.client.close()
        if self.embedded is not None:
            self.embedded.close()


def n_workers(environment: Mapping[str, str] = os.environ) -> int:
    """How many workers the embedded cluster has."""
    given = environment.get("PLAYGROUND_WORKERS", "")
    if not given:
        return max(2, min(os.cpu_count() or 1, 4))
    if not given.isdecimal() or not 1 <= int(given) <= 256:
        raise ValueError(f"PLAYGROUND_WORKERS must be between 1 and 256, got {given}")
    return int(given)


def _connect() -> Connection:
    # They would log at length that the scheduler has ended, which a run says in a sentence.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    address = os.environ.get("PLAYGROUND_SCHEDULER")
    if address:
        return Connection(Client(address))
    embedded = LocalCluster(n_workers())
    # Straight to the workers: a snapshot of 24 MB takes 20 ms instead of 100.
    try:
        client = Client(embedded.address, security=embedded.security, direct_to_workers=True)
    except Exception:
        embedded.close()
        raise
    return Connection(client, embedded)


@functools.cache
def _starter() -> ThreadPoolExecutor:
    """One thread, so that simultaneous callers start one cluster."""
    return ThreadPoolExecutor(1, thread_name_prefix="cluster")


@functools.cache
def _made() -> list[Connection]:
    """The connection, once there is one; changed by the starter only."""
    return []


def _current() -> Connection:
    if any(not connection.alive for connection in _made()):
        _drop()
    if not _made():
        _made().append(_connect())
    return _made()[0]


def _drop() -> None:
    while _made():
        _made().pop().close()


@functools.cache
def _closed() -> threading.Event:
    """Set from `close` on until the next `start`."""
    return threading.Event()


def is_closed() -> bool:
    """Whether training was stopped on purpose, as at the end of the server."""
    return _closed().is_set()


def start() -> "Future[Connection]":
    """Begin to start or join the cluster, without waiting for it."""
    _closed().clear()
    return _starter().submit(_current)


def connection() -> Connection:
    """The cluster, started or renewed where it has to be.

    After `close` it raises WorkerLostError: a run must not start another cluster.
    """
    if is_closed():
        raise WorkerLostError("the server was restarted")
    for known in list(_made()):
        if known.alive:
            return known
    try:
        return _starter().submit(_current).result()
    except ValueError:  # a setting that is not allowed
        raise
    except Exception as error:
        raise NoWorkerError("the workers could not be started") from error


def client() -> Client:
    """The client of the cluster; see `connection`."""
    return connection().client


def close() -> None:
    """End the embedded cluster, or leave the other one; `start` begins anew."""
    _closed().set()
    _starter().submit(_drop).result()


# ---- answers -----------------------------------------------------------------------------


def answer_of(client: Client, awaitable: Awaitable[Any]) -> "Future[Any]":
    """A plain future for what Dask brings.

    `distributed.Future.result(timeout=…)` must not be used: when it times out it cancels the one
    gather that all threads share, and the client answers nobody any more.
    """

    async def bring() -> Any:
        return await awaitable

    loop: asyncio.AbstractEventLoop = client.loop.asyncio_loop
    return asyncio.run_coroutine_threadsafe(bring(), loop)


def submit(function: Callable[..., Any], *args: Any, near: str | None = None) -> "Future[Any]":
    """Call a function in the worker `near`, by default the one with the fewest runs.

    Beside a playing run it takes much longer. Cancelling the future cancels a call not yet begun.
    """
    dask = client()
    future = dask.submit(
        function, *args, pure=False, workers=[place(near)], allow_other_workers=True
    )
    answer = answer_of(dask, future)

    def cancel(answer: "Future[Any]") -> None:
        if answer.cancelled() and dask.status == "running":
            future.cancel(force=True)

    answer.add_done_callback(cancel)
    return answer


# ---- workers -----------------------------------------------------------------------------


@functools.cache
def _lists() -> dict[Client, tuple[float, tuple[str, ...]]]:
    return {}


@functools.cache
def _listing() -> threading.Lock:
    return threading.Lock()


def workers(max_age: float = 0.0) -> tuple[str, ...]:
    """Addresses of the workers ready to train, as they were at most `max_age` seconds ago."""
    dask = client()
    with _listing():
        asked, found = _lists().get(dask, (-1e9, ()))
        if time.monotonic() - asked > max_age or not found:
            try:
                answer = answer_of(dask, dask.scheduler.identity(n_workers=-1))
                found = tuple(answer.result(ANSWER)["workers"])
            except Exception as error:  # a client that ends meanwhile raises whatever it meets
                raise NoWorkerError("the scheduler of the workers does not answer") from error
            _lists().clear()
            _lists()[dask] = time.monotonic(), found
    return found


@functools.cache
def _placing() -> threading.RLock:
    return threading.RLock()


@functools.cache
def _trainers() -> "weakref.WeakSet[RemoteTrainer]":
    return weakref.WeakSet()


def place(near: str | None = None) -> str:
    """The worker at `near` if it exists; otherwise the one with the fewest runs."""
    found = _least_busy()
    return near if near in found else found[0]


def all_workers() -> tuple[str, ...]:
    """The workers, those with the fewest runs first, once all of our own have come up.

    After LATE seconds those that have are enough.
    """
    embedded = connection().embedded
    end = time.monotonic() + LATE
    while embedded is not None and len(workers(POLL)) < embedded.n_workers:
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return _least_busy()


def loads() -> dict[str, float]:
    """The runs of each worker; an idle one counts IDLE_SHARE."""
    load = dict.fromkeys(workers(POLL), 0.0)
    for trainer in list(_trainers()):
        if trainer.address in load:
            load[trainer.address] += 1.0 if trainer.playing else IDLE_SHARE
    return load


def sharing(address: str) -> int:
    """How many runs of this server train in a worker now; at least 1."""
    playing = (trainer.address for trainer in list(_trainers()) if trainer.playing)
    return max(1, sum(each == address for each in playing))


def _least_busy() -> tuple[str, ...]:
    """The workers, those with the fewest runs first; waits until there is one."""
    while not (load := loads()):
        time.sleep(0.1)
    return tuple(sorted(load, key=lambda address: load[address]))


def cost(experiment: Experiment) -> float:
    """Work of one epoch, roughly, in multiply-adds.

    3 a weight and example (forward, and twice backward), 5 a weight and update, and UPDATE.
    """
    weights = sum(a * b for a, b in pairwise(experiment.layer_sizes))
    updates = experiment.steps_per_epoch
    return 3.0 * weights * experiment.data.train_size + updates * (5.0 * weights + UPDATE)


def spread(experiments: Sequence[Experiment], n_workers: int) -> list[int]:
    """The number (from 0) of the worker for each experiment.

    The experiments are ordered so that those that share a compiled program stand side by side, the
    cheap groups first, and cut into `n_workers` pieces of equal cost: at most `n_workers` − 1
    programs are compiled twice.
    """
    groups: dict[tuple[Experiment, int, int], list[int]] = {}
    costs = []
    for i, experiment in enumerate(experiments):
        sizes = experiment.data.train_size, experiment.data.validation_size
        try:
            program, work = program_key(experiment), cost(experiment)
        except (ValidationError, KeyError):  # its data are gone: its trainer will say so
            program, work = experiment, UPDATE
        groups.setdefault((program, *sizes), []).append(i)
        costs.append(work)
    ordered = sorted(groups.values(), key=lambda group: sum(costs[i] for i in group))
    places, passed, total = [0] * len(costs), 0.0, sum(costs)
    for i in (i for group in ordered for i in group):
        places[i] = min(int((passed + costs[i] / 2) / total * n_workers), n_workers - 1)
        passed += costs[i]
    return places


@functools.cache
def _last_move() -> list[float]:
    return [0.0]


def _may_move() -> bool:
    """Whether a trainer may move now: when the next one asks, this one counts in its new place."""
    with _placing():
        now = time.monotonic()
        if now < _last_move()[0] + MOVE_EVERY:
            return False
        _last_move()[0] = now
        return True


# ---- trainers ----------------------------------------------------------------------------


class RemoteTrainer:
    """A training.Trainer in a worker. Every call waits for its answer.

    `checkpoint`: a state to continue from. A new trainer waits, as long as `cancelled` is false,
    until a worker has made it, and moves to a worker that becomes less busy. Raises
    WorkerLostError if the worker ends meanwhile, TrainerError if the trainer itself fails.
    """

    def __init__(
        self,
        experiment: Experiment,
        start: Snapshot | None = None,
        near: str | None = None,
        checkpoint_bytes: int | None = None,
        checkpoint: bytes | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.playing = False  # counted in `loads`
        self._made: Any = None
        self._near = near
        with _placing():  # or several that look at once would take the same worker
            self.address = place(near)
            _trainers().add(self)
        while True:
            self._client = client()
            try:
                with _plain_errors():
                    # By themselves: Dask warns of large arguments, and a network can have 24 MB.
                    weights, state = (
                        None if large is None
                        else self._client.scatter(large, [self.address], hash=False)
                        for large in (start, checkpoint)
                    )  # fmt: skip
                    self._made = self._client.submit(
                        Actor, experiment, weights, checkpoint_bytes, state, actor=True,
                        workers=[self.address], allow_other_workers=False, pure=False,
                    )  # fmt: skip
                if self._is_made(cancelled):
                    return
            except Exception:
                self.close()
                raise
            self._free()

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Return the result of the trainer's `method`."""
        return self._call("call", methodcaller(method, *args, **kwargs))

    def call_and_checkpoint(self, method: str, *args: Any, **kwargs: Any) -> tuple[Any, bytes]:
        """As `call`, with a checkpoint of the trainer afterwards."""
        called = methodcaller(method, *args, **kwargs)
        result, checkpoint = self._call("call_and_checkpoint", called)
        return result, checkpoint

    def _call(self, name: str, method: methodcaller) -> Any:
        # One object: Dask packs each argument of an actor's method by itself, for 0.1 ms each.
        if self._made.status != "finished":
            raise WorkerLostError(LOST)
        with _plain_errors():
            answer = answer_of(self._client, getattr(self._actor, name)(method))
            while not _done(answer):
                if self._made.status != "finished" or not self._alive:
                    raise WorkerLostError(LOST)
            return answer.result()

    def close(self) -> None:
        """Free the trainer's memory in its worker."""
        _trainers().discard(self)
        self._free()

    def _free(self) -> None:
        # Dropping the last reference is not enough: every call of an actor leaves a reference
        # cycle that holds it until the garbage collector comes by.
        if self._made is not None and self._made.client.status == "running":
            with contextlib.suppress(Exception):  # of a client that ends: the worker's end frees it
                self._made.cancel(force=True)

    def better_place(self, free: bool = False) -> str | None:
        """A worker with so few runs that moving this one there evens them out; None: there is none.

        A trainer that was placed near another stays. `free`: only to a worker where no run plays,
        and one trainer in MOVE_EVERY seconds.
        """
        load = loads()
        if self._near in load or self.address not in load:
            return None
        best = min(load, key=lambda address: load[address])
        own = 1.0 if self.playing else IDLE_SHARE
        if load[self.address] - own < load[best] + own:
            return None
        return best if not free or (load[best] < 1.0 and _may_move()) else None

    def _is_made(self, cancelled: Callable[[], bool]) -> bool:
        """Wait for the actor; False: it has to be made in another worker."""
        with _plain_errors():
            answer = answer_of(self._client, self._made)
        while not _done(answer):
            if cancelled():
                raise WorkerLostError("the run was closed")
            if not self._alive:
                raise WorkerLostError(LOST)
            with _placing():
                better = self.better_place() if self._made.status == "pending" else None
                if better is not None:
                    self.address = better
                    return False
        with _plain_errors():
            self._actor = answer.result()
        self.call("latest")  # raises TrainerError if it could not be made
        return True

    @property
    def _alive(self) -> bool:
        return self._client is client() and self.address in workers(2 * POLL)


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Raise WorkerLostError in place of whatever Dask raises where a worker ends."""
    try:
        yield
    except (TrainerError, WorkerLostError):
        raise
    except Exception as error:
        raise WorkerLostError(LOST) from error


def _done(answer: "Future[Any]") -> bool:
    """Whether an answer has come, after at most POLL seconds."""
    return bool(wait([answer], POLL).done)
