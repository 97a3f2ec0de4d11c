"""After a run: what it did in five sentences, and what to try next, from its own numbers."""

from collections.abc import Container, Sequence

import numpy as np

from playground.analysis.diagnosis import Diagnosis
from playground.analysis.diagnosis.rule import (
    ADAM,
    Changes,
    Fix,
    FixStep,
    make_fix,
    nearest_rate,
    slower_new_run,
)
from playground.analysis.diagnosis.rules_fit import OVERFITTING_FIXES
from playground.analysis.diagnosis.run_window import GOOD, RunWindow
from playground.analysis.metrics.run_summary import best_row
from playground.experiment.model import LARGEST_SEED, LAYER_UNITS, limits
from playground.experiment.model_summary import summary
from playground.experiment.url import encode
from playground.history.events import STOPPED, Diverged, Finished
from playground.history.history import History
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import format_number
from playground.nn.optimizers import OPTIMIZERS

MOST = 3  # steps that are offered
LATE = 0.9  # of a run: a loss that is lowest later still falls
EARLY = 0.6  # …that is lowest before has risen since


# ---- what to try next --------------------------------------------------------------------


def _position_of_best(run: RunWindow) -> float:
    """Where the judged loss was lowest: 0 at its first epoch, 1 at its last; NaN without any."""
    losses = run.judged
    row = best_row(losses, False)
    return float("nan") if row is None or len(losses) < 2 else row / (len(losses) - 1)


def _wider(run: RunWindow) -> Changes:
    most = LAYER_UNITS[1]
    return {"hidden": tuple(min(2 * units, most) for units in run.network.hidden) or (16,)}


STEPS = (
    FixStep(
        "The loss was lowest at the end: it still falls.",
        lambda run: {"epochs": min(2 * run.experiment.training.epochs, limits("epochs")[1])},
        lambda run: _position_of_best(run) >= LATE,
        "Train twice as long",
    ),
    FixStep(
        "The validation loss was lowest long before the end.",
        lambda _: {"early_stopping": True},
        lambda run: run.validation is not None and _position_of_best(run) < EARLY,
        "Stop early",
    ),
    *(
        FixStep(s.reason, s.changes, lambda run, s=s: run.wide_gap and s.applies(run), s.label)  # type: ignore[misc]
        for s in OVERFITTING_FIXES
    ),
    FixStep(
        "It does not fit its own training examples well: it may be too small.",
        _wider,
        lambda run: run.training_skill < GOOD,
        "Double the units",
    ),
    ADAM,
    FixStep(
        "A rate that falls lets the last epochs settle.",
        lambda _: {"schedule": "cosine"},
        lambda run: run.experiment.training.schedule == "constant",
    ),
    FixStep(
        "A larger rate may learn faster; the loss did not jump with this one.",
        lambda run: {
            "learning_rate": nearest_rate(3 * run.experiment.training.learning_rate),
        },
        lambda run: run.diverged is None,
    ),
    slower_new_run(3),
    FixStep(
        "The same with other initial weights: how much is chance?",
        lambda run: {"seed": (run.network.seed + 1) % (LARGEST_SEED + 1)},
        label="Repeat with another seed",
    ),
)


def next_steps(
    run: RunWindow, diagnoses: Sequence[Diagnosis], tried: Container[str]
) -> tuple[Fix, ...]:
    """At most MOST changed experiments, of the diagnoses first; none with a link in `tried`."""
    made = [found.fix for found in diagnoses]
    with np.errstate(all="ignore"):
        made += [
            make_fix(run.experiment, step, step.changes(run)) for step in STEPS if step.applies(run)
        ]
    new = {fix.experiment: fix for fix in reversed(made) if fix is not None}
    ordered = dict.fromkeys(fix.experiment for fix in made if fix is not None)
    return tuple(new[each] for each in ordered if encode(each) not in tried)[:MOST]


# ---- what it did -------------------------------------------------------------------------


def explain_run(run: RunWindow, log: History, diagnoses: Sequence[Diagnosis]) -> tuple[str, ...]:
    """Five sentences: the network, its training, its score, its fit, its end; none at first."""
    if not len(log) or not len(run):
        return ()
    return (
        _network(run),
        _training(run, log),
        f"{run.beside_baseline()}.",
        _fit(run),
        _end(run, diagnoses),
    )


def _network(run: RunWindow) -> str:
    experiment, data = run.experiment, run.data
    training, network = experiment.training, run.network
    labels = dict.fromkeys(ACTIVATIONS[name].label for name in network.layer_activations)
    kind = f", {'/'.join(labels)}" if labels else ""
    return (
        f"A network of {'-'.join(map(str, experiment.layer_sizes))} units{kind} "
        f"({summary(experiment).parameters:,} weights and biases) learned {data.source.label} from "
        f"{data.train_size:,} examples with {OPTIMIZERS[training.optimizer].label} at a learning "
        f"rate of {format_number(training.learning_rate)}."
    )


def _training(run: RunWindow, log: History) -> str:
    first, last = float(log.loss[0]), float(log.loss[-1])
    verb = "fell" if last < first else "went"
    seconds = float(log.training_seconds()[-1])
    updates = int(log.epoch[-1]) * run.experiment.steps_per_epoch
    return (
        f"In {len(log):,} epochs ({updates:,} updates, {seconds:.1f} s) its training loss {verb} "
        f"from {first:.3g} to {last:.3g}."
    )


def _fit(run: RunWindow) -> str:
    run = run.validated
    if run.validation is None:
        return "Without a validation score nobody knows how it does on new ones."
    row = best_row(run.validation, False)
    lowest = "" if row is None else f"the validation loss was lowest after epoch {run.epoch[row]:,}"
    if run.wide_gap:
        return f"It overfits: {run.both()}, and {lowest}."
    return f"It does about as well on new examples: {run.both()}; {lowest}."


def _end(run: RunWindow, diagnoses: Sequence[Diagnosis]) -> str:
    match run.last_event:
        case Finished() as end if end.stopped_early:
            how = f"It stopped after epoch {end.epoch:,}, {STOPPED[end.stopped_by or 'patience']}"
        case Diverged() as end:
            how = f"It stopped at update {end.step:,}, because its loss was no longer finite"
        case Finished():
            how = "It trained all its epochs"
        case _:
            how = f"It has trained {run.epoch[-1]:,} epochs so far"
    problems = ", ".join(found.rule.label for found in diagnoses)
    return f"{how}; the diagnosis: {problems or 'no problem'}."
