"""Small trainings that show what activations do: a dying ReLU unit, and four best practices."""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playground.labs.activations.curves import ActivationCurve
from playground.nn.network import Layer, Snapshot, backward

Array = NDArray[np.floating]

# ---- one unit trained with too large a learning rate -------------------------------------------

UNIT_STEPS = 60
UNIT_START = (1.0, 3.0)  # w, b: far above the targets, so that the first step is a long one
UNIT_X = np.linspace(-1.0, 1.0, 20)
UNIT_Y = 0.6 + 0.3 * UNIT_X  # above 0: an active ReLU unit can fit it exactly


@dataclass(frozen=True)
class UnitTraining:
    """A unit a = f(w x + b) before training and after each step; arrays (UNIT_STEPS + 1,)."""

    of: ActivationCurve
    w: Array
    b: Array
    loss: Array  # mean squared error
    active: Array  # fraction of the examples with z > 0
    gradient: Array  # √((∂L/∂w)² + (∂L/∂b)²)

    def z(self, step: int) -> Array:
        """The pre-activation of each example, (20,)."""
        return np.asarray(self.w[step] * UNIT_X + self.b[step])

    @property
    def inactive_from(self) -> int | None:
        """The first step at which z is negative for every example."""
        return _first(self.active == 0)

    @property
    def recovered_at(self) -> int | None:
        """The first step after that at which some z is positive again."""
        start = self.inactive_from
        later = None if start is None else _first(self.active[start:] > 0)
        return None if start is None or later is None else start + later

    @property
    def is_dead(self) -> bool:
        """Whether it is inactive at the end without a gradient."""
        return bool(self.active[-1] == 0 and self.gradient[-1] == 0)


def _first(condition: NDArray[np.bool_]) -> int | None:
    steps = np.flatnonzero(condition)
    return int(steps[0]) if len(steps) else None


def train_unit(of: ActivationCurve, learning_rate: float) -> UnitTraining:
    """Gradient descent of one unit on all examples: (w, b) ← (w, b) − η · ∂L/∂(w, b)."""
    rows = np.empty((UNIT_STEPS + 1, 5))
    w, b = UNIT_START
    for step in range(UNIT_STEPS + 1):
        z = w * UNIT_X + b
        error = of.f(z) - UNIT_Y
        dz = 2 * error * of.df(z)
        dw, db = float(np.mean(dz * UNIT_X)), float(np.mean(dz))
        rows[step] = w, b, np.mean(error**2), np.mean(z > 0), np.hypot(dw, db)
        w, b = w - learning_rate * dw, b - learning_rate * db
    return UnitTraining(of, *rows.T)


# ---- a small network with and without four best practices ---------------------------------------

SIZES = (2, 16, 16, 16, 1)
STEPS = 150  # updates, each with all examples
SMALL, LARGE = 0.3, 5.0  # learning rates
EXAMPLES, CENTER, SCALE = 120, (40.0, 5.0), (10.0, 2.0)  # of the two inputs, unscaled
MAP_POINTS = 60  # along each side of the map


@dataclass(frozen=True)
class BestPractices:
    """The practices followed; the comment is the usual mistake instead."""

    relu: bool = True  # sigmoid
    small_rate: bool = True  # LARGE instead of SMALL
    standardize: bool = True  # inputs as they are
    he: bool = True  # weights U(0, 0.1) instead of N(0, 2/n)

    def without(self, name: str) -> "BestPractices":
        """The same with one practice the other way round."""
        return replace(self, **{name: not getattr(self, name)})

    @property
    def missing(self) -> list[str]:
        """Names of the practices not followed."""
        return [field.name for field in fields(self) if not getattr(self, field.name)]


@dataclass(frozen=True)
class TrainedNetwork:
    """loss: (STEPS + 1,) cross-entropy before each update and after the last; inf if it overflows.

    probabilities: of class 1 at each point of the map, (MAP_POINTS, MAP_POINTS), row 0 on top.
    """

    loss: Array
    accuracy: float
    probabilities: Array

    @property
    def has_learned(self) -> bool:
        """Whether it is clearly better than chance."""
        return bool(self.accuracy >= 0.75 and self.loss[-1] < 0.6)


def ring_examples() -> tuple[Array, Array]:
    """x (EXAMPLES, 2) on different scales, a ring around a disk; y (EXAMPLES,) of 0 and 1."""
    rng = np.random.default_rng(7)
    y = np.arange(EXAMPLES) % 2
    radius = 0.55 + 0.9 * y + 0.16 * rng.standard_normal(EXAMPLES)
    angle = rng.uniform(0, 2 * np.pi, EXAMPLES)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return (x * SCALE + CENTER).astype(np.float32), y.astype(np.float32)


def map_extent() -> tuple[float, float, float, float]:
    """Smallest and largest x₁, smallest and largest x₂ of the map."""
    (a, b), (s, t) = CENTER, SCALE
    return a - 2 * s, a + 2 * s, b - 2 * t, b + 2 * t


@lru_cache(maxsize=256)
def train_network(practices: BestPractices, seed: int = 0) -> TrainedNetwork:
    """Train the network by gradient descent: STEPS updates with all examples."""
    x, y = ring_examples()
    mean, deviation = (x.mean(0), x.std(0)) if practices.standardize else (np.zeros(2), np.ones(2))
    scaled = ((x - mean) / deviation).astype(np.float32)
    network = _initial(practices, np.random.default_rng(seed))
    rate = np.float32(SMALL if practices.small_rate else LARGE)
    losses = np.empty(STEPS + 1, np.float32)
    with np.errstate(all="ignore"):
        for step in range(STEPS + 1):
            gradients = backward(network, scaled, y, "cross_entropy")
            losses[step] = gradients.loss
            if step < STEPS:
                pairs = zip(gradients.kernels, gradients.biases, strict=True)
                slopes = [slope for pair in pairs for slope in pair]
                network = network.with_weights(
                    [w - rate * slope for w, slope in zip(network.weights, slopes, strict=True)]
                )
        left, right, bottom, top = map_extent()
        axes = np.linspace(left, right, MAP_POINTS), np.linspace(top, bottom, MAP_POINTS)
        grid = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
        points = ((grid - mean) / deviation).astype(np.float32)
        probabilities = network.predict(points).reshape(MAP_POINTS, MAP_POINTS)
        correct = (network.predict(scaled)[:, 0] > 0.5) == (y > 0.5)
    losses[~np.isfinite(losses)] = np.inf
    return TrainedNetwork(losses, float(correct.mean()), probabilities)


def _initial(practices: BestPractices, rng: np.random.Generator) -> Snapshot:
    hidden = "relu" if practices.relu else "sigmoid"
    layers = []
    for i, (n, m) in enumerate(pairwise(SIZES)):
        kernel = (
            rng.normal(0, np.sqrt(2 / n), (n, m)) if practices.he else rng.uniform(0, 0.1, (n, m))
        )
        activation = hidden if i < len(SIZES) - 2 else "sigmoid"
        layers.append(Layer(kernel.astype(np.float32), np.zeros(m, np.float32), activation))
    return Snapshot(0, tuple(layers))
