"""Large logits: where numbers of single precision end, and how to compute all the same."""

from functools import cache

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.losses import WAYS, overflow
from dashboard.widgets.latex import lines, number
from playground.labs.losses.cross_entropy import LARGEST, MOST, Ways, ways

DIRECTION = np.array([1.0, 0.5, -0.5])  # logits of size 1
LONGEST = 200.0
SIZES = np.arange(1, LONGEST + 1)

ABOUT = (
    "The same loss computed in four ways as the logits grow. A curve that ends has become inf or "
    "nan: from there on a network could not learn. Move the size past 88."
)

_TOLD = {
    "naive": "e^z, divided by the sum, then −ln: as the formula is written",
    "shifted": "e^(z − largest z): no overflow, but p may become 0, and −ln 0 is inf",
    "clipped": "the same, with p at least 10⁻⁷, as Keras does from probabilities",
    "together": "ln Σ e^(z − m) + m − z of the right class, m the largest: as Keras from logits",
}


def large() -> None:
    """One row of logits that grows: exp overflows, a shift cures it, one step is exact."""
    left, right = st.columns([2, 1])
    size = left.slider(
        "Size of the logits", 1.0, LONGEST, 100.0, 1.0, key="lab_losses_size",
        persist_state="session",
        help="All three logits are multiplied by it. In single precision exp ends at 88.7: try 88 "
        "and 89, then 104.",
    )  # fmt: skip
    target = right.segmented_control(
        "Right class", range(3), default=2, required=True, key="lab_losses_large_target",
        format_func=lambda i: f"Class {i + 1}", persist_state="session",
        help="Class 3 has the smallest logit: wrong and sure. Class 1: right and sure.",
    )  # fmt: skip
    target = 2 if target is None else target
    z = size * DIRECTION
    found = ways(z, target)
    _exponentials(z, found)
    losses = {name: getattr(found, name) for name in WAYS}
    rows = {WAYS[name]: [f"{loss:.6g}", _TOLD[name]] for name, loss in losses.items()}
    st.table(pd.DataFrame(rows, index=["loss", "how"]).T)
    _cure(z, target, found)
    chart.chart(
        overflow(SIZES, _curves(target), size, f"overflow {target}"), sentence(size, losses),
        key="lab_losses_overflow", about=ABOUT,
    )  # fmt: skip


@cache
def _curves(target: int) -> dict[str, NDArray[np.float64]]:
    """The loss in each way over SIZES; nan where it is not finite."""
    found = [ways(size * DIRECTION, target) for size in SIZES]
    losses = {name: np.array([getattr(each, name) for each in found]) for name in WAYS}
    return {name: np.where(np.isfinite(each), each, np.nan) for name, each in losses.items()}


def sentence(size: float, losses: dict[str, float]) -> str:
    """Which ways still give the loss, in one sentence."""
    exact = losses["together"]
    lost = [
        f"{WAYS[name]} gives {loss:g}" for name, loss in losses.items() if not np.isfinite(loss)
    ]
    text = f"At size {size:g} the loss is {exact:.6g}"
    text += f"; {', '.join(lost)}." if lost else "; every way gives a finite number."
    if losses["clipped"] < exact - 1e-3:
        text += f" From probabilities Keras stops at −ln 10⁻⁷ = {MOST:.3f}, and so does learning."
    return text


def _exponentials(z: NDArray[np.float64], found: Ways) -> None:
    powers = [
        rf"& e^{{{value:g}}} = {number(float(e), 3)}"
        for value, e in zip(z, found.exponentials, strict=True)
    ]
    total = float(found.exponentials.sum())
    shares = r",\ ".join(number(float(share), 4) for share in found.probabilities)
    note = r"\quad\left(\tfrac\infty\infty = \text{nan}\right)" if not np.isfinite(total) else ""
    st.latex(lines(
        *powers, rf"& \textstyle\sum_j e^{{z_j}} = {number(total)}", rf"& p = ({shares}){note}",
    ))  # fmt: skip
    st.caption(f"float32, the numbers networks compute with: above {LARGEST:.3g} there is only ∞.")


def _cure(z: np.ndarray, target: int, found: Ways) -> None:
    largest = float(z.max())
    powers = " + ".join(f"e^{{{value:g}}}" for value in z - largest)
    st.markdown("**The cure**: take the largest logit $m$ out of the sum; no power is above 1.")
    st.latex(lines(
        rf"L &= m + \ln \sum_j e^{{z_j - m}} - z_{target + 1}",
        rf"&= {largest:g} + \ln({powers}) - ({z[target]:g})",
        rf"&= {number(found.together)}",
    ))  # fmt: skip
    st.markdown(
        rf"**Where Keras stops**: from probabilities it takes $\max(p, 10^{{-7}})$, so that no "
        rf"loss is above $-\ln 10^{{-7}} = {MOST:.3f}$. It is finite, but flat: the gradient is "
        "lost. `from_logits=True` computes in one step and loses nothing."
    )
