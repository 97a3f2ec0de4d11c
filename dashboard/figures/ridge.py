"""A polynomial through points, and its errors for every strength of the penalty."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, VALIDATION, Figure, frame
from dashboard.figures.lines import dots, line, upright

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


def errors(
    strengths: Array, training: Array, validation: Array, strength: float, keep: str
) -> Figure:
    """The mean squared error of both parts over λ, on logarithmic scales."""
    layout = frame("Error for every λ", "λ", "mean squared error", keep, height=380)
    layout["xaxis"] |= {"type": "log", "exponentformat": "power"}
    layout["yaxis"] |= {"type": "log", "exponentformat": "power"}
    layout["shapes"] = [upright(strength)]
    hover = "λ %{x:.1e}: %{y:.3g}"
    drawn = [
        line("training", strengths, training, POSITIVE, hover=hover),
        line("validation", strengths, validation, VALIDATION, "dash", hover),
    ]
    return {"data": drawn, "layout": layout}


_WHY = {
    "underfit": "the curve is too stiff: both errors are large. Take less λ.",
    "good fit": "it follows the curve and not the noise.",
    "overfit": "it follows the noise: small error in training, large in validation. Take more λ.",
}


def fitted_sentence(state: str, training: float, validation: float) -> str:
    """What the curve is, with both errors."""
    return (
        f"{state.capitalize()}: error {training:.3g} in training, {validation:.3g} in validation; "
        f"{_WHY[state]}"
    )


def errors_sentence(strengths: Array, validation: Array) -> str:
    """Which λ is best on points that were not learnt from."""
    best = int(np.argmin(validation))
    return (
        f"The validation error is smallest, {validation[best]:.3g}, at λ = {strengths[best]:.1e}."
    )
