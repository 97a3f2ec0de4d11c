"""The views of the data: each works for every data set and says what it shows."""

import json
from functools import cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import comparison, encode, images
from dashboard.figures import data as counts
from dashboard.figures import data as features
from dashboard.figures import data as points
from dashboard.figures.style import CLASS_COLORS, class_colors, escape_html
from playground.datasets import DATASETS, load
from playground.experiment.model import Experiment


def page() -> None:
    import streamlit as st

    from dashboard.views.data.page import VIEWS
    from playground.datasets import load

    chosen = st.session_state["chosen"]
    VIEWS[st.session_state["view"]].show(chosen, load(chosen.data))


@cache  # the first run of a new AppTest looks through all installed packages: a second
def browser() -> AppTest:
    return AppTest.from_function(page, default_timeout=60)


def opened(view: str, **changes: Any) -> AppTest:
    """A view alone, as it shows the data of the default experiment with `changes`."""
    app = browser()
    app.session_state["known"] = None
    app.session_state["view"] = view
    app.session_state["chosen"] = Experiment().replace(**changes)
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.subheader)
    return "\n".join(each.value for kind in kinds for each in kind)


@pytest.mark.parametrize("view", ["Samples", "Counts", "Table", "Data leakage and split errors"])
@pytest.mark.parametrize("name", DATASETS)
def test_every_view_shows_every_data_set_or_says_why_not(view: str, name: str) -> None:
    app = opened(view, dataset=name)
    if view == "Samples":
        assert ("has no images" in said(app)) != bool(DATASETS[name].shape)
    if view == "Table":
        assert ("columns, one for each pixel" in said(app)) == bool(DATASETS[name].shape)


@pytest.mark.parametrize("view", ["Samples", "Counts", "Table", "Data leakage and split errors"])
@pytest.mark.parametrize("name", ["fashion_mnist", "iris", "sine", "circle"])
def test_views_do_without_validation_examples_and_with_one(view: str, name: str) -> None:
    opened(view, dataset=name, train_size=1, validation_size=0)


def test_the_overview_has_the_shapes_of_x_and_y_and_every_class_in_three_rows() -> None:
    app = opened("Overview")
    shapes = app.table[0].value.set_index("split")
    assert shapes.loc["training", ["x shape", "y shape"]].tolist() == ["(5000, 28, 28)", "(5000,)"]
    assert shapes.loc["training", ["x type", "y type"]].tolist() == ["uint8", "int32"]
    assert "Every class, in 3 rows" in said(app)
    assert "Every class" not in said(opened("Overview", dataset="iris"))


def test_pixels_dark_on_white_swap_the_ends_of_the_scale_and_keep_the_numbers() -> None:
    image = np.array([[0, 255]], np.uint8)
    light, dark = (images.pixel_values(image, "", 0, 255, dark_on_white=d) for d in (False, True))
    for figure, ends in ((light, ["#000000", "#ffffff"]), (dark, ["#ffffff", "#000000"])):
        assert [color for _, color in figure["data"][0]["colorscale"]] == ends
        assert {trace["zmax"] for trace in figure["data"]} == {255}
        # Where the cell is dark the number is light.
        shown = {t["textfont"]["color"]: t["z"] for t in figure["data"]}
        assert np.nansum(shown["#ffffff"]) == (0 if ends[0] == "#000000" else 255)
    sentences = [images.pixels_sentence("a", image, image / 255, d) for d in (False, True)]
    assert ["0 (black)" in sentences[0], "0 (white)" in sentences[1]] == [True, True]


def test_samples_are_chosen_by_class_and_turned_by_page() -> None:
    browser.cache_clear()  # what is chosen here is not for others
    app = opened("Samples")
    data = load(Experiment().data)
    assert f"Images 1 to 40 of {len(data.train):,}" in said(app)
    classes = next(each for each in app.get("button_group") if each.key == "sample_classes")
    classes.set_value([7])
    checked(app.run())
    sneakers = np.flatnonzero(data.train.y == 7)
    assert f"of {len(sneakers):,} of the training split" in said(app)
    assert f"Sneaker (class 7), training image {sneakers[0] + 1:,}" in said(app)
    facts = app.table[0].value
    assert facts["shape"].tolist() == ["(28, 28)", "(784,)"]
    assert facts["dtype"].tolist() == ["uint8", "float32"]
    assert facts["range"][1] == "0 … 1"


def test_counts_print_the_baseline() -> None:
    text = said(opened("Counts", dataset="coffee", train_size=200, validation_size=0))
    assert "has an accuracy of 78.5% (training examples)" in text


def test_leakage_asks_for_a_mistake_and_names_its_costs() -> None:
    browser.cache_clear()
    app = opened("Data leakage and split errors", dataset="iris")
    assert "60 training, 30 validation and 30 new examples" in said(app)
    next(each for each in app.toggle if each.key == "mistake_duplicates").set_value(False)
    checked(app.run())
    assert "Switch on at least one error" in said(app)


