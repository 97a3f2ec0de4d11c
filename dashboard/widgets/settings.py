"""The settings bar: the fields of an Experiment above the page; returns it as edited.

Edits are applied before anything is drawn, so that all widgets agree within one run. A rejected
edit changes nothing: it stays in its widget, with the reason beside it.
"""

from collections.abc import Callable
from math import log10
from typing import Any

import numpy as np
import streamlit as st
from pydantic import ValidationError

from dashboard.components.chart import chart
from dashboard.figures.training_curves import schedule_figure, schedule_sentence
from dashboard.state import session, stored, url
from dashboard.widgets.fields import AT_ONCE_MARK, SLIDER, Form
from dashboard.widgets.latex import lines
from dashboard.widgets.messages import literal
from playground.datasets.registry import DATASETS
from playground.experiment.fields import split_layers
from playground.experiment.model import (
    FIELDS,
    LAYER_UNITS,
    Experiment,
    explain,
    help_text,
    label,
)
from playground.experiment.model_summary import summary
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import format_number
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import LOSSES
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES, rates

REGULARIZERS = ("l2", "l1", "dropout")
PER_LAYER = "own_activations"  # toggle: one activation per layer instead of one for all
OF_LAYER = "activation_of_"  # and the number of the layer
MOST_LAYERS, NEW_UNITS = 6, 8

SCHEDULE_POINTS = 300
WIDTH = 140  # pixels of a setting, where the table says no other
BAR = {
    "hidden": 106, "activation": 118, "optimizer": 164, "learning_rate": 122, "schedule": 162,
    "batch_size": 92,
}  # fmt: skip
AT_ONCE = (
    f"{AT_ONCE_MARK} acts at once on a network that trains. Anything else begins a new, untrained "
    "network; the former run stays as a gray curve."
)


def controls(experiment: Experiment, drawn: bool = True) -> Experiment:
    """Draw the bar, unless it is not to be `drawn`; returns the edited experiment.

    What is changed most stands open; the rest is in groups behind buttons that say what they hold.
    An address can choose the settings to show.
    """
    experiment, refusals = _apply_edits(experiment)
    form = Form(experiment, refusals, _locked(experiment))
    if not drawn:
        return experiment
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="settings"):
        if url.controls():
            for name in filter(url.shows, FIELDS):
                _setting(form, name)
        else:
            data = literal(experiment.data.source.label)
            _popover("Data", data, _data, form, "data")
            for name in BAR:
                _setting(form, name)
            held = _regularization_label(experiment)
            _popover("Regularization", held, _regularization, form, "regularization")
            _popover("All other settings", "More", _more, form, "more")
    if not url.controls():
        st.caption(AT_ONCE)
    return experiment


def resize_layer(layer: int, by: int) -> None:
    """Give hidden layer `layer` (from 1) fewer or more units, or take it away (to add one: 0, 1).

    by: −1 or 1: a unit below 10 units, half the order of magnitude above.
    """
    experiment = session.experiment()
    sizes = list(experiment.network.hidden)
    low, high = LAYER_UNITS
    if layer == 0:
        sizes = sizes[:-1] if by < 0 else [*sizes, sizes[-1] if sizes else NEW_UNITS]
    elif layer <= len(sizes):
        step = max(1, 10 ** int(log10(sizes[layer - 1])) // 2)
        sizes[layer - 1] = min(max(sizes[layer - 1] + by * step, low), high)
    if len(sizes) <= MOST_LAYERS:
        changes = _changes(experiment, "hidden", ",".join(map(str, sizes)) or "none")
        session.set_experiment(experiment.replace(**changes))


def _setting(form: Form, name: str) -> None:
    """A setting of the bar."""
    experiment = form.experiment
    if name == "activation" and experiment.network.activations:
        held = ", ".join(ACTIVATIONS[each].label for each in experiment.network.activations)
        _popover("Activations", held, _activations, form, "activations")
        return
    with st.container(width=BAR.get(name, WIDTH)):
        if name == "dataset":
            _dataset(form)
        else:
            form.field(name)
    if name == "hidden":
        count, locked = len(experiment.network.hidden), form.is_locked(name)
        with st.container(horizontal=True, gap=None, width="content", key="layers"):
            st.button(
                "−", key="remove_layer", disabled=locked or not count, on_click=resize_layer,
                args=(0, -1), help="Removes the last hidden layer.",
            )  # fmt: skip
            st.button(
                "\\+", key="add_layer", disabled=locked or count >= MOST_LAYERS,
                on_click=resize_layer, args=(0, 1), help="Adds a hidden layer like the last one.",
            )  # fmt: skip


def _popover(text: str, held: str, group: Callable[[Form], None], form: Form, key: str) -> None:
    """A button that opens a group of settings and shows what they hold; drawn when it is open."""
    with st.container(width="content", gap=None, key=f"{key}_setting"):
        if key != "more":
            st.caption(text)
        popover = st.popover(held, help=text, key=f"{key}_settings", on_change="rerun")
    if popover.open:
        with popover:
            group(form)


def _regularization_label(experiment: Experiment) -> str:
    values = experiment.to_dict()
    parts = [f"{label(n)} {format_number(values[n])}" for n in REGULARIZERS if values[n]]
    return ", ".join(parts) or "None"


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


def _dataset(form: Form) -> None:
    sources = DATASETS | {name: table.source for name, table in session.own_tables().items()}
    form.select("dataset", label("dataset"), list(sources), sources, form.experiment.data.dataset)


def _data(form: Form) -> None:
    _dataset(form)
    source = form.experiment.data.source
    st.caption(literal(source.description))
    for name in ("train_size", "validation_size", source.noise, "label_noise", "standardize"):
        form.field(name)
    form.field("data_seed")


def _split_errors(form: Form) -> None:
    st.caption("The Data page shows the effect of each: Data → Data leakage and split errors.")
    for name in ("scaler", "split_without_shuffle", "leaked_fraction", "validate_on_test"):
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


def _optimization(form: Form) -> None:
    task, training = form.experiment.data.source.task, form.experiment.training
    form.field("loss", [name for name, entry in LOSSES.items() if task in entry.tasks])
    optimizer = OPTIMIZERS[training.optimizer]
    st.latex(lines(*(f"& {assignment}" for assignment in optimizer.rule.split(r",\; "))))
    for name in optimizer.defaults:
        if name != "learning_rate":
            form.field(name)
    form.field("clipping")
    if training.clipping != "none":
        form.field("clip_limit")
    form.field("shuffle")
    _schedule(form)


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
    if form.experiment.data.validation_size:
        form.field("validation_freq")
    for name in ("time_limit", "target_metric"):
        form.field(name)
    if training.target_metric != "none":
        form.field("target_value")
    form.field("early_stopping")
    if training.early_stopping:
        for name in ("patience", "min_delta", "restore_best"):
            form.field(name)


GROUPS: dict[str, Callable[[Form], None]] = {
    "Data": _split_errors,
    "Network": _network,
    "Optimization": _optimization,
    "Stopping": _stopping,
}
