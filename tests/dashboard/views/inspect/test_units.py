"""The activation lens, the check before training and the dossier of a unit, as pages."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import activations as checks
from dashboard.figures import activations as lens
from dashboard.figures import encode
from dashboard.figures import units as dossier
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.example import _example
from playground.analysis.inspection.ablation import ablate_each, first_order_importance, ranked
from playground.analysis.inspection.activations import FLAT, curve, histogram
from playground.analysis.inspection.signal_propagation import (
    InitializerChoice,
    SignalVerdict,
    chosen,
    draw,
    profile,
    verdict,
)
from playground.datasets import load
from playground.datasets.custom import storage
from playground.datasets.custom.table import Table
from playground.experiment.model import Experiment
from playground.history.events import Epoch, LayerStatistics, Score
from playground.history.history import layer_history
from playground.nn.activations import ACTIVATIONS
from playground.nn.losses import REGRESSION
from playground.nn.network import Snapshot

NAMES = ("Hidden 1", "Hidden 2", "Output")


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.state.network_view import NetworkView
    from dashboard.views.inspect.activations import activations, initialization_check
    from dashboard.views.inspect.units import units
    from playground.datasets import load

    session.begin()
    experiment, snapshot, name = st.session_state["given"]
    view = {"activations": activations, "preflight": initialization_check, "units": units}[name]
    st.fragment(view)(NetworkView(experiment, load(experiment.data), snapshot, None, "one"))


def opened(name: str, experiment: Experiment, snapshot: Snapshot | None = None) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["given"] = experiment, snapshot or draw(experiment, chosen(experiment)), name
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def said(app: AppTest) -> str:
    """All sentences of a page that are not inside a chart."""
    kinds = (app.caption, app.markdown, app.success, app.warning, app.info)
    return "\n".join(each.value for kind in kinds for each in kind)


def network(dataset: str, **changes: Any) -> Experiment:
    return Experiment().replace(**{"dataset": dataset, "hidden": (7, 5)} | changes)


def rents() -> Experiment:
    """Own data whose target, in a unit of its own, is scaled for training."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype(np.float32)
    y = (900 + 300 * x[:, 0]).astype(np.float32)
    table = Table("Rents", "Own", REGRESSION, ("a", "b"), (), True, x, y, True, "rent", "€")
    return network(storage.put(table).name)


def test_errors_and_targets_of_own_data_are_in_the_unit_of_the_target() -> None:
    experiment = rents()
    dataset, snapshot = load(experiment.data), draw(experiment, chosen(experiment))
    app = opened("units", experiment, snapshot)
    (tile,) = (each for each in app.metric if each.label == "Mean error without it")
    assert tile.value.endswith("€")
    assert float(tile.value.split()[0]) > 100
    truths = np.concatenate([each.value["truth"] for each in app.dataframe])
    assert np.isin(truths, dataset.own_unit(dataset.validation.y).round(3)).all()
    view = _example(
        NetworkView(experiment, dataset, snapshot, None, "one"), "one", dataset.test.x[:1],
        dataset.test.y[0],
    )  # fmt: skip
    target = dataset.source.format_metric(float(dataset.own_unit(dataset.test.y[:1])[0]), 4)
    assert view.verdict.endswith(f"the truth is {target}.")


SETS = ("mnist", "digits", "iris", "coffee", "moons", "multi_gauss", "sine")


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("name", ["activations", "preflight", "units"])
def test_every_view_shows_every_kind_of_data(name: str, dataset: str) -> None:
    opened(name, network(dataset))
    opened(name, network(dataset, hidden=()))
    opened(name, network(dataset, validation_size=0))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_view_shows_every_activation(activation: str) -> None:
    for name in ("activations", "preflight", "units"):
        opened(name, network("moons", activation=activation, hidden=(6,) * 6))


def test_mixed_activations_and_layers_of_one_unit() -> None:
    mixed = network("iris", hidden=(1, 8), activations=("sigmoid", "relu"))
    for name in ("activations", "preflight", "units"):
        opened(name, mixed)


def test_weights_beyond_all_bounds_get_a_sentence() -> None:
    experiment = network("moons")
    broken = draw(experiment, chosen(experiment))
    broken.layers[0].kernel[:] = np.inf
    assert "have overflowed" in said(opened("activations", experiment, broken))
    assert "have overflowed" in said(opened("units", experiment, broken))


