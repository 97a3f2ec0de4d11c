"""What the network does with a plane of two features: its regions, its lines, and how it bends."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import decision_boundary as figures
from dashboard.state import session
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.unit_maps import bent, drawn, inequality, units
from dashboard.widgets.messages import literal
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.decision_boundary import Plane
from playground.experiment.model_summary import layer_name
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import classes

MOST_LINES = 32
MOST_ROWS = 12  # of the table of inequalities
MOST_CLASSES = 6  # that a sentence names

# What can be looked at instead, where the data are no plane.
INSTEAD = {
    "coffee": ("Coffee roasting", {"hidden": (3,), "activation": "sigmoid", "optimizer": "adam"}),
    "circle": ("Circle", {"hidden": (4,), "activation": "tanh", "optimizer": "adam"}),
}


def view(now: NetworkView) -> None:
    """The decision region beside the bent grid; below, what each hidden unit does."""
    if not decision_boundary.suits(now.dataset):
        _instead(now)
        return
    seen = decision_boundary.look(now.snapshot, now.dataset)
    hidden = len(now.snapshot.layers) - 1
    with st.container(horizontal=True, vertical_alignment="center"):
        layer = _layer(hidden) if hidden else 0
        discrete = st.toggle(
            "Discrete", key="plane_discrete", persist_state="session",
            help="Only what is decided, without how sure it is.",
        )  # fmt: skip
        lines = st.toggle(
            "Lines of the first layer", value=True, key="plane_lines", persist_state="session",
            help="Where z of a unit is 0. The arrow points to the side where z is positive.",
        )  # fmt: skip
    examples = {
        name: drawn(now.snapshot, now.dataset, part)
        for name, part in decision_boundary.examples(now.dataset).items()
    }
    left, right = st.columns(2, gap="medium")
    with left:
        _region(now, seen, examples, discrete, lines)
    with right:
        if hidden:
            bent(now, layer, examples, discrete)
        else:
            st.info("No hidden layer: nothing bends the plane, so its border is a straight line.")
    _truth(now, seen)
    if hidden:
        units(now, seen, layer, examples)


def _layer(hidden: int) -> int:
    names = [layer_name(i, hidden + 1) for i in range(hidden)]
    name = st.segmented_control(
        "Layer", names, default=names[0], key=f"plane_layer_{hidden}", required=True,
        persist_state="session",
        help="The layer whose units are drawn; compare the first one's lines "
        "with a later one's shapes.",
    )  # fmt: skip
    return names.index(name)


def _instead(now: NetworkView) -> None:
    source = now.dataset.source
    inputs = f"{source.n_features:,} inputs" if source.n_features > 1 else "only one input"
    st.info(
        literal(
            f"{source.label} has {inputs}, and a plane has two: choose data "
            "with two features to see how a network divides their plane."
        )
    )
    with st.container(horizontal=True):
        for name, (label, changes) in INSTEAD.items():
            st.button(
                label,
                key=f"plane_{name}",
                on_click=_choose,
                args=(name, changes),
                help="Makes this the current experiment: data whose plane can be drawn.",
            )


def _choose(name: str, changes: dict[str, object]) -> None:
    session.set_experiment(session.experiment().replace(dataset=name, activations=(), **changes))


def _region(
    now: NetworkView,
    seen: Plane,
    examples: dict[str, figures.Examples],
    discrete: bool,
    lines: bool,
) -> None:
    dataset, source = now.dataset, now.dataset.source
    colors = figures.output_colors(
        seen.output, len(source.classes), decision_boundary.scale(dataset), discrete
    )
    axes = (source.features[0], source.features[1])
    title = "What the network answers everywhere"
    figure = figures.region_figure(
        colors, seen.extent, examples, source.classes, axes, title, now.uirevision
    )
    if decision_boundary.truth(dataset, seen) is not None:
        outline = decision_boundary.rule_outline(seen.extent)
        figures.add_outline(figure, outline, "true rule")
    if lines:
        figures.add_unit_lines(figure, _lines(now, seen), seen.extent)
    chart.chart(
        figure,
        _sentence(now, seen, examples),
        key="plane_region",
        about="Every point of the plane in the color of the network's answer; "
        "show the units' lines and see what the border is made of.",
    )


def _sentence(now: NetworkView, seen: Plane, examples: dict[str, figures.Examples]) -> str:
    """Which share of the plane gets which answer, and how many examples are wrong."""
    source, output = now.dataset.source, seen.output
    if source.task != CLASSIFICATION:
        largest = decision_boundary.scale(now.dataset)
        return (
            f"Blue is positive (full color: {largest:.2g}), orange negative; the network answers "
            f"{output.min():.2g} to {output.max():.2g} on this plane."
        )
    said = classes(output.reshape(-1, output.shape[-1]))
    shares = [
        f"{(said == i).mean():.0%} {name}" for i, name in enumerate(source.classes[:MOST_CLASSES])
    ]
    more = " …" if len(source.classes) > MOST_CLASSES else ""
    wrong = " and ".join(
        f"{int(each.wrong.sum()):,} of {len(each.x):,} {name}"
        for name, each in examples.items()
        if each.wrong is not None
    )
    return f"The plane is {', '.join(shares)}{more}. Crossed out as wrong: {wrong} examples."


def _lines(now: NetworkView, seen: Plane) -> list[figures.UnitLine]:
    """The lines of the first layer that run through the plane, those heard most at most."""
    layers, names = now.snapshot.layers, _short(now.dataset.source.features)
    halves = decision_boundary.half_planes(layers[0], now.dataset)
    heard = [0.0] * len(halves)
    if len(layers) > 1:
        heard = abs(layers[1].kernel).sum(axis=1).tolist()
    strongest = sorted(range(len(halves)), key=lambda i: -heard[i])[:MOST_LINES]
    lines = []
    for i in sorted(strongest):
        ends = halves[i].line(seen.extent)
        if ends is not None:
            formula = f"unit {i + 1}: {inequality(halves[i], names)}"
            lines.append(figures.UnitLine(ends, np.array(halves[i].slope), f"{i + 1}", formula))
    return lines


def _short(features: tuple[str, ...]) -> tuple[str, ...]:
    """Names without their units: "temperature" for "temperature (°C)"."""
    return tuple(name.partition(" (")[0] for name in features)


def _truth(now: NetworkView, seen: Plane) -> None:
    """How far the learned region is the true one, and which inequality each unit has learnt."""
    rule = decision_boundary.truth(now.dataset, seen)
    if rule is None:
        return
    found = decision_boundary.agreement(seen.output[..., 0] > 0.5, rule)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        one, two = st.columns(2)
        one.metric("Agreement with the true rule", f"{found.agree:.1%}")
        two.metric("Overlap of the good regions", f"{found.overlap:.1%}")
        st.caption(
            "Agreement: the share of the plane where the network and the rule say the same; "
            f"always answering “{now.dataset.source.classes[0]}” would reach {found.never:.1%}. "
            "Overlap: the plane that both call good, divided by the plane that at least one calls "
            "good (intersection over union, IoU): 100 % is the rule itself. Only this data set "
            "tells its rule: 175 °C < temperature < 260 °C, 12 min < duration < 15 min and "
            "duration ≤ 21 − 3·temperature/85 (dashed)."
        )
    with right:
        _inequalities(now)


def _inequalities(now: NetworkView) -> None:
    layers, names = now.snapshot.layers, _short(now.dataset.source.features)
    halves = decision_boundary.half_planes(layers[0], now.dataset)
    direct = len(layers) == 2  # from these units to the output
    rows = [
        {"unit": f"{i + 1}", "is on where": inequality(half, names)}
        | ({"weight to the output": f"{layers[1].kernel[i, 0]:.3g}"} if direct else {})
        for i, half in enumerate(halves[:MOST_ROWS])
    ]
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "Each unit of the first layer divides the plane by one straight line, in °C and minutes."
        + direct
        * (
            " A positive weight to the output speaks for a good roast where the unit is on, a "
            "negative one against it."
        )
        + (f" The first {MOST_ROWS} of {len(halves):,} units." if len(halves) > MOST_ROWS else "")
    )
