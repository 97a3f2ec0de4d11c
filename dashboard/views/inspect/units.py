"""The dossier of one unit: what it looks for, what excites it, and what is lost without it.

What each unit of the first layer looks for in an image.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import images
from dashboard.figures import images as picture
from dashboard.figures import units as dossier
from dashboard.figures import weights as figures
from dashboard.figures.decision_boundary import decision_region
from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from dashboard.widgets.tables import frame
from playground.analysis.inspection import decision_boundary, weights
from playground.analysis.inspection.ablation import (
    Passes,
    ablate_each,
    affordable,
    direction,
    first_order_importance,
    ranked,
    top_and_bottom,
    without,
)
from playground.analysis.inspection.activations import feature_ranges, finite, maps
from playground.analysis.metrics.score import metric
from playground.experiment.model_summary import layer_name
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot
from playground.runs.jobs import fingerprint

Array = NDArray[Any]


ROWS = 1_000
ROWS_PLAYING = 250  # while weights change every moment, an answer soon is worth more
EXTREMES = 9
ROWS_EXPECTED = 250  # for estimates from gradients
SIDE = 60  # of a response map


@dataclass(frozen=True)
class UnitRanking:
    """What is lost without each unit of a layer."""

    loss: Array  # (units,) accuracy lost, error gained, or loss expected to be gained
    order: Array  # units, the most important first; equals by what gradients let expect
    measured: bool  # by taking out each unit; otherwise estimated from gradients
    rows: int = 0  # examples it was measured on


@dataclass(frozen=True)
class UnitDetails:
    """A unit and the examples it is looked at with."""

    now: NetworkView
    layer: int
    unit: int
    part: str  # "validation" or "training"
    x: Array  # scaled inputs
    y: Array
    raw: Array  # inputs as they came
    passes: Passes  # z and a of every layer

    @property
    def z(self) -> Array:
        """The pre-activation (n,) of the unit."""
        return self.passes[self.layer][0][:, self.unit]

    @property
    def a(self) -> Array:
        """The output (n,) of the unit."""
        return self.passes[self.layer][1][:, self.unit]

    @property
    def uirevision(self) -> str:
        """As long as this is the same, it is the same unit."""
        return f"{self.now.uirevision} {self.layer} {self.unit}"


def units(now: NetworkView) -> None:
    """Choose a layer and a unit; everything there is to know of it."""
    count = len(now.snapshot.layers)
    if count == 1:
        st.info("This network has no hidden units. Add a hidden layer on the page Train.")
        return
    part_name, part = decision_boundary.shown_part(now.dataset)
    playing = now.run is not None and now.run.state == "playing"
    rows = min(len(part), ROWS_PLAYING if playing else ROWS)
    x, y = now.dataset.transform(part.x[:rows]), part.y[:rows]
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        passes = now.snapshot.forward(x)
    if not finite(each for both in passes for each in both):
        st.warning(
            "Numbers in this network have grown beyond all bounds: choose an earlier epoch, or "
            "train again with a smaller learning rate."
        )
        return
    names = [layer_name(i, count) for i in range(count - 1)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.segmented_control(
            "Layer", names, default=names[0], key="dossier_layer", required=True,
            persist_state="session",
            help="The layer the unit belongs to; compare what units of different "
            "layers find.",
        )  # fmt: skip
        layer = names.index(name)
        ranking = _ranking(
            fingerprint(now.snapshot), now.uirevision, layer, rows, now, passes, x, y
        )
        unit = _choose(now, layer, ranking)
    found = UnitDetails(now, layer, unit, part_name, x, y, part.x[:rows], passes)
    _facts(found, ranking)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _looks_for(found)
    with right:
        _excited_by(found)
    left, right = st.columns(2, gap="large")
    with left:
        _by_class(found)
    with right:
        _ranks(found, ranking)


@st.cache_data(max_entries=256, show_spinner=False)
def _ranking(
    weights: str, uirevision: str, layer: int, rows: int,
    _now: NetworkView, _passes: Passes, _x: Array, _y: Array,
) -> UnitRanking:  # fmt: skip
    """Measured once for the same weights and examples."""
    snapshot, loss = _now.snapshot, _now.experiment.training.loss
    expected = first_order_importance(snapshot, _x[:ROWS_EXPECTED], _y[:ROWS_EXPECTED], layer, loss)
    wise = affordable(snapshot, layer)
    if not wise:
        return UnitRanking(expected, ranked(expected, expected), False)
    found = ablate_each(snapshot, _passes, _y[:wise], layer, _now.task)
    return UnitRanking(found.loss, ranked(found.loss, expected), True, found.rows)


def _choose(now: NetworkView, layer: int, ranking: UnitRanking) -> int:
    """The unit (from 0) that a person chose by number, by rank or by a click on the ranking."""
    most, key = len(ranking.order), f"dossier_unit_{layer}"
    of = f"{now.uirevision} {layer}"
    clicked = stored.get("dossier_clicked", of)
    if clicked is not None:
        stored.set_widget(key, clicked + 1)
        stored.set("dossier_clicked", None, of)
    elif stored.get(f"dossier_seen_{layer}", of) is None:
        stored.set_widget(key, int(ranking.order[0]) + 1)  # begin with the one that matters most
        stored.set(f"dossier_seen_{layer}", True, of)
    stored.clamp(key, 1, most)
    number = st.number_input(
        f"Unit, 1 to {most}",
        1,
        most,
        key=key,
        width=140,
        persist_state="session",
        help="The unit looked at, by its place in the layer; click a bar of the ranking instead.",
    )
    unit = int(number) - 1
    rank = int(np.flatnonzero(ranking.order == unit)[0])
    for label, icon, step in (
        ("More important", ":material/arrow_back:", -1),
        ("Less important", ":material/arrow_forward:", 1),
    ):
        there = 0 <= rank + step < most
        aim = int(ranking.order[rank + step]) + 1 if there else unit + 1
        st.button(
            label, icon=icon, key=f"dossier_step_{step}", disabled=not there,
            on_click=stored.set_widget, args=(key, aim),
            help="Goes along the ranking; look for the first unit that can be "
            "removed at no cost.",
        )  # fmt: skip
    return unit


def _facts(found: UnitDetails, ranking: UnitRanking) -> None:
    layer = found.now.snapshot.layers[found.layer]
    task, snapshot, n = found.now.task, found.now.snapshot, len(found.x)
    before = metric(found.passes[-1][1], found.y, task)
    output = without(snapshot, found.passes[found.layer][1], found.layer, found.unit)
    after = metric(output, found.y, task)
    rank = int(np.flatnonzero(ranking.order == found.unit)[0]) + 1
    tiles = [
        ("Rank in its layer", f"{rank} of {len(ranking.order)}", None),
        _removed(before, after, task),
        ("Bias", f"{layer.bias[found.unit]:+.3g}", None),
        ("Norm of its weights", f"{np.linalg.norm(layer.kernel[:, found.unit]):.3g}", None),
        ("Mean output", f"{found.a.mean():.3g}", None),
        ("Spread of it", f"{found.a.std():.3g}", None),
    ]
    with st.container(horizontal=True):
        for label, text, change in tiles:
            st.metric(label, text, change, delta_color="normal" if task == CLASSIFICATION
                      else "inverse", width=150)  # fmt: skip
    st.caption(
        f"Measured on {n:,} {found.part} examples. Removed: its output is set to 0, all else stays "
        "as it is; a network trained without it from the start would make up for much of it."
    )


def _removed(before: float, after: float, task: str) -> tuple[str, str, str | None]:
    if task == CLASSIFICATION:
        change = 100 * (after - before)
        return "Accuracy without it", f"{after:.1%}", f"{change:+.1f} points" if change else None
    change = after - before
    return "Mean error without it", f"{after:.3g}", f"{change:+.2g}" if change else None


def _looks_for(found: UnitDetails) -> None:
    source = found.now.dataset.source
    most, _ = top_and_bottom(found.z, found.a, EXTREMES)
    weights = direction(found.now.snapshot, found.x[most], found.layer, found.unit)
    if found.layer == 0:
        title = "Its weights"
        said = "one weight for each input, blue positive and orange negative"
    else:
        title = "What it looks for"
        said = (
            "by how much z changes with each input (∂z/∂x), the mean over the nine examples that "
            "excite it most: it has no weights of its own for the inputs, and other examples "
            "would show somewhat other values"
        )
    if source.kind == "image":
        st.markdown(f"**{title}**")
        height, width = source.shape
        largest = float(np.abs(weights).max())
        address = images.diverging_url(weights.reshape(height, width), largest)
        spoken = f"{title} of unit {found.unit + 1} as an image of {height} × {width} pixels"
        tile = Tile(f"±{largest:.2g}", alternative=spoken)
        gallery(address, (height, width), [tile], key="dossier_weights", size=224)
        st.caption(f"Shown: {said}. Full color is ±{largest:.2g}.")
        return
    if source.kind == "plane":
        _map(found)
    elif source.kind == "line":
        _curve(found)
    figure = dossier.weights_figure(title, weights, source.features, found.uirevision)
    sentence = dossier.weights_sentence(weights, source.features)
    chart.chart(
        figure,
        f"{sentence} Shown: {said}.",
        key="dossier_bars",
        about="The weight this unit gives each of its inputs; long bars are what "
        "it looks at. Step to less important units.",
    )


def _answers(found: UnitDetails, side: int) -> Array:
    """The unit's output over the plane or the line of the inputs: (side or 1, side)."""
    layers = found.now.snapshot.layers[: found.layer + 1]
    part = Snapshot(found.now.epoch, layers)
    nobody = np.empty(0, np.int64)
    wanted = [nobody] * len(layers) + [np.array([found.unit])]
    return np.asarray(maps(part, found.now.dataset, wanted, side)[-1][0])


