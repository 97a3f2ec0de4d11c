"""Examples and their predictions: the evaluated ones, several in a gallery, the choice of one."""

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
from dashboard.widgets.messages import literal
from dashboard.widgets.tables import frame
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.activations import feature_ranges
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.inspection.forward_pass import LARGE_ERROR, next_error
from playground.analysis.metrics.classification import Predictions, max_samples, predict, sample
from playground.analysis.metrics.score import Residuals, residuals
from playground.datasets.dataset import Split
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import classes
from playground.runs.jobs import LRUCache, fingerprint

_PREDICTIONS: LRUCache[Predictions] = LRUCache(12)
_RESIDUALS: LRUCache[Residuals] = LRUCache(12)


@dataclass(frozen=True)
class EvaluatedExamples:
    """The examples of a view: a split, or an evenly spaced sample of it."""

    name: str  # "validation" or "training"
    part: Split
    total: int  # examples of the whole split

    @property
    def rows(self) -> int:
        """Number of examples."""
        return len(self.part)

    @property
    def note(self) -> str:
        """Which examples these are, if not the whole validation split."""
        notes = []
        if self.name == "training":
            notes.append("Training examples, as there are no validation examples: optimistic.")
        if self.rows < self.total:
            notes.append(
                f"A sample of {self.rows:,} of the {self.total:,} {self.name} examples, evenly "
                "spaced."
            )
        return " ".join(notes)

    def show_note(self) -> None:
        """Draw the note."""
        if self.note:
            st.caption(self.note)


def evaluated_examples(now: NetworkView, most: int | None = None) -> EvaluatedExamples:
    """As many validation examples as can be predicted without a wait, at most `most`."""
    name, part = shown_part(now.dataset)
    rows = max_samples(now.snapshot, len(part))
    rows = rows if most is None else min(rows, most)
    return EvaluatedExamples(name, sample(part, rows), len(part))


def class_predictions(now: NetworkView, examples: EvaluatedExamples) -> Predictions:
    """The predictions of a classifier."""
    key = (fingerprint(now.snapshot), now.experiment.data, examples.name, examples.rows)
    return _PREDICTIONS.get_or_compute(key, predict, now.snapshot, now.dataset, examples.part)


def value_predictions(now: NetworkView, examples: EvaluatedExamples) -> Residuals:
    """The predictions of a regression."""
    key = (fingerprint(now.snapshot), now.experiment.data, examples.name, examples.rows)
    return _RESIDUALS.get_or_compute(key, residuals, now.snapshot, now.dataset, examples.part)


# ---- several examples -------------------------------------------------------------------

MAX_IMAGES = 48
MAX_ROWS = 200
MAX_CLASSES = 5  # listed beside a large image
COLUMNS = ("truth", "prediction", "confidence")  # beside the features


def show_examples(
    now: NetworkView,
    examples: EvaluatedExamples,
    predictions: Predictions,
    rows: NDArray[Any],
    key: str,
    of: str,
) -> None:
    """Draw the examples `rows`; `of` names them: a click on others is dropped."""
    if now.dataset.source.shape:
        _show_images(now, examples, predictions, rows[:MAX_IMAGES], key, of)
        most = MAX_IMAGES
    else:
        _show_table(now, examples, predictions, rows[:MAX_ROWS], key)
        most = MAX_ROWS
    if len(rows) > most:
        st.caption(f"The first {most} of {len(rows):,}.")


