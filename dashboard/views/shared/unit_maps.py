"""Outputs of hidden units over the plane, and the plane mapped to two of them."""

from dataclasses import replace

import numpy as np
import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import decision_boundary as figures
from dashboard.figures import images
from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.decision_boundary import HalfPlane, Plane
from playground.datasets.dataset import Dataset, Split
from playground.experiment.model_summary import layer_name
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot, classes

MAPS_PER_PAGE = 48
MAP_SIDE = 50  # points along a side of a small map, at most
OWN_SCALE, COMMON_SCALE = "Each unit its own", "One for all"

Examples = dict[str, figures.Examples]


def short(value: float) -> str:
    """A number with at most three decimals."""
    return f"{round(float(value), 3) + 0.0:.4g}"


def inequality(half: HalfPlane, names: tuple[str, ...]) -> str:
    """ "0.12·temperature − 3.4·duration + 5 > 0"."""
    terms = [f"{half.slope[0]:.3g}·{names[0]}"]
    for value, name in ((half.slope[1], f"·{names[1]}"), (half.offset, "")):
        terms.append(f"{'−' if value < 0 else '+'} {abs(value):.3g}{name}")
    return " ".join(terms).replace("-", "−") + " > 0"


def drawn_examples(snapshot: Snapshot, dataset: Dataset, part: Split) -> figures.Examples:
    """Examples in the color of their targets, with the errors of the network."""
    if dataset.source.task != CLASSIFICATION:
        return figures.Examples(part.x, part.y / decision_boundary.scale(dataset), None)
    wrong = classes(snapshot.predict(dataset.transform(part.x))) != part.y
    color = part.y if len(dataset.source.classes) > 2 else 2.0 * part.y - 1
    return figures.Examples(part.x, color, wrong)


# ---- the warped grid ---------------------------------------------------------------------


def warped_grid(now: NetworkView, layer: int, examples: Examples, discrete: bool) -> None:
    """Draw the plane in the coordinates of two units of a hidden layer."""
    n_units = len(now.snapshot.layers[layer].bias)
    if n_units == 1:
        st.info("This layer has one unit; it takes two to map the plane to a plane.")
        return
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pair = _pair(now, layer, n_units)
    with above:
        _warped_chart(now, layer, pair, examples, discrete)


def _pair(now: NetworkView, layer: int, n_units: int) -> tuple[int, int]:
    """The two units chosen; the button goes on to the next pair."""
    of = f"{now.uirevision} {layer} {n_units}"
    turn, (i, j) = stored.get("plane_pair", of) or (0, (0, 1))
    units = list(range(n_units))
    i, j = (
        st.selectbox(
            label, units, index=index, key=f"plane_{label} {of} {turn}", width=110,
            format_func=lambda unit: f"unit {unit + 1}",
            help="The unit whose output is this axis.",
        )
        for label, index in (("Across", i), ("Up", j))
    )  # fmt: skip
    st.button(
        "Next pair", key="plane_next", icon=":material/arrow_forward:",
        on_click=stored.set, args=("plane_pair", (turn + 1, next_pair((i, j), n_units)), of),
        help="Goes on to the next two units; look for a pair in which a straight line separates "
        "the classes.",
    )  # fmt: skip
    return i, j


def next_pair(pair: tuple[int, int], n_units: int) -> tuple[int, int]:
    """The pair after this one: (0, 1), (0, 2), …, (1, 2), …, and (0, 1) again after the last."""
    i, j = min(pair), max(pair)
    if j + 1 < n_units:
        return i, j + 1
    return (i + 1, i + 2) if i + 2 < n_units else (0, 1)


def _warped_chart(
    now: NetworkView, layer: int, pair: tuple[int, int], examples: Examples, discrete: bool
) -> None:
    dataset, source = now.dataset, now.dataset.source
    together = np.concatenate([part.x for part in examples.values()])
    warped = decision_boundary.warp(now.snapshot, dataset, layer, pair, together)
    ends = np.cumsum([len(part.x) for part in examples.values()])[:-1]
    mapped = {
        name: replace(part, x=x)
        for (name, part), x in zip(examples.items(), np.split(warped.points, ends), strict=True)
    }
    title = layer_name(layer, len(now.snapshot.layers))
    axes = tuple(f"output of unit {i + 1}, {title}" for i in pair)
    colors = figures.output_colors(
        warped.answers, len(source.classes), decision_boundary.scale(dataset), discrete
    )
    figure = figures.warped_grid(
        warped.along_x, warped.along_y, warped.crossings, colors, mapped, source.classes,
        (axes[0], axes[1]), (source.features[0], source.features[1]),
        f"{now.uirevision} {layer} {pair}",
    )  # fmt: skip
    low, high = warped.crossings.min(axis=0), warped.crossings.max(axis=0)
    ranges = " and ".join(
        f"unit {unit + 1} outputs {short(a)} to {short(b)}"
        for unit, a, b in zip(pair, low, high, strict=True)
    )
    chart(
        figure,
        f"The grid of the input plane mapped by {title}: {ranges}. Each square has the color of "
        "the prediction there.",
        key="plane_bent",
        about="The input plane in the coordinates of two units; choose other units, or a later "
        "epoch, until a straight line would separate the classes.",
    )


