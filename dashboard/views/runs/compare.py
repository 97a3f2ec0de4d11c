"""Comparison of runs: curves in one chart, settings that differ, scores, and a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.figures.comparison import SIGNS
from dashboard.views.runs.table import MOST_COMPARED, no_runs
from dashboard.views.shared.curves import baseline_text, competitor_curves
from dashboard.views.shared.export import export_curves
from dashboard.views.shared.saved_runs import RunLibrary, data_label, score_text
from dashboard.widgets.messages import literal, refuse
from playground.analysis.comparison.notes import cautions, letter, verdict
from playground.analysis.comparison.runs import Compared, RunDifference, difference
from playground.analysis.metrics.run_summary import TARGET_SHARE
from playground.experiment.model import FIELDS, Experiment, label
from playground.experiment.model_summary import distinguishing_names
from playground.nn.format import format_number, truncate
from playground.storage.records import RunRow, StoreError

OFFERED = 300  # of the newest runs, to choose from here


@dataclass(frozen=True)
class ComparedRun:
    """A compared run as a competitor of the chart."""

    label: str
    experiments: tuple[Experiment, ...]


def compare(library: RunLibrary) -> None:
    """Choose two to eight runs and compare them."""
    if not library.facets.total:
        no_runs()
        return
    chosen = _choose(library)
    if len(chosen) < 2:
        st.info("Choose two runs or more: here, or by their boxes in the list.")
        return
    runs, rows = [], []
    for row in chosen:
        try:
            runs.append(library.compared(row))
            rows.append(row)
        except StoreError as error:
            refuse(f"{truncate(row.name)}: {error}")
    if len(runs) >= 2:
        _comparison(runs, rows)
        export_curves([(f"{letter(i)} {row.name}", library.get(row)) for i, row in enumerate(rows)])


def _choose(library: RunLibrary) -> list[RunRow]:
    choice = library.choice
    newest = library.runs(limit=OFFERED)
    chosen = library.chosen or _newest_pair(newest)
    before = [run.id for run in chosen]
    offered = {run.id: run for run in [*chosen, *newest]}
    ids = st.multiselect(
        "Runs to compare", list(offered), default=before[:MOST_COMPARED],
        format_func=lambda id: _title(offered.get(id)), max_selections=MOST_COMPARED,
        key=f"compare_{choice.drawn}", placeholder="two to eight of your runs",
        help=f"The runs selected in the list, and the newest {OFFERED}.",
    )  # fmt: skip
    if list(ids) != before[:MOST_COMPARED]:
        choice.chosen = [*ids, *before[MOST_COMPARED:]]
    return [offered[id] for id in ids if id in offered]


def _newest_pair(newest: Sequence[RunRow]) -> list[RunRow]:
    """The newest run and the one before it on the same data; none where there are not two."""
    trained = [run for run in newest if run.epoch]
    same = [run for run in trained if run.dataset == trained[0].dataset][:2]
    return same if len(same) == 2 else []


def _title(run: RunRow | None) -> str:
    if run is None:
        return "a deleted run"
    score = score_text(run, run.best_metric)
    return f"{truncate(run.name, 70)} · {score} · {run.created:%Y-%m-%d %H:%M}"


def _comparison(runs: Sequence[Compared], rows: Sequence[RunRow]) -> None:
    differences = difference(runs)
    st.info(literal(verdict(runs, differences)), icon=":material/compare_arrows:")
    for sentence in cautions(runs, differences):
        st.caption(literal(sentence))
    tasks = {run.experiment.data.source.task for run in runs}
    metric = "accuracy" if differences.is_accuracy else "mean_absolute_error"
    names = distinguishing_names([run.experiment for run in runs])
    competitor_curves(
        [
            ComparedRun(f"{letter(i)} {name}", (run.experiment,))
            for i, (run, name) in enumerate(zip(runs, names, strict=True))
        ],
        [[run.history] for run in runs],
        [[row.state == "playing"] for row in rows],
        metric if len(tasks) == 1 else None,
        "compare",
        " ".join(row.id for row in rows),
        part="Both",
        sentence=_distances(differences),
    )
    _settings(differences, rows)
    _scores(differences, rows, baseline_text(run.experiment for run in runs))


def _distances(differences: RunDifference) -> str:
    """Where the curves part, and their distance."""
    if not differences.comparable:
        return "Scores on different data: only the shapes of the curves can be compared."
    score = "accuracy" if differences.is_accuracy else "mean error"
    parts = []
    for i, distance in enumerate(differences.distances, 1):
        if distance.mean is None:
            continue
        parting = f"part at epoch {distance.parting:,}" if distance.parting else "stay close"
        parts.append(
            f"A and {letter(i)} {parting} in {score}, their losses differ by {distance.mean:.3g} "
            "on average"
        )
    which = "Validation" if differences.validated else "Training"
    more = f"; and {len(parts) - 3} more" if len(parts) > 3 else ""
    return f"{which} curves: {'; '.join(parts[:3]) or 'none yet'}{more}."


def _names(rows: Sequence[RunRow]) -> list[str]:
    return [f"{SIGNS[i % len(SIGNS)]} {letter(i)}" for i in range(len(rows))]


def _settings(differences: RunDifference, rows: Sequence[RunRow]) -> None:
    st.markdown("**Settings that differ**")
    if not differences.settings:
        st.caption("None.")
        return
    table = [
        {"Setting": label(one.name) if one.name in FIELDS else one.name.capitalize()}
        | {
            name: data_label(row.dataset, row.link) if one.name == "dataset" else one.text(i)
            for i, (name, row) in enumerate(zip(_names(rows), rows, strict=True))
        }
        for one in differences.settings
    ]
    st.dataframe(pd.DataFrame(table), hide_index=True, key="compare_settings", alt="Settings")
    if not all(one.independent for one in differences.settings):
        st.caption("–: this setting has no effect in that run; it follows from another one.")


def _scores(differences: RunDifference, rows: Sequence[RunRow], constant: str) -> None:
    part = "validation" if differences.validated else "training"
    st.markdown("**Scores**", help=f"On {part} examples, with the epoch in brackets.")
    table = []
    for row, summary in zip(rows, differences.summaries, strict=True):
        line = {
            "Epochs": f"{summary.epochs:,}",
            "Best score": _at(score_text(row, summary.best_score), summary.best_score_epoch),
            "Last score": score_text(row, summary.last_score),
            "Lowest loss": _at(_loss(summary.best_loss), summary.best_epoch),
            "Last loss": _loss(summary.last_loss),
            "Seconds": f"{summary.seconds:.2f}",
            "Seconds of compilation": _seconds(summary.compile_seconds),
        }
        if differences.target is not None:
            reached = "–" if summary.to_target is None else f"{summary.to_target:,}"
            line[f"Epochs to {score_text(row, differences.target)}"] = reached
        table.append(line)
    for line, area in zip(table, [None, *(d.area for d in differences.distances)], strict=True):
        line["Area to A"] = "–" if area is None else f"{area:.3g}"
    # A column for each run, as above: two fit on a phone.
    scores = pd.DataFrame(table, index=_names(rows)).T.rename_axis("Score").reset_index()
    st.dataframe(scores, hide_index=True, key="compare_courses", alt="Scores")
    target = f"{TARGET_SHARE:.0%} of the best accuracy"
    if not differences.is_accuracy:
        target = f"{2 - TARGET_SHARE:.3g} times the lowest error"
    st.caption(
        f"Target: {target}. Area to A: between the loss curves, over the epochs that both have. "
        f"{constant}"
    )


def _loss(value: float | None) -> str:
    return "–" if value is None else format_number(value, 4)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _at(text: str, epoch: int | None) -> str:
    return text if epoch is None else f"{text} ({epoch:,})"
