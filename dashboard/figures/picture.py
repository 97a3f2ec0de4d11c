"""Arrays → one PNG, as text that a page can show without another request."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.figures.figure import colour

NO_NUMBER = (122, 59, 106)  # neither blue nor orange
PALETTE = bytes([*NO_NUMBER, *colour(np.linspace(-1, 1, 255), 1.0).ravel().tolist()])


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels (height, width) of grey or (height, width, 3) of colour → a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def address(pixels: NDArray[np.uint8]) -> str:
    """Pixels as for `png` → a `data:` address."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def sheet(images: NDArray[np.uint8], columns: int, maximum: float = 255.0) -> NDArray[np.uint8]:
    """Images (n, height, width) in rows of `columns`, one picture; the last row filled with 0."""
    n, height, width = images.shape
    rows = -(-n // columns)
    filled = np.zeros((rows * columns, height, width), np.uint8)
    filled[:n] = images
    picture = filled.reshape(rows, columns, height, width).swapaxes(1, 2)
    return mosaic(picture.reshape(1, rows * height, columns * width), maximum)


def encoded(pixels: NDArray[np.uint8]) -> str:
    """The bytes of `pixels`, row by row, in base 64."""
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()


def diverging(values: NDArray[Any], largest: float) -> str:
    """Values (height, width) on −largest … largest → the address of their colours.

    One byte a value, an index into 255 colours from orange over grey to blue: a third of the size.
    What is no number is purple.
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