# ---- small maps --------------------------------------------------------------------------


def unit_maps(now: NetworkView, plane: Plane, layer: int, examples: Examples) -> None:
    """Draw the output of each unit of a hidden layer as a small map; the one clicked large."""
    title = layer_name(layer, len(now.snapshot.layers))
    st.markdown(f"**Outputs of the units of {title}**")
    side, _, n_units = plane.a[layer].shape
    start, scale = _page(n_units)
    step = -(-side // MAP_SIDE)
    maps = np.moveaxis(plane.a[layer][::step, ::step, start : start + MAPS_PER_PAGE], -1, 0)
    maps = np.nan_to_num(maps, posinf=0, neginf=0)
    low, high = maps.min(axis=(1, 2)), maps.max(axis=(1, 2))
    own = np.maximum(np.maximum(high, -low), 1e-12)
    full = own if scale == OWN_SCALE else np.full(len(own), max(float(own.max()), 1e-12))
    tiles = [
        Tile(
            f"unit {start + i + 1}", f"{short(a)} to {short(b)}" if b > a else f"always {short(a)}",
            alternative=f"unit {start + i + 1} outputs {short(a)} to {short(b)} over the plane",
            colored=True,
        )
        for i, (a, b) in enumerate(zip(low, high, strict=True))
    ]  # fmt: skip
    of = f"{now.uirevision} {layer} {start}"
    sprite = images.diverging_url((maps / full[:, None, None]).reshape(-1, maps.shape[-1]), 1.0)
    shape = (maps.shape[1], maps.shape[2])
    clicked = gallery(sprite, shape, tiles, "plane_units", size=88, clickable=True, of=of)
    st.caption(
        "Blue is positive, orange negative, gray 0. "
        + (
            "Each map has its own scale, up to the largest absolute output below it."
            if scale == OWN_SCALE
            else f"One scale for all: full color is ± {full[0]:.3g}."
        )
        + " Click one to enlarge it."
    )
    if clicked is not None:
        with st.columns(2)[0]:
            _large_map(now, plane, layer, start + clicked, float(full[clicked]), examples, of)


def _page(n_units: int) -> tuple[int, str]:
    """The first unit of the page, and the color scale."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = st.segmented_control(
            "Color scale", [OWN_SCALE, COMMON_SCALE], default=OWN_SCALE, key="plane_scale",
            required=True, persist_state="session",
            help="One scale for all maps to compare their strength, one each to see their shape.",
        )  # fmt: skip
        start = 0
        if n_units > MAPS_PER_PAGE:
            start = st.selectbox(
                "Units", list(range(0, n_units, MAPS_PER_PAGE)), key=f"plane_page_{n_units}",
                width=160, help="Which units are shown.",
                format_func=lambda first: f"{first + 1} to {min(first + MAPS_PER_PAGE, n_units)}",
            )  # fmt: skip
    return start, scale


def _large_map(
    now: NetworkView, plane: Plane, layer: int, unit: int, full: float, examples: Examples, of: str
) -> None:
    source = now.dataset.source
    output, z = plane.a[layer][..., unit], plane.z[layer][..., unit]
    colors = figures.output_colors(output[..., None], 0, full, discrete=False)
    title = f"Unit {unit + 1} of {layer_name(layer, len(now.snapshot.layers))}"
    axes = (source.features[0], source.features[1])
    figure = figures.region_figure(colors, plane.extent, examples, source.classes, axes, title, of)
    figures.add_zero_contour(figure, z, plane.extent)
    chart(
        figure,
        f"{title} outputs {short(output.min())} to {short(output.max())}; its z is positive on "
        f"{(z > 0).mean():.0%} of the plane, and 0 on the dark line.",
        key="plane_unit",
        about="The output of one unit at every point of the plane; choose units of later layers "
        "and see lines become shapes.",
    )
