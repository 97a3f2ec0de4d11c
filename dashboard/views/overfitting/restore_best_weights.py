"""Going back to the weights of the best epoch: what it changes, and the network they make."""

import streamlit as st

from dashboard.state import session, stored
from dashboard.widgets.messages import literal
from playground.analysis.metrics import run_summary
from playground.analysis.metrics.run_summary import GeneralizationGap
from playground.datasets import load
from playground.history.history import history
from playground.nn.format import format_score
from playground.nn.network import Snapshot
from playground.runs.race import Race
from playground.runs.run import Run


def restore(race: Race) -> None:
    """For each run a button that brings its best weights back, and the score before and after."""
    columns = st.columns(len(race.runs))
    for i, (column, (run,)) in enumerate(zip(columns, race.runs, strict=True)):
        with column:
            _one(run, i)


def _one(run: Run, i: int) -> None:
    log = history(run.events)
    best = run_summary.best_epoch(log)
    if best is None or run.latest is None:
        return
    key, of = f"restored_{i}", run.network
    if st.button(
        f"Restore the best weights (epoch {best})", key=f"twin_restore_{i}",
        icon=":material/settings_backup_restore:",
        help="Those after the epoch with the smallest validation loss.",
    ):  # fmt: skip
        stored.set(key, best, of)
    if stored.get(key, of) != best:
        return
    try:
        snapshot = run.snapshot(best)
    except LookupError:
        st.warning("The weights of that epoch are gone with the process that trained: start anew.")
        return
    _before_and_after(run, run.latest, snapshot)
    st.button(
        "Open it in Train and Inside", key=f"twin_open_{i}", icon=":material/model_training:",
        on_click=_open, args=(run, snapshot),
        help="The best weights become this tab's network, ready to be looked into or trained on.",
    )  # fmt: skip


def _before_and_after(run: Run, last: Snapshot, best: Snapshot) -> None:
    data, loss = load(run.experiment.data), run.experiment.training.loss
    before, after = (run_summary.measured_gap(each, data, loss) for each in (last, best))
    if before is None or after is None:
        return
    st.markdown(literal(_sentence(before, after)))


def _sentence(before: GeneralizationGap, after: GeneralizationGap) -> str:
    """The validation scores of the last and of the best weights."""
    is_accuracy = before.is_share
    name = "accuracy" if before.is_share else "error"
    return (
        f"The weights are those of epoch {after.epoch} again: validation loss "
        f"{before.validation.loss:.3g} → {after.validation.loss:.3g}, validation {name} "
        f"{format_score(before.validation.metric, is_accuracy)} → {format_score(after.validation.metric, is_accuracy)}, "
        f"gap in loss {before.loss:.3g} → {after.loss:.3g}."
    )


def _open(run: Run, snapshot: Snapshot) -> None:
    before = session.run()
    openings = () if before is None else before.test_evaluations
    session.set_run(Run(run.experiment, test_evaluations=openings, start=snapshot))
    session.set_experiment(run.experiment)
