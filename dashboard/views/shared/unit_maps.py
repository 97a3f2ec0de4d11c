"""Each hidden unit's answer over the plane, and the plane as two of them see it."""

from dataclasses import replace

import numpy as np
import streamlit as st

from dashboard.components import chart as live
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

PAGE = 48  # small maps
SMALL = 50  # points along a side of a small map, at most
OWN, COMMON = "Each unit its own", "One for all"


def short(value: float) -> str:
    """A number with at most three decimals."""
    return f"{round(float(value), 3) + 0.0:.4g}"


def inequality(half: HalfPlane, names: tuple[str, ...]) -> str:
    """ "0.12·temperature − 3.4·duration + 5 > 0"."""
    terms = [f"{half.slope[0]:.3g}·{names[0]}"]
    for value, name in ((half.slope[1], f"·{names[1]}"), (half.offset, "")):
        terms.append(f"{'−' if value < 0 else '+'} {abs(value):.3g}{name}")
    return " ".join(terms).replace("-", "−") + " > 0"


def drawn(snapshot: Snapshot, dataset: Dataset, part: Split) -> figures.Examples:
    """Examples with the color of their targets, and which of them are answered wrongly."""
    if dataset.source.task != CLASSIFICATION:
        return figures.Examples(part.x, part.y / decision_boundary.scale(dataset), None)
    wrong = classes(snapshot.predict(dataset.transform(part.x))) != part.y
    color = part.y if len(dataset.source.classes) > 2 else 2.0 * part.y - 1
    return figures.Examples(part.x, color, wrong)


# ---- the bent grid -------------------------------------------------------------------------


def bent(
    now: NetworkView, layer: int, examples: dict[str, figures.Examples], discrete: bool
) -> None:
    """The grid of the plane as two units of a hidden layer see it."""
    n_units = len(now.snapshot.layers[layer].bias)
    if n_units == 1:
        st.info("This layer has one unit; it takes two to see the plane bent.")
        return
    chart = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pair = _pair(now, layer, n_units)
    with chart:
        _bent_chart(now, layer, pair, examples, discrete)


def _pair(now: NetworkView, layer: int, n_units: int) -> tuple[int, int]:
    """The two units chosen; the button goes on to the next pair."""
    of = f"{now.uirevision} {layer} {n_units}"
    turn, (i, j) = stored.get("plane_pair", of) or (0, (0, 1))
    each = list(range(n_units))
    i, j = (
        st.selectbox(
            label, each, index=index, key=f"plane_{label} {of} {turn}", width=110,
            format_func=lambda unit: f"unit {unit + 1}",
            help="The unit whose answer is this axis; try two that answer to "
            "different things.",
        )
        for label, index in (("Across", i), ("Up", j))
    )  # fmt: skip
    st.button(
        "Next pair", key="plane_next", icon=":material/arrow_forward:",
        on_click=stored.set, args=("plane_pair", (turn + 1, following((i, j), n_units)), of),
        help="Goes on to the next two units; look for a pair in which one "
        "straight cut parts the classes.",
    )  # fmt: skip
    return i, j


def following(pair: tuple[int, int], n_units: int) -> tuple[int, int]:
    """The pair after this one: (0, 1), (0, 2), …, (1, 2), …, and (0, 1) again after the last."""
    i, j = min(pair), max(pair)
    if j + 1 < n_units:
        return i, j + 1
    return (i + 1, i + 2) if i + 2 < n_units else (0, 1)


def _bent_chart(
    now: NetworkView,
    layer: int,
    pair: tuple[int, int],
    flat: dict[str, figures.Examples],
    discrete: bool,
) -> None:
    dataset, source = now.dataset, now.dataset.source
    together = np.concatenate([part.x for part in flat.values()])
    seen = decision_boundary.warp(now.snapshot, dataset, layer, pair, together)
    ends = np.cumsum([len(part.x) for part in flat.values()])[:-1]
    moved = np.split(seen.points, ends)
    examples = {
        name: replace(part, x=x) for (name, part), x in zip(flat.items(), moved, strict=True)
    }
    title = layer_name(layer, len(now.snapshot.layers))
    axes = tuple(f"output of unit {i + 1}, {title}" for i in pair)
    colors = figures.output_colors(
        seen.answers, len(source.classes), decision_boundary.scale(dataset), discrete
    )
    figure = figures.warped_grid(
        seen.along_x, seen.along_y, seen.crossings, colors, examples, source.classes,
        (axes[0], axes[1]), (source.features[0], source.features[1]), f"{now.uirevision} {layer} {pair}",
    )  # fmt: skip
    low, high = seen.crossings.min(axis=0), seen.crossings.max(axis=0)
    reach = " and ".join(
        f"unit {unit + 1} answers {short(a)} to {short(b)}"
        for unit, a, b in zip(pair, low, high, strict=True)
    )
    sentence = (
        f"The grid of the plane where {title} takes it: {reach}. Each square has the color of "
        "the network's answer there."
    )
    live.chart(
        figure,
        sentence,
        key="plane_bent",
        about="The plane as one layer sees it, by two of its units; choose other "
        "units, or a later epoch, until one straight cut would do.",
    )


