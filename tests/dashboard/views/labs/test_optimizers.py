"""The Optimizers lab as a page."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import encode
from dashboard.figures.optimization import (
    COLORS,
    SYMBOLS,
    contour_figure,
    space_figure,
    surface_loss_figure,
)
from dashboard.views.labs.optimizers import SLIDERS, update_latex
from dashboard.widgets.latex import significant
from playground.labs.trajectories import (
    SURFACES,
    default_rate,
    gradient_noise,
    trajectory,
    tuned_rate,
)
from playground.labs.update_rules import UPDATE_RULES, UpdateLine, default_settings


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.labs.optimizers import optimizers

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
    path = trajectory("sgd", SURFACES["ravine"], (-5, 2), 0.2, {}, np.zeros((120, 2)))
    assert significant(path.points[-1, 0], 5) in x
    assert "Update 120 of SGD" in "".join(each.value for each in app.caption)


def test_it_says_how_the_two_momentums_differ(app: AppTest) -> None:
    assert "Two definitions of SGDM" in "".join(each.value for each in app.caption)
    app.multiselect("lab_optimizers_rules").set_value(["adam"])
    checked(app)
    assert "Two definitions of SGDM" not in "".join(each.value for each in app.caption)
    app.multiselect("lab_optimizers_rules").set_value([])
    checked(app)
    assert "Choose an optimizer" in app.info[0].value


def test_rates_are_kept_for_each_surface(app: AppTest) -> None:
    app.select_slider("lab_optimizers_rate_ravine_sgd").set_value(0.01)
    checked(app)
    app.session_state["lab_optimizers_surface"] = "noisy"
    checked(app)
    assert app.select_slider("lab_optimizers_rate_noisy_sgd").value == default_rate("sgd", "noisy")
    app.session_state["lab_optimizers_surface"] = "ravine"
    checked(app)
    assert app.select_slider("lab_optimizers_rate_ravine_sgd").value == 0.01


def test_the_history_names_every_rule_of_the_course(app: AppTest) -> None:
    table = next(each.value for each in app.markdown if "| Optimizer |" in each.value)
    order = [UPDATE_RULES[n].label for n in ("sgd", "momentum", "nesterov", "adagrad", "adadelta",
                                      "rmsprop", "adam", "nadam")]  # fmt: skip
    places = [table.index(f"**{label}**") for label in order]
    assert places == sorted(places)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_rule_is_drawn_and_written_on_every_surface(surface: str) -> None:
    ground = SURFACES[surface]
    errors = gradient_noise(ground, 40, 0)
    for factor in (1, 1000):  # so large that they fly off
        paths = {
            name: trajectory(name, ground, ground.start, default_rate(name, surface) * factor,
                       default_settings(name), errors)
            for name in UPDATE_RULES
        }  # fmt: skip
        for step in (0, 1, 40):
            encode(contour_figure(ground, paths, step))
            encode(space_figure(ground, paths, step))
            encode(surface_loss_figure(ground, paths, step, 40))
        for name, path in paths.items():
            values = path.steps[0][0]
            text = update_latex(name, "x", {**values, **default_settings(name), "lr": 0.1, "t": 1})
            assert "<" not in text
            assert ">" not in text


def test_each_rule_has_a_color_a_sign_and_sliders_for_all_of_its_settings() -> None:
    assert len(set(COLORS)) == len(set(SYMBOLS)) == len(UPDATE_RULES)
    for name in UPDATE_RULES:
        assert set(default_settings(name)) <= {*SLIDERS, "epsilon"}
        assert len(default_settings(name)) <= 4


def test_an_optimizer_without_learning_rates_or_sliders_of_its_own(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also more optimizers than there are colors: its learning rate is tuned, not in a table."""
    for i in range(4):
        new = replace(
            UPDATE_RULES["momentum"], label=f"New {i}", settings={"momentum": 0.5, "beta_3": 0.1},
            lines=(*UPDATE_RULES["momentum"].lines, UpdateLine("m", "b", "b", "<beta_3>")),
        )  # fmt: skip
        monkeypatch.setitem(UPDATE_RULES, f"new {i}", new)
    checked(app)
    app.multiselect("lab_optimizers_rules").set_value(list(UPDATE_RULES)[-4:])
    checked(app)
    assert app.select_slider("lab_optimizers_rate_ravine_new 0").value == tuned_rate(
        "new 0", "ravine"
    )
    assert app.number_input("lab_optimizers_beta_3_new 0").value == 0.1


def test_every_setting_of_an_optimizer_has_a_control(app: AppTest) -> None:
    app.multiselect("lab_optimizers_rules").set_value(["adamw"])
    checked(app)
    assert app.slider("lab_optimizers_weight_decay_adamw").value == 0.004


def test_numbers_are_mathematics() -> None:
    assert significant(-0.000012345, 5) == r"-1.2345 \cdot 10^{-5}"
    assert significant(2.0, 5) == "2"
    assert significant(1e-7, 5) == "10^{-7}"
    values = {"V0": 1.0, "g": 1e-7, "rho": 0.5, "V": 0.5, "m": -1.0, "epsilon": 0.0, "eta": 0.0}
    latex = update_latex("rmsprop", "x", {**values, "w": 1.0, "next": 1.0, "lr": 0.1})
    assert r"(10^{-7})^2" in latex
    assert r"\frac{-1}{\sqrt{" in latex
