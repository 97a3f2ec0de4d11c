"""The sidebar's widgets: an Experiment in, an Experiment out.

The experiment decides what every widget shows; limits, choices and help come from its fields. What
a person sets is taken over where it is valid, and otherwise stays in its widget with the reason.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st
from pydantic import ValidationError

from dashboard import session
from dashboard.figures.schedule import schedule_figure, schedule_sentence
from dashboard.live import chart
from dashboard.notices import refuse
from dashboard.scales import step_of, usual_values
from playground.activations import ACTIVATIONS
from playground.datasets.sources import DATASETS
from playground.experiment import (
    CLIPPING,
    FIELDS,
    PART,
    PARTS,
    Experiment,
    explain,
    extra,
    limits,
)
from playground.initializers import INITIALIZERS
from playground.losses import LOSSES
from playground.optimizers import OPTIMIZERS
from playground.schedules import SCHEDULES, rates
from playground.summary import summary

TABLES: dict[str, Mapping[str, Any]] = {
    "dataset": DATASETS,
    "activation": ACTIVATIONS,
    "kernel_initializer": INITIALIZERS,
    "bias_initializer": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "clipping": CLIPPING,
}

LABELS = {
    "dataset": "Data set",
    "train_size": "Training examples",
    "validation_size": "Validation examples",
    "hidden": "Hidden layers",
    "learning_rate": "Learning rate η",
    "l1": "L1",
    "l2": "L2",
    "stddev": "Spread σ of the weights",
    "negative_slope": "Slope α for z < 0",
    "rho": "Memory ρ",
    "beta_1": "Memory β₁",
    "beta_2": "Memory β₂",
    "epsilon": "ε",
    "kernel_initializer": "First weights",
    "bias_initializer": "First biases",
}

PLANNED_POINTS = 300  # of the schedule's curve


def label(name: str) -> str:
    """What a field is called on the screen."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def controls(experiment: Experiment, playing: bool) -> Experiment:
    """Draw the sidebar; the experiment as a person has now set it."""
    with st.sidebar:
        at_once = st.container()
        st.subheader("Starts a new network")
        keeps = "Keeps every other choice and the address. Resets weights, curves and epochs."
        st.caption(f"{keeps} The run under way ends." if playing else keeps)
        for title, group in GROUPS.items():
            with st.expander(title, expanded=title in ("Data", "Network"), key=f"group_{title}"):
                experiment = group(experiment)
        with at_once:
            st.subheader("Changes at once")
            st.caption("The run goes on with the weights it has.")
            experiment = _at_once(experiment)
    return experiment


def _at_once(experiment: Experiment) -> Experiment:
    for name in ("learning_rate", "batch_size"):
        experiment = _slider(experiment, name)
    if experiment.network.hidden:
        experiment = _slider(experiment, "dropout")
    return _slider(_slider(experiment, "l2"), "l1")


def _data(experiment: Experiment) -> Experiment:
    experiment = _choice(experiment, "dataset")
    st.caption(experiment.data.source.description)
    for name in ("train_size", "validation_size", "noise"):
        experiment = _number(experiment, name)
    if experiment.data.source.classes:
        experiment = _number(experiment, "shuffled_labels")
    return _number(_switch(experiment, "standardise"), "data_seed")


def _network(experiment: Experiment) -> Experiment:
    experiment = _layers(experiment)
    if experiment.network.hidden:
        experiment = _layer_activations(experiment)
        chosen = experiment.network.layer_activations
        for name in dict.fromkeys(p for each in chosen for p in ACTIVATIONS[each].parameters):
            experiment = _number(experiment, name)
    for name in ("kernel_initializer", "bias_initializer"):
        experiment = _choice(experiment, name)
    chosen = (experiment.network.kernel_initializer, experiment.network.bias_initializer)
    for name in dict.fromkeys(p for each in chosen for p in INITIALIZERS[each].parameters):
        experiment = _number(experiment, name)
    return _number(experiment, "seed")


def _optimizer(experiment: Experiment) -> Experiment:
    task = experiment.data.source.task
    suitable = [name for name, loss in LOSSES.items() if task in loss.tasks]
    experiment = _choice(experiment, "loss", suitable)
    experiment = _choice(experiment, "optimizer")
    optimizer = OPTIMIZERS[experiment.training.optimizer]
    st.latex(optimizer.rule)
    for name in optimizer.defaults:
        if name != "learning_rate":
            experiment = _field(experiment, name)
    experiment = _choice(experiment, "clipping")
    if experiment.training.clipping != "none":
        experiment = _number(experiment, "clip_limit")
    return experiment


def _length(experiment: Experiment) -> Experiment:
    experiment = _switch(_number(experiment, "epochs"), "shuffle")
    experiment = _switch(experiment, "early_stopping")
    if experiment.training.early_stopping:
        experiment = _switch(_number(experiment, "patience"), "restore_best")
    return experiment


def _schedule(experiment: Experiment) -> Experiment:
    experiment = _choice(experiment, "schedule")
    schedule = SCHEDULES[experiment.training.schedule]
    for name in schedule.defaults:
        experiment = _field(experiment, name)
    experiment = _number(experiment, "warmup_epochs")
    if experiment.training.schedule != "constant" or experiment.training.warmup_epochs:
        epochs = np.linspace(0, experiment.training.epochs, PLANNED_POINTS)
        planned = rates(
            experiment.training, epochs * experiment.steps_per_epoch, experiment.steps_per_epoch
        )
        chart(schedule_figure(epochs, planned), schedule_sentence(planned), key="planned_rate")
    return experiment


