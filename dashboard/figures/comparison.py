"""The curves of a race: one hue and one symbol for each competitor, a band for its seeds.

Score against cost, and in words: what the ranking says, and what of it may be luck.

The honest and the flawed scores beside each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    MARK,
    NEGATIVE,
    POSITIVE,
    Figure,
    bar_pattern,
    base_layout,
    downsample,
    downsampled_rows,
    escape_html,
)
from playground.analysis.comparison.leaderboard import (
    Leaderboard,
    LeaderboardRow,
    SeedSummary,
    ordered,
    pareto_front,
)
from playground.history.aggregate import QUANTITIES, SeedBand
from playground.history.history import History
from playground.nn.format import format_score, join_words

# Eight hues told apart with any kind of color vision, on light and on dark; symbols beside them.
COLORS = (
    "#0877bd", "#9c7102", "#cf0584", "#2bc212", "#4a00f2", "#ce9baa", "#8f2c29", "#a18efd",
)  # fmt: skip
SYMBOLS = (
    "circle", "diamond", "square", "triangle-up", "cross", "x", "triangle-down", "star",
)  # fmt: skip
SIGNS = ("●", "◆", "■", "▲", "✚", "✖", "▼", "★")  # the same symbols, in text

DASHES = {"training": "solid", "validation": "8px,3px"}

AXES = {
    "epochs": ("epoch", "d"),
    "updates": ("updates of the weights", ",d"),
    "seconds": ("seconds of training", ".2f"),
}
NAMES = {
    "accuracy": "accuracy",
    "error_rate": "share predicted wrong",
    "mean_absolute_error": "mean absolute error",
    "loss": "loss",
}


@dataclass(frozen=True)
class CompetitorCurve:
    """One part of one competitor: `number` from 0 decides its hue and its symbol."""

    number: int
    label: str
    part: str  # "training" or "validation"
    band: SeedBand


def race_curves(
    curves: Sequence[CompetitorCurve],
    quantity: str,
    x: str = "epochs",
    log_x: bool = False,
    log_y: bool = False,
    raw: bool = False,
    uirevision: str = "",
    room: int = 10,
) -> Figure:
    """All curves over one another; a click in the legend hides a competitor with its band.

    raw: the curves are smoothed, and what they were before stands faintly behind them.
    room: epochs for which there is room from the start.
    """
    entry, name = QUANTITIES[quantity], NAMES[quantity]
    title, whole = AXES[x]
    layout = base_layout(name[0].upper() + name[1:], title, name, uirevision, height=440)
    layout["hovermode"] = "x unified" if x == "epochs" else "closest"
    layout["legend"]["groupclick"] = "togglegroup"
    layout["xaxis"] |= {"hoverformat": whole, "uirevision": f"{uirevision} {x} {log_x}"}
    layout["yaxis"] |= {"uirevision": f"{uirevision} {quantity} {log_y}"}
    if entry.is_share:
        layout["yaxis"]["tickformat"] = ".3~%" if log_y else ".0%"
    for axis, logarithmic in (("xaxis", log_x), ("yaxis", log_y)):
        if logarithmic:
            layout[axis] |= {"type": "log"}
    if log_y and not entry.is_share:
        layout["yaxis"]["exponentformat"] = "e"
    if not any(len(curve.band) for curve in curves):
        layout["yaxis"]["showticklabels"] = False
        if not log_x:
            layout["xaxis"]["range"] = [0, room]
    elif x == "epochs" and not log_x:
        # Not a range of its own: a zoom would be lost with each update that moves it.
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, room]}}
    number = ".2%" if entry.is_share else ".4f"
    both = len({curve.part for curve in curves}) > 1
    traces = [_legend(curve) for curve in _first(curves)]
    traces += [trace for curve in curves for trace in _behind(curve, raw)]
    traces += [trace for curve in curves for trace in _line(curve, number, both)]
    return {"data": traces, "layout": layout}


def _first(curves: Sequence[CompetitorCurve]) -> list[CompetitorCurve]:
    """One curve of each competitor."""
    return list({curve.number: curve for curve in reversed(curves)}.values())[::-1]


def _trace(curve: CompetitorCurve, kind: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": f"{kind} {curve.number} {curve.part}",
        "legendgroup": str(curve.number),
        "showlegend": False,
    }


def _color(curve: CompetitorCurve) -> str:
    return COLORS[curve.number % len(COLORS)]


def _symbol(curve: CompetitorCurve) -> str:
    return SYMBOLS[curve.number % len(SYMBOLS)]


def _legend(curve: CompetitorCurve) -> dict[str, Any]:
    """The entry in the legend: it is the same whatever is drawn."""
    return _trace(curve, "entry") | {
        "uid": f"entry {curve.number}",
        "name": escape_html(curve.label),
        "showlegend": True,
        "x": [None],
        "y": [None],
        "mode": "lines+markers",
        "line": {"color": _color(curve), "width": 2},
        "marker": {"symbol": _symbol(curve), "size": 8},
    }


def _behind(curve: CompetitorCurve, raw: bool) -> list[dict[str, Any]]:
    """The band over the seeds, and the line before smoothing."""
    band, traces = curve.band, []
    if band.seeds > 1:
        there = np.flatnonzero(np.isfinite(band.low))
        rows = there[downsampled_rows(len(there), 250)]  # there and back: twice as many points
        around = np.concatenate([band.high[rows], band.low[rows][::-1]])
        traces.append(
            _trace(curve, "band")
            | {
                "x": _short(np.concatenate([band.x[rows], band.x[rows][::-1]])),
                "y": _short(around),
                "fill": "toself",
                "fillcolor": _clear(_color(curve), 0.12),
                "mode": "lines",
                "line": {"width": 0},
                "hoverinfo": "skip",
            }
        )
    if raw:
        rows = downsampled_rows(len(band))
        traces.append(
            _trace(curve, "raw")
            | {
                "x": _short(band.x[rows]),
                "y": _short(band.raw[rows]),
                "mode": "lines",
                "line": {"color": _color(curve), "width": 1, "dash": DASHES[curve.part]},
                "opacity": 0.3,
                "hoverinfo": "skip",
            }
        )
    return traces


def _line(curve: CompetitorCurve, number: str, both: bool) -> list[dict[str, Any]]:
    """The mean over the seeds, and a symbol where it is best."""
    band, color = curve.band, _color(curve)
    rows = downsampled_rows(len(band))
    of = f"{curve.label}, {curve.part}" if both else curve.label
    line = _trace(curve, "mean") | {
        "name": escape_html(of),
        "x": _short(band.x[rows]),
        "y": _short(band.mean[rows]),
        "mode": "lines+markers" if len(band) == 1 else "lines",
        "line": {"color": color, "width": 2, "dash": DASHES[curve.part]},
        "marker": {"symbol": _symbol(curve), "size": 6},
        "hovertemplate": f"%{{y:{number}}}",
    }
    at = [] if band.best is None else [band.best]
    best = _trace(curve, "best") | {
        "name": escape_html(of) + ", best",
        "x": _short(band.x[at]),
        "y": _short(band.raw[at]),
        "mode": "markers",
        "marker": {"symbol": _symbol(curve), "size": 10, "color": color},
        "hoverinfo": "skip",
    }
    return [line, best]


def _short(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)


def _clear(color: str, alpha: float) -> str:
    """ "#0877bd" → "rgba(8,119,189,0.12)"."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def race_sentence(curves: Sequence[CompetitorCurve], quantity: str) -> str:
    """Who is ahead and who is last after the last epoch that all who are compared have."""
    parts = {curve.part for curve in curves}
    part = "validation" if "validation" in parts else "training"
    shown = [c for c in curves if c.part == part and len(c.band) and np.isfinite(c.band.raw[-1])]
    if not shown:
        return "No epoch is finished yet."
    entry, name = QUANTITIES[quantity], NAMES[quantity]
    of = f"{part} {name}" if quantity != "error_rate" else f"{name} ({part})"
    seeds = shown[0].band.seeds
    mean = f", the mean of {seeds} seeds" if seeds > 1 else ""
    last = {len(c.band) for c in shown}
    when = f"After epoch {last.pop()}" if len(last) == 1 else "At its last epoch"
    if len(shown) == 1:
        return f"{when} {shown[0].label} has a {of} of {format_score(shown[0].band.raw[-1], entry.is_share)}{mean}."
    sign = -1 if entry.more_is_better else 1
    first, *_, end = sorted(shown, key=lambda c: sign * c.band.raw[-1])
    values = [format_score(c.band.raw[-1], entry.is_share) for c in (first, end)]
    if values[0] == values[1]:
        return f"{when} all have a {of} of {values[0]}{mean}."
    return (
        f"{when} {first.label} is ahead with a {of} of {values[0]}{mean}; {end.label} is last "
        f"with {values[1]}."
    )


