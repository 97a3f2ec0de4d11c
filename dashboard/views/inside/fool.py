"""On any example of the data: the smallest change that flips the answer, and where it looks."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.moment import Moment
from dashboard.notices import literal
from dashboard.views.draw.flip import smallest_change
from dashboard.views.draw.looks import looks
from dashboard.views.inside.example import choose_example, tell

Image = NDArray[np.uint8]


def fool(now: Moment) -> None:
    """The smallest change of one example."""
    _of_example(now, smallest_change)


def where(now: Moment) -> None:
    """The occlusion map of one example."""
    _of_example(now, looks)


def _of_example(now: Moment, show: Callable[[Moment, Image], None]) -> None:
    source = now.dataset.source
    if not source.shape:
        st.info(
            f"{literal(source.label)} has no images, so there are no pixels to change or to cover: "
            "choose MNIST, Fashion-MNIST or digits."
        )
        return
    example = choose_example(now)
    tell(example)
    show(now, example.raw[0])
