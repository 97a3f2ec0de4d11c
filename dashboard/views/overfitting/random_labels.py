"""Random labels: a network that learns by heart what cannot be understood."""

import streamlit as st

from dashboard.components import chart
from dashboard.figures import training_curves as figures
from dashboard.state import identity
from dashboard.views.overfitting import controls
from dashboard.widgets.messages import literal, refuse
from playground.analysis.metrics import run_summary
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.overfitting_presets import memorizing
from playground.history.history import history
from playground.runs.race import RACES, Race
from playground.runs.race_presets import labelled

NAME = "labels"


def view(experiment: Experiment) -> None:
    """Train on true and on random labels, side by side."""
    share = st.slider(
        "Training examples that get a random label", 0, 100, 100, 5, key="labels_share",
        format="%d %%", persist_state="session",
        help="All of them by default. The validation labels stay true.",
    )  # fmt: skip
    try:
        base = memorizing(experiment, share / 100)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    told = f"{title(base)} · {base.data.train_size:,} training examples"
    if base.data.dataset != experiment.data.dataset:
        told = f"The current data have no classes whose labels could be random; here are: {told}"
    st.caption(literal(told))
    race = identity.registered(RACES, NAME)
    label = "Learn random labels" if race is None else "Start again"
    controls.buttons(NAME, label, labelled(base), "Both from the same first weights.", race)
    if race is None:
        st.info(
            "Press Learn random labels: the same network learns the same images twice, once with "
            "labels drawn by lot. " + controls.NOTHING_KEPT
        )
        return
    if race.runs[1][0].experiment != base:
        st.warning("Below are runs of other settings than those above: Start again trains anew.")
    controls.watch(NAME, race, _draw)


def _draw(race: Race) -> None:
    runs = [runs[0] for runs in race.runs]
    chance = 1 / len(runs[0].experiment.data.source.classes)
    found = [run_summary.metrics(history(run.events), True) for run in runs]
    share = runs[1].experiment.data.label_noise
    titles = ("True labels", "Random labels" if share == 1 else f"{share:.0%} random labels")
    if len(found[1]):
        st.markdown(f"**{sentence(found[1], found[0], chance, share)}**")
    for i, (column, curves) in enumerate(zip(st.columns(2), found, strict=True)):
        with column:
            figure = figures.gap_curves(
                curves, titles[i], "accuracy", 1 - i, race.epochs, (0.0, 1.0), True, chance,
                uirevision=race.name,
            )  # fmt: skip
            chart.chart(
                figure,
                figures.gap_sentence(curves, "accuracy", True),
                key=f"labels_chart_{i}",
                about="The losses of a network with true labels or with random ones; see "
                "that it can learn both by heart, and what validation says.",
            )
    st.caption(
        f"Training solid, validation dashed. Chance is {chance:.1%}: one class in "
        f"{round(1 / chance)}, right by luck. Only training labels are random; validation labels "
        "are true in both."
    )


def sentence(
    drawn: run_summary.GapCurves,
    true: run_summary.GapCurves,
    chance: float,
    share: float,
) -> str:
    """What the network made of random labels beside true ones."""
    if not len(drawn) or not len(true) or not len(drawn.validation) or not len(true.validation):
        return "No epoch yet."
    learnt, valid = float(drawn.training[-1]), float(drawn.validation[-1])
    text = (
        f"On {'random labels' if share == 1 else f'{share:.0%} random labels'} it is right for "
        f"{learnt:.1%} of its training examples and for {valid:.1%} of the validation examples "
        f"(chance: {chance:.1%}); on true labels for {float(true.training[-1]):.1%} and "
        f"{float(true.validation[-1]):.1%}."
    )
    if share == 1 and learnt > 0.99:
        text += " It has learnt all of them by heart: training accuracy alone shows no learning."
    return text
