"""Which worker trains which of several runs: evenly, and runs of one shape beside each other.

Where training happens: Dask workers, started here beside this process or found at an address.

`PLAYGROUND_SCHEDULER` (tcp:// or tls://) names an existing scheduler; `PLAYGROUND_WORKERS` says how
many workers to start otherwise. Dask lets in whoever connects: our own cluster listens on loopback
only, and another one is to be reached by TLS.
"""

import contextlib
import functools
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from distributed import Client
from pydantic import ValidationError

from playground.experiment.model import Experiment
from playground.experiment.program_key import shape
from playground.nn.network import Snapshot
from playground.runs.local_cluster import LocalCluster
from playground.runs.worker import Actor, TrainerError

UPDATE = 1e6  # what one update costs beside its sums, in multiplications


def cost(experiment: Experiment) -> float:
    """How much there is to compute in one epoch, roughly, in multiply-adds.

    3 a weight and example (forward, and twice backward), 5 a weight and update, and UPDATE.
    """
    weights = sum(a * b for a, b in pairwise(experiment.layer_sizes))
    updates = experiment.steps_per_epoch
    return 3.0 * weights * experiment.data.train_size + updates * (5.0 * weights + UPDATE)


def spread(experiments: Sequence[Experiment], n_workers: int) -> list[int]:
    """The number (from 0) of the worker for each experiment.

    All are laid in a line, those that share a compiled program side by side, the cheap groups
    first, and the line is cut into `n_workers` pieces of equal cost: at most `n_workers` − 1
    programs are compiled twice.
    """
    groups: dict[tuple[Experiment, int, int], list[int]] = {}
    costs = []
    for i, experiment in enumerate(experiments):
        sizes = experiment.data.train_size, experiment.data.validation_size
        try:
            program, work = shape(experiment), cost(experiment)
        except (ValidationError, KeyError):  # its data are gone: its trainer will say so
            program, work = experiment, UPDATE
        groups.setdefault((program, *sizes), []).append(i)
        costs.append(work)
    line = sorted(groups.values(), key=lambda group: sum(costs[i] for i in group))
    places, passed, total = [0] * len(costs), 0.0, sum(costs)
    for i in (i for group in line for i in group):
        places[i] = min(int((passed + costs[i] / 2) / total * n_workers), n_workers - 1)
        passed += costs[i]
    return places


PATIENCE = 180.0  # seconds to wait for any worker at all
LATE = 20.0  # seconds to wait for the last of our own workers
GLANCE = 0.5  # seconds between two looks whether a worker is still there while it works


class WorkerLostError(RuntimeError):
    """The worker that holds a trainer is gone."""


@dataclass(frozen=True)
class Connection:
    """A Dask client, and the cluster behind it where that is our own."""

    client: Client
    embedded: LocalCluster | None = None

    @property
    def alive(self) -> bool:
        """Whether the scheduler can be asked."""
        ended = self.embedded is not None and not self.embedded.alive
        return self.client.status == "running" and not ended

    def close(self) -> None:
        """Let go of the scheduler; end the processes of an embedded one."""
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


@functools.cache
def _connect() -> Connection:
    address = os.environ.get("PLAYGROUND_SCHEDULER")
    if address:
        return Connection(Client(address))
    embedded = LocalCluster(n_workers())
    # Straight to the workers: a snapshot of 24 MB takes 20 ms instead of 100.
    return Connection(Client(embedded.address, direct_to_workers=True), embedded)


@functools.cache
def _starter() -> ThreadPoolExecutor:
    """One thread, so that there is one cluster however many ask for it at once."""
    return ThreadPoolExecutor(1, thread_name_prefix="cluster")


def _current() -> Connection:
    if not _connect().alive:
        _drop()
    return _connect()


def _drop() -> None:
    if _connect.cache_info().currsize:
        connection = _connect()
        _connect.cache_clear()
        connection.close()


@functools.cache
def _closed() -> threading.Event:
    """Set from `close` on until the next `start`."""
    return threading.Event()


def start() -> "Future[Connection]":
    """Begin to start or join the cluster, without waiting for it."""
    _closed().clear()
    return _starter().submit(_current)


