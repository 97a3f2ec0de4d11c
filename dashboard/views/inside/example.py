"""Which example the views follow through the network: chosen by number, or typed."""

from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import predictions, session
from dashboard.moment import Moment
from dashboard.notices import literal
from playground.losses import CLASSIFICATION
from playground.responses import extent
from playground.snapshot import classes
from playground.trace import LARGE_ERROR, next_mistake

MOST_TYPED = 12  # features that are asked for one by one
BY_NUMBER, TYPED = "An example", "My own values"


@dataclass(frozen=True)
class Example:
    """One example: raw as the data set has it, (1, …), and scaled as the network takes it, (n,)."""

    name: str  # "validation example 7"
    raw: NDArray[Any]
    x: NDArray[np.float32]
    truth: str | None  # its label or target; None for typed values
    verdict: str  # what the network says of it, in one sentence


def choose_example(now: Moment) -> Example:
    """The widgets to choose an example with, and what the network says of it."""
    source = now.dataset.source
    may_type = not source.shape and source.n_features <= MOST_TYPED
    with st.container(horizontal=True, vertical_alignment="bottom", key="example"):
        way = BY_NUMBER
        if may_type:
            way = st.segmented_control(
                "Follow", [BY_NUMBER, TYPED], default=BY_NUMBER, required=True,
                key="example_way", persist_state="session",
                help="Take an example of the data, or type values of your own; try "
                "values no example has.",
            )  # fmt: skip
        if way == BY_NUMBER:
            return _by_number(now)
        raw = _typed(now)
    return _example(now, "your own values", raw, None)


def _by_number(now: Moment) -> Example:
    part_name, part = predictions.shown_part(now.dataset)
    count = len(part)
    session.limit("example_number", 1, count)
    number = st.number_input(
        f"{part_name.capitalize()} example, 1 to {count:,}", 1, count, 1, width=220,
        key="example_number", persist_state="session",
        help="Which example is followed through the network; try one it gets "
        "wrong.",
    )  # fmt: skip
    is_class = now.task == CLASSIFICATION
    st.button(
        "Next mistake" if is_class else "Next large error", key="next_mistake",
        icon=":material/skip_next:", on_click=_go_on, args=(now, number),
        help=f"Go to the next of the {count:,} examples that it answers wrongly now."
        if is_class else f"An error of more than {LARGE_ERROR:g} times the mean error.",
    )  # fmt: skip
    row = slice(number - 1, number)
    return _example(now, f"{part_name} example {number:,}", part.x[row], part.y[number - 1])


def _go_on(now: Moment, number: int) -> None:
    """Show the next mistake, or say that there is none."""
    _, part = predictions.shown_part(now.dataset)
    found = next_mistake(now.snapshot, now.dataset, part, number - 1)
    if found is None:
        st.toast(f"No mistake in all {len(part):,} examples after epoch {now.epoch:,}.")
    else:
        session.put("example_number", found + 1)


def _typed(now: Moment) -> NDArray[np.float32]:
    source, values = now.dataset.source, []
    first = predictions.shown_part(now.dataset)[1].x[0]
    for i, (name, (low, high)) in enumerate(zip(source.features, extent(now.dataset), strict=True)):
        key = f"typed_{now.experiment.data.dataset}_{i}"
        session.limit(key, low, high)
        value = st.number_input(
            literal(name), low, high, float(np.clip(first[i], low, high)), key=key, format="%.4g",
            step=10.0 ** (floor(log10(high - low)) - 1), width=150, persist_state="session",
            help=f"Between {low:.4g} and {high:.4g}: the range of the training examples.",
        )  # fmt: skip
        values.append(value)
    return np.array([values], np.float32)


def _example(now: Moment, name: str, raw: NDArray[Any], target: Any) -> Example:
    source = now.dataset.source
    x = now.dataset.scaled(raw)
    output = now.snapshot.predict(x)
    if now.task != CLASSIFICATION:
        answer = f"The network says {output[0, 0]:.4g}"
        truth = None if target is None else f"{target:.4g}"
        right = None
    else:
        guess = int(classes(output)[0])
        sure = output[0, guess] if output.shape[1] > 1 else max(output[0, 0], 1 - output[0, 0])
        answer = f"The network says {source.classes[guess]} ({sure:.1%} sure)"
        truth = None if target is None else source.classes[int(target)]
        right = None if target is None else guess == int(target)
    end = "." if truth is None else f"; the truth is {truth}."
    if right is not None:
        end = ", and that is right ✓." if right else f"; it is {truth} ✗."
    verdict = f"{name.capitalize()}: {answer[0].lower()}{answer[1:]}{end}"
    return Example(name, raw, x[0], truth, verdict)


def tell(example: Example) -> None:
    """Say what the network makes of the example."""
    st.markdown(f"**{literal(example.verdict)}**")
