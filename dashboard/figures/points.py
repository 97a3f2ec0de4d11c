"""The examples of the parts in the plane or along a line, with no network yet."""

from typing import Any

from numpy.typing import NDArray

from dashboard.figures import fit, region
from dashboard.figures.figure import Figure, escaped, frame

Array = NDArray[Any]
Points = dict[str, tuple[Array, Array]]  # name of a part → its x and its y


def plane_points(points: Points, axes: tuple[str, str]) -> Figure:
    """Points (n, 2) coloured by their values (n,) on −1 … 1; a symbol for each part."""
    layout = frame("The points, by part", escaped(axes[0]), escaped(axes[1]), height=520)
    if axes == ("x₁", "x₂"):  # one unit on both axes: a circle looks like a circle
        layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
        layout["xaxis"] |= {"constrain": "domain"}
    return {"data": region.examples(points), "layout": layout}


def line_points(points: Points, name: str) -> Figure:
    """Points along x (n,) with their targets (n,); a symbol for each part."""
    return {
        "data": fit.examples(points),
        "layout": frame("The points, by part", escaped(name), "y", height=420),
    }


def points_sentence(counts: dict[str, int], least: float, most: float) -> str:
    """How many points there are in each part, and where their targets lie, in one sentence."""
    symbols = ("circles", "diamonds")
    parts = " and ".join(
        f"{count:,} {part} points ({symbol})"
        for (part, count), symbol in zip(counts.items(), symbols, strict=False)
    )
    return f"{parts}; the targets of training go from {least:.3g} to {most:.3g}."


def classes_sentence(counts: dict[str, int], name: str, share: float) -> str:
    """How many points there are in each part, and of which class, in one sentence."""
    symbols = ("circles", "diamonds")
    parts = " and ".join(
        f"{count:,} {part} points ({symbol})"
        for (part, count), symbol in zip(counts.items(), symbols, strict=False)
    )
    return f"{parts}; {share:.0%} of the training points are {name} (drawn in blue)."
