"""Data leakage and split errors: the same network trained without and with them."""

import streamlit as st

from dashboard.components import chart, stream
from dashboard.figures import comparison as figures
from dashboard.state import identity, session
from dashboard.widgets.messages import literal
from playground.analysis.comparison import data_leakage as lab
from playground.analysis.comparison.data_leakage import MISTAKES, Outcome, Pair
from playground.datasets import Dataset, load
from playground.experiment.model import Experiment
from playground.history.history import history
from playground.runs.run import Run

NAMES = ("honest", "flawed")
AT_FIRST = "duplicates"  # switched on


def leakage(experiment: Experiment, dataset: Dataset) -> None:
    """Choose errors, train the current experiment with and without them, compare the scores."""
    st.markdown(
        "Switch on an error in preparing the data. The current network is then trained twice from "
        "the same initial weights, **honest** and **flawed**."
    )
    chosen = _switches()
    if not chosen:
        st.info("Switch on at least one error.")
        return
    most = lab.most_epochs(experiment)
    epochs = st.slider(
        "Epochs", 1, most, max(1, most // 3), key=f"leakage_epochs_{most}",
        help="At most as many as take a few seconds. Some errors show only after many epochs.",
    )  # fmt: skip
    try:
        pair = lab.pair(experiment, chosen, epochs)
    except ValueError:
        st.info(
            f"{literal(dataset.source.label)} has too few examples for three splits: at least "
            f"{lab.FEWEST_ROWS} are needed."
        )
        return
    _costs(pair)
    runs = _runs(pair)
    moves = runs is not None and any(run.state == "playing" for run in runs)
    st.button(
        "Train both", key="leakage_start", type="primary", icon=":material/play_arrow:",
        on_click=_start, args=(pair,), disabled=moves or identity.current() is None,
        help="Trains the same network with and without the error.",
    )  # fmt: skip
    if runs is None:
        st.info("Press Train both to see the effect of the error.")
        return
    stream.fragment(
        lambda: _watch(pair, runs), "leakage_watch", runs[0],
        lambda: tuple((run.state, len(run.events)) for run in runs),
        moves=lambda: any(run.state == "playing" for run in runs),
    )  # fmt: skip


def _switches() -> list[str]:
    columns = st.columns(len(MISTAKES))
    chosen = []
    for column, (name, mistake) in zip(columns, MISTAKES.items(), strict=True):
        with column:
            if st.toggle(
                mistake.label,
                name == AT_FIRST,
                key=f"mistake_{name}",
                persist_state="session",
                help="Prepares the data of the second network with this error.",
            ):
                chosen.append(name)
            st.caption(mistake.explanation)
    if {"leaky_scaler", "no_scaling"} <= set(chosen):
        st.caption("Without scaling no scaler is fitted: only the missing scaling has an effect.")
    return chosen


def _costs(pair: Pair) -> None:
    data = pair.honest.data
    holdout = len(load(data).holdout)
    st.caption(
        f"{data.train_size:,} training, {data.validation_size:,} validation and {holdout:,} new "
        "examples for each network.",
        help="The new examples are in no other split. The test set is not used.",
    )


def _runs(pair: Pair) -> tuple[Run, Run] | None:
    """The runs of this pair, if they have been started."""
    honest, flawed = (session.run(f"leakage {name}") for name in NAMES)
    if honest is None or flawed is None:
        return None
    return (honest, flawed) if (honest.experiment, flawed.experiment) == pair else None


def _start(pair: Pair) -> None:
    for name, run in zip(NAMES, lab.start(pair), strict=True):
        session.set_run(run, f"leakage {name}")


def _watch(pair: Pair, runs: tuple[Run, Run]) -> None:
    """Both runs while they train, and at the end the effect of the error."""
    moves = any(run.state == "playing" for run in runs)
    if moves:
        done = min(run.epoch for run in runs) / pair.honest.training.epochs
        st.progress(done, text=f"Training both: epoch {min(run.epoch for run in runs)}")
    elif lost := [run for run in runs if run.state not in ("finished", "diverged")]:
        st.error(f"A run was {lost[0].state} before its end. Press Train both to start again.")
        return
    else:
        _verdict(pair, runs)
    is_accuracy = bool(pair.honest.data.source.classes)
    logs = {name: history(run.events) for name, run in zip(NAMES, runs, strict=True)}
    if any(len(log) for log in logs.values()):
        figure = figures.validation_curves(logs, is_accuracy, runs[0].network)
        chart.chart(
            figure,
            figures.curves_sentence(logs, is_accuracy),
            key="leakage_curves",
            about="Validation curves of both networks, with and without the error.",
        )


def _verdict(pair: Pair, runs: tuple[Run, Run]) -> None:
    honest, flawed = (run.latest for run in runs)
    if honest is None or flawed is None:
        return
    if runs[0].state == "diverged":
        st.error(
            "The honest run diverged as well: its loss became NaN or infinite. Choose a smaller "
            "learning rate and train both again."
        )
        return
    if runs[1].state == "diverged":
        st.error(
            "The flawed run diverged: its loss became NaN or infinite. Its scores are those after "
            f"epoch {runs[1].epoch}, the last one before."
        )
    datasets = load(pair.honest.data), load(pair.flawed.data)
    outcome = lab.outcome((honest, flawed), datasets)
    scores = {
        name: [(m.mean, m.error) for m in (outcome.validation[i], *(outcome.new or ())[i : i + 1])]
        for i, name in enumerate(NAMES)
    }
    st.subheader("Effect of the error", anchor=False)
    _sentences(outcome)
    figure = figures.score_bars(scores, outcome.is_accuracy)
    chart.chart(
        figure,
        figures.score_sentence(scores, outcome.is_accuracy),
        key="leakage_scores",
        about="Validation score of each network beside its score on new examples.",
    )


def _sentences(outcome: Outcome) -> None:
    share, new = outcome.is_accuracy, outcome.new
    if new is None or outcome.hidden is None or outcome.lost is None:
        st.info("There are no new examples to evaluate on: only the validation scores are known.")
        return
    hidden, lost = outcome.hidden, outcome.lost
    text = figures.hidden_sentence(
        outcome.validation[1].mean, new[1].mean, hidden.mean, hidden.clear, share
    )
    text += " " + figures.lost_sentence(
        new[0].mean, new[1].mean, lost.mean, lost.chance, lost.clear, share
    )
    if hidden.clear or lost.clear:
        st.warning(text)
    else:
        st.success(
            f"No effect beyond chance here. {text} With fewer examples, or more epochs, the error "
            "may matter."
        )
    st.caption(
        "Chance: standard error of the evaluated examples. Other initial weights (another seed) "
        "would change the scores as well."
    )
