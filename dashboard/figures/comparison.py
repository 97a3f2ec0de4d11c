"""Curves and scores of several runs: competitors of a race, honest and flawed runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    MARK,
    NEGATIVE,
    POSITIVE,
    Figure,
    Trace,
    bar_pattern,
    base_layout,
    downsampled_rows,
    escape_html,
    line,
)
from playground.analysis.comparison.leaderboard import (
    Leaderboard,
    LeaderboardRow,
    SeedSummary,
    pareto_front,
    ranked,
)
from playground.history.aggregate import QUANTITIES, SeedBand
from playground.history.history import History
from playground.nn.format import format_score, join_words

# Eight colors distinct with any kind of color vision, on light and on dark; symbols beside them.
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
    "updates": ("updates", ",d"),
    "seconds": ("seconds of training", ".2f"),
}
NAMES = {
    "accuracy": "accuracy",
    "error_rate": "error rate",
    "mean_absolute_error": "mean absolute error",
    "loss": "loss",
}
PERCENT_RANGE = {"clipmin": -0.02, "clipmax": 1.02}  # with room for a marker at 0 % or 100 %
SCORES = {"accuracy": "accuracy", "mean_absolute_error": "mean absolute error"}
COSTS = {
    "best_seconds": "seconds of training until its best epoch",
    "best_updates": "updates until its best epoch",
    "best_multiply_adds": "MACs until its best epoch",
}

# ---- curves of competitors ---------------------------------------------------------------


@dataclass(frozen=True)
class CompetitorCurve:
    """One part of one competitor: `number` from 0 decides its color and its symbol."""

    number: int
    label: str
    part: str  # "training" or "validation"
    band: SeedBand

    @property
    def color(self) -> str:
        """Its color; the ninth competitor has that of the first."""
        return COLORS[self.number % len(COLORS)]

    @property
    def symbol(self) -> str:
        """Its symbol in Plotly's words."""
        return SYMBOLS[self.number % len(SYMBOLS)]

    def trace(self, kind: str, **more: Any) -> Trace:
        """A trace that the legend's entry of the competitor hides and shows."""
        return {
            "type": "scatter",
            "uid": f"{kind} {self.number} {self.part}",
            "legendgroup": str(self.number),
            "showlegend": False,
        } | more


def race_curves(
    curves: Sequence[CompetitorCurve],
    quantity: str,
    x: str = "epochs",
    log_x: bool = False,
    log_y: bool = False,
    raw: bool = False,
    uirevision: str = "",
    first_epochs: int = 10,
    unit: str = "",
) -> Figure:
    """All curves in one chart; a click in the legend hides a competitor with its band.

    raw: the curves are smoothed; the unsmoothed ones are drawn faintly behind them.
    first_epochs: the axis covers at least this many epochs. unit: of the quantity.
    """
    entry, name = QUANTITIES[quantity], NAMES[quantity]
    name += f" ({escape_html(unit)})" if unit else ""
    title, whole = AXES[x]
    layout = base_layout(name[0].upper() + name[1:], title, name, uirevision, height=380)
    layout["hovermode"] = "x unified" if x == "epochs" else "closest"
    layout["legend"]["groupclick"] = "togglegroup"
    layout["xaxis"] |= {"hoverformat": whole, "uirevision": f"{uirevision} {x} {log_x}"}
    layout["yaxis"] |= {"uirevision": f"{uirevision} {quantity} {log_y}"}
    if entry.as_percent:
        layout["yaxis"]["tickformat"] = ".3~%" if log_y else ".1~%"
        if not log_y:  # around a single point Plotly would draw −50 % to 150 %
            layout["yaxis"] |= {"autorange": True, "autorangeoptions": PERCENT_RANGE}
    for axis, logarithmic in (("xaxis", log_x), ("yaxis", log_y)):
        if logarithmic:
            layout[axis] |= {"type": "log"}
    if log_y and not entry.as_percent:
        layout["yaxis"]["exponentformat"] = "e"
    if not any(len(curve.band) for curve in curves):
        layout["yaxis"]["showticklabels"] = False
        if not log_x:
            layout["xaxis"]["range"] = [0, first_epochs]
    elif x == "epochs" and not log_x:
        # Not a range of its own: a zoom would be lost with each update that moves it.
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, first_epochs]}}
    number = ".2%" if entry.as_percent else ".4f"
    both = len({curve.part for curve in curves}) > 1
    traces = [_legend(curve, both) for curve in _one_each(curves)]
    traces += [trace for curve in curves for trace in _background(curve, raw)]
    traces += [trace for curve in curves for trace in _mean(curve, number, both)]
    return {"data": traces, "layout": layout}


