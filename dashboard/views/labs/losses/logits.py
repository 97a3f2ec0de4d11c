"""A table of logits: softmax and cross-entropy in two steps and in one, beside Keras."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from playground.labs.losses.cross_entropy import (
    CLASSES,
    LOGITS,
    SMALLEST,
    in_one_step,
    in_two_steps,
    one_hot,
)

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import identity, values
from dashboard.widgets.latex import lines, number, signed
from dashboard.widgets.messages import literal, refuse
from playground.nn.activations import softmax
from playground.runs.jobs import Job, Jobs

Array = NDArray[np.floating]

KEY, COLUMNS, CLASS = "lab_losses_logits", ("z₁", "z₂", "z₃"), "class"
CROSS_ENTROPIES = "playground.training.keras_reference:keras_cross_entropies"
LARGEST = 1e6
PATIENT = 0.15  # seconds to wait for Keras before the page goes on without it


def logits() -> None:
    """Five rows to edit, the loss of each in four ways, and one row in formulas."""
    st.markdown("**Logits** (what the last layer gives before softmax) and the right class.")
    version = values.get("lab_losses_version", make=lambda: [0])
    table = st.data_editor(
        _table(), key=f"{KEY}_{version[0]}", width="stretch", num_rows="fixed",
        column_config={
            CLASS: st.column_config.SelectboxColumn(
                CLASS, options=[1, 2, 3], required=True, help="The right class of the row: 1 to 3."
            ),
            **{name: st.column_config.NumberColumn(
                name, help="Any finite number. Try a large one for a wrong class.", format="%g"
            ) for name in COLUMNS},
        },
    )  # fmt: skip
    st.button(
        "Back to the first table", key="lab_losses_again", on_click=_again, args=(version,),
        help="Forget what has been typed.",
    )  # fmt: skip
    try:
        y, z = checked(table)
    except ValueError as error:
        refuse(str(error))
        return
    _results(y, z)
    row = st.segmented_control(
        "Follow row", range(len(z)), default=0, required=True, key="lab_losses_row",
        format_func=lambda i: str(i + 1), persist_state="session",
        help="Its losses below as formulas with their numbers. Try row 4: it is wrong.",
    )  # fmt: skip
    _formulas(y[row or 0], z[row or 0])


def _table() -> pd.DataFrame:
    frame = pd.DataFrame(LOGITS, columns=list(COLUMNS), index=range(1, len(LOGITS) + 1))
    frame[CLASS] = [each + 1 for each in CLASSES]
    frame.index.name = "row"
    return frame


def _again(version: list[int]) -> None:
    version[0] += 1  # a new editor: it has no edits


def checked(table: pd.DataFrame) -> tuple[Array, Array]:
    """Targets and logits, (n, 3) each. Raises ValueError for the first cell that is no number."""
    for row, values in table.iterrows():
        for name in COLUMNS:
            value = pd.to_numeric(values[name], errors="coerce")
            if not abs(value) <= LARGEST:
                got = "nothing" if pd.isna(values[name]) else f"{values[name]}"
                raise ValueError(
                    f"row {row}: {name} must be a number between −10⁶ and 10⁶, got {got}"
                )
        if values[CLASS] not in (1, 2, 3):
            raise ValueError(f"row {row}: class must be 1, 2 or 3, got {values[CLASS]}")
    z = table[list(COLUMNS)].to_numpy(dtype=np.float64)
    return one_hot(table[CLASS].to_numpy(dtype=np.int64) - 1, len(COLUMNS)), z


def _results(y: Array, z: Array) -> None:
    """NumPy's losses at once; Keras' as soon as a worker has told them."""
    job = _ask(y, z)
    job.wait(PATIENT)
    ours = {"two steps, NumPy": in_two_steps(y, z), "one step, NumPy": in_one_step(y, z)}
    asked = (y.tobytes(), z.tobytes())
    theirs: Any = job.result if job.state == "done" and job.key == asked else None
    names = ("two steps, Keras", "one step, Keras")
    if theirs is not None:
        ours |= dict(zip(names, theirs, strict=True))
    shown = {name: [f"{value:.8e}" for value in each] for name, each in ours.items()}
    if theirs is None:
        shown |= {name: ["…"] * len(z) for name in names}
    st.table(pd.DataFrame(shown, index=[f"row {i + 1}" for i in range(len(z))]))
    if theirs is not None:
        st.caption(sentence(ours))
    elif job.state == "failed":
        st.error(f"Keras could not be asked: {literal(job.reason)}.")
        st.button(
            "Ask Keras again", key="lab_losses_retry", on_click=_jobs().remove,
            args=(job.key, job), help="A worker tries once more.",
        )  # fmt: skip
    else:
        st.fragment(_waiting, run_every=POLL_SECONDS)(job)


@cache
def _jobs() -> Jobs:
    return Jobs()


def _ask(y: Array, z: Array) -> Job:
    """The question to Keras; a tab has one under way at a time."""
    question = (y.tobytes(), z.tobytes())
    return _jobs().submit(identity.current(), question, CROSS_ENTROPIES, y, z)


def _waiting(job: Job) -> None:
    st.caption(f"Asking Keras in a worker, for {job.seconds:.0f} s so far …")
    if job.state != "working":
        st.rerun()


def sentence(losses: dict[str, Array]) -> str:
    """How far the four ways are from each other, in one sentence."""
    two, one, keras_two, keras_one = losses.values()
    apart = float(max(np.abs(two - keras_two).max(), np.abs(one - keras_one).max()))
    steps = float(np.abs(two - one).max())
    text = f"In double precision (float64) NumPy and Keras differ by at most {apart:.0e}"
    if steps < 1e-6:
        return f"{text}, one step and two by at most {steps:.0e}."
    return (
        f"{text}; one step and two by {steps:.3g}: in two steps Keras takes no probability for "
        "smaller than 10⁻⁷, so no loss is above 16.118. See Overflow."
    )


def _taken(p: float) -> str:
    """The probability that the logarithm is taken of: no smaller one than Keras takes."""
    return number(p, 6) if p >= SMALLEST else r"\max(p, 10^{-7})"


def _formulas(y: Array, z: Array) -> None:
    target, p = int(y.argmax()), softmax(z)
    k = target + 1
    powers = " + ".join(f"e^{{{value:g}}}" for value in z)
    in_row = r",\ ".join(number(each, 6) for each in p)
    st.markdown("**Two steps**: first probabilities, then their logarithm.")
    st.latex(lines(
        r"p &= \operatorname{softmax}(z)",
        rf"&= ({in_row})",
        rf"L &= -\ln p_{k} = -\ln {_taken(p[target])} "
        rf"= {number(in_two_steps(y[None], z[None])[0], 6)}",
    ))  # fmt: skip
    st.markdown("**One step**: the logarithm of the sum less the right logit; nothing is divided.")
    st.latex(lines(
        rf"L &= \ln \sum_j e^{{z_j}} - z_{k}",
        rf"&= \ln({powers}) - {signed(z[target])}",
        rf"&= {number(float(np.logaddexp.reduce(z)), 6)} - {signed(z[target], 6)} "
        rf"= {number(in_one_step(y[None], z[None])[0], 6)}",
    ))  # fmt: skip
