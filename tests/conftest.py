"""Any valid Experiment, for property tests: `@given(strategies.from_type(Experiment))`."""

import os
import signal
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings, strategies

from playground.datasets.registry import DATASETS
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    SECTION_OF,
    SECTIONS,
    Experiment,
    limits,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.losses import LOSSES

HERE = Path(__file__).parent
CLUSTER = {"dask", "actors", "workers_started"}  # fixtures of the embedded cluster
FIRST = ("cluster", "browser")  # the longest groups, begun first: one in each process


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exhaustive", action="store_true", help="run every combination as well")


def pytest_configure(config: pytest.Config) -> None:
    """Compile each program once for all processes of the tests: the files stay for later runs."""
    cache = getattr(config, "cache", None)  # none with -p no:cacheprovider
    if cache is not None:
        folder = cache.mkdir(f"xla-{version('tensorflow')}")
        os.environ.setdefault("TF_XLA_FLAGS", f"--tf_xla_persistent_cache_directory={folder}")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Which tests share a process: those of the cluster, those of the browser, those of a file."""
    if not config.getoption("exhaustive"):
        left_out = [item for item in items if item.get_closest_marker("exhaustive")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    for item in items:
        folder, *rest = item.path.relative_to(HERE).parts
        used = CLUSTER & set(getattr(item, "fixturenames", ()))
        group = "browser" if folder == "browser" else "cluster" if used else "/".join(rest)
        item.add_marker(pytest.mark.xdist_group(group))
        item.stash[GROUP] = group
    items.sort(key=lambda item: FIRST.index(g) if (g := item.stash[GROUP]) in FIRST else len(FIRST))


GROUP = pytest.StashKey[str]()


@pytest.fixture(scope="session", autouse=True)
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tables of one's own are kept in a folder of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_TABLES", str(tmp_path_factory.mktemp("tables")))
        yield


@pytest.fixture(scope="session", autouse=True)
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Runs are saved in a database of these tests; its URL."""
    url = f"sqlite:///{tmp_path_factory.mktemp('runs') / 'runs.sqlite'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_DATABASE_URL", url)
        yield url


@pytest.fixture
def sigint() -> Iterator[None]:
    """SIGINT as in a terminal, for this process and its children.

    A shell's background job, and all that it starts, ignores it.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


settings.register_profile("here", deadline=None, max_examples=100)
settings.load_profile("here")


def values_of(name: str) -> strategies.SearchStrategy[Any]:
    """Valid values of one field of `Experiment`, read from the field itself."""
    field = FIELDS[name]
    low, high = limits(name)
    if name in CHOICES:
        return strategies.sampled_from([*CHOICES[name]])
    if field.annotation is bool:
        return strategies.booleans()
    if isinstance(low, int):
        return strategies.integers(low, high)
    return strategies.floats(low, high)


@strategies.composite
def experiments(draw: strategies.DrawFn) -> Experiment:
    """Experiments over every field and its whole range."""
    flat = {name: draw(values_of(name)) for name in FIELDS.keys() - JOINED}
    source = DATASETS[flat["dataset"]]
    if flat["validate_on_test"]:
        flat["validation_size"] = draw(strategies.integers(0, source.n_test))
        flat["train_size"] = draw(strategies.integers(1, source.rows or flat["train_size"]))
    elif source.rows is not None:
        flat["validation_size"] = draw(strategies.integers(0, source.rows - 1))
        flat["train_size"] = draw(strategies.integers(1, source.rows - flat["validation_size"]))
    suitable = [name for name, loss in LOSSES.items() if source.task in loss.tasks]
    flat["loss"] = draw(strategies.sampled_from(suitable))
    hidden = draw(strategies.lists(strategies.integers(1, 1024), max_size=6))
    each = strategies.sampled_from(list(ACTIVATIONS))
    of_layers = strategies.lists(each, min_size=len(hidden), max_size=len(hidden))
    flat |= {"hidden": hidden, "activations": draw(strategies.just([]) | of_layers)}
    epochs = strategies.floats(0, 10_000, exclude_min=True)
    flat["milestones"] = sorted(draw(strategies.sets(epochs, max_size=10)))
    parts: dict[str, dict[str, Any]] = {part: {} for part in SECTIONS}
    for name, value in flat.items():
        parts[SECTION_OF[name]][name] = value
    return Experiment.model_validate(parts)


# Fields whose values depend on one another: drawn by hand above.
JOINED = {"hidden", "activations", "milestones", "loss"}

strategies.register_type_strategy(Experiment, experiments())
