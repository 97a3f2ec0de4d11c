"""The network as a diagram, and one example on its way through it: two views of Inside."""

import base64
import itertools
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures.network_graph import (
    STRONGEST_INPUTS,
    NodeColumn,
    color_levels,
    forward_pass_data,
    graph_data,
    graph_sentence,
    levels,
)
from dashboard.state.background import largest_difference
from playground.analysis.inspection.activations import feature_ranges, maps, responses
from playground.analysis.inspection.forward_pass import LayerStep, diagram, errors, trace
from playground.datasets import load
from playground.datasets.registry import DATASETS
from playground.experiment.model import Experiment
from playground.experiment.model_summary import UnitNames, assemble
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import Snapshot

BIG = Experiment().replace(dataset="mnist")


def network(experiment: Experiment) -> Snapshot:
    """Some weights that fit, the same for equal experiments."""
    rng = np.random.default_rng(0)
    sizes = itertools.pairwise(experiment.layer_sizes)
    drawn = [x for a, b in sizes for x in (rng.normal(size=(a, b)) / a**0.5, rng.normal(size=b))]
    return assemble(experiment, 3, [np.float32(array) for array in drawn])


def numbers(text: str, kind: str = "<f4") -> Any:
    return np.frombuffer(base64.b64decode(text), kind)


# ---- figures -----------------------------------------------------------------------------------


def column(step: LayerStep, units: np.ndarray[Any, Any]) -> NodeColumn:
    return NodeColumn(
        len(step.z), units, "", np.zeros((len(units), 1, 3)), 1.0, step.a[units], step.z[units],
        step.layer.bias[units], step.a[units], step.a[units], "ReLU", step.layer.kernel,
    )  # fmt: skip


def test_the_drawing_has_the_numbers_of_the_network() -> None:
    experiment = Experiment().replace(dataset="iris", hidden=(3,))
    snapshot, names = network(experiment), UnitNames(DATASETS["iris"], 2)
    x = np.array([1, -1, 2, 0.5], np.float32)
    steps, shown = trace(snapshot, x), diagram(snapshot)
    first = NodeColumn(4, shown.units[0], "", np.zeros((4, 1, 1)), 1.0, x)
    columns = [first, *map(column, steps, shown.units[1:])]
    drawn = graph_data(columns, shown.edges, names)
    hidden, kernel = drawn["columns"][1], snapshot.layers[0].kernel
    assert hidden["titles"][2] == "unit 3 of hidden 1"
    values = numbers(hidden["numbers"]).reshape(len(hidden["labels"]), -1)
    of_unit = dict(zip(hidden["labels"], values[:, 2], strict=True))
    assert of_unit["bias b"] == snapshot.layers[0].bias[2]
    assert of_unit["z of this example"] == steps[0].z[2]
    assert of_unit["output a = ReLU(z)"] == steps[0].a[2]
    units = numbers(hidden["from"]["units"], "<i4").reshape(3, -1)
    weights = numbers(hidden["from"]["weights"]).reshape(3, -1)
    strongest = np.argsort(-np.abs(kernel[:, 2]))
    assert units[2].tolist() == strongest.tolist()
    assert weights[2].tolist() == kernel[strongest, 2].tolist()
    onwards = numbers(hidden["to"]["weights"]).reshape(3, -1)
    assert np.abs(onwards[2, 0]) == np.abs(snapshot.layers[1].kernel[2]).max()
    assert drawn["columns"][0]["names"] == list(DATASETS["iris"].features)
    edges = drawn["edges"][0]
    assert len(edges["from"]) == 12
    np.testing.assert_array_equal(numbers(edges["weights"]), kernel[edges["from"], edges["to"]])
    products = kernel * x[:, None]
    np.testing.assert_array_equal(numbers(edges["products"]), products[edges["from"], edges["to"]])
    text = graph_sentence(columns, shown.edges, names, "after epoch 3")
    assert text.startswith("All 21 weights after epoch 3. The largest, ")


def test_a_large_drawing_says_how_much_it_shows() -> None:
    snapshot, names = network(BIG), UnitNames(DATASETS["mnist"], 3)
    steps, shown = trace(snapshot, np.ones(784, np.float32)), diagram(snapshot, picture=True)
    first = NodeColumn(
        784, shown.units[0], "", np.zeros((1, 28, 28)), 1.0, np.ones(784), picture=True
    )
    columns = [first, *map(column, steps, shown.units[1:])]
    text = graph_sentence(columns, shown.edges, names, "now")
    assert "The 150 largest of 266,200 weights" in text
    assert "24 of 300 units of hidden 1 and 24 of 100 units of hidden 2" in text


