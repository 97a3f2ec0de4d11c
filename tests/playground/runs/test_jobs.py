"""Jobs in workers, and caches of their results."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from distributed import Client

from playground.nn.network import Layer, Snapshot
from playground.runs.jobs import Jobs, LRUCache, fingerprint, in_worker, start
from playground.runs.worker import TrainerError

TSNE = "playground.analysis.inspection.embedding:tsne"
SOFTMAX = "playground.nn.activations:softmax"


def test_a_job_is_computed_once_and_an_owner_has_one_at_a_time(dask: Client) -> None:
    jobs, z = Jobs(), np.zeros((1, 4), np.float32)
    first = jobs.submit("me", "a", SOFTMAX, z, note="four")
    assert jobs.submit("me", "a", SOFTMAX, z) is first
    assert first.wait(60)
    assert (first.state, first.result.tolist(), first.note) == ("done", [[0.25] * 4], "four")
    assert jobs.latest("me") is first
    second = jobs.submit("me", "b", TSNE, z, z)
    assert second.wait(60)
    assert (second.state, second.result) == ("failed", None)
    assert "at least 5 examples, got 1" in second.reason
    assert (second.key, jobs.latest("me")) == ("b", second)
    jobs.remove("b", second)
    assert jobs.get("b") is None
    slow = jobs.submit("me", "slow", SOFTMAX, z)
    other = jobs.submit("me", "other", SOFTMAX, z)
    assert other is slow or slow.state == "done"


def test_only_functions_of_the_playground_are_called(dask: Client) -> None:
    with pytest.raises(TrainerError, match=r"must begin with playground\., got os:getpid"):
        in_worker("os:getpid")


def test_a_thread_has_a_future() -> None:
    assert start(sum, [1, 2]).result(10) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        start(int, "x").result(10)


def test_the_least_recently_used_value_goes() -> None:
    cache: LRUCache[int] = LRUCache(2)
    calls: list[int] = []

    def double(n: int) -> int:
        calls.append(n)
        return 2 * n

    found = [cache.get_or_compute(n, double, n) for n in (1, 2, 1, 3, 1, 2)]
    assert found == [2, 4, 2, 6, 2, 4]
    assert calls == [1, 2, 3, 2]
    assert len(cache) == 2


def test_values_share_a_budget_of_bytes() -> None:
    cache: LRUCache[np.ndarray] = LRUCache(100, max_bytes=100)
    for key in ("a", "b", "c"):
        cache.put(key, np.zeros(40, np.uint8))
        cache.get("a")
    assert cache.get("b") is None
    assert len(cache) == 2
    cache.put("a", np.zeros(60, np.uint8))
    assert len(cache) == 2
    cache.put("d", np.zeros(200, np.uint8))  # the newest stays, whatever its size
    assert len(cache) == 1
    cache.remove_all(lambda key: key == "d")
    cache.put("e", np.zeros(100, np.uint8))
    assert len(cache) == 1


def test_equal_weights_have_one_fingerprint() -> None:
    def net(weight: float, activation: str = "relu", slope: float = 0.1) -> Snapshot:
        kernel = np.full((2, 2), weight, np.float32)
        layer = Layer(kernel, np.zeros(2, np.float32), activation, {"negative_slope": slope})
        return Snapshot(1, (layer,))

    assert fingerprint(net(1.0)) == fingerprint(net(1.0))
    others = [net(2.0), net(1.0, "tanh"), net(1.0, slope=0.2)]
    assert len({fingerprint(each) for each in [net(1.0), *others]}) == 4


def test_every_path_in_the_code_is_that_of_a_function() -> None:
    paths = set()
    for package in ("playground", "dashboard"):
        for file in Path(package).rglob("*.py"):
            paths |= set(re.findall(r'"(playground\.[\w.]+):(\w+)"', file.read_text()))
    assert len(paths) > 5
    for module, name in paths:
        place = Path(*module.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        functions = {node.name for node in ast.walk(ast.parse(file.read_text()))
                     if isinstance(node, ast.FunctionDef)}  # fmt: skip
        assert name in functions, f"{module}:{name}"
