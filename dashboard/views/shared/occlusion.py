"""Where the network looks: how sure it stays while a patch covers part of the image."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures.images import data_url, heat_map
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection.occlusion import Occlusion, occlusion

Image = NDArray[np.uint8]

USUAL = 0.18  # of the image's side: 5 of 28 pixels, 1 of 8
COVERS = {"black": 0.0, "gray": 0.5, "white": 1.0}  # as a share of the pixel range


def looks(now: NetworkView, image: Image) -> None:
    """Choose a patch; see how much each part of the image matters."""
    side, maximum = min(image.shape), now.dataset.source.maximum
    with st.container(horizontal=True, vertical_alignment="bottom", key="looks"):
        patch = st.slider(
            "Side of the patch, in pixels", 1, side // 2, round(USUAL * side), width=280,
            key=f"looks_patch_{side}", persist_state="session",
            help="A small patch hides a detail; a large one a whole stroke.",
        )  # fmt: skip
        cover = st.segmented_control(
            "Cover with", list(COVERS), default="black", key="looks_cover", required=True,
            persist_state="session",
            help="Black is the background of these images: it takes ink away. White adds ink.",
        )  # fmt: skip
    found = occlusion(now.snapshot, now.dataset, image, patch, COVERS[cover] * maximum)
    if not np.isfinite(found.falls).all():
        st.warning(NOT_FINITE)
        return
    names = now.dataset.source.classes
    left, right = st.columns([3, 2], gap="medium")
    with left:
        name = names[found.answer]
        uirevision = f"{now.uirevision} {image.shape}"
        figure = heat_map(found.falls, image, f"What speaks for {name}", "fall", uirevision)
        chart.chart(
            figure,
            sentence(found, names),
            key="looks_map",
            about="How much surer or less sure the answer becomes when a patch covers"
            " each place; try another patch size or cover.",
        )
    with right:
        _worst(found, image, names, maximum, COVERS[cover] * maximum)


def sentence(found: Occlusion, names: tuple[str, ...]) -> str:
    """Where covering costs most, and whether it changes the answer."""
    name, row_column = names[found.answer], found.strongest
    fall, rise = float(found.falls.max()), float(-found.falls.min())
    text = (
        f"Blue: covered there, it is less sure of {name} (by up to {fall:.0%} of "
        f"{found.probability:.0%}, as the mean of all patches over that pixel, around row "
        f"{row_column[0]}, column {row_column[1]}); "
    )
    if rise > 0.005:
        text += f"orange: it becomes surer, by up to {rise:.0%}."
    else:
        text += "nowhere does covering make it much surer."
    return text


def _worst(
    found: Occlusion, image: Image, names: tuple[str, ...], maximum: float, cover: float
) -> None:
    """The image whole and with the patch where it costs most."""
    worst = int(found.places.argmax())
    row, column = (int(n) for n in found.corners[worst])
    covered = image.copy()
    rows, columns = (slice(max(n, 0), max(n + found.patch, 0)) for n in (row, column))
    covered[rows, columns] = round(cover)
    left = found.probability - float(found.places[worst])
    pixels = np.concatenate([image, covered]) * (255 / maximum)
    name = names[found.answer]
    then = names[int(found.answers[worst])]
    tiles = [
        Tile(f"whole: {name}", f"{found.probability:.1%} sure"),
        Tile(f"covered: {then}", f"{name} {left:.1%}"),
    ]
    height, width = image.shape
    sprite = data_url(pixels.round().astype(np.uint8))
    gallery(sprite, (height, width), tiles, key="looks_worst", size=140)
    st.caption(places_sentence(found, names))


def places_sentence(found: Occlusion, names: tuple[str, ...]) -> str:
    """At how many places the patch changes the answer."""
    n, patch = len(found.places), found.patch
    where = f"The patch of {patch} × {patch} pixels was put on {n:,} places"
    right = "Right: the place that costs most."
    if not found.other:
        return f"{where}: the answer is {names[found.answer]} at all of them. {right}"
    changed = found.answers[found.answers != found.answer]
    likely = names[int(np.bincount(changed).argmax())]
    return (
        f"{where}: at {len(changed):,} of them ({found.other:.1%}) the answer is another one, "
        f"mostly {likely}. {right}"
    )
