"""Ablation: the effect of removing a hidden unit, or of covering a part of an image (occlusion)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.analysis.metrics.score import metric
from playground.datasets.dataset import Dataset
from playground.nn.activations import ACTIVATIONS
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Array, Snapshot, backward, output_gradient

Passes = list[tuple[Array, Array]]  # z and a of every layer

# Time allowed for `ablate_each`, and that of its parts, in nanoseconds. Large networks get fewer
# examples.
ALLOWED = 40e6
MULTIPLICATION, NUMBER, COSTLY_NUMBER = 0.06, 2.0, 15.0
FEWEST_ROWS = 100


def top_and_bottom(z: Array, a: Array, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of the `count` largest and smallest outputs a (n,) of one unit, the extreme first.

    Equal outputs (0 of a ReLU) are ordered by their pre-activations z (n,).
    """
    order = np.lexsort((z, a))
    return order[::-1][:count], order[:count]


@dataclass(frozen=True)
class Ablation:
    """The score on some examples without each unit of a layer: its output is set to 0.

    Scores are accuracies (0 to 1), or mean absolute errors for regression.
    """

    rows: int  # examples measured on
    before: float
    after: NDArray[np.float64]  # (units,)
    loss: NDArray[np.float64]  # (units,) accuracy lost, or error gained; negative: better without


def affordable(snapshot: Snapshot, layer: int) -> int:
    """On how many examples ablating each unit of `layer` (0: the first) takes moments.

    0: on too few to be meaningful.
    """
    layers, one = snapshot.layers, 0.0
    for i, each in enumerate(layers[layer + 1 :]):
        costly = each.activation in ACTIVATIONS and ACTIVATIONS[each.activation].costly
        one += len(each.bias) * (COSTLY_NUMBER if costly else NUMBER)
        one += each.kernel.size * MULTIPLICATION if i else 0
    rows = int(ALLOWED / (len(layers[layer].bias) * one))
    return max(rows, FEWEST_ROWS) if 3 * rows >= FEWEST_ROWS else 0


def ablate_each(
    snapshot: Snapshot, passes: Passes, y: NDArray[Any], layer: int, task: str
) -> Ablation:
    """The score without each unit of a hidden layer (0: the first), one unit at a time.

    passes: z and a of every layer, as `forward` gives them for some examples; y (n,) theirs.
    Of unit u, z of the next layer loses a_u·W_u: a product of two vectors, not a whole new pass.
    Measured on the first n examples: `affordable` says how many are wise.
    """
    n = len(y)
    *others, last = snapshot.layers
    if last.activation == "softmax":  # the largest output stays the largest without it: faster
        last = replace(last, activation="linear")
    after, *rest = (*others, last)[layer + 1 :]
    # Columns are examples: long rows are faster.
    a, whole = (np.ascontiguousarray(x[:n].T) for x in (passes[layer][1], passes[layer + 1][0]))
    scores, z = np.empty(len(a)), np.empty_like(whole)
    for unit, kernel in enumerate(after.kernel):
        np.multiply(kernel[:, None], a[unit], out=z)
        np.subtract(whole, z, out=z)
        output = after.activate(z)
        for each in rest:
            output = each.activate(each.kernel.T @ output + each.bias[:, None])
        if task == CLASSIFICATION and len(output) > 1:
            scores[unit] = (output.argmax(axis=0) == y).mean()
        else:
            scores[unit] = metric(output.T, y, task)
    before = metric(passes[-1][1][:n], y, task)
    sign = 1 if task == CLASSIFICATION else -1
    return Ablation(n, before, scores, sign * (before - scores))


def ranked(loss: Array, expected: Array) -> NDArray[np.int64]:
    """Units, the most important first: by measured loss, equals by expected loss."""
    return np.lexsort((-expected, -loss))


def first_order_importance(
    snapshot: Snapshot, x: Array, y: NDArray[Any], layer: int, loss: str
) -> NDArray[np.float64]:
    """By how much the mean loss rises without each unit, to first order: −Σᵢ aᵢ·∂L/∂aᵢ, (units,).

    One pass for all units of a layer, where ablating each of them would take too long.
    """
    a = snapshot.forward(x)[layer][1]
    return np.asarray(-(a * backward(snapshot, x, y, loss).a[layer]).sum(axis=0), np.float64)


def without(snapshot: Snapshot, a: Array, layer: int, unit: int) -> Array:
    """The network's output (n, n_outputs) when the output of one hidden unit is set to 0.

    a: the outputs (n, units) of the unit's layer (0: the first), which stay as they are.
    """
    a = a.copy()
    a[:, unit] = 0
    return Snapshot(snapshot.epoch, snapshot.layers[layer + 1 :]).predict(a)


def direction(snapshot: Snapshot, x: Array, layer: int, unit: int) -> Array:
    """∂z/∂x of one unit, the mean over the examples x (n, n_features): (n_features,).

    For the first layer this is its column of weights, whatever the examples.
    """
    if layer == 0:
        return snapshot.layers[0].kernel[:, unit]
    up_to_z = replace(snapshot.layers[layer], activation="linear", parameters={})
    part = Snapshot(snapshot.epoch, (*snapshot.layers[:layer], up_to_z))
    return np.asarray(output_gradient(part, x, unit).mean(axis=0))


# ---- image patches -----------------------------------------------------------------------


@dataclass(frozen=True)
class Occlusion:
    """How much the probability of the predicted class falls where the image is covered.

    falls: (height, width), for each pixel the mean over all places of the patch that cover it;
        below 0: it rises.
    places: (n,) the fall at each place; corners: (n, 2) row and column of its upper left corner,
        which may lie outside the image; answers: (n,) the predicted class there.
    """

    answer: int
    probability: float  # of the class predicted for the whole image
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
        """The share of the places at which another class is predicted."""
        return float((self.answers != self.answer).mean())


def occlusion(
    snapshot: Snapshot, dataset: Dataset, image: NDArray[Any], patch: int, cover: float = 0.0
) -> Occlusion:
    """Slide a square of side `patch` and gray value `cover` over an image (height, width).

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
