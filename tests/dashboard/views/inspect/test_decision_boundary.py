"""The plane as the network divides and bends it: for every kind of data and of network."""

import itertools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import decision_boundary as figures
from dashboard.figures import encode
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.unit_maps import inequality, next_pair
from playground.analysis.inspection.decision_boundary import HalfPlane
from playground.datasets import Dataset, load
from playground.datasets.dataset import Split
from playground.experiment.model import Experiment
from playground.nn.network import Layer, Snapshot


def network(sizes: tuple[int, ...], activation: str, output: str) -> Snapshot:
    rng = np.random.default_rng(0)
    names = [*[activation] * (len(sizes) - 2), output]
    return Snapshot(
        3,
        tuple(
            Layer(np.float32(rng.normal(size=(a, b))), np.float32(rng.normal(size=b)), name)
            for (a, b), name in zip(itertools.pairwise(sizes), names, strict=True)
        ),
    )


def moment(name: str, hidden: tuple[int, ...] = (3,), activation: str = "tanh") -> NetworkView:
    experiment = Experiment().replace(dataset=name, hidden=hidden, activation=activation)
    snapshot = network(experiment.layer_sizes, activation, experiment.output_activation)
    return NetworkView(experiment, load(experiment.data), snapshot, None, "one")


def three_classes() -> NetworkView:
    """Points of a plane in three classes with names that look like markup."""
    now = moment("gauss")

    def third(part: Split) -> Split:
        return Split(part.x, (np.arange(len(part)) % 3).astype(np.int32))

    source = replace(
        now.dataset.source, features=("a<b>", "*length*"), classes=("<i>x</i>", "*y*", "z")
    )
    dataset = replace(
        now.dataset, source=source, train=third(now.dataset.train),
        validation=third(now.dataset.validation),
    )  # fmt: skip
    return replace(now, dataset=dataset, snapshot=network((2, 4, 3), "relu", "softmax"))


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.inspect import decision_boundary

    session.begin()
    decision_boundary.show_decision_boundary(st.session_state["now"])


def opened(now: NetworkView) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["now"] = now
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


@pytest.mark.parametrize(
    "now",
    [
        moment("coffee", (3,), "sigmoid"),
        moment("coffee", (60,), "relu"),
        moment("spiral", (8, 8)),
        moment("multi_gauss", (1, 4)),
        moment("moons", ()),
        three_classes(),
    ],
    ids=lambda now: f"{now.dataset.source.label} {len(now.snapshot.layers)}",
)
def test_every_plane_is_shown_smooth_and_discrete(now: NetworkView) -> None:
    app = opened(now)
    for toggle in ("plane_discrete", "plane_lines"):
        checked(app.toggle(key=toggle).set_value(toggle == "plane_discrete").run())
    has_truth = [metric.label for metric in app.metric] != []
    assert has_truth == (now.dataset.source.label == "Coffee roasting")


def test_the_scores_against_the_true_rule_come_with_their_formula_and_the_trivial_answer() -> None:
    app = opened(moment("coffee", (3,), "sigmoid"))
    assert [re.fullmatch(r"\d+\.\d%", metric.value) is not None for metric in app.metric] == [
        True, True,
    ]  # fmt: skip
    text = next(c for c in app.caption if "Always predicting" in c.value)
    assert "Always predicting “bad roast” agrees on 79." in text.value
    assert "intersection over union" in text.help
    assert len(app.table[0].value) == 3


def test_the_next_pair_goes_through_all_of_them() -> None:
    pairs = [(0, 1)]
    while len(pairs) < 7:
        pairs.append(next_pair(pairs[-1], 4))
    assert pairs == [*itertools.combinations(range(4), 2), (0, 1)]
    assert next_pair((2, 1), 4) == (1, 3)
    assert next_pair((0, 1), 2) == (0, 1)
    app = opened(moment("moons", (3,)))
    checked(app.button(key="plane_next").click().run())
    assert [box.value for box in app.selectbox] == [0, 2]
    checked(app.selectbox[0].set_value(1).run())
    checked(app.button(key="plane_next").click().run())
    assert [box.value for box in app.selectbox] == [0, 1]


@pytest.mark.parametrize("name", ["iris", "sine", "digits"])
def test_data_that_are_no_plane_say_so_and_offer_some(name: str) -> None:
    app = opened(moment(name))
    assert "choose data with two features" in app.info[0].value
    checked(app.button(key="plane_coffee").click().run())
    assert app.session_state["experiment"].data.dataset == "coffee"


def test_an_inequality_is_written_with_its_signs() -> None:
    half = HalfPlane((-0.5, 2.0), -3.25)
    assert inequality(half, ("a", "b")) == "−0.5·a + 2·b − 3.25 > 0"


def test_colors_tell_the_answer_and_how_sure_it_is() -> None:
    two = np.array([[[0.0], [0.5], [1.0], [0.7]]])
    smooth, discrete = (figures.output_colors(two, 2, 1.0, each)[0] for each in (False, True))
    orange, gray, blue = [245, 147, 34], [232, 234, 235], [8, 119, 189]
    assert smooth[:3].tolist() == [orange, gray, blue]
    assert discrete.tolist() == [orange, gray, blue, blue]
    three = np.array([[[1 / 3, 1 / 3, 1 / 3], [0, 0.1, 0.9]]])
    undecided, third = figures.output_colors(three, 3, 1.0, False)[0]
    assert undecided.tolist() == gray
    assert third[1] > third[0]  # the third class is green
    assert third[1] > third[2]
    values = np.array([[[-4.0], [0.5], [np.nan]]])
    assert figures.output_colors(values, 0, 4.0, True)[0].tolist() == [orange, gray, gray]


def drawn_figure(dataset: Dataset) -> dict[str, Any]:
    part = figures.Examples(dataset.train.x, dataset.train.y, dataset.train.y > 0)
    return figures.region_figure(
        np.zeros((4, 4, 3), np.uint8), (-1, 1, -2, 2), {"training": part},
        dataset.source.classes, ("a<b>", "c"), "Title",
    )  # fmt: skip


def test_figures_are_what_plotly_takes_and_names_are_no_markup() -> None:
    figure = drawn_figure(three_classes().dataset)
    line = figures.UnitLine(np.array([[-1, 0], [1, 0]]), np.array([0, 2.0]), "1", "unit 1: <b> > 0")
    figures.add_unit_lines(figure, [line], (-1, 1, -2, 2))
    figures.add_outline(figure, np.array([[0, 0], [1, 0], [1, 1]]), "true rule")
    figures.add_zero_contour(figure, np.zeros((3, 3)), (-1, 1, -2, 2))
    go.Figure(figure)
    text = encode(figure)
    assert "<i>" not in text
    assert "<b>" not in text
    assert all(trace["uid"].isalpha() for trace in figure["data"])  # they become CSS selectors
    (arrow,) = figure["layout"]["annotations"]
    assert arrow["y"] > arrow["ay"]
    assert arrow["x"] == pytest.approx(arrow["ax"])


def test_the_bent_grid_has_few_points() -> None:
    lines = np.zeros((11, 44, 2))
    part = figures.Examples(np.zeros((3, 2)), np.zeros(3), None)
    figure = figures.warped_grid(
        lines, lines, np.zeros((4, 2)), np.zeros((4, 3), np.uint8), {"training": part}, (),
        ("a", "b"), ("x₁", "x₂"),
    )  # fmt: skip
    go.Figure(figure)
    encode(figure)
    assert all(trace["uid"].isalpha() for trace in figure["data"])
    assert max(len(trace["x"]) for trace in figure["data"]) <= 500
