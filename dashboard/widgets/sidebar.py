"""The sidebar: an Experiment in, an Experiment out.

What a person has set is taken over before anything is drawn, so all widgets agree in the same run.
What breaks a rule changes nothing: it stays in its widget, with the reason beside it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from pydantic import ValidationError

from dashboard.components.chart import chart
from dashboard.figures.training_curves import schedule_figure, schedule_sentence
from dashboard.state import session, stored
from dashboard.widgets.fields import SLIDER, Form
from dashboard.widgets.messages import literal
from playground.datasets.registry import DATASETS
from playground.experiment.fields import split_layers
from playground.experiment.model import (
    FIELDS,
    TUNABLE_WHILE_TRAINING,
    Experiment,
    explain,
    help_text,
    label,
)
from playground.experiment.model_summary import summary
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import LOSSES
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES, rates

OWN = "own_activations"  # the switch between one activation for all layers and one for each
OWN_OF_LAYER = "activation_of_"

PLANNED_POINTS = 300  # of the schedule's curve


def controls(experiment: Experiment, playing: bool) -> Experiment:
    """Draw the sidebar; returns the experiment as a person has now set it."""
    experiment, refusals = _answered(experiment)
    form = Form(experiment, refusals, _locked(experiment))
    with st.sidebar:
        st.subheader("Changes at once")
        st.caption("The run goes on with the weights it has.")
        for name in TUNABLE_WHILE_TRAINING:
            if name != "dropout" or experiment.network.hidden:
                form.slider(name)
        st.subheader("Starts a new network")
        ends = " The run under way ends." if playing else ""
        st.caption(f"Resets weights, curves and epochs; keeps every other choice.{ends}")
        for title, group in GROUPS.items():
            with st.expander(title, expanded=title in ("Data", "Network")):
                group(form)
    return experiment


def _answered(experiment: Experiment) -> tuple[Experiment, dict[str, list[str]]]:
    """The experiment with what has been asked for, and by widget what could not be taken."""
    refusals: dict[str, list[str]] = {}
    settled: set[str] = set()
    assignment = session.assignment()
    held = {} if assignment is None else assignment.locked_values
    for key, value in stored.pending_edits().items():
        if key in settled:
            continue
        try:
            # What is locked does not go along with a choice that usually takes it along.
            changed = experiment.replace(**held | _changes(experiment, key, value))
        except ValidationError as error:
            refusals[key] = explain(error)
            continue
        if assignment is not None and (broken := assignment.violations(changed)):
            refusals[key] = [f"{label(name)} is locked by the assignment" for name in broken]
            if key.removesuffix(SLIDER) in broken:
                stored.accept_edit(key)  # its widget shows again what it is locked at
            continue
        before, after = experiment.to_dict(), changed.to_dict()
        # What came along takes the place of what still waited in a widget of its own.
        along = [name for name in FIELDS if before[name] != after[name]]
        for each in (key, *along, *(name + SLIDER for name in along)):
            stored.accept_edit(each)
            settled.add(each)
            refusals.pop(each, None)
        experiment = changed
    return experiment, refusals


def _locked(experiment: Experiment) -> dict[str, str]:
    """For each widget that an assignment locks, its key: why, for its help."""
    assignment = session.assignment()
    if assignment is None:
        return {}
    why = "Locked by the assignment: it stays as it is."
    keys = {key: why for name in assignment.locked for key in (name, name + SLIDER)}
    if "activations" in keys:
        count = len(experiment.network.activations)
        keys |= dict.fromkeys((OWN, *(f"{OWN_OF_LAYER}{i}" for i in range(count))), why)
    return keys


def _changes(experiment: Experiment, key: str, value: Any) -> dict[str, Any]:
    """The fields that widget `key` sets when it holds `value`."""
    network = experiment.network
    if key == OWN:
        return {"activations": network.layer_activations if value else ()}
    if key.startswith(OWN_OF_LAYER):
        own, i = list(network.activations), int(key.removeprefix(OWN_OF_LAYER))
        own[i : i + 1] = [value] if i < len(own) else []
        return {"activations": own}
    if key == "hidden" and network.activations:  # they go along with their layers
        count = len(split_layers(value))
        own = [*network.activations, *[network.activation] * count][:count]
        return {"hidden": value, "activations": own}
    return {key.removesuffix(SLIDER): value}


def _data(form: Form) -> None:
    brought = {name: table.source for name, table in session.own_tables().items()}
    sources = DATASETS | brought
    data = form.experiment.data
    form.option("dataset", label("dataset"), list(sources), sources, data.dataset)
    source = data.source
    st.caption(literal(source.description))
    for name in ("train_size", "validation_size", "noise"):
        form.number(name)
    if source.classes:
        form.number("label_noise")
    form.switch("standardize")
    form.number("data_seed")


def _mistakes(form: Form) -> None:
    st.caption("The Data page shows the effect of each: Data → Data leakage and split errors.")
    for name in ("scaler", "split_without_shuffle", "leaked_fraction"):
        form.field(name)


def _network(form: Form) -> None:
    experiment, network = form.experiment, form.experiment.network
    form.several("hidden", "For example 300, 100: two layers.")
    sizes = " → ".join(map(str, experiment.layer_sizes))
    st.caption(f"{sizes}: {summary(experiment).parameters:,} weights and biases")
    if network.hidden:
        _activations(form)
        used = [ACTIVATIONS[name] for name in network.layer_activations]
        for name in dict.fromkeys(name for entry in used for name in entry.parameters):
            form.number(name)
    form.choice("kernel_initializer")
    form.choice("bias_initializer")
    starts = [INITIALIZERS[name] for name in (network.kernel_initializer, network.bias_initializer)]
    for name in dict.fromkeys(name for entry in starts for name in entry.parameters):
        form.number(name)
    form.number("seed")


def _activations(form: Form) -> None:
    """One activation for all hidden layers, or one for each."""
    own = form.experiment.network.activations
    stored.control(OWN, bool(own))
    st.toggle(
        "An activation for each layer", key=OWN, disabled=form.locks(OWN),
        help=form.help(OWN, help_text("activations")),
    )  # fmt: skip
    for i, name in enumerate(own):
        text = f"Activation of hidden layer {i + 1}"
        form.option(f"{OWN_OF_LAYER}{i}", text, list(ACTIVATIONS), ACTIVATIONS, name)
    if not own:
        form.choice("activation")


def _optimizer(form: Form) -> None:
    task, training = form.experiment.data.source.task, form.experiment.training
    form.choice("loss", [name for name, entry in LOSSES.items() if task in entry.tasks])
    form.choice("optimizer")
    optimizer = OPTIMIZERS[training.optimizer]
    st.latex(optimizer.rule)
    for name in optimizer.defaults:
        if name not in TUNABLE_WHILE_TRAINING:
            form.field(name)
    form.choice("clipping")
    if training.clipping != "none":
        form.number("clip_limit")


def _schedule(form: Form) -> None:
    training, per_epoch = form.experiment.training, form.experiment.steps_per_epoch
    form.choice("schedule")
    for name in SCHEDULES[training.schedule].defaults:
        form.field(name)
    form.number("warmup_epochs")
    if training.schedule != "constant" or training.warmup_epochs:
        epochs = np.linspace(0, training.epochs, PLANNED_POINTS)
        planned = rates(training, epochs * per_epoch, per_epoch)
        chart(
            schedule_figure(epochs, planned),
            schedule_sentence(planned),
            key="planned_rate",
            about="The learning rate of every step of the run to come; try another schedule.",
        )


def _length(form: Form) -> None:
    form.number("epochs")
    form.switch("shuffle")
    form.switch("early_stopping")
    if form.experiment.training.early_stopping:
        form.number("patience")
        form.switch("restore_best")


GROUPS: dict[str, Callable[[Form], None]] = {
    "Data": _data,
    "Network": _network,
    "Loss and optimizer": _optimizer,
    "Learning-rate schedule": _schedule,
    "Length of training": _length,
    "Mistakes on purpose": _mistakes,
}
