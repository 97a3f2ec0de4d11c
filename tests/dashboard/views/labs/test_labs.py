"""The Labs page: the address opens a lab; the labs of activations and schedules, as pages."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import activations as depth_figures
from dashboard.figures.activations import curves_figure
from dashboard.figures.evaluation import softmax_sentence
from dashboard.views.labs.activations.page import VIEWS
from dashboard.views.labs.page import LABS, glossary_groups
from dashboard.views.labs.schedules import FORMULAS, RANGES, with_numbers
from playground.datasets import DATASETS
from playground.experiment.model import FIELDS, Training, limits
from playground.experiment.sections import MILESTONES
from playground.labs.activations.curves import curve
from playground.labs.activations.depth import kernels, propagate
from playground.nn.activations import ACTIVATIONS, Activation, softmax
from playground.nn.initializers import INITIALIZERS
from playground.nn.schedules import SCHEDULES, Schedule


def page() -> None:
    import streamlit as st

    from dashboard.state import session, url
    from dashboard.views.labs.page import labs

    session.begin()
    labs()
    st.text(url.parameter("lab"))


def opened(lab: str, **chosen: Any) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params = {"v": "1"} | ({"lab": lab} if lab else {})
    for key, value in chosen.items():
        app.session_state[key] = value
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def choose(app: AppTest, key: str, value: Any) -> AppTest:
    kinds = (
        app.button_group, app.slider, app.multiselect, app.select_slider, app.selectbox, app.toggle,
    )  # fmt: skip
    widget: Any = next(each for kind in kinds for each in kind if each.key == key)
    return checked(widget.set_value(value).run())


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.latex, app.caption, app.info, app.error, app.success, app.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def test_the_address_opens_a_lab_and_follows_what_is_chosen() -> None:
    app = opened("schedules")
    assert LABS["schedules"].question in texts(app)
    choose(app, "lab_chosen", "activations")
    assert LABS["activations"].question in texts(app)
    assert app.text[0].value == "activations"


def test_an_unknown_lab_is_named_and_the_first_one_is_open() -> None:
    app = opened("nope")
    assert "got nope" in app.warning[0].value
    assert LABS["activations"].question in texts(app)
    choose(app, "lab_chosen", "schedules")
    assert not app.warning
    assert app.text[0].value == "schedules"


def test_the_former_address_of_a_lab_opens_it() -> None:
    app = opened("regularisation")
    assert LABS["regularization"].question in texts(app)
    assert app.text[0].value == "regularization"


def test_without_a_name_the_first_lab_is_open() -> None:
    assert LABS[next(iter(LABS))].question in texts(opened(""))


def test_the_glossary_has_the_terms_of_the_documents_and_is_searched_in_both_languages() -> None:
    rows = {english: (chinese, meaning) for terms in glossary_groups().values()
            for english, chinese, meaning in terms}  # fmt: skip
    for english, chinese in {
        "Learning rate η": "学习率", "Activation": "激活函数", "Loss": "损失函数",
        "underfitting": "欠拟合", "overfitting": "过拟合", "Optimizer": "优化器",
        "one-hot code": "独热码", "dense (fully connected) layer": "全连接层",
        "second-order method": "二阶优化", "test set": "测试集", "metric": "评测指标",
    }.items():  # fmt: skip
        assert rows[english][0] == chinese
    clothes = ("T恤", "裤子", "套头衫", "连衣裙", "外套", "凉鞋", "衬衫", "运动鞋", "包", "靴子")
    for english, chinese in zip(DATASETS["fashion_mnist"].classes, clothes, strict=True):
        assert rows[english][0] == chinese
    assert rows["Learning rate η"][1] == FIELDS["learning_rate"].description
    app = opened("glossary", lab_glossary_search="牛顿")
    assert [table.value["Term"].tolist() for table in app.table] == [["second-order method"]]
    app = opened("glossary", lab_glossary_search="conv2d")
    assert "dense networks" in app.table[0].value["Meaning"][0]
    assert "No term" in texts(opened("glossary", lab_glossary_search="qqq"))


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_activations_opens_and_every_slider_has_a_word(view: str) -> None:
    app = opened("activations", lab_activations_view=view)
    assert VIEWS[view].question in texts(app)
    widgets = [*app.slider, *app.multiselect, *app.select_slider, *app.selectbox, *app.toggle]
    assert widgets
    assert all(widget.help for widget in widgets)


def test_every_activation_can_be_shown() -> None:
    app = opened("activations")
    names = list(ACTIVATIONS)
    for part in (names[:6], names[6:12], names[12:], []):
        choose(app, "lab_activations_chosen", part)
        for name in part:
            assert f"**{ACTIVATIONS[name].label}**" in texts(app)
    assert "Choose an activation" in texts(app)
    choose(app, "lab_activations_chosen", ["elu"])
    choose(app, "lab_activations_elu", 2.0)
    assert "✗ smooth" in texts(app)
    choose(app, "lab_activations_range", (3.0, 3.0))


def test_softmax_survives_a_shift_that_overflows() -> None:
    app = opened("activations", lab_activations_view="Softmax")
    assert "0.6590" in texts(app)
    choose(app, "lab_softmax_shift", 1000)
    choose(app, "lab_softmax_temperature", 0.1)
    table = app.table[0].value
    assert list(table["divided by the sum"]) == ["nan"] * 3
    assert table["$p$"][0] == "**1.0000**"
    choose(app, "lab_softmax_count", 6)
    p = softmax(np.zeros(4))
    assert "100%" in softmax_sentence([0.0] * 4, p, 1.0)
    assert "2.00 of 2.00 bits" in softmax_sentence([0.0] * 4, p, 1.0)


def test_depth_says_what_becomes_of_gradients() -> None:
    app = opened("activations", lab_activations_view="Depth", lab_depth_map=True)
    choose(app, "lab_depth_layers", 20)
    shown = texts(app)
    assert "Sigmoid: through 20 layers" in shown
    assert "it vanishes" in shown
    choose(app, "lab_depth_by", "Initializers")
    choose(app, "lab_depth_initializers", ["zeros", "ones", "random_normal"])
    assert "Zeros: no gradient at all" in texts(app)
    choose(app, "lab_depth_initializers", [])
    assert "Choose something" in texts(app)


def test_a_step_kills_a_relu_and_a_small_rate_does_not() -> None:
    app = opened("activations", lab_activations_view="Dead ReLU")
    assert "Take one step" in texts(app)
    choose(app, "lab_dying_step", 10)
    assert "ReLU is dead" in texts(app)
    assert "it recovered at step 4" in texts(app)
    choose(app, "lab_dying_rate", 0.3)
    assert "does not die" in texts(app)


def test_each_best_practice_shows_its_effect() -> None:
    app = opened("activations", lab_activations_view="Best practices")
    assert "All four on" in texts(app)
    for name in ("relu", "small_rate", "standardize"):
        choose(app, f"lab_advice_{name}", False)
        assert "has not learned" in texts(app)
        choose(app, f"lab_advice_{name}", True)
    choose(app, "lab_advice_he", False)
    assert "not as well" in texts(app)


def test_every_schedule_has_sliders_within_its_limits_and_a_formula() -> None:
    assert list(FORMULAS) == list(SCHEDULES)
    for name, entry in SCHEDULES.items():
        assert with_numbers(Training(schedule=name)).startswith(r"\eta = ")
        for field in entry.defaults:
            low, high = limits(field)
            if low is None:
                low, high = MILESTONES
            assert low <= RANGES[field][0] < RANGES[field][1] <= high


def test_schedules_give_the_published_rate() -> None:
    app = opened("schedules")
    names = list(SCHEDULES)
    for part in (names[:6], names[6:]):
        choose(app, "lab_schedules_chosen", part)
        assert list(app.table[0].value["schedule"]) == [SCHEDULES[n].label for n in part]
    choose(app, "lab_schedules_warmup", 20)
    choose(app, "lab_schedules_epochs", 5)
    choose(app, "lab_schedules_rate", 1.5)
    assert [each.help for each in app.slider if not each.help] == []
    button = next(each for each in app.button if each.key == "lab_schedules_published")
    checked(button.click().run())
    row = app.table[0].value.iloc[0]
    assert list(row) == ["Exponential", "0.135146", "0.000000", "-0.999999", "✓ converged"]
    assert r"0.2 \cdot 0.99^{s/1}" in texts(app)
    choose(app, "lab_schedules_epoch", 0)
    assert list(app.table[0].value.iloc[0])[1:4] == ["0.200000", "36.000000", "2.600000"]
    choose(app, "lab_schedules_chosen", [])
    assert "Choose a schedule" in texts(app)


def test_an_activation_and_a_schedule_without_an_entry_in_the_labs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cube = Activation("Cube", "z^3", lambda z: z**3, lambda z: 3 * z**2, "linear")
    half = Schedule(
        "Half", r"\tfrac12", lambda s, times, training: 0.5 + 0 * s,
        {"momentum": 0.5, "plateau_patience": 3, "amsgrad": False},
    )  # fmt: skip
    monkeypatch.setitem(ACTIVATIONS, "cube", cube)
    monkeypatch.setitem(SCHEDULES, "half", half)
    app = opened("activations")
    choose(app, "lab_activations_chosen", ["cube"])
    assert "$f(z) = z^3$" in texts(app)
    choose(app, "lab_activations_view", "Depth")
    choose(app, "lab_depth_activations", ["cube"])
    choose(app, "lab_chosen", "schedules")
    choose(app, "lab_schedules_chosen", ["half"])
    choose(app, "lab_schedules_epoch", 0)
    assert app.table[0].value["learning rate in epoch 0"][0] == "0.100000"


def test_figures_are_what_plotly_draws() -> None:
    z = np.linspace(-5, 5, 401)
    of = [curve(name) for name in ACTIVATIONS]
    for slopes in (False, True):
        figure = curves_figure(of, z, np.exp(-(z**2) / 2), 1.0, slopes)
        lines = go.Figure(figure).data
        assert len(lines) == 1 + 2 * len(of)
        assert all(len(line.x) <= 500 for line in lines)
    results = [
        propagate(each, np.stack([kernels(name, 3, 8) for name in INITIALIZERS])) for each in of
    ]
    rows = [entry.label for entry in ACTIVATIONS.values()]
    drawn = depth_figures.map_figure(results, rows, list(INITIALIZERS))
    assert go.Figure(drawn).data[0].z.shape == (len(ACTIVATIONS), len(INITIALIZERS))
    assert "combinations" in depth_figures.map_sentence(results)
