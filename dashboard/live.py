"""What moves on a page: a chart and a grid of samples that change in place, and the polling."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import streamlit as st

from dashboard.figures import Figure, encode

POLL_SECONDS = 0.4

PLOTLY_ADDRESS = f"/plotly/{version('plotly')}.js"  # the version: browsers keep it for good


def _text(name: str) -> str:
    text = (Path(__file__).parent / "components" / name).read_text(encoding="utf-8")
    return text.replace("PLOTLY_ADDRESS", PLOTLY_ADDRESS)


_chart = st.components.v2.component(
    "live_chart", css=_text("chart.css"), js=_text("chart.js"), isolate_styles=False
)
_samples = st.components.v2.component(
    "samples",
    html='<div class="grid"><ul></ul></div>',
    css=_text("samples.css"),
    js=_text("samples.js"),
)


def chart(figure: Figure, sentence: str, key: str) -> None:
    """Show a figure that changes in place: zoom, hidden traces and hover outlive each update.

    `sentence` says what there is to see; it stands below the chart and is its text alternative.
    """
    _chart(key=key, data={"figure": encode(figure), "sentence": sentence})


@dataclass(frozen=True)
class Sample:
    """One example and what the network says of it."""

    label: str
    prediction: str
    confidence: float | None  # 0 to 1

    @property
    def right(self) -> bool:
        """Whether the prediction is the label."""
        return self.label == self.prediction


def samples(sprite: str, shape: tuple[int, int], cells: Sequence[Sample], key: str) -> None:
    """Show images beside label and prediction, right or wrong by symbol and by colour.

    sprite: the address of one picture that holds the images (height, width) below each other.
    """
    shown = [{**asdict(cell), "right": cell.right} for cell in cells]
    _samples(key=key, data={"sprite": sprite, "shape": shape, "cells": shown})
