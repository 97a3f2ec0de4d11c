"""A sweep: what is varied, by a grid or at random, and the start of it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.state import identity, session, stored
from dashboard.views.runs.sweep_progress import NAME, sweeping
from dashboard.views.shared.saved_runs import RunLibrary
from dashboard.widgets.messages import literal, refuse, warn
from playground.experiment.model import (
    FIELDS,
    Experiment,
    format_value,
    label,
    limits,
    text_label,
)
from playground.experiment.model_summary import title
from playground.runs.race import Competitor, GroupPlan
from playground.runs.search_space import (
    Found,
    Range,
    Span,
    checked,
    grid_search,
    is_number,
    options,
    random_search,
    read,
    sweepable,
    usual,
    usual_span,
)
from playground.runs.search_space import written as typed
from playground.runs.sweep import MOST, SWEEPS, Sweep
from playground.storage.query import RunQuery
from playground.storage.records import StoreError

GRID, RANDOM = "Every combination", "Random draws"
SHORT = 10  # epochs of each run, unless the current experiment has fewer
USUAL_RUNS = 20
MOST_FIELDS = 6


def sweep(library: RunLibrary) -> None:
    """The sweep of this tab, or what a new one shall vary."""
    now = identity.registered(SWEEPS, NAME)
    if now is not None and not stored.get("sweep_planning", make=dict[str, bool]).get(now.name):
        sweeping(library, now)
        return
    if now is None:
        _go_on(library)
    _plan(library)


def _go_on(library: RunLibrary) -> None:
    """After a restart of the server: train what the last sweep of this tab had not finished."""
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
    told = f"{len(missing):,} of {plan.n_runs:,} runs of your last sweep were not finished"
    st.warning(literal(f"{told} when the server ended: {groups[0].title}."))
    if st.button(
        f"Train these {len(missing):,}",
        key="sweep_go_on",
        icon=":material/resume:",
        help="Trains what this sweep still lacks; those that are there stay.",
    ):
        _train(library, missing, plan.fields, groups[0].id)


def _plan(library: RunLibrary) -> None:
    base = session.experiment()
    st.caption(literal(f"Every run is the current experiment but for what varies: {title(base)}"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        names = st.multiselect(
            "What varies", sweepable(), default=["learning_rate", "optimizer"], key="sweep_fields",
            format_func=label, max_selections=MOST_FIELDS, persist_state="session",
            help="Settings of which several values are tried; begin with the "
            "learning rate.",
        )  # fmt: skip
        way = st.segmented_control(
            "How", [GRID, RANDOM], default=GRID, required=True, key="sweep_way",
            persist_state="session",
            help="A grid tries every combination, random draws some; with more than "
            "two settings random finds good ones sooner.",
        )  # fmt: skip
        ranges = {name: _range(name, base, way == RANDOM) for name in names}
    with right:
        epochs = st.number_input(
            "Epochs of each run", *limits("epochs"),
            value=min(SHORT, base.training.epochs), key="sweep_epochs", persist_state="session",
            disabled="epochs" in names, help="Short runs find out much of what long ones would.",
        )  # fmt: skip
        count, seed = USUAL_RUNS, 0
        if way == RANDOM:
            count = st.number_input(
                "Runs",
                1,
                MOST,
                USUAL_RUNS,
                key="sweep_count",
                persist_state="session",
                help="How many runs are drawn; try 10 first and see how long they take.",
            )
            seed = st.number_input(
                "Seed of the draw", 0, 2**31 - 1, 0, key="sweep_seed", persist_state="session",
                help="Equal seeds draw equal settings.",
            )  # fmt: skip
        found = _found(base, names, ranges, way, epochs, count, seed)
        _start(library, found, names, way)


def _range(name: str, base: Experiment, random: bool) -> Range | None:
    """The control for what a field may be; None while it holds something that cannot be."""
    own = base.to_dict()[name]
    try:
        if options(name, base):
            return st.multiselect(
                label(name), options(name, base), default=usual(name, base), key=f"sweep_{name}",
                format_func=lambda value: format_value(name, value), persist_state="session",
                help="The values that are tried; two or three say much already.",
            )  # fmt: skip
        if random and is_number(name):
            return _span(name, base)
        text = st.text_input(
            label(name), typed(usual(name, base)), key=f"sweep_{name}_values", max_chars=1_000,
            help=_help(name, own), persist_state="session",
        )  # fmt: skip
        return read(name, text, base)
    except ValueError as error:
        refuse(str(error))
        return None


def _help(name: str, own: Any) -> str:
    now = typed([own])
    if is_number(name):
        low, high = limits(name)
        return f"Numbers from {low:g} to {high:g}, separated by commas. Now it is {now}."
    return f"Separated by commas; - joins what belongs together: 300-100, 512, none. Now: {now}."


def _span(name: str, base: Experiment) -> Span:
    usually = usual_span(name, base)
    left, right = st.columns(2)
    low = left.text_input(
        f"{label(name)}, from", typed([usually.low]), key=f"sweep_{name}_low", max_chars=30,
        persist_state="session",
        help="The smallest value that may be drawn; try a hundredth of the usual one.",
    )  # fmt: skip
    high = right.text_input(
        "to", typed([usually.high]), key=f"sweep_{name}_high", max_chars=30,
        persist_state="session",
        help="The largest value that may be drawn; try a hundred times the smallest.",
    )  # fmt: skip
    span = Span(checked(name, low, base), checked(name, high, base))
    if span.low > span.high:
        raise ValueError(f"{name} must go from low to high, got {low} to {high}")
    return span


def _found(
    base: Experiment,
    names: list[str],
    ranges: dict[str, Range | None],
    way: str,
    epochs: int,
    count: int,
    seed: int,
) -> Found | None:
    """The experiments to train; None after saying what is missing."""
    if not names:
        st.info("Choose what varies.")
        return None
    fields = {name: values for name, values in ranges.items() if values is not None}
    if len(fields) < len(names):
        return None
    base = base.replace(epochs=epochs)
    along: dict[str, Any] = {"activations": ()} if {"hidden", "activation"} & set(names) else {}
    base = base.replace(**along)
    try:
        if way == RANDOM:
            return random_search(base, fields, count, seed)
        return grid_search(base, {n: v for n, v in fields.items() if not isinstance(v, Span)})
    except ValueError as error:
        refuse(str(error))
        return None


def _start(library: RunLibrary, found: Found | None, names: list[str], way: str) -> None:
    if found is not None and found.experiments:
        runs, epochs = len(found.experiments), sum(e.training.epochs for e in found.experiments)
        st.caption(f"{runs:,} runs, {epochs:,} epochs in all, spread over all workers.")
    if found is not None:
        warn(found.problems, "Such combinations are left out.")
    ready = found is not None and bool(found.experiments)
    if st.button(
        "Start the sweep", key="sweep_start", type="primary", icon=":material/play_arrow:",
        disabled=not ready, help="Each run is saved, and you can stop at any time.",
    ) and found is not None:  # fmt: skip
        how = "every combination" if way == GRID else "random"
        _begin(library, found.experiments, f"{', '.join(map(text_label, names))} ({how})", names)


def _begin(
    library: RunLibrary, experiments: tuple[Experiment, ...], named: str, names: list[str]
) -> None:
    """Start it, in place of the one before."""
    plan = GroupPlan.of([Competitor("", tuple(experiments))], names)
    try:
        group = library.store.create_group(
            library.owner, "sweep", named, plan.to_text(), library.tab
        )
    except StoreError as error:
        group = ""
        refuse(f"{error} The sweep is trained all the same, but its runs are not saved.")
    _train(library, experiments, names, group)


def _train(
    library: RunLibrary, experiments: Sequence[Experiment], names: Sequence[str], group: str
) -> None:
    loggers = [
        identity.run_logger("sweep", group, _told(names, experiment)) if group else None
        for experiment in experiments
    ]
    new = Sweep(experiments, lambda i: loggers[i])
    identity.register(SWEEPS, NAME, new)
    stored.set("sweep_group", group, new.name)
    new.play()
    st.rerun()


def _told(names: Sequence[str], experiment: Experiment) -> str:
    """What sets this run apart: "learning rate 0.01 · optimizer Adam"."""
    flat = experiment.to_dict()
    return " · ".join(
        f"{text_label(name)} {format_value(name, flat[name])}" for name in names if name in FIELDS
    )
