"""The Regularisation lab as a page: every view opens and tells its numbers."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import labs as drawings
from dashboard.views.data.page import VIEWS as DATA_VIEWS
from dashboard.views.labs.regularization.page import CURES, VIEWS
from dashboard.views.labs.regularization.polynomial import BORDER, CURVE, DEGREES, POINTS
from dashboard.views.overfitting.page import VIEWS as OVERFITTING_VIEWS
from playground.labs.regularization import dropout, polynomial_ridge


def page() -> None:
    from dashboard.state import session
    from dashboard.views.labs.regularization.page import regularisation

    session.begin()
    regularisation()


def opened(view: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    checked(app.run())
    return choose(app, "lab_regularisation_view", view)


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
def test_each_view_opens_and_every_widget_has_a_word(view: str) -> None:
    app = opened(view)
    assert VIEWS[view].question in texts(app)
    assert all(each.help for each in [*app.slider, *app.select_slider, *app.button])


def test_the_penalised_loss_stands_there_with_its_numbers() -> None:
    app = opened("Weight space")
    choose(app, "lab_regularisation_lambda", 3.0)
    assert r"3.00\,(|0.00| + |0.00|)" in texts(app)


def test_three_states_a_click_each() -> None:
    app = opened("Fits")
    for state, row in (("underfit", len(polynomial_ridge.STRENGTHS) - 1), ("overfit", 0)):
        checked(app.button(key=f"lab_regularisation_{state}").click().run())
        assert app.select_slider(key="lab_regularisation_strength").value == row
    checked(app.button(key="lab_regularisation_good_fit").click().run())
    assert 0 < app.select_slider(key="lab_regularisation_strength").value < row + 21


@pytest.mark.parametrize("kind", [CURVE, BORDER])
def test_every_sample_has_all_three_states_to_begin_with(kind: str) -> None:
    for seed in range(21):
        if kind == CURVE:
            make, held, features = (
                polynomial_ridge.points,
                polynomial_ridge.held_back,
                polynomial_ridge.features,
            )
        else:
            make, held = polynomial_ridge.plane_points, polynomial_ridge.plane_held_back
            features = polynomial_ridge.plane_features
        (x, y), (held_x, held_y) = make(POINTS[kind], seed), held(seed)
        of, of_held = (features(each, DEGREES[kind]) for each in (x, held_x))
        fit = polynomial_ridge.ridge(of, y, polynomial_ridge.STRENGTHS)
        score = fit.error if kind == CURVE else fit.wrong
        training, validation = score(of, y), score(of_held, held_y)
        states = {polynomial_ridge.state(training, validation, row) for row in range(21)}
        assert states == {"overfit", "good fit", "underfit"}


def test_a_border_between_classes_has_the_same_states() -> None:
    app = opened("Fits")
    choose(app, "lab_regularisation_task", BORDER)
    checked(app.button(key="lab_regularisation_good_fit").click().run())


def test_the_next_mask_is_another_one() -> None:
    app = opened("Dropout")
    checked(app.button(key="lab_regularisation_next").click().run())
    assert app.slider(key="lab_regularisation_mask").value == 2
    choose(app, "lab_regularisation_hidden", 2)
    choose(app, "lab_regularisation_rate", 0.0)


def test_units_that_are_off_are_crossed_out_and_have_no_lines() -> None:
    net = dropout.network(1)
    on = [[1, 1, 1], [1, 0, 1, 1, 0, 1], [1]]
    kept = [np.array(each) for each in on]
    outputs = [each[0] for each in dropout.predict(net)]
    figure = drawings.drawing("In training", net.kernels, outputs, kept, "")
    symbols = figure["data"][3]["marker"]["symbol"]
    assert [each == "circle-x-open" for each in symbols] == [not each for each in on[1]]
    lines = sum(int(np.isnan(each["x"]).sum()) for each in figure["data"][:2])
    nonzero = sum(
        int((k[a > 0][:, b > 0] != 0).sum())
        for k, a, b in zip(net.kernels, kept[:-1], kept[1:], strict=True)
    )
    assert lines == nonzero


def test_every_cure_leads_somewhere() -> None:
    views = {
        "lab_regularisation_view": VIEWS, "overfitting_view": OVERFITTING_VIEWS,
        "data_view": DATA_VIEWS,
    }  # fmt: skip
    for _, cures in CURES.values():
        for cure in cures:
            assert cure.shows in views[cure.widget]
    app = opened("Cures")
    checked(app.button(key="lab_cure_overfitting_dropout").click().run())
    assert "In training" not in texts(app)
    assert VIEWS["Dropout"].question in texts(app)
