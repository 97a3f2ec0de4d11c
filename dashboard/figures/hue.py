"""One hue for each competitor, the same in every chart of a page."""

from collections.abc import Iterable

from dashboard.figures.figure import CLASS_COLOURS


def hues(chosen: Iterable[str]) -> dict[str, str]:
    """A colour for each of `chosen`, in their order; two get the same only beyond ten."""
    return {name: CLASS_COLOURS[i % len(CLASS_COLOURS)] for i, name in enumerate(chosen)}
