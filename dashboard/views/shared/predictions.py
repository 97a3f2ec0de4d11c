"""Predictions on validation examples, as the kind of data wants it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.components.gallery import Sample, gallery_data, streamed_gallery
from dashboard.components.status import table, table_data
from dashboard.figures import Figure, images
from dashboard.figures import decision_boundary as figures
from dashboard.figures.style import compact
from dashboard.views.shared.unit_maps import drawn_examples
from playground.analysis.inspection import decision_boundary as boundary
from playground.analysis.inspection.decision_boundary import MOST_EXAMPLES
from playground.datasets.dataset import Dataset
from playground.nn.format import format_quantity
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot

NOT_FINITE = (
    "The output of this network is not a finite number: its weights are too large. Reset it, or "
    "choose an earlier epoch."
)
NUMBERS_TOO_LARGE = (
    "Numbers in this network have overflowed: choose an earlier epoch, or train again with a "
    "smaller learning rate."
)
IMAGES, FEW_IMAGES = 24, 10
SMALL_IMAGE = 46  # pixels on the screen
ROWS = 10
MAX_CLASSES = 6  # named in a sentence
ABOUT_REGION = (
    "Every point of the plane in the color of the network's prediction, the examples on top; try "
    "more hidden units, or noisier inputs, and watch the border bend."
)
CORRECTNESS = "✓ correct, ✗ incorrect; the percentage is the predicted probability (confidence)."
ABOUT_FIT = (
    "The network's output for every input, as a curve through the examples; try fewer or more "
    "hidden units and see where it stops following them."
)


def show_predictions(
    snapshot: Snapshot, dataset: Dataset, uirevision: str, stream: str = ""
) -> None:
    """Draw images, a decision region, a curve or a table with the predictions.

    stream: the components follow its messages, made of `prediction_parts`.
    """
    split, _ = boundary.shown_part(dataset)
    st.subheader(f"Predictions on {split} examples", anchor=False)
    show_prediction_parts(prediction_parts(snapshot, dataset, uirevision), dataset, stream)


KEYS = ("samples", "fit", "region", "predictions")  # of the components


def show_prediction_parts(
    parts: Mapping[str, Mapping[str, Any]],
    dataset: Dataset,
    stream: str = "",
    share: float = 0.0,
    large: bool = False,
) -> None:
    """Draw those of `parts` that are predictions; share, large: as of a chart."""
    keys = [key for key in KEYS if key in parts]
    for column, key in zip(st.columns(len(keys), gap="medium"), keys, strict=True):
        with column:
            if key == "samples":
                _gallery(parts[key], dataset, stream, SMALL_IMAGE if share else 64)
            elif key == "predictions":
                table(parts[key], key, stream, share)
            else:
                chart.streamed_chart(parts[key], key, stream, share, large)


def prediction_parts(
    snapshot: Snapshot, dataset: Dataset, uirevision: str, height: int = 0
) -> dict[str, Mapping[str, Any]]:
    """Data of the components that `show_predictions` draws, by their keys.

    height: of a small figure that stands alone, in pixels; 0: of the usual size, beside a table.
    """
    kind = dataset.source.kind
    when = f"After epoch {snapshot.epoch:,}" if snapshot.epoch else "Not trained yet"
    if kind == "image":
        return {"samples": _images(snapshot, dataset, when, FEW_IMAGES if height else IMAGES)}
    if kind == "line":
        return {"fit": _curve(snapshot, dataset, uirevision, height)}
    if not boundary.suits(dataset):
        return {"predictions": _table(snapshot, dataset, when)}
    multiclass = len(dataset.source.classes) > 2
    region = (_class_region if multiclass else _region)(snapshot, dataset, uirevision, height)
    if height:
        return {"region": region}
    return {"region": region, "predictions": _table(snapshot, dataset, when)}


def _images(snapshot: Snapshot, dataset: Dataset, when: str, count: int) -> Mapping[str, Any]:
    _, part = boundary.shown_part(dataset)
    predicted = boundary.answers(snapshot, dataset, part, count)
    confidence = predicted.confidence
    samples = [
        Sample(label, prediction, None if confidence is None else float(confidence[i]))
        for i, (label, prediction) in enumerate(
            zip(predicted.label, predicted.prediction, strict=True)
        )
    ]
    n_correct = sum(sample.correct for sample in samples)
    caption = f"{when}: {n_correct} of these {len(samples)} are correct."
    if count == IMAGES:
        caption += f" {CORRECTNESS}"
    return gallery_data([sample.tile for sample in samples], caption)


def _gallery(data: Mapping[str, Any], dataset: Dataset, stream: str, size: int) -> None:
    _, part = boundary.shown_part(dataset)
    pixels = images.mosaic(part.x[: len(data["tiles"])], dataset.source.maximum)
    height, width = dataset.source.shape
    streamed_gallery(images.data_url(pixels), (height, width), data, "samples", stream, size)


def _region(
    snapshot: Snapshot, dataset: Dataset, uirevision: str, height: int
) -> Mapping[str, Any]:
    source = dataset.source
    region = boundary.region(snapshot, dataset)
    if source.task == CLASSIFICATION:
        names = (source.classes[0], source.classes[1])
    else:
        low, high = dataset.own_unit(np.array([-region.largest, region.largest]))
        names = (format_quantity(low, 2), f"+{format_quantity(high, 2)}")
    axes = (source.features[0], source.features[1])
    figure = figures.decision_region(
        region.values, region.extent, boundary.points(dataset), axes, uirevision
    )
    sentence = figures.region_sentence(region.values, names)
    return chart.chart_data(_sized(figure, height), sentence, ABOUT_REGION, bool(height))


def _class_region(
    snapshot: Snapshot, dataset: Dataset, uirevision: str, height: int
) -> Mapping[str, Any]:
    """The plane in the colors of three or more classes."""
    source, plane = dataset.source, boundary.look(snapshot, dataset)
    colors = figures.output_colors(plane.output, len(source.classes), 1.0, discrete=False)
    examples = {
        name: drawn_examples(snapshot, dataset, part)
        for name, part in boundary.examples(dataset).items()
    }
    axes = (source.features[0], source.features[1])
    figure = figures.region_figure(
        colors, plane.extent, examples, source.classes, axes, "Decision region", uirevision
    )
    counts = np.bincount(plane.output.argmax(axis=-1).ravel(), minlength=len(source.classes))
    order = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    shares = ", ".join(f"{counts[i] / counts.sum():.0%} {source.classes[i]}" for i in order)
    more = " …" if len(source.classes) > MAX_CLASSES else ""
    sentence = f"Of the plane, {shares}{more}; grayer is less confident. A cross marks an error."
    return chart.chart_data(_sized(figure, height), sentence, ABOUT_REGION, bool(height))


def _curve(snapshot: Snapshot, dataset: Dataset, uirevision: str, height: int) -> Mapping[str, Any]:
    x, y = boundary.curve(snapshot, dataset)
    splits = {"training": dataset.train, "validation": dataset.validation}
    points = {
        name: (part.x[:MOST_EXAMPLES, 0], dataset.own_unit(part.y[:MOST_EXAMPLES]))
        for name, part in splits.items()
        if len(part)
    }
    name, part = boundary.shown_part(dataset)
    error = boundary.mean_error(snapshot, dataset, part)
    return chart.chart_data(
        _sized(figures.fitted_curve(x, y, points, dataset.source.features[0], uirevision), height),
        figures.fit_sentence(error, name),
        ABOUT_FIT,
        bool(height),
    )


def _sized(figure: Figure, height: int) -> Figure:
    if height:
        compact(figure, height)["layout"]["showlegend"] = False
    return figure


def _table(snapshot: Snapshot, dataset: Dataset, when: str) -> Mapping[str, Any]:
    _, part = boundary.shown_part(dataset)
    predicted = boundary.answers(snapshot, dataset, part, ROWS)
    columns, told = ["truth", "prediction"], f"{when}."
    rows = [list(pair) for pair in zip(predicted.label, predicted.prediction, strict=True)]
    if predicted.confidence is not None:
        columns, told = [*columns, "", "confidence"], f"{told} {CORRECTNESS}"
        for row, confidence in zip(rows, predicted.confidence, strict=True):
            row += ["✓" if row[0] == row[1] else "✗", f"{confidence:.0%}"]
    for row, x in zip(rows, part.x[:ROWS].tolist(), strict=True):  # what is wide comes last
        row += [f"{value:.4g}" for value in x]
    return table_data([*columns, *dataset.source.features], rows, told)