def test_dead_units_are_counted_by_name() -> None:
    experiment = network("moons", activation="relu")
    dead = draw(experiment, chosen(experiment))
    dead.layers[0].bias[:3] = -100
    table = opened("activations", experiment, dead).table[0].value
    assert table["dead"].tolist()[0].startswith("3 of 7") or "4 of 7" in table["dead"].tolist()[0]


def test_verdicts_and_what_to_choose_instead() -> None:
    deep = {"hidden": (64,) * 6}
    good = opened("preflight", network("digits", kernel_initializer="he_normal", **deep))
    assert "Well scaled: training can begin." in good.success[0].value
    assert "Nothing needs to change." in good.success[0].value
    bad = opened("preflight", network("digits", activation="sigmoid", **deep))
    assert "Vanishing" in bad.warning[0].value
    assert "Choose He normal, ReLU instead" in bad.warning[0].value
    wrong = opened("preflight", network("digits", kernel_initializer="random_normal", **deep))
    assert "Choose the initializer He normal instead (made for" in wrong.warning[0].value
    alike = opened("preflight", network("digits", kernel_initializer="zeros"))
    assert "Identical units" in alike.warning[0].value
    inputs = opened("preflight", network("coffee", standardize=False))
    assert "Switch on Standardize" in inputs.warning[0].value


def test_how_the_same_choice_would_do_in_a_deeper_network() -> None:
    app = opened("preflight", network("digits", hidden=(64,), activation="sigmoid"))
    assert not app.warning
    depth = next(each for each in app.button_group if each.key == "preflight_depth")
    checked(depth.set_value("6 layers").run())
    assert "hidden layers 64-64-64-64-64-64" in app.warning[0].value


def test_the_view_begins_with_the_unit_that_matters_most() -> None:
    experiment = network("digits", hidden=(12, 6))
    snapshot, data = draw(experiment, chosen(experiment)), load(experiment.data)
    x, y = data.transform(data.validation.x), data.validation.y
    found = ablate_each(snapshot, snapshot.forward(x), y, 0, data.source.task)
    app = opened("units", experiment, snapshot)

    def tiles() -> dict[str, str]:
        return {each.label: each.value for each in app.metric}

    expected = first_order_importance(snapshot, x[:250], y[:250], 0, "cross_entropy")
    first, second = ranked(found.loss, expected)[:2].tolist()
    assert app.number_input[0].value == first + 1
    assert tiles()["Rank in its layer"] == "1 of 12"
    assert tiles()["Accuracy without it"] == f"{found.after[first]:.1%}"
    checked(app.button(key="dossier_step_1").click().run())
    assert app.number_input[0].value == second + 1
    assert tiles()["Accuracy without it"] == f"{found.after[second]:.1%}"
    assert f"{np.linalg.norm(snapshot.layers[0].kernel[:, second]):.3g}" in tiles().values()
    checked(app.number_input[0].set_value(12).run())
    layer = next(each for each in app.button_group if each.key == "dossier_layer")
    checked(layer.set_value("Hidden 2").run())
    assert tiles()["Rank in its layer"] == "1 of 6"
    layer = next(each for each in app.button_group if each.key == "dossier_layer")
    checked(layer.set_value("Hidden 1").run())
    assert app.number_input[0].value == 12


# ---- figures ---------------------------------------------------------------------------------


def valid(figure: dict[str, Any]) -> dict[str, Any]:
    encode(figure)
    go.Figure(figure)
    return figure


def test_the_histogram_marks_where_the_activation_is_flat() -> None:
    experiment = network("moons", activation="tanh")
    layer = draw(experiment, chosen(experiment)).layers[0]
    z = np.random.default_rng(0).normal(0, 3, (200, 7)).astype(np.float32)
    found = histogram(layer, z)
    drawn = curve(layer, found.edges[0], found.edges[-1])
    figure = valid(
        lens.activation_histogram("tanh", drawn, found.edges, (found.flat, found.steep), FLAT)
    )
    (left, right) = figure["layout"]["shapes"]
    assert left["x1"] == pytest.approx(-2.18, abs=0.1)
    assert right["x0"] == pytest.approx(2.18, abs=0.1)
    assert sum(figure["data"][0]["y"]) == pytest.approx(found.flat.sum(), rel=1e-4)
    assert "47% of the pre-activations" in lens.histogram_sentence("Hidden 1", 0.47, FLAT, 0.0)
    assert "None of the pre-activations" in lens.histogram_sentence("Hidden 1", 0.0, FLAT, 0.002)


