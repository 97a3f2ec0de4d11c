"""The By hand lab on the page: its numbers, as mathematics and as tables."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.labs.by_hand.neuron import difference_sentence
from dashboard.views.labs.by_hand.page import VIEWS
from dashboard.views.shared import loading
from playground.labs.by_hand import KerasSession
from playground.runs.jobs import Jobs


def page() -> None:
    from dashboard.state import session
    from dashboard.views.labs.by_hand.page import by_hand

    session.begin()
    by_hand()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The lab without workers: Keras has not answered yet."""
    monkeypatch.setattr(loading, "_JOBS", Jobs())
    monkeypatch.setattr(loading._JOBS, "submit", lambda *_: None)
    return checked(AppTest.from_function(page, default_timeout=30).run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def opened(app: AppTest, view: str) -> AppTest:
    app.segmented_control(key="lab_by_hand_part").set_value(view)
    return checked(app.run())


def formulas(app: AppTest) -> str:
    return " ".join(each.value for each in app.latex)


@pytest.mark.parametrize("view", VIEWS)
def test_every_widget_has_a_help_text(app: AppTest, view: str) -> None:
    opened(app, view)
    for kind in ("number_input", "slider", "segmented_control", "selectbox", "toggle", "button"):
        mine = [each for each in app.get(kind) if str(each.key).startswith("lab_")]
        # The choice of the view has its question beside it.
        assert all(each.help or each.key == "lab_by_hand_part" for each in mine), kind


def test_a_neuron_with_other_numbers(app: AppTest) -> None:
    assert r"200 \cdot 2 +100" in formulas(app)
    app.slider(key="lab_by_hand_linear_b").set_value(-20)
    assert "= 380" in formulas(checked(app.run()))
    app.segmented_control(key="lab_by_hand_kind").set_value("sigmoid")
    assert "0.0109869" in formulas(checked(app.run()))


def test_keras_answers_beside_it(monkeypatch: pytest.MonkeyPatch, app: AppTest) -> None:
    """The result of a worker is shown as text and as a table."""

    def here(_owner: Any, question: Any, _path: str, *args: Any) -> None:
        _, w, b, xs = args
        outputs = np.float32(w) * xs + np.float32(b)
        job = SimpleNamespace(
            state="done", wait=lambda _: True,
            result=KerasSession((("layer.get_weights()", "[]"),), outputs),
        )  # fmt: skip
        loading._JOBS._jobs.put(question, job)  # type: ignore[arg-type]

    monkeypatch.setattr(loading._JOBS, "submit", here)
    checked(app.run())
    assert app.code[0].value == ">>> layer.get_weights()\n[]"
    assert set(app.dataframe[0].value["float32 steps apart"]) == {"✓ 0"}


def test_the_limits_are_printed_as_published(app: AppTest) -> None:
    opened(app, "Normalization")
    assert app.code[0].value.splitlines() == [
        "(200, 2) (200, 1)",
        "",
        "Temperature Max, Min pre normalization: 284.99, 151.32",
        "Duration Max, Min pre normalization: 15.45, 11.51",
        "Temperature Max, Min post normalization: 1.66, -1.69",
        "Duration Max, Min post normalization: 1.79, -1.70",
    ]
    app.toggle(key="lab_by_hand_after").set_value(True)
    checked(app.run())


def test_a_layer_of_another_size_counts_its_parameters(app: AppTest) -> None:
    opened(app, "One layer")
    assert "2·3 + 3 = 9" in captions(app)
    for key, value in (("n", 5), ("units", 4), ("m", 1)):
        app.slider(key=f"lab_by_hand_{key}").set_value(value)
    app.selectbox(key="lab_by_hand_f").set_value("sigmoid")
    assert "5·4 + 4 = 24" in captions(checked(app.run()))
    app.segmented_control(key="lab_by_hand_unit_4").set_value(3)
    assert "Row 1 of X times column 4 of W" in captions(checked(app.run()))


def test_a_higher_threshold_turns_good_roasts_away(app: AppTest) -> None:
    opened(app, "Coffee roasting")
    assert "78.5%" in app.markdown[0].value
    assert "43 good roasts found, 0 missed" in captions(app)
    assert "✓ a good roast" in " ".join(each.value for each in app.markdown)
    app.slider(key="lab_by_hand_threshold").set_value(1.0)
    checked(app.run())
    assert "0 good roasts found, 43 missed; 0 bad ones accepted, 157 rejected" in captions(app)
    assert "✗ a bad roast" in " ".join(each.value for each in app.markdown)


def test_weights_can_be_changed_by_hand(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(app, "Coffee roasting")
    app.session_state["lab_by_hand_edit"] = True
    checked(app.run())
    bias = next(each for each in app.number_input if each.label == "bias of the output")
    bias.set_value(-200)
    checked(app.run())
    assert "b2(1,): [-200.]" in app.code[0].value
    assert "0 good roasts found, 43 missed; 0 bad ones accepted, 157 rejected" in captions(app)


@pytest.mark.parametrize(
    ("distance", "sentence"),
    [([0, 0], "All 2 outputs are equal"), ([0, 3], "1 of 2 outputs are equal to the last bit")],
)
def test_differences_in_the_last_digit_are_counted(distance: list[int], sentence: str) -> None:
    assert difference_sentence(np.array(distance)).startswith(sentence)


def captions(app: AppTest) -> str:
    return " ".join(each.value for each in app.caption)
