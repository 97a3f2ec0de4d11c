"""The Gradient descent lab as a page."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import encode
from dashboard.figures.optimization import curve_loss_figure, descent_figure
from playground.labs.gradient_descent import CURVES, descend


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.labs.gradient_descent import gradient_descent

    session.begin()
    st.fragment(gradient_descent)()


@pytest.fixture
def app() -> AppTest:
    return checked(AppTest.from_function(page, default_timeout=30))


def checked(app: AppTest) -> AppTest:
    app.run()
    assert [e.value for e in app.exception] == []
    return app


def rows(app: AppTest) -> Any:
    return app.dataframe[0].value.set_index("epoch")


def test_it_opens_with_the_published_example(app: AppTest) -> None:
    table = rows(app)
    assert list(table.loc[0][["w", "loss", "lr"]]) == ["2.600000", "36.000000", "0.200000"]
    assert list(table.loc[1][["w", "loss", "lr"]]) == ["1.174400", "12.959999", "0.198000"]
    assert list(table.loc[39][["w", "lr"]]) == ["-0.999999", "0.135146"]
    assert "Converged" in app.success[0].value
    assert "0.135146" in app.latex[0].value


def test_a_rate_above_one_diverges_and_says_why(app: AppTest) -> None:
    app.button("lab_descent_Far too large").click()
    checked(app)
    assert app.slider("lab_descent_rate").value == 1.05
    assert "1 − 2η = −1.1" in app.error[0].value


def test_a_preset_puts_the_start_back(app: AppTest) -> None:
    app.session_state["lab_descent_curve_chart"] = {
        "moved": {"x": 2.0, "y": 9.0, "of": "parabola 0"}
    }
    checked(app)
    assert rows(app).loc[0, "loss"] == "9.000000"
    app.button("lab_descent_published").click()
    checked(app)
    assert rows(app).loc[0, "loss"] == "36.000000"


@pytest.mark.parametrize("step", [0, 1, -1, 7.5, "2", True, None])
def test_the_step_shown_is_checked(app: AppTest, step: Any) -> None:
    app.session_state["lab_descent_player"] = {"chosen": {"step": step}}
    checked(app)
    first = "w_{1} &= w_{0}" if step in (0,) and step is not False else None
    second = "w_{2} &= w_{1}" if step == 1 and step is not True else None
    assert (first or second or "w_{40} &= w_{39}") in app.latex[0].value


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_and_preset_can_be_drawn(app: AppTest, name: str) -> None:
    curve = CURVES[name]
    app.session_state["lab_descent_curve"] = name
    checked(app)
    for rate, decay in curve.presets:
        made = descend(curve, curve.start, rate, decay, 40)
        for step in (0, made.epochs):
            encode(descent_figure(curve, made, step))
            encode(curve_loss_figure(curve, made, step))
