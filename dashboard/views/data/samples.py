"""A gallery of images, and the pixel values of the one that is clicked."""

import zlib

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import images
from dashboard.state import stored
from dashboard.widgets.messages import literal
from playground.datasets import Dataset, Split
from playground.datasets.statistics import rows_of
from playground.experiment.model import Experiment

PAGE = 40  # images shown at once
LARGE = 168  # screen pixels, width of the enlarged image
ROWS, COLUMNS = 3, 12  # of images of each class in the overview
STRIP = 336  # screen pixels, width of the images of one class
RAW, SCALED = "Before scaling", "After scaling"


def samples(experiment: Experiment, dataset: Dataset) -> None:
    """A gallery of images with their classes; a click shows an image large, with its pixels."""
    source = dataset.source
    if source.kind != "image":
        st.info(
            f"{literal(source.label)} has no images: its examples are rows of {source.n_features} "
            f"{'number' if source.n_features == 1 else 'numbers'}. The view Table shows them."
        )
        return
    name, part = _part(dataset)
    chosen = st.pills(
        "Classes", range(len(source.classes)), selection_mode="multi", key="sample_classes",
        format_func=lambda i: source.classes[i], persist_state="session",
        help="Choose one or more to see these only; choose none to see all.",
    )  # fmt: skip
    classes = tuple(i for i in chosen if i < len(source.classes))
    rows = rows_of(part, classes)
    if not len(rows):
        st.info(f"There is no such image in the {name} split: choose another class.")
        return
    of = f"{name} {classes} {experiment.data.model_dump_json()}"
    left, right = st.columns([5, 6], gap="large")
    with left:
        row = _grid(dataset, part, name, rows, of)
    with right:
        _large(dataset, part, name, row)


def every_class(dataset: Dataset) -> None:
    """The first training images of every class, in three rows each."""
    source = dataset.source
    height, width = source.shape
    strips, tiles = [], []
    for i, label in enumerate(source.classes):
        rows = rows_of(dataset.train, (i,))
        first = np.zeros((ROWS * COLUMNS, height, width), np.uint8)
        first[: len(rows)] = dataset.train.x[rows[: len(first)]]
        strips.append(images.sprite_sheet(first, COLUMNS, source.maximum))
        tiles.append(Tile(f"{i} {label}", f"of {len(rows):,}", alternative=f"images of {label}"))
    st.markdown(f"**Every class, in {ROWS} rows**")
    gallery(
        images.data_url(np.concatenate(strips)), (ROWS * height, COLUMNS * width), tiles,
        "every_class", size=STRIP,
    )  # fmt: skip


def _part(dataset: Dataset) -> tuple[str, Split]:
    parts = {"training": dataset.train, "validation": dataset.validation}
    name = st.segmented_control(
        "Split", [name for name, part in parts.items() if len(part)], default="training",
        key="sample_part", required=True, persist_state="session",
        help="The network is trained on the training split and evaluated on the validation split "
        "after each epoch.",
    )  # fmt: skip
    return name, parts[name]


def _grid(dataset: Dataset, part: Split, name: str, rows: np.ndarray, of: str) -> int:
    """One page of the images in `rows`; returns the row of the clicked one, or the first."""
    pages = -(-len(rows) // PAGE)
    above = st.container()
    page = (
        st.pagination(pages, key=f"sample_page_{zlib.crc32(of.encode())}", max_visible_pages=5)
        if pages > 1
        else 1
    )
    here = rows[(page - 1) * PAGE : page * PAGE]
    labels = [dataset.source.classes[c] for c in part.y[here]]
    tiles = [
        Tile(label, f"no. {row + 1:,}", alternative=f"{label}, {name} image {row + 1}")
        for label, row in zip(labels, here.tolist(), strict=True)
    ]
    with above:
        first = (page - 1) * PAGE + 1
        st.caption(
            f"Images {first:,} to {first + len(here) - 1:,} of {len(rows):,} of the {name} split. "
            "Click one to see its pixel values."
        )
        height, width = dataset.source.shape
        sprite = images.data_url(images.mosaic(part.x[here], dataset.source.maximum))
        index = gallery(
            sprite, (height, width), tiles, "samples", size=56, clickable=True,
            of=f"{page} {of}",
        )  # fmt: skip
    return int(here[index or 0])


def _large(dataset: Dataset, part: Split, name: str, row: int) -> None:
    """One image, enlarged: its shape, type and range, and every pixel before and after scaling."""
    source, raw = dataset.source, part.x[row]
    label = source.classes[part.y[row]]
    scaled = dataset.transform(part.x[row : row + 1])[0]
    st.subheader(f"{label} (class {part.y[row]}), {name} image {row + 1:,}", anchor=False)
    shown, facts = st.columns([2, 5], vertical_alignment="center")
    with shown:
        factor = LARGE // raw.shape[1]
        large = images.mosaic(raw[None], source.maximum).repeat(factor, 0).repeat(factor, 1)
        with st.container(key="sample_large"):
            st.image(large, alt=f"{label}, large")
    with facts:
        st.table(
            pd.DataFrame(
                {
                    "": stage,
                    "shape": str(x.shape),
                    "dtype": str(x.dtype),
                    "range": f"{x.min():.4g} … {x.max():.4g}",
                    "mean": f"{x.mean():.4g}",
                }
                for stage, x in ((RAW, raw), (SCALED, scaled))
            ),
            hide_index=True,
        )
        st.caption(_scaling(dataset))
    _numbers(dataset, label, raw, scaled)


def _scaling(dataset: Dataset) -> str:
    shift, scale = float(dataset.shift[0]), float(dataset.scale[0])
    if (shift, scale) == (0, 1):
        return "No scaling: the input is the pixel values, flattened."
    rule = f"x / {scale:g}" if shift == 0 else f"(x − {shift:.4g}) / {scale:.4g}"
    return (
        f"Scaling: {rule}. Flattened, row by row, the input has {dataset.source.n_features} "
        "numbers."
    )


def _numbers(dataset: Dataset, label: str, raw: np.ndarray, scaled: np.ndarray) -> None:
    stage = st.segmented_control(
        "Numbers", [RAW, SCALED], default=RAW, key="pixel_stage", required=True,
        persist_state="session",
        help="Pixel values as stored, or as the input of the network.",
    )  # fmt: skip
    dark_on_white = bool(stored.get(stored.DARK_ON_WHITE))
    sentence = images.pixels_sentence(label, raw, scaled, dark_on_white)
    square, maximum = scaled.reshape(raw.shape), dataset.source.maximum
    if stage == RAW:
        figure = images.pixel_values(raw, "Pixel values", 0, maximum, dark_on_white=dark_on_white)
    else:
        # The same color scale for all images.
        low, high = (float((x - dataset.shift[0]) / dataset.scale[0]) for x in (0, maximum))
        figure = images.pixel_values(
            square, "Input of the network", low, high, decimals=2, dark_on_white=dark_on_white,
        )  # fmt: skip
    chart.chart(
        figure,
        sentence,
        key="pixels",
        about="Pixel values of the image, as stored or scaled; click another image above.",
    )
    with st.expander("Pixel values as a table"):
        st.dataframe(pd.DataFrame(raw if stage == RAW else square.round(4)), height=400)
