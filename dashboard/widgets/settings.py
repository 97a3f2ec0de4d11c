"""The settings bar: the fields of an Experiment above the page; returns it as edited.

Edits are applied before anything is drawn, so that all widgets agree within one run. A rejected
edit changes nothing: it stays in its widget, with the reason beside it.
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
from playground.experiment.sections import TARGETS
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import format_number
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import LOSSES
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES, rates

REGULARIZERS = ("l2", "l1", "dropout")
PER_LAYER = "own_activations"  # toggle: one activation per layer instead of one for all
OF_LAYER = "activation_of_"  # and the number of the layer

SCHEDULE_POINTS = 300


def controls(experiment: Experiment) -> Experiment:
    """Draw the bar; returns the edited experiment.

    What is changed most stands open; the rest is in groups behind buttons that say what they hold.
    """
    experiment, refusals = _apply_edits(experiment)
    form = Form(experiment, refusals, _locked(experiment))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="settings"):
        _popover(f"**{literal(experiment.data.source.label)}**", "dataset", _data, form, "data")
        with st.container(width=118):
            form.field("hidden")
        if experiment.network.activations:
            _popover("Activations", "function", _activations, form, "activations")
        else:
            with st.container(width=104):
                form.field("activation")
        with st.container(width=112):
            form.field("optimizer")
        with st.container(width=124):
            form.field("learning_rate")
        with st.container(width=132):
            form.field("schedule")
        with st.container(width=96):
            form.field("batch_size")
        _popover(_regularization_label(experiment), "tune", _regularization, form, "regularization")
        _popover("More", "more_horiz", _more, form, "more")
    return experiment


def _popover(text: str, icon: str, group: Callable[[Form], None], form: Form, key: str) -> None:
    """A button that opens a group of settings; drawn when it is open."""
    popover = st.popover(text, icon=f":material/{icon}:", key=f"{key}_settings", on_change="rerun")
    if popover.open:
        with popover:
            group(form)


def _regularization_label(experiment: Experiment) -> str:
    values = experiment.to_dict()
    parts = [f"{label(n)} {format_number(values[n])}" for n in REGULARIZERS if values[n]]
    return ", ".join(parts) or "No regularization"


def _regularization(form: Form) -> None:
    for name in REGULARIZERS:
        if name != "dropout" or form.experiment.network.hidden:
            form.slider(name)


def _more(form: Form) -> None:
    """All other settings, a tab for each group."""
    for tab, group in zip(st.tabs(list(GROUPS)), GROUPS.values(), strict=True):
        with tab:
            group(form)


def _apply_edits(experiment: Experiment) -> tuple[Experiment, dict[str, list[str]]]:
    """The experiment with all pending edits, and key → why an edit is rejected."""
    refusals: dict[str, list[str]] = {}
    accepted: set[str] = set()
    assignment = session.assignment()
    locked = {} if assignment is None else assignment.locked_values
    for key, value in stored.pending_edits().items():
        if key in accepted:
            continue
        try:
            # Locked fields do not follow a choice that others depend on.
            changed = experiment.replace(**locked | _changes(experiment, key, value))
        except ValidationError as error:
            refusals[key] = explain(error, labels=True)
            continue
        if assignment is not None and (broken := assignment.violations(changed)):
            refusals[key] = [f"{label(name)} is locked by the assignment" for name in broken]
            if key.removesuffix(SLIDER) in broken:
                stored.accept_edit(key)  # its widget shows the locked value again
            continue
        before, after = experiment.to_dict(), changed.to_dict()
        # Fields that changed along replace pending edits of their own.
        changes = [name for name in FIELDS if before[name] != after[name]]
        for changed_key in (key, *changes, *(name + SLIDER for name in changes)):
            stored.accept_edit(changed_key)
            accepted.add(changed_key)
            refusals.pop(changed_key, None)
        experiment = changed
    return experiment, refusals


def _locked(experiment: Experiment) -> dict[str, str]:
    """Key of each widget that an assignment locks → why, for its help."""
    assignment = session.assignment()
    if assignment is None:
        return {}
    reason = "Locked by the assignment."
    keys = {key: reason for name in assignment.locked for key in (name, name + SLIDER)}
    if "activations" in keys:
        count = len(experiment.network.activations)
        keys |= dict.fromkeys((PER_LAYER, *(f"{OF_LAYER}{i}" for i in range(count))), reason)
    return keys


def _changes(experiment: Experiment, key: str, value: Any) -> dict[str, Any]:
    """The fields that an edit of widget `key` sets."""
    network = experiment.network
    if key == PER_LAYER:
        return {"activations": network.layer_activations if value else ()}
    if key.startswith(OF_LAYER):
        own, i = list(network.activations), int(key.removeprefix(OF_LAYER))
        own[i : i + 1] = [value] if i < len(own) else []
        return {"activations": own}
    if key == "hidden" and network.activations:  # one per layer
        count = len(split_layers(value))
        own = [*network.activations, *[network.activation] * count][:count]
        return {"hidden": value, "activations": own}
    return {key.removesuffix(SLIDER): value}


def _data(form: Form) -> None:
    sources = DATASETS | {name: table.source for name, table in session.own_tables().items()}
    data = form.experiment.data
    form.select("dataset", label("dataset"), list(sources), sources, data.dataset)
    source = data.source
    st.caption(literal(source.description))
    for name in ("train_size", "validation_size", source.noise, "label_noise", "standardize"):
        form.field(name)
    form.field("data_seed")


def _split_errors(form: Form) -> None:
    st.caption("The Data page shows the effect of each: Data → Data leakage and split errors.")
    for name in ("scaler", "split_without_shuffle", "leaked_fraction"):
        form.field(name)


def _network(form: Form) -> None:
    experiment, network = form.experiment, form.experiment.network
    sizes = " → ".join(map(str, experiment.layer_sizes))
    st.caption(f"{sizes}: {summary(experiment).parameters:,} weights and biases")
    if network.hidden:
        if not network.activations:
            _per_layer(form)
        used = [ACTIVATIONS[name] for name in network.layer_activations]
        for name in dict.fromkeys(name for entry in used for name in entry.parameters):
            form.field(name)
    form.field("kernel_initializer")
    form.field("bias_initializer")
    names = (network.kernel_initializer, network.bias_initializer)
    initializers = [INITIALIZERS[name] for name in names]
    for name in dict.fromkeys(name for entry in initializers for name in entry.parameters):
        form.field(name)
    form.field("seed")


def _per_layer(form: Form) -> None:
    stored.control(PER_LAYER, bool(form.experiment.network.activations))
    st.toggle(
        "An activation for each layer", key=PER_LAYER, disabled=form.is_locked(PER_LAYER),
        help=form.help(PER_LAYER, help_text("activations")),
    )  # fmt: skip


def _activations(form: Form) -> None:
    """One activation per layer."""
    _per_layer(form)
    own = form.experiment.network.activations
    for i, name in enumerate(own):
        text = f"Activation of hidden layer {i + 1}"
        form.select(f"{OF_LAYER}{i}", text, list(ACTIVATIONS), ACTIVATIONS, name)


def _optimizer(form: Form) -> None:
    task, training = form.experiment.data.source.task, form.experiment.training
    form.field("loss", [name for name, entry in LOSSES.items() if task in entry.tasks])
    optimizer = OPTIMIZERS[training.optimizer]
    st.latex(optimizer.rule)
    for name in optimizer.defaults:
        if name not in TUNABLE_WHILE_TRAINING:
            form.field(name)
    form.field("clipping")
    if training.clipping != "none":
        form.field("clip_limit")


def _schedule(form: Form) -> None:
    training, per_epoch = form.experiment.training, form.experiment.steps_per_epoch
    for name in SCHEDULES[training.schedule].defaults:
        form.field(name)
    form.field("warmup_epochs")
    if training.schedule != "constant" or training.warmup_epochs:
        epochs = np.linspace(0, training.epochs, SCHEDULE_POINTS)
        planned = rates(training, epochs * per_epoch, per_epoch)
        chart(
            schedule_figure(epochs, planned),
            schedule_sentence(planned),
            key="planned_rate",
            about="The learning rate of every step of a run; try another schedule.",
        )


def _stopping(form: Form) -> None:
    training = form.experiment.training
    form.field("epochs")
    form.field("early_stopping")
    if training.early_stopping:
        for name in ("patience", "min_delta", "restore_best"):
            form.field(name)
    form.field("target_metric")
    for name in TARGETS[training.target_metric].defaults:
        form.field(name)
    form.field("time_limit")
    form.field("shuffle")


GROUPS: dict[str, Callable[[Form], None]] = {
    "Network": _network,
    "Optimization": _optimizer,
    "Schedule": _schedule,
    "Stopping": _stopping,
    "Data errors": _split_errors,
}
