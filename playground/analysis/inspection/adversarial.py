"""Adversarial examples by iterated FGSM: the smallest change of an image that changes its class.

From the image x₀ small steps descend −ln p_c of the target class c, each followed by clipping to
valid pixels: x ← clip(x − h·d). After t steps no pixel has changed by more than t·h, the strength.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset
from playground.nn.network import Snapshot, output_and_input_gradient

Array = NDArray[Any]

STEP = 1 / 255  # of the pixel range: one gray level of most images
STRONGEST = 0.5  # of the pixel range
BEYOND = 8  # steps after the last class was reached
MOST_WORK = 1.5e8  # weights × images: larger networks take larger steps, in the same time


@dataclass(frozen=True)
class Direction:
    """The step direction for the gradients g of images (n, n_features), within ±1."""

    label: str
    description: str
    of: Callable[[Array], Array]


def _in_proportion(g: Array) -> Array:
    largest = np.abs(g).max(axis=1, keepdims=True)
    return np.asarray(np.divide(g, largest, out=np.zeros_like(g), where=largest > 0))


DIRECTIONS: dict[str, Direction] = {
    "sign": Direction("Sign (FGSM)", "Each pixel changes by the same amount, up or down.", np.sign),
    "gradient": Direction(
        "Gradient", "Pixels change in proportion to their gradient.", _in_proportion
    ),
}


@dataclass(frozen=True)
class AdversarialPaths:
    """The paths from one image to every other class, with all steps.

    images: (n_steps, n_targets, height, width) float32, 0 … maximum, the first the image itself.
    shares: (n_steps, n_targets, n_classes), the probability of each class.
    reached: (n_targets,), the first step at which the target is predicted; −1 where there is none.
    """

    answer: int  # the class predicted for the image itself
    targets: tuple[int, ...]
    images: Array
    shares: Array
    reached: NDArray[np.int64]
    maximum: float  # of a pixel
    step: float  # h, as a share of the pixel range

    @property
    def nearest(self) -> int | None:
        """The index of the target reached in the fewest steps; None where none is."""
        if (self.reached < 0).all():
            return None
        return int(np.where(self.reached < 0, len(self.images), self.reached).argmin())

    def answers(self, index: int) -> NDArray[np.int64]:
        """The class predicted at each step of the path to target `index`."""
        return np.asarray(self.shares[:, index].argmax(axis=-1))

    def change(self, index: int, step: int) -> Array:
        """(height, width): the change of each pixel, as a share of the pixel range."""
        return np.asarray((self.images[step, index] - self.images[0, index]) / self.maximum)


def _step(snapshot: Snapshot, n_targets: int) -> float:
    """One gray level, or as many as keep the work within bounds."""
    work = STRONGEST / STEP * n_targets * snapshot.n_parameters
    return STEP * max(1, round(work / MOST_WORK))


def paths(
    snapshot: Snapshot, dataset: Dataset, image: Array, direction: str = "sign"
) -> AdversarialPaths:
    """The paths from one image (height, width) to every class but the predicted one.

    They end soon after every class is reached, or at STRONGEST.
    """
    source, of = dataset.source, DIRECTIONS[direction].of
    n_classes = len(source.classes)
    start = image.reshape(1, -1).astype(np.float32)
    first = _shares(snapshot.predict(dataset.transform(start)))
    answer = int(first.argmax())
    targets = np.array([c for c in range(n_classes) if c != answer])
    step = _step(snapshot, len(targets))
    h = np.float32(step * source.maximum)
    x = np.repeat(start, len(targets), axis=0)
    images, shares = list[Array](), list[Array]()
    reached, end = np.full(len(targets), -1), int(STRONGEST / step)
    while len(images) <= end:
        output, gradient = output_and_input_gradient(snapshot, dataset.transform(x), targets)
        images.append(x)
        shares.append(_shares(output))
        new = (reached < 0) & (shares[-1].argmax(axis=1) == targets)
        reached[new] = len(images) - 1
        if (reached >= 0).all():
            end = min(end, int(reached.max()) + BEYOND)
        x = np.clip(x - h * of(gradient / dataset.scale), 0, np.float32(source.maximum))
    path = np.stack(images).reshape(len(images), len(targets), *image.shape)
    return AdversarialPaths(
        answer, tuple(targets.tolist()), path, np.stack(shares), reached,
        source.maximum, step,
    )  # fmt: skip


def _shares(output: Array) -> Array:
    """The probability of each class; two for networks with one output."""
    return np.hstack([1 - output, output]) if output.shape[1] == 1 else output
