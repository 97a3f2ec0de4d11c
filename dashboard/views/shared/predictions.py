"""The part of a page that shows what the network says of examples it has not learnt from."""

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.components.gallery import Sample, gallery
from dashboard.figures import decision_boundary
from dashboard.figures import images as picture
from dashboard.views.shared.unit_maps import drawn
from dashboard.widgets.tables import frame
from playground.analysis.inspection import decision_boundary as boundary
from playground.analysis.inspection.decision_boundary import MOST_EXAMPLES
from playground.datasets.dataset import Dataset
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot

NOT_FINITE = (
    "The output of this network is not a finite number: its weights are too large. Reset it, or "
    "choose an earlier epoch."
)
IMAGES = 24
ROWS = 10
SAID = ("truth", "prediction", "", "how sure")  # columns of the table beside the features
MOST_CLASSES = 6  # that a sentence names


def answers(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> None:
    """Images, a map, a curve or a table, as the kind of the data wants it."""
    name, _ = boundary.shown_part(dataset)
    moment = f"after epoch {snapshot.epoch}" if snapshot.epoch else "not trained yet"
    st.subheader(f"What it says of {name} examples ({moment})", anchor=False)
    kind = dataset.source.kind
    if kind == "image":
        _images(snapshot, dataset)
    elif kind == "line":
        _curve(snapshot, dataset, uirevision)
    elif boundary.suits(dataset):
        several = len(dataset.source.classes) > 2
        left, right = st.columns(2, gap="medium")
        with left:
            (_class_region if several else _region)(snapshot, dataset, uirevision)
        with right:
            _table(snapshot, dataset)
    else:
        _table(snapshot, dataset)


def _images(snapshot: Snapshot, dataset: Dataset) -> None:
    _, part = boundary.shown_part(dataset)
    images = part.x[:IMAGES]
    said = boundary.answers(snapshot, dataset, part, IMAGES)
    sure = said.confidence
    cells = [
        Sample(label, guess, None if sure is None else float(sure[i]))
        for i, (label, guess) in enumerate(zip(said.label, said.prediction, strict=True))
    ]
    right = sum(cell.correct for cell in cells)
    st.caption(
        f"{right} of these {len(cells)} are right. ✓ right, ✗ wrong; the percentage is how sure "
        "the network is of its answer."
    )
    pixels = picture.mosaic(images, dataset.source.maximum)
    height, width = dataset.source.shape
    tiles = [cell.tile for cell in cells]
    gallery(picture.data_url(pixels), (height, width), tiles, key="samples")


def _region(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> None:
    source = dataset.source
    found = boundary.region(snapshot, dataset)
    if source.task == CLASSIFICATION:
        names = (source.classes[0], source.classes[1])
    else:
        names = (f"−{found.largest:.2g}", f"+{found.largest:.2g}")
    figure = decision_boundary.decision_region(
        found.values,
        found.extent,
        boundary.points(dataset),
        (source.features[0], source.features[1]),
        uirevision,
    )
    chart.chart(
        figure,
        decision_boundary.region_sentence(found.values, names),
        key="region",
        about="Every point of the plane in the color of the network's answer "
        "there, the examples on top; try more hidden units, or inputs with "
        "more noise, and watch the border bend.",
    )


def _class_region(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> None:
    """The plane in the colors of three or more classes."""
    source, seen = dataset.source, boundary.look(snapshot, dataset)
    colors = decision_boundary.output_colors(seen.output, len(source.classes), 1.0, discrete=False)
    examples = {
        name: drawn(snapshot, dataset, part) for name, part in boundary.examples(dataset).items()
    }
    axes = (source.features[0], source.features[1])
    title = "Decision region"
    figure = decision_boundary.region_figure(
        colors, seen.extent, examples, source.classes, axes, title, uirevision
    )
    share = np.bincount(seen.output.argmax(axis=-1).ravel(), minlength=len(source.classes))
    order = np.argsort(-share, kind="stable")[:MOST_CLASSES]
    told = ", ".join(f"{share[i] / share.sum():.0%} {source.classes[i]}" for i in order)
    more = " …" if len(source.classes) > MOST_CLASSES else ""
    sentence = f"Of the plane, {told}{more}; the grayer, the less sure. A cross marks a wrong one."
    chart.chart(
        figure,
        sentence,
        key="region",
        about="Every point of the plane in the color of the network's answer "
        "there, the examples on top; try more hidden units, or inputs with "
        "more noise, and watch the border bend.",
    )


def _curve(snapshot: Snapshot, dataset: Dataset, uirevision: str) -> None:
    x, y = boundary.curve(snapshot, dataset)
    parts = {"training": dataset.train, "validation": dataset.validation}
    points = {
        name: (part.x[:MOST_EXAMPLES, 0], part.y[:MOST_EXAMPLES])
        for name, part in parts.items()
        if len(part)
    }
    name, part = boundary.shown_part(dataset)
    error = boundary.mean_error(snapshot, dataset, part)
    figure = decision_boundary.fitted_curve(x, y, points, dataset.source.features[0], uirevision)
    chart.chart(
        figure,
        decision_boundary.fit_sentence(error, name),
        key="fit",
        about="The network's answer for every input, as a curve through the "
        "examples; try fewer or more hidden units and see where it stops "
        "following them.",
    )


def _table(snapshot: Snapshot, dataset: Dataset) -> None:
    _, part = boundary.shown_part(dataset)
    said = boundary.answers(snapshot, dataset, part, ROWS)
    table = frame(part.x[:ROWS], dataset.source.features, SAID).round(3)
    table["truth"], table["prediction"] = said.label, said.prediction
    if said.confidence is not None:
        table[""] = [
            "✓" if a == b else "✗" for a, b in zip(said.label, said.prediction, strict=True)
        ]
        table["how sure"] = [f"{share:.0%}" for share in said.confidence]
    st.dataframe(table, hide_index=True, width="stretch", height="content")
