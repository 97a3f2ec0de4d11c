"""The settings bar: every widget sets its own field, shows any valid value, and loses nothing."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from streamlit.testing.v1 import AppTest

from playground.experiment.model import (
    CHOICES,
    FIELDS,
    Experiment,
    limits,
)
from playground.experiment.url import encode, parameters
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES

# What must be chosen before the widget of a field is there.
NEEDS: dict[str, dict[str, Any]] = {
    "negative_slope": {"activation": "leaky_relu"},
    "stddev": {"bias_initializer": "random_normal"},
    "clip_limit": {"clipping": "norm"},
    "target_noise": {"dataset": "sine"},
    "patience": {"early_stopping": True},
    "min_delta": {"early_stopping": True},
    "restore_best": {"early_stopping": True},
    "target_value": {"target_metric": "loss"},
    **{n: {"schedule": key} for key, entry in SCHEDULES.items() for n in entry.defaults},
    **{n: {"optimizer": key} for key, entry in OPTIMIZERS.items() for n in entry.defaults},
}
GROUPS = ("data", "activations", "regularization", "more")  # behind buttons
DECISIVE = ("dataset", "optimizer", "schedule", "target_metric")


def page() -> None:
    from dashboard.state import session
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()), by_widgets=True)


@cache  # the first run of a new AppTest looks through all installed packages: a second
def browser() -> AppTest:
    return AppTest.from_function(page, default_timeout=30)


def opened(experiment: Experiment) -> AppTest:
    """The page as somebody new sees it at the experiment's address."""
    app = browser()
    for key in {"experiment", "shown"} & set(app.session_state):
        del app.session_state[key]
    for group in GROUPS:
        app.session_state[f"{group}_settings"] = True  # is open
    app.query_params = dict(parameters(experiment))
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def current(app: AppTest) -> Experiment:
    chosen: Experiment = app.session_state["experiment"]
    return chosen


def widget(app: AppTest, key: str) -> Any:
    kinds = (app.selectbox, app.number_input, app.toggle, app.text_input, app.select_slider)
    return next(each for kind in kinds for each in kind if each.key == key)


def another(name: str, experiment: Experiment) -> Any:
    """A valid value of a field that is not the one it has."""
    value = experiment.to_dict()[name]
    if name == "loss":
        return "huber"
    if name in CHOICES:
        return next(choice for choice in CHOICES[name] if choice != value)
    if isinstance(value, bool):
        return not value
    low, high = limits(name)
    return low if value != low else min(high, low + 1)


@settings(max_examples=40)
@given(strategies.from_type(Experiment))
def test_any_valid_experiment_is_shown_and_not_touched(experiment: Experiment) -> None:
    app = opened(experiment)
    assert current(app) == experiment
    # A browser draws a number first with its default.
    assert [n.proto.default for n in app.number_input] == [n.value for n in app.number_input]


@pytest.mark.parametrize("name", [n for n in FIELDS if not isinstance(FIELDS[n].default, tuple)])
def test_each_widget_sets_its_field_and_no_other(name: str) -> None:
    before = Experiment().replace(**NEEDS.get(name, {}))
    app = opened(before)
    value = another(name, before)
    widget(app, name).set_value(value)
    checked(app.run())
    after = current(app)
    assert after == before.replace(**{name: value})
    if name not in DECISIVE:
        assert [n for n in FIELDS if after.to_dict()[n] != before.to_dict()[n]] == [name]
    assert app.query_params == parameters(after)


@pytest.mark.parametrize("name", ["dropout", "l1", "l2"])
def test_dragging_and_typing_are_the_same_field(name: str) -> None:
    app = opened(Experiment())
    slider = widget(app, f"{name}_slider")
    value = slider.options[-2].replace(",", "")
    slider.set_value(type(slider.value)(value))
    checked(app.run())
    assert current(app).to_dict()[name] == float(value)
    assert widget(app, name).value == float(value)


def test_a_value_between_the_usual_ones_has_its_place_on_the_slider() -> None:
    app = opened(Experiment().replace(l2=0.010000001))
    options = widget(app, "l2_slider").options
    assert options[options.index("0.01") + 1] == "0.010000001"


