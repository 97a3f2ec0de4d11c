"""From a drawing to an example: where it lies, how large it is, and that no ink is lost."""

import base64
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from playground.analysis.inspection.drawing_preprocessing import (
    SIDE,
    STEPS,
    Drawing,
    center_of_mass,
    decode,
    prepare,
)
from playground.datasets import load
from playground.datasets.registry import DATASETS
from playground.experiment.model import Data

DRAWABLE = [name for name, source in DATASETS.items() if source.layout]


def strokes(seed: int) -> Drawing:
    """Some thick straight lines anywhere on the pad."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    ink = np.zeros((SIDE, SIDE))
    points = rng.uniform(8, SIDE - 8, (4, 2))
    for start, end in pairwise(points):
        for share in np.linspace(0, 1, 60):
            row, column = start + share * (end - start)
            near = 4.5 - np.hypot(rows - row, columns - column)
            ink = np.maximum(ink, np.clip(near, 0, 1))
    return Drawing((255 * ink).astype(np.uint8))


def block(top: int, left: int, height: int, width: int) -> Drawing:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[top : top + height, left : left + width] = 255
    return Drawing(ink)


def box(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return rows[0], rows[-1], columns[0], columns[-1]


def test_the_frames_are_those_of_the_data() -> None:
    """What the table says of each data set is what its images show."""
    for name in DRAWABLE:
        dataset = load(Data(dataset=name, train_size=1_000, validation_size=100))
        frame = dataset.source.layout
        assert frame is not None
        boxes = np.array([box(image) for image in dataset.train.x])
        sides = boxes[:, [1, 3]] - boxes[:, [0, 2]] + 1
        assert np.median(sides.max(axis=1)) == frame.longest
        assert (sides.max(axis=1) == frame.longest).mean() > 0.95
        if frame.center == "mass":
            middles = np.array([center_of_mass(image) for image in dataset.train.x])
        else:
            middles = (boxes[:, [0, 2]] + boxes[:, [1, 3]]) / 2
        assert np.abs(np.median(middles, axis=0) - frame.middle).max() < 0.1
        if frame.filled:
            ink = dataset.train.x[dataset.train.x > 0]
            assert ink.mean() / dataset.source.maximum == pytest.approx(frame.shade, abs=0.05)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_an_mnist_drawing_is_centred_within_half_a_pixel(seed: int) -> None:
    prepared = prepare(strokes(seed), DATASETS["mnist"])
    image = prepared.image
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    top, bottom, left, right = box(image)
    assert max(bottom - top, right - left) + 1 in (19, 20)  # the faintest edge may round to 0
    touches = [top == 0 or bottom == 27, left == 0 or right == 27]
    for center, edge in zip(center_of_mass(image), touches, strict=True):
        assert abs(center - 14) <= 0.51 or edge


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    name=st.sampled_from(DRAWABLE),
    off=st.sets(st.sampled_from(STEPS)),
)
def test_no_ink_is_lost(seed: int, name: str, off: set[str]) -> None:
    """The ink, scaled by the area, is that of the drawing, whatever is left out."""
    source, drawing = DATASETS[name], strokes(seed)
    prepared = prepare(drawing, source, set(STEPS) - off)
    crop, placed = prepared.stages[1].image, prepared.stages[3].image
    assert crop.sum(dtype=int) == drawing.ink.sum(dtype=int)
    fitted = prepared.stages[2].image
    area = fitted.size / crop.size
    assert placed.sum(dtype=int) == fitted.sum(dtype=int)
    assert fitted.sum(dtype=int) == pytest.approx(crop.sum(dtype=int) * area, abs=fitted.size / 2)
    assert prepared.image.max() <= source.maximum
    assert prepared.image.shape == source.shape


@pytest.mark.parametrize("name", DRAWABLE)
def test_place_and_size_of_the_stroke_do_not_matter(name: str) -> None:
    small = prepare(block(5, 60, 24, 12), DATASETS[name]).image
    large = prepare(block(8, 4, 96, 48), DATASETS[name]).image
    np.testing.assert_array_equal(small, large)
    as_drawn = [prepare(block(5, x, 24, 12), DATASETS[name], ["frame"]).image for x in (20, 84)]
    assert (as_drawn[0] != as_drawn[1]).any()


def test_what_each_step_does() -> None:
    source, drawing = DATASETS["mnist"], block(12, 60, 40, 20)
    by_name = {stage.name: stage.image for stage in prepare(drawing, source).stages}
    assert list(by_name) == ["stroke", *STEPS]
    assert by_name["crop"].shape == (40, 20)
    assert by_name["fit"].shape == (20, 10)
    assert box(by_name["center"]) == (4, 23, 9, 18)
    everything = set(STEPS)
    assert box(prepare(drawing, source, everything - {"center"}).image) == (0, 19, 12, 21)
    assert box(prepare(drawing, source, everything - {"fit"}).image) == (9, 18, 12, 16)
    whole = prepare(drawing, source, everything - {"crop"}).stages[2].image
    assert whole.shape == (20, 20)
    assert prepare(drawing, source, ()).stages[1].image.shape == (SIDE, SIDE)
    sharp = prepare(strokes(1), source, everything - {"frame"}).image
    assert set(np.unique(sharp)) == {0, 255}


@pytest.mark.parametrize("name", DRAWABLE)
def test_an_image_that_is_already_in_place_comes_back_as_it_is(name: str) -> None:
    dataset = load(Data(dataset=name, train_size=20, validation_size=10))
    image, source = dataset.train.x[3], dataset.source
    factor = SIDE // source.shape[0]
    ink = np.kron(image * (255 / source.maximum), np.ones((factor, factor))).round()
    again = prepare(Drawing(ink.astype(np.uint8)), source, ["frame", "scale"])
    np.testing.assert_array_equal(again.image, image)


def test_without_scaling_the_network_gets_raw_pixels() -> None:
    dataset = load(Data(dataset="mnist", train_size=20, validation_size=10))
    drawing = strokes(3)
    scaled, raw = (prepare(drawing, dataset.source, s) for s in (STEPS, STEPS[:-1]))
    np.testing.assert_array_equal(raw.image, scaled.image)
    np.testing.assert_allclose(raw.inputs(dataset), 255 * scaled.inputs(dataset), rtol=1e-6)
    assert scaled.inputs(dataset).shape == (1, 784)


def test_a_drawing_survives_its_way_from_the_pad() -> None:
    drawing = strokes(7)
    text = base64.b64encode(drawing.ink.tobytes()).decode()
    np.testing.assert_array_equal(decode(text).ink, drawing.ink)


@pytest.mark.parametrize("text", [None, 3, "", "AAAA", "A" * 16_725, "é" * 16_728, "!" * 16_728])
def test_what_is_no_drawing_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="must be 112 × 112 bytes in base 64, got"):
        decode(text)


def test_what_cannot_be_prepared_is_refused() -> None:
    empty = Drawing(np.zeros((SIDE, SIDE), np.uint8))
    assert empty.empty
    with pytest.raises(ValueError, match="some ink, got none"):
        prepare(empty, DATASETS["mnist"])
    with pytest.raises(ValueError, match="must have images to draw, got Coffee"):
        prepare(strokes(0), DATASETS["coffee"])
    with pytest.raises(ValueError, match="steps must be some of crop"):
        prepare(strokes(0), DATASETS["mnist"], ["blur"])
    with pytest.raises(ValueError, match="square of uint8"):
        Drawing(np.zeros((3, 4), np.uint8))
