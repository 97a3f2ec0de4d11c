"""What somebody new sees first: three problems as cards that move, each one click away."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.gallery import publish
from dashboard.figures.images import png
from dashboard.figures.style import DIVERGING, diverging_colors
from dashboard.state import identity, stored, url
from dashboard.views.shared.run_controls import start_run
from playground.analysis.inspection import decision_boundary
from playground.datasets import Dataset, load
from playground.experiment.model import Experiment
from playground.labs.by_hand import adam_steps
from playground.nn.network import Snapshot, classes
from playground.runs.run import Run
from playground.storage.records import StoreError
from playground.storage.store import store

FRAMES, SECONDS = 24, 5.0  # of a card's picture, which then begins again
SIDE = 72  # pixels of a picture
COLUMNS, FRAME = 3, 2  # images on a card each way, and the width of their frames

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Card:
    """A problem, and the network that learns it.

    every: updates in NumPy between two frames of its picture; preview: the settings of that
    network where they differ, as it must be small.
    """

    title: str
    text: str
    settings: dict[str, Any]
    every: int
    preview: dict[str, Any] = field(default_factory=dict)

    @property
    def experiment(self) -> Experiment:
        """What a click opens."""
        return Experiment().replace(**self.settings)


SMALL = {"train_size": 1000, "validation_size": 100, "hidden": (24,), "learning_rate": 0.003,
         "optimizer": "adam", "batch_size": 100}  # fmt: skip
CARDS = {
    "spiral": Card(
        "A spiral",
        "Two classes wind around each other: watch the border bend.",
        {"dataset": "spiral", "hidden": (16, 16), "activation": "tanh", "optimizer": "adam",
         "learning_rate": 0.03, "epochs": 300},
        35,
    ),
    "digit": Card(
        "A digit",
        "Handwritten: which of ten is it? Blue frames are right.",
        {"dataset": "mnist", "hidden": (64,), "optimizer": "adam", "learning_rate": 0.001,
         "epochs": 20},
        2, SMALL,
    ),
    "clothes": Card(
        "Clothes",
        "Fashion-MNIST: shirt, shoe or bag? By the network 784-300-100-10.",
        {}, 3, SMALL,
    ),
}  # fmt: skip


def first_visit(run: Run) -> bool:
    """Draw the cards as long as a new visitor has chosen nothing; whether they are drawn."""
    state = stored.get("first_visit", make=_is_new)
    if not state or run.state != "ready" or run.experiment != Experiment() or url.controls():
        return False
    with st.container(key="first_visit"):
        question, *columns = st.columns([2, 3, 3, 3], gap="small", vertical_alignment="center")
        question.markdown("**A neural network learns from examples.** Choose what it should learn:")
        for column, (name, card) in zip(columns, CARDS.items(), strict=True):
            with column, st.container(horizontal=True, gap="small", key=f"card_{name}"):
                st.html(_picture(name, card), width=SIDE)
                with st.container(width="stretch", gap=None):
                    st.button(
                        card.title, key=f"open_{name}", icon=":material/play_arrow:",
                        on_click=_open, args=(card,),
                        help="Sets these data and this network, and trains it at once.",
                    )  # fmt: skip
                    st.markdown(card.text)
    return True


def _open(card: Card) -> None:
    start_run(card.experiment, play=True)


def _is_new() -> bool:
    """Whether the address is bare and this browser has saved no run."""
    known = identity.current()
    if known is None or not url.is_bare() or url.presents():
        return False
    try:
        return store().count(known[0]) == 0
    except StoreError:
        return False


def _picture(name: str, card: Card) -> str:
    """A picture that shows one frame after another; the last one where motion is not wanted."""
    address, last = publish(film(name)), (FRAMES - 1) * SIDE
    return f"""<style>
    .film-{name} {{ width: {SIDE}px; height: {SIDE}px; border-radius: 6px; image-rendering: auto;
      background: url({address}) 0 0 / {SIDE}px {FRAMES * SIDE}px;
      animation: film {SECONDS}s steps({FRAMES - 1}) infinite; }}
    @keyframes film {{ to {{ background-position-y: -{last}px; }} }}
    @media (prefers-reduced-motion: reduce) {{
      .film-{name} {{ animation: none; background-position-y: -{last}px; }}
    }}
    </style>
    <div class="film-{name}" role="img" aria-label="{card.title}: a network learns it"></div>"""


def films() -> None:
    """Make the pictures of all cards, so that no visitor waits for them."""
    for name in CARDS:
        film(name)


@cache
def film(name: str) -> bytes:
    """The frames of a card below each other, as PNG: a network while it is trained in NumPy."""
    card = CARDS[name]
    experiment = card.experiment.replace(**card.preview)
    dataset = load(experiment.data)
    draw: Callable[[Snapshot, Dataset], Pixels] = (
        _plane if decision_boundary.suits(dataset) else _images
    )
    steps = islice(adam_steps(experiment, dataset), 0, FRAMES * card.every, card.every)
    return png(np.concatenate([draw(snapshot, dataset) for snapshot in steps]))


def _plane(snapshot: Snapshot, dataset: Dataset) -> Pixels:
    """The plane in the colors of the output, with the examples, (SIDE, SIDE, 3)."""
    region = decision_boundary.region(snapshot, dataset)
    rows = np.linspace(0, len(region.values) - 1, SIDE).round().astype(int)
    picture = diverging_colors(region.values[rows][:, rows], 1.0)
    left, right, bottom, top = region.extent
    x, y = dataset.train.x[:, 0], dataset.train.x[:, 1]
    column = ((x - left) / (right - left) * (SIDE - 3)).astype(int) + 1
    row = ((top - y) / (top - bottom) * (SIDE - 3)).astype(int) + 1
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        picture[row + dy, column + dx] = DIVERGING[2 * dataset.train.y.astype(int)] * 0.6
    return picture


def _images(snapshot: Snapshot, dataset: Dataset) -> Pixels:
    """Validation images in frames: blue where the prediction is right, orange where it is wrong."""
    part, count = dataset.validation, COLUMNS**2
    right = classes(snapshot.predict(dataset.transform(part.x[:count]))) == part.y[:count]
    cell = SIDE // COLUMNS
    rows = np.linspace(0, part.x.shape[1] - 1, cell - 2 * FRAME).round().astype(int)
    cells = np.empty((COLUMNS, COLUMNS, cell, cell, 3), np.uint8)
    for i, image in enumerate(part.x[:count]):
        framed = cells[divmod(i, COLUMNS)]
        framed[:] = DIVERGING[2 * int(right[i])]
        framed[FRAME:-FRAME, FRAME:-FRAME] = image[rows][:, rows, None]
    return cells.swapaxes(1, 2).reshape(SIDE, SIDE, 3)
