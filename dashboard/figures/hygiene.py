"""The honest and the flawed scores beside each other."""

import numpy as np

from dashboard.figures.figure import NEGATIVE, POSITIVE, Figure, frame, hatched, thin
from playground.history import History

RUNS = {"honest": (POSITIVE, "solid", ""), "flawed": (NEGATIVE, "dash", "/")}
PLACES = ("validation:<br>what you see", "new examples:<br>what you get")

Value = tuple[float, float]  # a mean and its standard error


def score_bars(scores: dict[str, list[Value]], is_share: bool) -> Figure:
    """name of a run → its scores on validation and, where there are any, on new examples.

    The thin lines are two standard errors on each side: what chance may do.
    """
    label = "share predicted right" if is_share else "mean absolute error"
    layout = frame("Both scores", "", label, height=340)
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
            "marker": {"color": RUNS[name][0], "pattern": hatched(RUNS[name][2])},
            "texttemplate": f"%{{y:{number}}}",
            "textposition": "inside",
            "insidetextanchor": "start",
            "hovertemplate": f"%{{y:{number}}}",
        }
        for name, values in scores.items()
    ]
    return {"data": bars, "layout": layout}


def validation_curves(histories: dict[str, History], is_share: bool, keep: str) -> Figure:
    """The validation score of both runs, epoch by epoch."""
    label = "accuracy" if is_share else "mean absolute error"
    layout = frame(f"Validation {label} while they learn", "epoch", label, keep, height=340)
    layout["hovermode"] = "x unified"
    if is_share:
        layout["yaxis"] |= {"tickformat": ".0%"}
    lines = [
        {
            "type": "scatter",
            "uid": name,
            "name": name,
            "x": thin(history.epoch),
            "y": thin(history.val_metric),
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
        f"{name} {_score(float(h.val_metric[-1]), is_share)} after epoch {h.epoch[-1]:.0f}"
        for name, h in histories.items()
        if h.val_metric is not None and len(h)
    ]
    return f"On validation: {' and '.join(parts)}." if parts else "No epoch yet."


def _score(value: float, is_share: bool) -> str:
    return f"{value:.1%}" if is_share else f"{value:.3g}"


def _amount(difference: float, is_share: bool) -> str:
    size = abs(difference)
    return f"{100 * size:.1f} percentage points" if is_share else f"{size:.3g}"


def score_sentence(scores: dict[str, list[Value]], is_share: bool) -> str:
    """All scores, in one sentence."""
    parts = [
        f"{name}: " + " and ".join(
            f"{_score(mean, is_share)} {where}"
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
    see, get = _score(seen, is_share), _score(got, is_share)
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
    a, b = _score(honest, is_share), _score(flawed, is_share)
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
