"""Trained networks in files: what is kept, what comes back, what is refused."""

import io
import json
from typing import Any

import numpy as np
import pytest

from playground.datasets import load as load_data
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble
from playground.export.pretrained import PretrainedError, archive, bundled_data, load, read
from playground.nn.network import Snapshot, classes

XOR = Experiment().replace(dataset="xor", hidden=(5, 3), activation="leaky_relu")


def a_network(experiment: Experiment, size: float = 1.0) -> Snapshot:
    rng = np.random.default_rng(0)
    weights = []
    for n_in, n_out in zip(experiment.layer_sizes, experiment.layer_sizes[1:], strict=False):
        weights += [rng.normal(0, size, (n_in, n_out)), rng.normal(0, size, n_out)]
    return assemble(experiment, 7, [w.astype(np.float32) for w in weights])


def altered(content: bytes, **arrays: Any) -> bytes:
    """The archive with some arrays replaced (None: left out); `about_…` changes the JSON."""
    with np.load(io.BytesIO(content)) as archive:
        kept = dict(archive)
    about = json.loads(kept["about"].tobytes())
    about |= {k.removeprefix("about_"): v for k, v in arrays.items() if k.startswith("about_")}
    kept["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    kept |= {k: v for k, v in arrays.items() if not k.startswith("about_")}
    file = io.BytesIO()
    np.savez(file, **{k: v for k, v in kept.items() if v is not None})
    return file.getvalue()


def test_the_mnist_network_of_the_package_is_as_good_as_its_file_says() -> None:
    trained = load()
    assert trained.experiment.layer_sizes == (784, 128, 10)
    assert trained.experiment.data.train_size + trained.experiment.data.validation_size == 60_000
    data = load_data(trained.bundled.data)
    for name, part in (("sample", data.test), ("validation", data.validation)):
        right = classes(trained.snapshot.predict(data.transform(part.x))) == part.y
        assert trained.scores[name].n == len(part) == 1_000
        assert trained.scores[name].metric == pytest.approx(right.mean(), abs=0.0011)
    assert trained.scores["test"].n == 10_000
    assert trained.scores["test"].metric > 0.97


def test_bundled_images_for_validation_were_never_trained_on() -> None:
    full = Experiment().replace(dataset="mnist", train_size=55_000, validation_size=5_000).data
    near = bundled_data(full)
    assert (near.train_size, near.validation_size) == (5_000, 1_000)
    validation = load_data(near).validation.x
    rows = load_data(near.replace(train_size=1_000, validation_size=5_000)).validation.x
    assert np.array_equal(validation, rows[:1_000])  # the first rows, as those of `full` are
    assert bundled_data(XOR.data) == XOR.data


def test_what_is_read_is_what_was_kept() -> None:
    network = a_network(XOR)
    back = read(archive(XOR, network))
    assert back.experiment == XOR
    assert back.snapshot.epoch == 7
    assert [layer.activation for layer in back.snapshot.layers] == ["leaky_relu"] * 2 + ["sigmoid"]
    for ours, theirs in zip(network.weights, back.snapshot.weights, strict=True):
        assert theirs.dtype == np.float32
        assert np.array_equal(theirs, ours)
    assert back.scores.keys() == {"train", "validation", "test", "sample"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kernel_2": None}, "kernel_2 must be in the file"),
        ({"kernel_1": np.zeros((3, 5), np.float32)}, r"kernel_1 must be numbers of shape \(2, 5\)"),
        ({"bias_1": np.zeros(5, np.int64)}, r"bias_1 must be numbers of shape \(5,\), got int64"),
        ({"bias_1": np.full(5, np.nan, np.float16)}, "bias_1 must be finite numbers"),
        ({"bias_1": np.array([{}] * 5, dtype=object)}, "must be a NumPy archive"),
        ({"about_format": 2}, "format must be 1, got 2"),
        ({"about_epoch": -1}, "epoch must be between 0 and 1,000,000, got -1"),
        ({"about_epoch": "5"}, "epoch must be between 0 and 1,000,000, got 5"),
        ({"about_scores": {"test": {"metric": float("nan"), "n": 5}}}, "about must be JSON"),
        ({"about_scores": 5}, "about must be JSON"),
        ({"about_scores": {"test": {"metric": 0.5, "n": float("inf")}}}, "about must be JSON"),
        ({"about_scores": {"test": {"metric": 10**400, "n": 5}}}, "about must be JSON"),
        ({"about_experiment": {"data": {"dataset": "moon"}}}, "dataset must be one of"),
        ({"about": None}, "about must be JSON"),
        ({"about": np.frombuffer(b"[" * 90_000, np.uint8)}, "about must be JSON"),
        ({"huge": np.zeros(10_000_001, np.float32)}, "must have at most 40,000,000 bytes"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    content = archive(XOR, a_network(XOR))
    with pytest.raises(PretrainedError, match=words):
        read(altered(content, **changes))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", b"not an archive" * 100])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(PretrainedError, match="must be a NumPy archive"):
        read(content)


def test_a_damaged_archive_is_refused() -> None:
    content = bytearray(archive(XOR, a_network(XOR)))
    content[60:80] = bytes(20)
    with pytest.raises(PretrainedError):
        read(bytes(content))
