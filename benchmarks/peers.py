"""Peers that are no dependencies: PyTorch, JAX, and the network of TensorFlow Playground on Node.

Each function trains the same network on the same examples and times itself, in a process of its
own. Those that are not installed are left out, with a word.
"""

import functools
import importlib
import importlib.util
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import seconds
from playground.datasets import load
from playground.experiment.model import Experiment

# The path of its nn.ts, compiled to a CommonJS module.
NN_TS = "PLAYGROUND_NN_TS"

Array = NDArray[Any]


def missing() -> Mapping[str, str]:
    """The peers that cannot be measured here: what each needs."""
    found = {
        name: importlib.util.find_spec(module) is not None
        for name, module in (("PyTorch", "torch"), ("JAX", "jax"))
    }
    needs = {name: "it is not installed" for name, installed in found.items() if not installed}
    if not (shutil.which("node") and os.path.isfile(os.environ.get(NN_TS, ""))):
        needs["nn.ts"] = f"it needs Node, and {NN_TS}=nn.js"
    return needs


def _examples(experiment: Experiment) -> tuple[Array, Array, Array, Array]:
    """Scaled inputs and targets of both parts; targets of a single output are (n, 1)."""
    dataset = load(experiment.data)
    kind = np.int64 if experiment.layer_sizes[-1] > 1 else np.float32
    shape = (-1,) if experiment.layer_sizes[-1] > 1 else (-1, 1)
    splits = dataset.train, dataset.validation
    x, x_val = (dataset.transform(split.x).astype(np.float32) for split in splits)
    y, y_val = (split.y.astype(kind).reshape(shape) for split in splits)
    return x, y, x_val, y_val


# ---- PyTorch -----------------------------------------------------------------------------


def pytorch(experiment: Experiment, epochs: int = 1) -> float:
    """Seconds for `epochs` of PyTorch, step by step, each followed by a validation."""
    epoch = _pytorch(experiment)
    return seconds(lambda: [epoch() for _ in range(epochs)])


@functools.cache
def _pytorch(experiment: Experiment) -> Callable[[], None]:
    torch = importlib.import_module("torch")
    activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[experiment.network.activation]
    pairs = itertools.pairwise(experiment.layer_sizes)
    layers = [part for a, b in pairs for part in (torch.nn.Linear(a, b), activation())]
    model = torch.nn.Sequential(*layers[:-1])
    several = experiment.layer_sizes[-1] > 1
    loss = torch.nn.CrossEntropyLoss() if several else torch.nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), experiment.training.learning_rate)
    x, y, x_val, y_val = map(torch.from_numpy, _examples(experiment))
    size = experiment.training.batch_size

    def epoch() -> None:
        for rows in torch.randperm(len(x)).split(size):
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            loss(model(x_val), y_val).item()

    return epoch


# ---- JAX ---------------------------------------------------------------------------------


def jax(experiment: Experiment, epochs: int = 1) -> float:
    """Seconds for `epochs` of a compiled scan over the batches, each with a validation.

    It leaves out the last batch where that is smaller, as its shape would need another program.
    """
    epoch = _jax(experiment)
    return seconds(lambda: [epoch() for _ in range(epochs)])


@functools.cache
def _jax(experiment: Experiment) -> Callable[[], None]:
    jax = importlib.import_module("jax")
    jnp, rate = jax.numpy, experiment.training.learning_rate
    activation = {"relu": jax.nn.relu, "tanh": jnp.tanh}[experiment.network.activation]
    x, y, x_val, y_val = map(jnp.asarray, _examples(experiment))
    rng, size = np.random.default_rng(0), experiment.training.batch_size
    steps = len(x) // size
    pairs = itertools.pairwise(experiment.layer_sizes)
    state = [
        (jnp.asarray(rng.normal(0, a**-0.5, (a, b)), jnp.float32), jnp.zeros(b)) for a, b in pairs
    ]

    def loss(layers: Any, x: Any, y: Any) -> Any:
        for kernel, bias in layers[:-1]:
            x = activation(x @ kernel + bias)
        z = x @ layers[-1][0] + layers[-1][1]
        if z.shape[-1] == 1:
            return jnp.mean(jnp.logaddexp(0, z) - y * z)
        return -jnp.mean(jax.nn.log_softmax(z)[jnp.arange(len(y)), y])

    def trained(layers: Any, order: Any) -> Any:
        def step(layers: Any, rows: Any) -> Any:
            slopes = jax.grad(loss)(layers, x[rows], y[rows])
            return jax.tree_util.tree_map(lambda w, g: w - rate * g, layers, slopes), None

        layers, _ = jax.lax.scan(step, layers, order)
        return layers, loss(layers, x_val, y_val)

    compiled = jax.jit(trained)

    def epoch() -> None:
        nonlocal state
        order = rng.permutation(len(x))[: steps * size].reshape(steps, size)
        state, validation = compiled(state, order)
        float(validation)  # waits until it is computed

    return epoch


# ---- TensorFlow Playground ---------------------------------------------------------------

# Reads {path, activation, sizes, rate, batch, epochs, x, y, xVal, yVal}; prints seconds.
NODE = """
const given = JSON.parse(require("fs").readFileSync(0));
const nn = require(given.path), { Activations, Errors } = nn;
const inputs = given.x[0].map((_, i) => "x" + i);
const network = nn.buildNetwork(given.sizes, Activations[given.activation], Activations.TANH, null, inputs, false);
const loss = (x, y) => x.reduce((sum, row, i) => sum + Errors.SQUARE.error(nn.forwardProp(network, row), y[i]), 0) / x.length;
const run = (epochs) => {
  for (let epoch = 0; epoch < epochs; epoch++) {
    given.x.forEach((row, i) => {
      nn.forwardProp(network, row);
      nn.backProp(network, given.y[i], Errors.SQUARE);
      if ((i + 1) % given.batch === 0) nn.updateWeights(network, given.rate, 0);
    });
    loss(given.x, given.y);
    loss(given.xVal, given.yVal);
  }
};
run(20); // until the code is compiled
const began = performance.now();
run(given.epochs);
console.log((performance.now() - began) / 1000);
"""  # noqa: E501


def nn_ts(experiment: Experiment, epochs: int = 1) -> float:
    """Seconds for `epochs` of TensorFlow Playground's own network, as its page trains it."""
    x, y, x_val, y_val = _examples(experiment)
    given = {
        "path": os.path.abspath(os.environ[NN_TS]),
        "activation": experiment.network.activation.upper(),
        "sizes": experiment.layer_sizes,
        "rate": experiment.training.learning_rate,
        "batch": experiment.training.batch_size,
        "epochs": epochs,
        "x": x.tolist(), "y": (2 * y[:, 0] - 1).tolist(),
        "xVal": x_val.tolist(), "yVal": (2 * y_val[:, 0] - 1).tolist(),
    }  # fmt: skip
    done = subprocess.run(
        ["node", "-e", NODE], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return float(done.stdout)
