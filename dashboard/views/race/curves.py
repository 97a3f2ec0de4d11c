"""The curves of a race, and how they are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components import chart
from dashboard.figures.comparison import AXES, CompetitorCurve, race_curves, race_sentence
from playground.analysis.comparison.leaderboard import Entrant
from playground.history.aggregate import MAX_SMOOTHING, competitor_bands
from playground.history.events import metric_name
from playground.history.history import History

PARTS = {
    "Validation": ("validation",),
    "Training": ("training",),
    "Both": ("training", "validation"),
}


FIRST_EPOCHS = 20  # room for so many from the start: a race is watched as it fills its course


@dataclass(frozen=True)
class CurveOptions:
    """What is drawn, over what, on which scales."""

    quantity: str  # "score" or "loss"
    parts: tuple[str, ...]
    x: str
    log_x: bool
    log_y: bool
    smoothing: float


def curves(
    entrants: Sequence[Entrant],
    histories: Sequence[Sequence[History]],
    living: Sequence[Sequence[bool]],
    uirevision: str,
) -> None:
    """All competitors over one another; living: which runs go on, [competitor][seed]."""
    experiment = entrants[0].experiments[0]
    metric = metric_name(experiment.data.source.task)
    above = st.container()
    look = _look("Accuracy" if metric == "accuracy" else "Error")
    quantity = metric if look.quantity == "score" else "loss"
    if quantity == "accuracy" and look.log_y:
        quantity = "error_rate"  # near 100 % a logarithmic scale shows only what is still wrong
    parts = look.parts if experiment.data.validation_size else ("training",)
    drawn = [
        CompetitorCurve(number, entrant.label, part, band)
        for number, entrant in enumerate(entrants)
        for part, band in competitor_bands(
            entrant.experiments, histories[number], quantity, parts, living[number], look.x,
            look.smoothing,
        ).items()
    ]  # fmt: skip
    first = min(experiment.training.epochs, FIRST_EPOCHS)
    figure = race_curves(
        drawn, quantity, look.x, look.log_x, look.log_y, look.smoothing > 0, uirevision, first
    )
    with above:
        chart.chart(
            figure,
            race_sentence(drawn, quantity),
            key="race_chart",
            about="One line a competitor, a band where there are several seeds; put "
            "updates or seconds on the axis and see whether the order stays.",
        )


def _look(score: str) -> CurveOptions:
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_look"):
        quantity = st.segmented_control(
            "Shown", ["score", "loss"], default="score", key="race_quantity", required=True,
            format_func=lambda name: score if name == "score" else "Loss", persist_state="session",
            help="The score that counts, or the loss that is trained; see whether "
            "both have the same winner.",
        )  # fmt: skip
        parts = st.segmented_control(
            "Of the examples for", list(PARTS), default="Validation", key="race_parts",
            required=True, persist_state="session",
            help="Validation is dashed, training solid.",
        )  # fmt: skip
        x = st.segmented_control(
            "Against", list(AXES), default="epochs", key="race_x", required=True,
            format_func=str.capitalize, persist_state="session",
            help="Seconds of training and validating on this machine, which all share.",
        )  # fmt: skip
        smoothing = st.slider(
            "Smoothing", 0.0, MAX_SMOOTHING, 0.0, 0.01, key="race_smoothing", width=200,
            persist_state="session", help="An average over the last epochs: recent ones count "
            "more. The line before smoothing stays faintly behind, and what is drawn never moves.",
        )  # fmt: skip
        scales = st.segmented_control(
            "Logarithmic", ["x", "y"], key="race_scales", selection_mode="multi",
            persist_state="session",
            help="y, for accuracy: the share predicted wrong, on a logarithmic scale.",
        )  # fmt: skip
    return CurveOptions(quantity, PARTS[parts], x, "x" in scales, "y" in scales, smoothing)
