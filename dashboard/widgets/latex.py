"""Numbers as LaTeX: what stands in a formula in place of its letters."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def number(value: float, digits: int = 3) -> str:
    """A number with `digits` places: 1.500; large and small ones as 1.50·10⁻⁸, ∞, nan."""
    if np.isnan(value):
        return r"\text{nan}"
    if np.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    value += 0.0  # −0 becomes 0
    if value == 0 or 10.0**-digits <= abs(value) < 1e5:
        return f"{value:.{digits}f}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"{mantissa}\cdot 10^{{{int(exponent)}}}"


def signed(value: float, digits: int = 3) -> str:
    """A number as it stands behind another one in a sum or a product: negative in brackets."""
    shown = number(value, digits)
    return f"({shown})" if shown.startswith("-") else shown


def column(values: Iterable[float], digits: int = 3) -> str:
    """Numbers below each other in brackets."""
    return matrix([[value] for value in values], digits)


def matrix(rows: Sequence[Sequence[float]] | NDArray[Any], digits: int = 3) -> str:
    """Numbers in rows and columns in brackets."""
    lines = (" & ".join(number(float(value), digits) for value in row) for row in rows)
    return r"\begin{bmatrix}" + r" \\ ".join(lines) + r"\end{bmatrix}"


def lines(*equations: str) -> str:
    """Equations below each other, aligned where each one has its "&"."""
    return r"\begin{aligned}" + r" \\[2pt] ".join(equations) + r"\end{aligned}"