# ---- small maps ----------------------------------------------------------------------------


def units(now: NetworkView, seen: Plane, layer: int, examples: dict[str, figures.Examples]) -> None:
    """Where each unit of a hidden layer answers, as small maps; one of them large."""
    title = layer_name(layer, len(now.snapshot.layers))
    st.markdown(f"**Where each unit of {title} answers**")
    side, _, n_units = seen.a[layer].shape
    start, scale = _page(n_units)
    step = -(-side // SMALL)
    maps = np.moveaxis(seen.a[layer][::step, ::step, start : start + PAGE], -1, 0)
    maps = np.nan_to_num(maps, posinf=0, neginf=0)
    low, high = maps.min(axis=(1, 2)), maps.max(axis=(1, 2))
    own = np.maximum(np.maximum(high, -low), 1e-12)
    full = own if scale == OWN else np.full(len(own), max(float(own.max()), 1e-12))
    tiles = [
        Tile(
            f"unit {start + i + 1}", f"{short(a)} to {short(b)}" if b > a else f"always {short(a)}",
            alternative=f"unit {start + i + 1} answers {short(a)} to {short(b)} over the plane",
        )
        for i, (a, b) in enumerate(zip(low, high, strict=True))
    ]  # fmt: skip
    of = f"{now.uirevision} {layer} {start}"
    sprite = images.diverging_url((maps / full[:, None, None]).reshape(-1, maps.shape[-1]), 1.0)
    shape = (maps.shape[1], maps.shape[2])
    chosen = gallery(sprite, shape, tiles, "plane_units", size=88, clickable=True, of=of)
    st.caption(
        "Blue is a positive answer, orange a negative one, gray 0. "
        + (
            "Each map has its own scale: full color is the largest answer below it."
            if scale == OWN
            else f"One scale for all: full color is ± {full[0]:.3g}."
        )
        + " Click one to see it large."
    )
    if chosen is not None:
        with st.columns(2)[0]:
            _large(now, seen, layer, start + chosen, float(full[chosen]), examples, of)


def _page(n_units: int) -> tuple[int, str]:
    """The first unit of the page, and the color scale."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = st.segmented_control(
            "Color scale", [OWN, COMMON], default=OWN, key="plane_scale", required=True,
            persist_state="session",
            help="One scale for all maps to compare their strength, or one each to "
            "see their shape.",
        )  # fmt: skip
        start = 0
        if n_units > PAGE:
            start = st.selectbox(
                "Units", list(range(0, n_units, PAGE)), key=f"plane_page_{n_units}", width=160,
                format_func=lambda first: f"{first + 1} to {min(first + PAGE, n_units)}",
                help="Which units are shown; look through all for those that do nothing.",
            )  # fmt: skip
    return start, scale


def _large(
    now: NetworkView, seen: Plane, layer: int, unit: int, full: float,
    examples: dict[str, figures.Examples], of: str,
) -> None:  # fmt: skip
    source = now.dataset.source
    answers, z = seen.a[layer][..., unit], seen.z[layer][..., unit]
    colors = figures.output_colors(answers[..., None], 0, full, False)
    title = f"Unit {unit + 1} of {layer_name(layer, len(now.snapshot.layers))}"
    axes = (source.features[0], source.features[1])
    figure = figures.region_figure(colors, seen.extent, examples, source.classes, axes, title, of)
    figures.add_zero_contour(figure, z, seen.extent)
    sentence = (
        f"{title} answers {short(answers.min())} to {short(answers.max())}; its z is positive on "
        f"{(z > 0).mean():.0%} of the plane, and 0 on the dark line."
    )
    live.chart(
        figure,
        sentence,
        key="plane_unit",
        about="One unit's answer everywhere in the plane; choose units of later "
        "layers and see lines become shapes.",
    )
