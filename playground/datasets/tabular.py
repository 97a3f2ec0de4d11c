"""Small sets of a fixed number of examples: digits, iris (scikit-learn), coffee, one's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.custom import storage
from playground.datasets.download import FetchError
from playground.datasets.preprocessing import Purpose, disturbed, stream
from playground.datasets.registry import DataConfig
from playground.datasets.split import MOST_SPARE, stratified

Pair = tuple[NDArray[Any], NDArray[Any]]

ROASTS = ((150.0, 285.0), (11.5, 15.5))  # the range of temperatures (°C) and durations (min)

# The rule of `good_roast` as inequalities a·temperature + b·duration ≤ c: (a, b, c).
ROAST_RULE = ((-1, 0, -175), (1, 0, 260), (0, -1, -12), (0, 1, 15), (3 / 85, 1, 21))


def digits() -> Pair:
    """1,797 handwritten digits, uint8 (n, 8, 8), 0 … 16; about 180 of each class."""
    from sklearn.datasets import load_digits  # a second to import: only where it is needed

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
    share = rng.random((n, 2))
    temperature = left + (right - left) * share[:, 0]
    duration = bottom + (top - bottom) * share[:, 1]
    return np.column_stack([temperature, duration]), good_roast(temperature, duration)


def good_roast(temperature: NDArray[Any], duration: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a roast is good: the rule behind `coffee`, in °C and minutes."""
    good = (temperature > 175) & (temperature < 260) & (duration > 12) & (duration < 15)
    return np.asarray(good & (duration <= 21 - 3 * temperature / 85))


def own(name: str) -> Callable[[int], tuple[Pair, Pair]]:
    """A reader of the table of one's own of this name; FetchError where it is gone."""

    def read() -> Pair:
        table = storage.get(name)
        if table is None:
            raise FetchError("This server no longer keeps these data: bring them along again.")
        return table.x, table.y

    return _test_apart(read)


def _test_apart(read: Callable[[], Pair]) -> Callable[[int], tuple[Pair, Pair]]:
    """A reader that keeps a stratified fifth of all examples, chosen by its seed, for the test."""

    def apart(data_seed: int) -> tuple[Pair, Pair]:
        x, y = read()
        n_test = -(-len(y) // 5)
        sizes = (len(y) - n_test, n_test)
        rest, test = stratified(y, sizes, stream(data_seed, Purpose.TEST))
        return (x[rest], y[rest]), (x[test], y[test])

    return apart


def _roasts(data_seed: int) -> tuple[Pair, Pair]:
    """The 200 roasts of the course, always the same, and 200 others drawn by the seed."""
    n = 200
    return coffee(n, np.random.default_rng(2)), coffee(n, stream(data_seed, Purpose.TEST))


# Name → data_seed → the examples that training and validation share, and the test examples.
TABLES: dict[str, Callable[[int], tuple[Pair, Pair]]] = {
    "digits": _test_apart(digits),
    "iris": _test_apart(iris),
    "coffee": _roasts,
}


def parts(data: DataConfig) -> list[Pair]:
    """Training, validation, test and spare examples: all but the test a stratified split."""
    read = TABLES.get(data.dataset) or own(data.dataset)
    (x, y), test = read(data.data_seed)
    left = len(y) - data.train_size - data.validation_size
    sizes = (data.train_size, data.validation_size, min(left, MOST_SPARE))
    rows = stratified(y, sizes, stream(data.data_seed, Purpose.SPLIT))
    train, validation, spare = ((x[part], y[part]) for part in rows)
    chosen = [train, validation, test, spare]
    return disturbed(chosen, data.source, data.noise, data.data_seed)
