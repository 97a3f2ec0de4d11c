"""The plane of roasts as the 2-3-1 network answers it, with a threshold."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from dashboard.figures import plane as figures
from dashboard.figures.figure import Figure

Array = NDArray[Any]


def roasting_figure(
    output: Array,
    threshold: float,
    extent: figures.Extent,
    examples: figures.Examples,
    lines: Sequence[figures.Line],
    axes: tuple[str, str],
    keep: str = "",
) -> Figure:
    """Answers (side, side), row 0 at the longest roast; solid where they cross the threshold."""
    colours = figures.shade(output[..., None], 2, 1.0, False)
    title = "What the network answers to every roast"
    names = ("bad roast", "good roast")
    figure = figures.plane(colours, extent, {"roasts": examples}, names, axes, title, keep)
    figures.add_lines(figure, lines, extent)
    figures.add_zero(figure, output - threshold, extent)
    figure["data"][-1] |= {"name": f"answer = {threshold:g}", "line": {"color": "#ffffff",
                           "width": 4}}  # fmt: skip
    return figure


def roasting_sentence(
    roast: tuple[float, float], answer: float, threshold: float, accuracy: float, trivial: float
) -> str:
    """What becomes of the movable roast, and how many of the 200 are right."""
    said = "good roast" if answer > threshold else "bad roast"
    sign = ">" if answer > threshold else "≤"
    return (
        f"{roast[0]:.1f} °C for {roast[1]:.2f} minutes: the answer is {answer:.4f} {sign} "
        f"{threshold:g}, a {said}. Of 200 roasts {accuracy:.1%} are judged right; always saying "
        f"“bad” reaches {trivial:.1%}."
    )
