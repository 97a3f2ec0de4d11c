"""Data in rows and columns: the frame, the points, and each feature before and after scaling."""

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.figures import data
from dashboard.figures.style import downsampled_rows
from dashboard.widgets.messages import literal
from dashboard.widgets.tables import frame
from playground.analysis.inspection import decision_boundary
from playground.datasets import Dataset, Split
from playground.datasets.statistics import explained, histogram, moments, standardised
from playground.experiment.model import Experiment

ROWS = 1_000  # of the frame
POINTS = 1_000  # of a part, drawn
PAIRED = 5  # features drawn in pairs at once
MATRIX_POINTS = 300
EACH = 4  # histograms beside each other


def table(experiment: Experiment, dataset: Dataset) -> None:
    """The frame, the points by part or in pairs, and what standardisation does."""
    source = dataset.source
    if source.kind == "image":
        st.info(
            f"A row of {source.label} would have {source.n_features} columns, one for each pixel: "
            "the view Samples shows them as pictures with their numbers."
        )
        return
    _frame(dataset)
    if source.kind == "plane":
        _plane(dataset)
    elif source.n_features == 1:
        _line(dataset)
    else:
        _pairs(dataset)
    _standardisation(experiment, dataset)


def _frame(dataset: Dataset) -> None:
    source = dataset.source
    parts = {"training": dataset.train, "validation": dataset.validation}
    name = st.segmented_control(
        "Part", [name for name, part in parts.items() if len(part)], default="training",
        key="table_part", required=True, persist_state="session",
        help="Training examples are learnt from, validation examples judge on "
        "the way, test examples at the end; compare them.",
    )  # fmt: skip
    part = parts[name]
    target = "class" if source.classes else "target"
    shown = frame(part.x[:ROWS], source.features, (target,)).round(4)
    shown[target] = [source.classes[c] for c in part.y[:ROWS]] if source.classes else part.y[:ROWS]
    st.dataframe(shown, height=250, width="stretch")
    first = f", of which the first {ROWS:,} are shown" if len(part) > ROWS else ""
    st.caption(
        f"{len(part):,} {name} examples, one a row{first}; {source.n_features} "
        f"{'feature' if source.n_features == 1 else 'features'} and the {target} to be learnt."
    )


def _drawn(part: Split) -> tuple[np.ndarray, np.ndarray]:
    rows = downsampled_rows(len(part), POINTS)
    return part.x[rows], part.y[rows]


def _counts(dataset: Dataset) -> dict[str, int]:
    parts = {"training": dataset.train, "validation": dataset.validation}
    return {name: len(part) for name, part in parts.items() if len(part)}


def _sentence(dataset: Dataset) -> str:
    found, y, names = _counts(dataset), dataset.train.y, dataset.source.classes
    if names:
        sentence = data.classes_sentence(found, names[1], float((y == 1).mean()))
    else:
        sentence = data.points_sentence(found, float(y.min()), float(y.max()))
    if max(found.values()) > POINTS:
        sentence += f" At most {POINTS:,} of each part are drawn."
    return sentence


def _plane(dataset: Dataset) -> None:
    found = {
        name: (x[rows := downsampled_rows(len(x), POINTS)], y[rows])
        for name, (x, y) in decision_boundary.points(dataset).items()
    }
    axes = dataset.source.features[0], dataset.source.features[1]
    chart.chart(
        data.plane_points(found, axes),
        _sentence(dataset),
        key="plane_points",
        about="The examples as points of the plane, colored by class or value; "
        "raise the noise in the settings and see whether a line could still"
        " part them.",
    )


def _line(dataset: Dataset) -> None:
    parts = {"training": dataset.train, "validation": dataset.validation}
    found = {name: _drawn(part) for name, part in parts.items() if len(part)}
    flat = {name: (x[:, 0], y) for name, (x, y) in found.items()}
    figure = data.line_points(flat, dataset.source.features[0])
    chart.chart(
        figure,
        _sentence(dataset),
        key="line_points",
        about="Each example's input and target; raise the noise in the settings "
        "and see how much of the curve is left.",
    )


def _chosen(dataset: Dataset, label: str, key: str, most: int) -> list[int]:
    """Numbers of the features to show, the first ones to begin with."""
    every = range(dataset.source.n_features)
    if len(every) <= most:
        return list(every)
    chosen = st.multiselect(
        label, every, default=every[:most], key=f"{key}_{len(every)}", max_selections=most,
        format_func=lambda i: literal(dataset.source.features[i]), persist_state="session",
        help="The features that are drawn; choose those you think tell the "
        "classes apart.",
    )  # fmt: skip
    return chosen or list(every[:most])


def _pairs(dataset: Dataset) -> None:
    source, part = dataset.source, dataset.train
    chosen = _chosen(dataset, "Features in pairs", "pairs", PAIRED)
    names = [source.features[i] for i in chosen]
    rows = downsampled_rows(len(part), MATRIX_POINTS)
    figure = data.scatter_matrix(
        names, part.x[rows][:, chosen], part.y[rows], source.classes,
        largest=float(np.abs(part.y).max()) or 1.0,
    )  # fmt: skip
    shares = [explained(part.x[:, i], part.y, len(source.classes)) for i in chosen]
    sentence = data.matrix_sentence(names, shares, bool(source.classes))
    if len(part) > MATRIX_POINTS:
        sentence += f" {MATRIX_POINTS} of the {len(part):,} training examples are drawn."
    chart.chart(
        figure,
        sentence,
        key="pairs",
        about="Every feature against every other one; look for the pair that "
        "parts the classes best, and train on it alone.",
    )


def _standardisation(experiment: Experiment, dataset: Dataset) -> None:
    st.subheader("Before and after standardisation", anchor=False)
    on = experiment.data.standardize and experiment.data.scaler != "nothing"
    st.caption(
        "Standardised: (x − mean) / standard deviation, so that no feature counts for more only "
        "because of its unit. The orange lines are the mean and one standard deviation σ on each "
        "side of it, of the training examples. In this experiment it is switched "
        + ("on." if on else "off: the network gets the numbers as they are, above.")
    )
    chosen = _chosen(dataset, "Features", "histograms", EACH)
    columns = st.columns(min(len(chosen), EACH), gap="medium")
    for column, i in zip(columns, chosen, strict=True):
        with column:
            _feature(dataset, i)


def _feature(dataset: Dataset, i: int) -> None:
    raw = dataset.train.x[:, i]
    scaled = standardised(raw)
    bars, bars_after = (
        (each.counts, each.edges) for each in (histogram(values) for values in (raw, scaled))
    )
    before, after = ((m.mean, m.deviation) for m in map(moments, (raw, scaled)))
    name = dataset.source.features[i]
    figure = data.before_and_after(name, bars, bars_after, (before, after))
    chart.chart(
        figure,
        data.feature_sentence(name, before, after),
        key=f"feature_{i}",
        about="How the values of one feature are spread in each class; where the "
        "classes hardly overlap, this feature alone nearly decides.",
    )
