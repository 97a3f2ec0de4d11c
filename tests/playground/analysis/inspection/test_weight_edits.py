"""Edits change a copy exactly as they say, and leave the network itself untouched."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.analysis.inspection.weight_edits import (
    Change,
    Edit,
    Noise,
    Prune,
    SwitchOff,
    edited,
)
from playground.nn.network import Layer, Snapshot


def network(sizes: Sequence[int] = (4, 6, 5, 3), activation: str = "sigmoid") -> Snapshot:
    rng = np.random.default_rng(7)
    return Snapshot(
        2,
        tuple(
            Layer(
                rng.normal(0, 0.5, (a, b)).astype(np.float32),
                rng.normal(0, 0.5, b).astype(np.float32),
                "softmax" if i == len(sizes) - 2 else activation,
            )
            for i, (a, b) in enumerate(itertools.pairwise(sizes))
        ),
    )


def same(one: Snapshot, other: Snapshot) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))


X = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)

layers = st.one_of(st.none(), st.integers(0, 2))
EVERY_KIND: st.SearchStrategy[Edit] = st.one_of(
    st.builds(
        Change, st.just(0), st.none() | st.integers(0, 3), st.integers(0, 5), st.floats(-9, 9)
    ),
    st.builds(SwitchOff, st.integers(0, 1), st.integers(0, 4)),
    st.builds(Noise, layers, st.floats(0, 10), st.integers(0, 99)),
    st.builds(Prune, layers, st.floats(0, 100)),
)


@given(st.lists(EVERY_KIND, max_size=4))
def test_the_network_itself_stays_as_it_was(edits: list[Edit]) -> None:
    before, now = network(), network()
    copy = edited(now, edits)
    assert same(before, now)
    assert copy.epoch == now.epoch
    assert all(a.dtype == np.float32 for a in copy.weights)
    assert [a.shape for a in copy.weights] == [a.shape for a in now.weights]
    assert same(edited(now, edits), copy)  # values: the same again gives the same
    assert same(edited(now, edits[:0]), now)  # everything undone


def test_one_number_changes_and_no_other() -> None:
    now = network()
    copy = edited(now, [Change(1, 2, 3, 0.25), Change(2, None, 1, -1.5)])
    assert copy.layers[1].kernel[2, 3] == 0.25
    assert copy.layers[2].bias[1] == -1.5
    differing = [int((a != b).sum()) for a, b in zip(now.weights, copy.weights, strict=True)]
    assert differing == [0, 0, 1, 0, 0, 1]


def test_a_unit_switched_off_is_as_if_it_said_zero() -> None:
    now = network()
    copy = edited(now, [SwitchOff(0, 4)])
    hidden = now.forward(X)[0][1].copy()
    hidden[:, 4] = 0  # what a sigmoid never says by itself
    for layer in now.layers[1:]:
        hidden = layer.activate(layer.pre_activation(hidden))
    np.testing.assert_allclose(copy.predict(X), hidden, rtol=1e-5)


@given(st.floats(0, 100), layers)
def test_exactly_the_share_is_pruned_and_they_are_the_smallest(
    percent: float, layer: int | None
) -> None:
    now = network()
    chosen = range(3) if layer is None else [layer]
    before = np.concatenate([now.layers[i].kernel.ravel() for i in chosen])
    copy = edited(now, [Prune(layer, percent)])
    after = np.concatenate([copy.layers[i].kernel.ravel() for i in chosen])
    n = round(before.size * percent / 100)
    assert (after == 0).sum() == n
    if 0 < n < before.size:
        assert np.abs(before[after == 0]).max() <= np.abs(before[after != 0]).min()
    np.testing.assert_array_equal(after[after != 0], before[after != 0])
    assert all(np.array_equal(a.bias, b.bias) for a, b in zip(now.layers, copy.layers, strict=True))


def test_equal_weights_are_pruned_to_the_exact_share_too() -> None:
    kernel = np.full((10, 10), 0.5, np.float32)
    now = Snapshot(0, (Layer(kernel, np.zeros(10, np.float32), "linear"),))
    assert (edited(now, [Prune(0, 37)]).layers[0].kernel == 0).sum() == 37


def test_noise_has_the_deviation_it_says_and_repeats() -> None:
    now = network((300, 200, 10))
    copy = edited(now, [Noise(0, 0.5, 3)])
    added = copy.layers[0].kernel - now.layers[0].kernel
    assert added.std() == pytest.approx(0.5 * now.layers[0].kernel.std(), rel=0.02)
    assert abs(added.mean()) < 0.01
    assert np.array_equal(copy.layers[1].kernel, now.layers[1].kernel)
    assert same(copy, edited(now, [Noise(0, 0.5, 3)]))
    assert not same(copy, edited(now, [Noise(0, 0.5, 4)]))


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda: Change(0, 9, 0, 1), "^input of Hidden 1 must be between 1 and 4, got 10"),
        (lambda: Change(0, 0, 6, 1), "^unit of Hidden 1 must be between 1 and 6, got 7"),
        (lambda: Change(2, None, -1, 1), "^unit of Output must be between 1 and 3, got 0"),
        (lambda: Change(7, 0, 0, 1), "^layer must be between 1 and 3, got 8"),
        (lambda: Change(0, 0, 0, float("nan")), "^new value must be between .*, got nan"),
        (lambda: SwitchOff(2, 0), "^layer of a unit to switch off must be a hidden one"),
        (lambda: SwitchOff(1, 5), "^unit of Hidden 2 must be between 1 and 5, got 6"),
        (lambda: Noise(None, -1, 0), "^noise must be between 0 and 10, got -1"),
        (lambda: Noise(None, 1, -1), "^seed must be between 0 and 2,147,483,647, got -1"),
        (lambda: Prune(None, 101), "^share to prune must be between 0 and 100 %, got 101"),
    ],
)
def test_a_bad_edit_is_refused_in_words(edit: Callable[[], Edit], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        edited(network(), [edit()])
