"""Some runs beside each other: overlaid curves, what differs, and what may be concluded."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures.comparison import SIGNS, CompetitorCurve, race_curves
from dashboard.views.runs.table import MOST_COMPARED, nothing_yet
from dashboard.views.shared.export import take_curves
from dashboard.views.shared.saved_runs import RunLibrary, data_label
from dashboard.widgets.messages import literal, refuse
from playground.analysis.comparison.runs import Compared, RunDifference, difference
from playground.analysis.comparison.runs_text import cautions, letter, verdict
from playground.experiment.model import FIELDS, label
from playground.history.aggregate import competitor_bands
from playground.nn.format import format_score, truncate
from playground.nn.losses import CLASSIFICATION
from playground.storage.records import RunRow, StoreError

OFFERED = 300  # of the newest runs, to choose from here
AXES = {"epochs": "Epochs", "updates": "Updates of the weights", "seconds": "Seconds"}
PARTS = {
    "Both": ("training", "validation"),
    "Validation": ("validation",),
    "Training": ("training",),
}


def compare(library: RunLibrary) -> None:
    """Choose two to eight runs, and see what tells them apart."""
    if not library.facets.total:
        nothing_yet()
        return
    chosen = _choose(library)
    if len(chosen) < 2:
        st.info("Choose two runs or more: here, or by their boxes in the list.")
        return
    runs, lines = [], []
    for line in chosen:
        try:
            runs.append(library.compared(line))
            lines.append(line)
        except StoreError as error:
            refuse(f"{truncate(line.name)}: {error}")
    if len(runs) >= 2:
        _show(runs, lines)
        take_curves(
            [(f"{letter(i)} {line.name}", library.get(line)) for i, line in enumerate(lines)]
        )


def _choose(library: RunLibrary) -> list[RunRow]:
    choice = library.choice
    before = [run.id for run in library.chosen]
    offered = {run.id: run for run in [*library.chosen, *library.runs(limit=OFFERED)]}
    ids = st.multiselect(
        "Runs to compare", list(offered), default=before[:MOST_COMPARED],
        format_func=lambda id: _title(offered.get(id)), max_selections=MOST_COMPARED,
        key=f"compare_{choice.drawn}", placeholder="two to eight of your runs",
        help=f"Those chosen in the list, and the newest {OFFERED}.",
    )  # fmt: skip
    if list(ids) != before[:MOST_COMPARED]:
        choice.chosen = [*ids, *before[MOST_COMPARED:]]
    return [offered[id] for id in ids if id in offered]


def _title(run: RunRow | None) -> str:
    if run is None:
        return "a run that is gone"
    score = format_score(run.best_metric, run.task == CLASSIFICATION)
    when = f"{run.created:%Y-%m-%d %H:%M}"
    return f"{run.name[:70]} · {score} · {when}"


def _show(runs: Sequence[Compared], lines: Sequence[RunRow]) -> None:
    found = difference(runs)
    st.info(literal(verdict(runs, found)), icon=":material/compare_arrows:")
    for sentence in cautions(runs, found):
        st.caption(literal(sentence))
    _curves(runs, lines, found)
    _settings(found, lines)
    _courses(found, lines)


def _names(lines: Sequence[RunRow]) -> list[str]:
    return [f"{SIGNS[i % len(SIGNS)]} {letter(i)}" for i in range(len(lines))]


def _curves(runs: Sequence[Compared], lines: Sequence[RunRow], found: RunDifference) -> None:
    """All runs over one another: a hue each, training solid and validation dashed."""
    metric = "accuracy" if found.is_accuracy else "mean_absolute_error"
    tasks = {run.experiment.data.source.task for run in runs}
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_controls"):
        quantities = ["loss"] if len(tasks) > 1 else [metric, "loss"]
        quantity = st.segmented_control(
            "Curves", quantities, default=quantities[0], required=True, key="compare_quantity",
            format_func=lambda name: name.replace("_", " ").capitalize(),
            help="The loss that is trained, or the score that counts; a lower loss "
            "need not be a better score.",
        )  # fmt: skip
        part = st.segmented_control(
            "Of which examples",
            list(PARTS),
            default="Both",
            required=True,
            key="compare_parts",
            help="Training shows what is learnt, validation what is understood; try both together.",
        )
        x = st.segmented_control(
            "Along", list(AXES), default="epochs", required=True, key="compare_x",
            format_func=AXES.__getitem__,
            help="What runs along the axis; runs with other batch sizes can only be "
            "compared in updates or seconds.",
        )  # fmt: skip
        log_y = st.toggle(
            "Logarithmic scale",
            key="compare_log",
            help="Each step of the axis is ten times the last; try it where curves crowd near 0.",
        )
    curves = []
    for i, (run, line) in enumerate(zip(runs, lines, strict=True)):
        living = [line.state == "playing"]
        for name, band in competitor_bands(
            [run.experiment], [run.history], quantity, PARTS[part], living, x
        ).items():
            curves.append(CompetitorCurve(i, f"{letter(i)} {line.name[:40]}", name, band))
    uirevision = " ".join(line.id for line in lines)
    figure = race_curves(curves, quantity, x, log_y=log_y, uirevision=uirevision)
    chart.chart(
        figure,
        _sentence(found),
        key="compare_curves",
        about="The curves of the chosen runs over each other; change the axis to "
        "updates or seconds before you call one faster.",
    )


def _sentence(found: RunDifference) -> str:
    """Where the curves part, and how far they are from each other."""
    if not found.comparable:
        return "These runs learn different things: only the shapes of their curves can be compared."
    told = []
    score = "accuracy" if found.is_accuracy else "mean error"
    for i, gap in enumerate(found.gaps, 1):
        if gap.mean is None:
            continue
        parting = (
            "never are more than a little apart"
            if gap.parting is None
            else f"part at epoch {gap.parting:,}"
        )
        told.append(
            f"A and {letter(i)} {parting} in {score}, their losses are {gap.mean:.3g} apart on "
            "average"
        )
    which = "Validation" if found.validated else "Training"
    more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
    return f"{which} curves: {'; '.join(told[:3]) or 'none yet'}{more}."


def _settings(found: RunDifference, lines: Sequence[RunRow]) -> None:
    st.markdown("**Settings that differ**")
    if not found.settings:
        st.caption("None.")
        return
    names = _names(lines)
    rows = [
        {"Setting": label(one.name) if one.name in FIELDS else one.name.capitalize()}
        | {
            name: data_label(lines[i].dataset, lines[i].link) if one.name == "dataset" else one.said(i)
            for i, name in enumerate(names)
        }
        for one in found.settings
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="compare_settings", alt="Settings")
    if any(not one.shared for one in found.settings):
        st.caption("–: this setting has no effect in that run; it comes along with another one.")


def _courses(found: RunDifference, lines: Sequence[RunRow]) -> None:
    st.markdown("**Curves in numbers**")
    task = CLASSIFICATION if found.is_accuracy else ""
    rows = []
    for name, line, course in zip(_names(lines), lines, found.courses, strict=True):
        own = line.task if not found.comparable else task
        row = {
            "Run": name,
            "Name": line.name,
            "Epochs": course.epochs,
            "Best score": _at(
                format_score(course.best_metric, own == CLASSIFICATION), course.best_metric_epoch
            ),
            "Last score": format_score(course.last_metric, own == CLASSIFICATION),
            "Lowest loss": _at(_loss(course.best_loss), course.best_loss_epoch),
            "Last loss": _loss(course.last_loss),
            "Seconds": round(course.seconds, 2),
        }
        if found.target is not None:
            reached = "–" if course.to_target is None else f"{course.to_target:,}"
            row[f"Epochs to {format_score(found.target, own == CLASSIFICATION)}"] = reached
        rows.append(row)
    rows[0]["Area to A"] = "–"
    for i, gap in enumerate(found.gaps, 1):
        rows[i]["Area to A"] = "–" if gap.area is None else f"{gap.area:.3g}"
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="compare_courses", alt="Curves")
    part = "validation" if found.validated else "training"
    st.caption(
        f"Scores and losses on {part} examples, with the epoch in brackets. The target is 95 % of "
        "the best score. Area to A: between the two loss curves, over the epochs both have."
    )


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _at(text: str, epoch: int | None) -> str:
    return text if epoch is None else f"{text} ({epoch:,})"
