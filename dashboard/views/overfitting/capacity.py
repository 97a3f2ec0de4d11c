"""Capacity: networks that are too small, fit, or are too large; and a map of units × examples."""

import numpy as np
import streamlit as st

from dashboard.components import chart, stream
from dashboard.figures import Figure, decision_boundary
from dashboard.figures import hyperparameters as figures
from dashboard.state import identity, session, stored
from dashboard.views.overfitting import controls
from dashboard.views.shared.curves import run_curves
from dashboard.widgets.messages import literal, refuse
from dashboard.widgets.run_status import show_notice
from playground.analysis.inspection import decision_boundary as boundary
from playground.datasets import Dataset, load
from playground.experiment import overfitting
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary, title
from playground.history.history import history
from playground.nn.format import format_score
from playground.nn.network import Snapshot
from playground.runs.race import RACES, Competitor, Race
from playground.runs.race_presets import SIZES, three_sizes
from playground.runs.run import Run
from playground.runs.sweep import SWEEPS, Sweep

FITS, MAP = "fits", "capacity"  # names of the race and of the sweep


# ---- three sizes -------------------------------------------------------------------------


def underfitting(experiment: Experiment) -> None:
    """Three networks on a curve and three on a plane, all trained at once."""
    race = identity.registered(RACES, FITS)
    competitors = _competitors(experiment)
    controls.buttons(
        FITS, "Train all six" if race is None else "Start again",
        lambda: controls.start(FITS, competitors),
        "Three networks fit a noisy curve, three classify points of a plane.", race,
    )  # fmt: skip
    if race is None:
        st.info(
            "Press Train all six: a network can be too small to fit its examples, and so large "
            f"that it fits their noise as well. {controls.NOTHING_KEPT}"
        )
        return
    if [c.experiments for c in race.competitors] != [c.experiments for c in competitors]:
        st.warning("Below are runs on other data: Start again trains with the current settings.")
    controls.watch(FITS, race, _draw_sizes)


def _competitors(experiment: Experiment) -> tuple[Competitor, ...]:
    plane = overfitting.region(experiment)
    sizes = ((), plane.data.source.underfitting.hidden, overfitting.LARGE)
    return (
        *three_sizes(overfitting.curve(), overfitting.CURVE_SIZES),
        *three_sizes(plane, sizes),
    )


def _draw_sizes(race: Race) -> None:
    runs = [own[0] for own in race.runs]
    for heading, three in (("Curve", runs[:3]), ("Plane", runs[3:])):
        st.subheader(heading, anchor=False)
        for i, (column, run) in enumerate(zip(st.columns(3), three, strict=True)):
            with column:
                _panel(race, run, SIZES[i], f"fits_{heading.lower()}_{i}")
        scores = [scores for run in three if (scores := _errors(run)) is not None]
        if len(scores) == len(SIZES):
            st.markdown(f"**{sizes_sentence(scores)}**")


def _panel(race: Race, run: Run, size: str, key: str) -> None:
    snapshot, dataset = run.latest, load(run.experiment.data)
    heading = f"{size.capitalize()}: {summary(run.experiment).parameters:,} weights"
    if snapshot is None:
        st.caption(f"{heading}. Starting …")
        return
    draw = _curve if dataset.source.kind == "line" else _region
    figure = draw(snapshot, dataset, race.name)
    figure["layout"] |= {"height": 320}
    figure["layout"]["title"]["text"] = heading
    chart.chart(
        figure,
        _errors_text(run),
        key=key,
        about="The output for every input, and the training examples.",
    )


