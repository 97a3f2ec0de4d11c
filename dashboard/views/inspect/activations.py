"""Activations of each layer: distributions, unused units, gradients; initialization check."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import activations as figures
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NUMBERS_TOO_LARGE
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.activations import (
    FLAT,
    SATURATED,
    curve,
    finite,
    histogram,
    is_flat,
    states,
)
from playground.analysis.inspection.signal_propagation import (
    VERDICTS,
    InitializerChoice,
    Profile,
    SignalVerdict,
    chosen,
    compared,
    deepened,
    draw,
    recommended,
    rows,
    verdict,
)
from playground.experiment.model_summary import layer_name
from playground.experiment.url import encode
from playground.history.history import LayerHistory, layer_history
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import DEAD, Array, Layer

ROWS = 1_000
MULTIPLICATIONS = 3 * 10**8  # per forward pass: large networks get fewer examples
Pass = tuple[Array, Array]


def activations(now: NetworkView) -> None:
    """Draw one layer's pre-activations, the unused units, and gradients and updates per layer."""
    part_name, part = decision_boundary.shown_part(now.dataset)
    rows = min(len(part), ROWS, max(100, MULTIPLICATIONS // now.snapshot.n_parameters))
    with np.errstate(over="ignore", invalid="ignore"):  # reported below
        passes = now.snapshot.forward(now.dataset.transform(part.x[:rows]))
    if not finite(each for both in passes for each in both):
        st.warning(NUMBERS_TOO_LARGE)
        return
    examples = f"{rows:,} {part_name} examples"
    left, right = st.columns([3, 2], gap="large")
    with left:
        _pre_activations(now, passes, examples)
    with right:
        _unused_units(now, passes, examples)
    _updates(now)


def _pre_activations(now: NetworkView, passes: list[Pass], examples: str) -> None:
    layers = now.snapshot.layers
    names = [layer_name(i, len(layers)) for i in range(len(layers))]
    shown = [n for n, layer in zip(names, layers, strict=True) if layer.activation != "softmax"]
    if not shown:
        st.info(
            "Softmax depends on all units together, so there is no curve to draw. Add a hidden "
            "layer on the page Train."
        )
        return
    name = st.segmented_control(
        "Layer",
        shown,
        default=shown[0],
        key="lens_layer",
        required=True,
        persist_state="session",
        help="Compare the first layer with the last.",
    )
    index = names.index(name)
    layer, (z, _) = layers[index], passes[index]
    counts = histogram(layer, z)
    figure = figures.activation_histogram(
        f"{name}: {ACTIVATIONS[layer.activation].label}",
        curve(layer, counts.edges[0], counts.edges[-1]),
        counts.edges,
        (counts.flat, counts.steep),
        FLAT,
        f"{now.uirevision} {name}",
    )
    sentence = figures.histogram_sentence(name, float(counts.flat.sum()), FLAT, counts.beyond)
    chart.chart(
        figure,
        sentence,
        key="lens",
        about="The activation above the histogram of this layer's pre-activations z; step through "
        "the epochs and see whether they move into the flat part.",
    )
    units = f"all {len(layer.bias):,} units" if len(layer.bias) > 1 else "the only unit"
    st.caption(
        f"Bars: z = x·W + b of {units} for {examples}. Blue: the activation; dashed: its "
        "derivative, which scales the gradient."
    )


def _unused_units(now: NetworkView, passes: list[Pass], examples: str) -> None:
    layers = now.snapshot.layers
    st.markdown("**Dead and saturated units**")
    rows = [
        _row(layer_name(i, len(layers)), layer, *passes[i]) for i, layer in enumerate(layers[:-1])
    ]
    if not rows:
        st.caption("There are no hidden units.")
        return
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        f"Measured on {examples}.",
        help=f"Dead: the standard deviation of the output is below {DEAD:g}. Saturated: in a flat "
        f"zone (|f′| below {FLAT:g}) for {SATURATED:.0%} of the examples or more. A smaller "
        "learning rate, another initializer or Leaky ReLU helps.",
    )


def _row(name: str, layer: Layer, z: Array, a: Array) -> dict[str, str]:
    state, units = states(layer, z, a), len(layer.bias)
    dead, saturated = int(state.dead.sum()), int(state.saturated.sum())
    return {
        "layer": name,
        "activation": ACTIVATIONS[layer.activation].label,
        "in flat zones": f"{is_flat(layer, z).mean():.0%}",
        "dead": f"{dead} of {units} ({dead / units:.0%})",
        "saturated": f"{saturated} of {units} ({saturated / units:.0%})",
    }


def _updates(now: NetworkView) -> None:
    """Gradients and updates of every layer over the epochs."""
    if now.run is None:
        st.caption("A pretrained network: its gradients were not recorded.")
        return
    log = layer_history(now.run.events)
    count = len(now.snapshot.layers)
    names = [layer_name(i, count) for i in range(count)]
    left, right = st.columns(2, gap="medium")
    with left:
        _chart(now, log, names, "gradient")
    with right:
        _chart(now, log, names, "ratio")


def _chart(now: NetworkView, log: LayerHistory, names: list[str], which: str) -> None:
    if which == "gradient":
        columns, title, y, band = log.gradient, "Gradient of each layer", "root mean square", None
        sentence = figures.gradient_sentence(log.epoch, columns, names, now.epoch)
    else:
        columns, title, y, band = (
            log.ratio,
            "Update-to-weight ratio",
            "update / weight",
            figures.USUAL,
        )
        sentence = figures.ratio_sentence(log.epoch, columns, names, now.epoch)
    figure = figures.layer_curves(
        title, y, log.epoch, columns, names, now.epoch, band, now.uirevision
    )
    chart.chart(
        figure,
        sentence,
        key=f"lens_{which}",
        about="A value that shrinks from layer to layer shows vanishing gradients.",
    )


AS_CHOSEN = "As chosen"
DEEPER = {"3 layers": 3, "6 layers": 6}


@dataclass(frozen=True)
class InitializationCheck:
    """Profiles of several initializers; the first is that of the experiment."""

    profiles: dict[InitializerChoice, Profile]
    verdicts: dict[InitializerChoice, SignalVerdict]
    examples: int
    own: bool  # measured on the network's own initial weights, not on others drawn like them


def initialization_check(now: NetworkView) -> None:
    """Draw the verdict, the scale of signals by depth, and other initializers."""
    depth = st.segmented_control(
        "Depth", [AS_CHOSEN, *DEEPER], default=AS_CHOSEN, key="preflight_depth", required=True,
        persist_state="session",
        help="The same initializer in a deeper network; the experiment is not changed.",
    )  # fmt: skip
    network = now.experiment.network
    width = min(network.hidden, default=32)
    hidden = (width,) * DEEPER[depth] if depth in DEEPER else network.hidden
    check = _check(encode(now.experiment), hidden, now)
    names = [layer_name(i, len(hidden) + 1) for i in range(len(hidden) + 1)]
    choice = next(iter(check.profiles))
    profile, verdict_ = check.profiles[choice], check.verdicts[choice]
    show = st.success if verdict_.good else st.warning
    advice = figures.advice_sentence(check.verdicts, recommended(choice))
    show(
        f"**{choice.label}, {_layers(hidden)}.** "
        f"{figures.verdict_sentence(profile, verdict_, names)} {advice}",
        icon=":material/check_circle:" if verdict_.good else ":material/warning:",
    )
    uirevision = f"{now.uirevision} {hidden}"
    left, right = st.columns([2, 3], gap="large")
    with left:
        figure = figures.signal_depth_figure(profile, names, uirevision)
        chart.chart(
            figure,
            figures.signal_depth_sentence(profile, names),
            key="preflight_depth_chart",
            about="The scale of activations and gradients in each layer before training; try other "
            "initializers and see which keep it constant.",
        )
        _table(profile, names)
    with right:
        figure = figures.compared_figure(
            {c.label: p for c, p in check.profiles.items()}, names, uirevision
        )
        chart.chart(
            figure,
            figures.compared_sentence(check.verdicts),
            key="preflight_compared",
            about="The same for several initializers; the flattest line is the best start.",
        )
    _choices(check)
    _method(check)


@st.cache_data(max_entries=64, show_spinner=False)
def _check(link: str, hidden: tuple[int, ...], _now: NetworkView) -> InitializationCheck:
    """Computed once for each experiment, which determines the initial weights."""
    experiment = _now.experiment
    first = _now.initial
    own = first.epoch == 0 and hidden == experiment.network.hidden
    if not own:
        first = draw(experiment, deepened(chosen(experiment), len(hidden)), hidden)
    n = rows(first)
    train = _now.dataset.train
    profiles = dict(
        compared(experiment, first, _now.dataset.transform(train.x[:n]), train.y[:n], hidden)
    )
    verdicts = {choice: verdict(profile) for choice, profile in profiles.items()}
    return InitializationCheck(profiles, verdicts, min(n, len(train)), own)


def _layers(hidden: tuple[int, ...]) -> str:
    if not hidden:
        return "no hidden layer"
    if len(hidden) > 1:
        return f"hidden layers {'-'.join(map(str, hidden))}"
    return f"{hidden[0]:,} units" if hidden[0] > 1 else "1 unit"


def _table(profile: Profile, names: list[str]) -> None:
    st.table(
        pd.DataFrame(
            {
                "layer": name,
                "mean": f"{profile.mean[i]:.2g}",
                "spread": f"{profile.spread[i]:.2g}",
                "error signal": f"{profile.signal[i]:.2g}",
                "gradient (RMS)": f"{profile.gradient[i]:.1e}",
                "dead": f"{profile.dead[i]:.0%}" if i < len(profile.dead) else "–",
            }
            for i, name in enumerate(names)
        ),
        hide_index=True,
    )


def _choices(check: InitializationCheck) -> None:
    st.table(
        pd.DataFrame(
            {
                "initializer": choice.label + (" (current)" if i == 0 else ""),
                "verdict": ("✓ " if verdict_.good else "✗ ") + VERDICTS[verdict_.kind],
                "spread, per layer": f"× {verdict_.forward:.2g}",
                "error signal, per layer back": f"× {verdict_.back:.2g}",
            }
            for i, (choice, verdict_) in enumerate(check.verdicts.items())
        ),
        hide_index=True,
    )


def _method(check: InitializationCheck) -> None:
    own = "its initial weights (epoch 0)" if check.own else "weights drawn like its initial ones"
    st.caption(
        f"One forward and backward pass of {check.examples} training examples without training, on "
        f"{own}; the other initializers use the same seed.",
        help="Spread: standard deviation of a unit's output over the examples. Error signal: norm "
        "of ∂L/∂z per example. Well scaled: neither changes by more than 10 times between the "
        "first and the last layer, and fewer than 30 % of the units of a layer are dead. The "
        "gradient (RMS) is that of the weights and also depends on their number.",
    )
