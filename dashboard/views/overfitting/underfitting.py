"""Underfitting beside overfitting: a too small, a fitting and a too large network in one view."""

import streamlit as st

from dashboard.components import chart
from dashboard.figures import Figure, decision_boundary
from dashboard.state import identity
from dashboard.views.overfitting import controls
from playground.analysis.inspection import decision_boundary as boundary
from playground.datasets import Dataset, load
from playground.experiment import overfitting_presets
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary
from playground.history.history import history
from playground.nn.format import format_score
from playground.nn.network import Snapshot
from playground.runs.race import RACES, Competitor, Race
from playground.runs.race_presets import SIZES, sized
from playground.runs.run import Run

NAME = "fits"


def view(experiment: Experiment) -> None:
    """Three networks on a curve, three on a plane, all trained at once."""
    race = identity.registered(RACES, NAME)
    label = "Train all six" if race is None else "Start again"
    help = "Three networks learn a noisy curve, three learn points of a plane."
    competitors = _competitors(experiment)
    controls.buttons(NAME, label, competitors, help, race)
    if race is None:
        st.info(
            "Press Train all six: a network can be too small to learn its examples, and so large "
            "that it learns their noise as well. " + controls.NOTHING_KEPT
        )
        return
    if [c.experiments for c in race.competitors] != [c.experiments for c in competitors]:
        st.warning("Below are runs of other data: Start again trains anew.")
    controls.watch(NAME, race, _draw)


def _competitors(experiment: Experiment) -> tuple[Competitor, ...]:
    plane = overfitting_presets.region(experiment)
    sizes = ((), plane.data.source.underfitting.hidden, overfitting_presets.LARGE)
    return (
        *sized(overfitting_presets.curve(), overfitting_presets.CURVE_SIZES),
        *sized(plane, sizes),
    )


def _draw(race: Race) -> None:
    runs = [runs[0] for runs in race.runs]
    for heading, three in (("A curve", runs[:3]), ("A plane", runs[3:])):
        st.subheader(heading, anchor=False)
        for i, (column, run) in enumerate(zip(st.columns(3), three, strict=True)):
            with column:
                _panel(race, run, SIZES[i], f"fits_{heading[2:]}_{i}")
        _verdict(three)


def _panel(race: Race, run: Run, size: str, key: str) -> None:
    snapshot, dataset = run.latest, load(run.experiment.data)
    parameters = summary(run.experiment).parameters
    title = f"{size.capitalize()}: {parameters:,} weights"
    if snapshot is None:
        st.caption(f"{title}. Getting ready …")
        return
    draw = _curve if dataset.source.kind == "line" else _region
    figure = draw(snapshot, dataset, race.name)
    figure["layout"] |= {"height": 320}
    figure["layout"]["title"]["text"] = title
    chart.chart(
        figure,
        _errors(run),
        key=key,
        about="What the network answers for every input, and the examples it "
        "learnt from; compare a curve that is too stiff with one that "
        "follows every point.",
    )


def _curve(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> Figure:
    x, y = boundary.curve(snapshot, dataset)
    train = dataset.train
    figure = decision_boundary.fitted_curve(
        x, y, {"training": (train.x[:, 0], train.y)}, dataset.source.features[0], uirevision
    )
    low, high = float(train.y.min()), float(train.y.max())
    figure["layout"]["yaxis"]["range"] = [low - 0.5, high + 0.5]  # a wild curve leaves the frame
    return figure


def _region(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> Figure:
    found, source = boundary.region(snapshot, dataset), dataset.source
    points = {"training": boundary.points(dataset)["training"]}
    axes = (source.features[0], source.features[1])
    return decision_boundary.decision_region(found.values, found.extent, points, axes, uirevision)


def _scores(run: Run) -> tuple[float, float] | None:
    """Share predicted wrong, or mean absolute error, on training and validation."""
    log = history(run.events)
    if not len(log) or log.val_metric is None:
        return None
    training, validation = float(log.metric[-1]), float(log.val_metric[-1])
    if run.experiment.data.source.classes:
        return 1 - training, 1 - validation
    return training, validation


def _errors(run: Run) -> str:
    scores = _scores(run)
    if scores is None:
        return "Not trained yet: the first, random weights."
    name = "Wrong" if run.experiment.data.source.classes else "Mean error"
    training, validation = (
        format_score(each, bool(run.experiment.data.source.classes)) for each in scores
    )
    return f"{name}: {training} in training, {validation} in validation (epoch {run.epoch:,})."


def _verdict(runs: list[Run]) -> None:
    found = [_scores(run) for run in runs]
    scores = [each for each in found if each is not None]
    if len(scores) == len(SIZES):
        st.markdown(f"**{sentence(scores)}**")


def sentence(scores: list[tuple[float, float]]) -> str:
    """Which of the three does best on validation, and what is wrong with the others."""
    best = min(range(len(scores)), key=lambda i: scores[i][1])
    text = f"The {SIZES[best]} network does best on validation."
    small, large = scores[0], scores[-1]
    if best != 0 and small[0] > scores[best][0]:
        text += " The too small one is bad in training already: it underfits."
    if best != len(scores) - 1 and large[0] < scores[best][0] and large[1] > scores[best][1]:
        text += " The too large one is best in training and worse in validation: it overfits."
    return text
