"""Two curves over the epochs as a picture in a file: SVG that needs no script."""

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.history import Column

WIDTH, HEIGHT = 340, 190  # of a chart, in its own units
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 30  # what its axes take
MOST_POINTS = 300

TRAINING, VALIDATION, GRID = "#0877bd", "#3d9fe0", "#e3e6e9"


def chart(
    name: str, epoch: NDArray[Any], train: Column, validation: Column | None, form: str
) -> str:
    """Both curves as SVG: training solid, validation dashed, with round numbers at the axes."""
    lines = [("training", train, TRAINING, "")]
    if validation is not None:
        lines.append(("validation", validation, VALIDATION, "5 3"))
    seen = np.concatenate([values for _, values, _, _ in lines])
    y_ticks = ticks(float(seen.min()), float(seen.max()))
    last = max(int(epoch[-1]), 2)
    x_ticks = sorted({t for t in (round(each) for each in ticks(1, last)) if 1 <= t <= last})
    low, high = min(y_ticks[0], float(seen.min())), max(y_ticks[-1], float(seen.max()))

    def x(number: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (number - 1) / (last - 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    bottom = HEIGHT - BOTTOM
    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(t):.1f}" y2="{y(t):.1f}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 5}" y="{y(t) + 3:.1f}" text-anchor="end">{_tick(t, form)}</text>'
        for t in y_ticks
    ]
    parts += [
        f'<text x="{x(t):.1f}" y="{bottom + 13}" text-anchor="middle">{t:,}</text>' for t in x_ticks
    ]
    for i, (part, values, colour, dash) in enumerate(lines):
        rows = np.unique(np.linspace(0, len(values) - 1, MOST_POINTS).round().astype(int))
        points = " ".join(f"{x(epoch[r]):.1f},{y(float(values[r])):.1f}" for r in rows)
        style = f'stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dash}" fill="none"'
        parts.append(f'<polyline points="{points}" {style}/>')
        if len(rows) == 1:
            place = f'cx="{x(epoch[0]):.1f}" cy="{y(float(values[0])):.1f}"'
            parts.append(f'<circle {place} r="2.5" fill="{colour}"/>')
        at = LEFT + 90 * i
        parts.append(
            f'<line x1="{at}" x2="{at + 18}" y1="{HEIGHT - 5}" y2="{HEIGHT - 5}" {style}/>'
            f'<text x="{at + 22}" y="{HEIGHT - 2}">{part}</text>'
        )
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">epoch</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)} over the '
        f'epochs" font-size="9" fill="#565d66">{"".join(parts)}</svg>'
    )


def _tick(value: float, form: str) -> str:
    return f"{value:.4g}" if "%" not in form else f"{100 * value:.4g} %"


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from below `low` to above `high`; steps of 1, 2 or 5 times a power of ten."""
    largest = max(abs(low), abs(high))
    if high - low <= max(1e-6 * largest, 1e-9):  # as good as level
        margin = largest / 2 if largest > 1e-9 else 0.5
        low, high = low - margin, high + margin
    raw = (high - low) / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(float(m * power) for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return [float(round(k * step, 12)) for k in np.arange(first, last + 1)]
