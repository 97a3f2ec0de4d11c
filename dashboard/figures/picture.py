"""Arrays → one PNG, as text that a page can show without another request."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def address(pixels: NDArray[np.uint8]) -> str:
    """Pixels (height, width) of grey or (height, width, 3) of colour → a `data:` address."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def encoded(pixels: NDArray[np.uint8]) -> str:
    """The bytes of `pixels`, row by row, in base 64."""
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()


def mosaic(images: NDArray[np.uint8], maximum: float = 255.0) -> NDArray[np.uint8]:
    """Images (n, height, width), 0 … maximum, one below the other: (n·height, width), 0 … 255."""
    column = images.reshape(-1, images.shape[-1])
    if maximum == 255.0:
        return column
    return (column * (255.0 / maximum)).round().astype(np.uint8)
