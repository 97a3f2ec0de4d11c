"""Initialization check: do activations and gradients keep their scale across layers?"""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import activations as figures
from dashboard.state.network_view import NetworkView
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
    advice = figures.advice_sentence(
        check.verdicts, recommended(choice), now.dataset.source.standardize
    )
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
