"""The units of a layer as a grid of coloured cells."""

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import colour

WIDE = 3  # columns for each row, about


def cells(values: NDArray[np.floating], largest: float) -> NDArray[np.uint8]:
    """Values (n,) of a layer's units, row by row, as colours (rows, columns, 4).

    −largest is orange, 0 is grey, largest is blue; a cell without a unit is transparent.
    """
    columns = columns_of(len(values))
    grid = np.zeros((-(-len(values) // columns) * columns, 4), np.uint8)
    grid[: len(values), :3] = colour(values, largest)
    grid[: len(values), 3] = 255
    return grid.reshape(-1, columns, 4)


def columns_of(n: int) -> int:
    """Cells in a row of the grid of `n` units: all of up to 16, else about WIDE for each row.

    A number that fills the last row is preferred where there is one near.
    """
    if n <= 16:
        return n
    best = round((WIDE * n) ** 0.5)
    near = [c for c in range(best * 2 // 3, best * 5 // 3) if n % c == 0]
    return min(near, key=lambda c: abs(c - best), default=best)