def client() -> Client:
    """The client of the cluster, which starts now if it has not yet.

    After `close` it raises WorkerLost: a run still at work must not start another cluster.
    """
    if _closed().is_set():
        raise WorkerLostError("training was stopped together with its workers")
    return _starter().submit(_current).result().client


def close() -> None:
    """End the embedded cluster, or leave the other one; `start` begins anew."""
    _closed().set()
    _starter().submit(_drop).result()


def workers() -> tuple[str, ...]:
    """Addresses of the workers ready to train."""
    dask = client()
    identity = dask.sync(dask.scheduler.identity, n_workers=-1)
    return tuple(identity["workers"])


@functools.cache
def _placing() -> threading.Lock:
    return threading.Lock()


@functools.cache
def _trainers() -> "weakref.WeakSet[RemoteTrainer]":
    return weakref.WeakSet()


def place(near: str | None = None) -> str:
    """The worker at `near` if it is there; otherwise the one with the fewest trainers of ours."""
    found = _least_busy()
    return near if near in found else found[0]


def all_workers() -> tuple[str, ...]:
    """The workers, those with the fewest trainers of ours first, once all of our own have come up.

    Those there after a while are enough, if others are late.
    """
    embedded = _starter().submit(_current).result().embedded
    if embedded is not None:
        with contextlib.suppress(TimeoutError):
            client().wait_for_workers(embedded.n_workers, timeout=LATE)
    return _least_busy()


def _least_busy() -> tuple[str, ...]:
    """The workers, those with the fewest trainers of ours first; WorkerLost if there is none."""
    give_up = time.monotonic() + PATIENCE
    while not (found := workers()):
        if time.monotonic() > give_up:
            raise WorkerLostError(f"no worker for training answered within {PATIENCE:.0f} s")
        time.sleep(0.1)
    held = [trainer.address for trainer in list(_trainers())]
    return tuple(sorted(found, key=held.count))


def within(seconds: float, answer: Any) -> Any:
    """What a future of Dask brings; TimeoutError if that is nothing within `seconds`.

    Dask fetches answers for several threads at once. Where the time-out of one calls that off, the
    others are left without a result, and with an UnboundLocalError: they must ask again.
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            return answer.result(timeout=left)
        except UnboundLocalError:
            continue
    raise TimeoutError(f"no answer within {seconds:g} s")


class RemoteTrainer:
    """An engine.Trainer in a worker. Every call waits for its answer.

    Raises WorkerLost if the worker ends meanwhile, TrainerError if the trainer itself fails.
    """

    def __init__(
        self,
        experiment: Experiment,
        start: Snapshot | None = None,
        near: str | None = None,
        album_bytes: int | None = None,
    ) -> None:
        with _placing():  # or several that look at once would take the same worker
            self.address = place(near)
            _trainers().add(self)
        # By itself: Dask warns of large arguments, and a network can have 24 MB.
        weights = None if start is None else client().scatter(start, [self.address], hash=False)
        self._made = client().submit(
            Actor,
            experiment,
            weights,
            album_bytes,
            actor=True,
            workers=[self.address],
            allow_other_workers=False,
            pure=False,
        )
        try:
            self._actor = self._wait(self._made)
            self.call("check")
        except Exception:
            self.close()
            raise

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What the trainer's `method` returns."""
        if self._made.status != "finished":
            raise WorkerLostError(self._reason)
        return self._wait(getattr(self._actor, method)(*args, **kwargs))

    def close(self) -> None:
        """Free the trainer's memory in its worker."""
        _trainers().discard(self)
        # Dropping the last reference is not enough: every call of an actor leaves a reference
        # cycle that holds it until the garbage collector comes by.
        if self._made.client.status == "running":
            self._made.cancel(force=True)

    @property
    def _reason(self) -> str:
        return f"the worker process at {self.address} has ended"

    def _wait(self, answer: Any) -> Any:
        while True:
            try:
                return within(GLANCE, answer)
            except TimeoutError:
                if self._gone():
                    raise WorkerLostError(self._reason) from None
            except TrainerError:
                raise
            except (OSError, RuntimeError) as error:
                raise WorkerLostError(self._reason) from error

    def _gone(self) -> bool:
        if self._made.status == "pending":
            return self.address not in workers()
        return bool(self._made.status != "finished")
