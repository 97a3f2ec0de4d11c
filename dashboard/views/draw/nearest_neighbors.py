"""The training images most like the image in hand, and how unlike all of them it is."""

from collections import Counter
from functools import lru_cache

import numpy as np
import streamlit as st

from dashboard.components.gallery import Tile, gallery
from dashboard.figures import images as picture
from dashboard.state.drawing import Image
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection.nearest_neighbors import NearestNeighborIndex, Neighbors
from playground.datasets import load
from playground.experiment.model import Data
from playground.nn.network import classes

SHOWN = 12

# From which strangeness on which words are true.
WORDS = (
    (0.99, "Unlike anything it was trained on: whatever the network answers is a guess."),
    (0.9, "Unusual: few real images are so far from everything it was trained on."),
    (0.5, "A little unusual, as every second real image is."),
    (0.0, "Much like what it was trained on."),
)


@lru_cache(maxsize=2)
def album(data: Data) -> NearestNeighborIndex:
    """The training images of these data, kept ready: 30 MB for the largest sets."""
    return NearestNeighborIndex(load(data))


def neighbors(now: NetworkView, image: Image) -> None:
    """A score in words, and the nearest training images with their classes."""
    images = album(now.experiment.data)
    found = images.nearest(image, SHOWN)
    st.progress(found.strangeness, text=strangeness(found, images))
    names = now.dataset.source.classes
    labels = [names[now.dataset.train.y[i]] for i in found.index]
    output = now.snapshot.predict(now.dataset.transform(image[None]))
    if not np.isfinite(output).all():
        st.warning(NOT_FINITE)
        return
    guess = int(classes(output)[0])
    tiles = [
        Tile(label, f"distance {distance:.1f}")
        for label, distance in zip(labels, found.distance, strict=True)
    ]
    st.caption(sentence(labels, names[guess]))
    pixels = picture.mosaic(now.dataset.train.x[found.index], now.dataset.source.maximum)
    height, width = now.dataset.source.shape
    gallery(picture.data_url(pixels), (height, width), tiles, key="neighbors")
    st.caption(
        f"Compared pixel by pixel with {len(images):,} training images: the distance is the root "
        "of the sum of all squared differences, with pixels from 0 to 1."
    )


def strangeness(found: Neighbors, images: NearestNeighborIndex) -> str:
    """The score in words."""
    words = next(text for least, text in WORDS if found.strangeness >= least)
    return (
        f"Strangeness {found.strangeness:.0%}. {words} It is farther from the nearest training "
        f"image than {found.strangeness:.0%} of {len(images.usual)} {images.compared_with} images."
    )


def sentence(labels: list[str], guess: str) -> str:
    """Which class is most frequent among the nearest, and whether the network agrees."""
    name, count = Counter(labels).most_common(1)[0]
    agrees = "and so says the network" if name == guess else f"but the network says {guess}"
    return f"{count} of the {len(labels)} nearest training images are {name}, {agrees}."
