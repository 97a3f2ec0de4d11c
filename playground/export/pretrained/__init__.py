"""Trained networks in files: weights, their experiment, and their scores.

A file is a NumPy archive of kernel_1, bias_1, kernel_2, … (float32; float16 in the file of the
package) and `about`, JSON as bytes. Nothing in it is unpickled, and all of it is validated when it
is read.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import ValidationError

from playground.analysis.metrics.score import metric
from playground.datasets import Dataset
from playground.datasets import load as load_data
from playground.datasets.dataset import Split
from playground.datasets.images import BUNDLED, IMAGES, bundle_suffices
from playground.experiment.model import Data, Experiment, explain
from playground.experiment.model_summary import assemble
from playground.nn.format import truncate
from playground.nn.network import Snapshot

FORMAT = 1
MAX_ARRAY_BYTES = 40_000_000  # unpacked; the largest network possible takes 30 million
MAX_ABOUT_BYTES = 100_000  # of JSON

# Raised by files that are no archives, or damaged ones.
UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, MemoryError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip

# Raised by a malformed `about`; the last for numbers beyond all bounds.
MALFORMED = (KeyError, TypeError, AttributeError, ValueError, RecursionError, OverflowError)


class PretrainedError(ValueError):
    """A file is no trained network; the text names the rule and what was received."""


@dataclass(frozen=True, slots=True)
class MeasuredScores:
    """A metric over `n` examples: the accuracy (0 to 1), or the mean absolute error."""

    metric: float
    n: int


@dataclass(frozen=True)
class PretrainedNetwork:
    """A network read from a file.

    `scores`: of the weights in the file on the "train", "validation" and "test" split, where these
    have examples, and on the "sample", the test split of `bundled`.
    """

    experiment: Experiment
    snapshot: Snapshot
    scores: Mapping[str, MeasuredScores]

    @property
    def bundled(self) -> Experiment:
        """The experiment on the data of the package; see `bundled_data`."""
        return self.experiment.replace(data=bundled_data(self.experiment.data))


def bundled_data(data: Data) -> Data:
    """The same data with no more images than the package contains.

    Its validation images are never among the training images of `data`.
    """
    if data.dataset not in IMAGES or bundle_suffices(data):
        return data
    validation = min(data.validation_size, 1_000)
    return data.replace(train_size=BUNDLED - 1_000, validation_size=validation)


@lru_cache(maxsize=4)
def load(name: str = "mnist") -> PretrainedNetwork:
    """The pretrained network `name` of the package."""
    return read(files(__name__).joinpath(f"{name}.npz").read_bytes())


def measure(experiment: Experiment, snapshot: Snapshot) -> dict[str, MeasuredScores]:
    """The scores of `PretrainedNetwork`."""
    full, bundled = load_data(experiment.data), load_data(bundled_data(experiment.data))
    splits = {
        "train": (full, full.train),
        "validation": (full, full.validation),
        "test": (full, full.test),
        "sample": (bundled, bundled.test),
    }
    return {
        k: _measured(snapshot, data, split) for k, (data, split) in splits.items() if len(split)
    }


def _measured(snapshot: Snapshot, dataset: Dataset, split: Split) -> MeasuredScores:
    output = snapshot.predict(dataset.transform(split.x))
    value = metric(output, split.y, dataset.source.task) * dataset.target_std
    return MeasuredScores(value, len(split))


def archive(experiment: Experiment, snapshot: Snapshot) -> bytes:
    """The content of a file, from which `read` gives back the same weights."""
    about = {
        "format": FORMAT,
        "epoch": snapshot.epoch,
        "experiment": experiment.model_dump(),
        "scores": {name: asdict(m) for name, m in measure(experiment, snapshot).items()},
    }
    arrays = dict(zip(_names(experiment), snapshot.weights, strict=True))
    text = np.frombuffer(json.dumps(about, allow_nan=False).encode(), np.uint8)
    content = io.BytesIO()
    np.savez_compressed(content, about=text, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _names(experiment: Experiment) -> list[str]:
    n = len(experiment.layer_sizes) - 1
    return [f"{kind}_{i}" for i in range(1, n + 1) for kind in ("kernel", "bias")]


def read(content: bytes) -> PretrainedNetwork:
    """The network in the content of a file; PretrainedError if it is none."""
    arrays = _arrays(content)
    try:
        about = json.loads(arrays["about"].tobytes()[:MAX_ABOUT_BYTES])
        form, epoch, given = about["format"], about["epoch"], about["experiment"]
        scores = {str(k): _score(v) for k, v in about["scores"].items()}
    except MALFORMED as error:
        raise PretrainedError(
            f"about must be JSON with format, epoch, experiment and scores ({truncate(error)})"
        ) from None
    if form != FORMAT:
        raise PretrainedError(f"format must be {FORMAT}, got {truncate(form)}")
    if not isinstance(epoch, int) or not 0 <= epoch <= 1_000_000:
        raise PretrainedError(f"epoch must be between 0 and 1,000,000, got {truncate(epoch)}")
    try:
        experiment = Experiment.model_validate(given)
    except ValidationError as error:
        raise PretrainedError("; ".join(explain(error))) from None
    weights = [_checked(arrays, name, shape) for name, shape in _shapes(experiment)]
    return PretrainedNetwork(experiment, assemble(experiment, epoch, weights), scores)


def _arrays(content: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > MAX_ARRAY_BYTES:
            raise PretrainedError(
                f"a trained network must have at most {MAX_ARRAY_BYTES:,} bytes, got {unpacked:,}"
            )
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except PretrainedError:
        raise
    except UNREADABLE as error:
        raise PretrainedError(
            f"a trained network must be a NumPy archive (.npz) of numbers ({truncate(error)})"
        ) from None


def _shapes(experiment: Experiment) -> list[tuple[str, tuple[int, ...]]]:
    shapes: list[tuple[int, ...]] = []
    for n_in, n_out in pairwise(experiment.layer_sizes):
        shapes += [(n_in, n_out), (n_out,)]
    return list(zip(_names(experiment), shapes, strict=True))


def _checked(arrays: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Any:
    if name not in arrays:
        raise PretrainedError(f"{name} must be in the file, got {truncate(', '.join(arrays))}")
    array = arrays[name]
    if array.shape != shape or array.dtype.kind != "f":
        kind = f"{array.dtype} {array.shape}"
        raise PretrainedError(f"{name} must be numbers of shape {shape}, got {kind}")
    weight = array.astype(np.float32)
    if not np.isfinite(weight).all():
        raise PretrainedError(f"{name} must be finite numbers, got NaN or infinity")
    weight.setflags(write=False)
    return weight


def _score(given: Mapping[str, Any]) -> MeasuredScores:
    score = MeasuredScores(float(given["metric"]), int(given["n"]))
    if not (np.isfinite(score.metric) and score.metric >= 0 and score.n > 0):
        raise ValueError(f"a score must be a finite number over some examples, got {score}")
    return score
