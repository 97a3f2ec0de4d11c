"""Loading: a data set split into training, validation, test and holdout, with its scaling."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import images, tabular
from playground.datasets.custom import storage
from playground.datasets.custom.table import Arrays, in_use
from playground.datasets.download import FetchError, Progress, fetch, full
from playground.datasets.preprocessing import (
    SCALERS,
    Pair,
    Purpose,
    fill_gaps,
    in_order,
    scaling,
    stratified,
    stream,
    target_scaling,
    with_copies,
    with_noise,
)
from playground.datasets.registry import DataConfig, DatasetInfo
from playground.datasets.synthetic import Generator
from playground.nn.format import truncate

GENERATED_TEST = 1_000  # test examples of a synthetic set
MAX_HOLDOUT = 1_000  # examples in no other split


@dataclass(frozen=True, repr=False)
class Split:
    """Examples of one split; the arrays are read-only.

    x: raw inputs. Images: uint8, (n, height, width), 0 … 255 (16 for digits).
       Everything else: float32, (n, n_features), in the units of the feature names.
    y: targets. Classification: int32, (n,), class numbers from 0. Regression: float32, (n,).
    """

    x: NDArray[Any]
    y: NDArray[Any]

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        x, y = self.x, self.y
        return f"<Split: x {x.dtype} {x.shape}, y {y.dtype} {y.shape}>"


@dataclass(frozen=True, repr=False)
class Dataset:
    """`load(data)`: training, validation and test split, and the scaling of inputs and targets.

    `holdout` has further examples, where any are left, to evaluate on without the test split.
    The network's input is (x − shift) / scale; both are float32 and broadcast over (n_features,),
    images have one number for all pixels. A target in its own unit is target_mean + target_std·y;
    0 and 1 where targets are not scaled.
    """

    source: DatasetInfo
    train: Split
    validation: Split
    test: Split
    shift: NDArray[np.float32]
    scale: NDArray[np.float32]
    holdout: Split
    target_mean: float = 0.0
    target_std: float = 1.0

    def __repr__(self) -> str:
        sizes = {"training": self.train, "validation": self.validation, "test": self.test}
        splits = ", ".join(f"{len(split):,} {name}" for name, split in sizes.items())
        shape = self.source.shape or (self.source.n_features,)
        outputs = f"{len(self.source.classes)} classes" if self.source.classes else "one value"
        return f"<Dataset {self.source.label}: {splits} examples of shape {shape}, {outputs}>"

    def transform(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Raw inputs of any split → the network's inputs, float32, (n, n_features)."""
        flat = x.reshape(len(x), self.source.n_features).astype(np.float32)
        return (flat - self.shift) / self.scale

    def own_unit(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets or outputs of a regression in the target's own unit."""
        if (self.target_mean, self.target_std) == (0, 1):
            return y
        return self.target_mean + self.target_std * y.astype(np.float64)


def load(data: DataConfig, progress: Progress | None = None) -> Dataset:
    """The data set of these settings, the same for equal ones.

    Full image sets that are needed and not on this machine are fetched; `progress` gets the bytes
    so far and the total. FetchError where that is impossible.
    """
    if not hasattr(data, "dataset"):
        raise TypeError(f"data must be settings of a data set, got {truncate(data)}")
    if data.dataset in images.IMAGES and not images.bundle_suffices(data):
        fetch(data.dataset, progress)
    if isinstance(in_use(data.dataset), Arrays):
        return _load.__wrapped__(data)  # a program holds its examples as long as it needs them
    return _load(data)


@lru_cache(maxsize=4)
def _load(data: DataConfig) -> Dataset:
    info = data.source
    x_type = np.uint8 if info.shape else np.float32
    y_type = np.int32 if info.classes else np.float32
    train, validation, test, holdout = (
        (x.astype(x_type, copy=False), y.astype(y_type)) for x, y in _splits(data)
    )
    if data.split_without_shuffle:
        train, validation = in_order(train, validation)
    train = with_copies(train, validation, data.leaked_fraction, data.data_seed)
    train = train[0], _with_label_noise(train[1], data)
    pairs = [train, validation, test, holdout]
    if not info.shape:
        filled = fill_gaps(*(x for x, _ in pairs))
        pairs = [(x, y) for x, (_, y) in zip(filled, pairs, strict=True)]
    table = storage.get(data.dataset) if info.rows is not None else None
    mean, std = target_scaling(train[1], table is not None and table.scale_target)
    if (mean, std) != (0, 1):
        pairs = [(x, ((y - mean) / std).astype(y_type)) for x, y in pairs]
    splits = dict(
        zip(("train", "validation", "test", "holdout"), map(_read_only, pairs), strict=True)
    )
    seen = [splits[name].x for name in SCALERS[data.scaler].splits]
    shift, scale = scaling(seen, info, data.standardize)
    return Dataset(info, **splits, shift=shift, scale=scale, target_mean=mean, target_std=std)


def _read_only(pair: Pair) -> Split:
    for array in pair:
        array.setflags(write=False)
    return Split(*pair)


def _splits(data: DataConfig) -> list[Pair]:
    """Training, validation, test and holdout examples, with the noise of the data set."""
    info = data.source
    if info.generator is not None:
        return _validated_on_test(_generated(data, info.generator), data)
    pairs = _images(data) if data.dataset in images.IMAGES else _table(data)
    pairs = _validated_on_test(pairs, data)
    return with_noise(pairs, info, data.noise, data.data_seed)


def _held_out(data: DataConfig) -> int:
    """Validation examples that are held out from those to train on."""
    return 0 if data.validate_on_test else data.validation_size


def _validated_on_test(pairs: list[Pair], data: DataConfig) -> list[Pair]:
    """The same splits; with `validate_on_test` the first test examples validate, none are left."""
    if not (data.validate_on_test and data.validation_size):
        return pairs
    train, _, (x, y), holdout = pairs
    first = slice(data.validation_size)
    return [train, (x[first], y[first]), (x[:0], y[:0]), holdout]


def _generated(data: DataConfig, generate: Generator) -> list[Pair]:
    seed, noise = data.data_seed, data.noise
    sizes = (data.train_size, _held_out(data))
    x, y = generate(sum(sizes), noise, stream(seed, Purpose.POINTS), stream(seed, Purpose.NOISE))
    rows = stratified(y, sizes, stream(seed, Purpose.SPLIT))
    test, holdout = (
        generate(size, noise, stream(seed, purpose), stream(seed, Purpose.NOISE, part=part))
        for size, purpose, part in (
            (GENERATED_TEST, Purpose.TEST, 2),
            (MAX_HOLDOUT, Purpose.HOLDOUT, 3),
        )
    )
    return [*((x[chosen], y[chosen]) for chosen in rows), test, holdout]


def _images(data: DataConfig) -> list[Pair]:
    """Validation is the first rows of the training file, training and holdout the rows after them.

    The test split is the whole test file, 10,000 images, but its first 1,000 where the bundle
    covers training and validation: so it does not depend on what is on the machine.
    """
    collection = (images.bundled if images.bundle_suffices(data) else full)(data.dataset)
    first, end = _held_out(data), _held_out(data) + data.train_size
    train, validation, holdout = (
        (collection.x_train[rows], collection.y_train[rows])
        for rows in (slice(first, end), slice(first), slice(end, end + MAX_HOLDOUT))
    )
    return [train, validation, (collection.x_test, collection.y_test), holdout]


def _table(data: DataConfig) -> list[Pair]:
    """A stratified split; FetchError where a custom table is gone."""
    read = tabular.TABLES.get(data.dataset)
    if read is not None:
        (x, y), test = read(data.data_seed)
    else:
        table = storage.get(data.dataset)
        if table is None:
            raise FetchError("This server no longer keeps these data: upload them again.")
        (x, y), test = tabular.hold_out_test((table.x, table.y), table.n_test, data.data_seed)
    left = len(y) - data.train_size - _held_out(data)
    sizes = (data.train_size, _held_out(data), min(left, MAX_HOLDOUT))
    rows = stratified(y, sizes, stream(data.data_seed, Purpose.SPLIT))
    train, validation, holdout = ((x[chosen], y[chosen]) for chosen in rows)
    return [train, validation, test, holdout]


def _with_label_noise(y: NDArray[Any], data: DataConfig) -> NDArray[Any]:
    """Training targets, round(label_noise·n) of them random.

    Each of these gets a class drawn from all with equal chance, possibly its own again; in
    regression they are permuted among themselves.
    """
    rng = stream(data.data_seed, Purpose.LABELS)
    chosen = rng.permutation(len(y))[: round(data.label_noise * len(y))]
    classes = len(data.source.classes)
    y[chosen] = rng.integers(classes, size=len(chosen)) if classes else rng.permutation(y[chosen])
    return y
