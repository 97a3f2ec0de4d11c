"""Optimizers: update rule, hyperparameters with their default values, and Keras class of each.

w: a weight, g: its gradient, η: the learning rate, t: the update counted from 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Optimizer:
    """An optimizer of Keras, class `keras`.

    `defaults` maps each field of `Training` it uses to the default value; `constants` are further
    arguments.
    """

    label: str
    rule: str  # LaTeX, with ",\; " between the assignments
    keras: str
    defaults: Mapping[str, Any]
    constants: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
_MOMENTS = r"m \leftarrow \beta_1 m + (1-\beta_1) g,\; v \leftarrow \beta_2 v + (1-\beta_2) g^2,\; "

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer("SGD", r"w \leftarrow w - \eta g", "SGD", {"learning_rate": 0.01}),
    "momentum": Optimizer(
        "SGD with momentum",
        r"m \leftarrow \beta m - \eta g,\; w \leftarrow w + m",
        "SGD",
        {"learning_rate": 0.01, "momentum": 0.9},
    ),
    "nesterov": Optimizer(
        "Nesterov momentum",
        r"m \leftarrow \beta m - \eta g,\; w \leftarrow w + \beta m - \eta g",
        "SGD",
        {"learning_rate": 0.01, "momentum": 0.9},
        {"nesterov": True},
    ),
    "adagrad": Optimizer(
        "Adagrad",
        r"v \leftarrow v + g^2,\; w \leftarrow w - \eta g / \sqrt{v + \epsilon}",
        "Adagrad",
        {"learning_rate": 0.01, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    ),
    "adadelta": Optimizer(
        "Adadelta",
        r"v \leftarrow \rho v + (1-\rho) g^2,\; \Delta = -g\sqrt{(u+\epsilon)/(v+\epsilon)},\; "
        r"u \leftarrow \rho u + (1-\rho)\Delta^2,\; w \leftarrow w + \eta\Delta",
        "Adadelta",
        {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7},  # Keras' 0.001 hardly moves
    ),
    "rmsprop": Optimizer(
        "RMSprop",
        r"v \leftarrow \rho v + (1-\rho) g^2,\; w \leftarrow w - \eta g / \sqrt{v + \epsilon}",
        "RMSprop",
        {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    ),
    "adam": Optimizer(
        "Adam",
        _MOMENTS + r"w \leftarrow w - \eta \hat m / (\sqrt{\hat v} + \epsilon)",
        "Adam",
        {"learning_rate": 0.001, **_ADAM, "amsgrad": False},
    ),
    "adamw": Optimizer(
        "AdamW",
        _MOMENTS + r"w \leftarrow w - \eta\lambda w - \eta \hat m / (\sqrt{\hat v} + \epsilon)",
        "AdamW",
        {"learning_rate": 0.001, **_ADAM, "amsgrad": False, "weight_decay": 0.004},
    ),
    "nadam": Optimizer(
        "Nadam",
        _MOMENTS
        + r"w \leftarrow w - \eta (\beta_1\hat m + (1-\beta_1)\hat g)/(\sqrt{\hat v} + \epsilon)",
        "Nadam",
        {"learning_rate": 0.001, **_ADAM},
    ),
    "adamax": Optimizer(
        "Adamax",
        r"m \leftarrow \beta_1 m + (1-\beta_1) g,\; u \leftarrow \max(\beta_2 u, |g|),\; "
        r"w \leftarrow w - \eta \hat m / (u + \epsilon)",
        "Adamax",
        {"learning_rate": 0.001, **_ADAM},
    ),
    "lion": Optimizer(
        "Lion",
        r"w \leftarrow w - \eta\,\mathrm{sign}(\beta_1 m + (1-\beta_1) g),\; "
        r"m \leftarrow \beta_2 m + (1-\beta_2) g",
        "Lion",
        {"learning_rate": 0.0001, "beta_1": 0.9, "beta_2": 0.99},
    ),
}
