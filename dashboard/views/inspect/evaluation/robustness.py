"""How the score falls when examples get harder."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Sample, gallery
from dashboard.figures import evaluation as figures
from dashboard.figures import images as picture
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation import predictions
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.metrics.classification import sample
from playground.analysis.metrics.robustness import (
    DISTORTIONS,
    Distortion,
    Robustness,
    hardened,
    robust_rows,
    robustness,
)
from playground.datasets.dataset import Split
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import classes
from playground.runs.jobs import LRUCache, fingerprint

SAMPLES = 12

_CURVES: LRUCache[Robustness] = LRUCache(60)
_HARDENED: LRUCache[NDArray[Any]] = LRUCache(3)  # up to 10 MB each for images, 26 MB for tables


def robust(now: NetworkView) -> None:
    """The curve of one distortion, and some examples at a chosen strength."""
    source = now.dataset.source
    kinds = [k for k, entry in DISTORTIONS.items() if source.shape or entry.for_tables]
    kind = kinds[0]
    if len(kinds) > 1:
        kind = st.segmented_control(
            "Distortion", kinds, default=kinds[0], key="distortion", required=True,
            format_func=lambda k: DISTORTIONS[k].label, persist_state="session",
            help="What is done to the examples; try each and see which one hurts "
            "most.",
        )  # fmt: skip
    entry = DISTORTIONS[kind]
    name, part = shown_part(now.dataset)
    strengths = entry.strengths(source)
    step = st.select_slider(
        "Strength", range(len(strengths)), value=min(9, len(strengths) - 1), key=f"strength_{kind}",
        format_func=lambda i: f"{strengths[i]:.3g}{entry.unit}", persist_state="session", width=420,
        help="How strongly the examples are disturbed; raise it until you could "
        "not tell them apart yourself.",
    )  # fmt: skip
    of = predictions.ChosenExamples(
        name, sample(part, robust_rows(now.snapshot, len(part))), len(part)
    )
    curve = _curve(now, of, kind)
    is_share = now.task == CLASSIFICATION
    what = f"{entry.label.lower()} {{:.3g}}{entry.unit}"
    axis = entry.axis if source.shape else "noise (σ, as a share of each feature's σ)"
    figure = figures.robustness_curve(
        curve.strength,
        curve.score,
        axis,
        is_share,
        float(strengths[step]),
        f"{now.uirevision} {kind}",
    )
    sentence = figures.robustness_sentence(curve.strength, curve.score, is_share, what)
    chart.chart(
        figure,
        sentence,
        key="robustness",
        about="Accuracy as the examples are disturbed more and more; try another "
        "distortion, and a network trained with dropout.",
    )
    of.say()
    if source.shape:
        _samples(now, part, entry, float(strengths[step]))
    else:
        st.caption(
            "Normal noise on every feature; a pixel's rotation and shift have no meaning here."
            if source.kind != "plane"
            else "Normal noise on both coordinates of every point."
        )


def _curve(now: NetworkView, of: predictions.ChosenExamples, kind: str) -> Robustness:
    """The distorted examples are the same for every epoch, the scores for equal weights."""
    which = (now.experiment.data, of.name, of.rows, kind)
    hard = _HARDENED.get_or_compute(which, hardened, of.part, now.dataset.source, kind)
    question = (fingerprint(now.snapshot), *which)
    return _CURVES.get_or_compute(
        question, robustness, now.snapshot, now.dataset, hard, of.part.y, kind
    )


def _samples(now: NetworkView, part: Split, entry: Distortion, strength: float) -> None:
    """The first examples as the network gets them, and what it says."""
    part, source = sample(part, SAMPLES), now.dataset.source
    images = entry.prepare(part.x, source)(strength)
    output = now.snapshot.predict(now.dataset.transform(images))
    said, names = classes(output), source.classes
    sure = output.max(axis=1) if output.shape[1] > 1 else np.maximum(output[:, 0], 1 - output[:, 0])
    tiles = [
        Sample(names[part.y[i]], names[said[i]], float(sure[i])).tile for i in range(len(part))
    ]
    height, width = source.shape
    sprite = picture.data_url(picture.mosaic(images, source.maximum))
    gallery(sprite, (height, width), tiles, key="distorted", size=84)
