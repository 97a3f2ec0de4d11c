"""How strongly a loss pulls at a logit, for every value of it; and losses of large logits."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from dashboard.figures.figure import CLASS_COLOURS, Figure, frame
from dashboard.figures.lines import dots, line, upright
from dashboard.figures.loss_shapes import look
from playground.losses import LOSSES

Array = NDArray[Any]

FLAT = 0.01  # a slope smaller than this hardly teaches


def pulls(
    z: Array, slopes: Mapping[str, Array], at: float, now: Mapping[str, float], axis: str, keep: str
) -> Figure:
    """|∂L/∂z| of each loss (a name in LOSSES) over one logit, with a dot where it is."""
    layout = frame("Size of the gradient at this logit", axis, "|∂L/∂z|", keep, height=340)
    layout["yaxis"] |= {"range": [-0.03, 1.08]}
    drawn = [line(LOSSES[name].label, z, abs(y), *look(name)) for name, y in slopes.items()]
    drawn += [dots(LOSSES[name].label, at, abs(y), look(name)[0]) for name, y in now.items()]
    return {"data": drawn, "layout": layout}


def pulls_sentence(p: float, now: Mapping[str, float]) -> str:
    """What each loss teaches at the present probability of the right class."""
    told = ", ".join(f"{LOSSES[name].label} {abs(y):.4f}" for name, y in now.items())
    text = f"The right class gets p = {p:.4f}; the size of the gradient: {told}."
    if p < 0.1 and abs(now["mean_squared_error"]) < FLAT:
        text += " Wrong and sure: cross-entropy pulls hard, the squared error hardly at all."
    return text


_WAYS = {
    "naive": ("exp as written", CLASS_COLOURS[4], "dash"),
    "shifted": ("less the largest, then ln", CLASS_COLOURS[3], "dot"),
    "clipped": ("p at least 10⁻⁷ (Keras)", CLASS_COLOURS[1], "dashdot"),
    "together": ("in one step", CLASS_COLOURS[0], "solid"),
}  # fmt: skip
WAYS = {name: label for name, (label, _, _) in _WAYS.items()}


def overflow(sizes: Array, losses: Mapping[str, Array], at: float, keep: str) -> Figure:
    """The loss over the size of the logits in each way; nan and inf leave gaps."""
    layout = frame("Loss in single precision", "size of the logits", "loss", keep, height=360)
    layout["shapes"] = [upright(at)]
    drawn = [
        line(label, sizes, losses[name], colour, dash, width=5 if name == "together" else 2.5)
        for name, (label, colour, dash) in reversed(_WAYS.items())
    ]
    return {"data": drawn, "layout": layout}
