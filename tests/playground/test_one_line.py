"""One entry in one table adds an activation, an optimizer, a schedule or a synthetic data set."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.datasets.registry import DATASETS, generated
from playground.experiment.model import Experiment, format_value
from playground.experiment.url import decode, encode
from playground.export.script import NAME, script
from playground.nn.activations import ACTIVATIONS, Activation
from playground.nn.optimizers import OPTIMIZERS, Optimizer
from playground.nn.schedules import SCHEDULES, Schedule, ScheduleConfig, Times
from playground.training import Trainer


def cubic(s: np.ndarray, times: Times, training: ScheduleConfig) -> np.ndarray:
    return np.asarray(1 - (1 - training.final_share) * np.minimum(s / times.run, 1) ** 3)


def stripes(n: int, noise: float, points: np.random.Generator, _: np.random.Generator) -> Any:
    x = points.uniform(-6, 6, (n, 2))
    return x, np.floor(x[:, 0]) % 2 == 0


ENTRIES: dict[str, tuple[dict[str, Any], Any]] = {
    "activation": (
        ACTIVATIONS,
        Activation(
            "Hard tanh", r"\max(-1, \min(1, z))", lambda z: np.clip(z, -1, 1),
            lambda z: (np.abs(z) < 1).astype(z.dtype), "hard_tanh",
        ),
    ),
    "optimizer": (
        OPTIMIZERS,
        Optimizer(
            "LAMB", r"w \leftarrow w - \eta \phi(|w|) \hat m / |\hat m|", "Lamb",
            {"learning_rate": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-6},
        ),
    ),
    "schedule": (
        SCHEDULES,
        Schedule("Cubic", "e + (1-e)(1 - (s/T)^3)", cubic, {"final_share": 0.1}),
    ),
    "dataset": (DATASETS, generated("Stripes", "Stripes of two classes", stripes)),
}  # fmt: skip


@pytest.fixture(params=ENTRIES)
def added(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """An experiment with an entry named "new" that only this test knows."""
    table, entry = ENTRIES[request.param]
    monkeypatch.setitem(table, "new", entry)
    small = Experiment().replace(
        dataset="moons", train_size=40, validation_size=20, hidden=(4,), epochs=3
    )
    sizes = {"train_size": 40, "validation_size": 20} if request.param == "dataset" else {}
    experiment = small.replace(**{request.param: "new"}, **sizes)
    assert format_value(request.param, "new") == entry.label
    return experiment


def test_it_trains_and_its_script_reproduces_it(
    added: Experiment, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    trainer = Trainer(added)
    events = trainer.advance(seconds=60).events
    assert trainer.over
    assert not trainer.diverged
    outputs = trainer.latest().predict(trainer.dataset.transform(trainer.dataset.test.x))
    assert np.isfinite(outputs).all()
    for name, content in script(added, events, {}).files.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr("sys.argv", [NAME])
    monkeypatch.chdir(tmp_path)
    runpy.run_path(NAME)
    assert "Reproduced: largest difference" in capsys.readouterr().out


def test_a_link_holds_it(added: Experiment) -> None:
    assert decode(encode(added)).experiment == added
