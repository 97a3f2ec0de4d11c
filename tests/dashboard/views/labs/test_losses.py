"""The Losses lab as a page: every view opens, published numbers, errors by name."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.labs.losses import curves, examples, logits
from dashboard.views.labs.losses.page import VIEWS
from dashboard.views.shared import loading
from playground.labs.keras.code import label_answers
from playground.labs.losses import PREDICTED_CLASSES, PREDICTIONS
from playground.nn.losses import LOSSES, Loss


def page() -> None:
    from dashboard.state import session
    from dashboard.views.labs.losses.page import losses

    session.begin()
    losses()


def opened(view: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    checked(app.run())
    return choose(app, "lab_losses_view", view)


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def choose(app: AppTest, key: str, value: Any) -> AppTest:
    kinds = (app.button_group, app.slider, app.multiselect)
    widget: Any = next(each for kind in kinds for each in kind if each.key == key)
    return checked(widget.set_value(value).run())


def texts(app: AppTest) -> str:
    shown = [*app.markdown, *app.latex, *app.caption, *app.info, *app.error]
    return "\n".join(element.value for element in shown)


@pytest.mark.parametrize("view", sorted(VIEWS.keys() - {"Logits", "Labels and metrics"}))
def test_each_view_opens_and_every_slider_has_a_help_text(view: str) -> None:
    app = opened(view)
    assert VIEWS[view].question in texts(app)
    assert all(slider.help for slider in app.slider)
    assert len(app.slider) > 0


def test_a_loss_without_formulas_of_its_own_is_drawn_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = Loss(
        "Log-cosh", r"\ln\cosh e", lambda y, p: np.log(np.cosh(p - y)).mean(axis=-1),
        lambda y, p: np.tanh(p - y) / p.shape[-1], "LogCosh",
    )  # fmt: skip
    monkeypatch.setitem(LOSSES, "log_cosh", entry)
    monkeypatch.delitem(curves._VALUE_FORMULAS, "huber")
    app = opened("Curves")
    choose(app, "lab_losses_of_value", ["huber"])
    assert not app.latex
    choose(app, "lab_losses_kind", curves.CLASSIFICATION)
    choose(app, "lab_losses_of_class", ["log_cosh"])
    assert not app.latex


def test_curves_show_their_numbers_and_huber_its_delta() -> None:
    app = opened("Curves")
    assert "= 4.00" in texts(app)
    choose(app, "lab_losses_delta", 2.5)
    assert r"\tfrac12 \cdot 2.00^2 = 2.00" in texts(app)
    choose(app, "lab_losses_of_value", [])
    assert "Choose a loss" in texts(app)
    choose(app, "lab_losses_kind", "A class (classification)")
    assert r"-\ln 0.200 = 1.609" in texts(app)


def test_the_two_published_predictions() -> None:
    app = opened("Two predictions")
    for _ in range(2):
        shown = texts(app)
        assert r"\mathbf{0.511}" in shown
        assert r"\mathbf{0.223}" in shown
        choose(app, "lab_losses_classes", 5)
        choose(app, "lab_losses_p0_0", 0.1)
        assert "0.511" not in texts(app)
        checked(app.button(key="lab_losses_example").click().run())
    choose(app, "lab_losses_p0_0", 0.0)
    assert r"\ln 10^{-7}" in texts(app)
    assert r"\mathbf{16.118}" in texts(app)
    choose(app, "lab_losses_p0_1", 0.0)
    assert "must be above 0" in texts(app)


def test_p_minus_y_and_overflow_are_shown() -> None:
    app = opened("Gradient")
    assert "= p - y" in texts(app)
    choose(app, "lab_losses_output", "Sigmoid, one output")
    assert "-0.9933" in texts(app)
    app = opened("Overflow")
    assert r"\infty" in texts(app)
    assert "16.118" in texts(app)
    choose(app, "lab_losses_size", 20.0)
    assert r"\infty" not in texts(app)


def test_keras_answers_beside_numpy_with_the_published_figures() -> None:
    app = opened("Logits")
    job = loading._JOBS.latest((None, logits.KEY))
    assert job is not None
    assert job.wait(180)
    checked(app.run())
    table = app.table[0].value
    assert list(table.columns[2:]) == ["two steps, Keras", "one step, Keras"]
    for name in table.columns:
        assert list(table[name]) == [
            "1.68795487e-04", "1.82210289e-03", "6.58839038e-02", "2.13415060e+00",
            "5.49852354e-02",
        ]  # fmt: skip
    choose(app, "lab_losses_row", 3)
    assert "2.134151" in texts(app)


def test_label_forms_losses_and_metrics_have_what_keras_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    p = np.array(PREDICTIONS, np.float32)
    answers = label_answers(p, np.array(PREDICTED_CLASSES))
    monkeypatch.setattr(examples, "worker_result", lambda *args: answers)
    app = opened("Labels and metrics")
    first, table = (each.value for each in app.table)
    assert (
        first["label as an index"].iloc[0] == "1"
    )  # as printed: y_ = [1], y = [0.256, 0.695, 0.048]
    assert first["output"].iloc[0] == "[0.256 0.695 0.048]"
    told = {name: [index, hot] for name, _, index, hot in table.to_numpy().tolist()}
    assert told["sparse_categorical_crossentropy from_logits=False"] == ["✓ 0.6412", "✗ error"]
    assert told["categorical_crossentropy from_logits=False"] == ["✗ error", "✓ 0.6412"]
    assert told["categorical_crossentropy from_logits=True"] == ["✗ error", "≠ 0.8984"]
    assert told["binary_crossentropy from_logits=False"] == ["✗ error", "≠ 0.4022"]
    assert told["accuracy"] == ["✓ 0.6667", "✓ 0.6667"]
    assert told["sparse_categorical_accuracy"] == ["✓ 0.6667", "≠ 0.2222"]
    assert told["binary_accuracy"] == ["≠ 0.2222", "≠ 0.7778"]
    assert "**0.6412**" in texts(app)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("z₂", np.inf, "row 3: z₂ must be a number between −10⁶ and 10⁶, got inf"),
        ("z₁", None, "row 3: z₁ must be a number .* got nothing"),
        ("class", 4, "row 3: class must be 1, 2 or 3, got 4"),
    ],
)
def test_a_cell_that_is_no_number_is_named(column: str, value: object, message: str) -> None:
    table = logits._table().astype(object)
    logits.parsed(table)
    table.loc[3, column] = value
    with pytest.raises(ValueError, match=message):
        logits.parsed(pd.DataFrame(table))
