"""An image of the data set put on the pad: to begin with, or instead of drawing by hand."""

from collections.abc import Callable
from uuid import uuid4

import numpy as np
import streamlit as st

from dashboard.state.drawing import DrawingState, PadExample
from playground.analysis.inspection.decision_boundary import shown_part
from playground.datasets import Dataset

ANY = "any class"


def load(in_hand: DrawingState, dataset: Dataset, loaded: Callable[[], None]) -> None:
    """Choose a class and load its next image; it can then be drawn on."""
    classes = dataset.source.classes
    name = st.selectbox(
        "Load an image of", [ANY, *classes], key="example_class", width=150,
        persist_state="session",
        help="Images the network has not learnt from. Then draw on it, or rub some of it out.",
    )  # fmt: skip

    def press() -> None:
        put(in_hand, dataset, name)
        loaded()

    st.button(
        "Load an image",
        key="load_example",
        icon=":material/image:",
        on_click=press,
        help="Puts an image of the data set on the pad; draw over it and watch the answer change.",
    )


def put(in_hand: DrawingState, dataset: Dataset, name: str) -> None:
    """Have the next image of class `name` put on the pad."""
    source = dataset.source
    part_name, part = shown_part(dataset)
    rows = np.arange(len(part))
    if name in source.classes:
        rows = np.flatnonzero(part.y == source.classes.index(name))
    if not len(rows):
        in_hand.label = f"There is no {part_name} image of {name}"
        return
    turn = in_hand.next.get(name, 0)
    in_hand.next[name] = turn + 1
    row = int(rows[turn % len(rows)])
    pixels = (part.x[row] * (255 / source.maximum)).round().astype(np.uint8)
    in_hand.example = PadExample(uuid4().hex, pixels)
    in_hand.label = f"Loaded: {part_name} image {row}, {source.classes[part.y[row]]}"
