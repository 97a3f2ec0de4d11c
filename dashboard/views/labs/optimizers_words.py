"""What the Optimizers lab says of the paths, made from their numbers."""

from collections.abc import Mapping

from playground.labs.paths import Path, arrived, ranking
from playground.labs.rules import RULES
from playground.labs.surfaces import Surface

Paths = Mapping[str, Path]


def paths_sentence(surface: Surface, paths: Paths, step: int) -> str:
    """Who is lowest after `step` updates, where, and who has left the chart."""
    first = ranking(paths, step)[0]
    path = paths[first]
    x, y = path.points[min(step, len(path.points) - 1)]
    loss = path.loss[min(step, len(path.loss) - 1)]
    told = f"After {step} updates {RULES[first].label} is lowest: loss {loss:.3g} at "
    told += f"({x:.2f}, {y:.2f})".replace("-", "−")
    gone = [RULES[name].label for name in paths if _away(surface, paths[name], step)]
    return told + (f"; outside of the chart: {', '.join(gone)}." if gone else ".")


def _away(surface: Surface, path: Path, step: int) -> bool:
    x, y = path.points[min(step, len(path.points) - 1)]
    return not (surface.x[0] <= x <= surface.x[1] and surface.y[0] <= y <= surface.y[1])


def losses_sentence(surface: Surface, paths: Paths, updates: int) -> str:
    """Who is within 1 % of the way down for good, after how many updates; who never."""
    there = {name: arrived(path, surface) for name, path in paths.items()}
    reached = sorted((at, name) for name, at in there.items() if at is not None)
    told = ", ".join(f"{RULES[name].label} after {at}" for at, name in reached)
    never = ", ".join(RULES[name].label for name, at in there.items() if at is None)
    parts = [f"Within 1 % of the way down and staying there: {told}"] if told else []
    if never:
        parts.append(f"not within {updates} updates: {never}")
    sentence = "; ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]
