"""`load`: the right examples, typed, read-only, scaled, and the same for equal choices."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.datasets import DATASETS, cached, load
from playground.datasets.download import full
from playground.datasets.images import IMAGES, bundled
from playground.datasets.preprocessing import SCALERS
from playground.experiment.model import Data

PARTS = ("train", "validation", "test")
BUNDLE_DIGESTS = {
    "mnist": "baae87da310f531a5e03e7a96742341e973e23b3d8499b84ab27ae330feead4d",
    "fashion_mnist": "6f8596ccb3e4234b48241378a3619d486e8d3455dc87b1a8de62d15de1b974d3",
}
PUBLISHED_CLASSES = {  # as the publishers of the sets number them from 0
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ),
}  # fmt: skip


def parts_of(dataset):
    return [getattr(dataset, part) for part in PARTS]


@st.composite
def choices(draw):
    """Any Data that needs no network: images within the bundle."""
    name = draw(st.sampled_from(list(DATASETS)))
    rows = min(DATASETS[name].rows or 400, 400)
    train_size = draw(st.integers(1, rows))
    validation_size = draw(st.integers(0, rows - train_size))
    share = st.floats(0, 1)
    return Data(
        dataset=name, train_size=train_size, validation_size=validation_size,
        noise=draw(share), label_noise=draw(share), standardize=draw(st.booleans()),
        scaler=draw(st.sampled_from(list(SCALERS))), split_without_shuffle=draw(st.booleans()),
        leaked_fraction=draw(share),
        data_seed=draw(st.integers(0, 2**31 - 1)),
    )  # fmt: skip


@settings(max_examples=60)
@given(choices())
def test_every_choice_gives_what_the_docstrings_promise(data):
    dataset, source = load(data), data.source
    assert (len(dataset.train), len(dataset.validation)) == (data.train_size, data.validation_size)
    assert len(dataset.test) > 0
    for part in (*parts_of(dataset), dataset.holdout):
        assert part.x.dtype == (np.uint8 if source.shape else np.float32)
        assert part.x.shape == (len(part), *(source.shape or (source.n_features,)))
        assert part.y.dtype == (np.int32 if source.classes else np.float32)
        assert part.y.shape == (len(part),)
        if source.classes and len(part):
            assert 0 <= part.y.min() <= part.y.max() < len(source.classes)
        if source.shape and len(part):
            assert part.x.max() <= source.maximum
        for array in (part.x, part.y, dataset.shift, dataset.scale):
            assert not array.flags.writeable
        scaled = dataset.transform(part.x)
        assert scaled.dtype == np.float32
        assert scaled.shape == (len(part), source.n_features)
        assert np.isfinite(scaled).all()


@settings(max_examples=10)
@given(choices())
def test_equal_choices_give_equal_data(data):
    first = load(data)
    assert load(Data(**data.model_dump())) is first
    for seed in range(10):  # enough others to be forgotten
        load(Data(dataset="sine", train_size=401, data_seed=seed))
    again = load(data)
    assert again is not first
    for one, other in zip(parts_of(first), parts_of(again), strict=True):
        assert one.x.tobytes() == other.x.tobytes()
        assert one.y.tobytes() == other.y.tobytes()
    assert np.array_equal(first.shift, again.shift)
    assert np.array_equal(first.scale, again.scale)


@pytest.mark.parametrize("name", DATASETS)
def test_defaults_need_nothing_but_the_package(name):
    data = Data(dataset=name)
    assert len(load(data).train) == data.train_size


# Coffee: the numbers printed in the course.


def test_coffee_has_the_range_of_the_course_before_and_after_standardisation():
    data = load(Data(dataset="coffee", train_size=200, validation_size=0))
    raw, scaled = data.train.x, data.transform(data.train.x)
    assert raw.max(axis=0) == pytest.approx([284.99, 15.45], abs=0.005)
    assert raw.min(axis=0) == pytest.approx([151.32, 11.51], abs=0.005)
    assert scaled.max(axis=0) == pytest.approx([1.66, 1.79], abs=0.005)
    assert scaled.min(axis=0) == pytest.approx([-1.69, -1.70], abs=0.005)
    assert data.train.y.sum() == 43


def test_coffee_is_tested_on_other_roasts():
    data = load(Data(dataset="coffee", train_size=200, validation_size=0))
    assert len(data.test) == 200
    assert not np.isin(data.test.x[:, 0], data.train.x[:, 0]).any()
    temperature, duration = data.test.x.T
    good = (temperature > 175) & (temperature < 260) & (duration > 12) & (duration < 15)
    assert np.array_equal(data.test.y, good & (duration <= 21 - 3 * temperature / 85))


# Iris and digits: all examples of scikit-learn, a stratified fifth of them for the test.


@pytest.mark.parametrize(("name", "rows", "n_test"), [("iris", 120, 30), ("digits", 1_437, 360)])
def test_tables_hold_every_example_once(name, rows, n_test):
    from sklearn.datasets import load_digits, load_iris

    bunch = {"iris": load_iris, "digits": load_digits}[name]()
    data = load(Data(dataset=name, train_size=rows - 20, validation_size=20, data_seed=3))
    assert len(data.test) == n_test
    assert data.source.classes == tuple(map(str, bunch.target_names))
    ours = np.concatenate([np.column_stack([p.x.reshape(len(p), -1), p.y]) for p in parts_of(data)])
    theirs = np.column_stack([bunch.data, bunch.target])
    assert np.allclose(ordered(ours), ordered(theirs))
    share = np.bincount(bunch.target) / len(bunch.target)
    for part in parts_of(data):
        assert np.bincount(part.y) == pytest.approx(share * len(part), abs=2)


def ordered(rows):
    return rows[np.lexsort(rows.T)]


def test_digits_are_square_images_of_at_most_16():
    data = load(Data(dataset="digits"))
    assert data.train.x.shape == (1_137, 8, 8)
    assert data.train.x.max() == 16
    assert data.transform(data.train.x).max() == 1


# Images.


@pytest.mark.parametrize("name", IMAGES)
def test_bundle_is_the_published_one(name):
    images = bundled(name)
    assert images.x_train.shape == (6_000, 28, 28)
    assert images.x_test.shape == (1_000, 28, 28)
    assert images.digest == BUNDLE_DIGESTS[name]
    assert DATASETS[name].classes == PUBLISHED_CLASSES[name]


def test_the_first_images_are_those_of_the_documents():
    clothes, digits = bundled("fashion_mnist"), bundled("mnist")
    names = DATASETS["fashion_mnist"].classes
    assert names[clothes.y_train[5_000]] == "Coat"  # the first one after 5,000 for validation
    assert [names[y] for y in clothes.y_test[:3]] == ["Ankle boot", "Pullover", "Trouser"]
    assert digits.y_train[0] == 5
    row = digits.x_train[1, 5]
    assert row[row > 0].tolist() == [48, 238, 252, 252, 252, 237]  # as printed


@pytest.mark.parametrize("name", IMAGES)
def test_bundle_is_the_beginning_of_the_full_set(name):
    if not cached(name):
        pytest.skip(f"the full {name} is not in Keras' cache: python -m playground fetch {name}")
    for part, whole in zip(bundled(name), full(name), strict=True):
        assert np.array_equal(part, whole[: len(part)])


@pytest.mark.parametrize("name", IMAGES)
def test_full_set_gives_validation_first_and_the_whole_test_file(name):
    if not cached(name):
        pytest.skip(f"the full {name} is not in Keras' cache: python -m playground fetch {name}")
    data = load(Data(dataset=name, train_size=55_000, validation_size=5_000))
    images = full(name)
    assert np.array_equal(data.validation.x, images.x_train[:5_000])
    assert np.array_equal(data.train.x, images.x_train[5_000:])
    assert np.array_equal(data.test.y, images.y_test)
    assert np.shares_memory(data.train.x, images.x_train)


@pytest.mark.parametrize("name", IMAGES)
def test_validation_images_come_before_training_images(name):
    data = load(Data(dataset=name, train_size=300, validation_size=200))
    images = bundled(name)
    assert np.array_equal(data.validation.x, images.x_train[:200])
    assert np.array_equal(data.validation.y, images.y_train[:200])
    assert np.array_equal(data.train.x, images.x_train[200:500])
    assert np.array_equal(data.train.y, images.y_train[200:500])
    assert len(data.test) == 1_000


# Noise, shuffled labels, standardisation.


def test_noise_on_images_is_normal_with_a_share_of_the_maximum():
    quiet = load(Data(dataset="mnist", train_size=200, validation_size=100))
    noisy = load(Data(dataset="mnist", train_size=200, validation_size=100, noise=0.1))
    for part in PARTS:
        before, after = getattr(quiet, part), getattr(noisy, part)
        grey = (before.x > 100) & (before.x < 155)
        difference = after.x[grey].astype(float) - before.x[grey]
        assert difference.std() == pytest.approx(25.5, rel=0.1)
        assert np.array_equal(before.y, after.y)


def test_noise_on_tables_is_a_share_of_the_spread_of_each_feature():
    quiet, noisy = (load(Data(dataset="coffee", noise=noise)) for noise in (0, 0.5))
    ratio = (noisy.test.x - quiet.test.x).std(axis=0) / quiet.train.x.std(axis=0)
    assert ratio == pytest.approx([0.5, 0.5], rel=0.15)
    assert np.array_equal(quiet.test.y, noisy.test.y)


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_shuffled_labels_change_training_targets_only(name, share):
    size = 90
    data = Data(dataset=name, train_size=size, validation_size=20, data_seed=5)
    true, false = load(data), load(data.replace(label_noise=share))
    assert np.array_equal(true.train.x, false.train.x)
    assert np.array_equal(true.validation.y, false.validation.y)
    assert np.array_equal(true.test.y, false.test.y)
    changed = np.count_nonzero(true.train.y != false.train.y)
    assert 0 < changed <= round(share * size)
    if not true.source.classes:
        assert np.array_equal(np.sort(true.train.y), np.sort(false.train.y))


def test_shuffled_labels_are_a_random_class_one_in_ten_their_own():
    data = Data(dataset="mnist", train_size=5_000, validation_size=0, label_noise=1.0)
    true = load(data.replace(label_noise=0.0)).train.y
    shuffled = load(data).train.y
    assert np.mean(true == shuffled) == pytest.approx(0.1, abs=0.02)
    assert np.bincount(shuffled) == pytest.approx(np.full(10, 500), abs=80)


@pytest.mark.parametrize("name", DATASETS)
def test_standardised_training_inputs_have_mean_0_and_deviation_1(name):
    data = load(Data(dataset=name, train_size=90, validation_size=20, standardize=True))
    x = data.transform(data.train.x).astype(float)
    axis = None if data.source.shape else 0
    assert x.mean(axis=axis) == pytest.approx(0, abs=1e-5)
    assert x.std(axis=axis) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", DATASETS)
def test_unscaled_inputs_are_as_they_are_and_images_in_0_to_1(name):
    data = load(Data(dataset=name, standardize=False))
    x = data.train.x.reshape(len(data.train), -1) / data.source.maximum
    assert np.allclose(data.transform(data.train.x), x)


@pytest.mark.parametrize("name", ["iris", "mnist", "sine"])
def test_one_example_can_be_standardised(name):
    data = load(Data(dataset=name, train_size=1, validation_size=0, standardize=True))
    x = data.transform(data.train.x)
    assert np.isfinite(x).all()
    assert x.mean() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "change", [{"input_noise": 0.3}, {"label_noise": 0.3}, {"standardize": False}]
)
def test_one_choice_leaves_the_others_draws_alone(change):
    data = Data(dataset="iris", data_seed=1)
    before, after = load(data), load(data.replace(**change))
    assert np.array_equal(before.validation.y, after.validation.y)
    assert np.array_equal(before.test.y, after.test.y)


def test_importing_the_package_loads_no_heavy_library():
    program = (
        "import sys, playground.datasets, playground.experiment.model\n"
        "print({'sklearn', 'tensorflow', 'keras', 'streamlit'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
