"""Decision boundary over two features, the units' lines, and the plane warped by a layer."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import decision_boundary as figures
from dashboard.state import session
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.unit_maps import (
    drawn_examples,
    inequality,
    unit_maps,
    warped_grid,
)
from dashboard.widgets.messages import literal
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.decision_boundary import Plane
from playground.experiment.model_summary import layer_name
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import classes

MAX_LINES = 32
MAX_ROWS = 12  # of the table of inequalities
MAX_CLASSES = 6  # named in a sentence

# Offered where the data have another number of features.
TWO_FEATURES = {
    "coffee": ("Coffee roasting", {"hidden": (3,), "activation": "sigmoid", "optimizer": "adam"}),
    "circle": ("Circle", {"hidden": (4,), "activation": "tanh", "optimizer": "adam"}),
}


def show_decision_boundary(now: NetworkView) -> None:
    """Draw the decision region beside the warped grid; below, a map of each hidden unit."""
    if not decision_boundary.suits(now.dataset):
        _no_plane(now)
        return
    plane = decision_boundary.look(now.snapshot, now.dataset)
    hidden = len(now.snapshot.layers) - 1
    with st.container(horizontal=True, vertical_alignment="center"):
        layer = _layer(hidden) if hidden else 0
        discrete = st.toggle(
            "Discrete", key="plane_discrete", persist_state="session",
            help="Only the predicted class, without the confidence.",
        )  # fmt: skip
        lines = st.toggle(
            "Lines of the first layer", value=True, key="plane_lines", persist_state="session",
            help="Where z of a unit is 0; the arrow points to the side where z is positive.",
        )  # fmt: skip
    examples = {
        name: drawn_examples(now.snapshot, now.dataset, part)
        for name, part in decision_boundary.examples(now.dataset).items()
    }
    left, right = st.columns(2, gap="medium")
    with left:
        _region(now, plane, examples, discrete, lines)
    with right:
        if hidden:
            warped_grid(now, layer, examples, discrete)
        else:
            st.info("Without a hidden layer the decision boundary is a straight line.")
    _true_rule(now, plane)
    if hidden:
        unit_maps(now, plane, layer, examples)


def _layer(hidden: int) -> int:
    names = [layer_name(i, hidden + 1) for i in range(hidden)]
    name = st.segmented_control(
        "Layer", names, default=names[0], key=f"plane_layer_{hidden}", required=True,
        persist_state="session",
        help="The layer whose units are drawn; compare the lines of the first with the shapes of a "
        "later one.",
    )  # fmt: skip
    return names.index(name)


def _no_plane(now: NetworkView) -> None:
    source = now.dataset.source
    inputs = f"{source.n_features:,} inputs" if source.n_features > 1 else "only one input"
    st.info(
        literal(
            f"{source.label} has {inputs}: choose data with two features to see the decision "
            "boundary."
        )
    )
    with st.container(horizontal=True):
        for name, (label, changes) in TWO_FEATURES.items():
            st.button(
                label,
                key=f"plane_{name}",
                on_click=_choose,
                args=(name, changes),
                help="Makes this data set the current experiment's.",
            )


def _choose(name: str, changes: dict[str, object]) -> None:
    session.set_experiment(session.experiment().replace(dataset=name, activations=(), **changes))


def _region(
    now: NetworkView,
    plane: Plane,
    examples: dict[str, figures.Examples],
    discrete: bool,
    lines: bool,
) -> None:
    dataset, source = now.dataset, now.dataset.source
    colors = figures.output_colors(
        plane.output, len(source.classes), decision_boundary.scale(dataset), discrete
    )
    axes = (source.features[0], source.features[1])
    title = "Decision region"
    figure = figures.region_figure(
        colors, plane.extent, examples, source.classes, axes, title, now.uirevision
    )
    if decision_boundary.truth(dataset, plane) is not None:
        outline = decision_boundary.rule_outline(plane.extent)
        figures.add_outline(figure, outline, "true rule")
    if lines:
        figures.add_unit_lines(figure, _lines(now, plane), plane.extent)
    chart.chart(
        figure,
        _sentence(now, plane, examples),
        key="plane_region",
        about="Every point of the plane in the color of the prediction; show the lines of the "
        "units and see what the boundary is made of.",
    )


def _sentence(now: NetworkView, plane: Plane, examples: dict[str, figures.Examples]) -> str:
    """Share of the plane of each class, and the errors."""
    source, output = now.dataset.source, plane.output
    if source.task != CLASSIFICATION:
        largest = decision_boundary.scale(now.dataset)
        return (
            f"Blue is positive (full color: {largest:.2g}), orange negative; the output ranges "
            f"from {output.min():.2g} to {output.max():.2g}."
        )
    predicted = classes(output.reshape(-1, output.shape[-1]))
    shares = [
        f"{(predicted == i).mean():.0%} {name}"
        for i, name in enumerate(source.classes[:MAX_CLASSES])
    ]
    more = " …" if len(source.classes) > MAX_CLASSES else ""
    wrong = " and ".join(
        f"{int(each.wrong.sum()):,} of {len(each.x):,} {name}"
        for name, each in examples.items()
        if each.wrong is not None
    )
    return f"The plane is {', '.join(shares)}{more}. Errors (crossed): {wrong} examples."


def _lines(now: NetworkView, plane: Plane) -> list[figures.UnitLine]:
    """The lines of the first layer that cross the plane, of the units with the largest weights."""
    layers, names = now.snapshot.layers, _short(now.dataset.source.features)
    halves = decision_boundary.half_planes(layers[0], now.dataset)
    importance = [0.0] * len(halves)
    if len(layers) > 1:
        importance = abs(layers[1].kernel).sum(axis=1).tolist()
    strongest = sorted(range(len(halves)), key=lambda i: -importance[i])[:MAX_LINES]
    lines = []
    for i in sorted(strongest):
        ends = halves[i].line(plane.extent)
        if ends is not None:
            formula = f"unit {i + 1}: {inequality(halves[i], names)}"
            lines.append(figures.UnitLine(ends, np.array(halves[i].slope), f"{i + 1}", formula))
    return lines


def _short(features: tuple[str, ...]) -> tuple[str, ...]:
    """Names without their units: "temperature" for "temperature (°C)"."""
    return tuple(name.partition(" (")[0] for name in features)


def _true_rule(now: NetworkView, plane: Plane) -> None:
    """Agreement of the learned region with the true one, and the inequality of each unit."""
    rule = decision_boundary.truth(now.dataset, plane)
    if rule is None:
        return
    agreement = decision_boundary.agreement(plane.output[..., 0] > 0.5, rule)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        one, two = st.columns(2)
        one.metric("Agreement with the true rule", f"{agreement.agree:.1%}")
        two.metric("Overlap of the good regions", f"{agreement.overlap:.1%}")
        st.caption(
            f"Always predicting “{now.dataset.source.classes[0]}” agrees on {agreement.never:.1%}.",
            help="Agreement: the share of the plane where network and rule predict the same. "
            "Overlap: intersection over union (IoU) of the good regions. The rule of this data "
            "set: 175 °C < temperature < 260 °C, 12 min < duration < 15 min and duration ≤ 21 − "
            "3·temperature/85 (dashed).",
        )
    with right:
        _inequalities(now)


def _inequalities(now: NetworkView) -> None:
    layers, names = now.snapshot.layers, _short(now.dataset.source.features)
    halves = decision_boundary.half_planes(layers[0], now.dataset)
    direct = len(layers) == 2  # from these units to the output
    rows = [
        {"unit": f"{i + 1}", "positive where": inequality(half, names)}
        | ({"weight to the output": f"{layers[1].kernel[i, 0]:.3g}"} if direct else {})
        for i, half in enumerate(halves[:MAX_ROWS])
    ]
    st.table(pd.DataFrame(rows), hide_index=True)
    note = " Positive weights to the output speak for a good roast." if direct else ""
    more = f" The first {MAX_ROWS} of {len(halves):,} units." if len(halves) > MAX_ROWS else ""
    st.caption(
        f"Each unit of the first layer divides the plane by a line, in °C and minutes.{note}{more}"
    )
