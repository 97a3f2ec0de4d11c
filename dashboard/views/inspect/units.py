"""One unit: its weights, the examples that activate it, and its importance by ablation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import images
from dashboard.figures import units as figures
from dashboard.figures import weights as weight_figures
from dashboard.figures.decision_boundary import decision_region
from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NUMBERS_TOO_LARGE
from dashboard.views.shared.unit_maps import COMMON_SCALE, OWN_SCALE
from dashboard.widgets.messages import literal
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
ROWS_PLAYING = 250  # while the run trains: faster
EXTREMES = 9
ROWS_FIRST_ORDER = 250  # for importance from gradients
MAP_SIDE = 60


@dataclass(frozen=True)
class UnitRanking:
    """Importance of the units of a layer.

    loss: (n_units,) accuracy lost, or error (in the target's unit) or loss gained, without each
    unit; order: units, the most important first, ties by first-order importance; measured: by
    ablation, otherwise estimated from gradients.
    """

    loss: Array
    order: Array
    measured: bool
    rows: int = 0  # examples it was measured on


@dataclass(frozen=True)
class UnitDetails:
    """A unit and its outputs for some examples."""

    now: NetworkView
    layer: int
    unit: int
    part: str  # "validation" or "training"
    x: Array  # scaled inputs
    y: Array
    raw: Array  # unscaled inputs
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
        return f"{self.now.uirevision} {self.layer} {self.unit}"


def units(now: NetworkView) -> None:
    """Choose a layer and a unit; draw all about it."""
    count = len(now.snapshot.layers)
    if count == 1:
        st.info("This network has no hidden units. Add a hidden layer on the page Train.")
        return
    part_name, part = decision_boundary.shown_part(now.dataset)
    playing = now.run is not None and now.run.state == "playing"
    rows = min(len(part), ROWS_PLAYING if playing else ROWS)
    x, y = now.dataset.transform(part.x[:rows]), part.y[:rows]
    with np.errstate(over="ignore", invalid="ignore"):  # reported below
        passes = now.snapshot.forward(x)
    if not finite(each for both in passes for each in both):
        st.warning(NUMBERS_TOO_LARGE)
        return
    names = [layer_name(i, count) for i in range(count - 1)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.segmented_control(
            "Layer", names, default=names[0], key="dossier_layer", required=True,
            persist_state="session",
            help="The layer of the unit.",
        )  # fmt: skip
        layer = names.index(name)
        ranking = _ranking(
            fingerprint(now.snapshot), now.uirevision, layer, rows, now, passes, x, y
        )
        unit = _choose(now, layer, ranking)
    details = UnitDetails(now, layer, unit, part_name, x, y, part.x[:rows], passes)
    _facts(details, ranking)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _weights(details)
    with right:
        _extreme_examples(details)
    left, right = st.columns(2, gap="large")
    with left:
        _by_class(details)
    with right:
        _importance(details, ranking)


@st.cache_data(max_entries=256, show_spinner=False)
def _ranking(
    weights: str, uirevision: str, layer: int, rows: int,
    _now: NetworkView, _passes: Passes, _x: Array, _y: Array,
) -> UnitRanking:  # fmt: skip
    """Computed once for the same weights and examples."""
    snapshot, minimized = _now.snapshot, _now.experiment.training.loss
    rows_, n = slice(ROWS_FIRST_ORDER), affordable(snapshot, layer)
    estimate = first_order_importance(snapshot, _x[rows_], _y[rows_], layer, minimized)
    if not n:
        return UnitRanking(estimate, ranked(estimate, estimate), False)
    ablation = ablate_each(snapshot, _passes, _y[:n], layer, _now.task)
    loss = ablation.loss * _now.dataset.target_std
    return UnitRanking(loss, ranked(loss, estimate), True, ablation.rows)


def _choose(now: NetworkView, layer: int, ranking: UnitRanking) -> int:
    """The unit (from 0) chosen by number, by rank or by a click on the ranking."""
    most, key = len(ranking.order), f"dossier_unit_{layer}"
    of = f"{now.uirevision} {layer}"
    clicked = stored.get("dossier_clicked", of)
    if clicked is not None:
        stored.set_widget(key, clicked + 1)
        stored.set("dossier_clicked", None, of)
    elif stored.get(f"dossier_seen_{layer}", of) is None:
        stored.set_widget(key, int(ranking.order[0]) + 1)  # begin with the most important one
        stored.set(f"dossier_seen_{layer}", True, of)
    stored.clamp(key, 1, most)
    number = st.number_input(
        f"Unit, 1 to {most}", 1, most, stored.widget(key) or 1, key=key, width=140,
        persist_state="session", help="Or click a bar of the ranking.",
    )  # fmt: skip
    unit = int(number) - 1
    rank = int(np.flatnonzero(ranking.order == unit)[0])
    for label, icon, step in (
        ("More important", ":material/arrow_back:", -1),
        ("Less important", ":material/arrow_forward:", 1),
    ):
        exists = 0 <= rank + step < most
        target = int(ranking.order[rank + step]) + 1 if exists else unit + 1
        st.button(
            label, icon=icon, key=f"dossier_step_{step}", disabled=not exists,
            on_click=stored.set_widget, args=(key, target),
            help="Goes along the ranking; look for the first unit that can be removed at no cost.",
        )  # fmt: skip
    return unit


def _facts(details: UnitDetails, ranking: UnitRanking) -> None:
    layer = details.now.snapshot.layers[details.layer]
    task, snapshot, n = details.now.task, details.now.snapshot, len(details.x)
    before = metric(details.passes[-1][1], details.y, task)
    output = without(snapshot, details.passes[details.layer][1], details.layer, details.unit)
    after = metric(output, details.y, task)
    rank = int(np.flatnonzero(ranking.order == details.unit)[0]) + 1
    tiles = [
        ("Rank in its layer", f"{rank} of {len(ranking.order)}", None),
        _ablated(before, after, details.now),
        ("Bias", f"{layer.bias[details.unit]:+.3g}", None),
        ("Weight norm", f"{np.linalg.norm(layer.kernel[:, details.unit]):.3g}", None),
        ("Mean output", f"{details.a.mean():.3g}", None),
        ("Standard deviation", f"{details.a.std():.3g}", None),
    ]
    with st.container(horizontal=True):
        for label, text, change in tiles:
            st.metric(label, text, change, delta_color="normal" if task == CLASSIFICATION
                      else "inverse", width=150)  # fmt: skip
    st.caption(
        f"Measured on {n:,} {details.part} examples.",
        help="Ablation sets the output of the unit to 0 and changes nothing else; a network "
        "trained without it from the start would compensate for much of it.",
    )


def _ablated(before: float, after: float, now: NetworkView) -> tuple[str, str, str | None]:
    if now.task == CLASSIFICATION:
        change = 100 * (after - before)
        return "Accuracy without it", f"{after:.1%}", f"{change:+.1f} points" if change else None
    change, std = after - before, now.dataset.target_std
    text = now.dataset.source.format_metric(after * std)
    return "Mean error without it", literal(text), f"{change * std:+.2g}" if change else None


def _weights(details: UnitDetails) -> None:
    source = details.now.dataset.source
    most, _ = top_and_bottom(details.z, details.a, EXTREMES)
    weights = direction(details.now.snapshot, details.x[most], details.layer, details.unit)
    if details.layer == 0:
        title = "Weights"
        meaning = "one weight per input, blue positive and orange negative"
    else:
        title = "Sensitivity to the inputs"
        meaning = f"∂z/∂x, the mean over the {EXTREMES} examples with the largest output"
    if source.kind == "image":
        st.markdown(f"**{title}**")
        height, width = source.shape
        largest = float(np.abs(weights).max())
        address = images.diverging_url(weights.reshape(height, width), largest)
        alternative = f"{title} of unit {details.unit + 1} as an image of {height} × {width} pixels"
        tile = Tile(f"±{largest:.2g}", alternative=alternative, colored=True)
        gallery(address, (height, width), [tile], key="dossier_weights", size=224)
        st.caption(f"Shown: {meaning}. Full color is ±{largest:.2g}.")
        return
    if source.kind == "plane":
        _map(details)
    elif source.kind == "line":
        _curve(details)
    figure = figures.weights_figure(title, weights, source.features, details.uirevision)
    sentence = figures.weights_sentence(weights, source.features)
    chart.chart(
        figure,
        f"{sentence} Shown: {meaning}.",
        key="dossier_bars",
        about="One bar per input; step to less important units and compare.",
    )


def _output_map(details: UnitDetails, side: int) -> Array:
    """The unit's output over the plane or the line of the inputs: (side or 1, side)."""
    layers = details.now.snapshot.layers[: details.layer + 1]
    part = Snapshot(details.now.epoch, layers)
    units_of_layers = [np.empty(0, np.int64)] * len(layers) + [np.array([details.unit])]
    return np.asarray(maps(part, details.now.dataset, units_of_layers, side)[-1][0])


def _map(details: UnitDetails) -> None:
    source, values = details.now.dataset.source, _output_map(details, MAP_SIDE)
    (left, right), (low, high) = feature_ranges(details.now.dataset)
    largest = float(np.abs(values).max()) or 1.0
    figure = decision_region(
        values / largest, (left, right, low, high), decision_boundary.points(details.now.dataset),
        (source.features[0], source.features[1]), details.uirevision, "Output of the unit",
    )  # fmt: skip
    chart.chart(
        figure,
        f"Output {values.min():.2g} to {values.max():.2g} over the plane; blue is positive, orange "
        f"negative, full color ±{largest:.2g}.",
        key="dossier_map",
        about="The output of this unit at each point of the plane; compare with the most important "
        "unit.",
    )


def _curve(details: UnitDetails) -> None:
    values = _output_map(details, 300)[0]
    x = np.linspace(*feature_ranges(details.now.dataset)[0], 300)
    feature = details.now.dataset.source.features[0]
    figure = figures.response_figure(
        x, values, feature, f"unit {details.unit + 1}", details.uirevision
    )
    sentence = f"Output {values.min():.2g} to {values.max():.2g}."
    chart.chart(
        figure,
        sentence,
        key="dossier_curve",
        about="The output of this unit for each input; look for the place where it bends.",
    )


def _extreme_examples(details: UnitDetails) -> None:
    for label, rows in zip(
        ("largest", "smallest"),
        top_and_bottom(details.z, details.a, EXTREMES),
        strict=True,
    ):
        st.markdown(f"**The {details.part} examples with the {label} output**")
        if details.now.dataset.source.kind == "image":
            _images(details, rows, f"dossier_{label}")
        else:
            _rows(details, rows)
    if np.ptp(details.a) == 0:
        st.caption("The output is the same for all examples: they are ordered by z.")


def _images(details: UnitDetails, rows: Array, key: str) -> None:
    source = details.now.dataset.source
    pixels = images.mosaic(details.raw[rows], source.maximum)
    tiles = [
        Tile(
            f"{details.a[row]:.2f}",
            source.classes[int(details.y[row])],
            alternative=f"{source.classes[int(details.y[row])]}, output {details.a[row]:.2f}",
        )
        for row in rows
    ]
    height, width = source.shape
    gallery(images.data_url(pixels), (height, width), tiles, key=key, size=56)


def _rows(details: UnitDetails, rows: Array) -> None:
    source = details.now.dataset.source
    table = frame(details.raw[rows], source.features, ("truth", "output")).round(3)
    truth = details.now.dataset.own_unit(details.y[rows])
    table["truth"] = [source.classes[int(k)] for k in truth] if source.classes else truth.round(3)
    table["output"] = [f"{value:.3f}" for value in details.a[rows]]
    st.dataframe(table, hide_index=True, width="stretch", height="content")


def _by_class(details: UnitDetails) -> None:
    names = details.now.dataset.source.classes
    if not names:
        targets = details.now.dataset.own_unit(details.y)
        figure = figures.scatter_figure(targets, details.a, details.uirevision)
        sentence = figures.scatter_sentence(targets, details.a)
        chart.chart(
            figure,
            sentence,
            key="dossier_targets",
            about="The unit's output against the target; look for a trend.",
        )
        return
    with np.errstate(invalid="ignore"):
        members = np.arange(len(names))[:, None] == details.y
        means = (members @ details.a) / members.sum(axis=1)
    average = float(details.a.mean())
    figure = figures.class_figure(means, names, average, details.uirevision)
    chart.chart(
        figure,
        figures.class_sentence(means, names, average),
        key="dossier_classes",
        about="The unit's mean output for each class; one class far from the others is what it "
        "detects.",
    )


def _importance(details: UnitDetails, ranking: UnitRanking) -> None:
    is_accuracy = details.now.task == CLASSIFICATION and ranking.measured
    method = f"each ablated alone, on {ranking.rows:,} examples; ties by first-order importance"
    symbol = details.now.dataset.source.unit
    y = "accuracy lost" if is_accuracy else f"error gained ({symbol})" if symbol else "error gained"
    if not ranking.measured:
        y, method = "loss gained, estimated", "estimated from gradients, −Σ a·∂L/∂a"
    figure = figures.ranking_figure(
        ranking.order, ranking.loss, details.unit, is_accuracy, y, details.uirevision
    )
    harmful = int((ranking.loss < 0).sum())
    no_effect = int((ranking.loss == 0).sum())
    first = "No unit matters"
    if ranking.loss.max() > 0:
        first = f"Unit {ranking.order[0] + 1} is the most important"
    sentence = (
        f"{first}; removing {no_effect} of {len(ranking.order)} units has no effect and removing "
        f"{harmful} improves the score ({method}). Click a bar to see its unit."
    )
    click = chart.chart(
        figure,
        sentence,
        key="dossier_ranking",
        clickable=True,
        about="What is lost when each unit is ablated alone; click a bar to see that unit.",
    )
    if click is not None and isinstance(click.point, int) and 0 <= click.point < len(ranking.order):
        unit = int(ranking.order[click.point])
        if unit != details.unit:
            stored.set("dossier_clicked", unit, f"{details.now.uirevision} {details.layer}")
            st.rerun(scope="fragment")


IMAGES_PER_PAGE = 48
WEIGHTS, CHANGE = "Weights", "Change by training"

MEANING = {
    WEIGHTS: "Bright pixels where it is blue increase z, where it is orange decrease it.",
    CHANGE: "Blue: training has increased the weight; orange: decreased it.",
}


def largest_size(values: Array) -> float:
    """The largest finite |value|; 0 without one."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def unit_images(now: NetworkView, copy: Snapshot) -> None:
    """Draw the incoming weights of a page of units as images; a click enlarges one."""
    st.markdown("**Incoming weights of each unit**")
    what, scale, start, stop = _choose_weights(copy.layers[0].kernel.shape[1])
    shape, units = now.dataset.source.shape, slice(start, stop)
    maps, kernel = weights.unit_images(copy.layers[0], shape, units), copy.layers[0].kernel
    if what == CHANGE:
        initial = now.initial.layers[0]
        maps = maps - weights.unit_images(initial, shape, units)
        kernel = kernel - initial.kernel
    own = np.array([largest_size(image) or 1.0 for image in maps])
    full = own if scale == OWN_SCALE else np.full(len(own), largest_size(kernel) or 1.0)
    scale_note = "its own scale, up to the ± below it"
    if scale == COMMON_SCALE:
        scale_note = f"the same scale, ± {full[0]:.3g}"
    st.caption(f"{MEANING[what]} Each image has {scale_note}. Click one to enlarge it.")
    tiles = [
        Tile(
            f"unit {start + i + 1}", f"± {size:.2g}",
            alternative=f"weights of unit {start + i + 1}, at most {size:.2g} in absolute value",
            colored=True,
        )
        for i, size in enumerate(own)
    ]  # fmt: skip
    height, width = shape
    sprite = images.diverging_url((maps / full[:, None, None]).reshape(-1, width), 1.0)
    of = f"{now.uirevision} {start} {what}"
    clicked = gallery(sprite, (height, width), tiles, "weights_images", clickable=True, of=of)
    if clicked is not None:
        unit, bias = start + clicked, copy.layers[0].bias[start + clicked]
        name = f"Unit {unit + 1} of {layer_name(0, len(copy.layers))}"
        figure = weight_figures.unit_map(
            maps[clicked], full[clicked], f"{name}: {what.lower()}", of
        )
        numbers = "weights" if what == WEIGHTS else "changes"
        sentence = (
            f"{name}: {(maps[clicked] > 0).mean():.0%} of these {numbers} are positive, the "
            f"largest absolute one is {own[clicked]:.3g}; the bias is {bias:.3g}."
        )
        with st.columns(2)[0]:
            chart.chart(
                figure,
                sentence,
                key="weights_unit",
                about="The weights of one unit, each at its pixel; blue adds to z, orange "
                "subtracts. Compare with the first epoch.",
            )


def _choose_weights(n_units: int) -> tuple[str, str, int, int]:
    """What is drawn, the color scale, and the page as [start, stop) of the units."""
    pages = [(i, min(i + IMAGES_PER_PAGE, n_units)) for i in range(0, n_units, IMAGES_PER_PAGE)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = st.segmented_control(
            "Image", [WEIGHTS, CHANGE], default=WEIGHTS, key="weights_images_of", required=True,
            persist_state="session",
            help="The weights, or how training has changed them.",
        )  # fmt: skip
        scale = st.segmented_control(
            "Color scale", [OWN_SCALE, COMMON_SCALE], default=OWN_SCALE, key="weights_scale",
            required=True, persist_state="session",
            help="One scale for all images to compare their strength, one each to see their shape.",
        )  # fmt: skip
        start, stop = pages[0]
        if len(pages) > 1:
            start, stop = st.selectbox(
                "Units", pages, key=f"weights_units_{n_units}", width=160,
                format_func=lambda page: f"{page[0] + 1} to {page[1]}", persist_state="session",
                help="Which units are shown.",
            )  # fmt: skip
    return what, scale, start, stop
