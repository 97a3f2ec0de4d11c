"""Prediction for the drawing: class probabilities and the activations of each layer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.components.drawing_pad import class_probabilities as probability_bars
from dashboard.figures.images import data_url, n_cell_columns, unit_cells
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.inspection.drawing_preprocessing import PreprocessedDrawing

Array = NDArray[np.floating]

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