def _map(found: UnitDetails) -> None:
    source, values = found.now.dataset.source, _answers(found, SIDE)
    (left, right), (low, high) = feature_ranges(found.now.dataset)
    largest = float(np.abs(values).max()) or 1.0
    figure = decision_region(
        values / largest, (left, right, low, high), decision_boundary.points(found.now.dataset),
        (source.features[0], source.features[1]), found.uirevision, "What it answers everywhere",
    )  # fmt: skip
    chart.chart(
        figure,
        f"Its output over the plane: from {values.min():.2g} to {values.max():.2g}; blue is "
        f"positive, orange negative, full color ±{largest:.2g}.",
        key="dossier_map",
        about="What this unit answers at each point of the plane; compare with "
        "the unit that matters most.",
    )


def _curve(found: UnitDetails) -> None:
    values = _answers(found, 300)[0]
    x = np.linspace(*feature_ranges(found.now.dataset)[0], 300)
    feature = found.now.dataset.source.features[0]
    figure = dossier.response_figure(x, values, feature, f"unit {found.unit + 1}", found.uirevision)
    sentence = f"Its output goes from {values.min():.2g} to {values.max():.2g}."
    chart.chart(
        figure,
        sentence,
        key="dossier_curve",
        about="What this unit answers to each input; look for the place where it bends.",
    )


