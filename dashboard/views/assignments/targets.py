"""The rows of the form in which a teacher sets targets: a quantity, a direction, a number."""

from typing import Any

import streamlit as st

from dashboard.state import session
from playground.experiment.model import Experiment
from playground.lessons.assignment import MOST_TARGETS
from playground.lessons.targets import OPERATORS, SPOKEN, TARGET_METRICS, suits

COUNT = "assign_count"


def targets(start: Experiment) -> list[dict[str, Any]]:
    """One row for each target; what they say, to be checked."""
    names = [name for name in TARGET_METRICS if suits(name, start)]
    count = st.number_input(
        "How many targets", 1, MOST_TARGETS, 3, key=COUNT, persist_state="session", width=160,
        help="All must be met together, after the same epoch of one run. Two or three are enough.",
    )  # fmt: skip
    return [_row(i, names) for i in range(count)]


def _row(i: int, names: list[str]) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"assign_row_{i}"):
        key = f"assign_measure_{i}"
        session.keep_option(key, names)
        measure = st.selectbox(
            f"Target {i + 1}", names, 0 if session.holds(key) else i % len(names),
            key=key, width=265, persist_state="session",
            format_func=lambda name: TARGET_METRICS[name].measure.label,
            help="What is measured, by the server, after every epoch of the student's run.",
        )  # fmt: skip
        goal = TARGET_METRICS[measure]
        operator = st.selectbox(
            "Direction", list(OPERATORS), list(OPERATORS).index(goal.operator),
            key=f"assign_operator_{i}_{measure}", width=120, persist_state="session",
            format_func=lambda name: f"{SPOKEN[name]} {OPERATORS[name]}",
            label_visibility="collapsed",
            help="At least: the more the better. At most: the less the better.",
        )  # fmt: skip
        kind = int if goal.whole else float
        number = st.number_input(
            "Number", kind(goal.low), kind(goal.high), kind(goal.usual), kind(goal.step),
            key=f"assign_number_{i}_{measure}", width=125, persist_state="session",
            format="%d" if goal.whole else "%g", label_visibility="collapsed",
            help="A share is written as a number from 0 to 1: 0.88 is 88%.",
        )  # fmt: skip
    return {"measure": measure, "operator": operator, "number": number}
