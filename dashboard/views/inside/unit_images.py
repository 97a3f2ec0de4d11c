"""What each unit of the first layer looks for in an image."""

import numpy as np
import streamlit as st

from dashboard import live
from dashboard.figures import picture
from dashboard.figures import weights as figures
from dashboard.moment import Moment
from playground import weights
from playground.snapshot import Array, Snapshot

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


def unit_images(now: Moment, copy: Snapshot) -> None:
    """The incoming weights of a page of units as images; click one to see it large."""
    st.markdown("**What each unit looks for**")
    what, scale, start, stop = _choose(copy.layers[0].kernel.shape[1])
    shape, units = now.dataset.source.shape, slice(start, stop)
    images, whole = weights.unit_images(copy.layers[0], shape, units), copy.layers[0].kernel
    if what == CHANGED:
        initial = now.initial.layers[0]
        images = images - weights.unit_images(initial, shape, units)
        whole = whole - initial.kernel
    own = np.array([largest_size(image) or 1.0 for image in images])
    full = own if scale == OWN else np.full(len(own), largest_size(whole) or 1.0)
    says = "its own scale: full colour is the ± below it"
    if scale == COMMON:
        says = f"the same scale: full colour is ± {full[0]:.3g}, below it is its own largest"
    st.caption(f"{MEANING[what]} Each image has {says}. Click one to see it large.")
    tiles = [
        live.Tile(
            f"unit {start + i + 1}", f"± {size:.2g}",
            alternative=f"weights of unit {start + i + 1}, up to {size:.2g} by size",
        )
        for i, size in enumerate(own)
    ]  # fmt: skip
    height, width = shape
    sprite = picture.diverging((images / full[:, None, None]).reshape(-1, width), 1.0)
    of = f"{now.keep} {start} {what}"
    chosen = live.gallery(sprite, (height, width), tiles, "weights_images", clickable=True, of=of)
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
            live.chart(
                figure,
                sentence,
                key="weights_unit",
                about="The weights of one unit, each where its pixel is; blue adds to the"
                " unit's sum, orange takes away. Compare with the first epoch.",
            )


def _choose(n_units: int) -> tuple[str, str, int, int]:
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
            "Colour scale", [OWN, COMMON], default=OWN, key="weights_scale", required=True,
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
