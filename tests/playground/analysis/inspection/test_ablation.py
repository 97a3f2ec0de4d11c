"""What single units do: against the plain definition, a network with a unit taken out."""

from dataclasses import replace

import numpy as np
import pytest

from playground import Experiment, load
from playground.analysis.inspection.ablation import (
    ablate_each,
    affordable,
    direction,
    first_order_importance,
    ranked,
    top_and_bottom,
    without,
)
from playground.analysis.inspection.signal_propagation import chosen, draw
from playground.analysis.metrics.score import metric
from playground.nn.network import Snapshot


def case(dataset: str, hidden: tuple[int, ...], **changes: object) -> tuple[Snapshot, ...]:
    experiment = Experiment().replace(dataset=dataset, hidden=hidden, **changes)
    loaded = load(experiment.data)
    part = loaded.validation
    task = loaded.source.task
    return draw(experiment, chosen(experiment)), loaded.transform(part.x), part.y, task


def taken_out(snapshot: Snapshot, layer: int, unit: int) -> Snapshot:
    """A network that is one unit smaller."""
    layers = list(snapshot.layers)
    one, after = layers[layer], layers[layer + 1]
    kernel, bias = np.delete(one.kernel, unit, axis=1), np.delete(one.bias, unit)
    layers[layer] = replace(one, kernel=kernel, bias=bias)
    layers[layer + 1] = replace(after, kernel=np.delete(after.kernel, unit, axis=0))
    return Snapshot(snapshot.epoch, tuple(layers))


@pytest.mark.parametrize(
    ("dataset", "hidden"),
    [("digits", (30, 20)), ("iris", (5,)), ("xor", (6, 4, 3)), ("plane", (5, 4)), ("sine", (7,))],
)
def test_without_a_unit_is_a_network_one_unit_smaller(
    dataset: str, hidden: tuple[int, ...]
) -> None:
    snapshot, x, y, task = case(dataset, hidden, activation="tanh")
    passes = snapshot.forward(x)
    for layer, units in enumerate(hidden):
        found = ablate_each(snapshot, passes, y, layer, task)
        assert found.rows == len(x)
        assert found.before == pytest.approx(metric(snapshot.predict(x), y, task), abs=1e-6)
        for unit in range(units):
            smaller = taken_out(snapshot, layer, unit).predict(x)
            np.testing.assert_allclose(
                without(snapshot, passes[layer][1], layer, unit), smaller, atol=1e-5
            )
            assert found.after[unit] == pytest.approx(metric(smaller, y, task), abs=0.005)
        best = ranked(found.loss, np.zeros(units))[0]
        assert found.loss[best] == found.loss.max()


def test_the_first_order_estimate_is_exact_in_a_linear_network_with_absolute_error() -> None:
    """Of |y − p| with p far below y, the loss is linear in every unit."""
    snapshot, x, y, task = case("plane", (6,), activation="linear")
    far = y + 1000
    found = first_order_importance(snapshot, x, far, 0, "mean_absolute_error")
    measured = ablate_each(snapshot, snapshot.forward(x), far, 0, task).loss
    np.testing.assert_allclose(found, measured, atol=2e-3)


def test_what_would_take_too_long_is_not_measured() -> None:
    def network(hidden: tuple[int, ...]) -> Snapshot:
        experiment = Experiment().replace(dataset="mnist", hidden=hidden)
        return draw(experiment, chosen(experiment))

    assert affordable(network((300, 100)), 0) > 400
    assert affordable(network((1024, 1024)), 1) > 1000
    assert affordable(network((1024,) * 4), 0) == 0


def test_a_unit_nobody_listens_to_is_the_last_one_missed() -> None:
    snapshot, x, y, task = case("digits", (12,))
    first, last = snapshot.layers
    kernel = last.kernel.copy()
    kernel[3] = 0
    deaf = Snapshot(0, (first, replace(last, kernel=kernel)))
    assert ablate_each(deaf, deaf.forward(x), y, 0, task).loss[3] == 0


def test_extremes_of_a_unit() -> None:
    snapshot, x, _, _ = case("digits", (12, 8))
    z, a = (each[:, 5] for each in snapshot.forward(x)[1])
    most, least = top_and_bottom(z, a, 9)
    assert sorted(a)[::-1][:9] == a[most].tolist()
    assert a[least].max() <= np.sort(a)[8]
    assert z[least[0]] == z.min()  # among the many zeros of a ReLU


def test_the_direction_of_a_unit_is_its_slope() -> None:
    snapshot, x, _, _ = case("digits", (12, 8), activation="tanh")
    np.testing.assert_array_equal(direction(snapshot, x, 0, 2), snapshot.layers[0].kernel[:, 2])
    wide = Snapshot(
        0,
        tuple(replace(each, kernel=each.kernel.astype(np.float64)) for each in snapshot.layers),
    )
    at = x[:1].astype(np.float64)
    found = direction(wide, at, 1, 5)
    for pixel in (10, 20, 35):
        step = np.zeros_like(at)
        step[0, pixel] = 1e-5
        z = [wide.forward(at + sign * step)[1][0][0, 5] for sign in (1, -1)]
        assert found[pixel] == pytest.approx((z[0] - z[1]) / 2e-5, rel=1e-4, abs=1e-7)
