"""A sensible learning rate for every rule on every surface, found by trying.

One rate for all would be unfair: a rule that divides by √V walks as far as its rate says, the
others as far as rate times slope. So each gets the best of 1, 2, 5 × powers of ten: that with the
lowest mean of log₁₀(loss) over TRIED updates from the surface's own start.
"""

import numpy as np

from playground.labs.optimizers.surfaces import SURFACES, Surface
from playground.labs.optimizers.trajectories import Path, noise, walk
from playground.labs.optimizers.update_rules import settings

LADDER = tuple(float(f"{digit}e{power}") for power in range(-4, 2) for digit in (1, 2, 5))
LARGEST = {"adadelta": 50.0, "course_momentum": 20.0}  # its own steps are small; 1 − β is in it
LARGEST_ELSE = 2.0
TRIED = 200
SEEDS = 4  # of the noise, where there is any
SMALLEST = 1e-12  # a loss below this is 0


def best(name: str, surface: str) -> float:
    """The rate of the ladder with which the rule `name` does best on a surface."""
    chosen = SURFACES[surface]
    errors = [noise(chosen, TRIED, seed) for seed in range(SEEDS if chosen.noise else 1)]
    usual = settings(name)

    def cost(rate: float) -> float:
        walks = (walk(name, chosen, chosen.start, rate, usual, each) for each in errors)
        return float(np.mean([_cost(path, chosen) for path in walks]))

    return min((r for r in LADDER if r <= LARGEST.get(name, LARGEST_ELSE)), key=cost)


def _cost(path: Path, surface: Surface) -> float:
    if path.left is not None:
        return np.inf
    return float(np.mean(np.log10(np.maximum(path.loss - surface.lowest, SMALLEST))))


RATES: dict[str, dict[str, float]] = {
    "bowl": {
        "sgd": 0.5,
        "course_momentum": 1,
        "momentum": 0.1,
        "nesterov": 0.5,
        "adagrad": 2,
        "adadelta": 50,
        "rmsprop": 0.1,
        "adam": 0.5,
        "nadam": 2,
        "adamw": 2,
        "adamax": 1,
        "lion": 0.2,
    },
    "ravine": {
        "sgd": 0.2,
        "course_momentum": 1,
        "momentum": 0.1,
        "nesterov": 0.2,
        "adagrad": 2,
        "adadelta": 50,
        "rmsprop": 0.2,
        "adam": 1,
        "nadam": 2,
        "adamw": 2,
        "adamax": 1,
        "lion": 0.5,
    },
    "beale": {
        "sgd": 0.02,
        "course_momentum": 0.05,
        "momentum": 0.005,
        "nesterov": 0.005,
        "adagrad": 2,
        "adadelta": 50,
        "rmsprop": 0.2,
        "adam": 0.5,
        "nadam": 1,
        "adamw": 0.5,
        "adamax": 1,
        "lion": 0.1,
    },
    "rosenbrock": {
        "sgd": 0.0005,
        "course_momentum": 0.01,
        "momentum": 0.001,
        "nesterov": 0.0005,
        "adagrad": 0.2,
        "adadelta": 20,
        "rmsprop": 1,
        "adam": 1,
        "nadam": 2,
        "adamw": 2,
        "adamax": 2,
        "lion": 0.02,
    },
    "himmelblau": {
        "sgd": 0.01,
        "course_momentum": 0.1,
        "momentum": 0.01,
        "nesterov": 0.01,
        "adagrad": 1,
        "adadelta": 50,
        "rmsprop": 0.1,
        "adam": 1,
        "nadam": 0.5,
        "adamw": 1,
        "adamax": 1,
        "lion": 0.1,
    },
    "saddle": {
        "sgd": 0.2,
        "course_momentum": 5,
        "momentum": 0.5,
        "nesterov": 0.2,
        "adagrad": 2,
        "adadelta": 50,
        "rmsprop": 0.05,
        "adam": 1,
        "nadam": 1,
        "adamw": 1,
        "adamax": 1,
        "lion": 0.1,
    },
    "plateau": {
        "sgd": 1,
        "course_momentum": 20,
        "momentum": 2,
        "nesterov": 1,
        "adagrad": 2,
        "adadelta": 50,
        "rmsprop": 0.05,
        "adam": 1,
        "nadam": 0.5,
        "adamw": 2,
        "adamax": 2,
        "lion": 0.1,
    },
    "noisy": {
        "sgd": 0.05,
        "course_momentum": 0.05,
        "momentum": 0.005,
        "nesterov": 0.005,
        "adagrad": 0.5,
        "adadelta": 50,
        "rmsprop": 0.1,
        "adam": 0.1,
        "nadam": 0.1,
        "adamw": 0.1,
        "adamax": 0.2,
        "lion": 0.2,
    },
}
