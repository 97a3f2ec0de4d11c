"""The Regularization lab as a page: every view opens with its numbers."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import labs as drawings
from dashboard.views.data.page import VIEWS as DATA_VIEWS
from dashboard.views.labs.regularization.page import REMEDIES, VIEWS
from dashboard.views.labs.regularization.polynomial import BOUNDARY, CURVE, TASKS
from dashboard.views.overfitting.page import VIEWS as OVERFITTING_VIEWS
from playground.labs import regularization as lab


def page() -> None:
    from dashboard.state import session
    from dashboard.views.labs.regularization.page import regularization

    session.begin()
    regularization()


def opened(view: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    checked(app.run())
    return choose(app, "lab_regularization_view", view)


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def choose(app: AppTest, key: str, value: Any) -> AppTest:
    kinds = (app.button_group, app.slider, app.select_slider)
    widget: Any = next(each for kind in kinds for each in kind if each.key == key)
    return checked(widget.set_value(value).run())


def texts(app: AppTest) -> str:
    shown = [*app.markdown, *app.latex, *app.caption, *app.info, *app.error]
    return "\n".join(element.value for element in shown)


@pytest.mark.parametrize("view", list(VIEWS))
def test_each_view_opens_and_every_widget_has_a_help_text(view: str) -> None:
    app = opened(view)
    assert VIEWS[view].question in texts(app)
    assert all(each.help for each in [*app.slider, *app.select_slider, *app.button])


def test_the_penalised_loss_stands_there_with_its_numbers() -> None:
    app = opened("Weight space")
    choose(app, "lab_regularization_lambda", 3.0)
    assert r"3.00\,(|0.00| + |0.00|)" in texts(app)


def test_each_quality_is_a_click() -> None:
    app = opened("Fits")
    for state, row in (("underfit", len(lab.STRENGTHS) - 1), ("overfit", 0)):
        checked(app.button(key=f"lab_regularization_{state}").click().run())
        assert app.select_slider(key="lab_regularization_strength").value == row
    checked(app.button(key="lab_regularization_good_fit").click().run())
    assert 0 < app.select_slider(key="lab_regularization_strength").value < row + 21


@pytest.mark.parametrize("kind", [CURVE, BOUNDARY])
def test_every_sample_has_all_three_qualities_by_default(kind: str) -> None:
    task = TASKS[kind]
    for seed in range(21):
        (x, y), (held_x, held_y) = task.points(task.n, seed), task.validation(seed)
        columns, held = (task.features(each, task.degree) for each in (x, held_x))
        fit = lab.ridge(columns, y, lab.STRENGTHS)
        error = fit.mean_squared_error if kind == CURVE else fit.error_rate
        validation = error(held, held_y)
        qualities = {lab.fit_quality(validation, row) for row in range(21)}
        assert qualities == {"overfit", "good fit", "underfit"}


def test_a_boundary_between_classes_has_the_same_qualities() -> None:
    app = opened("Fits")
    choose(app, "lab_regularization_task", BOUNDARY)
    checked(app.button(key="lab_regularization_good_fit").click().run())


def test_the_next_mask_is_another_one() -> None:
    app = opened("Dropout")
    checked(app.button(key="lab_regularization_next").click().run())
    assert app.slider(key="lab_regularization_mask").value == 2
    choose(app, "lab_regularization_hidden", 2)
    choose(app, "lab_regularization_rate", 0.0)


def test_dropped_units_are_crossed_out_and_have_no_edges() -> None:
    net = lab.dropout_network(1)
    kernels = [layer.kernel for layer in net.layers]
    on = [[1, 1, 1], [1, 0, 1, 1, 0, 1], [1]]
    kept = [np.array(each) for each in on]
    outputs = [each[0] for each in lab.prediction_outputs(net)]
    figure = drawings.network_figure("In training", kernels, outputs, kept, "")
    symbols = figure["data"][3]["marker"]["symbol"]
    assert [each == "circle-x-open" for each in symbols] == [not each for each in on[1]]
    lines = sum(int(np.isnan(each["x"]).sum()) for each in figure["data"][:2])
    nonzero = sum(
        int((k[a > 0][:, b > 0] != 0).sum())
        for k, a, b in zip(kernels, kept[:-1], kept[1:], strict=True)
    )
    assert lines == nonzero


def test_every_remedy_opens_a_view() -> None:
    views = {
        "lab_regularization_view": VIEWS, "overfitting_view": OVERFITTING_VIEWS,
        "data_view": DATA_VIEWS,
    }  # fmt: skip
    for _, entries in REMEDIES.values():
        for remedy in entries:
            assert remedy.view in views[remedy.key]
    app = opened("Remedies")
    checked(app.button(key="lab_remedy_overfitting_dropout").click().run())
    assert "In training" not in texts(app)
    assert VIEWS["Dropout"].question in texts(app)
