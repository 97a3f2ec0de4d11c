"""An image of the data set put on the pad: to begin with, or instead of drawing by hand."""

from uuid import uuid4

import numpy as np
import streamlit as st

from dashboard.moment import Moment
from dashboard.pad import Example
from dashboard.predictions import shown_part
from dashboard.views.draw.hand import Hand

ANY = "any class"


def load(in_hand: Hand, now: Moment) -> None:
    """Choose a class and load its next image; it can then be drawn on."""
    classes = now.dataset.source.classes
    with st.container(horizontal=True, vertical_alignment="bottom", key="examples"):
        name = st.selectbox(
            "Or load an image of", [ANY, *classes], key="example_class", width=160,
            help="Images the network has not learnt from. Then draw on it, or rub some of it out.",
        )  # fmt: skip
        st.button(
            "Load next", key="load_example", icon=":material/image:",
            on_click=put, args=(in_hand, now, name),
        )  # fmt: skip
    if in_hand.label:
        st.caption(f"Loaded last: {in_hand.label}")


def put(in_hand: Hand, now: Moment, name: str) -> None:
    """Have the next image of class `name` put on the pad."""
    source = now.dataset.source
    part_name, part = shown_part(now.dataset)
    rows = np.arange(len(part))
    if name in source.classes:
        rows = np.flatnonzero(part.y == source.classes.index(name))
    if not len(rows):
        in_hand.label = f"there is no {part_name} image of {name}"
        return
    turn = in_hand.next.get(name, 0)
    in_hand.next[name] = turn + 1
    row = int(rows[turn % len(rows)])
    pixels = (part.x[row] * (255 / source.maximum)).round().astype(np.uint8)
    in_hand.example = Example(uuid4().hex, pixels)
    in_hand.label = f"{part_name} image {row}, {source.classes[part.y[row]]}"