def _excited_by(found: UnitDetails) -> None:
    for label, rows in zip(
        ("excite it most", "excite it least"),
        top_and_bottom(found.z, found.a, EXTREMES),
        strict=True,
    ):
        st.markdown(f"**The {found.part} examples that {label}**")
        if found.now.dataset.source.kind == "image":
            _images(found, rows, f"dossier_{label.split()[-1]}")
        else:
            _rows(found, rows)
    if np.ptp(found.a) == 0:
        st.caption("Its output is the same for all examples: their order is that of z.")


def _images(found: UnitDetails, rows: Array, key: str) -> None:
    source = found.now.dataset.source
    pixels = images.mosaic(found.raw[rows], source.maximum)
    tiles = [
        Tile(
            f"{found.a[row]:.2f}",
            source.classes[int(found.y[row])],
            alternative=f"{source.classes[int(found.y[row])]}, output {found.a[row]:.2f}",
        )
        for row in rows
    ]
    height, width = source.shape
    gallery(images.data_url(pixels), (height, width), tiles, key=key, size=56)


def _rows(found: UnitDetails, rows: Array) -> None:
    source = found.now.dataset.source
    table = frame(found.raw[rows], source.features, ("truth", "output")).round(3)
    truth = found.y[rows]
    table["truth"] = [source.classes[int(k)] for k in truth] if source.classes else truth.round(3)
    table["output"] = [f"{value:.3f}" for value in found.a[rows]]
    st.dataframe(table, hide_index=True, width="stretch", height="content")


def _by_class(found: UnitDetails) -> None:
    names = found.now.dataset.source.classes
    if not names:
        figure = dossier.scatter_figure(found.y, found.a, found.uirevision)
        sentence = dossier.scatter_sentence(found.y, found.a)
        chart.chart(
            figure,
            sentence,
            key="dossier_targets",
            about="The unit's answer against the target; look for a trend: that is "
            "what it tells the next layer.",
        )
        return
    with np.errstate(invalid="ignore"):
        members = np.arange(len(names))[:, None] == found.y
        means = (members @ found.a) / members.sum(axis=1)
    average = float(found.a.mean())
    figure = dossier.class_figure(means, names, average, found.uirevision)
    chart.chart(
        figure,
        dossier.class_sentence(means, names, average),
        key="dossier_classes",
        about="The unit's mean answer for each class; one class far from the "
        "others is what it has learnt to find.",
    )