# ---- figures ---------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (28, 28)).astype(np.uint8)
X, Y = RNG.normal(size=(50, 4)), RNG.integers(0, 3, 50)
BARS = (np.array([3, 0, 5]), np.array([0.0, 1.0, 2.0, 3.0]))
FOUND = {"training": np.array([5, 7]), "validation": np.array([1, 2]), "test": np.array([4, 4])}
PLANE = {name: (X[:, :2], np.sign(X[:, 2])) for name in ("training", "validation")}

FIGURES = {
    "pixels": images.pixel_values(IMAGE, "Its pixels", 0, 255),
    "signed pixels": images.pixel_values(IMAGE / 100 - 1, "", -1, 1.55, decimals=2),
    "classes": counts.class_bars(("a", "b<b>"), FOUND),
    "pixel counts": counts.step_bars("", "", {"training": BARS}, logarithmic=True),
    "feature": features.before_and_after("f", BARS, BARS, ((4.0, 2.0), (0.0, 1.0))),
    "pairs": features.scatter_matrix(("a", "b", "c", "d"), X, Y, ("k", "l", "m")),
    "pairs of numbers": features.scatter_matrix(("a", "b"), X[:, :2], X[:, 2], ()),
    "plane": points.plane_points(PLANE, ("x₁", "x₂")),
    "line": points.line_points({"training": (X[:, 0], X[:, 1])}, "x"),
    "scores": comparison.score_bars(
        {"honest": [(0.8, 0.01)] * 2, "flawed": [(0.9, 0.01)] * 2}, True
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_what_plotly_accepts(name: str) -> None:
    go.Figure(FIGURES[name])
    assert len(encode(FIGURES[name])) < 40_000


def test_every_pixel_is_written_once_in_a_color_that_can_be_read() -> None:
    dark, light = FIGURES["pixels"]["data"]
    assert np.array_equal(np.isnan(dark["z"]), ~np.isnan(light["z"]))
    assert np.array_equal(np.fmax(dark["z"], light["z"]), IMAGE.astype(np.float32))
    assert np.nanmax(dark["z"]) < 128 <= np.nanmin(light["z"])
    assert (dark["textfont"]["color"], light["textfont"]["color"]) == ("#ffffff", "#000000")


def test_a_signed_picture_has_a_symmetric_scale() -> None:
    for cells in FIGURES["signed pixels"]["data"]:
        assert cells["zmin"] == -cells["zmax"]


def test_every_pair_of_features_is_drawn_once_for_each_class() -> None:
    data = FIGURES["pairs"]["data"]
    assert len(data) == 6 * 3
    assert sum(len(trace["x"]) for trace in data) == 6 * 50
    assert sum(trace["showlegend"] for trace in data) == 3


def test_names_that_people_give_are_not_markup() -> None:
    assert escape_html("<b>&") == "&lt;b&gt;&amp;"
    assert FIGURES["classes"]["data"][0]["x"][1] == "b&lt;b&gt;"


def test_classes_have_colors_of_their_own() -> None:
    assert class_colors(2) == ["#f59322", "#0877bd"]
    assert len(set(class_colors(10))) == len(CLASS_COLORS) == 10
    assert len(class_colors(37)) == 37


def test_empty_bars_are_left_out_of_a_logarithmic_scale() -> None:
    assert FIGURES["pixel counts"]["data"][0]["y"].tolist() == [3, 5]
    json.loads(encode(FIGURES["pixel counts"]))


def test_sentences_say_their_numbers() -> None:
    assert "50.0% of the pixels are 0" in counts.pixel_sentence(np.array([5, 3, 2]))
    assert "the mean is 0.7" in counts.pixel_sentence(np.array([5, 3, 2]))
    assert "7 of b" in counts.class_sentence(("a", "b"), FOUND["training"])
    assert "become 0 and 1" in features.feature_sentence("f", (4.0, 2.0), (1e-9, 1.0))
    assert features.matrix_sentence(("a", "b"), (0.1, 0.93), True).startswith("b separates")


@pytest.mark.parametrize(
    ("hidden", "clear", "words"),
    [
        (0.2, True, "hides 20.0 percentage points"),
        (-0.2, True, "pessimistic"),
        (0.2, False, "chance"),
    ],
)
def test_an_optimistic_score_is_distinguished_from_chance(
    hidden: float, clear: bool, words: str
) -> None:
    assert words in comparison.hidden_sentence(0.9, 0.7, hidden, clear, is_accuracy=True)


@pytest.mark.parametrize(
    ("lost", "clear", "words"),
    [(0.1, True, "costs 0.1 on"), (-0.1, True, "is better"), (0.1, False, "chance explains")],
)
def test_a_lost_score_is_distinguished_from_chance(lost: float, clear: bool, words: str) -> None:
    assert words in comparison.lost_sentence(0.3, 0.4, lost, 0.05, clear, is_accuracy=False)
