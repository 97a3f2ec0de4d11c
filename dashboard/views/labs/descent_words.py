"""What the Gradient descent lab says of a descent: the update in numbers, and how it went."""

import streamlit as st

from playground.labs.curves import Curve
from playground.labs.descent import Descent, verdict


def update(curve: Curve, made: Descent, step: int) -> str:
    """LaTeX of the update that comes next (or was the last), with the present numbers."""
    k = min(step, made.epochs - 1)
    w, rate, slope, after = made.w[k], made.rate[k], made.slope[k], made.w[k + 1]
    return (
        rf"\begin{{aligned}} \tfrac{{\partial L}}{{\partial w}} &= {curve.slope} = {slope:.6f} "
        rf"\\[4pt] w_{{{k + 1}}} &= w_{{{k}}} - \eta_{{{k}}} \cdot "
        rf"\tfrac{{\partial L}}{{\partial w}} \\ "
        rf"&= {_signed(w)} - {rate:.6f} \cdot {_signed(slope)} \\ "
        rf"&= \mathbf{{{after:.6f}}} \end{{aligned}}"
    )


def minus(value: float, shape: str = ".3g") -> str:
    """A number with a minus sign rather than a hyphen."""
    return f"{value:{shape}}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:.6f}" if value >= 0 else f"({value:.6f})"


def path_sentence(curve: Curve, made: Descent, step: int) -> str:
    """Where the weight is after `step` updates."""
    w = float(made.w[step])
    where = f"After {step} of {made.epochs} updates w is {minus(w, '.4f')}"
    if not curve.w[0] <= w <= curve.w[1]:
        return f"{where}, outside of the chart."
    return (
        f"{where}, the loss {float(curve.f(w)):.4f}, its slope {minus(float(curve.df(w)), '.4f')}."
    )


def loss_sentence(curve: Curve, made: Descent) -> str:
    """The loss at the beginning and at the end, and the epoch in which it was lowest."""
    lowest = int(made.loss.argmin())
    told = (
        f"From {made.loss[0]:.4g} in epoch 0 to {made.loss[-1]:.4g} in epoch {made.epochs - 1}; "
        f"lowest {made.loss[lowest]:.4g} in epoch {lowest}"
    )
    return told + (" (0 is drawn at the bottom)." if made.loss[lowest] < 1e-13 else ".")


def judged(curve: Curve, made: Descent, rate: float, decay: float) -> None:
    """Say how the descent went and why; on the parabola with the factor that decides it."""
    found = verdict(made, curve)
    lowest = found.valley == curve.valleys[0]
    factor = 1 - 2 * rate
    parabola = curve.label == "Parabola"
    if found.kind == "diverged":
        why = (
            f" Each update multiplies the distance to the bottom by 1 − 2η = {minus(factor)}: "
            "its size is above 1." if parabola and abs(factor) > 1 else
            " Each step lands higher up on the other side, where the slope is steeper still."
        )  # fmt: skip
        st.error(f"**Diverged.**{why} Take a smaller rate.", icon=":material/trending_up:")
    elif found.kind == "arrived":
        which = "" if lowest else " But this is not the lowest one: begin on the other side."
        why = (
            f" The first update left {abs(factor):.3g} of the distance, and so on."
            if parabola else ""
        )  # fmt: skip
        st.success(
            f"**Arrived** at the bottom, w = {minus(found.valley)}.{why}{which}",
            icon=":material/flag:",
        )
    elif found.kind == "leaping":
        why = f" 1 − 2η = {minus(factor)} is negative." if parabola and factor < 0 else ""
        st.warning(
            f"**Leaping** across the valley from side to side: the steps are too long.{why} "
            "Take a smaller rate, or let it decay.", icon=":material/swap_horiz:",
        )  # fmt: skip
    elif found.kind == "stuck":
        st.warning(
            "**Stuck** where the slope is 0, but lower places exist. Downhill leads no further "
            "from here: begin elsewhere, or take long steps first and let the rate decay.",
            icon=":material/block:",
        )
    else:
        why = "the rate has decayed too soon" if decay < 0.97 else "the steps are too short"
        st.info(
            f"**Not there yet** after {made.epochs} epochs: {why}. Take a larger rate or more "
            "epochs.", icon=":material/hourglass_empty:",
        )  # fmt: skip