def test_levels_are_symmetric_and_colored_orange_gray_blue() -> None:
    shades = np.frombuffer(base64.b64decode(color_levels()), np.uint8).reshape(255, 3)
    found = numbers(levels(np.array([-2.0, -1, 0, 1, np.nan, np.inf]), 1.0), "u1")
    assert found.tolist() == [0, 0, 127, 254, 127, 254]
    assert shades[[0, 127, 254]].tolist() == [[245, 147, 34], [232, 234, 235], [8, 119, 189]]


def test_the_passage_holds_every_number() -> None:
    experiment = BIG
    x = np.random.default_rng(1).random(784).astype(np.float32)
    steps = trace(network(experiment), x)
    sent = forward_pass_data(
        steps, x * 255, UnitNames(DATASETS["mnist"], 3), ["ReLU", "ReLU", "Softmax"]
    )
    for step, layer in zip(steps, sent["columns"][1:], strict=True):
        np.testing.assert_array_equal(numbers(layer["z"]), step.z)
        np.testing.assert_array_equal(numbers(layer["a"]), step.a)
        rows = numbers(layer["rows"], "<i4").reshape(STRONGEST_INPUTS, -1)
        weights = numbers(layer["weights"]).reshape(STRONGEST_INPUTS, -1)
        for unit in (0, len(step.z) - 1):
            products = step.contributions(unit)
            np.testing.assert_allclose(
                step.x[rows[:, unit]] * weights[:, unit], products[rows[:, unit]]
            )
            assert np.abs(products[rows[0, unit]]) == np.abs(products).max()
    assert sent["columns"][-1]["names"] == list("0123456789")


def test_the_difference_from_keras_is_the_largest_of_all_layers() -> None:
    snapshot, x = network(BIG), np.ones(784, np.float32)
    theirs = [a.copy() for _, a in snapshot.forward(x[None])]
    assert largest_difference(snapshot, x, theirs) == 0
    theirs[1][0, 7] += 0.25
    theirs[2][0, 3] -= 0.125
    assert largest_difference(snapshot, x, theirs) == pytest.approx(0.25)


# ---- numbers behind the thumbnails -------------------------------------------------------------


def test_a_map_is_what_the_unit_answers_at_each_point() -> None:
    experiment = Experiment().replace(dataset="moons", hidden=(4,))
    snapshot, dataset = network(experiment), load(experiment.data)
    units = [np.arange(2), np.arange(4), np.arange(1)]
    found = maps(snapshot, dataset, units, 5)
    assert [m.shape for m in found] == [(2, 5, 5), (4, 5, 5), (1, 5, 5)]
    (left, right), (bottom, top) = feature_ranges(dataset)
    corner = dataset.transform(np.array([[right, top]]))
    np.testing.assert_allclose(found[0][:, 0, -1], corner[0], rtol=1e-5)
    np.testing.assert_allclose(found[1][:, 0, -1], snapshot.forward(corner)[0][1][0], rtol=1e-5)
    assert left < right
    assert bottom < top


def test_means_by_class_are_means_over_the_examples_of_the_class() -> None:
    experiment = Experiment().replace(dataset="digits", hidden=(6,))
    snapshot, dataset = network(experiment), load(experiment.data)
    part = dataset.validation
    a = snapshot.forward(dataset.transform(part.x))[0][1]
    found = responses(snapshot, dataset, part)[0]
    np.testing.assert_allclose(found.mean, a.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.by_class[3], a[part.y == 3].mean(axis=0), rtol=1e-4)


# ---- the views ---------------------------------------------------------------------------------


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.state.network_view import NetworkView
    from dashboard.views.inspect.forward_pass import show_forward_pass
    from dashboard.views.inspect.page import show_network_graph
    from playground.datasets import load

    session.begin()
    view, experiment, snapshot = st.session_state["given"]
    now = NetworkView(experiment, load(experiment.data), snapshot, None, "one")
    {"network": show_network_graph, "forward": show_forward_pass}[view](now)


