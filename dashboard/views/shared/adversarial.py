"""The smallest change of an image that makes the network answer something else."""

import zlib
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import evaluation
from dashboard.figures.images import data_url
from dashboard.figures.style import diverging_colors
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection import adversarial
from playground.analysis.inspection.adversarial import DIRECTIONS, AdversarialPaths
from playground.runs.jobs import LRUCache, fingerprint

Image = NDArray[np.uint8]

NEAREST = "the nearest class"
_PATHS: LRUCache[AdversarialPaths] = LRUCache(6)  # up to 4 MB each
SHOWN = 4  # classes with a curve: the answer, the target, and the likeliest others


def smallest_change(now: NetworkView, image: Image) -> None:
    """Choose a class and a strength; see the image, the change and the answer."""
    names = now.dataset.source.classes
    with st.container(horizontal=True, vertical_alignment="bottom", key="flip"):
        wish = st.selectbox(
            "Make it answer",
            [NEAREST, *names],
            key="flip_target",
            width=180,
            help="The answer the change aims at; try the class you find least alike.",
        )
        way = st.segmented_control(
            "Change", list(DIRECTIONS), default="sign", key="flip_way", required=True,
            format_func=lambda name: DIRECTIONS[name].label,
            help=" ".join(f"{d.label}: {d.description}" for d in DIRECTIONS.values()),
        )  # fmt: skip
    question = (fingerprint(now.snapshot), now.experiment.data, image.tobytes(), way)
    paths = _PATHS.get_or_compute(
        question, adversarial.paths, now.snapshot, now.dataset, image, way
    )
    if not np.isfinite(paths.shares[0]).all():
        st.warning(NOT_FINITE)
        return
    index = _target(paths, wish, names)
    if index is None:
        st.info(none_sentence(paths, names))
        return
    reached = int(paths.reached[index])
    st.markdown(f"**{sentence(paths, index, names)}**")
    place = _place(now, image, way, index)
    step = st.select_slider(
        "Strength: how much a pixel may change", range(len(paths.images)),
        value=reached if reached >= 0 else len(paths.images) - 1, key=f"flip_step_{place}",
        format_func=lambda step: f"{step * paths.step:.1%}",
        help="How far each pixel may move at most; raise it until the answer "
        "flips.",
    )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        _images(paths, index, step, names)
    with right:
        before, after = paths.shares[0, index], paths.shares[step, index]
        figure = evaluation.before_after_bars("The answer", names, before, after, now.uirevision)
        chart.chart(
            figure,
            answer_sentence(paths, index, step, names),
            key="flip_bars",
            about="What the network answers to the changed image; move the strength "
            "until another bar is the longest.",
        )
    left, right = st.columns(2, gap="medium")
    strengths = np.arange(len(paths.images)) * paths.step
    with left:
        shown = _shown(paths, index)
        figure = evaluation.probability_curves(
            strengths, paths.shares[:, index], names, shown, step, place
        )
        chart.chart(
            figure,
            course_sentence(paths, index, names),
            key="flip_course",
            about="How the answer changes as the image is changed more and more; read"
            " off how little it takes to change its mind.",
        )
    with right:
        others = [names[target] for target in paths.targets]
        far = np.where(paths.reached < 0, np.nan, paths.reached * paths.step)
        figure = evaluation.distance_bars(others, far, index, now.uirevision)
        chart.chart(
            figure,
            distance_sentence(others, far),
            key="flip_distances",
            about="How strongly the image must be changed for each other answer; the "
            "shortest bar is the class it confuses most easily.",
        )


def _target(paths: AdversarialPaths, wish: str, names: tuple[str, ...]) -> int | None:
    """The way to the class wished for; the nearest where that is the answer already."""
    if wish in names and (target := names.index(wish)) in paths.targets:
        return paths.targets.index(target)
    if wish in names:
        st.caption(f"It answers {wish} already: this is the way to the nearest other class.")
    return paths.nearest


def _place(now: NetworkView, image: Image, way: str, index: int) -> str:
    """Names this network, image and way: another one starts at its own smallest change."""
    told = f"{now.uirevision} {now.epoch} {way} {index}".encode()
    return f"{zlib.crc32(image.tobytes() + told):x}"


def picture(paths: AdversarialPaths, index: int, step: int) -> str:
    """The address of three images below each other: before, after, the change in full colors."""
    change = paths.change(index, step)
    pair = [paths.images[0, index], paths.images[step, index]]
    gray = [np.repeat((p * (255 / paths.maximum)).round()[..., None], 3, axis=-1) for p in pair]
    colors = diverging_colors(change, float(np.abs(change).max()) or 1.0)
    return data_url(np.concatenate([*gray, colors]).astype(np.uint8))


