"""Where an optimizer walks on a surface: every update with all of its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.labs.optimizers.surfaces import Array, Point, Surface
from playground.labs.optimizers.update_rules import RULES, Settings, Values

FAR = 100.0  # widths of the chart, beyond which nobody follows a path


@dataclass(frozen=True)
class Path:
    """Row t of `points` (updates + 1, 2) is where update t has led, row 0 the start.

    steps: the numbers of each update, for x and for y. `left`: the update that led too far away to
    be followed, and ended the path.
    """

    points: Array
    loss: Array  # (updates + 1,), without noise
    steps: tuple[tuple[Values, Values], ...]
    left: int | None = None


def walk(
    name: str,
    surface: Surface,
    start: Point,
    rate: float,
    settings: Settings,
    errors: NDArray[np.float64],
) -> Path:
    """As many updates by the rule `name` as `errors` has rows; they are added to the gradients."""
    rule = RULES[name]
    states = [rule.begin(settings), rule.begin(settings)]
    w = (float(start[0]), float(start[1]))
    points, steps = [w], []
    far = [FAR * (high - low) for low, high in (surface.x, surface.y)]
    left = None
    for t, error in enumerate(errors.tolist(), 1):
        gradient = surface.gradient(*w)
        values: list[Values] = []
        for i in (0, 1):
            g = gradient[i] + error[i]
            states[i], found = rule.step(states[i], w[i], g, t, rate, settings)
            found |= {"g": g, "w": w[i], "next": w[i] - found["eta"]}
            values.append(found)
        w = (values[0]["next"], values[1]["next"])
        steps.append((values[0], values[1]))
        points.append(w)
        if not (abs(w[0]) < far[0] and abs(w[1]) < far[1]):
            left = t
            break
    where = np.array(points)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = np.asarray(surface.f(where[:, 0], where[:, 1]), dtype=np.float64)
    return Path(where, loss, tuple(steps), left)


def noise(surface: Surface, updates: int, seed: int) -> Array:
    """The errors of the gradients, (updates, 2): the same for every optimizer."""
    return np.random.default_rng(seed).normal(0.0, surface.noise, (updates, 2))


NEAR = 0.01  # of the way down, which counts as there


def arrived(path: Path, surface: Surface) -> int | None:
    """The update after which the loss is within 1 % of the way down, and stays there; or None."""
    above = path.loss - surface.lowest
    outside = np.flatnonzero(~(above <= NEAR * above[0]))
    first = int(outside[-1]) + 1 if len(outside) else 0
    return first if first < len(above) else None


def ranking(paths: Mapping[str, Path], step: int) -> list[str]:
    """Names by the loss after `step` updates, the lowest first; those that left come last."""

    def key(name: str) -> tuple[bool, float]:
        path = paths[name]
        gone = path.left is not None and step >= path.left
        return gone, float(path.loss[min(step, len(path.loss) - 1)])

    return sorted(paths, key=key)
