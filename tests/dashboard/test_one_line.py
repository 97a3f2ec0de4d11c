"""A new activation, optimizer, schedule or data set, one table entry each, opens on every page."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.labs.page import LABS
from playground.datasets.registry import DATASETS, generated
from playground.experiment.model import Experiment
from playground.experiment.url import PAGES
from playground.nn.activations import ACTIVATIONS, Activation
from playground.nn.optimizers import OPTIMIZERS, Optimizer
from playground.nn.schedules import SCHEDULES, Schedule, ScheduleConfig, Times


def stripes(n: int, noise: float, points: np.random.Generator, _: np.random.Generator) -> Any:
    x = points.uniform(-6, 6, (n, 2))
    return x, np.floor(x[:, 0]) % 2 == 0


def cubic(s: Any, times: Times, training: ScheduleConfig) -> Any:
    return 1 - np.minimum(s / times.run, 1) ** 3


@pytest.fixture(autouse=True)
def experiment(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """An experiment of entries that only this test knows."""
    hard_tanh = Activation(
        "Hard tanh", r"\max(-1, \min(1, z))", lambda z: np.clip(z, -1, 1),
        lambda z: (np.abs(z) < 1).astype(z.dtype), "hard_tanh",
    )  # fmt: skip
    lamb = Optimizer(
        "LAMB", r"w \leftarrow w - \eta \phi(|w|) \hat m / |\hat m|", "Lamb",
        {"learning_rate": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-6},
    )  # fmt: skip
    monkeypatch.setitem(ACTIVATIONS, "new", hard_tanh)
    monkeypatch.setitem(OPTIMIZERS, "new", lamb)
    monkeypatch.setitem(SCHEDULES, "new", Schedule("Cubic", "1 - (s/T)^3", cubic, {}))
    monkeypatch.setitem(DATASETS, "new", generated("Stripes", "Stripes of two classes", stripes))
    return Experiment().replace(
        dataset="new", activation="new", optimizer="new", schedule="new", hidden=(4,)
    )


def page(name: str) -> None:
    from importlib import import_module

    import streamlit as st

    from dashboard.state import session
    from dashboard.widgets.settings import controls
    from playground.experiment.url import PAGES

    session.begin()
    session.set_experiment(controls(session.experiment()), by_widgets=True)
    getattr(import_module(PAGES[name].module), name)()
    st.text(session.experiment().training.optimizer)


def opened(name: str, experiment: Experiment, **parameters: str) -> AppTest:
    from playground.experiment.url import parameters as link

    app = AppTest.from_function(page, args=(name,), default_timeout=60)
    app.query_params = link(experiment) | parameters
    app.run()
    assert [error.value for error in app.exception] == []
    assert app.text[-1].value == "new"
    return app


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens(name: str, experiment: Experiment) -> None:
    opened(name, experiment)


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_opens(lab: str, experiment: Experiment) -> None:
    opened("labs", experiment, lab=lab)
