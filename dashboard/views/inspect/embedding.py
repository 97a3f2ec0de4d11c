"""A map of the examples as one layer sees them."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components import images as sprites
from dashboard.components.chart import POLL_SECONDS
from dashboard.figures import Figure
from dashboard.figures import embedding as cloud
from dashboard.figures import images as picture
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation import predictions
from dashboard.widgets.messages import literal
from playground.analysis.inspection.embedding import (
    FEWEST,
    Embedding,
    activations,
    aligned,
    nearest,
    pca,
    target,
)
from playground.experiment.model_summary import UnitNames
from playground.nn.losses import CLASSIFICATION
from playground.runs.jobs import Job, Jobs, LRUCache, fingerprint

POINTS = 1_000
COLUMNS = 40  # pictures in a row of the sheet
VALUES = 8  # features named on a card

PCA, TSNE = "PCA", "t-SNE"
EXPLAINED = {
    PCA: "PCA: the flat shadow that keeps most of the spread. Distances can be trusted; what the "
    "shares leave out cannot be seen.",
    TSNE: "t-SNE: keeps neighbors together. Groups can be trusted; distances between them and "
    "their sizes cannot.",
}

_MAPS: LRUCache[Embedding] = LRUCache(64)  # by weights, data, layer and method
_LAST: LRUCache[NDArray[np.float32]] = LRUCache(64)  # the points shown last, by network and layer
_SHEETS: LRUCache[bytes] = LRUCache(8)
_WORK = Jobs()
TSNE_PATH = "playground.analysis.inspection.embedding:tsne"


def embedding(now: NetworkView) -> None:
    """Choose a layer and a method; the examples as points, each with its image or its values."""
    of = predictions.chosen(now, POINTS)
    layer, method, color = _choices(now)
    if of.rows < 2:
        st.info(f"A map needs at least 2 examples, and there is {of.rows}.")
        return
    found = _pca(now, of, layer)
    note = ""
    if method == TSNE:
        if of.rows < FEWEST:
            st.info(f"t-SNE needs at least {FEWEST} examples, and there are {of.rows}. Choose PCA.")
            return
        mapped, note = _tsne(now, of, layer, found)
        if mapped is None:
            return
        found = mapped
    _show(now, of, found, layer, method, color, note)


def layer_names(now: NetworkView) -> list[str]:
    """The input, the hidden layers and the output, with their sizes."""
    names = UnitNames(now.dataset.source, len(now.snapshot.layers))
    return [f"{names.column(i)} ({n:,})" for i, n in enumerate(now.experiment.layer_sizes)]


def _choices(now: NetworkView) -> tuple[int, str, str]:
    names = layer_names(now)
    colors = ["class", "right or wrong"] if now.task == CLASSIFICATION else ["true value", "error"]
    with st.container(horizontal=True, gap="medium"):
        layer = st.segmented_control(
            "Layer", range(len(names)), default=max(len(names) - 2, 0), required=True,
            key=f"embedded_layer_{len(names)}", format_func=lambda i: names[i],
            persist_state="session", wrap=True,
            help="The layer whose answers are drawn; go from the first to the last "
            "and see the classes come apart.",
        )  # fmt: skip
        method = st.segmented_control(
            "Method", [PCA, TSNE], default=PCA, required=True, key="embedding_method",
            persist_state="session",
            help="PCA keeps the two directions of largest spread, t-SNE keeps "
            "neighbors together; compare the two.",
        )  # fmt: skip
        color = st.segmented_control(
            "Color", colors, default=colors[0], required=True,
            key=f"embedding_color_{now.task}", persist_state="session",
            help="What the color stands for; color by right and wrong to find "
            "where mistakes lie.",
        )  # fmt: skip
    return layer, method, color


def _inputs(now: NetworkView, of: predictions.ChosenExamples) -> NDArray[np.float32]:
    return now.dataset.transform(of.part.x)


def _question(
    now: NetworkView, of: predictions.ChosenExamples, layer: int, method: str
) -> tuple[Any, ...]:
    """What a map depends on: at the input not on the network."""
    weights = fingerprint(now.snapshot) if layer else ""
    return weights, now.experiment.data, of.name, of.rows, layer, method


def _pca(now: NetworkView, of: predictions.ChosenExamples, layer: int) -> Embedding:
    return _MAPS.get_or_compute(_question(now, of, layer, PCA), _new_pca, now, of, layer)


def _new_pca(now: NetworkView, of: predictions.ChosenExamples, layer: int) -> Embedding:
    """Turned to lie like the map shown before, so that the epochs pass without jumps."""
    found = pca(activations(now.snapshot, _inputs(now, of), layer))
    owner = (now.uirevision, of.rows, layer, PCA)
    reference = _LAST.get(owner)
    found = aligned(found, _at_first(now, of) if reference is None else reference)
    _LAST.put(owner, found.points)
    return found


def _at_first(now: NetworkView, of: predictions.ChosenExamples) -> NDArray[np.float32]:
    """Classes round a circle; values of a regression from left to right."""
    y = of.part.y
    if now.task == CLASSIFICATION:
        return target(y, len(now.dataset.source.classes))
    return np.column_stack([y, np.zeros_like(y)]).astype(np.float32)


def _tsne(
    now: NetworkView, of: predictions.ChosenExamples, layer: int, start: Embedding
) -> tuple[Embedding | None, str]:
    """The map if it is there; else how far it is, and the one before with a word on that."""
    question = _question(now, of, layer, TSNE)
    owner = (now.uirevision, of.rows, layer, TSNE)
    for done in (_WORK.latest(owner), _WORK.get(question)):
        _take(owner, done, start)
    ready = _MAPS.get(question)
    if ready is not None:
        return ready, ""
    job = _WORK.get(question)
    if job is None:
        x = activations(now.snapshot, _inputs(now, of), layer)
        job = _WORK.submit(owner, question, TSNE_PATH, x, start.points)
    if job.state == "failed":
        st.error(f"t-SNE could not be computed: {literal(job.reason)}.")
        st.button(
            "Try again",
            key="tsne_again",
            on_click=_WORK.remove,
            args=(job.key, job),
            help="Computes the map once more; try it if the worker was busy.",
        )
        return None, ""
    st.fragment(_waiting, run_every=POLL_SECONDS)(job)
    last = _LAST.get(owner)
    return (None if last is None else Embedding(last)), "The map is still that of other weights. "


def _take(owner: Hashable, job: Job | None, start: Embedding) -> None:
    """Keep what the worker has finished, also if the run has gone on meanwhile."""
    if job is not None and job.state == "done" and _MAPS.get(job.key) is None:
        before = _LAST.get(owner)
        found = aligned(Embedding(job.result), start.points if before is None else before)
        _MAPS.put(job.key, found)
        _LAST.put(owner, found.points)


def _waiting(job: Job) -> None:
    seconds = job.seconds
    st.progress(
        1 - 0.9 ** (seconds / 2),
        text=f"t-SNE is at work in the background, for {seconds:.0f} s so far; it takes about 5 to "
        "20, and longer beside a run that plays. Everything else works meanwhile.",
    )
    if job.state != "working":
        st.rerun()


def _show(
    now: NetworkView, of: predictions.ChosenExamples, found: Embedding, layer: int, method: str,
    color: str,
    note: str,
) -> None:  # fmt: skip
    name = layer_names(now)[layer]
    title = f"{method} of the {of.name} examples: {name}"
    axes = ("", "")
    if found.explained is not None:
        axes = (
            f"{found.explained[0]:.0%} of the variance", f"{found.explained[1]:.0%} of the variance"
        )  # fmt: skip
    uirevision = f"{now.uirevision} {layer} {method} {color}"
    if now.task == CLASSIFICATION:
        figure, sentence = _classes(now, of, found, name, title, axes, color, uirevision)
    else:
        figure, sentence = _values(now, of, found, name, title, axes, color, uirevision)
    if found.explained is not None:
        sentence += f" The two directions hold {sum(found.explained):.0%} of the variance."
    images = None
    if now.dataset.source.shape:
        height, width = now.dataset.source.shape
        images = chart.PointImages(_sheet(now, of), (height, width), COLUMNS)
    chart.chart(
        figure,
        note + sentence,
        key="embedding",
        cards=True,
        images=images,
        about="Each example as a point, near to those this layer finds similar; "
        "choose a later layer or epoch and see the classes come apart.",
    )
    what = "its image" if images else "its values"
    of.say()
    st.caption(
        f"{EXPLAINED[method]} Point at an example, or tap it, to see {what}; with the chart in "
        "focus, the arrow keys go from one to the next."
    )


def _classes(
    now: NetworkView, of: predictions.ChosenExamples, found: Embedding, name: str, title: str,
    axes: tuple[str, str], color: str, uirevision: str,
) -> tuple[Figure, str]:  # fmt: skip
    answers, names = predictions.judgement(now, of), now.dataset.source.classes
    texts = [
        f"{values}is {names[t]}, said {names[g]} ({sure:.0%})"
        for values, t, g, sure in zip(
            _values_of(now, of), answers.truth, answers.guess, answers.confidence, strict=True
        )
    ]
    by_class = color == "class"
    groups = (
        cloud.by_class(answers.truth, names) if by_class else cloud.by_correctness(answers.right)
    )
    kind = answers.truth if by_class else answers.right.astype(np.int64)
    same = float((kind[nearest(found.points)] == kind).mean())
    chance = float(np.square(np.bincount(kind) / len(kind)).sum())
    figure = cloud.embedding_figure(found.points, groups, texts, title, axes, uirevision)
    return figure, cloud.neighbors_sentence(same, chance, name, "class" if by_class else "kind")


def _values(
    now: NetworkView, of: predictions.ChosenExamples, found: Embedding, name: str, title: str,
    axes: tuple[str, str], color: str, uirevision: str,
) -> tuple[Figure, str]:  # fmt: skip
    answers = predictions.missed(now, of)
    texts = [
        f"{values}true {t:.3g}, predicted {p:.3g}"
        for values, t, p in zip(_values_of(now, of), answers.truth, answers.predicted, strict=True)
    ]
    shown = answers.truth if color == "true value" else answers.residual
    figure = cloud.colored_by_value(found.points, shown, texts, title, axes, color, uirevision)
    apart = float(np.abs(shown[nearest(found.points)] - shown).mean())
    usual = float(np.abs(shown[:, None] - shown[None]).mean())
    return figure, cloud.values_sentence(apart, usual, name, color)


def _values_of(now: NetworkView, of: predictions.ChosenExamples) -> list[str]:
    """The features of each example, a line each; nothing for images."""
    names = now.dataset.source.features[:VALUES]
    if now.dataset.source.shape:
        return [""] * of.rows
    return [
        "".join(f"{name}: {value:.4g}\n" for name, value in zip(names, row, strict=False))
        for row in of.part.x.tolist()
    ]


def _sheet(now: NetworkView, of: predictions.ChosenExamples) -> str:
    """The address of one picture of all examples, which the browser gets once."""
    question = (now.experiment.data, of.name, of.rows)
    return sprites.publish(_SHEETS.get_or_compute(question, _new_sheet, now, of))


def _new_sheet(now: NetworkView, of: predictions.ChosenExamples) -> bytes:
    images = of.part.x
    return picture.png(picture.sprite_sheet(images, COLUMNS, now.dataset.source.maximum))