def _show_images(
    now: NetworkView,
    examples: EvaluatedExamples,
    predictions: Predictions,
    rows: NDArray[Any],
    key: str,
    of: str,
) -> None:
    """One of them enlarged, by default the first, above all of them."""
    tiles = [_tile(now, predictions, int(row)) for row in rows]
    above = st.container()
    st.caption("Press one to enlarge it.")
    height, width = now.dataset.source.shape
    sprite = _sprite(now, examples, rows)
    index = gallery(sprite, (height, width), tiles, key, clickable=True, of=of) or 0
    row = int(rows[index])
    left, right = above.columns([1, 2], vertical_alignment="center")
    with left:
        large = _sprite(now, examples, rows[index : index + 1])
        gallery(large, (height, width), [tiles[index]], f"{key}_large", size=168)
    with right:
        number = row * -(-examples.total // examples.rows) + 1
        st.caption(f"Example {number:,} of the {examples.name} split: its most probable classes.")
        st.table(_most_probable(now, predictions, row), hide_index=True)


def _tile(now: NetworkView, predictions: Predictions, row: int) -> Tile:
    names = now.dataset.source.classes
    truth, prediction = names[predictions.truth[row]], names[predictions.guess[row]]
    confidence = f"{predictions.confidence[row]:.0%}"
    alternative = f"{truth}, predicted {prediction}, confidence {confidence}"
    if truth == prediction:
        return Tile(f"✓ {prediction}", confidence, "right", alternative)
    return Tile(f"✗ is {truth}", f"pred. {prediction} ({confidence})", "wrong", alternative)


def _most_probable(now: NetworkView, predictions: Predictions, row: int) -> pd.DataFrame:
    names, probabilities = now.dataset.source.classes, predictions.probability[row]
    order = np.argsort(-probabilities, kind="stable")[:MAX_CLASSES]
    truth, prediction = predictions.truth[row], predictions.guess[row]
    marks = [
        " and ".join(
            word for word, index in (("truth", truth), ("prediction", prediction)) if i == index
        )
        for i in order
    ]
    return pd.DataFrame(
        {
            "class": [literal(names[i]) for i in order],
            "probability": [f"{probabilities[i]:.1%}" for i in order],
            "": marks,
        }
    )


def _sprite(now: NetworkView, examples: EvaluatedExamples, rows: NDArray[Any]) -> str:
    return images.data_url(images.mosaic(examples.part.x[rows], now.dataset.source.maximum))


def _show_table(
    now: NetworkView,
    examples: EvaluatedExamples,
    predictions: Predictions,
    rows: NDArray[Any],
    key: str,
) -> None:
    names = now.dataset.source.classes
    table = frame(examples.part.x[rows], now.dataset.source.features, COLUMNS).round(3)
    table["truth"] = [names[i] for i in predictions.truth[rows]]
    table["prediction"] = [names[i] for i in predictions.guess[rows]]
    table["confidence"] = [f"{value:.0%}" for value in predictions.confidence[rows]]
    st.dataframe(table, hide_index=True, width="stretch", key=key)


# ---- one example -------------------------------------------------------------------------

MAX_TYPED = 12  # features that can be typed
BY_NUMBER, TYPED = "An example", "My own values"


@dataclass(frozen=True)
class ExampleView:
    """One example: raw as in the data set, (1, …), and scaled as the network's input, (n,)."""

    name: str  # "validation example 7"
    raw: NDArray[Any]
    x: NDArray[np.float32]
    truth: str | None  # its label or target; None for typed values
    verdict: str  # the prediction, in one sentence


def choose_example(now: NetworkView) -> ExampleView:
    """Draw the widgets that choose an example; the example with its prediction."""
    source = now.dataset.source
    typable = not source.shape and source.n_features <= MAX_TYPED
    with st.container(horizontal=True, vertical_alignment="bottom", key="example"):
        mode = BY_NUMBER
        if typable:
            mode = st.segmented_control(
                "Input", [BY_NUMBER, TYPED], default=BY_NUMBER, required=True,
                key="example_way", persist_state="session",
                help="Take an example of the data, or type values that no example has.",
            )  # fmt: skip
        if mode == BY_NUMBER:
            return _numbered(now)
        raw = _typed(now)
    return _example(now, "your own values", raw, None)


def _numbered(now: NetworkView) -> ExampleView:
    split, part = decision_boundary.shown_part(now.dataset)
    count = len(part)
    stored.clamp("example_number", 1, count)
    number = st.number_input(
        f"{split.capitalize()} example, 1 to {count:,}", 1, count, 1, width=220,
        key="example_number", persist_state="session",
        help="The example to show; try one that is misclassified.",
    )  # fmt: skip
    is_class = now.task == CLASSIFICATION
    st.button(
        "Next error" if is_class else "Next large error", key="next_mistake",
        icon=":material/skip_next:", on_click=_go_to_next_error, args=(now, number),
        help=f"Go to the next misclassified one of the {count:,} examples."
        if is_class else f"An error of more than {LARGE_ERROR:g} times the mean error.",
    )  # fmt: skip
    row = slice(number - 1, number)
    return _example(now, f"{split} example {number:,}", part.x[row], part.y[number - 1])


def _go_to_next_error(now: NetworkView, number: int) -> None:
    """Choose the next error, or report that there is none."""
    _, part = decision_boundary.shown_part(now.dataset)
    row = next_error(now.snapshot, now.dataset, part, number - 1)
    if row is None:
        st.toast(f"No error in all {len(part):,} examples after epoch {now.epoch:,}.")
    else:
        stored.set_widget("example_number", row + 1)


def _typed(now: NetworkView) -> NDArray[np.float32]:
    values = []
    first = decision_boundary.shown_part(now.dataset)[1].x[0]
    features = zip(now.dataset.source.features, feature_ranges(now.dataset), strict=True)
    for i, (name, (low, high)) in enumerate(features):
        key = f"typed_{now.experiment.data.dataset}_{i}"
        stored.clamp(key, low, high)
        value = st.number_input(
            literal(name), low, high, float(np.clip(first[i], low, high)), key=key, format="%.4g",
            step=10.0 ** (floor(log10(high - low)) - 1), width=150, persist_state="session",
            help=f"Between {low:.4g} and {high:.4g}, the range of the training examples.",
        )  # fmt: skip
        values.append(value)
    return np.array([values], np.float32)


def _example(now: NetworkView, name: str, raw: NDArray[Any], target: Any) -> ExampleView:
    source = now.dataset.source
    x = now.dataset.transform(raw)
    output = now.snapshot.predict(x)
    correct = None
    if now.task != CLASSIFICATION:
        predicted = now.dataset.own_unit(output)[0, 0]
        prediction = f"predicted {source.format_metric(predicted, 4)}"
        truth = None
        if target is not None:
            truth = source.format_metric(float(now.dataset.own_unit(np.array(target))), 4)
    else:
        index = int(classes(output)[0])
        confidence = (
            output[0, index] if output.shape[1] > 1 else max(output[0, 0], 1 - output[0, 0])
        )
        prediction = f"predicted {source.classes[index]}, confidence {confidence:.1%}"
        truth = None if target is None else source.classes[int(target)]
        correct = None if target is None else index == int(target)
    end = "." if truth is None else f"; the truth is {truth}."
    if correct is not None:
        end = ": correct ✓." if correct else f"; the truth is {truth} ✗."
    return ExampleView(name, raw, x[0], truth, f"{name.capitalize()}: {prediction}{end}")


def show_prediction(example: ExampleView) -> None:
    """Draw the prediction for the example."""
    st.markdown(f"**{literal(example.verdict)}**")
