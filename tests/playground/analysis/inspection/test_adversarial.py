"""The smallest change that flips an answer, and what covering parts of an image does to it."""

import numpy as np
import pytest

from playground import Experiment, load
from playground.analysis.inspection.ablation import occlusion
from playground.analysis.inspection.adversarial import DIRECTIONS, STEP, paths
from playground.datasets.dataset import Dataset
from playground.experiment.model_summary import assemble
from playground.export import pretrained
from playground.nn.network import Snapshot, classes

LINEAR = Experiment().replace(dataset="digits", hidden=())


@pytest.fixture(scope="module")
def mnist() -> tuple[Snapshot, Dataset]:
    found = pretrained.load()
    return found.snapshot, load(found.bundled.data)


def linear(seed: int = 0) -> Snapshot:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(64, 10)), rng.normal(size=10)]
    return assemble(LINEAR, 0, [w.astype(np.float32) for w in weights])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_at_the_reached_strength_the_answer_is_the_target_and_below_it_is_not(
    mnist: tuple[Snapshot, Dataset], direction: str
) -> None:
    snapshot, data = mnist
    for row in (0, 1, 2):
        image = data.validation.x[row]
        found = paths(snapshot, data, image, direction)
        answer = classes(snapshot.predict(data.transform(image[None])))[0]
        assert found.answer == answer
        assert sorted([*found.targets, answer]) == list(range(10))
        assert (found.reached > 0).sum() >= 8
        for i, target in enumerate(found.targets):
            steps = data.transform(
                found.images[:, i]
            )  # as an image would come, not as the path did
            answers = classes(snapshot.predict(steps))
            reached = found.reached[i]
            if reached < 0:
                assert target not in answers
            else:
                assert answers[reached] == target
                assert target not in answers[:reached]
        nearest = found.nearest
        assert nearest is not None
        assert found.reached[nearest] == found.reached[found.reached > 0].min()


def test_no_pixel_changes_by_more_than_the_strength_or_leaves_its_range(
    mnist: tuple[Snapshot, Dataset],
) -> None:
    snapshot, data = mnist
    for direction in DIRECTIONS:
        found = paths(snapshot, data, data.validation.x[3], direction)
        assert found.images.min() >= 0
        assert found.images.max() <= 255
        np.testing.assert_array_equal(found.images[0, 0], data.validation.x[3])
        assert found.step == STEP
        for step in range(len(found.images)):
            for target in range(9):
                assert np.abs(found.change(target, step)).max() <= step * STEP + 1e-6


def test_a_linear_network_is_flipped_at_the_strength_that_geometry_gives() -> None:
    """All ways of a linear network are straight until a pixel meets its limit.

    Towards class t each step adds h·|Δw|₁ to z_t − z_a in the two-class case, so the answer
    flips at the first step beyond (z_a − z_t) / (h·Σ|w_t − w_a|).
    """
    data = load(LINEAR.data)
    rng = np.random.default_rng(1)
    w = rng.normal(size=64)
    kernel = np.zeros((64, 10))
    kernel[:, 0], kernel[:, 1] = w, -w
    bias = np.full(10, -1e9)  # all other classes are out of the question
    bias[:2] = 0.3, 0
    snapshot = assemble(LINEAR, 0, [kernel.astype(np.float32), bias.astype(np.float32)])
    image = np.full((8, 8), 8, np.uint8)
    z = data.transform(image[None])[0] @ w
    gap = abs(2 * z + 0.3)
    per_step = STEP * 16 / float(data.scale[0]) * np.abs(2 * w).sum()
    found = paths(snapshot, data, image)
    target = found.targets.index(1 - found.answer)
    assert found.reached[target] == np.floor(gap / per_step) + 1
    assert found.nearest == target
    assert (np.delete(found.reached, target) == -1).all()


