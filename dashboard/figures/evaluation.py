"""Scores of a network: confusion matrix, calibration, probabilities, residuals, robustness."""

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
    line,
    vertical_line,
)

Array = NDArray[Any]


MAX_EXAMPLES = 2_000  # per scatter plot


def predicted_against_true(truth: Array, predicted: Array, uirevision: str = "") -> Figure:
    """One point per example; a perfect prediction lies on the dotted diagonal."""
    layout = base_layout(
        "Predicted against true", "true value", "predicted value", uirevision, height=380
    )
    rows = downsampled_rows(len(truth), MAX_EXAMPLES)
    ends = np.array([truth.min(), truth.max()], np.float32)
    points = {
        "type": "scatter",
        "uid": "examples",
        "name": "examples",
        "x": truth[rows].astype(np.float32),
        "y": predicted[rows].astype(np.float32),
        "mode": "markers",
        "marker": {"size": 6, "color": VALIDATION, "opacity": 0.8},
        "hovertemplate": "true %{x:.3~g}, predicted %{y:.3~g}<extra></extra>",
    }
    ideal = line("predicted = true", ends, ends, MARK, "dot", hover="", width=2)
    return {"data": [points, ideal], "layout": layout}


def residual_histogram(edges: Array, counts: Array, uirevision: str = "") -> Figure:
    """Histogram of the residuals: counts (n_bins,) between `edges` (n_bins + 1,)."""
    layout = base_layout("Residuals", "predicted − true", "examples", uirevision, height=380)
    middle = (edges[1:] + edges[:-1]) / 2
    bars = {
        "type": "bar",
        "uid": "residuals",
        "name": "examples",
        "x": middle.astype(np.float32),
        "y": counts.astype(np.float32),
        "width": (0.96 * np.diff(edges)).astype(np.float32),
        "marker": {"color": NEGATIVE},
        "hovertemplate": "%{y} examples with a residual of about %{x:.3~g}<extra></extra>",
        "showlegend": False,
    }
    layout["shapes"] = [vertical_line(0, width=2)]
    return {"data": [bars], "layout": layout}


def residual_sentence(residual: Array) -> str:
    """Share of predictions that are too high, and the mean residual."""
    mean, high = float(residual.mean()), float((residual > 0).mean())
    return f"{high:.0%} of the predictions are too high; the mean residual is {mean:+.3g}."


def truth_sentence(r2: float) -> str:
    """R² in words."""
    if np.isnan(r2):
        return "All true values are equal, so R² is undefined."
    if r2 < 0:
        return f"R² is {r2:.3f}: worse than always predicting the mean of the true values."
    return f"The network explains {r2:.1%} of the variance of the true values (R² = {r2:.3f})."


# Text on saturated colors; elsewhere the page's own color. Blue over white bears black, not white.
ON_BLUE, ON_ORANGE = "light-dark(#000000, #ffffff)", "#1b1d22"
DEEP_RIGHT, DEEP_WRONG = 0.6, 0.6  # opacity up to which that is legible in both themes


