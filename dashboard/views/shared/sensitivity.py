"""Sensitivity of a prediction to its image: adversarial example and occlusion map."""

import zlib
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import evaluation
from dashboard.figures.images import data_url, heat_map
from dashboard.figures.style import diverging_colors
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection import adversarial
from playground.analysis.inspection.ablation import Occlusion, occlusion
from playground.analysis.inspection.adversarial import DIRECTIONS, AdversarialPaths
from playground.runs.jobs import LRUCache, fingerprint

Image = NDArray[np.uint8]

NEAREST = "the nearest class"
_PATHS: LRUCache[AdversarialPaths] = LRUCache(6)  # up to 4 MB each
MAX_CURVES = 4  # the predicted class, the target, and the likeliest others


def adversarial_example(now: NetworkView, image: Image) -> None:
    """Choose a target class and a strength; draw image, perturbation and prediction."""
    names = now.dataset.source.classes
    with st.container(horizontal=True, vertical_alignment="bottom", key="flip"):
        target = st.selectbox(
            "Target class", [NEAREST, *names], key="flip_target", width=180,
            help="The class the perturbation aims at.",
        )  # fmt: skip
        direction = st.segmented_control(
            "Direction", list(DIRECTIONS), default="sign", key="flip_way", required=True,
            format_func=lambda name: DIRECTIONS[name].label,
            help=" ".join(f"{d.label}: {d.description}" for d in DIRECTIONS.values()),
        )  # fmt: skip
    key = (fingerprint(now.snapshot), now.experiment.data, image.tobytes(), direction)
    paths = _PATHS.get_or_compute(
        key, adversarial.paths, now.snapshot, now.dataset, image, direction
    )
    if not np.isfinite(paths.shares[0]).all():
        st.warning(NOT_FINITE)
        return
    index = _target_index(paths, target, names)
    if index is None:
        st.info(none_sentence(paths, names))
        return
    reached = int(paths.reached[index])
    st.markdown(f"**{adversarial_sentence(paths, index, names)}**")
    uirevision = _uirevision(now, image, direction, index)
    step = st.select_slider(
        "Strength (largest change of a pixel)", range(len(paths.images)),
        value=reached if reached >= 0 else len(paths.images) - 1, key=f"flip_step_{uirevision}",
        format_func=lambda step: f"{step * paths.step:.1%}",
        help="Raise it until the prediction changes.",
    )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        _images(paths, index, step, names)
    with right:
        before, after = paths.shares[0, index], paths.shares[step, index]
        chart.chart(
            evaluation.before_after_bars(
                "Class probabilities", names, before, after, now.uirevision
            ),
            probabilities_sentence(paths, index, step, names),
            key="flip_bars",
            about="The probabilities for the perturbed image; move the strength until another bar "
            "is the longest.",
        )
    left, right = st.columns(2, gap="medium")
    strengths = np.arange(len(paths.images)) * paths.step
    with left:
        shown = _shown_classes(paths, index)
        chart.chart(
            evaluation.probability_curves(
                strengths, paths.shares[:, index], names, shown, step, uirevision
            ),
            curves_sentence(paths, index, names),
            key="flip_course",
            about="The probabilities as the perturbation grows; read off how little it takes to "
            "change the prediction.",
        )
    with right:
        others = [names[target] for target in paths.targets]
        distances = np.where(paths.reached < 0, np.nan, paths.reached * paths.step)
        chart.chart(
            evaluation.distance_bars(others, distances, index, now.uirevision),
            distance_sentence(others, distances),
            key="flip_distances",
            about="The smallest perturbation for each other class; the shortest bar is the class "
            "it is most easily confused with.",
        )


def _target_index(paths: AdversarialPaths, target: str, names: tuple[str, ...]) -> int | None:
    """The path to the target class; the nearest one where the target is predicted already."""
    if target in names and names.index(target) in paths.targets:
        return paths.targets.index(names.index(target))
    if target in names:
        st.caption(f"{target} is predicted already: this is the nearest other class.")
    return paths.nearest


def _uirevision(now: NetworkView, image: Image, direction: str, index: int) -> str:
    """Names network, image and path: another one starts at its own smallest perturbation."""
    settings = f"{now.uirevision} {now.epoch} {direction} {index}".encode()
    return f"{zlib.crc32(image.tobytes() + settings):x}"


def images_url(paths: AdversarialPaths, index: int, step: int) -> str:
    """Three images below each other: original, perturbed, and the perturbation in full colors."""
    change = paths.change(index, step)
    pair = [paths.images[0, index], paths.images[step, index]]
    gray = [np.repeat((p * (255 / paths.maximum)).round()[..., None], 3, axis=-1) for p in pair]
    colors = diverging_colors(change, float(np.abs(change).max()) or 1.0)
    return data_url(np.concatenate([*gray, colors]).astype(np.uint8))