@pytest.mark.parametrize(
    ("name", "before", "typed", "value"),
    [
        ("hidden", {}, "128, 64,32", (128, 64, 32)),
        ("hidden", {}, "", ()),
        ("milestones", {"schedule": "step"}, "3, 7.5", (3.0, 7.5)),
    ],
)
def test_several_values_are_typed_with_commas(
    name: str, before: dict[str, Any], typed: str, value: object
) -> None:
    app = opened(Experiment().replace(**before))
    widget(app, name).set_value(typed)
    checked(app.run())
    assert current(app) == Experiment().replace(**before, **{name: value})


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("hidden", "300,2000", "Hidden layers must be layers of 1 to 1,024 units, got 2000"),
        ("hidden", "many", "Hidden layers must be whole numbers separated by commas, got many"),
        ("hidden", "1,1,1,1,1,1,1", "Hidden layers must be at most 6 values, got 7"),
        (
            "train_size",
            60_000,
            "Training examples must be at most 59,000 beside 1,000 for validation "
            "(Fashion-MNIST has 60,000), got 60000",
        ),
    ],
)
def test_a_bad_value_stays_in_its_widget_with_the_reason(
    name: str, typed: Any, message: str
) -> None:
    before = Experiment().replace(epochs=7, optimizer="adam")
    app = opened(before)
    widget(app, name).set_value(typed)
    for _ in range(2):  # and the reason stays until the value is mended
        checked(app.run())
        assert [error.value.replace("\\", "") for error in app.error] == [message]
        assert widget(app, name).value == typed
        assert current(app) == before
    widget(app, "epochs").set_value(9)
    checked(app.run())
    assert current(app) == before.replace(epochs=9)


def test_another_data_set_brings_its_sizes_and_loss_to_the_widgets() -> None:
    app = opened(Experiment())
    widget(app, "dataset").set_value("sine")
    checked(app.run())
    assert encode(current(app)) == "v=1&dataset=sine"
    assert widget(app, "train_size").value == 100
    assert widget(app, "loss").value == "mean_squared_error"
    assert "Cross-entropy" not in widget(app, "loss").options


def test_another_optimizer_brings_its_usual_rate() -> None:
    app = opened(Experiment())
    widget(app, "optimizer").set_value("adam")
    checked(app.run())
    assert widget(app, "learning_rate").value == 0.001
    assert widget(app, "beta_1").value == 0.9


def test_what_a_widget_was_once_set_to_does_not_come_back() -> None:
    app = opened(Experiment())
    widget(app, "learning_rate").set_value(0.5)
    checked(app.run())
    widget(app, "optimizer").set_value("adam")
    checked(app.run())
    assert widget(app, "learning_rate").value == 0.001
    widget(app, "learning_rate").set_value(0.5)
    checked(app.run())
    assert current(app).training.learning_rate == 0.5


def test_a_refused_value_gives_way_to_what_comes_along_with_another_choice() -> None:
    app = opened(Experiment())
    widget(app, "train_size").set_value(60_000)
    checked(app.run())
    assert app.error
    widget(app, "dataset").set_value("spiral")
    checked(app.run())
    assert not app.error
    assert widget(app, "train_size").value == 250
    assert encode(current(app)) == "v=1&dataset=spiral"


def test_layers_may_each_have_an_activation_that_goes_along_with_them() -> None:
    app = opened(Experiment())
    widget(app, "own_activations").set_value(True)
    checked(app.run())
    widget(app, "activation_of_1").set_value("tanh")
    checked(app.run())
    assert current(app).network.activations == ("relu", "tanh")
    widget(app, "hidden").set_value("9, 8, 7")
    checked(app.run())
    assert current(app).network.activations == ("relu", "tanh", "relu")
    widget(app, "hidden").set_value("9")
    checked(app.run())
    assert current(app).network.activations == ("relu",)
    widget(app, "own_activations").set_value(False)
    checked(app.run())
    assert current(app) == Experiment().replace(hidden=(9,))


def test_only_what_the_chosen_optimizer_uses_is_shown() -> None:
    shown = {each.key for each in opened(Experiment()).number_input}
    assert not shown & {"momentum", "beta_1", "rho", "clip_limit", "patience", "stddev"}
    assert "validation_freq" in shown
    alone = opened(Experiment().replace(validation_size=0))
    assert "validation_freq" not in {each.key for each in alone.number_input}


def test_every_widget_explains_itself() -> None:
    app = opened(Experiment())
    for kind in (app.selectbox, app.toggle, app.text_input, app.select_slider):
        assert all(each.help for each in kind)
