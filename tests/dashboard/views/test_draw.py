"""The Draw page: what the pad told is checked, answered, and explained step by step."""

import base64
import json
import re
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.figures.images import n_cell_columns, unit_cells
from dashboard.views.draw import prediction
from playground.analysis.inspection.drawing_preprocessing import SIDE, STEPS, Drawing, prepare
from playground.analysis.inspection.nearest_neighbors import NearestNeighborIndex
from playground.experiment.model import Experiment
from playground.experiment.url import parameters


def page() -> None:
    from dashboard.state import session
    from dashboard.views.draw.page import draw

    session.begin()
    draw()


def seven() -> NDArray[np.uint8]:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[20:28, 30:80] = 255
    for row in range(28, 96):
        column = 72 - (row - 28) // 2
        ink[row, column : column + 9] = 255
    return ink


def told(ink: NDArray[np.uint8], placed: Any = False) -> dict[str, Any]:
    text = base64.b64encode(ink.tobytes()).decode()
    return {"drawing": {"ink": text, "placed": placed, "count": 7}, "settled": None}


def opened(dataset: str = "fashion_mnist", **components: Any) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    for name, text in parameters(Experiment().replace(dataset=dataset)).items():
        app.query_params[name] = text
    for key, value in components.items():
        app.session_state[key] = value
    app.run()
    assert [e.value for e in app.exception] == []
    return app


def component(app: AppTest, key: str) -> Any:
    """The data that a component of the page was given; None if it is not there."""
    found = [e.proto for e in app.get("bidi_component") if e.proto.id.endswith(f"-{key}")]
    return json.loads(found[0].json) if found else None


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def expected(on: Any = STEPS) -> prediction.DrawingPrediction:
    now = prediction.pretrained_view()
    return prediction.predict(now, prepare(Drawing(seven()), now.dataset.source, on))


def test_before_anything_is_drawn_the_page_says_what_to_do() -> None:
    app = opened()
    help = app.subheader[0].proto.help
    assert re.search(r"trained for \d+ epochs .* accuracy 9\d\.\d% on 10,000", help)
    assert "Nothing is drawn yet" in captions(app)
    shown = component(app, "answer")
    assert shown["sentence"].startswith("Draw a digit, or load an image")
    assert shown["bars"] == [[str(i), 0.0] for i in range(10)]
    assert component(app, "steps") is None


def test_a_drawing_is_answered_and_every_step_explained() -> None:
    app = opened(pad=told(seven()))
    shown, said = component(app, "answer"), expected()
    assert shown["first"] == said.index == 7
    assert shown["count"] == 7
    np.testing.assert_allclose([share for _, share in shown["bars"]], said.probabilities, atol=1e-4)
    assert [layer["caption"].split(",")[0] for layer in shown["layers"]] == [
        "Hidden layer 1: 128 units", "Output: 10 units",
    ]  # fmt: skip
    cards = component(app, "steps")["cards"]
    assert [card["name"] for card in cards] == ["stroke", *STEPS]
    for card in cards[1:]:
        without = expected(set(STEPS) - {card["name"]})
        assert card["variant"] == f"Without it: {without.name} ({without.confidence:.0%})"
        assert card["differs"] == (without.index != 7)
    assert re.search(r"\d+ of the 12 nearest training images are \d", captions(app))


def test_steps_that_are_off_are_left_out() -> None:
    on = ["fit", "frame", "scale", "no such step"]
    app = opened(pad=told(seven()), steps={"on": on})
    np.testing.assert_allclose(
        [share for _, share in component(app, "answer")["bars"]],
        expected(on[:3]).probabilities,
        atol=1e-4,
    )
    shown = component(app, "steps")
    assert "Switched off: Crop, Center of mass" in shown["note"]
    with_it = expected(STEPS[1:]), expected(["crop", *on[:3]])
    assert (
        shown["cards"][1]["variant"] == f"With it: {with_it[1].name} ({with_it[1].confidence:.0%})"
    )