def cells(counts: NDArray[Any], names: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Cells of a confusion matrix: count, share of the row, color, text alternative.

    The diagonal is blue, errors are orange; the opacity is the square root of the share of the
    row, so that rare errors can be seen.
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


def _cell(count: int, share: float, correct: bool, truth: str, prediction: str) -> dict[str, Any]:
    depth = 0.9 * share**0.5
    base = POSITIVE if correct else NEGATIVE
    deep = depth >= (DEEP_RIGHT if correct else DEEP_WRONG)
    text = "" if not deep else ON_BLUE if correct else ON_ORANGE
    what = f"{truth} recognized" if correct else f"{truth} predicted as {prediction}"
    times = "once" if count == 1 else f"{count:,} times"
    return {
        "count": count,
        "share": f"{share:.0%}",
        "background": f"{base}{round(255 * depth):02x}",
        "color": text,
        "sentence": f"{what} {times}, {share:.0%} of all {truth}",
    }


def confusion_sentence(counts: NDArray[Any], names: Sequence[str], part: str) -> str:
    """Accuracy, and the most common error."""
    total, hits = int(counts.sum()), int(counts.trace())
    correct = f"{hits:,} of {total:,} {part} examples are correct ({hits / max(total, 1):.1%})"
    wrong = counts - np.diag(counts.diagonal())
    most = int(wrong.max())
    if most == 0:
        return f"{correct}, without any error."
    i, j = divmod(int(wrong.argmax()), len(names))
    times = "once" if most == 1 else f"{most:,} times"
    return f"{correct}; the most common error is {names[i]} predicted as {names[j]}, {times}."


BEFORE = "#9fb6c6"


def before_after_bars(
    title: str, names: Sequence[str], before: Array, after: Array, uirevision: str = "",
    what: str = "probability",
) -> Figure:  # fmt: skip
    """Two bars per class, (n_classes,) each, 0 … 1: before in gray, after in blue."""
    layout = base_layout(title, "", what, uirevision, height=260)
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%", "fixedrange": True}
    layout["xaxis"] |= {"type": "category", "fixedrange": True}
    layout |= {"barmode": "group", "bargap": 0.25, "bargroupgap": 0.05}
    labels = [escape_html(name) for name in names]
    pairs = (("before", before, BEFORE), ("after", after, POSITIVE))
    data = [
        {
            "type": "bar", "uid": name, "name": name, "x": labels, "y": values.astype(np.float32),
            "marker": {"color": color},
            "hovertemplate": "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
        }
        for name, values, color in pairs
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def probability_curves(
    strengths: Array, probabilities: Array, names: Sequence[str], shown: Sequence[int], here: int,
    uirevision: str = "",
) -> Figure:  # fmt: skip
    """Probabilities (n_steps, n_classes) of the classes `shown` over the strength (n_steps,).

    A line marks step `here`; strengths are fractions of the pixel range.
    """
    title = "Probability against perturbation"
    layout = base_layout(title, "largest change of a pixel", "probability", uirevision, height=280)
    layout["yaxis"] |= {"range": [-0.02, 1.02], "tickformat": ".0%"}
    layout["xaxis"] |= {"tickformat": ".1%", "rangemode": "tozero"}
    at = float(strengths[here])
    layout["shapes"] = [vertical_line(at, width=2)]
    colors = class_colors(len(names))
    data = [
        line(
            names[i], strengths, probabilities[:, i], colors[i], "dash" if order else "solid",
            "%{y:.1%} at %{x:.1%}<extra>%{fullData.name}</extra>", 3 if order < 2 else 1.5,
        ) | {"name": escape_html(names[i])}
        for order, i in enumerate(shown)
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def distance_bars(
    names: Sequence[str], strengths: Array, chosen: int, uirevision: str = ""
) -> Figure:
    """Smallest strength (n,) that reaches each class; NaN where none does."""
    title = "Distance to each class"
    layout = base_layout(title, "", "smallest perturbation", uirevision, height=280)
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
         "font": {"size": 11}}
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
    """Accuracy in each bin of confidence, beside the ideal diagonal."""
    layout = base_layout("Reliability diagram", "confidence", "accuracy", uirevision, 360)
    layout["xaxis"] |= {"range": [0, 1.01], "tickformat": ".0%", "dtick": 0.2}
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"}
    filled = count > 0
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    bars = {
        "type": "bar",
        "uid": "right",
        "name": "accuracy",
        "x": middle[filled].astype(np.float32),
        "y": accuracy[filled].astype(np.float32),
        "width": (0.94 * width[filled]).astype(np.float32),
        "marker": {"color": POSITIVE},
        "text": [f"{n:,}" for n in count[filled].tolist()],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textfont": {"color": "#ffffff"},
        "hovertemplate": "%{text} predictions, %{y:.1%} correct<extra></extra>",
    }
    mean_confidence = {
        "type": "scatter",
        "uid": "sure",
        "name": "mean confidence",
        "x": confidence[filled].astype(np.float32),
        "y": confidence[filled].astype(np.float32),
        "mode": "markers",
        "marker": {"symbol": "diamond", "size": 9, "color": NEGATIVE},
        "hovertemplate": "mean confidence %{y:.1%}<extra></extra>",
    }
    ends = np.array([0, 1])
    ideal = line("perfect calibration", ends, ends, MARK, "dot", hover="", width=2)
    return {"data": [bars, ideal, mean_confidence], "layout": layout}


def reliability_sentence(error: float, confidence: float, accuracy: float) -> str:
    """Whether the network is over- or underconfident."""
    gap = confidence - accuracy
    verdict = "well calibrated on average"
    if abs(gap) >= 0.01:
        verdict = "overconfident" if gap > 0 else "underconfident"
    return (
        f"Mean confidence {confidence:.1%}, accuracy {accuracy:.1%}: {verdict}; expected "
        f"calibration error {error:.1%}."
    )


def reject_option_curves(
    threshold: Array, coverage: Array, accuracy: Array, chosen: float, uirevision: str = ""
) -> Figure:
    """Coverage and selective accuracy against the threshold; the chosen one is marked."""
    layout = base_layout("Reject option", "confidence threshold", "share", uirevision, 360)
    layout["xaxis"] |= {"range": [0, 1.01], "tickformat": ".0%", "dtick": 0.2}
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%"}
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"}
    layout["hovermode"] = "x unified"
    layout["shapes"] = [vertical_line(chosen, width=2)]
    defined = ~np.isnan(accuracy)
    hover = "%{y:.1%}"
    accepted, correct = threshold[defined], accuracy[defined]
    drawn = [
        line("coverage", threshold, coverage, NEGATIVE, "dash", hover),
        line("accuracy of the predictions made", accepted, correct, POSITIVE, hover=hover),
    ]
    return {"data": drawn, "layout": layout}


def reject_option_sentence(threshold: float, coverage: float, accuracy: float, plain: float) -> str:
    """Coverage and accuracy at a threshold."""
    if coverage == 0:
        return f"Below a confidence of {threshold:.0%} everything is rejected."
    return (
        f"Rejecting below a confidence of {threshold:.0%}: coverage {coverage:.1%}, accuracy "
        f"{accuracy:.1%} instead of {plain:.1%}."
    )


def robustness_curve(
    strength: Array, score: Array, axis: str, is_accuracy: bool, chosen: float, uirevision: str = ""
) -> Figure:
    """Accuracy (or mean absolute error) at each strength; the chosen one is marked."""
    y = "accuracy" if is_accuracy else "mean absolute error"
    layout = base_layout("Robustness", axis, y, uirevision)
    layout["yaxis"] |= (
        {"range": [0, 1.02], "tickformat": ".0%"} if is_accuracy else {"rangemode": "tozero"}
    )
    layout["shapes"] = [vertical_line(chosen, width=2)]
    hover = "%{x:.3~g}: %{y:.1%}" if is_accuracy else "%{x:.3~g}: %{y:.4g}"
    curve = line(y, strength, score, VALIDATION, "dash", hover)
    curve |= {"mode": "lines+markers", "marker": {"size": 7}, "showlegend": False}
    return {"data": [curve], "layout": layout}


def robustness_sentence(strength: Array, score: Array, is_accuracy: bool, what: str) -> str:
    """The score on the original examples, and the worst one with its strength."""
    number = "{:.1%}".format if is_accuracy else "{:.3g}".format
    plain = float(score[strength == 0][0])
    worst = int(score.argmin() if is_accuracy else score.argmax())
    name = "Accuracy" if is_accuracy else "The mean absolute error"
    return (
        f"{name} is {number(plain)} on the original examples and {number(float(score[worst]))} at "
        f"worst, at {what.format(strength[worst])}."
    )


def softmax_figure(z: Array, p: Array, plain: Array) -> Figure:
    """Probabilities p (n,) of the logits z (n,); `plain` (n,): those at temperature 1."""
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
