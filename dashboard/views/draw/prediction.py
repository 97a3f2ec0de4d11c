"""The network that predicts the drawing, its prediction, and the nearest training images."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.drawing_pad import class_probabilities as probability_bars
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import images
from dashboard.figures.images import data_url, n_cell_columns, unit_cells
from dashboard.state import session, stored
from dashboard.state.network_view import Image, NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.inspection.drawing_preprocessing import PreprocessedDrawing
from playground.analysis.inspection.nearest_neighbors import NearestNeighborIndex, Neighbors
from playground.datasets import load
from playground.experiment.model import Data
from playground.export import pretrained
from playground.export.pretrained import PretrainedNetwork
from playground.nn.network import classes

Array = NDArray[np.floating]

PRETRAINED = "Pretrained MNIST network"
OWN = "My network"


def choose_own(trained: bool) -> bool:
    """Let the user choose; True: the own network, the default once it is `trained`."""
    first = None if stored.has_widget("draw_network") else OWN if trained else PRETRAINED
    choice = st.segmented_control(
        "Network", [PRETRAINED, OWN], default=first, key="draw_network", required=True,
        persist_state="session",
        help="The network that predicts your drawing; try the same drawing on both.",
    )  # fmt: skip
    return bool(choice == OWN)


def no_images(label: str) -> None:
    """Explain that the current data set has no images, and offer one that has."""
    st.info(
        f"{label} has no images to draw, so a pretrained network predicts your drawing. To train "
        "your own, choose a data set of images."
    )
    st.button(
        "Make MNIST digits my experiment",
        key="choose_mnist",
        on_click=_choose_mnist,
        help="Makes handwritten digits the data set of the current experiment.",
    )


def _choose_mnist() -> None:
    session.set_experiment(session.experiment().replace(dataset="mnist"))


def pretrained_view() -> NetworkView:
    """The pretrained network, with the images of the package."""
    network = pretrained.load()
    experiment = network.bundled
    return NetworkView(experiment, load(experiment.data), network.snapshot, None, "trained mnist")


def description(network: PretrainedNetwork) -> str:
    """Layers, training and test accuracy of the pretrained network."""
    test, data = network.scores["test"], network.experiment.data
    sizes = "-".join(str(n) for n in network.experiment.layer_sizes)
    return (
        f"Comes with the program: {sizes}, trained for {network.snapshot.epoch} epochs on "
        f"{data.train_size:,} MNIST digits; accuracy {test.metric:.1%} on {test.n:,} test images."
    )


WIDTH, CELL = 420, 14  # pixels on the screen: of a layer at most, of a unit at most
REFERENCE_EXAMPLES = 200  # for the range of the activations

UNSURE = 0.5  # below this probability of the predicted class
MENTIONED = 0.01  # probability of the second class
FULL_COLOR_QUANTILE = 0.995  # of the activations
ACTIVE = 0.05  # of the range


@dataclass(frozen=True)
class DrawingPrediction:
    """The network's prediction for one image.

    probabilities: (n_classes,); layers: the activations of each layer.
    """

    names: tuple[str, ...]
    probabilities: Array
    layers: tuple[Array, ...]

    @property
    def index(self) -> int:
        """The predicted class."""
        return int(self.probabilities.argmax())

    @property
    def name(self) -> str:
        """The name of that class."""
        return self.names[self.index]

    @property
    def confidence(self) -> float:
        """The probability of that class."""
        return float(self.probabilities[self.index])

    @property
    def finite(self) -> bool:
        """Whether the probabilities are finite, which those of a diverged network are not."""
        return bool(np.isfinite(self.probabilities).all())


def predict(now: NetworkView, prepared: PreprocessedDrawing) -> DrawingPrediction:
    """The network's prediction for a drawing."""
    passes = now.snapshot.forward(prepared.inputs(now.dataset))
    layers = tuple(a[0] for _, a in passes)
    return DrawingPrediction(now.dataset.source.classes, class_probabilities(layers[-1]), layers)


def class_probabilities(output: Array) -> Array:
    """The probability of each class from the output units of one example."""
    if len(output) > 1:
        return output
    return np.array([1 - output[0], output[0]])


