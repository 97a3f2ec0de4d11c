"""The weights of a network: pictures, files, and edits of a copy with their scores."""

import base64
import io
import itertools
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.figures import encode, images
from dashboard.figures import weights as figures
from playground.analysis.inspection import weights
from playground.analysis.inspection.weights import Prune, edited
from playground.analysis.metrics.score import score
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble
from playground.nn.network import Snapshot

MOONS = Experiment().replace(dataset="moons", hidden=(4, 3), activation="tanh")
DIGITS = Experiment().replace(dataset="digits", hidden=(60,))


def network(experiment: Experiment, seed: int = 0) -> Snapshot:
    """Some weights that fit, the same for equal experiments."""
    rng = np.random.default_rng(seed)
    sizes = itertools.pairwise(experiment.layer_sizes)
    drawn = [array for a, b in sizes for array in (rng.normal(size=(a, b)), rng.normal(size=b))]
    return assemble(experiment, 3, [np.float32(array) for array in drawn])


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.state.network_view import NetworkView
    from dashboard.views.inspect import weights
    from playground.datasets import load

    session.begin()
    experiment, snapshot = st.session_state["given"]
    weights.show_weights(NetworkView(experiment, load(experiment.data), snapshot, None, "one"))


def opened(experiment: Experiment, part: str = "Images") -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["given"] = experiment, network(experiment)
    checked(app.run())
    return app if part == "Images" else choose(app, "weights_part", part)


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def shown(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def press(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=key).click().run())


def choose(app: AppTest, key: str, value: Any) -> AppTest:
    kinds = (app.button_group, app.number_input, app.selectbox)
    widget: Any = next(each for kind in kinds for each in kind if each.key == key)
    return checked(widget.set_value(value).run())


def scores(experiment: Experiment, snapshot: Snapshot) -> list[str]:
    dataset = load(experiment.data)
    found = score(snapshot, dataset, dataset.validation, experiment.training.loss)
    return [f"{found.metric:.1%}", f"{found.loss:.4f}"]


@pytest.mark.parametrize(
    "name", ["moons", "digits", "iris", "coffee", "sine", "multi_gauss", "mnist"]
)
def test_every_data_set_and_every_layer_is_shown(name: str) -> None:
    experiment = Experiment().replace(dataset=name, hidden=(5,))
    app = opened(experiment)
    for part in ("Images", "Edit a copy", "Numbers and files"):
        choose(app, "weights_part", part)
        for layer in ("Output", "Hidden 1"):
            choose(app, "weights_layer_2", layer)
    app.session_state["given"] = (straight := experiment.replace(hidden=())), network(straight)
    for part in ("Numbers and files", "Edit a copy", "Images"):
        choose(app, "weights_part", part)


def test_pruning_shows_the_score_before_and_after_and_undo_gives_the_first_one_back() -> None:
    app = choose(opened(MOONS, "Edit a copy"), "edit_kind", "prune")
    before = shown(app)
    assert list(before.values()) == scores(MOONS, network(MOONS))
    press(app, "edit_apply")
    pruned = scores(MOONS, edited(network(MOONS), [Prune(None, 50)]))
    expected = [f"{a} → {b}" for a, b in zip(before.values(), pruned, strict=True)]
    assert list(shown(app).values()) == expected
    assert "the smallest 50 %" in str(app.table[0].value)
    assert any("The run is unchanged" in (caption.help or "") for caption in app.caption)
    choose(app, "weights_part", "Images")
    assert "edited copy (1 edit)" in app.info[0].value
    choose(app, "weights_part", "Edit a copy")
    press(app, "edit_undo")
    assert shown(app) == before


def test_edits_pile_up_and_all_are_taken_back_at_once() -> None:
    app = choose(opened(MOONS, "Edit a copy"), "edit_value", 2.5)
    press(app, "edit_apply")
    press(choose(app, "edit_kind", "switch_off"), "edit_apply")
    press(choose(app, "edit_kind", "noise"), "edit_apply")
    texts = [text for text in app.table[0].value["edit"]]
    assert texts == [
        "as trained",
        "Hidden 1: weight from input 1 to unit 1 becomes 2.5",
        "Hidden 1: unit 1 is switched off",
        "All layers: noise of 0.5 × the layer's own σ, seed 0",
    ]
    press(app, "edit_clear")
    assert not app.table
    assert list(shown(app).values()) == scores(MOONS, network(MOONS))


@pytest.mark.parametrize(
    ("kind", "key", "value", "sentence"),
    [
        ("change", "edit_source", 3, "input of Hidden 1 must be between 1 and 2, got 3"),
        ("change", "edit_unit", 0, "unit of Hidden 1 must be between 1 and 4, got 0"),
        ("change", "edit_value", 1e9, "new value must be between −1,000,000 and 1,000,000, got"),
        ("switch_off", "edit_off", 5, "unit of Hidden 1 must be between 1 and 4, got 5"),
        ("noise", "edit_noise", -1.0, "noise must be between 0 and 10, got −1"),
        ("prune", "edit_prune", 120.0, "share to prune must be between 0 and 100 %, got 120"),
    ],
)
def test_a_bad_value_gets_a_sentence_and_loses_nothing(
    kind: str, key: str, value: float, sentence: str
) -> None:
    app = press(opened(MOONS, "Edit a copy"), "edit_apply")
    choose(choose(app, "edit_kind", kind), key, value)
    said = app.error[0].value.replace("\\", "").replace("-", "−")
    assert sentence in said
    assert app.button(key="edit_apply").disabled
    assert len(app.table[0].value) == 2


def test_without_validation_the_training_examples_are_scored() -> None:
    app = opened(MOONS.replace(validation_size=0), "Edit a copy")
    assert any("training examples" in caption.value for caption in app.caption)


def test_units_of_images_come_in_pages() -> None:
    app = opened(DIGITS)
    units = next(box for box in app.selectbox if box.label == "Units")
    assert units.options == ["1 to 48", "49 to 60"]
    checked(units.select_index(1).run())


def colors(source: str) -> Any:
    content = base64.b64decode(source.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_a_picture_has_one_color_a_sign_and_none_for_what_is_no_number() -> None:
    values = np.array([[-2, 0, 2, np.nan, -1]])
    (row,) = colors(images.diverging_url(values, 2.0))
    assert row[:3].tolist() == [[245, 147, 34], [232, 234, 235], [8, 119, 189]]
    assert row[3].tolist() == list(images.NAN_COLOR)
    np.testing.assert_allclose(row[4], (row[0].astype(float) + row[1]) / 2, atol=2)


def test_figures_are_what_plotly_takes_and_tell_their_numbers() -> None:
    kernel = np.float32([[0.5, -2], [0, 0.25]])
    bias = np.float32([1, -1])
    figure = figures.heat_map(kernel, ("x₁", "x₂"), 2, bias, 2.0, "Hidden 1")
    go.Figure(figure)
    encode(figure)
    sentence = figures.heat_map_sentence(kernel, bias, (1, 1))
    assert "-2, connects input 1 to unit 2" in sentence
    assert "biases range from -1 to 1" in sentence
    spread = weights.spread(kernel, 2 * kernel)
    drawn = figures.histogram(spread, "Hidden 1")
    go.Figure(drawn)
    encode(drawn)
    assert drawn["data"][0]["y"].sum() == 4
    assert "1 of 4 are exactly 0" in figures.histogram_sentence(spread, 1)
    assert "diverged" in figures.heat_map_sentence(kernel * np.nan, bias, (1, 1))
