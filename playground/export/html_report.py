"""Two curves over the epochs as a picture in a file: SVG that needs no script.

A run on one printed page: an HTML file that needs nothing from outside and runs no script.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment, format_value, text_label
from playground.experiment.model_summary import summary, title
from playground.history.events import (
    Diverged,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    WorkerLost,
    metric_name,
)
from playground.history.history import Column, History, history
from playground.nn.format import truncate

WIDTH, HEIGHT = 340, 190  # of a chart, in its own units
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 30  # what its axes take
MOST_POINTS = 300

TRAINING, VALIDATION, GRID = "#0877bd", "#3d9fe0", "#e3e6e9"


def chart(
    name: str, epoch: NDArray[Any], train: Column, validation: Column | None, form: str
) -> str:
    """Both curves as SVG: training solid, validation dashed, with round numbers at the axes."""
    lines = [("training", train, TRAINING, "")]
    if validation is not None:
        lines.append(("validation", validation, VALIDATION, "5 3"))
    seen = np.concatenate([values for _, values, _, _ in lines])
    y_ticks = ticks(float(seen.min()), float(seen.max()))
    last = max(int(epoch[-1]), 2)
    x_ticks = sorted({t for t in (round(each) for each in ticks(1, last)) if 1 <= t <= last})
    low, high = min(y_ticks[0], float(seen.min())), max(y_ticks[-1], float(seen.max()))

    def x(number: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (number - 1) / (last - 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    bottom = HEIGHT - BOTTOM
    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(t):.1f}" y2="{y(t):.1f}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 5}" y="{y(t) + 3:.1f}" text-anchor="end">{_tick(t, form)}</text>'
        for t in y_ticks
    ]
    parts += [
        f'<text x="{x(t):.1f}" y="{bottom + 13}" text-anchor="middle">{t:,}</text>' for t in x_ticks
    ]
    for i, (part, values, colour, dash) in enumerate(lines):
        rows = np.unique(np.linspace(0, len(values) - 1, MOST_POINTS).round().astype(int))
        points = " ".join(f"{x(epoch[r]):.1f},{y(float(values[r])):.1f}" for r in rows)
        style = f'stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dash}" fill="none"'
        parts.append(f'<polyline points="{points}" {style}/>')
        if len(rows) == 1:
            place = f'cx="{x(epoch[0]):.1f}" cy="{y(float(values[0])):.1f}"'
            parts.append(f'<circle {place} r="2.5" fill="{colour}"/>')
        at = LEFT + 90 * i
        parts.append(
            f'<line x1="{at}" x2="{at + 18}" y1="{HEIGHT - 5}" y2="{HEIGHT - 5}" {style}/>'
            f'<text x="{at + 22}" y="{HEIGHT - 2}">{part}</text>'
        )
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">epoch</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)} over the '
        f'epochs" font-size="9" fill="#565d66">{"".join(parts)}</svg>'
    )


def _tick(value: float, form: str) -> str:
    return f"{value:.4g}" if "%" not in form else f"{100 * value:.4g} %"


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from below `low` to above `high`; steps of 1, 2 or 5 times a power of ten."""
    largest = max(abs(low), abs(high))
    if high - low <= max(1e-6 * largest, 1e-9):  # as good as level
        margin = largest / 2 if largest > 1e-9 else 0.5
        low, high = low - margin, high + margin
    raw = (high - low) / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(float(m * power) for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return [float(round(k * step, 12)) for k in np.arange(first, last + 1)]


MOST_NOTE = 1_200  # characters: more would not stay on one page

STYLE = """
@page { size: A4; margin: 12mm }
* { box-sizing: border-box }
html { color-scheme: light; background: #fff; color: #16191d }
body { font: 10.5px/1.4 system-ui, sans-serif; max-width: 186mm; margin: 0 auto; padding: 4mm 0 }
h1 { font-size: 17px; margin: 0 0 1mm; overflow-wrap: anywhere }
h2 { font-size: 12px; margin: 3.5mm 0 1mm; border-bottom: 1px solid #c9ced4 }
p { margin: 0 0 1mm; overflow-wrap: anywhere }
.quiet { color: #565d66 }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 6mm }
@media screen and (max-width: 700px) { body { padding: 4mm } .pair { grid-template-columns: 1fr } }
svg { width: 100%; height: auto; display: block }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .3mm 2mm .3mm 0; vertical-align: top; font-weight: normal }
th { color: #565d66 }
td { overflow-wrap: anywhere }
.settings { columns: 3; column-gap: 6mm }
.settings div { break-inside: avoid; overflow-wrap: anywhere }
.note { white-space: pre-wrap }
@media print {
  body { font-size: 8.6px; line-height: 1.3; max-width: none; padding: 0 }
  h1 { font-size: 15px }
  h2 { font-size: 10.5px; margin-top: 2.5mm }
  svg { max-height: 46mm }
}
"""


@dataclass(frozen=True)
class Report:
    """What stands on the page beside experiment and events. Any text may have been typed."""

    name: str = ""
    note: str = ""
    link: str = ""  # where the experiment can be opened
    versions: Mapping[str, str] | None = None
    created: datetime | None = None


def report(experiment: Experiment, events: list[Event], about: Report) -> str:
    """The page as HTML."""
    log, metric = history(events), metric_name(experiment.data.source.task)
    name = about.name or title(experiment)
    body = [
        f"<h1>{escape(name)}</h1>",
        f'<p class="quiet">{escape(_subtitle(experiment, name, about))}</p>',
        _scores(log, metric),
        *(f"<p>{escape(sentence)}</p>" for sentence in _told(events)),
        _curves(log, metric),
        f'<h2>Note</h2><p class="note">{escape(_short(about.note))}</p>' if about.note else "",
        _settings(experiment),
        _network(experiment),
        _origin(about),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def _subtitle(experiment: Experiment, name: str, about: Report) -> str:
    parts = [] if name == title(experiment) else [title(experiment)]
    parts += [f"{about.created:%d %B %Y, %H:%M} UTC"] if about.created else []
    return " · ".join(parts)


def _short(note: str) -> str:
    note = note.strip()
    return note if len(note) <= MOST_NOTE else note[: MOST_NOTE - 1].rstrip() + "…"


def _scores(log: History, metric: str) -> str:
    """Last and best numbers as a table."""
    if not len(log):
        return "<p>No epoch was finished.</p>"
    number, label = ("{:.1%}", "accuracy") if metric == "accuracy" else ("{:.4g}", "mean error")
    at = None if log.best_epoch is None else int(np.flatnonzero(log.epoch == log.best_epoch)[0])
    columns = [
        ("epoch", log.epoch, "{:,.0f}"),
        ("training loss", log.loss, "{:.4f}"),
        (f"training {label}", log.metric, number),
        ("validation loss", log.val_loss, "{:.4f}"),
        (f"validation {label}", log.val_metric, number),
        ("learning rate", log.learning_rate, "{:.3g}"),
    ]
    there = [(name, values, form) for name, values, form in columns if values is not None]
    head = "".join(f"<th>{escape(name)}</th>" for name, _, _ in there)
    lines = [("last", len(log) - 1)] + ([("best", at)] if at is not None else [])
    table = "".join(
        f"<tr><th>{word}</th>"
        + "".join(
            f"<td>{escape(form.format(float(values[row])))}</td>" for _, values, form in there
        )
        + "</tr>"
        for word, row in lines
    )
    seconds = f"{float(log.seconds.sum(dtype=np.float64)):,.1f} s of training"
    return (
        f"<h2>Scores</h2><table><tr><th></th>{head}</tr>{table}</table>"
        f'<p class="quiet">{seconds}. Best: the epoch of the smallest validation loss.</p>'
    )


def _told(events: list[Event]) -> list[str]:
    """What happened on the way and at the end, a sentence each."""
    sentences = []
    for event in events:
        match event:
            case HyperparametersChanged():
                sentences.append(
                    f"After epoch {event.epoch} the {text_label(event.name)} was changed from "
                    f"{format_value(event.name, event.before)} to {format_value(event.name, event.after)}."
                )
            case ExamplesAdded():
                sentences.append(f"After epoch {event.epoch} it was taught {event.examples} more.")
            case Diverged():
                sentences.append(
                    f"It ended at update {event.step:,}: the loss was no longer a finite number."
                )
            case Finished() if event.stopped_early:
                back = f", back at the weights of epoch {event.best_epoch}" * event.restored
                sentences.append(f"It stopped early after epoch {event.epoch}{back}.")
            case WorkerLost():
                sentences.append(f"It was broken off after epoch {event.epoch}.")
    return sentences if len(sentences) <= 6 else [*sentences[:5], f"… {len(sentences) - 5} more."]


def _settings(experiment: Experiment) -> str:
    rows = "".join(
        f'<div><span class="quiet">{escape(text_label(name))}:</span> {escape(truncate(format_value(name, value)))}'
        "</div>"
        for name, value in active_hyperparameters(experiment).items()
        if name != "dataset"
    )
    source = experiment.data.source
    data = f'<div><span class="quiet">data:</span> {escape(source.label)}</div>'
    return f'<h2>Settings</h2><div class="settings">{data}{rows}</div>'


def _network(experiment: Experiment) -> str:
    found = summary(experiment)
    rows = "".join(
        f"<tr><td>{escape(row.layer)}</td><td>{escape(row.activation)}</td>"
        f"<td>{' × '.join(map(str, row.output_shape))}</td><td>{escape(row.formula)}</td></tr>"
        for row in found.rows
    )
    return (
        "<h2>Network</h2><table><tr><th>layer</th><th>activation</th><th>output</th>"
        f"<th>parameters</th></tr>{rows}</table>"
        f'<p class="quiet">{found.parameters:,} parameters in all: weights and biases.</p>'
    )


def _origin(about: Report) -> str:
    parts = [f"{escape(k)} {escape(v)}" for k, v in (about.versions or {}).items()]
    versions = f'<p class="quiet">Trained with {", ".join(parts)}.</p>' if parts else ""
    link = about.link
    if not link:
        return versions
    address = escape(link)
    shown_link = (
        f'<a href="{address}">{address}</a>'
        if link.startswith(("http://", "https://"))
        else address
    )
    return f'<h2>Open it again</h2><p class="quiet">{shown_link}</p>{versions}'


def _curves(log: History, metric: str) -> str:
    if not len(log):
        return ""
    share = metric == "accuracy"
    label = "Accuracy" if share else "Mean absolute error"
    charts = [
        ("Loss", log.loss, log.val_loss, "{:.3g}", min),
        (label, log.metric, log.val_metric, "{:.1%}" if share else "{:.3g}", max if share else min),
    ]
    figures = "".join(
        f"<div><h2>{name}</h2>{chart(name, log.epoch, train, validation, form)}"
        f"<p>{escape(_sentence(name, log, train, validation, form, best))}</p></div>"
        for name, train, validation, form, best in charts
    )
    return f'<div class="pair">{figures}</div>'


def _sentence(
    name: str, log: History, train: Column, validation: Column | None, form: str, best: object
) -> str:
    part, values = ("Training", train) if validation is None else ("Validation", validation)
    row = int(np.nanargmax(values) if best is max else np.nanargmin(values))
    end = f"it ended at {form.format(float(values[-1]))}"
    if validation is not None:
        end += f", training at {form.format(float(train[-1]))}"
    word = "highest" if best is max else "lowest"
    return (
        f"{part} {name.lower()} was {word} at epoch {int(log.epoch[row]):,} "
        f"({form.format(float(values[row]))}); {end}."
    )
