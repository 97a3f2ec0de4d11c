"""Preprocessing of a drawing like the training images: crop → fit → center → frame → scale.

Each step can be left out to see its effect.
"""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from playground.datasets import Dataset
from playground.datasets.registry import DatasetInfo, ImageLayout
from playground.nn.format import truncate

SIDE = 112  # pixels of a drawing from a pad, both ways: a multiple of 28 and of 8

STEPS = ("crop", "fit", "center", "frame", "scale")

Ink = NDArray[np.floating]


@dataclass(frozen=True)
class Drawing:
    """A square drawing: (n, n) uint8, 0 (no ink) … 255 (full)."""

    ink: NDArray[np.uint8]

    def __post_init__(self) -> None:
        ink = self.ink
        if ink.dtype != np.uint8 or ink.ndim != 2 or ink.shape[0] != ink.shape[1] or not ink.size:
            raise ValueError(f"ink must be a square of uint8, got {ink.dtype} of shape {ink.shape}")

    @property
    def empty(self) -> bool:
        """Whether there is no ink at all."""
        return not self.ink.any()


def decode(text: object) -> Drawing:
    """The drawing that a pad sent: SIDE·SIDE bytes in base 64, row by row.

    Raises ValueError for anything else.
    """
    rule = f"a drawing must be {SIDE} × {SIDE} bytes in base 64"
    length = 4 * -(-SIDE * SIDE // 3)
    if not isinstance(text, str) or len(text) != length:
        got = f"{len(text):,} characters" if isinstance(text, str) else truncate(text)
        raise ValueError(f"{rule}, got {got}")
    try:
        content = base64.b64decode(text, validate=True)
        ink = np.frombuffer(content, np.uint8).reshape(SIDE, SIDE)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{rule}, got other characters ({error})") from None
    return Drawing(ink)


@dataclass(frozen=True)
class PreprocessingStage:
    """The drawing after one step: (height, width) uint8, 0 … 255."""

    name: str  # "stroke", or one of STEPS
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class PreprocessedDrawing:
    """A drawing as an example of a data set.

    image: uint8, of the shape and range of the data set's own images.
    scaled: whether the input is scaled as in training, or raw pixel values.
    """

    image: NDArray[np.uint8]
    stages: tuple[PreprocessingStage, ...] = field(repr=False)
    transform: bool = True

    def inputs(self, dataset: Dataset) -> NDArray[np.float32]:
        """The network's input: float32, (1, n_features)."""
        if self.transform:
            return dataset.transform(self.image[None])
        return self.image.reshape(1, -1).astype(np.float32)


def frame_of(source: DatasetInfo) -> ImageLayout:
    """The layout of the images of `source`; ValueError if it has none."""
    if source.layout is None:
        raise ValueError(f"the data set must have images to draw, got {source.label}")
    return source.layout


def prepare(
    drawing: Drawing, source: DatasetInfo, steps: Collection[str] = STEPS
) -> PreprocessedDrawing:
    """Preprocess a drawing into an example of `source`, by some of STEPS.

    crop: only the bounding box of the ink; without it: the whole drawing.
    fit: the longer side gets as many pixels as in the data set's images; without: as drawn.
    center: where the data set's own images have theirs; without: where it was drawn.
    frame: each pixel is the mean ink of the area it covers; without: ink or none.
    scale: for `Prepared.inputs`.
    Shifts are by whole pixels and keep all ink inside. ValueError if the drawing is empty or
    the data set has no images.
    """
    frame = frame_of(source)
    if drawing.empty:
        raise ValueError("a drawing must have some ink, got none")
    unknown = set(steps) - set(STEPS)
    if unknown:
        raise ValueError(f"steps must be some of {', '.join(STEPS)}, got {truncate(unknown)}")
    ink = drawing.ink.astype(np.float64) / 255
    top, left, cropped = _crop(ink) if "crop" in steps else (0, 0, ink)
    scale = source.shape[0] / len(ink)  # a pixel of the drawing, in pixels of the frame
    middle = ((top + len(cropped) / 2) * scale, (left + cropped.shape[1] / 2) * scale)
    fitted = _fit(cropped, frame.longest / max(cropped.shape) if "fit" in steps else scale)
    if "center" in steps:
        corner = _centered(fitted, frame)
    else:
        corner = (middle[0] - len(fitted) / 2, middle[1] - fitted.shape[1] / 2)
    placed = _place(fitted, corner, source.shape)
    final = placed if "frame" in steps else (placed >= 0.5).astype(np.float64)
    images = (ink, cropped, fitted, placed, final, final)
    stages = [
        PreprocessingStage(name, _pixels(image, 255))
        for name, image in zip(("stroke", *STEPS), images, strict=True)
    ]
    return PreprocessedDrawing(_pixels(final, source.maximum), tuple(stages), "scale" in steps)


def _pixels(ink: Ink, maximum: float) -> NDArray[np.uint8]:
    return np.asarray((ink * maximum).round(), dtype=np.uint8)


def _box(ink: Ink) -> tuple[int, int, int, int]:
    """First and last row, first and last column with ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def _crop(ink: Ink) -> tuple[int, int, Ink]:
    top, bottom, left, right = _box(ink)
    return top, left, ink[top : bottom + 1, left : right + 1]


def _fit(ink: Ink, factor: float) -> Ink:
    """`ink` larger or smaller by `factor`: each new pixel is the mean of the area it covers."""
    height, width = (max(1, round(side * factor)) for side in ink.shape)
    return np.asarray(_mean(len(ink), height) @ ink @ _mean(ink.shape[1], width).T)


def _mean(old: int, new: int) -> Ink:
    """(new, old): the share of new pixel i that comes from old pixel j; each row adds up to 1."""
    edges = np.arange(new + 1) * (old / new)
    j = np.arange(old)
    overlap = np.minimum(edges[1:, None], j + 1) - np.maximum(edges[:-1, None], j)
    return np.asarray(np.maximum(overlap, 0) * (new / old))


def center_of_mass(ink: NDArray[np.floating | np.uint8]) -> tuple[float, float]:
    """Row and column, from 0, of the mean of all ink; pixel i lies at i."""
    total = float(ink.sum(dtype=np.float64))
    row = float(ink.sum(axis=1, dtype=np.float64) @ np.arange(len(ink)))
    column = float(ink.sum(axis=0, dtype=np.float64) @ np.arange(ink.shape[1]))
    return row / total, column / total


def _centered(ink: Ink, frame: ImageLayout) -> tuple[float, float]:
    """The upper left corner of `ink` for which its center is in the middle."""
    if frame.center == "mass":
        row, column = center_of_mass(ink)
    else:
        top, bottom, left, right = _box(ink)
        row, column = (top + bottom) / 2, (left + right) / 2
    return frame.middle - row, frame.middle - column


def _place(ink: Ink, corner: tuple[float, float], shape: tuple[int, ...]) -> Ink:
    """`ink` in an empty frame, its corner at the nearest pixel that keeps all ink inside."""
    top, bottom, left, right = _box(ink)
    first = (_nearest(corner[0], -top, shape[0] - 1 - bottom),
             _nearest(corner[1], -left, shape[1] - 1 - right))  # fmt: skip
    frame = np.zeros(shape)
    frame[first[0] + top : first[0] + bottom + 1, first[1] + left : first[1] + right + 1] = ink[
        top : bottom + 1, left : right + 1
    ]
    return frame


def _nearest(value: float, low: int, high: int) -> int:
    return max(low, min(high, int(np.ceil(value - 0.5))))
