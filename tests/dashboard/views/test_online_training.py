"""The views of an image: teach it, fool it, where it looks; their figures and their sentences."""

import base64
import io
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.figures import encode, evaluation
from dashboard.figures.images import heat_map
from dashboard.views.draw import online_training, prediction
from dashboard.views.shared import predictions
from dashboard.views.shared import sensitivity as view
from playground.analysis.inspection.ablation import occlusion
from playground.analysis.inspection.adversarial import AdversarialPaths, paths
from playground.datasets import load
from playground.datasets.labelled_examples import ScoreChange
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble
from playground.export import pretrained
from playground.nn.network import Snapshot

NAMES = tuple("0123456789")
DIGITS = Experiment().replace(dataset="digits", hidden=(16,))


def network(experiment: Experiment, size: float = 1.0) -> Snapshot:
    rng = np.random.default_rng(0)
    weights = []
    for a, b in zip(experiment.layer_sizes, experiment.layer_sizes[1:], strict=False):
        weights += [rng.normal(0, size * a**-0.5, (a, b)), rng.normal(0, size * 0.1, b)]
    return assemble(experiment, 3, [w.astype(np.float32) for w in weights])


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.state.network_view import NetworkView
    from dashboard.views.draw.online_training import train_on_drawing
    from dashboard.views.inspect.page import VIEWS
    from dashboard.views.shared.sensitivity import adversarial_example, occlusion_map
    from playground.datasets import load

    session.begin()
    name, experiment, snapshot, row = st.session_state["given"]
    dataset = load(experiment.data)
    now = NetworkView(experiment, dataset, snapshot, None, "one")
    if name in VIEWS:
        VIEWS[name].show(now)
    else:
        views = {"flip": adversarial_example, "looks": occlusion_map, "teach": train_on_drawing}
        views[name](now, dataset.validation.x[row])


def opened(name: str, experiment: Experiment | None = None, row: int = 2) -> AppTest:
    """A view of a validation image, by the ready-made network or one of `experiment`."""
    app = AppTest.from_function(page, default_timeout=60)
    if experiment is None:
        found = pretrained.load()
        given = (name, found.bundled, found.snapshot, row)
    else:
        given = (name, experiment, network(experiment), row)
    app.session_state["given"] = given
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


# ---- fool it -----------------------------------------------------------------------------


def test_the_slider_stands_at_the_smallest_change_and_says_it() -> None:
    app = opened("flip")
    found = pretrained.load()
    data = load(found.bundled.data)
    ways = paths(found.snapshot, data, data.validation.x[2])
    nearest = ways.nearest
    assert nearest is not None
    text = app.markdown[0].value
    assert f"turns {ways.answer} into {ways.targets[nearest]}" in text
    assert f"at most {ways.reached[nearest] * ways.step:.1%} of the pixel range" in text
    slider = app.select_slider[0]
    assert slider.value == ways.reached[nearest]

    checked(app.selectbox(key="flip_target").select("0").run())
    index = ways.targets.index(0)
    assert f"into {0}" in app.markdown[0].value
    assert app.select_slider[0].value == ways.reached[index]
    checked(app.select_slider[0].set_value(0).run())
    checked(app.button_group[0].set_value("gradient").run())
    assert "on average" in app.markdown[0].value


def test_asked_for_the_class_it_answers_already_it_shows_the_nearest_other() -> None:
    app = opened("flip")
    checked(app.selectbox(key="flip_target").select("4").run())
    assert "4 is predicted already" in app.caption[0].value
    assert "turns 4 into 8" in app.markdown[0].value


def test_a_network_that_cannot_be_fooled_is_said_to_be_so() -> None:
    data = load(DIGITS.data)
    weights = [np.zeros_like(w) for w in network(DIGITS).weights]
    weights[-1][3] = 1
    ways = paths(assemble(DIGITS, 0, weights), data, data.validation.x[0])
    text = view.none_sentence(ways, NAMES)
    assert text.startswith("No path along the gradient changes the prediction 3")
    assert "up to 49.8% of the pixel range" in text
    assert "even with 49.8%" in view.adversarial_sentence(ways, 0, NAMES)
    far = np.full(9, np.nan)
    assert view.distance_sentence(list("012456789"), far) == "No class is reached."


def test_a_third_class_on_the_way_is_named() -> None:
    shares_ = np.array([[[0.7, 0.2, 0.1]], [[0.3, 0.4, 0.3]], [[0.2, 0.3, 0.5]]])
    images = np.zeros((3, 1, 2, 2)) + np.arange(3)[:, None, None, None]
    ways = AdversarialPaths(0, (2,), images, shares_, np.array([2]), 16.0, 1 / 16)
    text = view.adversarial_sentence(ways, 0, ("a", "b", "c"))
    assert text == (
        "A perturbation of at most 12.5% of the pixel range per pixel (12.5% on average) turns a "
        "into c. From 6.2%, b is predicted."
    )


# ---- where it looks ----------------------------------------------------------------------


def test_where_it_looks_takes_a_patch_and_a_cover() -> None:
    app = opened("looks")
    assert app.slider[0].value == 5
    assert "1,024 places" in app.caption[-1].value
    checked(app.slider[0].set_value(2).run())
    assert "841 places" in app.caption[-1].value
    checked(app.button_group[0].set_value("white").run())


def test_small_images_get_a_small_patch() -> None:
    app = opened("looks", DIGITS)
    assert (app.slider[0].value, app.slider[0].max) == (1, 4)
    assert "64 places" in app.caption[-1].value


