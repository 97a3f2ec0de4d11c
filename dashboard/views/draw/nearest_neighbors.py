"""Nearest training images of the drawing, and its out-of-distribution score."""

from collections import Counter
from functools import lru_cache

import numpy as np
import streamlit as st

from dashboard.components.gallery import Tile, gallery
from dashboard.figures import images
from dashboard.state.network_view import Image, NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection.nearest_neighbors import NearestNeighborIndex, Neighbors
from playground.datasets import load
from playground.experiment.model import Data
from playground.nn.network import classes

SHOWN = 12

# The smallest score for which each text holds.
TEXTS = (
    (0.99, "Unlike all training images: the prediction cannot be trusted."),
    (0.9, "Unusual: few real images are so far from the training images."),
    (0.5, "A little unusual, like every second real image."),
    (0.0, "Similar to the training images."),
)


@lru_cache(maxsize=2)
def neighbor_index(data: Data) -> NearestNeighborIndex:
    """Index of the training images: 30 MB for the largest sets."""
    return NearestNeighborIndex(load(data))


def nearest_neighbors(now: NetworkView, image: Image) -> None:
    """Draw the score and the nearest training images with their classes."""
    index = neighbor_index(now.experiment.data)
    found = index.nearest(image, SHOWN)
    st.progress(found.ood_score, text=ood_sentence(found, index))
    names = now.dataset.source.classes
    labels = [names[now.dataset.train.y[i]] for i in found.index]
    output = now.snapshot.predict(now.dataset.transform(image[None]))
    if not np.isfinite(output).all():
        st.warning(NOT_FINITE)
        return
    prediction = names[int(classes(output)[0])]
    tiles = [
        Tile(label, f"distance {distance:.1f}")
        for label, distance in zip(labels, found.distance, strict=True)
    ]
    st.caption(sentence(labels, prediction))
    pixels = images.mosaic(now.dataset.train.x[found.index], now.dataset.source.maximum)
    height, width = now.dataset.source.shape
    gallery(images.data_url(pixels), (height, width), tiles, key="neighbors")
    st.caption(f"Euclidean distance to {len(index):,} training images, with pixels from 0 to 1.")


def ood_sentence(found: Neighbors, index: NearestNeighborIndex) -> str:
    """The out-of-distribution score with its meaning."""
    text = next(text for least, text in TEXTS if found.ood_score >= least)
    return (
        f"Out-of-distribution score {found.ood_score:.0%}. {text} It is farther from the nearest "
        f"training image than {found.ood_score:.0%} of {len(index.reference_distances)} "
        f"{index.compared_with} images."
    )


def sentence(labels: list[str], prediction: str) -> str:
    """The most frequent class of the neighbors, and whether the prediction agrees."""
    name, count = Counter(labels).most_common(1)[0]
    agreement = "as predicted" if name == prediction else f"but the prediction is {prediction}"
    return f"{count} of the {len(labels)} nearest training images are {name}, {agreement}."
