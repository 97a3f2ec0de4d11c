"""A network that was trained: its history, predictions, scores, weights and exports."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from playground.analysis.metrics.score import score
from playground.datasets import Dataset, load
from playground.datasets.dataset import Split
from playground.datasets.download import write
from playground.datasets.labelled_examples import validated_examples
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.history.events import Diverged, metric_name
from playground.history.history import History, Log
from playground.nn.format import truncate
from playground.nn.network import Array, Snapshot

SPLITS = ("train", "validation", "test", "holdout")


@dataclass(frozen=True, repr=False)
class TrainedNetwork:
    """A network after training in this process, or of a saved run.

    `state` is "finished", "diverged", or for a saved run any state of the Runs page. `id` is that
    of the saved run, None if it is not saved. `snapshot` are the last weights; None where a saved
    run has kept none.
    """

    experiment: Experiment
    log: Log
    snapshot: Snapshot | None
    versions: Mapping[str, str]  # of the packages that trained it, and "threads"
    state: str = "finished"
    id: str | None = None

    @property
    def history(self) -> History:
        """The finished epochs as columns, under the names of Keras' history."""
        name = metric_name(self.experiment.data.source.task)
        return replace(self.log.history(), metric_name=name)

    @property
    def network(self) -> Snapshot:
        """The last weights with their layers; LookupError where none are kept."""
        if self.snapshot is None:
            raise LookupError("no weights of this run are saved")
        return self.snapshot

    @property
    def weights(self) -> list[Array]:
        """[W₁, b₁, W₂, b₂, …] float32, as Keras' `get_weights`; W is (n_in, n_out)."""
        return self.network.weights

    @property
    def dataset(self) -> Dataset:
        """The examples it was trained, validated and tested on."""
        return load(self.experiment.data)

    def predict(self, x: ArrayLike) -> Array:
        """The outputs (n, n_outputs): probabilities of the classes, or values.

        x: raw examples as in `dataset.test.x`: (n, n_features) in the units of the features, or
        images (n, height, width). One sigmoid output is the probability of the second class; the
        values of a regression are in the target's own unit.
        """
        dataset, inputs = self.dataset, np.asarray(x)
        n_features = dataset.source.n_features
        if inputs.ndim < 2 or inputs[:1].size != n_features * len(inputs[:1]):
            shape = dataset.source.shape or (n_features,)
            rule = ", ".join(map(str, ("n", *shape)))
            raise ValueError(f"x must be examples of shape ({rule}), got {inputs.shape}")
        return dataset.own_unit(self.network.predict(dataset.transform(inputs)))

    def evaluate(self, x: str | ArrayLike = "test", y: ArrayLike | None = None) -> dict[str, float]:
        """Loss, with the L1/L2 penalty, and accuracy (0 to 1) or mean absolute error.

        x: the name of a split ("train", "validation", "test", "holdout"), or raw examples as for
        `predict` with their targets `y`: class numbers from 0, or values (n,).
        """
        network, dataset = self.network, self.dataset
        if isinstance(x, str):
            if x not in SPLITS:
                raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {truncate(x)}")
            part: Split = getattr(dataset, x)
            if not len(part):
                raise LookupError(f"there are no {x} examples")
        elif y is None:
            raise ValueError("y must be given with examples x, got None")
        else:
            part = Split(*validated_examples(dataset.source, x, y))
            if (dataset.target_mean, dataset.target_std) != (0, 1):
                part = Split(part.x, (part.y - dataset.target_mean) / dataset.target_std)
        value = score(network, dataset, part, self.experiment.training.loss)
        name = metric_name(dataset.source.task)
        return {"loss": value.loss + self._penalty, name: value.metric}

    @property
    def _penalty(self) -> float:
        """λ₁·Σ|w| + λ₂·Σw² over all kernels."""
        l1, l2 = self.experiment.network.l1, self.experiment.network.l2
        kernels = [layer.kernel.astype(np.float64) for layer in self.network.layers]
        return float(sum(l1 * np.abs(w).sum() + l2 * np.square(w).sum() for w in kernels))

    def keras(self) -> Any:
        """A compiled Keras model with these weights that takes raw examples, as `predict` does."""
        from playground.training.keras_export import raw_model

        return raw_model(self.experiment, self.network)

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write the network to a file and return its path.

        `.npz`: weights, experiment and scores, read by `playground.export.pretrained.read`;
        `.keras`: for `keras.models.load_model`.
        """
        from playground.export.pretrained import archive

        place = _place(path, (".npz", ".keras"), overwrite)
        if place.suffix == ".npz":
            content = archive(self.experiment, self.network)
        else:
            from playground.training.keras_export import keras_file

            content = keras_file(self.experiment, self.network)
        write(place.parent, {place.name: content})
        return place

    def script(self, path: str | Path | None = None, overwrite: bool = False) -> str:
        """Plain Keras that trains it again and compares the numbers; written to `path` if given.

        A `.zip` also holds the files that the script needs, of a table of one's own; a `.py` only
        itself. Raises `ScriptError` before the first epoch.
        """
        from playground.export.script import NAME, script

        place = None if path is None else _place(path, (".py", ".zip"), overwrite)
        name = NAME if place is None else f"{place.stem}.py"
        made = script(self.experiment, self.log, self.versions, name=name, end=self.snapshot)
        if place is not None:
            if place.suffix == ".py" and len(made.files) > 1:
                others = ", ".join(list(made.files)[1:])
                raise ValueError(f"path must end in .zip for a script with {others}, got {path}")
            content = made.packed if place.suffix == ".zip" else made.text.encode()
            write(place.parent, {place.name: content})
        return made.text

    def __repr__(self) -> str:
        return f"<TrainedNetwork {self._summary()}>"

    def _repr_html_(self) -> str:
        table = self.history.to_pandas().tail(5).to_html(float_format="{:.4g}".format, na_rep="")
        return f"<p>{escape(self._summary())}</p>{table}"

    def _summary(self) -> str:
        last = next((e for e in reversed(self.log) if isinstance(e, Diverged)), None)
        after = f"after epoch {len(self.history)} of {self.experiment.training.epochs}"
        advice = f" ({last.advice})" if last else ""
        return f"{title(self.experiment)}: {self.state} {after}{advice}"


def _place(path: str | Path, endings: tuple[str, ...], overwrite: bool) -> Path:
    """Where to write a file; ValueError or FileExistsError for an unusable place."""
    place = Path(path)
    if place.suffix not in endings:
        raise ValueError(f"path must end in {' or '.join(endings)}, got {path}")
    if not place.parent.is_dir():
        raise FileNotFoundError(f"path must be in a folder that exists, got {path}")
    if place.exists() and not overwrite:
        raise FileExistsError(f"path must be a new file, or come with overwrite=True, got {path}")
    return place