def sentence(predicted: DrawingPrediction) -> str:
    """The predicted class with its probability, and the second one."""
    if not predicted.finite:
        return NOT_FINITE
    second = int(np.argsort(predicted.probabilities)[-2])
    name, probability = predicted.names[second], float(predicted.probabilities[second])
    if predicted.confidence < UNSURE:
        first = f"{predicted.name} ({predicted.confidence:.0%})"
        return f"Uncertain: {first} or {name} ({probability:.0%})."
    other = f" Second: {name}, {probability:.0%}." if probability >= MENTIONED else ""
    return f"Prediction: {predicted.name}, confidence {percent(predicted.confidence)}.{other}"


def percent(probability: float) -> str:
    """A probability that is never rounded to 100 %."""
    if probability > 0.999:
        return "more than 99.9%"
    return f"{probability:.0%}" if probability < 0.99 else f"{probability:.1%}"


def activation_ranges(now: NetworkView) -> tuple[float, ...]:
    """Full color of each layer: a high quantile of |activation|, at the output the largest."""
    _, part = shown_part(now.dataset)
    passes = now.snapshot.forward(now.dataset.transform(part.x[:REFERENCE_EXAMPLES]))
    quantiles = [FULL_COLOR_QUANTILE] * (len(passes) - 1) + [1.0]
    return tuple(
        float(np.quantile(np.abs(a), q)) or 1.0 for (_, a), q in zip(passes, quantiles, strict=True)
    )


def show(predicted: DrawingPrediction, ranges: tuple[float, ...], count: int) -> None:
    """Draw the probabilities of all classes and, below, each layer's units as cells."""
    if not predicted.finite:
        return show_none(predicted.names, NOT_FINITE, count)
    last = len(predicted.layers) - 1
    layers = [
        _layer("Output" if i == last else f"Hidden layer {i + 1}", a, largest)
        for i, (a, largest) in enumerate(zip(predicted.layers, ranges, strict=True))
    ]
    bars = [
        (name, round(float(probability), 4))
        for name, probability in zip(predicted.names, predicted.probabilities, strict=True)
    ]
    _show(sentence(predicted), bars, predicted.index, layers, count)


def show_none(names: tuple[str, ...], reason: str, count: int | None = None) -> None:
    """Draw empty bars, and why there is no prediction."""
    _show(reason, [(name, 0.0) for name in names], None, [], count)


def _show(
    text: str, bars: list[tuple[str, float]], index: int | None, layers: list[dict[str, Any]],
    count: int | None,
) -> None:  # fmt: skip
    data = {"sentence": text, "bars": bars, "first": index, "layers": layers, "count": count}
    probability_bars(key="answer", data=data)


def _layer(title: str, activations: Array, largest: float) -> dict[str, Any]:
    columns = n_cell_columns(len(activations))
    rows = -(-len(activations) // columns)
    cell = min(CELL, WIDTH / columns)
    units = "unit" if len(activations) == 1 else "units"
    active = int((np.abs(activations) > ACTIVE * largest).sum())
    caption = f"{title}: {len(activations)} {units}, {active} active"
    strongest = int(np.abs(activations).argmax()) + 1
    return {
        "source": data_url(unit_cells(activations, largest)),
        "width": round(columns * cell),
        "height": round(rows * cell),
        "caption": caption,
        "alternative": f"{caption}; the strongest is unit {strongest}.",
    }


NEIGHBORS = 12

# The smallest score for which each text holds.
OOD_TEXTS = (
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
    found = index.nearest(image, NEIGHBORS)
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
    st.caption(neighbors_sentence(labels, prediction))
    pixels = images.mosaic(now.dataset.train.x[found.index], now.dataset.source.maximum)
    height, width = now.dataset.source.shape
    gallery(images.data_url(pixels), (height, width), tiles, key="neighbors")
    st.caption(f"Euclidean distance to {len(index):,} training images, with pixels from 0 to 1.")


def ood_sentence(found: Neighbors, index: NearestNeighborIndex) -> str:
    """The out-of-distribution score with its meaning."""
    text = next(text for least, text in OOD_TEXTS if found.ood_score >= least)
    return (
        f"Out-of-distribution score {found.ood_score:.0%}. {text} It is farther from the nearest "
        f"training image than {found.ood_score:.0%} of {len(index.reference_distances)} "
        f"{index.compared_with} images."
    )


def neighbors_sentence(labels: list[str], prediction: str) -> str:
    """The most frequent class of the neighbors, and whether the prediction agrees."""
    name, count = Counter(labels).most_common(1)[0]
    agreement = "as predicted" if name == prediction else f"but the prediction is {prediction}"
    return f"{count} of the {len(labels)} nearest training images are {name}, {agreement}."