def _images(paths: AdversarialPaths, index: int, step: int, names: tuple[str, ...]) -> None:
    """Before, after and the change."""
    change = paths.change(index, step)
    largest, mean = float(np.abs(change).max()), float(np.abs(change).mean())
    answer, now = paths.answer, int(paths.answers(index)[step])
    before, after = paths.shares[0, index, answer], paths.shares[step, index, now]
    magnified = f"× {1 / largest:.0f}" if largest else "none"
    tiles = [
        Tile(f"before: {names[answer]}", f"{before:.1%} sure"),
        Tile(f"after: {names[now]}", f"{after:.1%} sure"),
        Tile("the change", magnified, "", "The change: blue brighter, orange darker"),
    ]
    height, width = change.shape
    gallery(picture(paths, index, step), (height, width), tiles, key="flip_images", size=140)
    st.caption(
        f"Blue pixels were made brighter, orange ones darker: by {largest:.1%} of the pixel range "
        f"at most and {mean:.2%} on average. None leaves the range 0 to {paths.maximum:g}."
    )


def _shown(paths: AdversarialPaths, index: int) -> list[int]:
    """The answer, the target, and the classes that are likely anywhere on the way."""
    first = [paths.answer, paths.targets[index]]
    likely = np.argsort(-paths.shares[:, index].max(axis=0))
    return first + [int(c) for c in likely if c not in first][: SHOWN - 2]


def _share(strength: float) -> str:
    return f"{strength:.1%}"


def sentence(paths: AdversarialPaths, index: int, names: tuple[str, ...]) -> str:
    """The smallest change in words."""
    answer, target = names[paths.answer], names[paths.targets[index]]
    reached = int(paths.reached[index])
    if reached < 0:
        most = _share((len(paths.images) - 1) * paths.step)
        return f"This way does not lead to {target}, even with {most} of the pixel range per pixel."
    mean = float(np.abs(paths.change(index, reached)).mean())
    text = (
        f"A change of at most {_share(reached * paths.step)} of the pixel range per pixel "
        f"({_share(mean)} on average) turns {answer} into {target}."
    )
    other = paths.answers(index)[:reached]
    away = np.flatnonzero(other != paths.answer)
    if len(away):
        first = int(away[0])
        begin = _share(first * paths.step)
        return f"{text} On the way, from {begin}, it answers {names[int(other[first])]}."
    return f"{text} Below that it still answers {answer}."


def none_sentence(paths: AdversarialPaths, names: tuple[str, ...]) -> str:
    """What to say where no class is reached."""
    most = _share((len(paths.images) - 1) * paths.step)
    return (
        f"It answers {names[paths.answer]} and stays with it: no way along the gradient, up to "
        f"{most} of the pixel range per pixel, leads to another class. The gradient may be 0: "
        "try a network that has learnt less, or another image."
    )


def answer_sentence(paths: AdversarialPaths, index: int, step: int, names: tuple[str, ...]) -> str:
    """The answer at the chosen strength beside the first one."""
    after = paths.shares[step, index]
    now, was = int(after.argmax()), paths.answer
    strength = _share(step * paths.step)
    first = paths.shares[0, index, was]
    return (
        f"Changed by {strength}: {names[now]}, {after[now]:.1%} sure; the image itself: "
        f"{names[was]}, {first:.1%} sure."
    )


def course_sentence(paths: AdversarialPaths, index: int, names: tuple[str, ...]) -> str:
    """Where the curves of answer and target end."""
    answer, target = paths.answer, paths.targets[index]
    first, last = paths.shares[0, index], paths.shares[-1, index]
    return (
        f"{names[answer]} falls from {first[answer]:.0%} to {last[answer]:.0%}, {names[target]} "
        f"goes from {first[target]:.0%} to {last[target]:.0%}; the dotted line is the strength "
        "above."
    )


def distance_sentence(names: list[str], strengths: NDArray[Any]) -> str:
    """Which class is nearest and which farthest."""
    there = np.flatnonzero(~np.isnan(strengths))
    if not len(there):
        return "No class is reached."
    near, far = (int(there[pick(strengths[there])]) for pick in (np.argmin, np.argmax))
    text = f"Nearest is {names[near]} ({_share(strengths[near])})"
    if len(there) < len(names):
        return f"{text}; {len(names) - len(there)} of {len(names)} classes are not reached."
    return f"{text}, farthest {names[far]} ({_share(strengths[far])})."
