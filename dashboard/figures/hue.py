"""One hue for each competitor, the same in every chart, whatever else is drawn beside it."""

from collections.abc import Iterable, Sequence

from dashboard.figures.figure import CLASS_COLOURS


def hues(chosen: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """A colour for each of `chosen`, by its place in `names`; two get the same only beyond ten."""
    found: dict[str, str] = {}
    for name in chosen:
        place = names.index(name)
        turn = (CLASS_COLOURS[(place + i) % len(CLASS_COLOURS)] for i in range(len(CLASS_COLOURS)))
        free = [colour for colour in turn if colour not in found.values()]
        found[name] = free[0] if free else CLASS_COLOURS[place % len(CLASS_COLOURS)]
    return found
