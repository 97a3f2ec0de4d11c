"""The lab From scratch: losses of both sides, and which images an epoch sees."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.figures.figure import (
    MARK,
    NEGATIVE,
    POSITIVE,
    TRAINING,
    Figure,
    frame,
    kept_rows,
)
from playground.labs.generator import Epoch

STYLES = {
    "scratch": ("From scratch", POSITIVE, "solid", 3),
    "keras": ("Keras", NEGATIVE, "dot", 2),
}


def run_figure(
    losses: Mapping[str, Sequence[float]], printed: Sequence[tuple[int, float]], keep: str
) -> Figure:
    """The loss of every batch before its update, of each side; `printed`: (update, loss)."""
    lines = []
    for name, values in losses.items():
        label, colour, dash, width = STYLES[name]
        rows = kept_rows(len(values))
        lines.append(
            {
                "type": "scatter", "uid": name, "name": label, "mode": "lines",
                "x": rows.astype(np.int32),
                "y": np.clip(np.array(values)[rows], None, 1e30).astype(np.float32),
                "line": {"color": colour, "dash": dash, "width": width},
                "hovertemplate": "%{y:.4f}",
            }
        )  # fmt: skip
    if printed:
        x, y = np.array(printed, np.float32).T
        lines.append(
            {
                "type": "scatter", "uid": "printed", "name": "published", "mode": "markers",
                "x": x.copy(), "y": y.copy(), "hovertemplate": "%{y:.2f}",
                "marker": {"symbol": "x-thin-open", "size": 7, "color": MARK, "line": {"width": 2}},
            }
        )  # fmt: skip
    layout = frame("Loss of each batch", "updates", "loss", keep)
    layout |= {"hovermode": "x unified"}
    layout["yaxis"] |= {"rangemode": "tozero"}
    return {"data": lines, "layout": layout}


def run_sentence(losses: Mapping[str, Sequence[float]], difference: float | None) -> str:
    """Where the losses are, and how far the sides are from each other."""
    there = {name: values for name, values in losses.items() if values}
    if not there:
        return "No batch yet."
    told = " and ".join(
        f"{STYLES[name][0]} went from {values[0]:.2f} to {values[-1]:.2f} "
        f"in {len(values):,} updates"
        for name, values in there.items()
    )
    apart = "" if difference is None else (
        f" Batch by batch the two losses differ by at most {difference:.1e} of their size."
    )  # fmt: skip
    return f"{told}.{apart}"


def steps_figure(
    ours: Sequence[float], theirs: Sequence[float], chosen: int, keep: str = "steps"
) -> Figure:
    """The average loss of each step of the small network; the chosen one is marked."""
    x = np.arange(1, len(ours) + 1, dtype=np.int32)
    lines: list[dict[str, object]] = [
        {
            "type": "scatter", "uid": "ours", "name": "by hand", "mode": "lines+markers",
            "x": x, "y": np.array(ours, np.float32), "line": {"color": TRAINING, "width": 2},
            "hovertemplate": "step %{x}: %{y:.6f}",
        },
        {
            "type": "scatter", "uid": "chosen", "name": "this step", "mode": "markers",
            "x": x[chosen : chosen + 1], "y": np.array(ours[chosen : chosen + 1], np.float32),
            "marker": {"symbol": "circle-open", "size": 15, "color": MARK, "line": {"width": 3}},
            "hoverinfo": "skip",
        },
    ]  # fmt: skip
    if theirs:
        lines.insert(
            1,
            {
                "type": "scatter", "uid": "keras", "name": "Keras fit", "mode": "markers",
                "x": x, "y": np.array(theirs, np.float32), "hovertemplate": "Keras: %{y:.6f}",
                "marker": {"symbol": "x", "size": 6, "color": NEGATIVE},
            },
        )  # fmt: skip
    return {"data": lines, "layout": frame("Loss of each step", "step", "loss", keep, 240)}


def steps_sentence(ours: Sequence[float], chosen: int) -> str:
    """The loss of the chosen step, among those of the epoch."""
    return (
        f"Step {chosen + 1} of {len(ours)}: the average loss is {ours[chosen]:.4f}. "
        f"The epoch begins at {ours[0]:.4f} and ends at {ours[-1]:.4f}."
    )


def seen_figure(epochs: Mapping[str, Epoch]) -> Figure:
    """How the images of an epoch are used: seen or in no batch."""
    names = list(epochs)
    kinds = [
        ("seen once", [float(each.seen) for each in epochs.values()], POSITIVE, ""),
        (
            "in no batch",
            [float(each.images - each.seen) for each in epochs.values()],
            NEGATIVE,
            "/",
        ),
    ]
    bars = [
        {
            "type": "bar", "orientation": "h", "uid": label, "name": label, "y": names,
            "x": np.array(values, np.float32), "hovertemplate": "%{x:,} images",
            "marker": {"color": colour, "pattern": {"shape": shape, "fillmode": "overlay",
                                                    "fgcolor": "#ffffff", "fgopacity": 0.45}},
        }
        for label, values, colour, shape in kinds
    ]  # fmt: skip
    layout = frame("Images of one epoch", "images", "", "seen", 210)
    layout |= {"barmode": "stack"}
    layout["yaxis"] |= {"autorange": "reversed"}
    return {"data": bars, "layout": layout}


def seen_sentence(asked: int, published: Epoch, whole: Epoch) -> str:
    """What becomes of the images and of the batches."""
    told = (
        f"Asked for batches of {asked}, the published loop makes {published.steps:,} steps "
        f"and its generator hands out {published.size} images at a time all the same"
    )
    lost = published.images - published.seen
    if published.empty:
        told += (
            f": {published.full:,} full batches, one of {published.part}, and then "
            f"{published.empty:,} empty ones, whose average loss is 0/0 = nan"
        )
    elif lost:
        told += f": the last {lost:,} images are in no batch, the same ones in every epoch"
    else:
        told += ": here every image is used once"
    return f"{told}. Ours and Keras: {whole.steps:,} steps, every image once."
