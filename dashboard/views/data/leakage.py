"""Mistakes as switches: the same network trained without and with them, and both scores."""

import streamlit as st

from dashboard.components import chart
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


def hygiene(experiment: Experiment, dataset: Dataset) -> None:
    """Choose mistakes, train the current experiment with and without them, compare."""
    st.markdown(
        "Switch on a mistake that people make when they prepare their data. The current network is "
        "then trained twice, **honest** and **flawed**, from the same first weights."
    )
    chosen = _switches()
    if not chosen:
        st.info("Switch on at least one mistake.")
        return
    most = lab.most_epochs(experiment)
    epochs = st.slider(
        "Epochs", 1, most, max(1, most // 3), key=f"hygiene_epochs_{most}",
        help="At most as many as take a few seconds. Some mistakes show only after many.",
    )  # fmt: skip
    try:
        pair = lab.pair(experiment, chosen, epochs)
    except ValueError:
        st.info(
            f"{literal(dataset.source.label)} has too few examples to be divided in three: "
            f"it takes at least {lab.FEWEST_ROWS}."
        )
        return
    _costs(pair)
    runs = _runs(pair)
    moves = runs is not None and any(run.state == "playing" for run in runs)
    st.button(
        "Train both", key="hygiene_start", type="primary", icon=":material/play_arrow:",
        on_click=_start, args=(pair,), disabled=moves or identity.current() is None,
        help="Trains the same network on clean and on spoilt data; try one "
        "mistake at a time.",
    )  # fmt: skip
    if runs is None:
        st.info("Press Train both to see what the mistake does here.")
        return
    every = chart.POLL_SECONDS if moves else None
    st.fragment(_watch, run_every=every, key="hygiene_watch")(pair, runs, moves)


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
                help="Makes this mistake with the second network; switch on one at a "
                "time to see what each is worth.",
            ):
                chosen.append(name)
            st.caption(mistake.explanation)
    if {"leaky_scaler", "no_scaling"} <= set(chosen):
        st.caption("Without scaling there is nothing to fit: only the missing scaling counts.")
    return chosen


def _costs(pair: Pair) -> None:
    data = pair.honest.data
    new = len(load(data).holdout)
    st.caption(
        f"Each learns from {data.train_size:,} examples, is validated on {data.validation_size:,} "
        f"and tried on {new:,} new ones that neither has seen. The test part stays sealed."
    )


def _runs(pair: Pair) -> tuple[Run, Run] | None:
    """The runs of this pair, if they have been started."""
    honest, flawed = (session.run(f"hygiene {name}") for name in NAMES)
    if honest is None or flawed is None:
        return None
    return (honest, flawed) if (honest.experiment, flawed.experiment) == pair else None


def _start(pair: Pair) -> None:
    for name, run in zip(NAMES, lab.start(pair), strict=True):
        session.set_run(run, f"hygiene {name}")


def _watch(pair: Pair, runs: tuple[Run, Run], moved: bool) -> None:
    """Both runs while they learn; once they are over, what the mistake did."""
    for run in runs:
        run.touch()
    moves = any(run.state == "playing" for run in runs)
    if moves:
        done = min(run.epoch for run in runs) / pair.honest.training.epochs
        st.progress(done, text=f"Training both: epoch {min(run.epoch for run in runs)}")
    elif lost := [run for run in runs if run.state not in ("finished", "diverged")]:
        st.error(f"A run was {lost[0].state} before its end. Press Train both to start again.")
        return
    else:
        _verdict(pair, runs)
    is_share = bool(pair.honest.data.source.classes)
    logs = {name: history(run.events) for name, run in zip(NAMES, runs, strict=True)}
    if any(len(log) for log in logs.values()):
        figure = figures.validation_curves(logs, is_share, runs[0].network)
        chart.chart(
            figure,
            figures.curves_sentence(logs, is_share),
            key="hygiene_curves",
            about="The losses of both networks, with and without the mistake; look "
            "for a validation curve that is better than it can be.",
        )
    if moved and not moves:
        st.rerun()


def _verdict(pair: Pair, runs: tuple[Run, Run]) -> None:
    honest, flawed = (run.latest for run in runs)
    if honest is None or flawed is None:
        return
    if runs[0].state == "diverged":
        st.error(
            "Even the honest run broke down: its loss was no longer a finite number. There is "
            "nothing to compare. Choose a smaller learning rate and train both again."
        )
        return
    if runs[1].state == "diverged":
        st.error(
            "The flawed run broke down: its loss was no longer a finite number. Its scores are "
            f"those after epoch {runs[1].epoch}, the last one before."
        )
    datasets = load(pair.honest.data), load(pair.flawed.data)
    found = lab.outcome((honest, flawed), datasets)
    scores = {
        name: [(m.mean, m.error) for m in (found.validation[i], *(found.new or ())[i : i + 1])]
        for i, name in enumerate(NAMES)
    }
    st.subheader("What the mistake did here", anchor=False)
    _sentences(found)
    figure = figures.score_bars(scores, found.is_share)
    chart.chart(
        figure,
        figures.score_sentence(scores, found.is_share),
        key="hygiene_scores",
        about="The score each network believes it has beside the one on fresh "
        "data; switch a mistake on and see which of the two moves.",
    )


def _sentences(found: Outcome) -> None:
    share = found.is_share
    if found.new is None or found.hidden is None or found.lost is None:
        st.info("There are no new examples to try both on: only the validation scores are known.")
        return
    hidden = figures.hidden_sentence(
        found.validation[1].mean, found.new[1].mean, found.hidden.mean, found.hidden.clear, share
    )
    lost = figures.lost_sentence(
        found.new[0].mean, found.new[1].mean, found.lost.mean,
        found.lost.chance, found.lost.clear, share,
    )  # fmt: skip
    if found.hidden.clear or found.lost.clear:
        st.warning(f"{hidden} {lost}")
    else:
        st.success(
            f"Here the mistake did nothing that can be told from chance. {hidden} {lost} That does "
            "not make it right: with fewer examples, or more epochs, it may matter."
        )
    st.caption(
        "Chance here: which examples happened to be measured. Other first weights (another seed) "
        "would move the scores as well."
    )
