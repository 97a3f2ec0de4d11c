"""The twin: one experiment overfits twice, side by side, with and without a cure."""

import streamlit as st

from dashboard.components import chart
from dashboard.figures import training_curves as figures
from dashboard.state import identity
from dashboard.views.overfitting import controls
from dashboard.views.overfitting.restore_best_weights import restore
from dashboard.widgets.messages import literal, refuse
from playground.analysis.comparison.notes import comparison_notes
from playground.analysis.metrics import run_summary
from playground.analysis.metrics.run_summary import GapCurves, GeneralizationGap
from playground.datasets import Dataset, load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.overfitting_presets import overfitting, preset
from playground.experiment.regularizers import (
    REGULARIZERS,
    Regularizer,
    detect_regularizer,
    tunable_changes,
    with_regularizer,
    without_regularizer,
)
from playground.history.history import History, history
from playground.runs.race import RACES, Race
from playground.runs.race_presets import twin
from playground.runs.run import Run

NAME = "twin"
QUANTITIES = {"Loss": run_summary.LOSS, "Accuracy": run_summary.METRIC}
HELP = f"How much better it does on examples it learns from; the mean of {run_summary.LAST} epochs."
ERRORS = {"Loss": run_summary.LOSS, "Error": run_summary.METRIC}


def view(experiment: Experiment) -> None:
    """Choose a cure and its strength, press Overfit, watch both."""
    try:
        base = overfitting(experiment)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    race = identity.registered(RACES, NAME)
    name, strength = _cure(experiment, race)
    cure = REGULARIZERS[name]
    st.caption(literal(f"{title(base)} · {base.data.train_size:,} training examples"))
    if race is not None and race.state != "finished":
        _take_up(race, name, strength)
    label = "Overfit" if race is None else "Overfit again"
    competitors = twin(base, name, strength)
    controls.buttons(NAME, label, competitors, "Train both from the same first weights.", race)
    if race is None:
        st.info(
            "Press Overfit: a large network learns a small training set twice, once with the cure. "
            + controls.NOTHING_KEPT
        )
        return
    _pending(race, base, cure, name, strength)
    controls.watch(NAME, race, _draw)


def _cure(experiment: Experiment, race: Race | None) -> tuple[str, float]:
    """The cure and its strength, to begin with those of the race there is."""
    running = _recognised(race) if race is not None else None
    names = list(REGULARIZERS)
    name = st.segmented_control(
        "Cure", names, default=running[0] if running else "l2", key="twin_cure", required=True,
        format_func=lambda each: REGULARIZERS[each].label, persist_state="session",
        help="What one of the twins gets against overfitting; try each and "
        "compare the gaps.",
    )  # fmt: skip
    cure, own = REGULARIZERS[name], preset(experiment.data.dataset).strengths
    usual = own.get(name, cure.default)
    if running and running[0] == name:
        usual = min(max(running[1], cure.low), cure.high)
    whole = isinstance(cure.step, int)
    kind = int if whole else float
    strength = st.slider(
        cure.strength_label.capitalize() if whole or name == "dropout" else cure.strength_label,
        kind(cure.low), kind(cure.high), kind(usual), kind(cure.step),
        key=f"twin_{name}_{experiment.data.dataset}", persist_state="session",
        format=None if whole else "%.4g", help=cure.explanation,
    )  # fmt: skip
    when = (
        "It acts at once on the cured run."
        if cure.tunable_field
        else "It takes effect at a new start."
    )
    st.caption(f"**{cure.label}.** {literal(cure.explanation)} {when}")
    return name, float(strength)


def _recognised(race: Race) -> tuple[str, float] | None:
    (plain,), (treated,) = race.runs
    found = detect_regularizer(plain.experiment, treated.experiment)
    if found is not None:
        return found
    label = race.competitors[1].label  # of strength 0, at which it is no cure at all
    return next((name, 0.0) for name, cure in REGULARIZERS.items() if cure.label == label)


def _take_up(race: Race, name: str, strength: float) -> None:
    """Tell the cured run of a cure that acts at once."""
    treated = race.runs[1][0]
    running = None if treated.over else _recognised(race)
    if (
        running is None
        or not REGULARIZERS[name].tunable_field
        or not REGULARIZERS[running[0]].tunable_field
    ):
        return
    changes = tunable_changes(name, strength)
    now = treated.experiment.to_dict()
    wanted = {field: value for field, value in changes.items() if now[field] != value}
    if wanted:
        treated.change(**wanted)


