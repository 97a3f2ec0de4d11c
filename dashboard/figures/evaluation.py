"""Predicted against true values of a regression, and how the differences are spread.

Counts of a confusion matrix → what stands in its cells, and in which color.

Probabilities of classes as bars, and along a way from one image to another.

Shares of classes beside each other: what is true, and what several predictions say.

How often answers of each confidence are right, and what remains above a threshold.

A score against the strength of a distortion.

Softmax of a few numbers: the probabilities as bars.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    CLASS_COLORS,
    MARK,
    NEGATIVE,
    POSITIVE,
    VALIDATION,
    Figure,
    bar_pattern,
    base_layout,
    class_colors,
    downsampled_rows,
    escape_html,
    vertical_line,
)

Array = NDArray[Any]


MOST = 2_000  # points


def predicted_against_true(truth: Array, predicted: Array, uirevision: str = "") -> Figure:
    """One point an example; on the dotted diagonal it would be right."""
    layout = base_layout(
        "Predicted against true", "true value", "predicted value", uirevision, height=380
    )
    rows = downsampled_rows(len(truth), MOST)
    ends = np.array([truth.min(), truth.max()], np.float32)
    points = {
        "type": "scatter",
        "uid": "examples",
        "name": "examples",
        "x": truth[rows].astype(np.float32),
        "y": predicted[rows].astype(np.float32),
        "mode": "markers",
        "marker": {"size": 6, "color": POSITIVE, "opacity": 0.7},
        "hovertemplate": "true %{x:.3~g}, predicted %{y:.3~g}<extra></extra>",
    }
    ideal = {
        "type": "scatter",
        "uid": "ideal",
        "name": "predicted = true",
        "x": ends,
        "y": ends,
        "mode": "lines",
        "line": {"color": MARK, "dash": "dot", "width": 2},
        "hoverinfo": "skip",
    }
    return {"data": [points, ideal], "layout": layout}


def residual_histogram(edges: Array, counts: Array, uirevision: str = "") -> Figure:
    """How many examples (n_bins,) miss by how much; `edges`: (n_bins + 1,)."""
    layout = base_layout(
        "By how much it misses", "predicted − true", "examples", uirevision, height=380
    )
    middle = (edges[1:] + edges[:-1]) / 2
    bars = {
        "type": "bar",
        "uid": "residuals",
        "name": "examples",
        "x": middle.astype(np.float32),
        "y": counts.astype(np.float32),
        "width": (0.96 * np.diff(edges)).astype(np.float32),
        "marker": {"color": NEGATIVE},
        "hovertemplate": "%{y} examples miss by about %{x:.3~g}<extra></extra>",
        "showlegend": False,
    }
    layout["shapes"] = [vertical_line(0, width=2)]
    return {"data": [bars], "layout": layout}


def residual_sentence(residual: Array) -> str:
    """In which direction the network errs, in one sentence."""
    mean, high = float(residual.mean()), float((residual > 0).mean())
    return (
        f"{high:.0%} of the predictions are too high; too high and too low taken together, the "
        f"mean error is {mean:+.3g}."
    )


def truth_sentence(r2: float) -> str:
    """How much of the spread the network explains, in one sentence."""
    if np.isnan(r2):
        return "All true values are equal, so there is no spread to explain."
    if r2 < 0:
        return f"R² is {r2:.3f}: it does worse than always saying the mean of the true values."
    return f"The network explains {r2:.1%} of how the true values vary (R² = {r2:.3f})."


LIGHT, DARK = "#ffffff", "#1b1d22"  # text on deep colors; on pale ones the page's own
DEEP_RIGHT, DEEP_WRONG = 0.6, 0.72  # on both themes the text can be read up to here


def cells(counts: NDArray[Any], names: Sequence[str]) -> list[list[dict[str, Any]]]:
    """One entry for each cell: count, share of its row, color, and the sentence it stands for.

    Right answers are blue and wrong ones orange; the opacity is the square root of the share of
    the row, so that rare mistakes can be seen.
    """
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    return [
        [
            _cell(int(counts[i, j]), float(shares[i, j]), i == j, names[i], names[j])
            for j in range(len(names))
        ]
        for i in range(len(names))
    ]


def _cell(count: int, share: float, right: bool, truth: str, said: str) -> dict[str, Any]:
    depth = 0.9 * share**0.5
    base = POSITIVE if right else NEGATIVE
    deep = depth >= (DEEP_RIGHT if right else DEEP_WRONG)
    text = "" if not deep else LIGHT if right else DARK
    what = f"{truth} recognized" if right else f"{truth} taken for {said}"
    times = "once" if count == 1 else f"{count:,} times"
    return {
        "count": count,
        "share": f"{share:.0%}",
        "background": f"{base}{round(255 * depth):02x}",
        "color": text,
        "sentence": f"{what} {times}, {share:.0%} of all {truth}",
    }


def confusion_sentence(counts: NDArray[Any], names: Sequence[str], part: str) -> str:
    """How many are right, and the commonest mistake, in one sentence."""
    total, hits = int(counts.sum()), int(counts.trace())
    right = f"{hits:,} of {total:,} {part} examples are right ({hits / max(total, 1):.1%})"
    wrong = counts - np.diag(counts.diagonal())
    most = int(wrong.max())
    if most == 0:
        return f"{right}, without any mistake."
    i, j = divmod(int(wrong.argmax()), len(names))
    times = "once" if most == 1 else f"{most:,} times"
    return f"{right}; the commonest mistake is {names[i]} taken for {names[j]}, {times}."


UNCHANGED = "#9fb6c6"  # what was, beside what is


def bars(
    title: str, names: Sequence[str], before: Array, after: Array, uirevision: str = "",
    what: str = "probability",
) -> Figure:  # fmt: skip
    """Two bars a class, (n_classes,) each, 0 … 1: before in gray, after in blue."""
    layout = base_layout(title, "", what, uirevision, height=260)
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%", "fixedrange": True}
    layout["xaxis"] |= {"type": "category", "fixedrange": True}
    layout |= {"barmode": "group", "bargap": 0.25, "bargroupgap": 0.05}
    labels = [escape_html(name) for name in names]
    pairs = (("before", before, UNCHANGED), ("after", after, POSITIVE))
    data = [
        {
            "type": "bar", "uid": name, "name": name, "x": labels, "y": values.astype(np.float32),
            "marker": {"color": color},
            "hovertemplate": "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
        }
        for name, values, color in pairs
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def course(
    strengths: Array, shares: Array, names: Sequence[str], shown: Sequence[int], here: int,
    uirevision: str = "",
) -> Figure:  # fmt: skip
    """The probabilities (n_steps, n_classes) of the classes `shown` over the strength (n_steps,).

    A line marks step `here`; strengths are shares of the pixel range.
    """
    title = "How sure it is, as the change grows"
    layout = base_layout(title, "largest change of a pixel", "probability", uirevision, height=280)
    layout["yaxis"] |= {"range": [-0.02, 1.02], "tickformat": ".0%"}
    layout["xaxis"] |= {"tickformat": ".1%", "rangemode": "tozero"}
    at = float(strengths[here])
    layout["shapes"] = [vertical_line(at, width=2)]
    colors = class_colors(len(names))
    data = [
        {
            "type": "scatter", "mode": "lines", "uid": names[i], "name": escape_html(names[i]),
            "x": strengths.astype(np.float32), "y": shares[:, i].astype(np.float32),
            "line": {"color": colors[i], "width": 3 if order < 2 else 1.5,
                     "dash": ("solid", "dash")[min(order, 1)]},
            "hovertemplate": "%{y:.1%} at %{x:.1%}<extra>%{fullData.name}</extra>",
        }
        for order, i in enumerate(shown)
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def distances(names: Sequence[str], strengths: Array, chosen: int, uirevision: str = "") -> Figure:
    """The smallest strength (n,) that reaches each class; NaN where none does."""
    title = "How far away each answer is"
    layout = base_layout(title, "", "smallest change that does it", uirevision, height=280)
    layout["xaxis"] |= {"type": "category", "fixedrange": True}
    layout["yaxis"] |= {"tickformat": ".0%", "rangemode": "tozero", "fixedrange": True}
    colors = [NEGATIVE if i == chosen else POSITIVE for i in range(len(names))]
    bar = {
        "type": "bar", "x": [escape_html(name) for name in names],
        "y": np.nan_to_num(strengths).astype(np.float32), "marker": {"color": colors},
        "hovertemplate": "%{x}: %{y:.1%}<extra></extra>",
    }  # fmt: skip
    layout["annotations"] = [
        {"x": escape_html(name), "y": 0, "text": "never", "showarrow": False, "yanchor": "bottom",
         "font": {"size": 11, "color": MARK}}
        for name, strength in zip(names, strengths, strict=True) if np.isnan(strength)
    ]  # fmt: skip
    return {"data": [bar], "layout": layout}


def grouped_bars(
    title: str, names: Sequence[str], groups: Mapping[str, NDArray[Any]], uirevision: str
) -> Figure:
    """Shares (K,) of each group over the K names; the first group is gray: the target."""
    layout = base_layout(title, "class", "share", uirevision, height=300)
    layout["yaxis"] |= {"range": [0, 1.05]}
    layout["barmode"] = "group"
    drawn = [
        {
            "type": "bar", "uid": name, "name": name, "x": list(names),
            "y": np.asarray(share, dtype=np.float32),
            "marker": {
                "color": MARK if i == 0 else CLASS_COLORS[i - 1],
                "pattern": bar_pattern("/" if i == 0 else ""),
            },
            "hovertemplate": "%{x}: %{y:.3f}",
        }
        for i, (name, share) in enumerate(groups.items())
    ]  # fmt: skip
    return {"data": drawn, "layout": layout}


def reliability_bars(
    edges: Array, count: Array, confidence: Array, accuracy: Array, uirevision: str = ""
) -> Figure:
    """A bar for the share that is right in each bin of confidence, beside the ideal diagonal."""
    layout = base_layout(
        "Sure of it, and right?", "confidence: how sure it is", "share right", uirevision, 360
    )
    layout["xaxis"] |= {"range": [0, 1.01], "tickformat": ".0%", "dtick": 0.2}
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"}
    filled = count > 0
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    bars = {
        "type": "bar",
        "uid": "right",
        "name": "share right",
        "x": middle[filled].astype(np.float32),
        "y": accuracy[filled].astype(np.float32),
        "width": (0.94 * width[filled]).astype(np.float32),
        "marker": {"color": POSITIVE},
        "text": [f"{n:,}" for n in count[filled].tolist()],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textfont": {"color": "#ffffff"},
        "hovertemplate": "%{text} answers, %{y:.1%} right<extra></extra>",
    }
    said = {
        "type": "scatter",
        "uid": "sure",
        "name": "how sure on average",
        "x": confidence[filled].astype(np.float32),
        "y": confidence[filled].astype(np.float32),
        "mode": "markers",
        "marker": {"symbol": "diamond", "size": 9, "color": NEGATIVE},
        "hovertemplate": "%{y:.1%} sure on average<extra></extra>",
    }
    ideal = {
        "type": "scatter",
        "uid": "ideal",
        "name": "as sure as right",
        "x": np.array([0, 1], np.float32),
        "y": np.array([0, 1], np.float32),
        "mode": "lines",
        "line": {"color": MARK, "dash": "dot", "width": 2},
        "hoverinfo": "skip",
    }
    return {"data": [bars, ideal, said], "layout": layout}


def reliability_sentence(error: float, confidence: float, accuracy: float) -> str:
    """Whether the network is too sure or not sure enough, in one sentence."""
    gap = confidence - accuracy
    verdict = "about as sure as it is right"
    if abs(gap) >= 0.01:
        verdict = "too sure of itself" if gap > 0 else "not sure enough of itself"
    return (
        f"On average it is {confidence:.1%} sure and {accuracy:.1%} right: {verdict}; expected "
        f"calibration error {error:.1%}."
    )


def doubt_curves(
    threshold: Array, coverage: Array, accuracy: Array, chosen: float, uirevision: str = ""
) -> Figure:
    """Share answered and share right of those, against the threshold; the chosen one is marked."""
    layout = base_layout('Accuracy with "I don\'t know"', "threshold", "share", uirevision, 360)
    layout["xaxis"] |= {"range": [0, 1.01], "tickformat": ".0%", "dtick": 0.2}
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"}
    layout["hovermode"] = "x unified"
    layout["shapes"] = [vertical_line(chosen, width=2)]
    defined = ~np.isnan(accuracy)
    lines = (
        ("coverage", "answered (coverage)", threshold, coverage, NEGATIVE, "dash"),
        (
            "accuracy", "right among the answered (accuracy)",
            threshold[defined], accuracy[defined], POSITIVE, "solid",
        ),
    )  # fmt: skip
    return {
        "data": [
            {
                "type": "scatter",
                "uid": uid,
                "name": name,
                "x": x.astype(np.float32),
                "y": y.astype(np.float32),
                "mode": "lines",
                "line": {"color": color, "width": 2.5, "dash": dash},
                "hovertemplate": "%{y:.1%}",
            }
            for uid, name, x, y, color, dash in lines
        ],
        "layout": layout,
    }


def doubt_sentence(threshold: float, coverage: float, accuracy: float, plain: float) -> str:
    """What a threshold costs and brings, in one sentence."""
    if coverage == 0:
        return f'With "I don\'t know" below {threshold:.0%} it answers nothing at all.'
    return (
        f'With "I don\'t know" below {threshold:.0%} it answers {coverage:.1%} of the examples; '
        f"{accuracy:.1%} of those are right, instead of {plain:.1%} of all."
    )


def robustness_curve(
    strength: Array, score: Array, axis: str, is_share: bool, chosen: float, uirevision: str = ""
) -> Figure:
    """Accuracy (or mean absolute error) at each strength; the chosen one is marked."""
    y = "share right" if is_share else "mean absolute error"
    layout = base_layout("How it does when the examples get harder", axis, y, uirevision)
    layout["yaxis"] |= (
        {"range": [0, 1.02], "tickformat": ".0%"} if is_share else {"rangemode": "tozero"}
    )
    layout["shapes"] = [vertical_line(chosen, width=2)]
    curve = {
        "type": "scatter",
        "uid": "score",
        "name": y,
        "x": strength.astype(np.float32),
        "y": score.astype(np.float32),
        "mode": "lines+markers",
        "line": {"color": VALIDATION, "width": 2.5, "dash": "dash"},
        "marker": {"size": 7},
        "hovertemplate": "%{x:.3~g}: %{y:.1%}" if is_share else "%{x:.3~g}: %{y:.4g}",
        "showlegend": False,
    }
    return {"data": [curve], "layout": layout}


def robustness_sentence(strength: Array, score: Array, is_share: bool, what: str) -> str:
    """The score on what is there, and the worst one with its strength, in one sentence."""
    number = "{:.1%}".format if is_share else "{:.3g}".format
    plain = float(score[strength == 0][0])
    worst = int(score.argmin() if is_share else score.argmax())
    name = "Accuracy" if is_share else "The mean absolute error"
    return (
        f"{name} is {number(plain)} unchanged and {number(float(score[worst]))} at worst, at "
        f"{what.format(strength[worst])}."
    )


def softmax_figure(z: Array, p: Array, plain: Array) -> Figure:
    """The probabilities p (n,) of the scores z (n,); `plain` (n,) is what temperature 1 gives."""
    classes = [f"class {i + 1}" for i in range(len(z))]
    layout = base_layout("Softmax", "", "probability", "softmax", 340)
    layout["yaxis"] |= {"range": [0, 1.08], "tickformat": ".0%"}
    layout["barmode"] = "overlay"
    bars = {
        "type": "bar", "uid": "p", "name": "probability", "x": classes, "y": p,
        "marker": {"color": list(CLASS_COLORS[: len(z)])}, "text": [f"{each:.1%}" for each in p],
        "textposition": "outside", "cliponaxis": False, "showlegend": False,
        "hovertemplate": "%{x}: %{y:.4f}<extra></extra>",
    }  # fmt: skip
    marks = {
        "type": "scatter", "uid": "plain", "name": "with temperature 1", "x": classes, "y": plain,
        "mode": "markers", "hovertemplate": "%{x}: %{y:.4f} with T = 1<extra></extra>",
        "marker": {"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": MARK}},
    }  # fmt: skip
    return {"data": [bars, marks], "layout": layout}


def softmax_sentence(z: Sequence[float], p: Array, temperature: float) -> str:
    """Which class is ahead, how sure softmax is of it, and how even the rest is."""
    first = int(p.argmax())
    used = p[p > 0]
    bits = max(float(-(used * np.log2(used)).sum()), 0.0)
    return (
        f"Class {first + 1} has the largest z ({z[first]:g}) and gets {p[first]:.1%} with "
        f"temperature {temperature:g}; all {len(p)} add up to 100%. "
        f"Uncertainty: {bits:.2f} of {np.log2(len(p)):.2f} bits."
    )
