"""The units of a layer as a grid of coloured cells."""

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import colour

WIDE = 3  # columns for each row, about


def cells(values: NDArray[np.floating], largest: float) -> NDArray[np.uint8]:
    """Values (n,) of a layer's units, row by row, as colours (rows, columns, 3).

    −largest is orange, 0 is grey, largest is blue; a cell without a unit is black.
    """
    columns = columns_of(len(values))
    rows = -(-len(values) // columns)
    grid = np.zeros((rows * columns, 3), np.uint8)
    grid[: len(values)] = colour(values, largest)
    return grid.reshape(rows, columns, 3)


def columns_of(n: int) -> int:
    """Cells in a row of the grid of `n` units: all of up to 16, else about WIDE for each row."""
    return n if n <= 16 else int(np.ceil(np.sqrt(WIDE * n)))
