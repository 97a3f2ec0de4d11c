"""One embedded cluster for all tests that train in workers."""

import time
from collections.abc import Callable, Iterator

import pytest
from distributed import Client

from playground.runs import cluster


@pytest.fixture(scope="session")
def workers_started() -> Iterator[None]:
    """The embedded cluster, started for the first test that wants it and ended with the last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_WORKERS", "2")
        cluster.start().result()
    yield
    cluster.close()


@pytest.fixture
def dask(workers_started: None, actors: Callable[[], int]) -> Client:
    """The client of a cluster with both its workers ready, and no trainer in them."""
    client = cluster.client()
    client.wait_for_workers(2, timeout=120)
    end = time.monotonic() + 60
    while actors():  # those of an earlier test may be in their last slice
        assert time.monotonic() < end, "an earlier test left a trainer in a worker"
        time.sleep(0.01)
    return client


@pytest.fixture
def actors(workers_started: None) -> Callable[[], int]:
    """Counts the trainers that the workers hold."""

    def count() -> int:
        held = cluster.client().run(lambda dask_worker: len(dask_worker.state.actors))
        return sum(held.values())

    return count
