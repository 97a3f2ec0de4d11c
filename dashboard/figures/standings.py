"""Score against cost, and in words: what the ranking says, and what of it may be luck."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.figures.figure import MARK, Figure, escaped, frame
from dashboard.figures.race import COLOURS, SYMBOLS
from playground.order import ordered, thrifty
from playground.ranking import Ranking, Spread, Standing

COSTS = {
    "best_seconds": "seconds of training until its best epoch",
    "best_updates": "updates until its best epoch",
    "best_multiply_adds": "multiply-adds until its best epoch",
}
SCORES = {"accuracy": "accuracy", "mean_absolute_error": "mean absolute error"}


def cost_figure(ranking: Ranking, cost: str, logarithmic: bool = False, keep: str = "") -> Figure:
    """The best score of each competitor over what it cost; whiskers: least and most of the seeds.

    A dotted line joins those that no other beats at no more cost.
    """
    name = f"best {ranking.part} {SCORES[ranking.metric]}"
    layout = frame("Score against cost", COSTS[cost], name, keep, height=360)
    layout["xaxis"] |= {"uirevision": f"{keep} {cost} {logarithmic}", "rangemode": "tozero"}
    if logarithmic:
        layout["xaxis"] |= {"type": "log"}
    if ranking.higher_is_better:
        layout["yaxis"]["tickformat"] = ".1~%"
    front = thrifty(ranking.standings, cost, ranking.higher_is_better)
    line = {
        "type": "scatter", "uid": "front", "name": "no other is cheaper and better",
        "x": _numbers(_spent(s, cost) for s in front), "y": _numbers(_score(s) for s in front),
        "mode": "lines", "line": {"color": MARK, "width": 1, "dash": "dot", "shape": "hv"},
        "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    points = [_point(s, cost, ranking) for s in ranking.standings if s.best is not None]
    return {"data": [line, *points], "layout": layout}


def _numbers(values: Any) -> Any:
    return np.array(list(values), np.float32)


def _score(standing: Standing) -> float:
    return standing.best.mean if standing.best is not None else float("nan")


def _cost(standing: Standing, cost: str) -> Spread:
    found: Spread = getattr(standing, cost)
    return found


def _spent(standing: Standing, cost: str) -> float:
    return _cost(standing, cost).mean


def _point(standing: Standing, cost: str, ranking: Ranking) -> dict[str, Any]:
    best, spent, i = standing.best, _cost(standing, cost), standing.competitor
    assert best is not None  # noqa: S101
    colour = COLOURS[i % len(COLOURS)]
    number = ".2%" if ranking.higher_is_better else ".4f"
    return {
        "type": "scatter",
        "uid": f"point {i}",
        "name": escaped(standing.label),
        "x": _numbers([spent.mean]),
        "y": _numbers([best.mean]),
        "error_x": _whiskers(spent),
        "error_y": _whiskers(best),
        "mode": "markers",
        "marker": {"color": colour, "symbol": SYMBOLS[i % len(SYMBOLS)], "size": 11},
        "hovertemplate": f"%{{x:.4s}}, %{{y:{number}}}",
    }


def _whiskers(spread: Spread) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": _numbers([spread.high - spread.mean]),
        "arrayminus": _numbers([spread.mean - spread.low]),
        "thickness": 1,
        "width": 3,
        "visible": spread.count > 1,
    }


def cost_sentence(ranking: Ranking, cost: str) -> str:
    """Which competitors are worth their cost."""
    front = thrifty(ranking.standings, cost, ranking.higher_is_better)
    if not front:
        return "No epoch is finished yet."
    names = listed([standing.label for standing in front])
    if len(front) == 1:
        return f"Nobody reached a better score than {names}, or the same one at less cost."
    cheap, dear = front[0], front[-1]
    times = _spent(dear, cost) / max(_spent(cheap, cost), 1e-9)
    return (
        f"Worth their cost are {names}: no other is both cheaper and better. {dear.label} reached "
        f"the best score; it cost {times:.2g} times what {cheap.label} did."
    )


def listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def luck_sentence(ranking: Ranking) -> str:
    """Which differences to the leader exceed the bands over the seeds, and which may be luck."""
    order = ordered(ranking.standings, "best", ranking.higher_is_better)
    known = [(s.label, s.best) for s in order if s.best is not None]
    if not known:
        return ""
    (leader, first), *others = known
    if first.seeds == 1:
        return (
            "One seed proves little: with other first weights and another order of the examples "
            "the places may change. Choose 3 to 5 seeds and race again: each competitor gets a "
            "band, and only differences larger than the bands count."
        )
    if not others:
        return f"Only {leader} has finished an epoch."
    equal = [label for label, best in others if not first.beyond(best)]
    behind = [label for label, best in others if first.beyond(best)]
    parts = []
    if behind:
        parts.append(f"{leader} is ahead of {listed(behind)} by more than the seeds differ.")
    if equal:
        parts.append(
            f"{listed([leader, *equal])} differ by less than their seeds do: that may be luck."
        )
    if first.seeds == 2:
        parts.append("Two seeds make a narrow band: five say more.")
    return " ".join(parts)
