"""With vs without regularization: one experiment trains twice, and one run is regularized."""

import streamlit as st

from dashboard.components import chart
from dashboard.figures import training_curves as figures
from dashboard.state import identity, session, stored
from dashboard.views.overfitting import controls
from dashboard.widgets.messages import literal, refuse
from playground.analysis.comparison.notes import comparison_notes
from playground.analysis.metrics.run_summary import (
    LAST,
    LOSS,
    METRIC,
    GapCurves,
    GeneralizationGap,
    gap,
    losses,
    measured_gap,
    metrics,
    restored_epoch,
)
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.overfitting import (
    REGULARIZERS,
    detect_regularizer,
    overfitting,
    preset,
    tunable_changes,
    with_regularizer,
    without_regularizer,
)
from playground.history.history import History, history
from playground.nn.format import format_score
from playground.nn.network import Snapshot
from playground.runs.race import RACES, Race
from playground.runs.race_presets import with_and_without
from playground.runs.run import Run

NAME = "regularizers"
HELP = f"How much better it is on training than on validation examples; the mean of {LAST} epochs."


def view(experiment: Experiment) -> None:
    """Choose a regularizer and its strength, and train with and without it."""
    try:
        base = overfitting(experiment)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    race = identity.registered(RACES, NAME)
    name, strength = _regularizer(experiment, race)
    st.caption(literal(f"{title(base)} · {base.data.train_size:,} training examples"))
    if race is not None and race.state != "finished":
        _apply_live(race, name, strength)
    competitors = with_and_without(base, name, strength)
    controls.buttons(
        NAME, "Overfit" if race is None else "Overfit again",
        lambda: controls.start(NAME, competitors), "Trains both from the same initial weights.",
        race,
    )  # fmt: skip
    if race is None:
        st.info(
            "Press Overfit: a large network trains twice on a small training set, once with "
            f"regularization. {controls.NOTHING_KEPT}"
        )
        return
    _outdated(race, base, name, strength)
    controls.watch(NAME, race, _draw)


def _regularizer(experiment: Experiment, race: Race | None) -> tuple[str, float]:
    """The chosen regularizer and its strength, at first those of the current race."""
    current = None if race is None else _current(race)
    name = st.segmented_control(
        "Regularizer", list(REGULARIZERS), default=current[0] if current else "l2",
        key="regularizers_name", required=True,
        format_func=lambda each: REGULARIZERS[each].label, persist_state="session",
        help="One of the two runs is trained with it. Try each and compare the gaps.",
    )  # fmt: skip
    regularizer = REGULARIZERS[name]
    default = preset(experiment.data.dataset).strengths.get(name, regularizer.default)
    if current and current[0] == name:
        default = min(max(current[1], regularizer.low), regularizer.high)
    kind = int if isinstance(regularizer.step, int) else float
    label = regularizer.strength_label
    strength = st.slider(
        label if label[:1] == "λ" else label.capitalize(),
        kind(regularizer.low), kind(regularizer.high), kind(default), kind(regularizer.step),
        key=f"regularizers_{name}_{experiment.data.dataset}", persist_state="session",
        format=None if kind is int else "%.4g", help=regularizer.explanation,
    )  # fmt: skip
    live = regularizer.tunable_field
    when = "It changes the playing run at once." if live else "It needs a new start."
    st.caption(f"**{regularizer.label}.** {literal(regularizer.explanation)} {when}")
    return name, float(strength)


def _current(race: Race) -> tuple[str, float] | None:
    """The regularizer of a race and its strength."""
    (plain,), (regularized,) = race.runs
    found = detect_regularizer(plain.experiment, regularized.experiment)
    if found is not None:
        return found
    label = race.competitors[1].label  # of strength 0: both experiments are equal
    return next((name, 0.0) for name, entry in REGULARIZERS.items() if entry.label == label)


def _apply_live(race: Race, name: str, strength: float) -> None:
    """Change the regularized run while it trains, where its regularizer allows that."""
    run = race.runs[1][0]
    current = None if run.over else _current(race)
    if current is None or not all(REGULARIZERS[n].tunable_field for n in (name, current[0])):
        return
    now = run.experiment.to_dict()
    changes = tunable_changes(name, strength)
    changed = {field: value for field, value in changes.items() if now[field] != value}
    if changed:
        run.change(**changed)


def _outdated(race: Race, base: Experiment, name: str, strength: float) -> None:
    """A warning where the settings differ from those of the race below."""
    plain = race.runs[0][0].experiment
    if without_regularizer(plain) != base:
        st.warning(
            f"Below are runs on other data or with another seed: {literal(title(plain))}. "
            "Overfit again trains with the current settings."
        )
        return
    current = _current(race)
    if current is None or race.runs[1][0].experiment == with_regularizer(base, name, strength):
        return
    st.warning(
        f"Below is still {literal(REGULARIZERS[current[0]].describe(current[1]))}. Overfit again "
        f"trains both with {literal(REGULARIZERS[name].describe(strength))}; these curves end then."
    )


