"""Occlusion map: the drop in confidence while a patch covers part of an image."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures.images import data_url, heat_map
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection.ablation import Occlusion, occlusion

Image = NDArray[np.uint8]

DEFAULT_PATCH = 0.18  # of the image's side: 5 of 28 pixels, 1 of 8
COVERS = {"black": 0.0, "gray": 0.5, "white": 1.0}  # as a fraction of the pixel range


def occlusion_map(now: NetworkView, image: Image) -> None:
    """Choose a patch; draw how much covering each part of the image costs."""
    side, maximum = min(image.shape), now.dataset.source.maximum
    with st.container(horizontal=True, vertical_alignment="bottom", key="looks"):
        patch = st.slider(
            "Patch size (pixels)", 1, side // 2, round(DEFAULT_PATCH * side), width=280,
            key=f"looks_patch_{side}", persist_state="session",
            help="A small patch hides a detail, a large one a whole stroke.",
        )  # fmt: skip
        cover = st.segmented_control(
            "Fill", list(COVERS), default="black", key="looks_cover", required=True,
            persist_state="session",
            help="Black is the background of these images: it removes ink. White adds ink.",
        )  # fmt: skip
    result = occlusion(now.snapshot, now.dataset, image, patch, COVERS[cover] * maximum)
    if not np.isfinite(result.falls).all():
        st.warning(NOT_FINITE)
        return
    names = now.dataset.source.classes
    left, right = st.columns([3, 2], gap="medium")
    with left:
        title = f"Occlusion map for {names[result.answer]}"
        figure = heat_map(result.falls, image, title, "drop", f"{now.uirevision} {image.shape}")
        chart.chart(
            figure,
            sentence(result, names),
            key="looks_map",
            about="The change in the predicted probability when a patch covers each place; try "
            "another patch size or fill.",
        )
    with right:
        _worst_patch(result, image, names, maximum, COVERS[cover] * maximum)


def sentence(result: Occlusion, names: tuple[str, ...]) -> str:
    """The largest drop and the largest rise in confidence."""
    name, (row, column) = names[result.answer], result.strongest
    drop, rise = float(result.falls.max()), float(-result.falls.min())
    text = (
        f"Blue: covering it lowers the probability of {name}, by up to {drop:.0%} of "
        f"{result.probability:.0%} (mean of all patches over a pixel) around row {row}, column "
        f"{column}; "
    )
    if rise > 0.005:
        return text + f"orange: it raises it, by up to {rise:.0%}."
    return text + "nowhere does it raise it much."


def _worst_patch(
    result: Occlusion, image: Image, names: tuple[str, ...], maximum: float, fill: float
) -> None:
    """The image without and with the patch where it costs most."""
    worst = int(result.places.argmax())
    row, column = (int(n) for n in result.corners[worst])
    covered = image.copy()
    rows, columns = (slice(max(n, 0), max(n + result.patch, 0)) for n in (row, column))
    covered[rows, columns] = round(fill)
    remaining = result.probability - float(result.places[worst])
    pixels = np.concatenate([image, covered]) * (255 / maximum)
    name = names[result.answer]
    tiles = [
        Tile(f"original: {name}", f"confidence {result.probability:.1%}"),
        Tile(f"covered: {names[int(result.answers[worst])]}", f"{name} {remaining:.1%}"),
    ]
    height, width = image.shape
    sprite = data_url(pixels.round().astype(np.uint8))
    gallery(sprite, (height, width), tiles, key="looks_worst", size=140)
    st.caption(places_sentence(result, names))


def places_sentence(result: Occlusion, names: tuple[str, ...]) -> str:
    """At how many places the patch changes the prediction."""
    n, patch = len(result.places), result.patch
    placed = f"A patch of {patch} × {patch} pixels at {n:,} places"
    right = "Right: the place that costs most."
    if not result.other:
        return f"{placed}: {names[result.answer]} is predicted at all of them. {right}"
    changed = result.answers[result.answers != result.answer]
    likely = names[int(np.bincount(changed).argmax())]
    return (
        f"{placed}: at {len(changed):,} of them ({result.other:.1%}) the prediction changes, "
        f"mostly to {likely}. {right}"
    )