@pytest.fixture(autouse=True)
def nobody_asks_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are of the pages: no worker is started for them."""
    monkeypatch.setattr("dashboard.views.inspect.forward_pass.keras_job", lambda now, x: None)


def opened(view: str, experiment: Experiment, **state: Any) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["given"] = view, experiment, network(experiment)
    for key, value in state.items():
        app.session_state[key] = value
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def test_both_views_work_for_every_data_set_and_any_layers() -> None:
    app = opened("network", Experiment())
    for name in DATASETS:
        for hidden in ((), (5,), (4, 3, 3)):
            experiment = Experiment().replace(dataset=name, hidden=hidden)
            for view in ("network", "forward"):
                app.session_state["given"] = view, experiment, network(experiment)
                checked(app.run())
                assert "xample 1: predicted" in app.markdown[0].value.replace("\\", "")


def test_both_views_work_for_every_activation() -> None:
    app = opened("network", Experiment())
    for name in ACTIVATIONS:
        experiment = Experiment().replace(
            dataset="coffee", hidden=(4, 3), activations=(name, "tanh")
        )
        for view in ("network", "forward"):
            app.session_state["given"] = view, experiment, network(experiment)
            checked(app.run())


def test_without_validation_examples_training_ones_are_followed() -> None:
    app = opened("forward", Experiment().replace(dataset="iris", validation_size=0))
    assert app.number_input(key="example_number").label == "Training example, 1 to 90"


def test_next_mistake_goes_to_the_next_mistake() -> None:
    experiment = Experiment().replace(dataset="digits", hidden=(8,))
    app, dataset = opened("forward", experiment), load(experiment.data)
    part = dataset.validation
    output = network(experiment).predict(dataset.transform(part.x))
    wrong = errors(output, part.y, "classification")
    for row in wrong[wrong > 0][:2]:
        checked(app.button(key="next_mistake").click().run())
        assert app.number_input(key="example_number").value == row + 1
    assert "✗" in app.markdown[0].value


def test_a_number_too_large_for_other_data_becomes_the_last() -> None:
    app = opened("forward", Experiment().replace(dataset="digits"), example_number=300)
    experiment = Experiment().replace(dataset="iris")
    app.session_state["given"] = "forward", experiment, network(experiment)
    checked(app.run())
    assert app.number_input(key="example_number").value == 30


def test_typed_values_are_what_the_network_answers() -> None:
    experiment = Experiment().replace(dataset="coffee", hidden=(3,))
    app = opened("forward", experiment)
    checked(app.button_group(key="example_way").set_value("My own values").run())
    checked(app.number_input(key="typed_coffee_0").set_value(215.0).run())
    checked(app.number_input(key="typed_coffee_1").set_value(13.0).run())
    dataset, source = load(experiment.data), DATASETS["coffee"]
    output = network(experiment).predict(dataset.transform(np.float32([[215, 13]])))[0, 0]
    assert source.classes[int(output > 0.5)] in app.markdown[0].value
    assert f"{max(output, 1 - output):.1%}" in app.markdown[0].value.replace("\\", "")


def test_the_temperature_changes_the_shares_but_not_the_order() -> None:
    experiment = Experiment().replace(dataset="digits", hidden=(8,))
    app, dataset = opened("forward", experiment), load(experiment.data)
    z = trace(network(experiment), dataset.transform(dataset.validation.x[:1])[0])[-1].z
    for temperature in (1.0, 0.1, 10.0):
        checked(app.select_slider(key="temperature").set_value(temperature).run())
        table = app.dataframe[0].value
        powers = np.exp(z.astype(float) / temperature - (z.astype(float) / temperature).max())
        np.testing.assert_allclose(table["probability"], powers / powers.sum(), rtol=1e-9)
        assert f"At T = {temperature:g}" in captions(app)


def test_one_output_has_the_two_shares_of_its_sigmoid() -> None:
    experiment = Experiment().replace(dataset="xor", hidden=(3,))
    app, dataset = opened("forward", experiment), load(experiment.data)
    last = trace(network(experiment), dataset.transform(dataset.validation.x[:1])[0])[-1]
    shares = app.dataframe[0].value["probability"]
    np.testing.assert_allclose(shares, [last.a[0], 1 - last.a[0]], rtol=1e-5)


def test_a_chosen_unit_lists_all_its_inputs() -> None:
    experiment = Experiment().replace(dataset="digits", hidden=(8,))
    chosen = {"chosen": {"unit": "1:3", "of": "one"}}
    app = opened("forward", experiment, forward_pass=chosen)
    assert "All inputs of unit 4 of hidden 1" in [h.value for h in app.subheader]
    table = app.dataframe[1].value
    assert len(table) == 64
    assert (table["x·w"].abs().diff().dropna() <= 0).all()
    assert "The 64 products add up to" in captions(app)


TOLD = (
    "",
    "1",
    "1:",
    ":1",
    "0:3",
    "9:0",
    "1:99",
    "-1:0",
    "1:-1",
    "1:3:4",
    "²:1",
    "1" * 500,
    None,
    5,
)


@pytest.mark.parametrize("view", ["network", "forward"])
def test_a_browser_may_say_anything(view: str) -> None:
    app = opened(view, Experiment().replace(dataset="digits", hidden=(30,)))
    for told in TOLD:
        for state in ({"unit": told, "of": "one"}, told):
            app.session_state["network_diagram"] = {"pinned": state}
            app.session_state["forward_pass"] = {"pointed": state, "chosen": state}
            checked(app.run())
