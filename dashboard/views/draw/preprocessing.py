"""The way from the stroke to the network's input, step by step, each to be switched off."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from dashboard.components.drawing_pad import PadDrawing, preprocessing_steps
from dashboard.figures.images import data_url
from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from dashboard.views.draw.prediction import DrawingPrediction, answer
from playground.analysis.inspection.drawing_preprocessing import (
    STEPS,
    Drawing,
    PreprocessedDrawing,
    frame_of,
    prepare,
)
from playground.datasets.registry import DatasetInfo

KEY = "steps"


PLACED = ("frame", "scale")  # for an image of the data set: it already lies as it should


def chosen(placed: bool) -> tuple[str, ...]:
    """The steps that are switched on, or those for an image that already lies as it should."""
    if placed:
        return PLACED
    told = stored.component(KEY, "on")
    if not isinstance(told, Collection) or isinstance(told, str):
        return STEPS
    return tuple(name for name in STEPS if name in told)


def steps(
    now: NetworkView,
    sketch: PadDrawing,
    prepared: PreprocessedDrawing,
    said: DrawingPrediction,
    changed: Callable[[], None],
) -> None:
    """The picture after each step, and what the network would say with or without that step."""
    placed, on = sketch.placed, chosen(sketch.placed)
    cards = []
    for stage in prepared.stages:
        height, width = stage.image.shape
        card: dict[str, Any] = {
            "name": stage.name,
            "title": title(stage.name, now.dataset.source),
            "source": data_url(stage.image),
            "width": width,
            "height": height,
            "alternative": f"The drawing, {height} × {width} pixels",
            "text": effect(stage.name, stage.name in on, prepared, now),
            "on": stage.name in on if stage.name in STEPS else None,
            "variant": "",
            "differs": False,
        }
        if stage.name in STEPS and not placed:
            other = variant(now, sketch.drawing, on, stage.name)
            word = "Without" if stage.name in on else "With"
            card["variant"] = f"{word} it: {other.name} ({other.sure:.0%})"
            card["differs"] = other.first != said.first
        cards.append(card)
    preprocessing_steps(
        key=KEY,
        data={"cards": cards, "locked": placed, "note": note(cards, placed, set(on) == set(STEPS))},
        on_on_change=changed,
    )


def variant(
    now: NetworkView, drawing: Drawing, on: Collection[str], step: str
) -> DrawingPrediction:
    """What the network says with this one step switched the other way."""
    return answer(now, prepare(drawing, now.dataset.source, set(on) ^ {step}))


def title(name: str, source: DatasetInfo) -> str:
    """A step's name, with this data set's numbers."""
    frame = frame_of(source)
    height, width = source.shape
    centre = "mass" if frame.centre == "mass" else "its box"
    return {
        "stroke": "As drawn",
        "crop": "Crop",
        "fit": f"Fit {frame.longest} × {frame.longest}",
        "centre": f"Centre of {centre}",
        "frame": f"{height} × {width} grays",
        "scale": "Scale",
    }[name]


def effect(name: str, on: bool, prepared: PreprocessedDrawing, now: NetworkView) -> str:
    """What a step does, in numbers of this drawing."""
    shapes = {s.name: f"{s.image.shape[0]} × {s.image.shape[1]}" for s in prepared.stages}
    source = now.dataset.source
    frame = frame_of(source)
    top = f"{source.maximum:g}"
    values = prepared.inputs(now.dataset)
    low, high = float(values.min()), float(values.max())
    texts = {
        "stroke": (f"{shapes['stroke']} pixels from the pad.",) * 2,
        "crop": (
            f"Only the box with ink is kept: {shapes['crop']}.",
            "Off: the empty margin stays.",
        ),
        "fit": (
            f"The longer side gets {frame.longest} pixels: {shapes['fit']}.",
            f"Off: as large as drawn, {shapes['fit']}.",
        ),
        "centre": (
            f"Moved so that the centre of {'its ink' if frame.centre == 'mass' else 'its box'} lies"
            f" in row and column {frame.middle:g}.",
            "Off: it stays where it was drawn.",
        ),
        "frame": (
            f"A pixel half covered gets half of {top}.",
            f"Off: a pixel has all the ink ({top}) or none.",
        ),
        "scale": (
            f"(pixel − {now.dataset.shift[0]:.3g}) ÷ {now.dataset.scale[0]:.3g}:"
            f" inputs {low:.2g} … {high:.2g}, as in training.",
            f"Off: raw inputs {low:g} … {high:g}.",
        ),
    }
    return texts[name][0 if on else 1]


def note(cards: list[dict[str, Any]], placed: bool, complete: bool) -> str:
    """Which step matters for this drawing."""
    if placed:
        return (
            "A loaded image is already cropped, fitted and centred: those steps are left out "
            "while you change it. Press Clear to draw from the beginning."
        )
    names = [card["title"] for card in cards if card["differs"]]
    if not complete:
        what = ", ".join(card["title"] for card in cards if card["on"] is False)
        return f"Switched off: {what}. The network never saw an image made this way."
    if not names:
        return "For this drawing no single step changes the answer. Try a small one in a corner."
    what = ", ".join(names)
    return f"The answer depends on: {what}. The network only ever saw images made this way."


def blank(drawing: Drawing) -> bool:
    """Whether there is too little ink for a single gray pixel."""
    return drawing.empty or not np.any(drawing.ink >= 8)