COSTS = {
    "best_seconds": "seconds of training until its best epoch",
    "best_updates": "updates until its best epoch",
    "best_multiply_adds": "multiply-adds until its best epoch",
}
SCORES = {"accuracy": "accuracy", "mean_absolute_error": "mean absolute error"}


def cost_figure(
    ranking: Leaderboard, cost: str, logarithmic: bool = False, uirevision: str = ""
) -> Figure:
    """The best score of each competitor over what it cost; whiskers: least and most of the seeds.

    A dotted line joins those that no other beats at no more cost.
    """
    name = f"best {ranking.part} {SCORES[ranking.metric]}"
    layout = base_layout("Score against cost", COSTS[cost], name, uirevision, height=360)
    layout["xaxis"] |= {"uirevision": f"{uirevision} {cost} {logarithmic}", "rangemode": "tozero"}
    if logarithmic:
        layout["xaxis"] |= {"type": "log"}
    if ranking.higher_is_better:
        layout["yaxis"]["tickformat"] = ".1~%"
    front = pareto_front(ranking.standings, cost, ranking.higher_is_better)
    line = {
        "type": "scatter", "uid": "front", "name": "no other is cheaper and better",
        "x": _numbers(_spent(s, cost) for s in front), "y": _numbers(_mean_score(s) for s in front),
        "mode": "lines", "line": {"color": MARK, "width": 1, "dash": "dot", "shape": "hv"},
        "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    points = [_point(s, cost, ranking) for s in ranking.standings if s.best is not None]
    return {"data": [line, *points], "layout": layout}


def _numbers(values: Any) -> Any:
    return np.array(list(values), np.float32)


def _mean_score(standing: LeaderboardRow) -> float:
    return standing.best.mean if standing.best is not None else float("nan")


def _cost(standing: LeaderboardRow, cost: str) -> SeedSummary:
    found: SeedSummary = getattr(standing, cost)
    return found


def _spent(standing: LeaderboardRow, cost: str) -> float:
    return _cost(standing, cost).mean


def _point(standing: LeaderboardRow, cost: str, ranking: Leaderboard) -> dict[str, Any]:
    best, spent, i = standing.best, _cost(standing, cost), standing.competitor
    assert best is not None  # noqa: S101
    color = COLORS[i % len(COLORS)]
    number = ".2%" if ranking.higher_is_better else ".4f"
    return {
        "type": "scatter",
        "uid": f"point {i}",
        "name": escape_html(standing.label),
        "x": _numbers([spent.mean]),
        "y": _numbers([best.mean]),
        "error_x": _whiskers(spent),
        "error_y": _whiskers(best),
        "mode": "markers",
        "marker": {"color": color, "symbol": SYMBOLS[i % len(SYMBOLS)], "size": 11},
        "hovertemplate": f"%{{x:.4s}}, %{{y:{number}}}",
    }


def _whiskers(spread: SeedSummary) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": _numbers([spread.high - spread.mean]),
        "arrayminus": _numbers([spread.mean - spread.low]),
        "thickness": 1,
        "width": 3,
        "visible": spread.count > 1,
    }


