"""Distortions change what they say and nothing else; robustness is a score at each strength."""

from dataclasses import replace

import numpy as np
import pytest

from playground.analysis.metrics.classification import predict
from playground.analysis.metrics.robustness import (
    DISTORTIONS,
    STRENGTHS,
    distort,
    robust_rows,
    robustness,
)
from playground.datasets import DATASETS, load
from playground.experiment.model import Experiment
from playground.nn.network import Layer, Snapshot

MNIST, DIGITS, IRIS = (DATASETS[name] for name in ("mnist", "digits", "iris"))


def images(source: object = MNIST, n: int = 9) -> np.ndarray:
    shape, maximum = (DIGITS.shape, 16) if source is DIGITS else (MNIST.shape, 255)
    return np.random.default_rng(0).integers(0, maximum + 1, (n, *shape)).astype(np.uint8)


@pytest.mark.parametrize("kind", DISTORTIONS)
@pytest.mark.parametrize("source", [MNIST, DIGITS])
def test_strength_0_changes_nothing_and_others_stay_images(kind: str, source: object) -> None:
    entry, x = DISTORTIONS[kind], images(source)
    strengths = entry.strengths(source)  # type: ignore[arg-type]
    assert len(strengths) == STRENGTHS
    assert 0 in strengths
    assert (np.diff(strengths) > 0).all()
    distort = entry.prepare(x, source)  # type: ignore[arg-type]
    np.testing.assert_array_equal(distort(0.0), x)
    for strength in strengths:
        made = distort(float(strength))
        assert (made.shape, made.dtype) == (x.shape, x.dtype)
        assert made.max() <= source.maximum  # type: ignore[attr-defined]


@pytest.mark.parametrize(("angle", "turns"), [(90, 1), (-90, -1), (180, 2)])
def test_quarter_turns_are_exact_and_counterclockwise(angle: float, turns: int) -> None:
    x = images()
    made = DISTORTIONS["rotation"].prepare(x, MNIST)(angle)
    np.testing.assert_array_equal(made, np.rot90(x, turns, axes=(1, 2)))


def test_a_small_turn_keeps_a_round_spot() -> None:
    row, column = np.mgrid[:28, :28] - 13.5
    spot = (255 * np.exp(-(row**2 + column**2) / 40)).astype(np.uint8)[None]
    made = DISTORTIONS["rotation"].prepare(spot, MNIST)(30.0)
    assert np.abs(made.astype(int) - spot).max() <= 6


def test_shifts_go_right_down_left_and_up_in_turn() -> None:
    x = images(n=4)
    made = DISTORTIONS["shift"].prepare(x, MNIST)(3.0)
    np.testing.assert_array_equal(made[0, :, 3:], x[0, :, :-3])
    np.testing.assert_array_equal(made[1, 3:], x[1, :-3])
    np.testing.assert_array_equal(made[2, :, :-3], x[2, :, 3:])
    np.testing.assert_array_equal(made[3, :-3], x[3, 3:])
    assert not made[0, :, :3].any()


def test_half_a_pixel_is_the_mean_of_two() -> None:
    x = images(n=1)
    made = DISTORTIONS["shift"].prepare(x, MNIST)(0.5)
    mean = (x[0, :, 1:].astype(float) + x[0, :, :-1]) / 2
    assert np.abs(made[0, :, 1:] - mean).max() <= 0.5


def test_noise_has_the_spread_it_says() -> None:
    grey = np.full((200, 28, 28), 128, np.uint8)
    made = DISTORTIONS["noise"].prepare(grey, MNIST)(0.1)
    assert made.std() == pytest.approx(25.5, rel=0.02)
    rows = np.random.default_rng(0).normal(0, [1, 10, 100, 0], (2000, 4)).astype(np.float32)
    moved = DISTORTIONS["noise"].prepare(rows, IRIS)(0.5) - rows
    np.testing.assert_allclose(moved.std(axis=0), 0.5 * rows.std(axis=0), rtol=0.05)


@pytest.mark.parametrize("name", ["digits", "iris", "circle", "sine"])
def test_the_curve_begins_with_the_score_on_what_is_there(name: str) -> None:
    data = load(Experiment().replace(dataset=name).data)
    n_in, n_out = data.source.n_features, data.source.n_outputs
    activation = "linear" if name == "sine" else "softmax" if n_out > 1 else "sigmoid"
    kernel = np.random.default_rng(0).standard_normal((n_in, n_out)).astype(np.float32)
    net = Snapshot(0, (Layer(kernel, np.zeros(n_out, np.float32), activation),))
    for kind, entry in DISTORTIONS.items():
        if not (data.source.shape or entry.for_tables):
            continue
        part = data.validation
        hard = distort(part, data.source, kind)
        curve = robustness(net, data, hard, part.y, kind)
        assert curve.rows == len(data.validation)
        plain = curve.score[curve.strength == 0][0]
        if name == "sine":
            error = np.abs(net.predict(data.transform(data.validation.x))[:, 0] - data.validation.y)
            assert plain == pytest.approx(error.mean())
            scaled = replace(data, target_std=10.0)  # 1 of the output is 10 of the target's unit
            assert robustness(net, scaled, hard, part.y, kind).score[0] == pytest.approx(10 * plain)
        else:
            assert plain == predict(net, data, data.validation).accuracy
        assert np.array_equal(hard, distort(part, data.source, kind))


def test_a_large_network_is_measured_on_fewer_examples() -> None:
    def net(n: int) -> Snapshot:
        kernel = np.zeros((n, 1000), np.float32)
        return Snapshot(0, (Layer(kernel, np.zeros(1000, np.float32), "relu"),))

    assert robust_rows(net(10), 60_000) == 1_000
    assert robust_rows(net(10), 50) == 50
    assert robust_rows(net(5_000), 60_000) == 100