def _images(paths: AdversarialPaths, index: int, step: int, names: tuple[str, ...]) -> None:
    change = paths.change(index, step)
    largest, mean = float(np.abs(change).max()), float(np.abs(change).mean())
    original, perturbed = paths.answer, int(paths.answers(index)[step])
    before, after = paths.shares[0, index, original], paths.shares[step, index, perturbed]
    tiles = [
        Tile(f"original: {names[original]}", f"confidence {before:.1%}"),
        Tile(f"perturbed: {names[perturbed]}", f"confidence {after:.1%}"),
        Tile(
            "perturbation",
            f"× {1 / largest:.0f}" if largest else "none",
            alternative="The perturbation: blue brighter, orange darker",
            colored=True,
        ),
    ]
    height, width = change.shape
    sprite = images_url(paths, index, step)
    gallery(sprite, (height, width), tiles, key="flip_images", size=140)
    st.caption(
        f"Blue pixels become brighter, orange ones darker: by at most {largest:.1%} of the pixel "
        f"range and {mean:.2%} on average, within 0 to {paths.maximum:g}."
    )


def _shown_classes(paths: AdversarialPaths, index: int) -> list[int]:
    """The predicted class, the target, and the classes with a high probability on the path."""
    first = [paths.answer, paths.targets[index]]
    likely = np.argsort(-paths.shares[:, index].max(axis=0))
    return first + [int(c) for c in likely if c not in first][: MAX_CURVES - 2]


def adversarial_sentence(paths: AdversarialPaths, index: int, names: tuple[str, ...]) -> str:
    """The smallest perturbation that reaches the target."""
    original, target = names[paths.answer], names[paths.targets[index]]
    reached = int(paths.reached[index])
    if reached < 0:
        largest = (len(paths.images) - 1) * paths.step
        return f"This path does not reach {target}, even with {largest:.1%} of the pixel range."
    mean = float(np.abs(paths.change(index, reached)).mean())
    text = (
        f"A perturbation of at most {reached * paths.step:.1%} of the pixel range per pixel "
        f"({mean:.1%} on average) turns {original} into {target}."
    )
    on_path = paths.answers(index)[:reached]
    changed = np.flatnonzero(on_path != paths.answer)
    if len(changed):
        first = int(changed[0])
        return f"{text} From {first * paths.step:.1%}, {names[int(on_path[first])]} is predicted."
    return f"{text} Below that, {original} is still predicted."


def none_sentence(paths: AdversarialPaths, names: tuple[str, ...]) -> str:
    """Message where no class is reached."""
    largest = (len(paths.images) - 1) * paths.step
    return (
        f"No path along the gradient changes the prediction {names[paths.answer]}, up to "
        f"{largest:.1%} of the pixel range per pixel. The gradient may be 0: try a network trained "
        "for fewer epochs, or another image."
    )


def probabilities_sentence(
    paths: AdversarialPaths, index: int, step: int, names: tuple[str, ...]
) -> str:
    """The prediction at the chosen strength beside the original one."""
    after, original = paths.shares[step, index], paths.answer
    perturbed = int(after.argmax())
    return (
        f"Perturbed by {step * paths.step:.1%}: {names[perturbed]}, confidence "
        f"{after[perturbed]:.1%}; original: {names[original]}, confidence "
        f"{paths.shares[0, index, original]:.1%}."
    )


def curves_sentence(paths: AdversarialPaths, index: int, names: tuple[str, ...]) -> str:
    """First and last probability of the predicted class and of the target."""
    original, target = paths.answer, paths.targets[index]
    first, last = paths.shares[0, index], paths.shares[-1, index]
    return (
        f"{names[original]} falls from {first[original]:.0%} to {last[original]:.0%}, "
        f"{names[target]} changes from {first[target]:.0%} to {last[target]:.0%}; the dotted line "
        "is the strength above."
    )


def distance_sentence(names: list[str], strengths: NDArray[Any]) -> str:
    """The nearest and the farthest class."""
    reached = np.flatnonzero(~np.isnan(strengths))
    if not len(reached):
        return "No class is reached."
    near, far = (int(reached[pick(strengths[reached])]) for pick in (np.argmin, np.argmax))
    text = f"Nearest is {names[near]} ({strengths[near]:.1%})"
    if len(reached) < len(names):
        return f"{text}; {len(names) - len(reached)} of {len(names)} classes are not reached."
    return f"{text}, farthest {names[far]} ({strengths[far]:.1%})."


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
            occlusion_sentence(result, names),
            key="looks_map",
            about="The change in the predicted probability when a patch covers each place; try "
            "another patch size or fill.",
        )
    with right:
        _worst_patch(result, image, names, maximum, COVERS[cover] * maximum)


def occlusion_sentence(result: Occlusion, names: tuple[str, ...]) -> str:
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
