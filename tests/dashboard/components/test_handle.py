"""The point of a chart that a person moves: what the browser tells of it is checked."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import numpy as np
    import streamlit as st

    from dashboard.components import chart
    from dashboard.state import session

    session.begin()
    x = np.array([-1, 2], dtype=np.float32)
    layout = {"xaxis": {"range": [-1, 2]}, "yaxis": {"range": [5, 0]}, "title": {"text": ""}}
    figure = {"data": [{"type": "scatter", "x": x, "y": x}], "layout": layout}
    of = st.session_state["of"]
    known = chart.handle_position("point", (0.0, 1.0), (-1, 2), (0, 5), of)
    shown = chart.chart_with_handle(
        figure, "A line.", "point", (0.0, 1.0), about="A point to move.", of=of
    )
    st.text(f"{known} {shown}")


def told(of: str, *tellings: Any) -> str:
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["of"] = of
    for telling in tellings:
        app.session_state["point"] = {"moved": telling}
        app.run()
        assert not app.exception
    text: str = app.text[0].value
    return text


def test_a_point_stands_where_it_was_moved_to() -> None:
    assert told("", {"x": -0.5, "y": 4, "of": ""}) == "(-0.5, 4) (-0.5, 4)"


def test_a_point_moved_for_something_else_is_forgotten() -> None:
    assert told("new", {"x": -0.5, "y": 4, "of": "old"}) == "(0.0, 1.0) (0.0, 1.0)"


def test_a_point_stays_when_its_chart_comes_again() -> None:
    assert told("", {"x": -0.5, "y": 4, "of": ""}, None) == "(-0.5, 4) (-0.5, 4)"


@pytest.mark.parametrize(
    "telling",
    [
        {"x": 3.0, "y": 1.0},
        {"x": 1.0, "y": -0.1},
        {"x": float("nan"), "y": 1.0},
        {"x": float("inf"), "y": 1.0},
        {"x": "1", "y": 1.0},
        {"x": True, "y": 1.0},
        {"y": 1.0},
        {},
    ],
)
def test_no_browser_moves_a_point_out_of_its_chart(telling: dict[str, Any]) -> None:
    assert told("", telling | {"of": ""}) == "(0.0, 1.0) (0.0, 1.0)"


def test_a_browser_that_tells_no_point_moves_none() -> None:
    assert told("", "nonsense") == told("", None) == "(0.0, 1.0) (0.0, 1.0)"
