"""A sweep under way: how far it is, the best so far, and a table of all its runs."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.state import stored
from dashboard.views.shared.saved_runs import RunLibrary
from dashboard.widgets.messages import literal
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import FIELDS, Experiment, format_value, label
from playground.nn.format import format_score
from playground.nn.losses import CLASSIFICATION
from playground.runs.sweep import Sweep, SweepRow
from playground.storage.query import STATES

NAME = "sweep"  # what the sweep of a tab is called among its runs
LOOK_SECONDS = 1.0
_COLUMNS = {
    "Best": st.column_config.TextColumn(
        help="The validation score of the epoch with the smallest validation loss."
    ),
    "Last": st.column_config.TextColumn(help="The validation score after the last epoch."),
    "Training": st.column_config.TextColumn(help="The training score after the last epoch."),
}
OVER = ("finished", "diverged", "lost", "stopped")


def sweeping(library: RunLibrary, now: Sweep) -> None:
    """Everything about the sweep of this tab, drawn anew while it plays."""
    state = now.state
    if state == "playing":
        now.play()  # somebody is here again: what had to wait for that goes on
    _buttons(now, state)
    every = LOOK_SECONDS if state == "playing" else None
    st.fragment(_watch, run_every=every, key="sweep_watch")(library, now, state)


def _buttons(now: Sweep, state: str) -> None:
    planning = stored.get("sweep_planning", make=dict[str, bool])
    with st.container(horizontal=True, key="sweep_buttons"):
        if state == "paused":
            st.button(
                "Resume", key="sweep_resume", type="primary", icon=":material/play_arrow:",
                on_click=now.play,
                help="Goes on with the runs that wait.",
            )  # fmt: skip
        if state == "playing":
            st.button(
                "Pause",
                key="sweep_pause",
                icon=":material/pause:",
                on_click=now.pause,
                help="Lets runs under way stand still; Resume goes on where they were.",
            )
        if state != "finished":
            st.button(
                "Stop", key="sweep_stop", icon=":material/stop:", on_click=now.stop,
                help="End it for good. What is trained so far stays saved.",
            )  # fmt: skip
        else:
            st.button(
                "Plan another sweep", key="sweep_new", type="primary", icon=":material/add:",
                on_click=planning.__setitem__, args=(now.name, True),
                help="Puts this sweep away, its runs stay saved, and asks what to try "
                "next.",
            )  # fmt: skip
            group = stored.get("sweep_group", now.name)
            if group:
                st.button(
                    "Show them as lines", key="sweep_lines", icon=":material/stacked_line_chart:",
                    on_click=_show_lines, args=(now, group),
                    help="Which settings do the best of them share?",
                )  # fmt: skip


def _show_lines(now: Sweep, group: str) -> None:
    stored.set_widget("runs_view", "Many runs")
    stored.set_widget("many_group", group)
    stored.set_widget("many_data", now.experiments[0].data.dataset)


def _watch(library: RunLibrary, now: Sweep, state: str) -> None:
    now.heartbeat()
    rows = now.rows
    done = sum(row.state in OVER for row in rows)
    epochs = sum(row.epoch for row in rows)
    planned = sum(row.experiment.training.epochs for row in rows)
    share = epochs / planned if state != "finished" else 1.0
    text = f"{done:,} of {len(rows):,} runs done · {epochs:,} epochs"
    st.progress(min(share, 1.0), text=text if state != "paused" else f"Paused · {text}")
    order = _best_first(rows)
    if not _best(rows, rows[order[0]], state) and state == "playing":
        st.caption("No epoch yet: the first runs are starting …")
    _saved(now, rows)
    # While it goes on every run keeps its line, or what is ticked would become another one.
    _table(library, now, rows, order if state == "finished" else range(len(rows)))
    if now.state != state:
        st.rerun()


def _is_share(row: SweepRow) -> bool:
    return row.experiment.data.source.task == CLASSIFICATION


def _best_first(rows: Sequence[SweepRow]) -> list[int]:
    """The numbers of all runs, those with the best validation (or training) score first."""

    def goodness(i: int) -> tuple[bool, float]:
        score = rows[i].best or rows[i].train
        if score is None or score.metric != score.metric:
            return (True, 0.0)
        return (False, -score.metric if _is_share(rows[i]) else score.metric)

    return sorted(range(len(rows)), key=goodness)


def _varied(rows: Sequence[SweepRow]) -> list[str]:
    """The fields that are not the same in all runs of the sweep."""
    fields = [active_hyperparameters(row.experiment) for row in rows]
    names = dict.fromkeys(name for each in fields for name in each)
    varied = [name for name in names if len({each.get(name) for each in fields}) > 1]
    # What only some runs have came along with another choice, such as β₁ with Adam.
    return [name for name in varied if all(name in each for each in fields)] or varied


def _told(experiment: Experiment, names: Sequence[str]) -> str:
    fields = active_hyperparameters(experiment)
    return ", ".join(f"{label(n)} {format_value(n, fields[n])}" for n in names if n in fields)


def _best(rows: Sequence[SweepRow], best: SweepRow, state: str) -> bool:
    """Say which is the best so far, unless there is none yet."""
    score = best.best or best.train
    if score is None:
        return False
    part = "training" if best.best is None else "validation"
    name = f"{part} {'accuracy' if _is_share(best) else 'mean error'}"
    begun = sum(row.train is not None for row in rows)
    settings = _told(best.experiment, _varied(rows)) or "the same settings"
    text = format_score(score.metric, best.experiment.data.source.task == CLASSIFICATION)
    among = f"Best of {begun:,}" if state == "finished" else f"Best of {begun:,} so far"
    st.success(literal(f"{among}: {text} {name} with {settings}."))
    return True


def _saved(now: Sweep, rows: Sequence[SweepRow]) -> None:
    """Say so where runs are not being saved."""
    if not stored.get("sweep_group", now.name):
        return
    going = [run for i in range(len(rows)) if (run := now.run(i)) is not None]
    told = [run.unsaved for run in going if run.unsaved]
    lost = sum(row.saved is None and row.epoch > 0 and row.state in OVER for row in rows)
    if told or lost:
        st.warning(literal(told[0] if told else f"{lost:,} of these runs could not be saved."))


def _table(library: RunLibrary, now: Sweep, rows: Sequence[SweepRow], order: Sequence[int]) -> None:
    """One line a run; the one that is ticked can be opened."""
    names = _varied(rows)
    table = pd.DataFrame([_line(i, rows[i], names) for i in order])
    state = st.dataframe(
        table, hide_index=True, key=f"sweep_table_{now.name}_{now.state}", on_select="rerun",
        selection_mode="single-row", alt="Runs of the sweep",
        height=min(38 + 35 * len(rows), 460), column_config=_COLUMNS,
    )  # fmt: skip
    chosen = [order[i] for i in state.selection.rows if 0 <= i < len(order)]
    if not chosen:
        st.caption("Tick a run to look at it closely, or at the reason why it ended.")
        return
    row = rows[chosen[0]]
    if row.reason:
        st.caption(literal(f"Run {chosen[0] + 1}: {row.reason}"))
    if row.saved is None:
        st.caption("It has no finished epoch yet.")
    elif st.button(
        f"Look at run {chosen[0] + 1} in the list", key="sweep_open", on_click=_choose,
        args=(library, row.saved),
        help="Opens this run in the list, with its curves and all its settings.",
    ):  # fmt: skip
        st.rerun()


def _choose(library: RunLibrary, id: str) -> None:
    library.choice.set([id])
    stored.set_widget("runs_view", "List")


def _line(i: int, row: SweepRow, names: Sequence[str]) -> dict[str, Any]:
    fields, task = active_hyperparameters(row.experiment), row.experiment.data.source.task
    settings = {
        (label(name) if name in FIELDS else name): format_value(name, fields[name])
        if name in fields
        else "–"
        for name in names
    }
    return {
        "Run": i + 1,
        "Best": format_score(row.best.metric if row.best else None, task == CLASSIFICATION),
        **settings,
        "State": STATES.get(row.state, row.state),
        "Epoch": row.epoch,
        "Last": format_score(
            row.validation.metric if row.validation else None, task == CLASSIFICATION
        ),
        "Training": format_score(row.train.metric if row.train else None, task == CLASSIFICATION),
        "Seconds": round(row.seconds, 2),
    }
