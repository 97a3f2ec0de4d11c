"""Embedding: a two-dimensional map of the activations of one layer."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.chart import POLL_SECONDS
from dashboard.components.gallery import publish
from dashboard.figures import Figure
from dashboard.figures import embedding as figures
from dashboard.figures.images import png, sprite_sheet
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.example import (
    EvaluatedExamples,
    class_predictions,
    evaluated_examples,
    value_predictions,
)
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

MAX_POINTS = 1_000
COLUMNS = 40  # images per row of the sprite sheet
MAX_FEATURES = 8  # on a card

PCA, TSNE = "PCA", "t-SNE"
METHOD_NOTES = {
    PCA: "PCA: the projection with the largest variance. Distances are meaningful; variance along "
    "other directions is invisible.",
    TSNE: "t-SNE: keeps neighbors together. Groups are meaningful; their sizes and the distances "
    "between them are not.",
}

_MAPS: LRUCache[Embedding] = LRUCache(64)  # by weights, data, layer and method
_LAST: LRUCache[NDArray[np.float32]] = LRUCache(64)  # points drawn last, by network and layer
_SHEETS: LRUCache[bytes] = LRUCache(8)
_JOBS = Jobs()
TSNE_PATH = "playground.analysis.inspection.embedding:tsne"


def show_embedding(now: NetworkView) -> None:
    """Choose a layer and a method; draw the examples as points with their images or values."""
    examples = evaluated_examples(now, MAX_POINTS)
    layer, method, color = _choices(now)
    if examples.rows < 2:
        st.info(f"A map needs at least 2 examples, and there is {examples.rows}.")
        return
    found = _pca(now, examples, layer)
    note = ""
    if method == TSNE:
        if examples.rows < FEWEST:
            st.info(
                f"t-SNE needs at least {FEWEST} examples, and there are {examples.rows}. Choose "
                "PCA."
            )
            return
        mapped, note = _tsne(now, examples, layer, found)
        if mapped is None:
            return
        found = mapped
    _show(now, examples, found, layer, method, color, note)


def layer_names(now: NetworkView) -> list[str]:
    """The input, the hidden layers and the output, with their sizes."""
    names = UnitNames(now.dataset.source, len(now.snapshot.layers))
    return [f"{names.column(i)} ({n:,})" for i, n in enumerate(now.experiment.layer_sizes)]


def _choices(now: NetworkView) -> tuple[int, str, str]:
    names = layer_names(now)
    colors = ["class", "correctness"] if now.task == CLASSIFICATION else ["true value", "error"]
    with st.container(horizontal=True, gap="medium"):
        layer = st.segmented_control(
            "Layer", range(len(names)), default=max(len(names) - 2, 0), required=True,
            key=f"embedded_layer_{len(names)}", format_func=lambda i: names[i],
            persist_state="session", wrap=True,
            help="The layer whose activations are mapped; go from the first to the last and see "
            "the classes separate.",
        )  # fmt: skip
        method = st.segmented_control(
            "Method", [PCA, TSNE], default=PCA, required=True, key="embedding_method",
            persist_state="session",
            help="PCA keeps the directions of largest variance, t-SNE keeps neighbors together.",
        )  # fmt: skip
        color = st.segmented_control(
            "Color", colors, default=colors[0], required=True,
            key=f"embedding_color_{now.task}", persist_state="session",
            help="Color by correctness to find where the errors lie.",
        )  # fmt: skip
    return layer, method, color


def _inputs(now: NetworkView, examples: EvaluatedExamples) -> NDArray[np.float32]:
    return now.dataset.transform(examples.part.x)


def _question(
    now: NetworkView, examples: EvaluatedExamples, layer: int, method: str
) -> tuple[Any, ...]:
    """Cache key of a map; at the input it does not depend on the network."""
    weights = fingerprint(now.snapshot) if layer else ""
    return weights, now.experiment.data, examples.name, examples.rows, layer, method


def _pca(now: NetworkView, examples: EvaluatedExamples, layer: int) -> Embedding:
    return _MAPS.get_or_compute(
        _question(now, examples, layer, PCA), _new_pca, now, examples, layer
    )


def _new_pca(now: NetworkView, examples: EvaluatedExamples, layer: int) -> Embedding:
    """Aligned to the map drawn before, so that epochs pass without jumps."""
    found = pca(activations(now.snapshot, _inputs(now, examples), layer))
    owner = (now.uirevision, examples.rows, layer, PCA)
    reference = _LAST.get(owner)
    found = aligned(found, _at_first(now, examples) if reference is None else reference)
    _LAST.put(owner, found.points)
    return found


def _at_first(now: NetworkView, examples: EvaluatedExamples) -> NDArray[np.float32]:
    """Initial positions: classes on a circle; values of a regression from left to right."""
    y = examples.part.y
    if now.task == CLASSIFICATION:
        return target(y, len(now.dataset.source.classes))
    return np.column_stack([y, np.zeros_like(y)]).astype(np.float32)


def _tsne(
    now: NetworkView, examples: EvaluatedExamples, layer: int, start: Embedding
) -> tuple[Embedding | None, str]:
    """The map if it is ready; else its progress, and the map before with a note."""
    question = _question(now, examples, layer, TSNE)
    owner = (now.uirevision, examples.rows, layer, TSNE)
    for done in (_JOBS.latest(owner), _JOBS.get(question)):
        _take(owner, done, start)
    ready = _MAPS.get(question)
    if ready is not None:
        return ready, ""
    job = _JOBS.get(question)
    if job is None:
        x = activations(now.snapshot, _inputs(now, examples), layer)
        job = _JOBS.submit(owner, question, TSNE_PATH, x, start.points)
    if job.state == "failed":
        st.error(f"t-SNE failed: {literal(job.reason)}.")
        st.button(
            "Try again",
            key="tsne_again",
            on_click=_JOBS.remove,
            args=(job.key, job),
            help="Computes the map again.",
        )
        return None, ""
    st.fragment(_waiting, run_every=POLL_SECONDS)(job)
    last = _LAST.get(owner)
    return (None if last is None else Embedding(last)), "This map is of earlier weights. "


def _take(owner: Hashable, job: Job | None, start: Embedding) -> None:
    """Cache a finished map, also if the run has gone on meanwhile."""
    if job is not None and job.state == "done" and _MAPS.get(job.key) is None:
        before = _LAST.get(owner)
        found = aligned(Embedding(job.result), start.points if before is None else before)
        _MAPS.put(job.key, found)
        _LAST.put(owner, found.points)


def _waiting(job: Job) -> None:
    seconds = job.seconds
    st.progress(
        1 - 0.9 ** (seconds / 2),
        text=f"Computing t-SNE for {seconds:.0f} s; it takes about 5 to 20 s, longer while a run "
        "trains.",
    )
    if job.state != "working":
        st.rerun()


def _show(
    now: NetworkView, examples: EvaluatedExamples, found: Embedding, layer: int, method: str,
    color: str,
    note: str,
) -> None:  # fmt: skip
    name = layer_names(now)[layer]
    title = f"{method} of the {examples.name} examples: {name}"
    axes = ("", "")
    if found.explained is not None:
        axes = (
            f"{found.explained[0]:.0%} of the variance", f"{found.explained[1]:.0%} of the variance"
        )  # fmt: skip
    uirevision = f"{now.uirevision} {layer} {method} {color}"
    if now.task == CLASSIFICATION:
        figure, sentence = _classes(now, examples, found, name, title, axes, color, uirevision)
    else:
        figure, sentence = _values(now, examples, found, name, title, axes, color, uirevision)
    if found.explained is not None:
        sentence += f" The two directions hold {sum(found.explained):.0%} of the variance."
    images = None
    if now.dataset.source.shape:
        height, width = now.dataset.source.shape
        images = chart.PointImages(_sprite_sheet(now, examples), (height, width), COLUMNS)
    chart.chart(
        figure,
        note + sentence,
        key="embedding",
        cards=True,
        images=images,
        about="Each example as a point, near to those with similar activations; choose a later "
        "layer or epoch and see the classes separate.",
    )
    examples.show_note()
    st.caption(
        METHOD_NOTES[method],
        help="Point at an example or tap it to see its image or values; with the chart focused, "
        "the arrow keys go from one to the next.",
    )


def _classes(
    now: NetworkView, examples: EvaluatedExamples, found: Embedding, name: str, title: str,
    axes: tuple[str, str], color: str, uirevision: str,
) -> tuple[Figure, str]:  # fmt: skip
    predicted, names = class_predictions(now, examples), now.dataset.source.classes
    texts = [
        f"{values}is {names[t]}, predicted {names[g]} ({confidence:.0%})"
        for values, t, g, confidence in zip(
            _values_of(now, examples),
            predicted.truth,
            predicted.guess,
            predicted.confidence,
            strict=True,
        )
    ]
    by_class = color == "class"
    groups = (
        figures.by_class(predicted.truth, names)
        if by_class
        else figures.by_correctness(predicted.right)
    )
    kind = predicted.truth if by_class else predicted.right.astype(np.int64)
    same = float((kind[nearest(found.points)] == kind).mean())
    chance = float(np.square(np.bincount(kind) / len(kind)).sum())
    figure = figures.embedding_figure(found.points, groups, texts, title, axes, uirevision)
    return figure, figures.neighbors_sentence(
        same, chance, name, "class" if by_class else "correctness"
    )


def _values(
    now: NetworkView, examples: EvaluatedExamples, found: Embedding, name: str, title: str,
    axes: tuple[str, str], color: str, uirevision: str,
) -> tuple[Figure, str]:  # fmt: skip
    predicted = value_predictions(now, examples)
    texts = [
        f"{values}true {t:.3g}, predicted {p:.3g}"
        for values, t, p in zip(
            _values_of(now, examples), predicted.truth, predicted.predicted, strict=True
        )
    ]
    shown = predicted.truth if color == "true value" else predicted.residual
    figure = figures.colored_by_value(found.points, shown, texts, title, axes, color, uirevision)
    apart = float(np.abs(shown[nearest(found.points)] - shown).mean())
    usual = float(np.abs(shown[:, None] - shown[None]).mean())
    return figure, figures.values_sentence(apart, usual, name, color)


def _values_of(now: NetworkView, examples: EvaluatedExamples) -> list[str]:
    """The features of each example, one per line; "" for images."""
    names = now.dataset.source.features[:MAX_FEATURES]
    if now.dataset.source.shape:
        return [""] * examples.rows
    return [
        "".join(f"{name}: {value:.4g}\n" for name, value in zip(names, row, strict=False))
        for row in examples.part.x.tolist()
    ]


def _sprite_sheet(now: NetworkView, examples: EvaluatedExamples) -> str:
    """The address of a sprite sheet of all examples, which browsers load once."""
    key = (now.experiment.data, examples.name, examples.rows)
    return publish(_SHEETS.get_or_compute(key, _new_sheet, now, examples))


def _new_sheet(now: NetworkView, examples: EvaluatedExamples) -> bytes:
    images = examples.part.x
    return png(sprite_sheet(images, COLUMNS, now.dataset.source.maximum))
