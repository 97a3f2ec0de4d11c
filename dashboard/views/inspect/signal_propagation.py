"""The check before training: do signals keep their size on the way in, and gradients back?"""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import activations as drawn
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
    """What was measured: the first choice is that of the experiment."""

    profiles: dict[InitializerChoice, Profile]
    verdicts: dict[InitializerChoice, SignalVerdict]
    examples: int
    own: bool  # the network's own first weights were measured, not others drawn like them


def preflight(now: NetworkView) -> None:
    """The verdict, the sizes by depth, and the same for other choices."""
    depth = st.segmented_control(
        "Depth", [AS_CHOSEN, *DEEPER], default=AS_CHOSEN, key="preflight_depth", required=True,
        persist_state="session",
        help="How would the same choices do in a deeper network? Nothing is changed by looking.",
    )  # fmt: skip
    network = now.experiment.network
    width = min(network.hidden, default=32)
    hidden = (width,) * DEEPER[depth] if depth in DEEPER else network.hidden
    found = _check(encode(now.experiment), hidden, now)
    names = [layer_name(i, len(hidden) + 1) for i in range(len(hidden) + 1)]
    choice = next(iter(found.profiles))
    profile, said = found.profiles[choice], found.verdicts[choice]
    show = st.success if said.good else st.warning
    advice = drawn.advice_sentence(
        found.verdicts, recommended(choice), now.dataset.source.standardize
    )
    show(
        f"**{choice.label}, {_layers(hidden)}.** "
        f"{drawn.verdict_sentence(profile, said, names)} {advice}",
        icon=":material/check_circle:" if said.good else ":material/warning:",
    )
    uirevision = f"{now.uirevision} {hidden}"
    left, right = st.columns([2, 3], gap="large")
    with left:
        figure = drawn.signal_depth_figure(profile, names, uirevision)
        chart.chart(
            figure,
            drawn.signal_depth_sentence(profile, names),
            key="preflight_depth_chart",
            about="How large signals and gradients are in each layer before any "
            "training; choose other first weights and see which keep them "
            "level.",
        )
        _table(profile, names)
    with right:
        figure = drawn.compared_figure(
            {c.label: p for c, p in found.profiles.items()}, names, uirevision
        )
        chart.chart(
            figure,
            drawn.compared_sentence(found.verdicts),
            key="preflight_compared",
            about="The same for several ways to draw the first weights; the flattest "
            "line is the best start.",
        )
    _choices(found)
    _method(found)


@st.cache_data(max_entries=64, show_spinner=False)
def _check(link: str, hidden: tuple[int, ...], _now: NetworkView) -> InitializationCheck:
    """Measured once for each experiment: the first weights follow from it."""
    experiment = _now.experiment
    first = _now.initial
    own = first.epoch == 0 and hidden == experiment.network.hidden
    if not own:
        first = draw(experiment, deepened(chosen(experiment), len(hidden)), hidden)
    n = rows(first)
    train = _now.dataset.train
    found = dict(
        compared(experiment, first, _now.dataset.transform(train.x[:n]), train.y[:n], hidden)
    )
    verdicts = {choice: verdict(profile) for choice, profile in found.items()}
    return InitializationCheck(found, verdicts, min(n, len(train)), own)


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


def _choices(found: InitializationCheck) -> None:
    st.table(
        pd.DataFrame(
            {
                "choice": choice.label + (" (yours)" if i == 0 else ""),
                "verdict": ("✓ " if said.good else "✗ ") + VERDICTS[said.kind],
                "spread, per layer": f"× {said.forward:.2g}",
                "error signal, per layer back": f"× {said.back:.2g}",
            }
            for i, (choice, said) in enumerate(found.verdicts.items())
        ),
        hide_index=True,
    )


def _method(found: InitializationCheck) -> None:
    whose = (
        "Your line is the network's own first weights (epoch 0)"
        if found.own
        else "Your line is drawn like first weights of these sizes"
    )
    st.caption(
        f"One pass of {found.examples} training examples forward and back, with no training at "
        f"all, wherever the slider of epochs stands. {whose}; the others are drawn by the same "
        "formulas in NumPy, from the same seed. "
        "Spread: how much a unit's output differs from example to example (standard deviation). "
        "Error signal: the length of an example's gradient ∂L/∂z in a layer, which tells the "
        "layer what to change. Well scaled: neither becomes 10 times larger or smaller between "
        "the first and the last layer, and fewer than 30 % of the units of a layer are dead. "
        "The gradient (RMS) is that of the weights: it also depends on how many they are."
    )