def _pending(race: Race, base: Experiment, cure: Regularizer, name: str, strength: float) -> None:
    """Say what the race that is shown does not have yet."""
    plain = race.runs[0][0]
    if without_regularizer(plain.experiment) != base:
        st.warning(
            "Below is the twin of other data or another seed: "
            f"{literal(title(plain.experiment))}. Overfit again starts that of now."
        )
        return
    running = _recognised(race)
    if running is None or race.runs[1][0].experiment == with_regularizer(base, name, strength):
        return
    st.warning(
        f"Below is still {literal(REGULARIZERS[running[0]].describe(running[1]))}. "
        "Overfit again starts both "
        f"anew with {literal(cure.describe(strength))}; these curves end then."
    )


def _draw(race: Race) -> None:
    """Both pairs of curves on the same scales, the gap in numbers, and what the cure did."""
    (plain,), (treated,) = race.runs
    runs, logs = (plain, treated), (history(plain.events), history(treated.events))
    dataset = load(plain.experiment.data)
    is_accuracy = bool(dataset.source.classes)
    told = _told(race)
    gaps = [_gap(run, log, is_accuracy) for run, log in zip(runs, logs, strict=True)]
    _tiles(gaps, told, is_accuracy)
    _verdict(race, gaps, told)
    choices = QUANTITIES if is_accuracy else ERRORS
    chosen = st.segmented_control(
        "Curves of", list(choices), default="Loss", key=f"twin_quantity_{is_accuracy}", required=True,
        persist_state="session",
        help="Losses show overfitting earlier, scores say what it costs; look at"
        " both.",
    )  # fmt: skip
    _curves(race, logs, choices[chosen], told, is_accuracy)
    _fair(race)
    if race.state != "playing":
        restore(race)


def _told(race: Race) -> str:
    found = _recognised(race)
    assert found is not None  # noqa: S101 - a twin always has a cure
    return REGULARIZERS[found[0]].describe(found[1])


def _gap(run: Run, log: History, is_accuracy: bool) -> GeneralizationGap | None:
    """The gap now; with dropout measured with all units on, and of what was restored."""
    epoch = run_summary.restored_epoch(run.events[-1] if len(run.events) else None)
    if run.experiment.network.dropout and run.latest is not None and len(log):
        dataset: Dataset = load(run.experiment.data)
        return run_summary.measured_gap(run.latest, dataset, run.experiment.training.loss)
    return run_summary.gap(log, is_accuracy, epoch)


def _tiles(gaps: list[GeneralizationGap | None], told: str, is_accuracy: bool) -> None:
    name = "accuracy" if is_accuracy else "error"
    with st.container(horizontal=True, key="twin_tiles"):
        for found, whose in zip(gaps, ("without a cure", f"with {told}"), strict=True):
            metric = "–" if found is None else figures.amount(found.metric, is_accuracy)
            loss = "–" if found is None else f"{found.loss:.3f}"
            st.metric(f"Gap in loss, {literal(whose)}", loss, width=230, help=HELP)
            st.metric(f"Gap in {name}, {literal(whose)}", metric, width=230, help=HELP)


def _verdict(race: Race, gaps: list[GeneralizationGap | None], told: str) -> None:
    plain, treated = gaps
    if plain is None or treated is None:
        return
    n = race.runs[0][0].experiment.data.validation_size
    st.markdown(f"**{literal(figures.verdict(plain, treated, told, n))}**")
    if race.runs[1][0].experiment.network.dropout:
        st.caption(
            "The gap with dropout is measured with all units on; the training curve below was "
            "measured while units were switched off, so it looks worse than the network is."
        )


def _curves(
    race: Race, logs: tuple[History, History], quantity: str, told: str, is_accuracy: bool
) -> None:
    of_loss = quantity == run_summary.LOSS
    found: list[GapCurves] = [
        run_summary.losses(log) if of_loss else run_summary.metrics(log, is_accuracy)
        for log in logs
    ]
    scale, name = figures.limits(found), "loss" if of_loss else "accuracy"
    name = name if of_loss or is_accuracy else "mean absolute error"
    share = is_accuracy and not of_loss
    titles = ("Without a cure", f"With {told}")
    for column, curves, heading, hue in zip(st.columns(2), found, titles, (0, 1), strict=True):
        with column:
            figure = figures.gap_curves(
                curves,
                heading,
                name,
                hue,
                race.epochs,
                scale,
                share,
                uirevision=f"{race.name} {name}",
            )
            sentence = figures.gap_sentence(curves, name, share)
            chart.chart(
                figure,
                sentence,
                key=f"twin_chart_{hue}",
                about="One of the twins: training solid, validation dashed, the gap "
                "between them shaded; change the cure's strength and see the gap "
                "close.",
            )
    if of_loss:
        st.caption(
            "Losses are shown without the L1/L2 penalty, so that all cures can be compared. The "
            "shaded area is the gap; the circle marks the best epoch."
        )


def _fair(race: Race) -> None:
    st.caption(literal(" ".join(comparison_notes(race.competitors))))