def epoch(number: int, gradients: tuple[float, ...], updates: tuple[float, ...]) -> Epoch:
    layers = tuple(
        LayerStatistics(g, 0.1, u, None) for g, u in zip(gradients, updates, strict=True)
    )
    return Epoch(number, number, Score(1, 0.5), None, 0.1, 0.1, layers)


def test_layers_over_the_epochs() -> None:
    events = [epoch(i, (1e-4, 1e-2), (1e-4, 1e-2)) for i in range(1, 1201)]
    found = layer_history(events)
    assert found.gradient.shape == (500, 2)
    assert (found.epoch[0], found.epoch[-1]) == (1, 1200)
    np.testing.assert_allclose(found.ratio[-1], [1e-3, 1e-1], rtol=1e-6)
    names = ("Hidden 1", "Output")
    drawn = (found.epoch, found.ratio, names, 600)
    figure = valid(lens.layer_curves("t", "y", *drawn, lens.USUAL))
    assert figure["layout"]["shapes"][0]["x0"] == 600
    assert figure["layout"]["yaxis"]["type"] == "log"
    told = lens.gradient_sentence(found.epoch, found.gradient, names, 1200)
    assert told == "At epoch 1200 the gradient is 100 times smaller in Hidden 1 than in Output."
    assert "Output by 1.0e-01 of its weights, a lot" in lens.ratio_sentence(*drawn)
    none = layer_history([])
    valid(lens.layer_curves("t", "y", none.epoch, none.gradient, names, 0))
    assert lens.gradient_sentence(none.epoch, none.gradient, names, 0).startswith("No epoch yet")


def test_the_words_of_a_verdict() -> None:
    experiment = network("digits", hidden=(64,) * 6, activation="sigmoid")
    data = load(experiment.data)
    x, y = data.transform(data.train.x[:100]), data.train.y[:100]
    found = profile(draw(experiment, chosen(experiment)), x, y, "cross_entropy")
    names = [f"Hidden {i}" for i in range(1, 7)] + ["Output"]
    text = checks.verdict_sentence(found, verdict(found), names)
    assert text.startswith("Vanishing: the gradient that reaches Hidden 1 is ")
    assert "shrinks (× 0.2" in text
    valid(checks.compared_figure({"a": found, "b": found}, names))
    valid(checks.signal_depth_figure(found, names))
    good, bad = SignalVerdict("well_scaled", 1, 1), SignalVerdict("vanishing", 0.1, 0.1)
    relu, tanh = InitializerChoice("he_normal", ("relu",)), InitializerChoice("zeros", ("relu",))
    assert checks.compared_sentence({relu: good, tanh: bad}).endswith("He normal, ReLU.")


def test_figures_of_a_unit() -> None:
    means = np.array([0.5, -1.0, np.nan])
    valid(dossier.class_figure(means, ("a", "b", "c"), 0.1))
    assert "Largest mean output for a (0.5), smallest for b (-1)" in dossier.class_sentence(
        means, ("a", "b", "c"), 0.1
    )
    loss = np.array([0.0, 0.2, -0.1])
    figure = valid(dossier.ranking_figure(np.array([1, 0, 2]), loss, 0, True, "accuracy lost"))
    assert figure["data"][0]["customdata"].tolist() == [2, 1, 3]
    assert figure["layout"]["annotations"][0]["x"] == 2
    assert "falls with" in dossier.scatter_sentence(np.arange(9.0), -np.arange(9.0))


def test_where_no_unit_is_missed_none_is_called_the_most_important() -> None:
    experiment = network("moons", hidden=(3,))
    useless = draw(experiment, chosen(experiment))
    useless.layers[1].kernel[:] = 0
    app = opened("units", experiment, useless)
    sentences = " ".join(str(each.proto) for each in app.get("bidi_component"))
    assert "No unit matters; removing 3 of 3 units has no effect" in sentences


def test_a_single_unit_is_one_unit() -> None:
    assert "1 unit." in said(opened("preflight", network("iris", hidden=(1,))))
    assert "z = x·W + b of the only unit" in said(
        opened("activations", network("spiral", hidden=()))
    )