GROUPS: dict[str, Callable[[Experiment], Experiment]] = {
    "Data": _data,
    "Network": _network,
    "Loss and optimizer": _optimizer,
    "Schedule": _schedule,
    "Length of training": _length,
}


def _taken(experiment: Experiment, key: str, **changes: Any) -> Experiment:
    """The experiment with what widget `key` asks for, or as it was with the reason shown here."""
    try:
        changed = experiment.change(**changes)
    except ValidationError as error:
        for sentence in explain(error):
            refuse(sentence)
        return experiment
    session.accept(key)
    return changed


def _field(experiment: Experiment, name: str) -> Experiment:
    """The widget that suits a field."""
    if FIELDS[name].annotation is bool:
        return _switch(experiment, name)
    if limits(PARTS[PART[name]], name) == (None, None):
        return _several(experiment, name)
    return _number(experiment, name)


def _choice(experiment: Experiment, name: str, options: list[str] | None = None) -> Experiment:
    table = TABLES[name]
    changed = session.show(name, experiment.flat()[name])
    value = st.selectbox(
        label(name),
        options or extra(FIELDS[name])["choices"],
        format_func=lambda option: _entry_label(table, option),
        key=name,
        help=FIELDS[name].description,
    )
    return _taken(experiment, name, **{name: value}) if changed else experiment


def _entry_label(table: Mapping[str, Any], name: str) -> str:
    entry = table[name]
    return entry if isinstance(entry, str) else str(entry.label)


def _switch(experiment: Experiment, name: str) -> Experiment:
    changed = session.show(name, experiment.flat()[name])
    value = st.toggle(label(name), key=name, help=FIELDS[name].description)
    return _taken(experiment, name, **{name: value}) if changed else experiment


def _number(experiment: Experiment, name: str, visible: bool = True) -> Experiment:
    low, high = limits(PARTS[PART[name]], name)
    current = experiment.flat()[name]
    changed = session.show(name, current)
    kind = type(current)
    value = st.number_input(
        _with_unit(name),
        min_value=kind(low),
        max_value=kind(high),
        step=step_of(name, current),
        format="%d" if kind is int else "%g",
        key=name,
        help=FIELDS[name].description if visible else None,
        label_visibility="visible" if visible else "collapsed",
    )
    return _taken(experiment, name, **{name: value}) if changed else experiment


def _with_unit(name: str) -> str:
    unit = extra(FIELDS[name]).get("unit", "")
    return label(name) if not unit or unit in label(name).lower() else f"{label(name)} ({unit})"


def _slider(experiment: Experiment, name: str) -> Experiment:
    """Usual values to drag through, and the exact one beside them."""
    drag, exact = st.columns([3, 2], vertical_alignment="bottom")
    with drag:
        current = experiment.flat()[name]
        key = f"{name}_slider"
        changed = session.show(key, current)
        value = st.select_slider(
            label(name),
            usual_values(name, current),
            format_func=_written,
            key=key,
            help=FIELDS[name].description,
        )
        if changed:
            experiment = _taken(experiment, key, **{name: value})
    with exact:
        return _number(experiment, name, visible=False)


def _written(value: float) -> str:
    """Short where that is exact: two values never look the same."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _several(experiment: Experiment, name: str) -> Experiment:
    """Values separated by commas, in a box of text."""
    changed = session.show(name, ", ".join(_written(value) for value in experiment.flat()[name]))
    value = st.text_input(
        _with_unit(name), key=name, help=FIELDS[name].description, placeholder="none"
    )
    return _taken(experiment, name, **{name: value}) if changed else experiment


def _layers(experiment: Experiment) -> Experiment:
    """The sizes of the hidden layers; activations of their own go along with the layers."""
    network = experiment.network
    changed = session.show("hidden", ", ".join(map(str, network.hidden)))
    value = st.text_input(
        "Hidden layers", key="hidden", placeholder="none",
        help=f"{FIELDS['hidden'].description} For example 300, 100: two layers.",
    )  # fmt: skip
    if changed:
        count = len([part for part in str(value).split(",") if part.strip()])
        own = network.activations and (network.activations + (network.activation,) * count)[:count]
        experiment = _taken(experiment, "hidden", hidden=value, activations=own)
    sizes = " → ".join(map(str, experiment.layer_sizes))
    st.caption(f"{sizes}: {summary(experiment).parameters:,} weights and biases")
    return experiment


def _layer_activations(experiment: Experiment) -> Experiment:
    """One activation for all hidden layers, or one for each."""
    network = experiment.network
    changed = session.show("own_activations", bool(network.activations))
    own = st.toggle(
        "An activation for each layer", key="own_activations",
        help=FIELDS["activations"].description,
    )  # fmt: skip
    if changed:
        each = network.layer_activations if own else ()
        experiment = _taken(experiment, "own_activations", activations=each)
    if not experiment.network.activations:
        return _choice(experiment, "activation")
    for i in range(len(experiment.network.hidden)):
        activations = list(experiment.network.activations)
        key = f"activation_{i}"
        changed = session.show(key, activations[i])
        activations[i] = st.selectbox(
            f"Activation of hidden layer {i + 1}",
            list(ACTIVATIONS),
            format_func=lambda name: ACTIVATIONS[name].label,
            key=key,
        )
        if changed:
            experiment = _taken(experiment, key, activations=tuple(activations))
    return experiment
