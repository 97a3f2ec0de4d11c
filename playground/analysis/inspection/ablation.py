"""What single hidden units do: what excites them, and what is lost without them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.analysis.metrics.score import metric
from playground.nn.activations import ACTIVATIONS
from playground.nn.backprop import backward, output_gradient
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Array, Snapshot

Passes = list[tuple[Array, Array]]  # z and a of every layer

# What `without_each` may take, and about what its parts do, in nanoseconds. A network too large for
# it gets fewer examples.
ALLOWED = 40e6
MULTIPLICATION, NUMBER, COSTLY_NUMBER = 0.06, 2.0, 15.0
FEWEST_ROWS = 100


def top_and_bottom(z: Array, a: Array, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of the `count` largest and smallest outputs a (n,) of one unit, the extreme first.

    Where outputs are the same (0 of a ReLU) the pre-activations z (n,) decide.
    """
    order = np.lexsort((z, a))
    return order[::-1][:count], order[:count]


@dataclass(frozen=True)
class Ablation:
    """What the score is on some examples without each unit of a layer: its output is set to 0.

    Scores are accuracies (0 to 1), or mean absolute errors for regression.
    """

    rows: int  # the examples it was measured on
    before: float
    after: NDArray[np.float64]  # (units,)
    loss: NDArray[np.float64]  # (units,) accuracy lost, or error gained; negative: better without


def affordable(snapshot: Snapshot, layer: int) -> int:
    """On how many examples removing each unit of `layer` (0: the first) is a matter of moments.

    0: on too few to say anything.
    """
    layers, one = snapshot.layers, 0.0
    for i, each in enumerate(layers[layer + 1 :]):
        costly = each.activation in ACTIVATIONS and ACTIVATIONS[each.activation].costly
        one += len(each.bias) * (COSTLY_NUMBER if costly else NUMBER)
        one += each.kernel.size * MULTIPLICATION if i else 0
    rows = int(ALLOWED / (len(layers[layer].bias) * one))
    return max(rows, FEWEST_ROWS) if 3 * rows >= FEWEST_ROWS else 0


def ablate_each(
    snapshot: Snapshot, passes: Passes, y: NDArray[Any], layer: int, task: str
) -> Ablation:
    """The score without each unit of a hidden layer (0: the first), one unit at a time.

    passes: z and a of every layer, as `forward` gives them for some examples; y (n,) theirs.
    Of unit u, z of the next layer loses a_u·W_u: a product of two vectors, not a whole new pass.
    Measured on the first n examples: `affordable` says how many are wise.
    """
    n = len(y)
    *others, last = snapshot.layers
    if last.activation == "softmax":  # the largest output stays the largest without it: faster
        last = replace(last, activation="linear")
    after, *rest = (*others, last)[layer + 1 :]
    # Columns are examples: long rows of numbers are what a processor is fast at.
    a, whole = (np.ascontiguousarray(x[:n].T) for x in (passes[layer][1], passes[layer + 1][0]))
    scores, z = np.empty(len(a)), np.empty_like(whole)
    for unit, kernel in enumerate(after.kernel):
        np.multiply(kernel[:, None], a[unit], out=z)
        np.subtract(whole, z, out=z)
        output = after.activate(z)
        for each in rest:
            output = each.activate(each.kernel.T @ output + each.bias[:, None])
        if task == CLASSIFICATION and len(output) > 1:
            scores[unit] = (output.argmax(axis=0) == y).mean()
        else:
            scores[unit] = metric(output.T, y, task)
    before = metric(passes[-1][1][:n], y, task)
    sign = 1 if task == CLASSIFICATION else -1
    return Ablation(n, before, scores, sign * (before - scores))


def ranked(loss: Array, expected: Array) -> NDArray[np.int64]:
    """Units, the most important first: by what is lost, equals by what is expected to be."""
    return np.lexsort((-expected, -loss))


def first_order_importance(
    snapshot: Snapshot, x: Array, y: NDArray[Any], layer: int, loss: str
) -> NDArray[np.float64]:
    """By how much the mean loss rises without each unit, to first order: −Σᵢ aᵢ·∂L/∂aᵢ, (units,).

    One pass for all units of a layer, where taking out each of them would take too long.
    """
    a = snapshot.forward(x)[layer][1]
    return np.asarray(-(a * backward(snapshot, x, y, loss).a[layer]).sum(axis=0), np.float64)


def without(snapshot: Snapshot, a: Array, layer: int, unit: int) -> Array:
    """The network's output (n, n_outputs) when the output of one hidden unit is set to 0.

    a: the outputs (n, units) of the unit's layer (0: the first), which stay as they are.
    """
    a = a.copy()
    a[:, unit] = 0
    return Snapshot(snapshot.epoch, snapshot.layers[layer + 1 :]).predict(a)


def direction(snapshot: Snapshot, x: Array, layer: int, unit: int) -> Array:
    """∂z/∂x of one unit, the mean over the examples x (n, n_features): (n_features,).

    For the first layer this is its column of weights, whatever the examples.
    """
    if layer == 0:
        return snapshot.layers[0].kernel[:, unit]
    up_to_z = replace(snapshot.layers[layer], activation="linear", parameters={})
    part = Snapshot(snapshot.epoch, (*snapshot.layers[:layer], up_to_z))
    return np.asarray(output_gradient(part, x, unit).mean(axis=0))
