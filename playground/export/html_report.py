"""A run as one printable HTML page without scripts or external resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, Template
from numpy.typing import NDArray

from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment, format_value, text_label
from playground.experiment.model_summary import summary, title
from playground.history.events import (
    AFTER_EPOCH,
    DURING_EPOCH,
    STOPPED,
    Diverged,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    WeightsLoaded,
    WorkerLost,
    metric_name,
)
from playground.history.history import Column, History, history
from playground.nn.format import truncate

LEFT, RIGHT, TOP, BOTTOM = 44, 330, 10, 160  # of the plot area, in the template's SVG
MAX_POINTS = 300  # of a curve
MAX_NOTE = 1_200  # characters: more would not fit on one page
MAX_SENTENCES = 6

TRAINING, VALIDATION = ("#0877bd", ""), ("#3d9fe0", "5 3")  # color and dashes


@dataclass(frozen=True)
class Report:
    """What stands on the page beside experiment and events. Any text may have been typed."""

    name: str = ""
    note: str = ""
    link: str = ""  # opens the experiment
    versions: Mapping[str, str] | None = None
    created: datetime | None = None
    baseline: str = ""  # the score of a constant answer


def report(experiment: Experiment, events: list[Event], about: Report) -> str:
    """The page as HTML."""
    log, source = history(events), experiment.data.source
    name, generated = about.name or title(experiment), title(experiment)
    subtitle = [] if name == generated else [generated]
    subtitle += [f"{about.created:%d %B %Y, %H:%M} UTC"] if about.created else []
    note = about.note.strip()
    active = active_hyperparameters(experiment).items()
    return _template().render(
        name=name,
        subtitle=" · ".join(subtitle),
        scores=_scores(log, metric_name(source.task), source.unit),
        baseline=about.baseline,
        during=DURING_EPOCH,
        after=AFTER_EPOCH,
        sentences=_sentences(events),
        charts=_charts(log, metric_name(source.task)),
        note=note if len(note) <= MAX_NOTE else note[: MAX_NOTE - 1].rstrip() + "…",
        settings=[("data", source.label)]
        + [(text_label(k), truncate(format_value(k, v))) for k, v in active if k != "dataset"],
        network=summary(experiment),
        link=about.link,
        versions=_trained_with(about.versions or {}),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("playground.export", "."), autoescape=True, trim_blocks=True
    )
    return environment.get_template("report.html.jinja")


def _trained_with(versions: Mapping[str, str]) -> str:
    """Packages with their versions, processor and number of threads as one phrase."""
    others = {name: versions[name] for name in ("processor", "threads") if name in versions}
    named = [f"{name} {text}" for name, text in versions.items() if name not in others]
    if "processor" in others:
        named.append(f"on {others['processor']}")
    if "threads" in others:
        named.append("1 thread" if others["threads"] == "1" else f"{others['threads']} threads")
    return ", ".join(named)


def _number_format(metric: str) -> str:
    return "{:.1%}" if metric == "accuracy" else "{:.4g}"


def _scores(log: History, metric: str, unit: str) -> dict[str, Any] | None:
    """Scores of the last and the best epoch as a table."""
    if not len(log):
        return None
    label = "accuracy" if metric == "accuracy" else f"mean error{unit and f' ({unit})'}"
    number = _number_format(metric)
    columns = [
        ("epoch", log.epoch, "{:,.0f}"),
        ("training loss", log.loss, "{:.4f}"),
        (f"training {label}", log.metric, number),
        ("validation loss", log.val_loss, "{:.4f}"),
        (f"validation {label}", log.val_metric, number),
        ("learning rate", log.learning_rate, "{:.3g}"),
    ]
    filled = [(name, values, form) for name, values, form in columns if values is not None]
    rows = {"last": len(log) - 1}
    if log.validated is not log and log.epoch[-1] != log.validated.epoch[-1]:
        rows["last validated"] = int(np.searchsorted(log.epoch, log.validated.epoch[-1]))
    if log.best_epoch is not None:
        rows["best"] = int(np.flatnonzero(log.epoch == log.best_epoch)[0])
    compiling = log.total_compile_seconds()
    seconds = f"{log.training_seconds()[-1]:,.1f} s of training"
    return {
        "columns": [name for name, _, _ in filled],
        "rows": [
            (name, [_cell(float(values[row]), form) for _, values, form in filled])
            for name, row in rows.items()
        ],
        "seconds": f"{seconds}."
        if compiling is None
        else f"{seconds}, {compiling:.1f} s of compilation.",
    }


def _sentences(events: list[Event]) -> list[str]:
    """What happened during training and at its end."""
    sentences = []
    for event in events:
        match event:
            case HyperparametersChanged():
                before, after = (format_value(event.name, v) for v in (event.before, event.after))
                sentences.append(
                    f"After epoch {event.epoch} the {text_label(event.name)} was changed from "
                    f"{before} to {after}."
                )
            case ExamplesAdded():
                sentences.append(
                    f"After epoch {event.epoch}, {event.examples} examples were added to the "
                    "training data."
                )
            case WeightsLoaded():
                sentences.append(
                    f"Training went on from the weights of epoch {event.epoch}, with a new "
                    "optimizer."
                )
            case Diverged():
                sentences.append(f"It diverged at update {event.step:,}: the loss was not finite.")
            case Finished() if event.stopped_early or event.restored:
                end = "stopped" if event.stopped_early else "ended"
                reason = f", {STOPPED[event.stopped_by or 'patience']}" * event.stopped_early
                restored = f"; the weights of epoch {event.best_epoch} were restored"
                sentences.append(
                    f"Training {end} after epoch {event.epoch}{reason}{restored * event.restored}."
                )
            case WorkerLost():
                sentences.append(f"Training was interrupted after epoch {event.epoch}.")
    if len(sentences) > MAX_SENTENCES:
        left = len(sentences) - MAX_SENTENCES + 1
        sentences = [*sentences[: MAX_SENTENCES - 1], f"… {left} more."]
    return sentences


def _cell(value: float, form: str) -> str:
    return "–" if np.isnan(value) else form.format(value)


def _charts(log: History, metric: str) -> list[dict[str, Any]]:
    if not len(log):
        return []
    label = "Accuracy" if metric == "accuracy" else "Mean absolute error"
    number = _number_format(metric)
    return [
        _chart("Loss", log, "loss", "{:.3g}", False),
        _chart(label, log, "metric", number, metric == "accuracy"),
    ]


def _chart(name: str, log: History, quantity: str, form: str, higher: bool) -> dict[str, Any]:
    """Both curves in the template's coordinates: training solid, validation dashed.

    quantity: "loss" or "metric".
    """
    validated = log.validated
    validation: Column | None = getattr(validated, f"val_{quantity}")
    curves = [("training", log.epoch, getattr(log, quantity), TRAINING)]
    if validation is not None:
        curves.append(("validation", validated.epoch, validation, VALIDATION))
    values = np.concatenate([column for _, _, column, _ in curves])
    low, high = float(values.min()), float(values.max())
    levels, last = ticks(low, high), max(int(log.epoch[-1]), 2)
    low, high = min(levels[0], low), max(levels[-1], high)

    def x(epoch: NDArray[Any] | float) -> Any:
        return np.round(LEFT + (RIGHT - LEFT) * (np.asarray(epoch, float) - 1) / (last - 1), 1)

    def y(value: NDArray[Any] | float) -> Any:
        return np.round(TOP + (BOTTOM - TOP) * (high - np.asarray(value, float)) / (high - low), 1)

    def points(epoch: NDArray[Any], column: Column) -> Any:
        rows = np.unique(np.linspace(0, len(epoch) - 1, MAX_POINTS).round().astype(int))
        return np.column_stack([x(epoch[rows]), y(column[rows])]).tolist()

    epochs = sorted({t for t in map(round, ticks(1, last)) if 1 <= t <= last})
    percent = "%" in form
    return {
        "name": name,
        "y_ticks": [
            (float(y(t)), f"{100 * t:.4g} %" if percent else f"{t:.4g}") for t in levels
        ],
        "x_ticks": [(float(x(t)), f"{t:,}") for t in epochs],
        "lines": [
            {
                "name": split, "color": color, "dash": dash,
                "points": points(epoch, column),
            }
            for split, epoch, column, (color, dash) in curves
        ],
        "sentence": _sentence(
            name, validated.epoch, getattr(validated, quantity), validation, form, higher
        ),
    }  # fmt: skip


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from below `low` to above `high`; steps of 1, 2 or 5 times a power of ten."""
    largest = max(abs(low), abs(high))
    if high - low <= max(1e-6 * largest, 1e-9):  # nearly constant
        margin = largest / 2 if largest > 1e-9 else 0.5
        low, high = low - margin, high + margin
    raw = (high - low) / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(float(m * power) for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return [float(round(k * step, 12)) for k in np.arange(first, last + 1)]


def _sentence(
    name: str, epoch: NDArray[Any], train: Column, validation: Column | None, form: str,
    higher: bool,
) -> str:  # fmt: skip
    split, values = ("Training", train) if validation is None else ("Validation", validation)
    row = int(np.nanargmax(values) if higher else np.nanargmin(values))
    end = f"it ended at {form.format(float(values[-1]))}"
    if validation is not None:
        end += f", training at {form.format(float(train[-1]))}"
    return (
        f"{split} {name.lower()} was {'highest' if higher else 'lowest'} at epoch "
        f"{int(epoch[row]):,} ({form.format(float(values[row]))}); {end}."
    )