def test_a_network_without_a_gradient_is_never_flipped() -> None:
    data = load(LINEAR.data)
    bias = np.eye(10, dtype=np.float32)[4]
    snapshot = assemble(LINEAR, 0, [np.zeros((64, 10), np.float32), bias])
    for direction in DIRECTIONS:
        found = paths(snapshot, data, data.validation.x[0], direction)
        assert found.answer == 4
        assert found.nearest is None
        assert (found.images == found.images[0]).all()


def test_large_networks_take_larger_steps() -> None:
    experiment = LINEAR.replace(hidden=(1024, 1024, 1024))
    rng = np.random.default_rng(0)
    weights = []
    for a, b in zip(experiment.layer_sizes, experiment.layer_sizes[1:], strict=False):
        weights += [rng.normal(0, a**-0.5, (a, b)), np.zeros(b)]
    snapshot = assemble(experiment, 0, [w.astype(np.float32) for w in weights])
    data = load(experiment.data)
    found = paths(snapshot, data, data.validation.x[0])
    assert found.step > STEP
    step = len(found.images) - 1
    assert np.abs(found.change(0, step)).max() <= step * found.step + 1e-6


# ---- covering ----------------------------------------------------------------------------


def test_covering_one_pixel_of_a_linear_network_takes_its_share_of_z_away() -> None:
    data, snapshot = load(LINEAR.data), linear()
    image = data.validation.x[0]
    x = data.transform(image[None])[0].astype(np.float64)
    kernel, bias = (w.astype(np.float64) for w in snapshot.weights)
    covered = (0.0 - data.shift[0]) / data.scale[0]
    z = x @ kernel + bias
    each = z + (covered - x)[:, None] * kernel  # (64, 10): z with pixel i covered

    def softmax(z: np.ndarray) -> np.ndarray:
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return np.asarray(e / e.sum(axis=-1, keepdims=True))

    answer = int(z.argmax())
    expected = softmax(z)[answer] - softmax(each)[:, answer]
    found = occlusion(snapshot, data, image, patch=1)
    assert found.answer == answer
    np.testing.assert_allclose(found.falls.ravel(), expected, atol=2e-5)
    assert found.strongest == divmod(int(expected.argmax()), 8)


@pytest.mark.parametrize("patch", [2, 3, 8])
def test_each_pixel_gets_the_mean_of_the_places_that_cover_it(patch: int) -> None:
    data, snapshot = load(LINEAR.data), linear(seed=1)
    image = data.validation.x[1]
    found = occlusion(snapshot, data, image, patch, cover=8.0)
    assert len(found.places) == (8 + patch - 1) ** 2
    row, column = 3, 6
    covering = []
    for (top, left), fall in zip(found.corners, found.places, strict=True):
        covered = image.astype(np.float32)
        covered[max(top, 0) : max(top + patch, 0), max(left, 0) : max(left + patch, 0)] = 8
        share = snapshot.predict(data.transform(covered[None]))[0, found.answer]
        assert fall == pytest.approx(found.probability - share, abs=1e-5)
        if top <= row < top + patch and left <= column < left + patch:
            covering.append(fall)
    assert len(covering) == patch**2
    assert found.falls[row, column] == pytest.approx(np.mean(covering), abs=1e-6)


def test_covering_the_background_with_black_changes_nothing(
    mnist: tuple[Snapshot, Dataset],
) -> None:
    snapshot, data = mnist
    image = data.validation.x[1]
    found = occlusion(snapshot, data, image, 3)
    assert found.falls[0, 0] == 0
    inked = found.falls[image > 200].mean()
    assert inked > np.abs(found.falls[image == 0]).mean()


@pytest.mark.parametrize("patch", [0, 9])
def test_a_patch_that_does_not_fit_is_refused(patch: int) -> None:
    data = load(LINEAR.data)
    with pytest.raises(ValueError, match=f"patch must be between 1 and 8, got {patch}"):
        occlusion(linear(), data, data.validation.x[0], patch)
