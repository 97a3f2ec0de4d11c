"""How many examples there are of each class, what the classes look like, how bright pixels are."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import data as bars
from dashboard.figures import images
from dashboard.widgets.messages import literal
from playground.datasets import Dataset
from playground.datasets.statistics import (
    COUNTED,
    baseline,
    class_counts,
    histogram,
    mean_images,
    pixel_counts,
)
from playground.experiment.model import Experiment


def counts(experiment: Experiment, dataset: Dataset) -> None:
    """Class counts of all parts, the trivial score, mean images and the histogram of pixels."""
    if dataset.source.classes:
        _classes(dataset)
    else:
        _targets(dataset)
    _baseline(dataset)
    if dataset.source.kind == "image":
        st.subheader("Mean image of each class", anchor=False)
        _means(dataset)
        _pixels(dataset)


def _classes(dataset: Dataset) -> None:
    names = dataset.source.classes
    parts = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    found = {name: class_counts(part, len(names)) for name, part in parts.items() if len(part)}
    figure = bars.class_bars(names, found)
    chart.chart(
        figure,
        bars.class_sentence(names, found["training"]),
        key="class_counts",
        about="How many examples each class has in each part; if one is much "
        "rarer, accuracy alone will flatter a network that never answers "
        "it.",
    )
    table = pd.DataFrame(found, index=list(names))
    with st.expander("The counts as a table"):
        st.dataframe(
            pd.concat([table, table.sum().to_frame("all").T]), width="stretch", height="content"
        )
    st.caption("Of the test part only the labels are counted here; its examples stay sealed.")


def _targets(dataset: Dataset) -> None:
    parts = {"training": dataset.train, "validation": dataset.validation}
    y = np.concatenate([part.y for part in parts.values()])
    limits = float(y.min()), float(y.max())
    found = {name: histogram(part.y, limits=limits) for name, part in parts.items() if len(part)}
    figure = bars.step_bars(
        "Targets", "y", {name: (each.counts, each.edges) for name, each in found.items()}
    )
    first = found["training"]
    chart.chart(
        figure,
        bars.target_sentence(first.counts, first.edges),
        key="target_counts",
        about="How often each target value occurs; try other parts and see "
        "whether they hold the same values.",
    )
    st.caption("There are no classes: the network learns to answer with a number.")


def _baseline(dataset: Dataset) -> None:
    part, name = (dataset.validation, "validation")
    if not len(part):
        part, name = dataset.train, "training"
    trivial, names = baseline(dataset, part), dataset.source.classes
    if names:
        answer = literal(names[int(trivial.answer)])
        score = f"right for {trivial.score:.1%} of the {name} examples"
    else:
        answer = f"{trivial.answer:.3g}"
        score = f"wrong by {trivial.score:.3g} on average ({name} examples)"
    st.info(
        f"**What a network must beat:** whoever always answers “{answer}” without looking "
        f"is {score}."
    )


def _means(dataset: Dataset) -> None:
    source = dataset.source
    means = mean_images(dataset.train, len(source.classes))
    found = class_counts(dataset.train, len(source.classes))
    tiles = [
        Tile(name, f"of {count:,}", alternative=f"mean of {count:,} images of {name}")
        for name, count in zip(source.classes, found.tolist(), strict=True)
    ]
    pixels = (means * (255 / source.maximum)).round().astype(np.uint8)
    height, width = source.shape
    gallery(images.data_url(images.mosaic(pixels)), (height, width), tiles, "mean_images", size=80)
    st.caption(
        "Each is the average of all training images of its class, pixel by pixel: sharp where the "
        "images agree, gray where they differ."
    )


def _pixels(dataset: Dataset) -> None:
    found = pixel_counts(dataset.train, dataset.source.maximum)
    edges = np.arange(len(found) + 1) - 0.5
    figure = bars.step_bars(
        "Brightness of the training pixels", "pixel value", {"training": (found, edges)},
        logarithmic=True,
    )  # fmt: skip
    sentence = bars.pixel_sentence(found)
    if len(dataset.train) > COUNTED:
        sentence += f" Counted in the first {COUNTED:,} images."
    chart.chart(
        figure,
        sentence,
        key="pixel_counts",
        about="How often each brightness occurs in the images; compare the "
        "numbers as stored with those the network gets.",
    )