def _ranks(found: UnitDetails, ranking: UnitRanking) -> None:
    is_share = found.now.task == CLASSIFICATION and ranking.measured
    how = (
        f"each removed by itself, on {ranking.rows:,} examples; of units that cost the same, those "
        "come first of which the gradients expect more"
    )
    y = "accuracy lost" if is_share else "error gained"
    if not ranking.measured:
        y, how = "loss gained, estimated", "estimated from gradients, −Σ a·∂L/∂a"
    figure = dossier.ranking_figure(
        ranking.order, ranking.loss, found.unit, is_share, y, found.uirevision
    )
    gain = int((ranking.loss < 0).sum())
    none = int((ranking.loss == 0).sum())
    first = "No unit is missed"
    if ranking.loss.max() > 0:
        first = f"Without unit {ranking.order[0] + 1} most is lost"
    sentence = (
        f"{first}; {none} of {len(ranking.order)} units "
        f"cost nothing when removed and {gain} even do harm ({how}). Click a bar to see its unit."
    )
    click = chart.chart(
        figure,
        sentence,
        key="dossier_ranking",
        clickable=True,
        about="What is lost when each unit is removed by itself; click a bar to look at that unit.",
    )
    if click is not None and isinstance(click.point, int) and 0 <= click.point < len(ranking.order):
        unit = int(ranking.order[click.point])
        if unit != found.unit:
            stored.set("dossier_clicked", unit, f"{found.now.uirevision} {found.layer}")
            st.rerun(scope="fragment")


PAGE = 48  # images
NOW, CHANGED = "The weights", "What training changed"
OWN, COMMON = "Each unit its own", "One for all"

MEANING = {
    NOW: "Blue pixels excite the unit when they are bright, orange ones silence it.",
    CHANGED: "Blue: training has made the weight larger; orange: smaller.",
}


def largest_size(values: Array) -> float:
    """The largest finite |value|; 0 where there is none."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def unit_images(now: NetworkView, copy: Snapshot) -> None:
    """The incoming weights of a page of units as images; click one to see it large."""
    st.markdown("**What each unit looks for**")
    what, scale, start, stop = _choose_weights(copy.layers[0].kernel.shape[1])
    shape, units = now.dataset.source.shape, slice(start, stop)
    images, whole = weights.unit_images(copy.layers[0], shape, units), copy.layers[0].kernel
    if what == CHANGED:
        initial = now.initial.layers[0]
        images = images - weights.unit_images(initial, shape, units)
        whole = whole - initial.kernel
    own = np.array([largest_size(image) or 1.0 for image in images])
    full = own if scale == OWN else np.full(len(own), largest_size(whole) or 1.0)
    says = "its own scale: full color is the ± below it"
    if scale == COMMON:
        says = f"the same scale: full color is ± {full[0]:.3g}, below it is its own largest"
    st.caption(f"{MEANING[what]} Each image has {says}. Click one to see it large.")
    tiles = [
        Tile(
            f"unit {start + i + 1}", f"± {size:.2g}",
            alternative=f"weights of unit {start + i + 1}, up to {size:.2g} by size",
        )
        for i, size in enumerate(own)
    ]  # fmt: skip
    height, width = shape
    sprite = picture.diverging_url((images / full[:, None, None]).reshape(-1, width), 1.0)
    of = f"{now.uirevision} {start} {what}"
    chosen = gallery(sprite, (height, width), tiles, "weights_images", clickable=True, of=of)
    if chosen is not None:
        unit, bias = start + chosen, copy.layers[0].bias[start + chosen]
        name = f"Unit {unit + 1} of {weights.layer_name(0, len(copy.layers))}"
        figure = figures.unit_map(images[chosen], full[chosen], f"{name}: {what.lower()}", of)
        numbers = "weights" if what == NOW else "changes"
        sentence = (
            f"{name}: {(images[chosen] > 0).mean():.0%} of these {numbers} are positive, the "
            f"largest by size is {own[chosen]:.3g}; the unit's bias is {bias:.3g}."
        )
        with st.columns(2)[0]:
            chart.chart(
                figure,
                sentence,
                key="weights_unit",
                about="The weights of one unit, each where its pixel is; blue adds to the"
                " unit's sum, orange takes away. Compare with the first epoch.",
            )


def _choose_weights(n_units: int) -> tuple[str, str, int, int]:
    """What is shown, on which scale, and the units of the page: from, and up to without."""
    pages = [(i, min(i + PAGE, n_units)) for i in range(0, n_units, PAGE)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = st.segmented_control(
            "Images of", [NOW, CHANGED], default=NOW, key="weights_images_of", required=True,
            persist_state="session",
            help="The weights as they are, or how training has changed them; the "
            "changes show what was learnt.",
        )  # fmt: skip
        scale = st.segmented_control(
            "Color scale", [OWN, COMMON], default=OWN, key="weights_scale", required=True,
            persist_state="session",
            help="One scale for all images to compare their strength, or one each to"
            " see their shape.",
        )  # fmt: skip
        start, stop = pages[0]
        if len(pages) > 1:
            start, stop = st.selectbox(
                "Units", pages, key=f"weights_units_{n_units}", width=160,
                format_func=lambda page: f"{page[0] + 1} to {page[1]}", persist_state="session",
                help="Which units are shown; look for images that resemble nothing.",
            )  # fmt: skip
    return what, scale, start, stop