def cost_sentence(ranking: Leaderboard, cost: str) -> str:
    """Which competitors are worth their cost."""
    front = pareto_front(ranking.standings, cost, ranking.higher_is_better)
    if not front:
        return "No epoch is finished yet."
    names = join_words([standing.label for standing in front])
    if len(front) == 1:
        return f"Nobody reached a better score than {names}, or the same one at less cost."
    cheap, dear = front[0], front[-1]
    times = _spent(dear, cost) / max(_spent(cheap, cost), 1e-9)
    return (
        f"Worth their cost are {names}: no other is both cheaper and better. {dear.label} reached "
        f"the best score; it cost {times:.2g} times what {cheap.label} did."
    )


def luck_sentence(ranking: Leaderboard) -> str:
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
        parts.append(f"{leader} is ahead of {join_words(behind)} by more than the seeds differ.")
    if equal:
        parts.append(
            f"{join_words([leader, *equal])} differ by less than their seeds do: that may be luck."
        )
    if first.seeds == 2:
        parts.append("Two seeds make a narrow band: five say more.")
    return " ".join(parts)


RUNS = {"honest": (POSITIVE, "solid", ""), "flawed": (NEGATIVE, "dash", "/")}
PLACES = ("validation:<br>what you see", "new examples:<br>what you get")

Value = tuple[float, float]  # a mean and its standard error


