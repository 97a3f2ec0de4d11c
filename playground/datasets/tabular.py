"""Readers of the small data sets with a fixed number of examples: digits, iris, coffee."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.preprocessing import Pair, Purpose, stratified, stream

ROASTS = ((150.0, 285.0), (11.5, 15.5))  # the range of temperatures (°C) and durations (min)

# The rule of `good_roast` as inequalities a·temperature + b·duration ≤ c: (a, b, c).
ROAST_RULE = ((-1, 0, -175), (1, 0, 260), (0, -1, -12), (0, 1, 15), (3 / 85, 1, 21))


def digits() -> Pair:
    """1,797 handwritten digits, uint8 (n, 8, 8), 0 … 16; about 180 of each class."""
    from sklearn.datasets import load_digits  # takes a second to import

    bunch = load_digits()
    return bunch.images.astype(np.uint8), bunch.target


def iris() -> Pair:
    """150 flowers, lengths and widths in cm (n, 4); 50 of each kind."""
    from sklearn.datasets import load_iris

    bunch = load_iris()
    return bunch.data, bunch.target


def coffee(n: int, rng: np.random.Generator) -> Pair:
    """n roasts: temperature 150 … 285 °C, duration 11.5 … 15.5 minutes, each uniform.

    A roast is good (class 1) where 175 < temperature < 260, 12 < duration < 15 and
    duration ≤ 21 − 3·temperature/85: neither under- nor over-roasted.
    """
    (left, right), (bottom, top) = ROASTS
    uniform = rng.random((n, 2))
    temperature = left + (right - left) * uniform[:, 0]
    duration = bottom + (top - bottom) * uniform[:, 1]
    return np.column_stack([temperature, duration]), good_roast(temperature, duration)


def good_roast(temperature: NDArray[Any], duration: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a roast is good: the rule behind `coffee`, in °C and minutes."""
    good = (temperature > 175) & (temperature < 260) & (duration > 12) & (duration < 15)
    return np.asarray(good & (duration <= 21 - 3 * temperature / 85))


def hold_out_test(xy: Pair, n_test: int, data_seed: int) -> tuple[Pair, Pair]:
    """All examples but a stratified test split of n_test of them, and that split."""
    x, y = xy
    sizes = (len(y) - n_test, n_test)
    rest, test = stratified(y, sizes, stream(data_seed, Purpose.TEST))
    return (x[rest], y[rest]), (x[test], y[test])


def _fifth_apart(read: Callable[[], Pair]) -> Callable[[int], tuple[Pair, Pair]]:
    def split(data_seed: int) -> tuple[Pair, Pair]:
        x, y = read()
        return hold_out_test((x, y), -(-len(y) // 5), data_seed)

    return split


def _roasts(data_seed: int) -> tuple[Pair, Pair]:
    """The 200 roasts of the course, always the same, and 200 others drawn by the seed."""
    return coffee(200, np.random.default_rng(2)), coffee(200, stream(data_seed, Purpose.TEST))


# Name → data_seed → the examples that training and validation share, and the test examples.
TABLES: dict[str, Callable[[int], tuple[Pair, Pair]]] = {
    "digits": _fifth_apart(digits),
    "iris": _fifth_apart(iris),
    "coffee": _roasts,
}
