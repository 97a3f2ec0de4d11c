"""What looking at a test set again and again does to its score."""

import numpy as np

_X = np.linspace(-8, 8, 4001)


def best_of(n: int) -> float:
    """The expected largest of n independent standard normal numbers: ∫ x dΦ(x)ⁿ; 0 for n = 1."""
    from scipy.special import ndtr

    total = ndtr(_X) ** n
    return float(((_X[1:] + _X[:-1]) / 2 * np.diff(total)).sum())


def standard_error(accuracy: float, n: int) -> float:
    """By how much an accuracy measured on n examples scatters: √(p·(1 − p)/n)."""
    return float(np.sqrt(accuracy * (1 - accuracy) / n))


def flattery(accuracy: float, n: int, looks: int) -> float:
    """How much too high the best of `looks` equally good networks looks on n test examples."""
    return best_of(looks) * standard_error(accuracy, n)
