"""Matrices as LaTeX, with a row, a column or one number marked."""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

ROW, UNIT = "#d97b0d", "#0877bd"  # orange and blue, dark enough for numbers on white


def number(value: float) -> str:
    """At most three digits, in brackets where it is negative."""
    text = f"{round(float(value), 4) + 0.0:.3g}"
    return f"({text})" if value < 0 else text


def matrix(
    values: Array,
    row: int | None = None,
    unit: int | None = None,
    at: tuple[int, int] | None = None,
    unit_row: int | None = None,
) -> str:
    """`values` (rows, columns) with a row orange, a column (or row) of a unit blue, or one number
    in a box."""

    def cell(i: int, j: int) -> str:
        text = f"{round(float(values[i, j]), 4) + 0.0:.3g}"
        if (i, j) == at:
            return rf"\boxed{{\mathbf{{{text}}}}}"
        if i == row:
            return rf"\textcolor{{{ROW}}}{{\mathbf{{{text}}}}}"
        return rf"\textcolor{{{UNIT}}}{{\mathbf{{{text}}}}}" if unit == j or unit_row == i else text

    rows, columns = values.shape
    lines = (" & ".join(cell(i, j) for j in range(columns)) for i in range(rows))
    return r"\begin{bmatrix} " + r" \\ ".join(lines) + r" \end{bmatrix}"


def column(values: Array) -> str:
    """`values` (n,) below each other."""
    return matrix(values[:, None])
