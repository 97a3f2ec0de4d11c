"""The part of a page that shows what the network says of examples it has not learnt from."""

import pandas as pd
import streamlit as st

from dashboard import live, predictions
from dashboard.figures import fit, picture, region
from playground.datasets.dataset import Dataset
from playground.losses import CLASSIFICATION
from playground.snapshot import Snapshot

IMAGES = 24
ROWS = 10


def answers(snapshot: Snapshot, dataset: Dataset, keep: str) -> None:
    """Images, a map, a curve or a table, as the kind of the data wants it."""
    name, _ = predictions.shown_part(dataset)
    moment = f"after epoch {snapshot.epoch}" if snapshot.epoch else "not trained yet"
    st.subheader(f"What it says of {name} examples ({moment})", anchor=False)
    kind = dataset.source.kind
    if kind == "image":
        _images(snapshot, dataset)
    elif kind == "line":
        _curve(snapshot, dataset, keep)
    elif kind == "plane":
        left, right = st.columns(2, gap="medium")
        with left:
            _region(snapshot, dataset, keep)
        with right:
            _table(snapshot, dataset)
    else:
        _table(snapshot, dataset)


def _images(snapshot: Snapshot, dataset: Dataset) -> None:
    _, part = predictions.shown_part(dataset)
    images = part.x[:IMAGES]
    said = predictions.answers(snapshot, dataset, part, IMAGES)
    sure = said.confidence
    cells = [
        live.Sample(label, guess, None if sure is None else float(sure[i]))
        for i, (label, guess) in enumerate(zip(said.label, said.prediction, strict=True))
    ]
    right = sum(cell.right for cell in cells)
    st.caption(
        f"{right} of these {len(cells)} are right. ✓ right, ✗ wrong; the percentage is how sure "
        "the network is of its answer."
    )
    pixels = picture.mosaic(images, dataset.source.maximum)
    height, width = dataset.source.shape
    tiles = [cell.tile for cell in cells]
    live.gallery(picture.address(pixels), (height, width), tiles, key="samples")


def _region(snapshot: Snapshot, dataset: Dataset, keep: str) -> None:
    source = dataset.source
    found = predictions.region(snapshot, dataset)
    if source.task == CLASSIFICATION:
        names = (source.classes[0], source.classes[1])
    else:
        names = (f"−{found.largest:.2g}", f"+{found.largest:.2g}")
    figure = region.decision_region(
        found.values,
        found.extent,
        predictions.points(dataset),
        (source.features[0], source.features[1]),
        keep,
    )
    live.chart(figure, region.region_sentence(found.values, names), key="region")


def _curve(snapshot: Snapshot, dataset: Dataset, keep: str) -> None:
    x, y = predictions.curve(snapshot, dataset)
    parts = {"training": dataset.train, "validation": dataset.validation}
    points = {name: (part.x[:, 0], part.y) for name, part in parts.items() if len(part)}
    name, part = predictions.shown_part(dataset)
    error = predictions.mean_error(snapshot, dataset, part)
    figure = fit.fitted_curve(x, y, points, dataset.source.features[0], keep)
    live.chart(figure, fit.fit_sentence(error, name), key="fit")


def _table(snapshot: Snapshot, dataset: Dataset) -> None:
    _, part = predictions.shown_part(dataset)
    said = predictions.answers(snapshot, dataset, part, ROWS)
    table = pd.DataFrame(part.x[:ROWS], columns=list(dataset.source.features)).round(3)
    table["truth"], table["prediction"] = said.label, said.prediction
    if said.confidence is not None:
        table[""] = [
            "✓" if a == b else "✗" for a, b in zip(said.label, said.prediction, strict=True)
        ]
        table["how sure"] = [f"{share:.0%}" for share in said.confidence]
    st.dataframe(table, hide_index=True, width="stretch", height="content")