def _one_each(curves: Sequence[CompetitorCurve]) -> list[CompetitorCurve]:
    """One curve of each competitor."""
    return list({curve.number: curve for curve in reversed(curves)}.values())[::-1]


def _legend(curve: CompetitorCurve, both: bool) -> Trace:
    """The entry in the legend: as the line is drawn, or solid for both parts."""
    dash = DASHES["training" if both else curve.part]
    return curve.trace(
        "entry",
        uid=f"entry {curve.number}",
        name=escape_html(curve.label),
        showlegend=True,
        x=[None],
        y=[None],
        mode="lines+markers",
        line={"color": curve.color, "width": 2, "dash": dash},
        marker={"symbol": curve.symbol, "size": 8},
    )


def _background(curve: CompetitorCurve, raw: bool) -> list[Trace]:
    """The band over the seeds, and the unsmoothed line."""
    band, traces = curve.band, []
    if band.seeds > 1:
        known = np.flatnonzero(np.isfinite(band.low))
        rows = known[downsampled_rows(len(known), 250)]  # up and down: twice as many points
        red, green, blue = (int(curve.color[i : i + 2], 16) for i in (1, 3, 5))
        traces.append(
            curve.trace(
                "band",
                x=_numbers([*band.x[rows], *band.x[rows][::-1]]),
                y=_numbers([*band.high[rows], *band.low[rows][::-1]]),
                fill="toself",
                fillcolor=f"rgba({red},{green},{blue},0.12)",
                mode="lines",
                line={"width": 0},
                hoverinfo="skip",
            )
        )
    if raw:
        rows = downsampled_rows(len(band))
        traces.append(
            curve.trace(
                "raw",
                x=_numbers(band.x[rows]),
                y=_numbers(band.raw[rows]),
                mode="lines",
                line={"color": curve.color, "width": 1, "dash": DASHES[curve.part]},
                opacity=0.3,
                hoverinfo="skip",
            )
        )
    return traces


def _mean(curve: CompetitorCurve, number: str, both: bool) -> list[Trace]:
    """The mean over the seeds, and a symbol where it is best."""
    band = curve.band
    rows = downsampled_rows(len(band))
    name = escape_html(f"{curve.label}, {curve.part}" if both else curve.label)
    mean = curve.trace(
        "mean",
        name=name,
        x=_numbers(band.x[rows]),
        y=_numbers(band.mean[rows]),
        mode="lines+markers" if len(band) == 1 else "lines",
        line={"color": curve.color, "width": 2, "dash": DASHES[curve.part]},
        marker={"symbol": curve.symbol, "size": 6},
        hovertemplate=f"%{{y:{number}}}",
    )
    at = [] if band.best is None else [band.best]
    best = curve.trace(
        "best",
        name=f"{name}, best",
        x=_numbers(band.x[at]),
        y=_numbers(band.raw[at]),
        mode="markers",
        marker={"symbol": curve.symbol, "size": 10, "color": curve.color},
        hoverinfo="skip",
    )
    return [mean, best]


def _numbers(values: Iterable[float]) -> NDArray[np.float32]:
    return np.array(list(values), np.float32)


def race_sentence(curves: Sequence[CompetitorCurve], quantity: str, unit: str = "") -> str:
    """The best and the worst competitor after the last epoch of each."""
    part = "validation" if any(curve.part == "validation" for curve in curves) else "training"
    shown = [c for c in curves if c.part == part and len(c.band) and np.isfinite(c.band.raw[-1])]
    if not shown:
        return "No epoch is finished yet."
    entry, name = QUANTITIES[quantity], f"{part} {NAMES[quantity]}"
    seeds = shown[0].band.seeds
    mean = f", the mean of {seeds} seeds" if seeds > 1 else ""
    epochs = {int(c.band.epoch[-1]) for c in shown}
    when = f"After epoch {epochs.pop()}" if len(epochs) == 1 else "At its last epoch"
    sign = -1 if entry.more_is_better else 1
    order = sorted(shown, key=lambda c: sign * c.band.raw[-1])
    scores = [format_score(float(c.band.raw[-1]), entry.as_percent) for c in order]
    values = [f"{score} {unit}".strip() for score in scores]
    if len(shown) == 1:
        return f"{when} {shown[0].label} has a {name} of {values[0]}{mean}."
    if values[0] == values[-1]:
        return f"{when} all have a {name} of {values[0]}{mean}."
    return (
        f"{when} {order[0].label} leads with a {name} of {values[0]}{mean}; {order[-1].label} is "
        f"last with {values[-1]}."
    )


