"""Preprocessing of the drawing step by step; each step can be switched off."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from dashboard.components.drawing_pad import PadDrawing, preprocessing_steps
from dashboard.figures.images import data_url
from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from dashboard.views.draw.prediction import DrawingPrediction, predict
from playground.analysis.inspection.drawing_preprocessing import (
    STEPS,
    Drawing,
    PreprocessedDrawing,
    frame_of,
    prepare,
)
from playground.datasets.registry import DatasetInfo

KEY = "steps"
PLACED = ("frame", "scale")  # for an image of the data set, which is cropped and centered already


def enabled_steps(placed: bool) -> tuple[str, ...]:
    """The steps that are switched on, or those for an image of the data set."""
    if placed:
        return PLACED
    reported = stored.component(KEY, "on")
    if not isinstance(reported, Collection) or isinstance(reported, str):
        return STEPS
    return tuple(name for name in STEPS if name in reported)


def show_steps(
    now: NetworkView,
    pad: PadDrawing,
    prepared: PreprocessedDrawing,
    predicted: DrawingPrediction,
    changed: Callable[[], None],
) -> None:
    """Draw the image after each step, and the prediction with or without that step."""
    placed, enabled = pad.placed, enabled_steps(pad.placed)
    cards = []
    for stage in prepared.stages:
        height, width = stage.image.shape
        is_step = stage.name in STEPS
        card: dict[str, Any] = {
            "name": stage.name,
            "title": step_title(stage.name, now.dataset.source),
            "source": data_url(stage.image),
            "width": width,
            "height": height,
            "alternative": f"The drawing, {height} × {width} pixels",
            "text": effect(stage.name, stage.name in enabled, prepared, now),
            "on": stage.name in enabled if is_step else None,
            "variant": "",
            "differs": False,
        }
        if is_step and not placed:
            other = predict_toggled(now, pad.drawing, enabled, stage.name)
            word = "Without" if stage.name in enabled else "With"
            card["variant"] = f"{word} it: {other.name} ({other.confidence:.0%})"
            card["differs"] = other.index != predicted.index
        cards.append(card)
    note = steps_note(cards, placed, set(enabled) == set(STEPS))
    data = {"cards": cards, "locked": placed, "note": note}
    preprocessing_steps(key=KEY, data=data, on_on_change=changed)


def predict_toggled(
    now: NetworkView, drawing: Drawing, enabled: Collection[str], step: str
) -> DrawingPrediction:
    """The prediction with one step switched the other way."""
    return predict(now, prepare(drawing, now.dataset.source, set(enabled) ^ {step}))


def step_title(name: str, source: DatasetInfo) -> str:
    """A step's name, with this data set's numbers."""
    layout = frame_of(source)
    height, width = source.shape
    return {
        "stroke": "As drawn",
        "crop": "Crop",
        "fit": f"Fit {layout.longest} × {layout.longest}",
        "center": "Center of mass" if layout.center == "mass" else "Center of box",
        "frame": f"{height} × {width} grays",
        "scale": "Scale",
    }[name]


def effect(name: str, on: bool, prepared: PreprocessedDrawing, now: NetworkView) -> str:
    """What a step does, in numbers of this drawing."""
    shapes = {s.name: f"{s.image.shape[0]} × {s.image.shape[1]}" for s in prepared.stages}
    layout, maximum = frame_of(now.dataset.source), f"{now.dataset.source.maximum:g}"
    inputs = prepared.inputs(now.dataset)
    low, high = float(inputs.min()), float(inputs.max())
    texts = {
        "stroke": (f"{shapes['stroke']} pixels from the pad.",) * 2,
        "crop": (
            f"Only the bounding box of the ink: {shapes['crop']}.",
            "Off: the empty margin stays.",
        ),
        "fit": (
            f"The longer side gets {layout.longest} pixels: {shapes['fit']}.",
            f"Off: as large as drawn, {shapes['fit']}.",
        ),
        "center": (
            f"Moves the center of {'mass' if layout.center == 'mass' else 'the box'} to row and "
            f"column {layout.middle:g}.",
            "Off: it stays where it was drawn.",
        ),
        "frame": (
            f"A pixel half covered gets half of {maximum}.",
            f"Off: a pixel is {maximum} or 0.",
        ),
        "scale": (
            f"(pixel − {now.dataset.shift[0]:.3g}) ÷ {now.dataset.scale[0]:.3g}:"
            f" inputs {low:.2g} … {high:.2g}, as in training.",
            f"Off: raw inputs {low:g} … {high:g}.",
        ),
    }
    return texts[name][0 if on else 1]


def steps_note(cards: list[dict[str, Any]], placed: bool, complete: bool) -> str:
    """Which steps matter for this drawing."""
    if placed:
        return (
            "A loaded image is already cropped, fitted and centered: those steps are skipped. "
            "Clear the pad to draw from scratch."
        )
    if not complete:
        off = ", ".join(card["title"] for card in cards if card["on"] is False)
        return f"Switched off: {off}. No training image was made this way."
    decisive = ", ".join(card["title"] for card in cards if card["differs"])
    if not decisive:
        return "No single step changes the prediction here. Try a small drawing in a corner."
    return f"The prediction depends on: {decisive}. All training images were made this way."


def is_blank(drawing: Drawing) -> bool:
    """Whether there is too little ink for a single gray pixel."""
    return drawing.empty or not np.any(drawing.ink >= 8)
