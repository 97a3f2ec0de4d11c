"""Arrays → images, as PNG files or `data:` addresses, and charts of pixels."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.figures.style import (
    DIVERGING_SCALE,
    Figure,
    base_layout,
    diverging_colors,
)

Array = NDArray[Any]


ASPECT = 3  # about as many columns per row of cells


def unit_cells(values: NDArray[np.floating], largest: float) -> NDArray[np.uint8]:
    """Values (n,) of a layer's units, row by row → colors (rows, columns, 4).

    −largest is orange, 0 is gray, largest is blue; a cell without a unit is transparent.
    """
    columns = n_cell_columns(len(values))
    grid = np.zeros((-(-len(values) // columns) * columns, 4), np.uint8)
    grid[: len(values), :3] = diverging_colors(values, largest)
    grid[: len(values), 3] = 255
    return grid.reshape(-1, columns, 4)


def n_cell_columns(n: int) -> int:
    """Cells per row of the grid of `n` units: all of up to 16, else about ASPECT per row.

    A near number that fills the last row is preferred.
    """
    if n <= 16:
        return n
    best = round((ASPECT * n) ** 0.5)
    near = [c for c in range(best * 2 // 3, best * 5 // 3) if n % c == 0]
    return min(near, key=lambda c: abs(c - best), default=best)


NAN_COLOR = (122, 59, 106)  # neither blue nor orange
PALETTE = bytes([*NAN_COLOR, *diverging_colors(np.linspace(-1, 1, 255), 1.0).ravel().tolist()])


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels (height, width) of gray or (height, width, 3) of color → a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def data_url(pixels: NDArray[np.uint8]) -> str:
    """Pixels as for `png` → a `data:` URL."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def sprite_sheet(
    images: NDArray[np.uint8], columns: int, maximum: float = 255.0
) -> NDArray[np.uint8]:
    """Images (n, height, width) in rows of `columns` on one; the last row is filled with 0."""
    n, height, width = images.shape
    rows = -(-n // columns)
    filled = np.zeros((rows * columns, height, width), np.uint8)
    filled[:n] = images
    picture = filled.reshape(rows, columns, height, width).swapaxes(1, 2)
    return mosaic(picture.reshape(1, rows * height, columns * width), maximum)


def encode_pixels(pixels: NDArray[np.uint8]) -> str:
    """The bytes of `pixels`, row by row, as base64."""
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()


def diverging_url(values: NDArray[Any], largest: float) -> str:
    """Values (height, width) on −largest … largest → a `data:` URL of their colors.

    One byte per value, an index into 255 colors from orange over gray to blue: a third of the
    size. NaN is purple.
    """
    share = np.clip(values / (largest or 1.0), -1, 1).astype(np.float32)
    number = np.isfinite(values)
    index = np.where(number, np.where(number, share, 0) * 127 + 128, 0).round().astype(np.uint8)
    image = Image.fromarray(index, "L")
    image.putpalette(PALETTE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def mosaic(images: NDArray[np.uint8], maximum: float = 255.0) -> NDArray[np.uint8]:
    """Images (n, height, width), 0 … maximum, one below the other: (n·height, width), 0 … 255."""
    column = images.reshape(-1, images.shape[-1])
    if maximum == 255.0:
        return column
    return (column * (255.0 / maximum)).round().astype(np.uint8)


SMALLEST_SCALE = 0.02  # smaller values are all nearly gray


def heat_map(
    values: NDArray[Any], image: NDArray[Any], title: str, unit: str, uirevision: str = ""
) -> Figure:
    """Values (height, width) on a symmetric scale, with the outline of `image` over them."""
    height, width = values.shape
    largest = max(float(np.abs(values).max()), SMALLEST_SCALE)
    layout = base_layout(title, "column", "row", uirevision, height=420)
    layout["xaxis"] |= {"range": [-0.5, width - 0.5], "showgrid": False, "constrain": "domain"}
    layout["yaxis"] |= {
        "range": [height - 0.5, -0.5], "showgrid": False, "scaleanchor": "x", "constrain": "domain",
    }  # fmt: skip
    colors = {
        "type": "heatmap", "uid": "heat", "z": values.astype(np.float32), "zmin": -largest,
        "zmax": largest, "colorscale": DIVERGING_SCALE,
        "colorbar": {"title": {"text": unit, "side": "right"}, "tickformat": "+.0%",
                     "thickness": 12},
        "hovertemplate": "row %{y}, column %{x}: %{z:+.1%}<extra></extra>",
    }  # fmt: skip
    outline = {
        "type": "contour", "uid": "outline", "z": image.astype(np.float32), "showscale": False,
        "contours": {"coloring": "none", "start": image.max() / 2, "end": image.max() / 2,
                     "size": 1},
        "line": {"color": "#30343a", "width": 1.5}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    return {"data": [colors, outline], "layout": layout}


LIGHT, DARK = "#ffffff", "#000000"  # white on black, as stored


def pixel_values(
    values: Array, title: str, low: float, high: float, decimals: int = 0, uirevision: str = "",
    dark_on_white: bool = False,
) -> Figure:  # fmt: skip
    """An image (height, width) with its numbers in the cells, from `low` (black) to `high`.

    dark_on_white: `low` is white. With low < 0: orange and blue on a symmetric scale.
    """
    signed = low < 0
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    layout = base_layout(title, "column", "row", uirevision, height=540)
    layout["margin"] |= {"t": 40}
    axis = {"showgrid": False, "fixedrange": False, "nticks": 8, "constrain": "domain"}
    layout["xaxis"] |= axis
    layout["yaxis"] |= axis | {"autorange": "reversed", "scaleanchor": "x"}
    span = (low, high if high > low else low + 1)
    dark = values > 0.6 * high if signed else values < (low + high) / 2
    ends = [LIGHT, DARK] if dark_on_white else [DARK, LIGHT]
    scale = DIVERGING_SCALE if signed else [[0, ends[0]], [1, ends[1]]]
    if dark_on_white and not signed:
        dark = ~dark
    traces = [
        _cells(np.where(chosen, values, np.nan), span, scale, text, f".{decimals}f")
        for chosen, text in ((dark, LIGHT), (~dark, DARK))
    ]
    return {"data": traces, "layout": layout}


def _cells(
    values: Array, span: tuple[float, float], scale: Any, text: str, number: str
) -> dict[str, Any]:
    """The cells whose numbers have the color `text`; the others are NaN."""
    gap = 1 if values.shape[1] <= 10 else 0
    return {
        "type": "heatmap",
        "uid": text,
        "z": values.astype(np.float32),
        "zmin": span[0],
        "zmax": span[1],
        "colorscale": scale,
        "showscale": False,
        "texttemplate": f"%{{z:{number}}}",
        "textfont": {"color": text},
        "hoverongaps": False,
        "xgap": gap,
        "ygap": gap,
        "hovertemplate": f"row %{{y}}, column %{{x}}: %{{z:{number}}}<extra></extra>",
    }


def pixels_sentence(label: str, raw: Array, scaled: Array, dark_on_white: bool = False) -> str:
    """Range of one image before and after scaling."""
    empty, color = float((raw == 0).mean()), "white" if dark_on_white else "black"
    return (
        f"{label}: {raw.size:,} pixels from {raw.min():g} to {raw.max():g}, {empty:.0%} of them 0 "
        f"({color}); scaled inputs {scaled.min():.3g} to {scaled.max():.3g}."
    )
