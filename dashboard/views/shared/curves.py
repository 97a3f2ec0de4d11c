"""Charts of training curves: those of one run, or of several runs in one chart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components import chart
from dashboard.figures import training_curves
from dashboard.figures.comparison import AXES, CompetitorCurve, race_curves, race_sentence
from dashboard.state.background import dataset_load
from playground.analysis.comparison.leaderboard import Entrant
from playground.analysis.metrics.score import baseline, constant_answer
from playground.datasets.dataset import Dataset, Split
from playground.datasets.download import cached
from playground.datasets.images import BUNDLED, IMAGES
from playground.datasets.registry import DatasetInfo
from playground.experiment.model import Experiment
from playground.history.aggregate import MAX_SMOOTHING, competitor_bands
from playground.history.events import metric_name
from playground.history.history import History
from playground.nn.losses import CLASSIFICATION

PARTS = {
    "Validation": ("validation",),
    "Training": ("training",),
    "Both": ("training", "validation"),
}
FIRST_EPOCHS = 20  # that the axis covers from the start: a race fills it while one watches


def run_curves(log: History, source: DatasetInfo, key: str, uirevision: str) -> None:
    """Loss and score of one run side by side; `key`: the beginning of the charts' keys."""
    metric = metric_name(source.task)
    left, right = st.columns(2, gap="medium")
    with left:
        chart.chart(
            training_curves.loss_curves(log, uirevision=uirevision),
            training_curves.loss_sentence(log),
            key=f"{key}_loss",
            about="The loss: training (solid) as the mean during the epoch, validation (dashed) "
            "after it. Where the dashed line rises, overfitting begins.",
        )
    with right:
        chart.chart(
            training_curves.metric_curves(log, metric, uirevision, unit=source.unit),
            training_curves.metric_sentence(log, metric, source.unit),
            key=f"{key}_metric",
            about="The score: training (solid) as the mean during the epoch, validation (dashed) "
            "after it. The distance between the two is the generalization gap.",
        )


def baseline_text(experiments: Iterable[Experiment]) -> str:
    """ "Baseline (always the most frequent class): accuracy 10.3%." once the data are loaded.

    "" before, for runs on several data, and for data that would have to be downloaded.
    """
    first, *others = experiments
    data = first.data
    large = data.train_size + data.validation_size > BUNDLED
    if any(other.data != data for other in others) or (
        large and data.dataset in IMAGES and not cached(data.dataset)
    ):
        return ""
    dataset = dataset_load(data).dataset(0)
    if dataset is None:
        return ""
    return baseline_sentence(dataset, first.training.loss)


def baseline_sentence(dataset: Dataset, loss: str, part: Split | None = None) -> str:
    """The score of the baseline on `part`, by default the validation examples."""
    source = dataset.source
    score = source.format_metric(baseline(dataset, loss, part).metric)
    name = "accuracy" if source.task == CLASSIFICATION else "mean error"
    return f"Baseline (always {constant_answer(source.task, loss)}): {name} {score}."


@dataclass(frozen=True)
class CurveOptions:
    """What is drawn, over what, on which scales."""

    quantity: str  # "score" or "loss"
    parts: tuple[str, ...]
    x: str
    log_x: bool
    log_y: bool
    smoothing: float


def competitor_curves(
    entrants: Sequence[Entrant],
    histories: Sequence[Sequence[History]],
    living: Sequence[Sequence[bool]],
    metric: str | None,
    key: str,
    uirevision: str,
    part: str = "Validation",
    sentence: str = "",
) -> None:
    """All competitors in one chart, with its options.

    living: which runs still train, [competitor][seed]. metric: "accuracy",
    "mean_absolute_error", or None where only losses compare. part: drawn first. sentence: in place
    of the one about the leader.
    """
    above = st.container()
    options = _options(key, metric, part)
    quantity = metric if metric and options.quantity == "score" else "loss"
    if quantity == "accuracy" and options.log_y:
        quantity = "error_rate"  # near 100 % a logarithmic scale shows only what is still wrong
    drawn = [
        CompetitorCurve(number, entrant.label, name, band)
        for number, entrant in enumerate(entrants)
        for name, band in competitor_bands(
            entrant.experiments,
            histories[number],
            quantity,
            options.parts if entrant.experiments[0].data.validation_size else ("training",),
            living[number],
            options.x,
            options.smoothing,
        ).items()
    ]
    epochs = max(entrant.experiments[0].training.epochs for entrant in entrants)
    source = entrants[0].experiments[0].data.source
    unit = source.unit if quantity == metric_name(source.task) else ""
    figure = race_curves(
        drawn, quantity, options.x, options.log_x, options.log_y, options.smoothing > 0,
        uirevision, min(epochs, FIRST_EPOCHS), unit,
    )  # fmt: skip
    with above:
        chart.chart(
            figure,
            sentence or race_sentence(drawn, quantity, unit),
            key=f"{key}_chart",
            about="One line per run, a band where there are several seeds. Training scores are "
            "means during the epoch, validation scores are measured after it.",
        )


def _options(key: str, metric: str | None, part: str) -> CurveOptions:
    names = {"score": "Accuracy" if metric == "accuracy" else "Error", "loss": "Loss"}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_look"):
        quantity = st.segmented_control(
            "Curves", list(names)[0 if metric else 1 :], default="score" if metric else "loss",
            key=f"{key}_quantity", required=True, format_func=names.__getitem__,
            persist_state="session",
            help="The score, or the loss that is minimized: the best run may differ.",
        )  # fmt: skip
        parts = st.segmented_control(
            "Examples", list(PARTS), default=part, key=f"{key}_parts", required=True,
            persist_state="session", help="Training is solid, validation dashed.",
        )  # fmt: skip
        x = st.segmented_control(
            "Against", list(AXES), default="epochs", key=f"{key}_x", required=True,
            format_func=str.capitalize, persist_state="session",
            help="With different batch sizes compare over updates or seconds. Seconds are of "
            "training and validation on this machine, without compilation.",
        )  # fmt: skip
        smoothing = st.slider(
            "Smoothing", 0.0, MAX_SMOOTHING, 0.0, 0.01, key=f"{key}_smoothing", width=200,
            persist_state="session",
            help="Exponential moving average; the unsmoothed line stays faintly behind it.",
        )  # fmt: skip
        scales = st.segmented_control(
            "Logarithmic", ["x", "y"], key=f"{key}_scales", selection_mode="multi",
            persist_state="session", help="y, for accuracy: the error rate.",
        )  # fmt: skip
    return CurveOptions(quantity, PARTS[parts], x, "x" in scales, "y" in scales, smoothing)
