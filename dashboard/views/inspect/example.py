"""Examples and what the network says of them: a gallery of images, or rows of a table.

Which example the views follow through the network: chosen by number, or typed.
"""

from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.gallery import Tile, gallery
from dashboard.figures import images
from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation.predictions import ChosenExamples
from dashboard.widgets.messages import literal
from dashboard.widgets.tables import frame
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.activations import feature_ranges
from playground.analysis.inspection.forward_pass import LARGE_ERROR, next_mistake
from playground.analysis.metrics.classification import Predictions
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import classes

IMAGES = 48
ROWS = 200
CLASSES = 5  # named beside a large image
SAID = ("truth", "said", "how sure")  # columns beside the features


def examples(
    now: NetworkView,
    of: ChosenExamples,
    found: Predictions,
    rows: NDArray[Any],
    key: str,
    which: str,
) -> None:
    """The examples `rows` of a part; `which` names them: a click on others is forgotten."""
    if now.dataset.source.shape:
        _images(now, of, found, rows[:IMAGES], key, which)
        if len(rows) > IMAGES:
            st.caption(f"The first {IMAGES} of {len(rows):,}.")
    else:
        _rows(now, of, found, rows[:ROWS], key)
        if len(rows) > ROWS:
            st.caption(f"The first {ROWS} of {len(rows):,}.")


