"""A sweep: many runs, by a grid or at random; its setup, progress and results."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components import stream
from dashboard.state import identity, session, stored
from dashboard.views.shared.curves import baseline_text
from dashboard.views.shared.saved_runs import RunLibrary
from dashboard.widgets.messages import literal, refuse, warn
from dashboard.widgets.run_status import show_notice
from dashboard.widgets.tables import SECONDS
from playground.analysis.metrics.run_summary import RunSummary, summarize
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import (
    FIELDS,
    Experiment,
    format_value,
    label,
    limits,
    text_label,
)
from playground.experiment.model_summary import title
from playground.history.history import history
from playground.nn.losses import CLASSIFICATION
from playground.runs.race import Competitor, GroupPlan
from playground.runs.search_space import (
    Range,
    SearchResult,
    Span,
    checked,
    default_range,
    default_values,
    format_values,
    grid_search,
    is_number,
    options,
    parse_values,
    random_search,
    sweepable_fields,
)
from playground.runs.sweep import MOST, SWEEPS, Sweep, SweepRow
from playground.storage.query import STATES, RunQuery
from playground.storage.records import StoreError

NAME = "sweep"  # of a tab's sweep in its registry
GRID, RANDOM = "Grid", "Random"
SHORT = 10  # epochs of each run, unless the current experiment has fewer
DEFAULT_RUNS = 20
MOST_FIELDS = 6
REDRAW_SECONDS = 1.0
OVER = ("finished", "diverged", "lost", "stopped")
COLUMNS = {
    "Best": st.column_config.TextColumn(help="The best validation score."),
    "Last": st.column_config.TextColumn(help="The validation score after the last epoch."),
    "Training": st.column_config.TextColumn(help="The training score, mean during the epoch."),
    **SECONDS,
}


def sweep(library: RunLibrary) -> None:
    """The sweep of this tab, or the setup of a new one."""
    current = identity.registered(SWEEPS, NAME)
    planning = stored.get("sweep_planning", make=dict[str, bool])
    if current is not None and not planning.get(current.name):
        _running(library, current)
        return
    if current is None:
        _continue(library)
    _setup(library)


# ---- setup -------------------------------------------------------------------------------


def _continue(library: RunLibrary) -> None:
    """After a restart of the server: offer to train what the last sweep had not finished."""
    groups = library.store.groups(library.owner, "sweep", library.tab)
    if not groups:
        return
    runs = library.store.list_runs(library.owner, RunQuery(group=groups[0].id))
    try:
        plan = GroupPlan.from_text(groups[0].plan)
    except ValueError:
        return
    missing = plan.unfinished(runs)
    if not missing:
        return
    count = f"{len(missing):,} of {plan.n_runs:,} runs of your last sweep were not finished"
    st.warning(literal(f"{count} when the server was restarted: {groups[0].title}."))
    if st.button(
        f"Train these {len(missing):,}",
        key="sweep_go_on",
        icon=":material/resume:",
        help="Trains the missing runs of this sweep.",
    ):
        _train(library, missing, plan.fields, groups[0].id)


def _setup(library: RunLibrary) -> None:
    base = session.experiment()
    st.caption(literal(f"All other settings are those of the current experiment: {title(base)}"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        names = st.multiselect(
            "Settings to vary", sweepable_fields(), default=["learning_rate", "optimizer"],
            key="sweep_fields", format_func=label, max_selections=MOST_FIELDS,
            persist_state="session", help="Begin with the learning rate.",
        )  # fmt: skip
        method = st.segmented_control(
            "Search", [GRID, RANDOM], default=GRID, required=True, key="sweep_way",
            persist_state="session",
            help="A grid tries every combination, random search draws some; with more than two "
            "settings random search finds good ones sooner.",
        )  # fmt: skip
        ranges = {name: _range(name, base, method == RANDOM) for name in names}
    with right:
        epochs = st.number_input(
            "Epochs of each run", *limits("epochs"),
            value=min(SHORT, base.training.epochs), key="sweep_epochs", persist_state="session",
            disabled="epochs" in names, help="Short runs usually rank settings as long ones do.",
        )  # fmt: skip
        count, seed = DEFAULT_RUNS, 0
        if method == RANDOM:
            count = st.number_input(
                "Runs", 1, MOST, DEFAULT_RUNS, key="sweep_count", persist_state="session",
                help="Start with 10 to see how long they take.",
            )  # fmt: skip
            seed = st.number_input(
                "Seed of the search", 0, 2**31 - 1, 0, key="sweep_seed", persist_state="session",
                help="Equal seeds draw equal settings.",
            )  # fmt: skip
        found = _search(base, names, ranges, method, epochs, count, seed)
        _start(library, found, names, method)


def _range(name: str, base: Experiment, random: bool) -> Range | None:
    """The control for the values of a field; None while they are invalid."""
    own = base.to_dict()[name]
    try:
        if options(name, base):
            return st.multiselect(
                label(name), options(name, base), default=default_values(name, base),
                key=f"sweep_{name}",
                format_func=lambda value: format_value(name, value), persist_state="session",
                help="The values to try.",
            )  # fmt: skip
        if random and is_number(name):
            return _span(name, base)
        text = st.text_input(
            label(name), format_values(default_values(name, base)), key=f"sweep_{name}_values",
            max_chars=1_000,
            help=_help(name, own), persist_state="session",
        )  # fmt: skip
        return parse_values(name, text, base)
    except ValueError as error:
        refuse(str(error))
        return None


def _help(name: str, own: Any) -> str:
    current = f"Now: {format_values([own])}."
    if is_number(name):
        low, high = limits(name)
        return f"Numbers from {low:g} to {high:g}, separated by commas. {current}"
    return f"Layers joined by a dash, separated by commas: 300-100, 512, none. {current}"


def _span(name: str, base: Experiment) -> Span:
    default = default_range(name, base)
    left, right = st.columns(2)
    low = left.text_input(
        f"{label(name)}, from", format_values([default.low]), key=f"sweep_{name}_low", max_chars=30,
        persist_state="session", help="The smallest value to draw.",
    )  # fmt: skip
    high = right.text_input(
        "to", format_values([default.high]), key=f"sweep_{name}_high", max_chars=30,
        persist_state="session", help="The largest value to draw.",
    )  # fmt: skip
    span = Span(checked(name, low, base), checked(name, high, base))
    if span.low > span.high:
        raise ValueError(f"{label(name)} must go from low to high, got {low} to {high}")
    return span


def _search(
    base: Experiment,
    names: list[str],
    ranges: dict[str, Range | None],
    method: str,
    epochs: int,
    count: int,
    seed: int,
) -> SearchResult | None:
    """The experiments to train; None, with a message, where the setup is incomplete."""
    if not names:
        st.info("Choose at least one setting to vary.")
        return None
    fields = {name: values for name, values in ranges.items() if values is not None}
    if len(fields) < len(names):
        return None
    base = base.replace(epochs=epochs)
    if {"hidden", "activation"} & set(names):
        base = base.replace(activations=())
    try:
        if method == RANDOM:
            return random_search(base, fields, count, seed)
        return grid_search(base, {n: v for n, v in fields.items() if not isinstance(v, Span)})
    except ValueError as error:
        refuse(str(error))
        return None


def _start(library: RunLibrary, found: SearchResult | None, names: list[str], method: str) -> None:
    experiments = () if found is None else found.experiments
    if experiments:
        epochs = sum(experiment.training.epochs for experiment in experiments)
        st.caption(f"{len(experiments):,} runs, {epochs:,} epochs in all, over all workers.")
    if found is not None:
        warn(found.problems, "Such combinations are left out.")
    if st.button(
        "Start the sweep", key="sweep_start", type="primary", icon=":material/play_arrow:",
        disabled=not experiments, help="Each run is saved; you can stop at any time.",
    ):  # fmt: skip
        how = "every combination" if method == GRID else "random"
        name = f"{', '.join(map(text_label, names))} ({how})"
        plan = GroupPlan.of([Competitor("", experiments)], names).to_text()
        try:
            group = library.store.create_group(library.owner, "sweep", name, plan, library.tab)
        except StoreError as error:
            group = ""
            refuse(f"{error} The sweep trains, but its runs are not saved.")
        _train(library, experiments, names, group)


def _train(
    library: RunLibrary, experiments: Sequence[Experiment], names: Sequence[str], group: str
) -> None:
    loggers = [
        identity.run_logger("sweep", group, _run_label(names, experiment)) if group else None
        for experiment in experiments
    ]
    new = Sweep(experiments, loggers.__getitem__)
    identity.register(SWEEPS, NAME, new)
    stored.set("sweep_group", group, new.name)
    new.play()
    st.rerun()


def _run_label(names: Sequence[str], experiment: Experiment) -> str:
    """ "learning rate 0.01 · optimizer Adam"."""
    values = experiment.to_dict()
    return " · ".join(
        f"{text_label(name)} {format_value(name, values[name])}" for name in names if name in FIELDS
    )


# ---- progress ----------------------------------------------------------------------------


def _running(library: RunLibrary, current: Sweep) -> None:
    """The sweep of this tab, redrawn while it plays."""
    state = current.state
    if state == "playing":
        current.play()  # it is watched again: runs that waited for that continue
    _buttons(current, state)
    stream.fragment(
        lambda: _watch(library, current, state), "sweep_watch", current,
        lambda: tuple((row.state, row.epoch) for row in current.rows),
        moves=lambda: current.state == "playing", seconds=REDRAW_SECONDS,
    )  # fmt: skip


def _buttons(current: Sweep, state: str) -> None:
    planning = stored.get("sweep_planning", make=dict[str, bool])
    with st.container(horizontal=True, key="sweep_buttons"):
        if state == "paused":
            st.button(
                "Resume", key="sweep_resume", type="primary", icon=":material/play_arrow:",
                on_click=current.play, help="Continues with the waiting runs.",
            )  # fmt: skip
        if state == "playing":
            st.button(
                "Pause", key="sweep_pause", icon=":material/pause:", on_click=current.pause,
                help="Pauses all runs; Resume continues them.",
            )  # fmt: skip
        if state != "finished":
            st.button(
                "Stop", key="sweep_stop", icon=":material/stop:", on_click=current.stop,
                help="Ends the sweep; finished epochs stay saved.",
            )  # fmt: skip
            return
        st.button(
            "Set up another sweep", key="sweep_new", type="primary", icon=":material/add:",
            on_click=planning.__setitem__, args=(current.name, True),
            help="The runs of this sweep stay saved.",
        )  # fmt: skip
        group = stored.get("sweep_group", current.name)
        if group:
            st.button(
                "Parallel coordinates", key="sweep_lines", icon=":material/stacked_line_chart:",
                on_click=_open_parallel, args=(current, group),
                help="Which settings do the best runs share?",
            )  # fmt: skip


def _open_parallel(current: Sweep, group: str) -> None:
    stored.set_widget("runs_view", "Many runs")
    stored.set_widget("many_group", group)
    stored.set_widget("many_data", current.experiments[0].data.dataset)


def _watch(library: RunLibrary, current: Sweep, state: str) -> None:
    rows = current.rows
    is_accuracy = current.experiments[0].data.source.task == CLASSIFICATION
    summaries = [
        summarize(current.history(i) or history(()), is_accuracy) for i in range(len(rows))
    ]
    done = sum(row.state in OVER for row in rows)
    epochs = sum(row.epoch for row in rows)
    planned = sum(row.experiment.training.epochs for row in rows)
    share = epochs / planned if state != "finished" else 1.0
    text = f"{done:,} of {len(rows):,} runs finished · {epochs:,} epochs"
    st.progress(min(share, 1.0), text=text if state != "paused" else f"Paused · {text}")
    show_notice((f"Run {i + 1}", current.run(i)) for i in range(len(rows)))
    varied = _varied(rows)
    scores = [summary.best_score for summary in summaries]
    scored = [i for i, score in enumerate(scores) if score is not None]
    scored.sort(key=lambda i: scores[i] or 0.0, reverse=is_accuracy)
    if scored:
        so_far = "" if state == "finished" else " so far"
        best = rows[0].experiment.data.source.format_metric(scores[scored[0]])
        st.success(
            literal(
                f"Best of {len(scored):,}{so_far}: {best} "
                f"{_settings(rows[scored[0]].experiment, varied, is_accuracy)}."
            )
        )
        st.caption(literal(baseline_text(row.experiment for row in rows)))
    elif state == "playing":
        st.caption("The first runs are starting …")
    _unsaved(current, rows)
    # While it plays the order of lines is fixed: the selection is by line.
    order = [*scored, *(i for i in range(len(rows)) if scores[i] is None)]
    shown = order if state == "finished" else range(len(rows))
    _table(library, current, rows, summaries, shown, varied)


def _varied(rows: Sequence[SweepRow]) -> list[str]:
    """The fields that vary between the runs of the sweep."""
    fields = [active_hyperparameters(row.experiment) for row in rows]
    names = dict.fromkeys(name for active in fields for name in active)
    varied = [name for name in names if len({active.get(name) for active in fields}) > 1]
    # A field that only some runs have follows from another choice, such as β₁ from Adam.
    return [name for name in varied if all(name in active for active in fields)] or varied


def _settings(experiment: Experiment, varied: Sequence[str], is_accuracy: bool) -> str:
    """ "validation accuracy with Dropout 0.2"."""
    fields = active_hyperparameters(experiment)
    values = [f"{label(n)} {format_value(n, fields[n])}" for n in varied if n in fields]
    part = "validation" if experiment.data.validation_size else "training"
    score = "accuracy" if is_accuracy else "mean error"
    return f"{part} {score} with {', '.join(values) or 'the same settings'}"


def _unsaved(current: Sweep, rows: Sequence[SweepRow]) -> None:
    """A warning where runs are not being saved."""
    if not stored.get("sweep_group", current.name):
        return
    active = [run for i in range(len(rows)) if (run := current.run(i)) is not None]
    reasons = [run.unsaved for run in active if run.unsaved]
    lost = sum(row.saved is None and row.epoch > 0 and row.state in OVER for row in rows)
    if reasons or lost:
        st.warning(literal(reasons[0] if reasons else f"{lost:,} of these runs were not saved."))


def _table(
    library: RunLibrary,
    current: Sweep,
    rows: Sequence[SweepRow],
    summaries: Sequence[RunSummary],
    order: Sequence[int],
    varied: Sequence[str],
) -> None:
    """One line per run; the selected one can be opened."""
    table = pd.DataFrame([_line(i, rows[i], summaries[i], varied) for i in order])
    state = st.dataframe(
        table, hide_index=True, key=f"sweep_table_{current.name}_{current.state}",
        on_select="rerun", selection_mode="single-row", alt="Runs of the sweep",
        height=min(38 + 35 * len(rows), 460), column_config=COLUMNS, placeholder="–",
    )  # fmt: skip
    chosen = [order[i] for i in state.selection.rows if 0 <= i < len(order)]
    if not chosen:
        st.caption("Select a run to open it, or to see why it ended.")
        return
    row = rows[chosen[0]]
    if row.reason:
        st.caption(literal(f"Run {chosen[0] + 1}: {row.reason}"))
    if row.saved is None:
        st.caption("It has no finished epoch yet.")
    elif st.button(
        f"Open run {chosen[0] + 1} in the list", key="sweep_open", on_click=_open_in_list,
        args=(library, row.saved), help="Shows its curves and settings.",
    ):  # fmt: skip
        st.rerun()


def _open_in_list(library: RunLibrary, id: str) -> None:
    library.choice.set([id])
    stored.set_widget("runs_view", "List")


def _line(i: int, row: SweepRow, summary: RunSummary, varied: Sequence[str]) -> dict[str, Any]:
    fields = active_hyperparameters(row.experiment)
    score = row.experiment.data.source.format_metric
    values = {
        label(name): format_value(name, fields[name]) if name in fields else "–" for name in varied
    }
    return {
        "Run": i + 1,
        "Best": score(summary.best_score),
        **values,
        "State": STATES.get(row.state, row.state),
        "Epoch": row.epoch,
        "Last": score(summary.last_score),
        "Training": score(row.train.metric if row.train else None),
        "Seconds": round(summary.seconds, 2),
        "Compilation (s)": summary.compile_seconds,
    }