# ---- score against cost ------------------------------------------------------------------


def cost_figure(
    board: Leaderboard, cost: str, logarithmic: bool = False, uirevision: str = ""
) -> Figure:
    """Best score over cost; whiskers: minimum and maximum of the seeds; dotted: Pareto front."""
    name = f"best {board.part} {SCORES[board.metric]}"
    layout = base_layout("Score against cost", COSTS[cost], name, uirevision, height=360)
    layout["xaxis"] |= {"uirevision": f"{uirevision} {cost} {logarithmic}", "rangemode": "tozero"}
    if logarithmic:
        layout["xaxis"] |= {"type": "log"}
    if board.higher_is_better:
        layout["yaxis"] |= {
            "tickformat": ".1~%", "autorange": True, "autorangeoptions": PERCENT_RANGE
        }  # fmt: skip
    points = [(row, getattr(row, cost), row.best) for row in board.rows if row.best is not None]
    front = {row.competitor for row in pareto_front(board.rows, cost, board.higher_is_better)}
    joined = sorted(
        (spent.mean, best.mean) for row, spent, best in points if row.competitor in front
    )
    dotted = {
        "type": "scatter", "uid": "front", "name": "Pareto front",
        "x": _numbers(spent for spent, _ in joined), "y": _numbers(best for _, best in joined),
        "mode": "lines", "line": {"color": MARK, "width": 1, "dash": "dot", "shape": "hv"},
        "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    number = ".2%" if board.higher_is_better else ".4f"
    return {"data": [dotted, *(_point(*point, number) for point in points)], "layout": layout}


def _point(row: LeaderboardRow, spent: SeedSummary, best: SeedSummary, number: str) -> Trace:
    i = row.competitor
    return {
        "type": "scatter",
        "uid": f"point {i}",
        "name": escape_html(row.label),
        "x": _numbers([spent.mean]),
        "y": _numbers([best.mean]),
        "error_x": _whiskers(spent),
        "error_y": _whiskers(best),
        "mode": "markers",
        "marker": {
            "color": COLORS[i % len(COLORS)], "symbol": SYMBOLS[i % len(SYMBOLS)], "size": 11
        },
        "hovertemplate": f"%{{x:.4s}}, %{{y:{number}}}",
    }  # fmt: skip


def _whiskers(over_seeds: SeedSummary) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": _numbers([over_seeds.high - over_seeds.mean]),
        "arrayminus": _numbers([over_seeds.mean - over_seeds.low]),
        "thickness": 1,
        "width": 3,
        "visible": over_seeds.count > 1,
    }


def cost_sentence(board: Leaderboard, cost: str) -> str:
    """The Pareto front in words."""
    front = pareto_front(board.rows, cost, board.higher_is_better)
    if not front:
        return "No epoch is finished yet."
    names = join_words([row.label for row in front])
    if len(front) == 1:
        return f"{names} has the best score at the lowest cost."
    cheapest, best = front[0], front[-1]
    times = getattr(best, cost).mean / max(getattr(cheapest, cost).mean, 1e-9)
    return (
        f"On the Pareto front are {names}: no other is both cheaper and better. {best.label} has "
        f"the best score, at {times:.2g} times the cost of {cheapest.label}."
    )


def chance_sentence(board: Leaderboard) -> str:
    """Which differences to the leader exceed the ranges over the seeds, and which may be chance."""
    order = ranked(board.rows, "best", board.higher_is_better)
    known = [(row.label, row.best) for row in order if row.best is not None]
    if not known:
        return ""
    (leader, first), *others = known
    if first.seeds == 1:
        return (
            "One seed proves little: with other initial weights and another order of the examples "
            "the ranks may change. Choose 3 to 5 seeds: only differences larger than the range "
            "over the seeds count."
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
            f"{join_words([leader, *equal])} differ by less than their seeds do: that may be "
            "chance."
        )
    if first.seeds == 2:
        parts.append("Two seeds give a narrow range: use five.")
    return " ".join(parts)


# ---- honest and flawed runs --------------------------------------------------------------