def _images(
    now: NetworkView,
    of: ChosenExamples,
    found: Predictions,
    rows: NDArray[Any],
    key: str,
    which: str,
) -> None:
    """One of them large, the first to begin with, above all of them."""
    tiles = [_tile(now, found, int(row)) for row in rows]
    above = st.container()
    st.caption("Press another one to see it large.")
    sprite = _sprite(now, of, rows)
    index = gallery(sprite, _shape(now), tiles, key, clickable=True, of=which) or 0
    row, large = int(rows[index]), rows[index : index + 1]
    left, right = above.columns([1, 2], vertical_alignment="center")
    with left:
        gallery(_sprite(now, of, large), _shape(now), [tiles[index]], f"{key}_large", size=168)
    with right:
        place = row * -(-of.total // of.rows) + 1
        st.caption(f"Example {place:,} of the {of.name} part: its likeliest classes.")
        st.table(_likeliest(now, found, row), hide_index=True)


def _tile(now: NetworkView, found: Predictions, row: int) -> Tile:
    names = now.dataset.source.classes
    truth, said = names[found.truth[row]], names[found.guess[row]]
    sure = f"{found.confidence[row]:.0%}"
    if truth == said:
        return Tile(f"✓ {said}", sure, "right", f"{truth}, recognized, {sure} sure")
    return Tile(
        f"✗ is {truth}", f"said {said} ({sure})", "wrong", f"{truth}, said {said}, {sure} sure"
    )


def _likeliest(now: NetworkView, found: Predictions, row: int) -> pd.DataFrame:
    names, share = now.dataset.source.classes, found.probability[row]
    order = np.argsort(-share, kind="stable")[:CLASSES]
    return pd.DataFrame(
        {
            "class": [literal(names[i]) for i in order],
            "probability": [f"{share[i]:.1%}" for i in order],
            "": [
                " and ".join(
                    word
                    for word, is_it in (
                        ("truth", i == found.truth[row]),
                        ("said", i == found.guess[row]),
                    )
                    if is_it
                )
                for i in order
            ],
        }
    )


def _sprite(now: NetworkView, of: ChosenExamples, rows: NDArray[Any]) -> str:
    pixels = images.mosaic(of.part.x[rows], now.dataset.source.maximum)
    return images.data_url(pixels)


def _shape(now: NetworkView) -> tuple[int, int]:
    height, width = now.dataset.source.shape
    return height, width


def _rows(
    now: NetworkView, of: ChosenExamples, found: Predictions, rows: NDArray[Any], key: str
) -> None:
    names = now.dataset.source.classes
    table = frame(of.part.x[rows], now.dataset.source.features, SAID).round(3)
    table["truth"] = [names[i] for i in found.truth[rows]]
    table["said"] = [names[i] for i in found.guess[rows]]
    table["how sure"] = [f"{share:.0%}" for share in found.confidence[rows]]
    st.dataframe(table, hide_index=True, width="stretch", key=key)


MOST_TYPED = 12  # features that are asked for one by one
BY_NUMBER, TYPED = "An example", "My own values"


@dataclass(frozen=True)
class ExampleView:
    """One example: raw as the data set has it, (1, …), and scaled as the network takes it, (n,)."""

    name: str  # "validation example 7"
    raw: NDArray[Any]
    x: NDArray[np.float32]
    truth: str | None  # its label or target; None for typed values
    verdict: str  # what the network says of it, in one sentence


def choose_example(now: NetworkView) -> ExampleView:
    """The widgets to choose an example with, and what the network says of it."""
    source = now.dataset.source
    may_type = not source.shape and source.n_features <= MOST_TYPED
    with st.container(horizontal=True, vertical_alignment="bottom", key="example"):
        way = BY_NUMBER
        if may_type:
            way = st.segmented_control(
                "Follow", [BY_NUMBER, TYPED], default=BY_NUMBER, required=True,
                key="example_way", persist_state="session",
                help="Take an example of the data, or type values of your own; try "
                "values no example has.",
            )  # fmt: skip
        if way == BY_NUMBER:
            return _by_number(now)
        raw = _typed(now)
    return _example(now, "your own values", raw, None)


def _by_number(now: NetworkView) -> ExampleView:
    part_name, part = decision_boundary.shown_part(now.dataset)
    count = len(part)
    stored.clamp("example_number", 1, count)
    number = st.number_input(
        f"{part_name.capitalize()} example, 1 to {count:,}", 1, count, 1, width=220,
        key="example_number", persist_state="session",
        help="Which example is followed through the network; try one it gets "
        "wrong.",
    )  # fmt: skip
    is_class = now.task == CLASSIFICATION
    st.button(
        "Next mistake" if is_class else "Next large error", key="next_mistake",
        icon=":material/skip_next:", on_click=_go_on, args=(now, number),
        help=f"Go to the next of the {count:,} examples that it answers wrongly now."
        if is_class else f"An error of more than {LARGE_ERROR:g} times the mean error.",
    )  # fmt: skip
    row = slice(number - 1, number)
    return _example(now, f"{part_name} example {number:,}", part.x[row], part.y[number - 1])


def _go_on(now: NetworkView, number: int) -> None:
    """Show the next mistake, or say that there is none."""
    _, part = decision_boundary.shown_part(now.dataset)
    found = next_mistake(now.snapshot, now.dataset, part, number - 1)
    if found is None:
        st.toast(f"No mistake in all {len(part):,} examples after epoch {now.epoch:,}.")
    else:
        stored.set_widget("example_number", found + 1)


def _typed(now: NetworkView) -> NDArray[np.float32]:
    source, values = now.dataset.source, []
    first = decision_boundary.shown_part(now.dataset)[1].x[0]
    for i, (name, (low, high)) in enumerate(
        zip(source.features, feature_ranges(now.dataset), strict=True)
    ):
        key = f"typed_{now.experiment.data.dataset}_{i}"
        stored.clamp(key, low, high)
        value = st.number_input(
            literal(name), low, high, float(np.clip(first[i], low, high)), key=key, format="%.4g",
            step=10.0 ** (floor(log10(high - low)) - 1), width=150, persist_state="session",
            help=f"Between {low:.4g} and {high:.4g}: the range of the training examples.",
        )  # fmt: skip
        values.append(value)
    return np.array([values], np.float32)


def _example(now: NetworkView, name: str, raw: NDArray[Any], target: Any) -> ExampleView:
    source = now.dataset.source
    x = now.dataset.transform(raw)
    output = now.snapshot.predict(x)
    if now.task != CLASSIFICATION:
        answer = f"The network says {output[0, 0]:.4g}"
        truth = None if target is None else f"{target:.4g}"
        right = None
    else:
        guess = int(classes(output)[0])
        sure = output[0, guess] if output.shape[1] > 1 else max(output[0, 0], 1 - output[0, 0])
        answer = f"The network says {source.classes[guess]} ({sure:.1%} sure)"
        truth = None if target is None else source.classes[int(target)]
        right = None if target is None else guess == int(target)
    end = "." if truth is None else f"; the truth is {truth}."
    if right is not None:
        end = ", and that is right ✓." if right else f"; it is {truth} ✗."
    verdict = f"{name.capitalize()}: {answer[0].lower()}{answer[1:]}{end}"
    return ExampleView(name, raw, x[0], truth, verdict)


def tell(example: ExampleView) -> None:
    """Say what the network makes of the example."""
    st.markdown(f"**{literal(example.verdict)}**")