def test_the_map_is_symmetric_about_zero() -> None:
    found = pretrained.load()
    data = load(found.bundled.data)
    image = data.validation.x[2]
    falls = occlusion(found.snapshot, data, image, 5).falls
    figure = heat_map(falls, image, "What speaks for 4", "fall")
    checked_figure = go.Figure(plain(figure))
    first = checked_figure.data[0]
    assert -first.zmin == first.zmax == pytest.approx(np.abs(falls).max())
    encode(figure)


def plain(figure: dict[str, Any]) -> dict[str, Any]:
    """The figure for Plotly's own checks, without our keys that only the browser reads."""
    return {"data": figure["data"], "layout": figure["layout"]}


@pytest.mark.parametrize("name", ["Adversarial example", "Occlusion map"])
def test_on_inside_any_example_can_be_chosen(name: str) -> None:
    app = opened(name, DIGITS)
    checked(app.number_input(key="example_number").set_value(7).run())
    assert "validation example 7" in " ".join(m.value.lower() for m in app.markdown)


@pytest.mark.parametrize("name", ["Adversarial example", "Occlusion map"])
@pytest.mark.parametrize("dataset", ["iris", "spiral", "sine"])
def test_data_without_images_are_told_why_not(name: str, dataset: str) -> None:
    app = opened(name, Experiment().replace(dataset=dataset, hidden=(3,)))
    assert "has no images" in app.info[0].value


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["flip", "looks"])
def test_a_network_whose_answer_is_no_number_is_said_to_have_none(name: str) -> None:
    app = AppTest.from_function(page, default_timeout=60)
    weights = [w * np.float32(1e25) for w in network(DIGITS).weights]
    app.session_state["given"] = (name, DIGITS, assemble(DIGITS, 3, weights), 0)
    checked(app.run())
    assert [w.value for w in app.warning] == [predictions.NOT_FINITE]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_cannot_be_answered_is_not_answered() -> None:
    said = prediction.DrawingPrediction(("a", "b"), np.array([np.nan, np.nan]), ())
    assert not said.finite
    assert prediction.sentence(said) == predictions.NOT_FINITE


# ---- figures -----------------------------------------------------------------------------


def test_bars_stand_side_by_side_for_each_class() -> None:
    before, after = np.array([0.9, 0.1]), np.array([0.2, 0.8])
    figure = evaluation.before_after_bars("The answer", ("<b>a", "b"), before, after)
    first, second = go.Figure(plain(figure)).data
    assert first.x == ("&lt;b&gt;a", "b")
    np.testing.assert_allclose(second.y, after, rtol=1e-6)
    encode(figure)


def test_the_course_marks_the_strength_and_distances_say_never() -> None:
    strengths = np.array([0, 0.1, 0.2])
    figure = evaluation.probability_curves(strengths, np.eye(3), ("a", "b", "c"), [0, 2], 1)
    assert [trace["name"] for trace in figure["data"]] == ["a", "c"]
    assert figure["layout"]["shapes"][0]["x0"] == pytest.approx(0.1)
    go.Figure(plain(figure))
    bars = evaluation.distance_bars(["a", "b"], np.array([0.1, np.nan]), 0)
    assert bars["layout"]["annotations"][0]["x"] == "b"
    go.Figure(plain(bars))
    encode(bars)


# ---- teach it ----------------------------------------------------------------------------


def test_nothing_is_taught_before_the_right_answer_is_chosen() -> None:
    app = opened("teach")
    assert app.button(key="teach_it").disabled
    checked(app.selectbox(key="teach_label").select("7").run())
    assert not app.button(key="teach_it").disabled
    assert "5,000 training examples" in app.caption[0].value
    assert "A copy of the pretrained network" in app.caption[0].value


def test_what_came_of_a_lesson_in_words() -> None:
    was, is_now = np.array([0.9, 0.1]), np.array([0.3, 0.7])
    learnt = online_training.drawing_sentence(("a", "b"), was, is_now, "b")
    assert learnt == "Learned: the probability of b changed from 10.0% to 70.0%."
    assert online_training.drawing_sentence(("a", "b"), is_now, is_now, "b").startswith(
        "Correct before and after"
    )
    assert "Still predicted as a" in online_training.drawing_sentence(("a", "b"), is_now, was, "b")
    counts, none = np.array([10, 10, 0]), np.zeros(0, np.int64)
    with_nan = np.array([0.9, 0.5, np.nan])
    found = ScoreChange(none, none, none, none, with_nan, np.array([0.8, 0.7, np.nan]), counts)
    assert online_training.classes_sentence(("a", "b", "c"), found) == (
        "b gained most (+20.0 points); a lost most (-10.0 points)."
    )
    same = ScoreChange(none, none, none, none, with_nan, with_nan, counts)
    assert "No class has" in online_training.classes_sentence(("a", "b", "c"), same)


def test_before_after_and_change_are_one_picture() -> None:
    """Decoded from the address that the gallery gets: three images below each other."""
    found = pretrained.load()
    data = load(found.bundled.data)
    ways = paths(found.snapshot, data, data.validation.x[2])
    pixels = view.images_url(ways, 0, 10)
    image = Image.open(io.BytesIO(base64.b64decode(pixels.partition(",")[2])))
    assert image.size == (28, 84)
    stacked = np.asarray(image)
    np.testing.assert_array_equal(stacked[:28, :, 0], data.validation.x[2])
    np.testing.assert_array_equal(stacked[28:56, :, 1], ways.images[10, 0])
