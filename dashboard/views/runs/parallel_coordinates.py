"""Parallel coordinates of many runs: a line for each, across the settings that vary."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.figures.hyperparameters import MOST_LINES, bands, parallel, parallel_sentence, run_at
from dashboard.views.runs.table import group_filter, no_runs
from dashboard.views.shared.saved_runs import RunLibrary, data_label, fields_of
from dashboard.widgets.messages import literal
from playground.analysis.comparison.hyperparameter_importance import (
    Axis,
    axes,
    best_rows,
    importances,
    in_common,
    score_axis,
)
from playground.experiment.model import text_label
from playground.nn.format import format_score, truncate
from playground.nn.losses import CLASSIFICATION
from playground.storage.query import RunQuery
from playground.storage.records import RunRow

FEWEST = 3  # runs
MOST_AXES = 8  # settings shown by default
SHARES = {"Best tenth": 0.1, "Best quarter": 0.25, "Best half": 0.5}


def many_runs(library: RunLibrary) -> None:
    """Parallel coordinates over the runs on one data set."""
    if not library.facets.total:
        no_runs()
        return
    runs = _choose(library, library.runs(RunQuery(scored=True)))
    drawn = runs[:MOST_LINES]
    fields = fields_of(drawn)
    varied = axes(fields)
    if len(drawn) < FEWEST or not varied:
        st.info(
            f"This needs at least {FEWEST} runs on the same data, with a validation score, that "
            "differ in some setting. *Sweep* trains many of them."
        )
        return
    if len(runs) > MOST_LINES:
        st.caption(f"The newest {MOST_LINES} of {len(runs):,} runs are drawn.")
    parallel_view(library, drawn, fields, varied)


def _choose(library: RunLibrary, runs: Sequence[RunRow]) -> list[RunRow]:
    """Runs with comparable scores: those on one data set, and of one group if chosen."""
    labels = {run.dataset: data_label(run.dataset, run.link) for run in runs}
    with st.container(horizontal=True, vertical_alignment="bottom", key="many_choice"):
        dataset = st.selectbox(
            "Data", list(labels), key="many_data", width=220, persist_state="session",
            format_func=lambda name: truncate(labels.get(name, name)),
            help="Scores on different data cannot be compared.",
        )  # fmt: skip
        groups = [id for id in library.groups if any(run.group == id for run in runs)]
        group = group_filter(library, groups, "many_group", 260)
    return [run for run in runs if run.dataset == dataset and (not group or run.group == group)]


def parallel_view(
    library: RunLibrary,
    runs: Sequence[RunRow],
    fields: Sequence[dict[str, Any]],
    varied: list[Axis],
) -> None:
    """The chart, what the best runs have in common, and the clicked run."""
    is_accuracy = runs[0].task == CLASSIFICATION
    scores = np.array([run.best_metric if run.best_metric is not None else np.nan for run in runs])
    # A field that only some runs have would stand for the choice it follows from.
    matter = importances([axis for axis in varied if not axis.partial] or varied, scores)
    names = _shown_axes(varied, [importance.name for importance in matter])
    share = st.segmented_control(
        "Highlight", list(SHARES), default=next(iter(SHARES)), required=True, key="many_share",
        help="The best runs are drawn strongly: which settings do they share?",
    )  # fmt: skip
    drawn = bands(scores, is_accuracy, SHARES[share])
    shown = [*(axis for axis in varied if axis.name in names), score_axis(scores, is_accuracy)]
    texts = [f"{run.name} · {format_score(run.best_metric, is_accuracy)}" for run in runs]
    uirevision = f"{runs[0].dataset} {' '.join(axis.name for axis in shown)} {len(runs)} {share}"
    rows = best_rows(scores, is_accuracy, SHARES[share])
    common = in_common(fields, rows, [axis.name for axis in varied]) if len(rows) > 1 else {}
    best = format_score(runs[rows[0]].best_metric if len(rows) else None, is_accuracy)
    click = chart.chart(
        parallel(shown, drawn, texts, uirevision),
        parallel_sentence(len(runs), best, common, f"the {share.lower()}", matter),
        key="many_chart",
        clickable=True,
        cards=True,
        about="One line per run, one axis per setting; drag along an axis to filter runs.",
    )
    if matter:
        shares = " · ".join(f"{text_label(i.name)} {i.share:.0%}" for i in matter[:6])
        st.caption(f"Share of the score variance explained by each setting: {literal(shares)}.")
    row = None
    if click is not None and isinstance(click.point, int):
        row = run_at(shown, drawn, click.curve, click.point)
    if row is None:
        st.caption("Click a line to choose that run.")
        return
    st.caption(literal(f"Clicked: {texts[row]}"))
    chosen = runs[row].id in library.choice.chosen
    if st.button(
        "Chosen" if chosen else "Choose this run", key="many_choose", disabled=chosen,
        help="Selects this run for a comparison.",
    ):  # fmt: skip
        library.choice.set([*library.choice.chosen, runs[row].id])
        st.rerun()


def _shown_axes(varied: Sequence[Axis], by_importance: Sequence[str]) -> list[str]:
    """The settings with an axis: the most important ones of all runs, or those chosen."""
    names, partial = [a.name for a in varied], {a.name for a in varied if a.partial}
    order = by_importance or names
    default = [name for name in order if name not in partial] or order
    default = [name for name in names if name in default[:MOST_AXES]]
    if default == names:
        return names
    chosen = st.multiselect(
        "Settings shown", names, default=default, key=f"many_axes_{len(names)}",
        format_func=text_label, persist_state="session",
        help=f"{len(names)} settings vary; the most important ones are shown first.",
    )  # fmt: skip
    return chosen or default
