"""Examples and what the network says of them: a gallery of images, or rows of a table."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard import live
from dashboard.figures import picture
from dashboard.frame import frame
from dashboard.moment import Moment
from dashboard.notices import literal
from dashboard.views.inside.judged import Chosen
from playground.evaluation import Judgement

IMAGES = 48
ROWS = 200
CLASSES = 5  # named beside a large image
SAID = ("truth", "said", "how sure")  # columns beside the features


def examples(
    now: Moment, of: Chosen, found: Judgement, rows: NDArray[Any], key: str, which: str
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
    now: Moment, of: Chosen, found: Judgement, rows: NDArray[Any], key: str, which: str
) -> None:
    """One of them large, the first to begin with, above all of them."""
    tiles = [_tile(now, found, int(row)) for row in rows]
    above = st.container()
    st.caption("Press another one to see it large.")
    sprite = _sprite(now, of, rows)
    index = live.gallery(sprite, _shape(now), tiles, key, clickable=True, of=which) or 0
    row, large = int(rows[index]), rows[index : index + 1]
    left, right = above.columns([1, 2], vertical_alignment="center")
    with left:
        live.gallery(_sprite(now, of, large), _shape(now), [tiles[index]], f"{key}_large", size=168)
    with right:
        place = row * -(-of.total // of.rows) + 1
        st.caption(f"Example {place:,} of the {of.name} part: its likeliest classes.")
        st.table(_likeliest(now, found, row), hide_index=True)


def _tile(now: Moment, found: Judgement, row: int) -> live.Tile:
    names = now.dataset.source.classes
    truth, said = names[found.truth[row]], names[found.guess[row]]
    sure = f"{found.confidence[row]:.0%}"
    if truth == said:
        return live.Tile(f"✓ {said}", sure, "right", f"{truth}, recognised, {sure} sure")
    return live.Tile(
        f"✗ is {truth}", f"said {said} ({sure})", "wrong", f"{truth}, said {said}, {sure} sure"
    )


def _likeliest(now: Moment, found: Judgement, row: int) -> pd.DataFrame:
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


def _sprite(now: Moment, of: Chosen, rows: NDArray[Any]) -> str:
    pixels = picture.mosaic(of.part.x[rows], now.dataset.source.maximum)
    return picture.address(pixels)


def _shape(now: Moment) -> tuple[int, int]:
    height, width = now.dataset.source.shape
    return height, width


def _rows(now: Moment, of: Chosen, found: Judgement, rows: NDArray[Any], key: str) -> None:
    names = now.dataset.source.classes
    table = frame(of.part.x[rows], now.dataset.source.features, SAID).round(3)
    table["truth"] = [names[i] for i in found.truth[rows]]
    table["said"] = [names[i] for i in found.guess[rows]]
    table["how sure"] = [f"{share:.0%}" for share in found.confidence[rows]]
    st.dataframe(table, hide_index=True, width="stretch", key=key)
