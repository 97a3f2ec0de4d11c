"""Estimators for scikit-learn: `fit`, `predict` and `score` with the trainer of the playground.

They work in pipelines, `cross_val_score` and `GridSearchCV`. Networks of equal shape share one
compiled program, so that only the first of many fits waits for the compilation.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from playground.datasets.custom.table import Arrays, interned
from playground.experiment.model import LARGEST_SEED, Experiment, explain
from playground.history.history import Log
from playground.nn.losses import CLASSIFICATION, REGRESSION
from playground.nn.network import Array, Snapshot


class _MLP(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What the two estimators share. The parameters are fields of an `Experiment`."""

    def __init__(
        self,
        hidden: tuple[int, ...] = (100,),
        *,
        activation: str = "relu",
        kernel_initializer: str = "glorot_uniform",
        optimizer: str = "adam",
        learning_rate: float | None = None,
        schedule: str = "constant",
        batch_size: int = 32,
        epochs: int = 100,
        l1: float = 0.0,
        l2: float = 0.0,
        dropout: float = 0.0,
        standardize: bool = True,
        early_stopping: bool = False,
        patience: int = 10,
        validation_fraction: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.kernel_initializer = kernel_initializer
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.epochs = epochs
        self.l1 = l1
        self.l2 = l2
        self.dropout = dropout
        self.standardize = standardize
        self.early_stopping = early_stopping
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def _fit(self, x: Array, y: NDArray[Any], n_classes: int) -> None:
        """Train on examples (n, n_features) and class numbers, or values if `n_classes` is 0."""
        arrays = Arrays(
            "Arrays", "Examples of a program", CLASSIFICATION if n_classes else REGRESSION,
            tuple(f"x{i}" for i in range(x.shape[1])), tuple(map(str, range(n_classes))),
            self.standardize, x.astype(np.float32),
            y.astype(np.int32 if n_classes else np.float32),
            scale_target=self.standardize and not n_classes,
        )  # fmt: skip
        table = interned(arrays)  # stays as long as it is referenced
        experiment = self._experiment(table.name, len(x))
        from playground.training import Trainer

        trainer, log = Trainer(experiment, checkpoint_bytes=1), Log()
        while not trainer.over:
            log.extend(trainer.advance(seconds=1, with_snapshot=False).events)
        if trainer.diverged:
            raise FloatingPointError(f"the loss is no longer finite: {log[-1].advice}")  # type: ignore[union-attr]
        dataset, last = trainer.dataset, trainer.latest()
        self.history_ = log.history()
        self.n_iter_, self.loss_ = len(self.history_), float(self.history_.loss[-1])
        # In float64 a prediction does not depend on the examples beside it.
        self.network_: Snapshot = last.with_weights([w.astype(np.float64) for w in last.weights])
        self.input_scaling_ = dataset.shift.astype(np.float64), dataset.scale.astype(np.float64)
        self.target_scaling_ = dataset.target_mean, dataset.target_std

    def _experiment(self, dataset: str, n: int) -> Experiment:
        if not 0 <= self.validation_fraction < 1:
            raise ValueError(
                f"validation_fraction must be from 0 to below 1, got {self.validation_fraction}"
            )
        n_validation = round(self.validation_fraction * n) if self.early_stopping else 0
        names = (
            "hidden", "activation", "kernel_initializer", "optimizer", "schedule", "batch_size",
            "epochs", "l1", "l2", "dropout", "standardize", "early_stopping", "patience",
        )  # fmt: skip
        settings = {name: getattr(self, name) for name in names}
        if self.learning_rate is not None:
            settings["learning_rate"] = self.learning_rate
        seed = int(check_random_state(self.random_state).randint(LARGEST_SEED))
        sizes = {"train_size": n - n_validation, "validation_size": n_validation}
        try:
            return Experiment().replace(
                dataset=dataset, seed=seed, data_seed=seed, **sizes, **settings
            )
        except ValidationError as error:
            raise ValueError("; ".join(explain(error))) from None

    def _output(self, x: ArrayLike) -> Array:
        check_is_fitted(self)
        inputs = validate_data(self, x, reset=False, dtype=np.float64)
        shift, scale = self.input_scaling_
        return self.network_.predict((inputs - shift) / scale)

    @property
    def coefs_(self) -> list[Array]:
        """The kernels (n_in, n_out) of all layers."""
        return [layer.kernel for layer in self.network_.layers]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases (n_out,) of all layers."""
        return [layer.bias for layer in self.network_.layers]

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch."""
        return [float(loss) for loss in self.history_.loss]


class MLPClassifier(ClassifierMixin, _MLP):  # type: ignore[misc]
    """A multi-layer perceptron for classes, trained with cross-entropy.

    >>> from playground import MLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), learning_rate=0.01, epochs=20, random_state=0).fit(x, y)
    >>> model.predict_proba(x).shape
    (150, 3)
    >>> model.score(x, y) > 0.9
    True

    Parameters have the names, limits and meanings of an experiment's fields: `hidden` units of each
    layer, … `learning_rate` None: the default of the optimizer. `standardize`: shift and scale the
    features on the training examples. `early_stopping` validates on `validation_fraction` of the
    examples, and returns to the best epoch. At most 60,000 training examples.

    After `fit`: `classes_`, `history_` (a `History`), `network_`, `coefs_`, `intercepts_`,
    `loss_curve_`, `n_iter_` epochs.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on examples (n, n_features) with any labels (n,) of at least two classes."""
        inputs, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y must have at least 2 classes, got {len(self.classes_)} class")
        self._fit(inputs, numbers, len(self.classes_))
        return self

    def predict_proba(self, X: ArrayLike) -> Array:
        """The probability of each class, (n, n_classes)."""
        output = self._output(X)
        return np.hstack([1 - output, output]) if output.shape[1] == 1 else output

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of each example, (n,)."""
        chosen = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[chosen])


class MLPRegressor(RegressorMixin, _MLP):  # type: ignore[misc]
    """A multi-layer perceptron for values, trained with the mean squared error.

    >>> import numpy as np
    >>> from playground import MLPRegressor
    >>> x = np.linspace(-1, 1, 80)[:, None]
    >>> y = 3 * x[:, 0]
    >>> model = MLPRegressor((8,), learning_rate=0.01, epochs=50, random_state=0).fit(x, y)
    >>> model.score(x, y) > 0.9
    True

    Parameters and attributes as of `MLPClassifier`; `standardize` scales the targets as well.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on examples (n, n_features) with values (n,)."""
        inputs, values = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self._fit(inputs, np.asarray(values, np.float64), 0)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """The value of each example, (n,) float64, in the unit of the targets."""
        mean, std = self.target_scaling_ if hasattr(self, "target_scaling_") else (0.0, 1.0)
        return np.asarray(mean + std * self._output(X)[:, 0])
