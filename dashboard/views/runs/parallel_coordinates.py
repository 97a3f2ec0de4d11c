"""Hundreds of runs at once: a line for each, across the settings that vary, to its score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.hyperparameters import MOST_LINES, bands, parallel, parallel_sentence, run_at
from dashboard.views.runs.table import nothing_yet
from dashboard.views.shared.saved_runs import RunLibrary, data_label, fields_of
from dashboard.widgets.messages import literal
from playground.analysis.comparison.hyperparameter_importance import (
    Axis,
    axes,
    best_rows,
    in_common,
    importances,
)
from playground.experiment.model import text_label
from playground.nn.format import format_score, truncate
from playground.nn.losses import CLASSIFICATION
from playground.storage.query import RunQuery
from playground.storage.records import RunRow

FEWEST = 3  # runs
MOST_AXES = 8  # settings shown unless more are asked for
SHARES = {"The best tenth": 0.1, "The best quarter": 0.25, "The best half": 0.5}


def many(library: RunLibrary) -> None:
    """Parallel coordinates over the runs on one data set."""
    if not library.facets.total:
        nothing_yet()
        return
    scored = library.runs(RunQuery(scored=True))
    runs = _choose(library, scored)
    drawn = runs[:MOST_LINES]
    fields = fields_of(drawn)
    found = axes(fields)
    if len(drawn) < FEWEST or not found:
        st.info(
            f"This needs at least {FEWEST} runs on the same data, with a validation score, that "
            "differ in some setting. *Sweep* trains many of them at one click."
        )
        return
    if len(runs) > MOST_LINES:
        st.caption(f"Drawn are the newest {MOST_LINES} of {len(runs):,} runs.")
    parallel_view(library, drawn, fields, found)


def _choose(library: RunLibrary, runs: Sequence[RunRow]) -> list[RunRow]:
    """Runs whose scores mean the same: those on one data set, of one group if wanted."""
    labels = {run.dataset: data_label(run.dataset, run.link) for run in runs}
    with st.container(horizontal=True, vertical_alignment="bottom", key="many_choice"):
        dataset = st.selectbox(
            "Data", list(labels), key="many_data", width=220, persist_state="session",
            format_func=lambda name: truncate(labels.get(name, name)),
            help="Only runs on this data are drawn; scores on different data cannot "
            "be compared.",
        )  # fmt: skip
        groups = [id for id in library.groups if any(run.group == id for run in runs)]
        group = ""
        if groups:
            group = st.selectbox(
                "Belongs to", ["", *groups], key="many_group", width=260, persist_state="session",
                format_func=lambda id: truncate(library.group_title(id)) if id else "anything",
                help="Only the runs of one race, sweep or twin; choose all to compare "
                "across them.",
            )  # fmt: skip
    return [run for run in runs if run.dataset == dataset and (not group or run.group == group)]


def parallel_view(
    library: RunLibrary, runs: Sequence[RunRow], fields: Sequence[dict[str, Any]], found: list[Axis]
) -> None:
    """The chart, what the best have in common, and the run that was clicked."""
    largest = runs[0].task == CLASSIFICATION
    scores = np.array([_number(run.best_metric) for run in runs])
    # What only some runs have tells of the choice it came along with, not of itself.
    matter = importances([axis for axis in found if not axis.partial] or found, scores)
    names = _shown_axes(found, [weight.name for weight in matter])
    shown_axes = [axis for axis in found if axis.name in names]
    share = st.segmented_control(
        "Bring out",
        list(SHARES),
        default=next(iter(SHARES)),
        required=True,
        key="many_share",
        help="How many of the best runs are drawn strongly; see which settings they share.",
    )
    drawn = bands(scores, largest, SHARES[share])
    every = [*shown_axes, _score_axis(runs, scores)]
    texts = [
        f"{run.name} · {format_score(run.best_metric, run.task == CLASSIFICATION)}" for run in runs
    ]
    uirevision = f"{runs[0].dataset} {' '.join(axis.name for axis in every)} {len(runs)} {share}"
    rows = best_rows(scores, largest, SHARES[share])
    common = in_common(fields, rows, [axis.name for axis in found]) if len(rows) > 1 else {}
    best = (
        format_score(runs[rows[0]].best_metric, runs[0].task == CLASSIFICATION)
        if len(rows)
        else "–"
    )
    sentence = parallel_sentence(len(runs), best, common, share.lower(), matter)
    click = chart.chart(
        parallel(every, drawn, texts, uirevision),
        sentence,
        key="many_chart",
        clickable=True,
        cards=True,
        about="One line a run, one axis a setting; drag along an axis to keep "
        "only some runs, and see what the best ones share.",
    )
    if matter:
        _matter(matter)
    row = None
    if click is not None and isinstance(click.point, int):
        row = run_at(every, drawn, click.curve, click.point)
    if row is None:
        st.caption("Click a line to choose that run.")
    else:
        _clicked(library, runs[row])


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _score_axis(runs: Sequence[RunRow], scores: NDArray[np.float64]) -> Axis:
    """The last axis: up is always better; scores far below all others stand at its foot."""
    task, is_accuracy = runs[0].task, runs[0].task == CLASSIFICATION
    goodness = scores if is_accuracy else -scores
    there = goodness[np.isfinite(goodness)]
    low, high = _reach(there)
    wide = (high - low) or 1.0
    positions = np.clip((goodness - low) / wide, 0, 1).astype(np.float32)
    ticks = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        text = format_score(abs(low + share * wide), task == CLASSIFICATION)
        worse = "≤ " if is_accuracy else "≥ "
        ticks.append((share, worse + text if share == 0 and low > there.min() else text))
    name = "accuracy" if is_accuracy else "mean error"
    return Axis(name, positions, tuple(ticks), "linear")


def _reach(there: NDArray[np.float64]) -> tuple[float, float]:
    """From where to where the axis goes: without the few that failed (Tukey's fence)."""
    quarter, half, high = np.quantile(there, [0.25, 0.5, 1.0])
    fence = quarter - 3 * (half - quarter)
    inside = there[there >= fence]
    return float(inside.min()), float(high)


def _shown_axes(found: Sequence[Axis], by_weight: Sequence[str]) -> list[str]:
    """Which settings get an axis: those of all runs that matter most, or what a person chooses."""
    names, partial = [a.name for a in found], {a.name for a in found if a.partial}
    order = by_weight or names
    first = [name for name in order if name not in partial] or order
    first = [name for name in names if name in first[:MOST_AXES]]
    if first == names:
        return names
    chosen = st.multiselect(
        "Settings shown", names, default=first, key=f"many_axes_{len(names)}",
        format_func=text_label, persist_state="session",
        help=f"{len(names)} settings vary; first those that have an effect in every run.",
    )  # fmt: skip
    return chosen or first


def _matter(matter: Sequence[Any]) -> None:
    told = " · ".join(f"{text_label(weight.name)} {weight.share:.0%}" for weight in matter[:6])
    st.caption(
        f"How much of the differences between scores goes along with each setting: {literal(told)}."
    )


def _clicked(library: RunLibrary, run: RunRow) -> None:
    st.caption(
        literal(
            f"Clicked: {run.name} · {format_score(run.best_metric, run.task == CLASSIFICATION)}"
        )
    )
    chosen = run.id in library.choice.chosen
    if st.button(
        "Choose this run" if not chosen else "It is chosen",
        key="many_choose",
        disabled=chosen,
        help="Ticks this run, so that it can be compared with others.",
    ):
        library.choice.set([*library.choice.chosen, run.id])
        st.rerun()