def _curve(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> Figure:
    x, y = boundary.curve(snapshot, dataset)
    train = dataset.train
    figure = decision_boundary.fitted_curve(
        x, y, {"training": (train.x[:, 0], train.y)}, dataset.source.features[0], uirevision
    )
    low, high = float(train.y.min()), float(train.y.max())
    figure["layout"]["yaxis"]["range"] = [low - 0.5, high + 0.5]  # an overfit leaves the chart
    return figure


def _region(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> Figure:
    region, source = boundary.region(snapshot, dataset), dataset.source
    points = {"training": boundary.points(dataset)["training"]}
    axes = (source.features[0], source.features[1])
    return decision_boundary.decision_region(region.values, region.extent, points, axes, uirevision)


def _errors(run: Run) -> tuple[float, float] | None:
    """Error rate, or mean absolute error, on training and validation."""
    log = history(run.events).validated
    if not len(log) or log.val_metric is None:
        return None
    training, validation = float(log.metric[-1]), float(log.val_metric[-1])
    if run.experiment.data.source.classes:
        return 1 - training, 1 - validation
    return training, validation


def _errors_text(run: Run) -> str:
    errors = _errors(run)
    if errors is None:
        return "Not trained yet: the initial, random weights."
    is_rate = bool(run.experiment.data.source.classes)
    training, validation = (format_score(error, is_rate) for error in errors)
    name = "Error rate" if is_rate else "Mean error"
    return f"{name}: {training} in training, {validation} in validation (epoch {run.epoch:,})."


def sizes_sentence(errors: list[tuple[float, float]]) -> str:
    """Which of the three is best on validation, and which underfit or overfit.

    errors: (training, validation) of each, the smallest network first.
    """
    best = min(range(len(errors)), key=lambda i: errors[i][1])
    text = f"The {SIZES[best]} network is best on validation."
    small, large = errors[0], errors[-1]
    if best != 0 and small[0] > errors[best][0]:
        text += " The too small one has a large training error: it underfits."
    if best != len(errors) - 1 and large[0] < errors[best][0] and large[1] > errors[best][1]:
        text += " The too large one is better in training and worse in validation: it overfits."
    return text


# ---- the map -----------------------------------------------------------------------------


def capacity_map(experiment: Experiment) -> None:
    """A map of validation scores, with one run behind every cell."""
    try:
        units, sizes, experiments = overfitting.capacity(experiment)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    sweep = identity.registered(SWEEPS, MAP)
    controls.buttons(
        MAP, "Fill the map" if sweep is None else "Start again", lambda: _start(experiments),
        "Trains one network for each cell, over all workers.", sweep, ":material/grid_on:",
    )  # fmt: skip
    first = experiments[0]
    st.caption(
        literal(
            f"{first.data.source.label}: one hidden layer, Adam {first.training.learning_rate:g}, "
            f"about {overfitting.UPDATES} updates per cell."
        )
    )
    if sweep is None:
        st.info(
            f"Press Fill the map: {len(experiments)} networks are trained in the background. "
            f"{controls.NOTHING_KEPT}"
        )
        return
    if list(sweep.experiments) != experiments:
        st.warning("Below is the map of other data or another seed: Start again fills a new one.")
        experiments = list(sweep.experiments)
        units = tuple(dict.fromkeys(e.network.hidden[0] for e in experiments))
        sizes = tuple(dict.fromkeys(e.data.train_size for e in experiments))
    stream.fragment(
        lambda: _watch(sweep, units, sizes), "capacity_watch", sweep,
        lambda: tuple(row.state for row in sweep.rows),
        moves=lambda: sweep.state == "playing",
    )  # fmt: skip


def _start(experiments: list[Experiment]) -> None:
    group = identity.new_run_group("overfitting", controls.TITLES[MAP])
    labels = [f"{e.network.hidden[0]} units, {e.data.train_size} examples" for e in experiments]
    loggers = [identity.run_logger("overfitting", group, label) for label in labels]
    sweep = Sweep(experiments, loggers.__getitem__)
    identity.register(SWEEPS, MAP, sweep)
    sweep.play()


def _watch(sweep: Sweep, units: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    """The cells as they are filled; a click opens the run of one."""
    rows = sweep.rows
    done = sum(row.state == "finished" for row in rows)
    if sweep.state == "playing":
        text = f"{done} of {len(rows)} cells" if done else "Starting …"
        st.progress(done / len(rows), text=text)
    show_notice((title(each), sweep.run(i)) for i, each in enumerate(sweep.experiments))
    values = np.array(
        [
            row.validation.metric if row.validation and row.state == "finished" else np.nan
            for row in rows
        ]
    ).reshape(len(units), len(sizes))
    is_accuracy = bool(sweep.experiments[0].data.source.classes)
    click = chart.chart(
        figures.capacity_map(values, units, sizes, is_accuracy, sweep.name),
        figures.capacity_sentence(values, units, sizes, is_accuracy),
        key="capacity_map",
        clickable=True,
        about="Validation score for each number of units and examples; click a cell for its run.",
    )
    if lost := [row for row in rows if row.state in ("lost", "diverged")]:
        st.warning(literal(f"{len(lost)} cells could not be trained: {lost[0].reason}"))
    cell = clicked_cell(click, len(units), len(sizes))
    if cell is None:
        st.caption("Click a cell: its experiment becomes the current one.")
    else:
        _open(sweep, cell, stored.get("cell", sweep.name) != cell)


def clicked_cell(click: chart.Click | None, n_units: int, n_sizes: int) -> int | None:
    """The number of the run behind a click, if it is a cell."""
    if click is None or not isinstance(click.point, tuple) or len(click.point) != 2:
        return None
    row, column = click.point
    inside = 0 <= row < n_units and 0 <= column < n_sizes
    return row * n_sizes + column if inside else None


def _open(sweep: Sweep, cell: int, new: bool) -> None:
    """Make the experiment of a cell the current one, and show its curves."""
    experiment, log = sweep.experiments[cell], sweep.history(cell)
    if new:
        stored.set("cell", cell, sweep.name)
        session.set_experiment(experiment)
        st.rerun()
    st.markdown(f"**{literal(title(experiment))}**, {experiment.data.train_size:,} examples")
    if log is None or not len(log):
        st.info("This cell has not been trained yet.")
        return
    run_curves(log, experiment.data.source, "capacity", f"{sweep.name} {cell}")
    st.caption("It is the current experiment on every page: train it again on the Train page.")
