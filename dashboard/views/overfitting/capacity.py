"""The map of capacity and data: which network does best with how many examples."""

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.figures import hyperparameters as figures
from dashboard.figures import training_curves
from dashboard.state import identity, session, stored
from dashboard.views.overfitting import controls
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.overfitting_presets import UPDATES, capacity
from playground.history.events import metric_name
from playground.runs.sweep import SWEEPS, Sweep

NAME = "capacity"


def view(experiment: Experiment) -> None:
    """Start, stop, and the map with one run behind every cell."""
    try:
        units, sizes, experiments = capacity(experiment)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    sweep = identity.registered(SWEEPS, NAME)
    _buttons(sweep, experiments)
    first = experiments[0]
    st.caption(
        literal(
            f"{first.data.source.label}: one hidden layer, Adam {first.training.learning_rate:g}, "
            f"about {UPDATES} updates a cell."
        )
    )
    if sweep is None:
        st.info(
            f"Press Fill the map: {len(experiments)} networks are trained in the background. "
            + controls.NOTHING_KEPT
        )
        return
    if list(sweep.experiments) != experiments:
        st.warning("Below is the map of other data or another seed: Start again fills a new one.")
        experiments = list(sweep.experiments)
        units = tuple(dict.fromkeys(e.network.hidden[0] for e in experiments))
        sizes = tuple(dict.fromkeys(e.data.train_size for e in experiments))
    moves = sweep.state == "playing"
    every = chart.POLL_SECONDS * 2 if moves else None
    st.fragment(_watch, run_every=every, key="capacity_watch")(sweep, units, sizes, moves)


def _buttons(sweep: Sweep | None, experiments: list[Experiment]) -> None:
    label = "Fill the map" if sweep is None else "Start again"
    state = "none" if sweep is None else sweep.state
    with st.container(horizontal=True, key="capacity_buttons"):
        st.button(
            label, key="capacity_start", type="primary", icon=":material/grid_on:",
            on_click=_start, args=(experiments,), disabled=identity.current() is None,
            help="Train one network for each cell, over all workers.",
        )  # fmt: skip
        if sweep is not None:
            st.button(
                "Stop", key="capacity_stop", icon=":material/stop:", on_click=sweep.stop,
                disabled=state not in ("playing", "paused"),
                help="End it for good; the cells that are there stay.",
            )  # fmt: skip
            st.button(
                "Resume", key="capacity_resume", icon=":material/resume:", on_click=sweep.play,
                disabled=state != "paused",
                help="Goes on filling the map, which was paused because nobody watched.",
            )  # fmt: skip


def _start(experiments: list[Experiment]) -> None:
    group = identity.new_run_group("overfitting", controls.TITLES[NAME])
    loggers = [identity.run_logger("overfitting", group, _label(e)) for e in experiments]
    sweep = Sweep(experiments, loggers=lambda i: loggers[i])
    identity.register(SWEEPS, NAME, sweep)
    sweep.play()


def _label(experiment: Experiment) -> str:
    return f"{experiment.network.hidden[0]} units, {experiment.data.train_size} examples"


def _watch(sweep: Sweep, units: tuple[int, ...], sizes: tuple[int, ...], moved: bool) -> None:
    """The cells as they are filled; a click opens the run of one."""
    sweep.heartbeat()
    rows = sweep.rows
    done = sum(row.state == "finished" for row in rows)
    if sweep.state == "playing":
        text = f"{done} of {len(rows)} cells" if done else "Starting …"
        st.progress(done / len(rows), text=text)
    values = np.array(
        [
            row.validation.metric if row.validation and row.state == "finished" else np.nan
            for row in rows
        ]
    ).reshape(len(units), len(sizes))
    is_share = bool(sweep.experiments[0].data.source.classes)
    figure = figures.capacity_map(values, units, sizes, is_share, sweep.name)
    sentence = figures.capacity_sentence(values, units, sizes, is_share)
    click = chart.chart(
        figure,
        sentence,
        key="capacity_map",
        clickable=True,
        about="Validation score for each number of units and examples; click a "
        "cell to see its curves.",
    )
    if lost := [row for row in rows if row.state in ("lost", "diverged")]:
        st.warning(literal(f"{len(lost)} cells could not be trained: {lost[0].reason}"))
    cell = _cell(click, len(units), len(sizes))
    if cell is None:
        st.caption("Click a cell to open its run: its experiment becomes the current one.")
    else:
        _open(sweep, cell, stored.get("cell", sweep.name) != cell)
    if moved and sweep.state != "playing":
        st.rerun()


def _cell(click: chart.Click | None, n_units: int, n_sizes: int) -> int | None:
    """The number of the run behind a click that a browser tells, if it is a cell."""
    if click is None or not isinstance(click.point, tuple) or len(click.point) != 2:
        return None
    row, column = click.point
    inside = 0 <= row < n_units and 0 <= column < n_sizes
    return row * n_sizes + column if inside else None


def _open(sweep: Sweep, cell: int, new: bool) -> None:
    """Make the experiment of a cell the current one, and show how it went."""
    experiment, past = sweep.experiments[cell], sweep.history(cell)
    if new:
        stored.set("cell", cell, sweep.name)
        session.set_experiment(experiment)
        st.rerun()
    st.markdown(f"**{literal(title(experiment))}**, {experiment.data.train_size:,} examples")
    if past is None or not len(past):
        st.info("This cell has not been trained yet.")
        return
    metric, uirevision = metric_name(experiment.data.source.task), f"{sweep.name} {cell}"
    left, right = st.columns(2)
    with left:
        chart.chart(
            training_curves.loss_curves(past, uirevision=uirevision),
            training_curves.loss_sentence(past),
            key="capacity_loss",
            about="The losses of the cell chosen in the map; click a cell with few "
            "examples and many units to see overfitting.",
        )
    with right:
        figure = training_curves.metric_curves(past, metric, uirevision)
        chart.chart(
            figure,
            training_curves.metric_sentence(past, metric),
            key="capacity_metric",
            about="The scores of the cell chosen in the map; compare cells of the same row.",
        )
    st.caption("It is the current experiment on every page now: train it again on the Train page.")
