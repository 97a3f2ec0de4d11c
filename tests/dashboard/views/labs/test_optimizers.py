"""The Optimizers lab as a page."""

import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import encode
from dashboard.figures.optimization import (
    HUES,
    SYMBOLS,
    contour_figure,
    space_figure,
    surface_loss_figure,
)
from dashboard.views.labs.optimizers.settings import SLIDERS
from dashboard.views.labs.optimizers.update_step import number, written
from playground.labs.optimizers.default_learning_rates import RATES
from playground.labs.optimizers.surfaces import SURFACES
from playground.labs.optimizers.trajectories import noise, walk
from playground.labs.optimizers.update_rules import RULES, settings


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.labs.optimizers.page import optimizers

    session.begin()
    st.fragment(optimizers)()


@pytest.fixture
def app() -> AppTest:
    return checked(AppTest.from_function(page, default_timeout=30))


def checked(app: AppTest) -> AppTest:
    app.run()
    assert [e.value for e in app.exception] == []
    return app


def test_it_writes_the_last_update_of_the_first_optimizer(app: AppTest) -> None:
    x, y = (each.value for each in app.latex[-2:])
    assert r"\frac{\partial f}{\partial x}" in x
    assert r"\frac{\partial f}{\partial y}" in y
    path = walk("sgd", SURFACES["ravine"], (-5, 2), 0.2, {}, np.zeros((120, 2)))
    assert number(path.points[-1, 0]) in x
    assert "Update 120 of SGD" in "".join(each.value for each in app.caption)


def test_it_says_how_the_two_momentums_differ(app: AppTest) -> None:
    assert "Two kinds of SGDM" in "".join(each.value for each in app.caption)
    app.multiselect("lab_optimizers_rules").set_value(["adam"])
    checked(app)
    assert "Two kinds of SGDM" not in "".join(each.value for each in app.caption)
    app.multiselect("lab_optimizers_rules").set_value([])
    checked(app)
    assert "Choose an optimizer" in app.info[0].value


def test_rates_are_kept_for_each_surface(app: AppTest) -> None:
    app.select_slider("lab_optimizers_rate_ravine_sgd").set_value(0.01)
    checked(app)
    app.session_state["lab_optimizers_surface"] = "noisy"
    checked(app)
    assert app.select_slider("lab_optimizers_rate_noisy_sgd").value == RATES["noisy"]["sgd"]
    app.session_state["lab_optimizers_surface"] = "ravine"
    checked(app)
    assert app.select_slider("lab_optimizers_rate_ravine_sgd").value == 0.01


def test_the_history_names_every_rule_of_the_course(app: AppTest) -> None:
    table = next(each.value for each in app.markdown if "| Rule |" in each.value)
    order = [RULES[n].label for n in ("sgd", "momentum", "nesterov", "adagrad", "adadelta",
                                      "rmsprop", "adam", "nadam")]  # fmt: skip
    places = [table.index(f"**{label}**") for label in order]
    assert places == sorted(places)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_rule_is_drawn_and_written_on_every_surface(surface: str) -> None:
    ground = SURFACES[surface]
    errors = noise(ground, 40, 0)
    for factor in (1, 1000):  # so large that they fly off
        paths = {
            name: walk(name, ground, ground.start, RATES[surface][name] * factor,
                       settings(name), errors)
            for name in RULES
        }  # fmt: skip
        for step in (0, 1, 40):
            encode(contour_figure(ground, paths, step))
            encode(space_figure(ground, paths, step))
            encode(surface_loss_figure(ground, paths, step, 40))
        for name, path in paths.items():
            values = path.steps[0][0]
            text = written(name, "x", {**values, **settings(name), "lr": 0.1, "t": 1})
            assert "<" not in text
            assert ">" not in text


def test_each_rule_has_a_color_a_sign_and_sliders_for_all_of_its_settings() -> None:
    assert len(set(HUES)) == len(set(SYMBOLS)) == len(RULES)
    for name in RULES:
        assert set(settings(name)) <= {*SLIDERS, "epsilon"}
        assert len(settings(name)) <= 4


def test_numbers_are_mathematics() -> None:
    assert number(-0.000012345) == r"-1.2345 \cdot 10^{-5}"
    assert number(2.0) == "2"


def test_all_rules_at_once_are_computed_within_a_third_of_the_promise() -> None:
    ground = SURFACES["beale"]
    errors = noise(ground, 300, 0)
    best = np.inf
    for _ in range(5):
        began = time.process_time()
        for name in RULES:
            walk(name, ground, ground.start, RATES["beale"][name], settings(name), errors)
        best = min(best, time.process_time() - began)
    assert best < 0.05