def _draw(race: Race) -> None:
    """Gaps, verdict, and both pairs of curves on the same scales."""
    runs = [own[0] for own in race.runs]
    logs = [history(run.events) for run in runs]
    is_accuracy = bool(runs[0].experiment.data.source.classes)
    current = _current(race)
    label = REGULARIZERS[current[0]].describe(current[1]) if current else race.competitors[1].label
    gaps = [_gap(run, log, is_accuracy) for run, log in zip(runs, logs, strict=True)]
    _tiles(gaps, label, is_accuracy)
    _verdict(race, gaps, label)
    choices = {"Loss": LOSS, "Accuracy" if is_accuracy else "Error": METRIC}
    chosen = st.segmented_control(
        "Curves", list(choices), default="Loss", key=f"regularizers_quantity_{is_accuracy}",
        required=True, persist_state="session", help="Losses show overfitting earlier than scores.",
    )  # fmt: skip
    _curves(race, logs, choices[chosen], label, is_accuracy)
    st.caption(literal(" ".join(comparison_notes(race.competitors))))
    if race.state != "playing":
        columns = st.columns(len(runs))
        for i, (column, run) in enumerate(zip(columns, runs, strict=True)):
            with column:
                _restore(run, i)


def _gap(run: Run, log: History, is_accuracy: bool) -> GeneralizationGap | None:
    """The gap; with dropout measured after the epoch, with all units on."""
    if run.experiment.network.dropout and run.latest is not None and len(log):
        return measured_gap(run.latest, load(run.experiment.data), run.experiment.training.loss)
    return gap(log, is_accuracy, restored_epoch(run.events[-1] if len(run.events) else None))


def _tiles(gaps: list[GeneralizationGap | None], label: str, is_accuracy: bool) -> None:
    name = "accuracy" if is_accuracy else "error"
    with st.container(horizontal=True, key="regularizers_tiles"):
        for found, whose in zip(gaps, ("baseline", f"with {label}"), strict=True):
            metric = "–" if found is None else figures.amount(found.metric, is_accuracy)
            loss = "–" if found is None else f"{found.loss:.3f}"
            st.metric(f"Gap in loss, {literal(whose)}", loss, width=230, help=HELP)
            st.metric(f"Gap in {name}, {literal(whose)}", metric, width=230, help=HELP)


def _verdict(race: Race, gaps: list[GeneralizationGap | None], label: str) -> None:
    plain, regularized = gaps
    if plain is None or regularized is None:
        return
    n = race.runs[0][0].experiment.data.validation_size
    st.markdown(f"**{literal(figures.verdict(plain, regularized, label, n))}**")
    if race.runs[1][0].experiment.network.dropout:
        st.caption(
            "The gap with dropout is measured after the epoch, with all units on; the training "
            "curve is the mean during the epoch, with units switched off."
        )


def _curves(race: Race, logs: list[History], quantity: str, label: str, is_accuracy: bool) -> None:
    of_loss = quantity == LOSS
    pairs: list[GapCurves] = [losses(log) if of_loss else metrics(log, is_accuracy) for log in logs]
    name = "loss" if of_loss else "accuracy" if is_accuracy else "mean absolute error"
    unit = race.runs[0][0].experiment.data.source.unit
    name += f" ({unit})" if unit and not of_loss else ""
    percent, scale = is_accuracy and not of_loss, figures.limits(pairs)
    titles = ("Baseline", f"With {label}")
    for i, (column, curves) in enumerate(zip(st.columns(2), pairs, strict=True)):
        with column:
            chart.chart(
                figures.gap_curves(
                    curves, titles[i], name, i, race.epochs, scale, percent,
                    uirevision=f"{race.name} {name}",
                ),
                figures.gap_sentence(curves, name, percent),
                key=f"regularizers_chart_{i}",
                about="Training (mean during the epoch) solid, validation (after it) dashed, the "
                "gap shaded; the circle marks the best epoch.",
            )  # fmt: skip
    if of_loss:
        st.caption("Losses exclude the L1/L2 penalty, so that all regularizers compare.")


# ---- the best checkpoint -----------------------------------------------------------------


def _restore(run: Run, i: int) -> None:
    """A button that restores the best checkpoint, with the scores before and after."""
    best = history(run.events).best_epoch
    if best is None or run.latest is None:
        return
    key, of = f"restored_{i}", run.network
    if st.button(
        f"Restore best checkpoint (epoch {best})", key=f"regularizers_restore_{i}",
        icon=":material/settings_backup_restore:",
        help="The weights of the epoch with the smallest validation loss.",
    ):  # fmt: skip
        stored.set(key, best, of)
    if stored.get(key, of) != best:
        return
    try:
        snapshot = run.snapshot(best)
    except LookupError:
        st.warning("The weights of that epoch are no longer in memory: train again.")
        return
    data, loss = load(run.experiment.data), run.experiment.training.loss
    gaps = [measured_gap(each, data, loss) for each in (run.latest, snapshot)]
    if gaps[0] is not None and gaps[1] is not None:
        st.markdown(literal(_before_and_after(gaps[0], gaps[1])))
    st.button(
        "Open in Train and Inspect", key=f"regularizers_open_{i}", icon=":material/model_training:",
        on_click=_open, args=(run, snapshot), help="Makes the best checkpoint this tab's network.",
    )  # fmt: skip


def _before_and_after(before: GeneralizationGap, after: GeneralizationGap) -> str:
    """The validation scores of the last and of the best weights."""
    name = "accuracy" if before.is_accuracy else "error"
    scores = [format_score(g.validation.metric, before.is_accuracy) for g in (before, after)]
    return (
        f"The weights are those of epoch {after.epoch} again: validation loss "
        f"{before.validation.loss:.3g} → {after.validation.loss:.3g}, validation {name} "
        f"{scores[0]} → {scores[1]}, gap in loss {before.loss:.3g} → {after.loss:.3g}."
    )


def _open(run: Run, snapshot: Snapshot) -> None:
    before = session.run()
    evaluations = () if before is None else before.test_evaluations
    session.set_run(Run(run.experiment, test_evaluations=evaluations, start=snapshot))
    session.set_experiment(run.experiment)
