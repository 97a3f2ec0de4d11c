"""Numbers, matrices and equations in LaTeX."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

BLUE, ORANGE = "#066ead", "#a85800"
# On a light and on a dark background; both have a contrast of 4.5 to it.
COLORS = {BLUE: "#3d9fe0", ORANGE: "#f59322"}
STYLE = "".join(  # a browser writes a formula's colors as "rgb(6, 110, 173)"
    f'.katex [style*="rgb{tuple(bytes.fromhex(light[1:]))}"] '
    f"{{ color: light-dark({light}, {dark}) !important; }}\n"
    for light, dark in COLORS.items()
)

Rows = Sequence[Sequence[float]] | NDArray[Any]


def number(value: float, digits: int = 3) -> str:
    """A number with `digits` decimals: 1.500; large and small ones as 1.50·10⁻⁸, ∞, nan."""
    if np.isnan(value):
        return r"\text{nan}"
    if np.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    value += 0.0  # −0 becomes 0
    if value == 0 or 10.0**-digits <= abs(value) < 1e5:
        return f"{value:.{digits}f}"
    return _power(f"{value:.2e}", r"\cdot ")


def significant(value: float, digits: int = 3) -> str:
    """A number with `digits` significant digits."""
    return _power(f"{value + 0.0:.{digits}g}", r" \cdot ")


def _power(text: str, dot: str) -> str:
    mantissa, sign, exponent = text.partition("e")
    if not sign:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else f"{mantissa}{dot}{power}"


def bracketed(text: str) -> str:
    """A number inside a sum or a product: in brackets where it is negative."""
    return f"({text})" if text.startswith("-") else text


def signed(value: float, digits: int = 3) -> str:
    """`number`, in brackets where it is negative."""
    return bracketed(number(value, digits))


def colored(text: str, color: str, bold: bool = True) -> str:
    """Text in one of COLORS; with the page's `STYLE`, legible on a dark background too."""
    return rf"\textcolor{{{color}}}{{" + (rf"\mathbf{{{text}}}" if bold else text) + "}"


def column(values: Iterable[float], digits: int = 3) -> str:
    """A column vector."""
    return matrix([[value] for value in values], digits)


def matrix(rows: Rows, digits: int = 3, entry: Callable[[int, int], str] | None = None) -> str:
    """A matrix; `entry(i, j)` writes its entries, else `number`."""
    written = entry or (lambda i, j: number(float(rows[i][j]), digits))
    lines = (" & ".join(written(i, j) for j in range(len(row))) for i, row in enumerate(rows))
    return r"\begin{bmatrix}" + r" \\ ".join(lines) + r"\end{bmatrix}"


def lines(*equations: str, gap: str = "2pt") -> str:
    """Equations below each other, aligned at their "&"."""
    return r"\begin{aligned}" + rf" \\[{gap}] ".join(equations) + r"\end{aligned}"


def wrapped(terms: Sequence[str], per_line: int = 2) -> str:
    """A sum with `per_line` terms on each line of aligned equations, for narrow screens."""
    rows = [" + ".join(terms[i : i + per_line]) for i in range(0, len(terms), per_line)]
    return r" \\ &\quad + ".join(rows)


def formula_row(*formulas: str) -> None:
    """Draw formulas beside each other; on narrow screens they wrap."""
    with st.container(
        horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"
    ):
        for formula in formulas:
            st.latex(formula, width="content")
