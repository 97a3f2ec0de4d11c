"""The nearest training images, beside the plain definition of a distance."""

import numpy as np
import pytest

from playground.analysis.inspection.nearest_neighbors import NearestNeighborIndex
from playground.datasets import load
from playground.experiment.model import Data

SMALL = Data(dataset="mnist", train_size=500, validation_size=50)


@pytest.mark.parametrize("name", ["mnist", "digits"])
def test_the_nearest_are_those_of_the_definition(name: str) -> None:
    dataset = load(SMALL.replace(dataset=name))
    image = dataset.validation.x[7]
    found = NearestNeighborIndex(dataset).nearest(image, 10)
    difference = (dataset.train.x.astype(float) - image) / dataset.source.maximum
    distance = np.sqrt((difference**2).sum(axis=(1, 2)))
    order = np.argsort(distance)[:10]
    np.testing.assert_allclose(found.distance, distance[order], atol=1e-3)
    np.testing.assert_array_equal(found.index, order)


def test_a_training_image_is_its_own_neighbour_and_not_strange() -> None:
    dataset = load(SMALL)
    found = NearestNeighborIndex(dataset).nearest(dataset.train.x[3], 4)
    assert found.index[0] == 3
    assert found.distance[0] == pytest.approx(0, abs=2e-3)
    assert found.ood_score == 0


def test_noise_is_stranger_than_any_digit() -> None:
    dataset = load(SMALL)
    noise = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    assert NearestNeighborIndex(dataset).nearest(noise, 1).ood_score == 1


def test_validation_images_are_evenly_strange() -> None:
    dataset = load(SMALL)
    album = NearestNeighborIndex(dataset)
    strange = [album.nearest(image, 1).ood_score for image in dataset.validation.x]
    assert np.mean(strange) == pytest.approx(0.5, abs=0.02)
    assert album.compared_with == "validation"


def test_without_validation_the_training_images_say_what_is_usual() -> None:
    dataset = load(SMALL.replace(validation_size=0))
    album = NearestNeighborIndex(dataset)
    assert album.compared_with == "training"
    assert album.reference_distances.min() > 0.5


def test_there_may_be_fewer_images_than_asked_for() -> None:
    dataset = load(SMALL.replace(train_size=3))
    assert len(NearestNeighborIndex(dataset).nearest(dataset.train.x[0], 10).index) == 3