def score_bars(scores: dict[str, list[Value]], is_share: bool) -> Figure:
    """name of a run → its scores on validation and, where there are any, on new examples.

    The thin lines are two standard errors on each side: what chance may do.
    """
    label = "share predicted right" if is_share else "mean absolute error"
    layout = base_layout("Both scores", "", label, height=340)
    layout |= {"barmode": "group"}
    layout["yaxis"] |= {"tickformat": ".0%", "range": [0, 1.08]} if is_share else {}
    number = ".1%" if is_share else ".3g"
    bars = [
        {
            "type": "bar",
            "uid": name,
            "name": name,
            "x": list(PLACES[: len(values)]),
            "y": np.array([mean for mean, _ in values], np.float32),
            "error_y": {
                "type": "data",
                "array": np.array([2 * error for _, error in values], np.float32),
                "thickness": 1.5,
            },
            "marker": {"color": RUNS[name][0], "pattern": bar_pattern(RUNS[name][2])},
            "texttemplate": f"%{{y:{number}}}",
            "textposition": "inside",
            "insidetextanchor": "start",
            "hovertemplate": f"%{{y:{number}}}",
        }
        for name, values in scores.items()
    ]
    return {"data": bars, "layout": layout}


def validation_curves(histories: dict[str, History], is_share: bool, uirevision: str) -> Figure:
    """The validation score of both runs, epoch by epoch."""
    label = "accuracy" if is_share else "mean absolute error"
    layout = base_layout(
        f"Validation {label} while they learn", "epoch", label, uirevision, height=340
    )
    layout["hovermode"] = "x unified"
    if is_share:
        layout["yaxis"] |= {"tickformat": ".0%"}
    lines = [
        {
            "type": "scatter",
            "uid": name,
            "name": name,
            "x": downsample(history.epoch),
            "y": downsample(history.val_metric),
            "mode": "lines+markers" if len(history) <= 25 else "lines",
            "line": {"color": RUNS[name][0], "dash": RUNS[name][1], "width": 2},
            "hovertemplate": "%{y:.1%}" if is_share else "%{y:.3g}",
        }
        for name, history in histories.items()
        if history.val_metric is not None
    ]
    return {"data": lines, "layout": layout}


def curves_sentence(histories: dict[str, History], is_share: bool) -> str:
    """What the validation scores are after the last epoch of each, in one sentence."""
    parts = [
        f"{name} {format_score(float(h.val_metric[-1]), is_share)} after epoch {h.epoch[-1]:.0f}"
        for name, h in histories.items()
        if h.val_metric is not None and len(h)
    ]
    return f"On validation: {' and '.join(parts)}." if parts else "No epoch yet."


def _amount(difference: float, is_share: bool) -> str:
    size = abs(difference)
    return f"{100 * size:.1f} percentage points" if is_share else f"{size:.3g}"


def score_sentence(scores: dict[str, list[Value]], is_share: bool) -> str:
    """All scores, in one sentence."""
    parts = [
        f"{name}: " + " and ".join(
            f"{format_score(mean, is_share)} {where}"
            for (mean, _), where in zip(values, ("on validation", "on new examples"), strict=False)
        )
        for name, values in scores.items()
    ]  # fmt: skip
    return (
        "; ".join(parts).capitalize()
        + ". The thin lines show how far chance may take a score measured on so many examples."
    )


def hidden_sentence(seen: float, got: float, hidden: float, clear: bool, is_share: bool) -> str:
    """Whether the flawed run's own validation score can be believed, in one sentence."""
    see, get = format_score(seen, is_share), format_score(got, is_share)
    if not clear:
        return (
            f"The flawed run's validation score, {see}, is no further from what it reaches on new "
            f"examples, {get}, than chance explains."
        )
    if hidden > 0:
        return (
            f"The flawed run's validation score lies: it promises {see}, and new examples get "
            f"{get}. The mistake hides {_amount(hidden, is_share)}."
        )
    return (
        f"The flawed run's validation score is too bad: it says {see}, and new examples get {get}. "
        "The validation part does not resemble what the network meets later."
    )


def lost_sentence(
    honest: float, flawed: float, lost: float, chance: float, clear: bool, is_share: bool
) -> str:
    """What the mistake cost on new examples, in one sentence."""
    a, b = format_score(honest, is_share), format_score(flawed, is_share)
    if not clear:
        return (
            f"On new examples both do alike ({a} honest, {b} flawed): chance alone explains "
            f"differences of {_amount(chance, is_share)} here."
        )
    if lost > 0:
        return f"The mistake cost {_amount(lost, is_share)} on new examples: {b} instead of {a}."
    return (
        f"On new examples the flawed run even does better, {b} against {a}: this time the mistake "
        "did no harm to the network itself."
    )
