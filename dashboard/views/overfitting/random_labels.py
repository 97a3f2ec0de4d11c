"""Random labels: a network memorizes labels that cannot be predicted."""

import streamlit as st

from dashboard.components import chart
from dashboard.figures import training_curves as figures
from dashboard.state import identity
from dashboard.views.overfitting import controls
from dashboard.widgets.messages import literal, refuse
from playground.analysis.metrics.run_summary import GapCurves, metrics
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.overfitting import memorizing
from playground.history.history import history
from playground.runs.race import RACES, Race
from playground.runs.race_presets import true_and_random

NAME = "labels"


def view(experiment: Experiment) -> None:
    """Train on true and on random labels, side by side."""
    share = st.slider(
        "Random training labels", 0, 100, 100, 5, key="labels_share",
        format="%d %%", persist_state="session",
        help="The share of training examples with a random label. Validation labels stay true.",
    )  # fmt: skip
    try:
        base = memorizing(experiment, share / 100)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    caption = f"{title(base)} · {base.data.train_size:,} training examples"
    if base.data.dataset != experiment.data.dataset:
        caption = f"The current data have no class labels, so this is trained instead: {caption}"
    st.caption(literal(caption))
    race = identity.registered(RACES, NAME)
    controls.buttons(
        NAME, "Train on random labels" if race is None else "Start again",
        lambda: controls.start(NAME, true_and_random(base)),
        "Both from the same initial weights.", race,
    )  # fmt: skip
    if race is None:
        st.info(
            "Press Train on random labels: the same network trains twice on the same inputs, once "
            f"with random labels. {controls.NOTHING_KEPT}"
        )
        return
    if race.runs[1][0].experiment != base:
        st.warning("Below are runs with other settings: Start again trains with the current ones.")
    controls.watch(NAME, race, _draw)


def _draw(race: Race) -> None:
    runs = [runs[0] for runs in race.runs]
    chance = 1 / len(runs[0].experiment.data.source.classes)
    pairs = [metrics(history(run.events), True) for run in runs]
    share = runs[1].experiment.data.label_noise
    titles = ("True labels", "Random labels" if share == 1 else f"{share:.0%} random labels")
    if len(pairs[1]):
        st.markdown(f"**{sentence(pairs[1], pairs[0], chance, share)}**")
    for i, (column, curves) in enumerate(zip(st.columns(2), pairs, strict=True)):
        with column:
            chart.chart(
                figures.gap_curves(
                    curves, titles[i], "accuracy", 1 - i, race.epochs, (0.0, 1.0), True, chance,
                    uirevision=race.name,
                ),
                figures.gap_sentence(curves, "accuracy", True),
                key=f"labels_chart_{i}",
                about="Training accuracy (mean during the epoch) solid, validation accuracy (after "
                "it) dashed.",
            )  # fmt: skip
    st.caption(
        f"Chance is {chance:.1%}: one class in {round(1 / chance)}. Validation labels are true in "
        "both."
    )


def sentence(random: GapCurves, true: GapCurves, chance: float, share: float) -> str:
    """The scores on random labels beside those on true ones."""
    if not all(len(curves) and len(curves.validation) for curves in (random, true)):
        return "No epoch yet."
    training, validation = float(random.training[-1]), float(random.validation[-1])
    labels = "random labels" if share == 1 else f"{share:.0%} random labels"
    text = (
        f"With {labels}: training accuracy {training:.1%}, validation accuracy {validation:.1%} "
        f"(chance: {chance:.1%}); with true labels {float(true.training[-1]):.1%} and "
        f"{float(true.validation[-1]):.1%}."
    )
    if share == 1 and training > 0.99:
        text += " It has memorized all of them: training accuracy alone shows no learning."
    return text
