"""Where a network looks: its certainty while a patch covers one part of the image after another."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset
from playground.nn.network import Snapshot

Array = NDArray[Any]


@dataclass(frozen=True)
class Occlusion:
    """How much the probability of the answer falls where the image is covered.

    falls: (height, width), for each pixel the mean over all places of the patch that cover it;
        below 0: the answer becomes surer.
    places: (n,) the fall at each place; corners: (n, 2) row and column of its upper left corner,
        which may lie outside the image; answers: (n,) the answer there.
    """

    answer: int
    probability: float  # of the answer to the whole image
    falls: Array
    places: Array
    corners: NDArray[np.int64]
    answers: NDArray[np.int64]
    patch: int  # side, in pixels

    @property
    def strongest(self) -> tuple[int, int]:
        """Row and column of the pixel that matters most."""
        row, column = np.unravel_index(int(self.falls.argmax()), self.falls.shape)
        return int(row), int(column)

    @property
    def other(self) -> float:
        """The share of the places at which the answer is another one."""
        return float((self.answers != self.answer).mean())


def occlusion(
    snapshot: Snapshot, dataset: Dataset, image: Array, patch: int, cover: float = 0.0
) -> Occlusion:
    """Slide a square of side `patch` and grey value `cover` over an image (height, width).

    It also lies partly outside, so that every pixel is covered at patch² places. ValueError where
    the patch is larger than the image.
    """
    height, width = image.shape
    if not 1 <= patch <= min(height, width):
        raise ValueError(f"patch must be between 1 and {min(height, width)}, got {patch}")
    covered, corners = _covered(image.astype(np.float32), patch, cover)
    output = snapshot.predict(dataset.transform(np.concatenate([image[None], covered])))
    shares = np.hstack([1 - output, output]) if output.shape[1] == 1 else output
    answer = int(shares[0].argmax())
    places = shares[0, answer] - shares[1:, answer]
    falls = _per_pixel(places.reshape(height + patch - 1, width + patch - 1), patch)
    return Occlusion(
        answer, float(shares[0, answer]), falls, places, corners,
        np.asarray(shares[1:].argmax(axis=1)), patch,
    )  # fmt: skip


def _covered(image: Array, patch: int, cover: float) -> tuple[Array, NDArray[np.int64]]:
    """The image with each place covered, row by row of places: (n, height, width), and corners."""
    height, width = image.shape
    rows, columns = (_inside(side, patch) for side in (height, width))
    hidden = rows[:, None, :, None] & columns[None, :, None, :]
    covered = np.where(hidden, np.float32(cover), image).reshape(-1, height, width)
    corner = np.indices((len(rows), len(columns))).reshape(2, -1).T - (patch - 1)
    return covered, corner


def _inside(side: int, patch: int) -> NDArray[np.bool_]:
    """(side + patch − 1, side): whether the patch at each place covers each row."""
    first = np.arange(side + patch - 1)[:, None] - (patch - 1)
    here = np.arange(side)
    return (here >= first) & (here < first + patch)


def _per_pixel(places: Array, patch: int) -> Array:
    """The mean of `places` (height + patch − 1, width + patch − 1) over those covering a pixel."""
    windows = np.lib.stride_tricks.sliding_window_view(places, (patch, patch))
    return np.asarray(windows.mean(axis=(2, 3), dtype=np.float64).astype(np.float32))
