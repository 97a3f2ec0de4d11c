"""A curve or a border learnt with a penalty, and its errors for every strength of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, VALIDATION, Figure, frame
from dashboard.figures.lines import dots, line, upright
from dashboard.figures.region import decision_region

Array = NDArray[Any]


def fitted(
    x: Array, curve: Array, truth: Array, training: tuple[Array, Array],
    validation: tuple[Array, Array], keep: str,
) -> Figure:  # fmt: skip
    """The curve (n,) over x beside the true one, and the points of both parts."""
    layout = frame("The curve", "x", "y", keep, height=380)
    layout["yaxis"] |= {"range": [-2.4, 2.4]}  # a wild curve leaves the frame
    drawn = [
        dots("validation", *validation, VALIDATION, "diamond-open", 5, legend=True),
        dots("training", *training, NEGATIVE, "circle", 9, legend=True),
        line("truth", x, truth, MARK, "dash"),
        line("fit", x, curve, POSITIVE, width=3.5),
    ]
    return {"data": drawn, "layout": layout}


def bordered(
    values: Array, training: tuple[Array, Array], x: Array, border: Array, keep: str
) -> Figure:
    """The answers (rows, columns) on the square −1 … 1, the examples, and the true border (n,)."""
    figure = decision_region(
        values, (-1, 1, -1, 1), {"training": training}, ("x₁", "x₂"), keep, "The border"
    )
    figure["data"].append(line("truth", x, border, "#30343a", "dash"))
    figure["layout"]["height"] = 380
    return figure


def errors(
    strengths: Array, training: Array, validation: Array, strength: float, is_share: bool, keep: str
) -> Figure:
    """The error of both parts over λ: mean squared, or the share of wrong answers."""
    axis = "share wrong" if is_share else "mean squared error"
    layout = frame("Error for every λ", "λ", axis, keep, height=380)
    layout["xaxis"] |= {"type": "log", "exponentformat": "power"}
    if is_share:
        layout["yaxis"] |= {"tickformat": ".0%", "rangemode": "tozero"}
    else:
        layout["yaxis"] |= {"type": "log", "exponentformat": "power", "dtick": 1}
    layout["shapes"] = [upright(float(strength))]
    hover = "λ %{x:.1e}: %{y:.1%}" if is_share else "λ %{x:.1e}: %{y:.3g}"
    drawn = [
        line("training", strengths, training, POSITIVE, hover=hover),
        line("validation", strengths, validation, VALIDATION, "dash", hover),
    ]
    return {"data": drawn, "layout": layout}


_WHY = {
    "underfit": "it is too stiff, both errors are large. Take less λ.",
    "good fit": "it follows the truth and not the noise.",
    "overfit": "it follows the noise, the error in validation is much larger. Take more λ.",
}


def fitted_sentence(state: str, training: float, validation: float, is_share: bool) -> str:
    """What the answer is, with both errors."""
    name, show = ("wrong", "{:.1%}") if is_share else ("error", "{:.3g}")
    told = f"{show.format(training)} in training, {show.format(validation)} in validation"
    return f"{state.capitalize()}: {name} {told}; {_WHY[state]}"


def errors_sentence(strengths: Array, validation: Array, is_share: bool) -> str:
    """Which λ is best on points that were not learnt from."""
    best = int(np.argmin(validation))
    least = f"{validation[best]:.1%}" if is_share else f"{validation[best]:.3g}"
    return f"The validation error is smallest, {least}, at λ = {strengths[best]:.1e}."