def test_an_image_of_the_data_set_is_seen_just_as_it_is() -> None:
    now = prediction.pretrained_view()
    image = now.dataset.validation.x[5]
    ink = np.kron(image, np.ones((4, 4), np.uint8))
    app = opened(pad=told(ink, placed=True))
    output = now.snapshot.predict(now.dataset.transform(image[None]))[0]
    shares = [share for _, share in component(app, "answer")["bars"]]
    np.testing.assert_allclose(shares, output, atol=1e-4)
    assert component(app, "steps")["locked"]


def test_load_puts_the_next_image_of_a_class_on_the_pad() -> None:
    app = opened()
    dataset = prediction.pretrained_view().dataset
    rows = np.flatnonzero(dataset.validation.y == 4)
    app.selectbox(key="example_class").set_value("4").run()
    names = set()
    for row in rows[:2]:
        app.button(key="load_example").click().run()
        assert [e.value for e in app.exception] == []
        shown = component(app, "pad")
        pixels = np.frombuffer(base64.b64decode(shown["example"]["ink"]), np.uint8)
        np.testing.assert_array_equal(pixels, dataset.validation.x[row].ravel())
        assert shown["note"] == f"Loaded: validation image {row}, 4"
        names.add(shown["example"]["id"])
        app.run()  # only the pad was drawn anew
    assert len(names) == 2


@pytest.mark.parametrize(
    "told",
    [{"drawing": {"ink": "x" * 40}}, {"drawing": "<script>"}, {"drawing": {"ink": None}}],
)
def test_what_is_no_drawing_is_refused_beside_the_pad(told: Any) -> None:
    app = opened(pad=told)
    assert re.search(r"a drawing must .*got", app.error[0].value.replace("\\", ""))
    assert component(app, "answer")["sentence"].startswith("Draw a digit")


@pytest.mark.parametrize("dataset", ["coffee", "iris", "sine"])
def test_where_nothing_can_be_drawn_the_page_says_so_and_helps(dataset: str) -> None:
    app = opened(dataset)
    assert "has no images to draw" in app.info[0].value
    assert component(app, "pad") is not None
    app.button(key="choose_mnist").click().run()
    assert not app.info
    assert app.session_state["experiment"].data.dataset == "mnist"


def test_nobody_is_told_more_than_is_known() -> None:
    names = ("cat", "dog", "cow")
    for shares, text in [
        ([0.9996, 0.0004, 0.0], "Prediction: cat, confidence more than 99.9%."),
        ([0.1, 0.875, 0.025], "Prediction: dog, confidence 88%. Second: cat, 10%."),
        ([0.3, 0.3, 0.4], "Uncertain: cow (40%) or dog (30%)."),
    ]:
        assert (
            prediction.sentence(prediction.DrawingPrediction(names, np.array(shares), ())) == text
        )
    np.testing.assert_allclose(prediction.class_probabilities(np.array([0.2])), [0.8, 0.2])


@pytest.mark.parametrize("n", [1, 10, 16, 17, 64, 100, 128, 300, 509])
def test_each_unit_has_a_cell(n: int) -> None:
    values = np.linspace(-1, 1, n)
    grid = unit_cells(values, 1.0)
    assert grid.shape[1] == n_cell_columns(n)
    flat = grid.reshape(-1, 4)
    assert (flat[:, 3] == 255).sum() == n
    assert flat[0, :3].tolist() == ([245, 147, 34] if n > 1 else flat[0, :3].tolist())
    if n > 1:
        assert flat[n - 1, :3].tolist() == [8, 119, 189]
    Image.fromarray(grid)


def test_the_answer_and_the_neighbors_are_quick() -> None:
    now = prediction.pretrained_view()
    album = NearestNeighborIndex(now.dataset)
    image = now.dataset.validation.x[0]
    start = time.thread_time()
    for _ in range(10):
        album.nearest(image, 12)
    assert (time.thread_time() - start) / 10 < 0.05
    start = time.thread_time()
    for _ in range(10):
        expected()
    assert (time.thread_time() - start) / 10 < 0.05
