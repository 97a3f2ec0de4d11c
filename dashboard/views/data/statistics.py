"""Counts, histograms and scatter plots of the data, and what standardization does to features."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import data as figures
from dashboard.figures import images
from dashboard.figures.style import downsampled_rows
from dashboard.widgets.messages import literal
from dashboard.widgets.tables import frame
from playground.analysis.inspection import decision_boundary
from playground.analysis.metrics.score import baseline
from playground.datasets import Dataset, Split
from playground.datasets.statistics import (
    COUNTED,
    class_counts,
    explained_variance,
    histogram,
    mean_images,
    moments,
    pixel_counts,
    standardized,
)
from playground.experiment.model import Experiment
from playground.nn.format import format_quantity

ROWS = 1_000  # of the table
POINTS = 1_000  # of a split that are drawn
PAIRED = 5  # features drawn in pairs at once
MATRIX_POINTS = 300
HISTOGRAMS = 4  # beside each other


def counts(experiment: Experiment, dataset: Dataset) -> None:
    """Class counts or targets of all splits, the baseline, mean images and pixel histogram."""
    if dataset.source.classes:
        _classes(dataset)
    else:
        _targets(dataset)
    _baseline(experiment, dataset)
    if dataset.source.kind == "image":
        st.subheader("Mean image of each class", anchor=False)
        _means(dataset)
        _pixels(dataset)


def _classes(dataset: Dataset) -> None:
    names = dataset.source.classes
    splits = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    counts = {name: class_counts(split, len(names)) for name, split in splits.items() if len(split)}
    chart.chart(
        figures.class_bars(names, counts),
        figures.class_sentence(names, counts["training"]),
        key="class_counts",
        about="Examples of each class in each split. If one class is much rarer, accuracy is high "
        "also for a network that never predicts it.",
    )
    table = pd.DataFrame(counts, index=list(names))
    with st.expander("Counts as a table"):
        st.dataframe(
            pd.concat([table, table.sum().to_frame("all").T]), width="stretch", height="content"
        )
    st.caption("Of the test set only the labels are counted here.")


def _targets(dataset: Dataset) -> None:
    source = dataset.source
    splits = {"training": dataset.train, "validation": dataset.validation}
    values = {
        name: dataset.own_unit(split.y).astype(np.float64)
        for name, split in splits.items()
        if len(split)
    }
    y = np.concatenate(list(values.values()))
    limits = float(y.min()), float(y.max())
    bars = {name: histogram(each, limits=limits) for name, each in values.items()}
    axis = f"{source.target} ({source.unit})" if source.unit else source.target
    first = bars["training"]
    chart.chart(
        figures.step_bars("Targets", axis, {name: (b.counts, b.edges) for name, b in bars.items()}),
        figures.target_sentence(first.counts, first.edges),
        key="target_counts",
        about="Frequency of each target value; compare the splits.",
    )
    st.caption("Regression: the network predicts a number, not a class.")


def _baseline(experiment: Experiment, dataset: Dataset) -> None:
    split, name = dataset.validation, "validation"
    if not len(split):
        split, name = dataset.train, "training"
    trivial = baseline(dataset, experiment.training.loss, split)
    source = dataset.source
    if source.classes:
        answer = f"predicting “{literal(source.classes[int(trivial.answer)])}”"
        score = f"has an accuracy of {trivial.metric:.1%}"
    else:
        unit = f" {literal(source.unit)}" if source.unit else ""
        value = float(dataset.own_unit(np.array(trivial.answer)))
        answer = f"predicting {format_quantity(value)}{unit}"
        score = f"has a mean absolute error of {literal(source.format_metric(trivial.metric))}"
    st.info(f"**Baseline:** always {answer} {score} ({name} examples). A network must beat it.")


def _means(dataset: Dataset) -> None:
    source = dataset.source
    means = mean_images(dataset.train, len(source.classes))
    counts = class_counts(dataset.train, len(source.classes))
    tiles = [
        Tile(name, f"of {count:,}", alternative=f"mean of {count:,} images of {name}")
        for name, count in zip(source.classes, counts.tolist(), strict=True)
    ]
    pixels = (means * (255 / source.maximum)).round().astype(np.uint8)
    height, width = source.shape
    gallery(images.data_url(images.mosaic(pixels)), (height, width), tiles, "mean_images", size=80)
    st.caption(
        "Average of all training images of a class, pixel by pixel: sharp where they agree, gray "
        "where they differ."
    )


def _pixels(dataset: Dataset) -> None:
    counts = pixel_counts(dataset.train, dataset.source.maximum)
    edges = np.arange(len(counts) + 1) - 0.5
    figure = figures.step_bars(
        "Brightness of the training pixels", "pixel value", {"training": (counts, edges)},
        logarithmic=True,
    )  # fmt: skip
    sentence = figures.pixel_sentence(counts)
    if len(dataset.train) > COUNTED:
        sentence += f" Counted in the first {COUNTED:,} images."
    chart.chart(
        figure,
        sentence,
        key="pixel_counts",
        about="Frequency of each pixel value in the training images, before scaling.",
    )


def table(experiment: Experiment, dataset: Dataset) -> None:
    """The rows, the points by split or in pairs, and the features before and after scaling."""
    source = dataset.source
    if source.kind == "image":
        st.info(
            f"A row of {source.label} would have {source.n_features} columns, one for each pixel: "
            "the view Samples shows them as images with their pixel values."
        )
        return
    _frame(dataset)
    if source.kind == "plane":
        _plane(dataset)
    elif source.n_features == 1:
        _line(dataset)
    else:
        _pairs(dataset)
    _standardization(experiment, dataset)


def _frame(dataset: Dataset) -> None:
    source = dataset.source
    parts = {"training": dataset.train, "validation": dataset.validation}
    name = st.segmented_control(
        "Split", [name for name, part in parts.items() if len(part)], default="training",
        key="table_part", required=True, persist_state="session",
        help="The network is trained on the training split and evaluated on the validation split "
        "after each epoch.",
    )  # fmt: skip
    part = parts[name]
    target = "class" if source.classes else "target"
    rows = frame(part.x[:ROWS], source.features, (target,)).round(4)
    y = part.y[:ROWS]
    rows[target] = [source.classes[c] for c in y] if source.classes else dataset.own_unit(y)
    st.dataframe(rows, height=250, width="stretch")
    first = f", of which the first {ROWS:,} are shown" if len(part) > ROWS else ""
    st.caption(
        f"{len(part):,} {name} examples, one a row{first}; {source.n_features} "
        f"{'feature' if source.n_features == 1 else 'features'} and the {target}."
    )


def _drawn(dataset: Dataset, part: Split) -> tuple[np.ndarray, np.ndarray]:
    rows = downsampled_rows(len(part), POINTS)
    return part.x[rows], dataset.own_unit(part.y[rows])


def _counts(dataset: Dataset) -> dict[str, int]:
    parts = {"training": dataset.train, "validation": dataset.validation}
    return {name: len(part) for name, part in parts.items() if len(part)}


def _sentence(dataset: Dataset) -> str:
    counts, names = _counts(dataset), dataset.source.classes
    y = dataset.own_unit(dataset.train.y)
    if names:
        sentence = figures.classes_sentence(counts, names[1], float((y == 1).mean()))
    else:
        sentence = figures.points_sentence(counts, float(y.min()), float(y.max()))
    if max(counts.values()) > POINTS:
        sentence += f" At most {POINTS:,} of each split are drawn."
    return sentence


def _plane(dataset: Dataset) -> None:
    points = {
        name: (x[rows := downsampled_rows(len(x), POINTS)], y[rows])
        for name, (x, y) in decision_boundary.points(dataset).items()
    }
    axes = dataset.source.features[0], dataset.source.features[1]
    chart.chart(
        figures.plane_points(points, axes),
        _sentence(dataset),
        key="plane_points",
        about="The examples as points of the plane, colored by class or value; raise the noise "
        "and see whether a line still separates them.",
    )


def _line(dataset: Dataset) -> None:
    parts = {"training": dataset.train, "validation": dataset.validation}
    points = {name: _drawn(dataset, part) for name, part in parts.items() if len(part)}
    flat = {name: (x[:, 0], y) for name, (x, y) in points.items()}
    figure = figures.line_points(flat, dataset.source.features[0])
    chart.chart(
        figure,
        _sentence(dataset),
        key="line_points",
        about="Input and target of each example; raise the noise and see how much of the curve "
        "remains.",
    )


def _chosen(dataset: Dataset, label: str, key: str, most: int) -> list[int]:
    """Indices of the features to show, by default the first ones."""
    every = range(dataset.source.n_features)
    if len(every) <= most:
        return list(every)
    chosen = st.multiselect(
        label, every, default=every[:most], key=f"{key}_{len(every)}", max_selections=most,
        format_func=lambda i: literal(dataset.source.features[i]), persist_state="session",
        help="Features that are drawn.",
    )  # fmt: skip
    return chosen or list(every[:most])


def _pairs(dataset: Dataset) -> None:
    source, part = dataset.source, dataset.train
    chosen = _chosen(dataset, "Features in pairs", "pairs", PAIRED)
    names = [source.features[i] for i in chosen]
    rows = downsampled_rows(len(part), MATRIX_POINTS)
    figure = figures.scatter_matrix(
        names, part.x[rows][:, chosen], part.y[rows], source.classes,
        largest=float(np.abs(part.y).max()) or 1.0,
    )  # fmt: skip
    shares = [explained_variance(part.x[:, i], part.y, len(source.classes)) for i in chosen]
    sentence = figures.matrix_sentence(names, shares, bool(source.classes))
    if len(part) > MATRIX_POINTS:
        sentence += f" {MATRIX_POINTS} of the {len(part):,} training examples are drawn."
    chart.chart(
        figure,
        sentence,
        key="pairs",
        about="Each feature against each other one; look for the pair that separates the classes "
        "best.",
    )


def _standardization(experiment: Experiment, dataset: Dataset) -> None:
    on = experiment.data.standardize and experiment.data.scaler != "nothing"
    st.subheader(
        "Before and after standardization",
        anchor=False,
        help="(x − mean) / standard deviation gives all features the same scale, whatever their "
        "unit. The orange lines are the mean and one standard deviation σ on each side of it, of "
        "the training examples.",
    )
    st.caption(f"In this experiment standardization is {'on' if on else 'off'}.")
    chosen = _chosen(dataset, "Features", "histograms", HISTOGRAMS)
    columns = st.columns(min(len(chosen), HISTOGRAMS), gap="medium")
    for column, i in zip(columns, chosen, strict=True):
        with column:
            _feature(dataset, i)


def _feature(dataset: Dataset, i: int) -> None:
    raw = dataset.train.x[:, i]
    scaled = standardized(raw)
    bars, bars_after = ((h.counts, h.edges) for h in map(histogram, (raw, scaled)))
    before, after = ((m.mean, m.std) for m in map(moments, (raw, scaled)))
    name = dataset.source.features[i]
    figure = figures.before_and_after(name, bars, bars_after, (before, after))
    chart.chart(
        figure,
        figures.feature_sentence(name, before, after),
        key=f"feature_{i}",
        about="Distribution of one feature over the training examples, before and after scaling.",
    )