RUNS = {"honest": (POSITIVE, "solid", ""), "flawed": (NEGATIVE, "dash", "/")}
PLACES = ("validation", "new examples")

Value = tuple[float, float]  # a mean and its standard error


def score_bars(scores: dict[str, list[Value]], is_accuracy: bool) -> Figure:
    """name of a run → its scores on validation and, where there are any, on new examples.

    The thin lines are two standard errors on each side: what chance explains.
    """
    label = "accuracy" if is_accuracy else "mean absolute error"
    layout = base_layout("Both scores", "", label, height=340)
    layout |= {"barmode": "group"}
    layout["yaxis"] |= {"tickformat": ".0%", "range": [0, 1.08]} if is_accuracy else {}
    number = ".1%" if is_accuracy else ".3g"
    bars = [
        {
            "type": "bar",
            "uid": name,
            "name": name,
            "x": list(PLACES[: len(values)]),
            "y": _numbers(mean for mean, _ in values),
            "error_y": {
                "type": "data",
                "array": _numbers(2 * error for _, error in values),
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


def validation_curves(histories: dict[str, History], is_accuracy: bool, uirevision: str) -> Figure:
    """The validation score of both runs, epoch by epoch."""
    label = "accuracy" if is_accuracy else "mean absolute error"
    layout = base_layout(f"Validation {label}", "epoch", label, uirevision, height=340)
    layout["hovermode"] = "x unified"
    if is_accuracy:
        layout["yaxis"] |= {"tickformat": ".1~%"}
    hover = "%{y:.1%}" if is_accuracy else "%{y:.3g}"
    lines = [
        line(name, h.epoch, h.val_metric, *RUNS[name][:2], hover=hover, width=2)
        | {"mode": "lines+markers" if len(h) <= 25 else "lines"}
        for name, h in ((name, history.validated) for name, history in histories.items())
        if h.val_metric is not None
    ]
    return {"data": lines, "layout": layout}


def curves_sentence(histories: dict[str, History], is_accuracy: bool) -> str:
    """The last validation scores, in one sentence."""
    parts = [
        f"{name} {format_score(float(h.val_metric[-1]), is_accuracy)} after epoch {h.epoch[-1]:.0f}"
        for name, h in ((name, history.validated) for name, history in histories.items())
        if h.val_metric is not None and len(h)
    ]
    return f"On validation: {' and '.join(parts)}." if parts else "No epoch yet."


def score_sentence(scores: dict[str, list[Value]], is_accuracy: bool) -> str:
    """All scores, in one sentence."""
    parts = [
        f"{name}: " + " and ".join(
            f"{format_score(mean, is_accuracy)} on {place}"
            for (mean, _), place in zip(values, PLACES, strict=False)
        )
        for name, values in scores.items()
    ]  # fmt: skip
    return "; ".join(parts).capitalize() + ". The thin lines are two standard errors."


def _amount(difference: float, is_accuracy: bool) -> str:
    size = abs(difference)
    return f"{100 * size:.1f} percentage points" if is_accuracy else f"{size:.3g}"


def hidden_sentence(
    validation: float, new: float, hidden: float, clear: bool, is_accuracy: bool
) -> str:
    """Whether the flawed run's validation score agrees with its score on new examples."""
    scores = (
        f"{format_score(validation, is_accuracy)} on validation and "
        f"{format_score(new, is_accuracy)} on new examples"
    )
    if not clear:
        return f"The flawed run reaches {scores}: chance explains the difference."
    if hidden > 0:
        return (
            f"The flawed run's validation score is optimistic: it reaches {scores}. The error "
            f"hides {_amount(hidden, is_accuracy)}."
        )
    return (
        f"The flawed run's validation score is pessimistic: it reaches {scores}. Its validation "
        "examples are not representative."
    )


def lost_sentence(
    honest: float, flawed: float, lost: float, chance: float, clear: bool, is_accuracy: bool
) -> str:
    """How much the error reduces the score on new examples."""
    scores = f"{format_score(flawed, is_accuracy)} instead of {format_score(honest, is_accuracy)}"
    if not clear:
        return (
            f"On new examples the flawed run reaches {scores}: chance explains differences up to "
            f"{_amount(chance, is_accuracy)}."
        )
    if lost > 0:
        return f"The error costs {_amount(lost, is_accuracy)} on new examples: {scores}."
    return f"On new examples the flawed run is better: {scores}. Here the error did no harm."
