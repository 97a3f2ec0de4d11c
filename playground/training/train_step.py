"""One compiled training program: many updates in one call, by XLA, on Keras layers and optimizers.

A program depends on the shape of the network, the optimizer and the batch size only. Everything
that may change while it runs (rates, L1/L2, dropout rate, the examples) is an argument, so runs of
the same shape share one compilation.
"""

import functools
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from playground.experiment.model import Experiment
from playground.experiment.program_key import shape
from playground.nn.losses import CLASSIFICATION
from playground.training import keras_model

Weights = list[np.ndarray]
Tensor = Any

KEPT = 12  # programs that stay though nobody trains with them; 784-300-100-10 takes about 45 MB
DEAD = 1e-3  # a unit whose output has a smaller standard deviation over the examples is dead


@dataclass(frozen=True)
class Batches:
    """The examples of some consecutive updates, in order, cut into `n_epochs` equal pieces.

    x (n_epochs, rows, n_features), y (n_epochs, rows, …), weight (n_epochs, rows): 1, or 0 for the
    rows that fill up the last batch; rates (n_epochs, steps); bits (n_epochs, steps, …) uint16:
    random numbers for the dropout masks, or of length 0 without dropout.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    rates: np.ndarray
    bits: np.ndarray


def nobody() -> object | None:
    """The owner of a program that holds no run's state."""
    return None


class Program:
    """The variables of a network and its optimizer, and the compiled functions that change them."""

    def __init__(self, experiment: Experiment) -> None:
        source, network = experiment.data.source, experiment.network
        self.batch_size = experiment.training.batch_size
        self.classifies = source.task == CLASSIFICATION
        self.n_outputs = source.n_outputs
        self.dropout = network.dropout > 0
        self.penalised = network.l1 > 0 or network.l2 > 0
        self.layers = keras_model.dense_layers(experiment)
        for n_in, layer in zip(experiment.layer_sizes, self.layers, strict=False):
            layer.build((None, n_in))
        self.weights = [v for layer in self.layers for v in (layer.kernel, layer.bias)]
        self.optimizer = keras_model.optimizer(experiment.training)
        self.optimizer.build(self.weights)
        logits = experiment.training.loss == "cross_entropy"
        self.loss = keras_model.loss(experiment, from_logits=logits, reduction=None)
        self.logits = logits
        self.owner: Callable[[], object | None] = nobody  # whose state the variables hold
        self.fresh = [np.asarray(v) for v in self.optimizer.variables]
        # autograph would only rewrite the Python around the loops that are already written out
        compiled = functools.partial(tf.function, jit_compile=True, autograph=False)
        self._train = compiled(self._train_steps)
        self._train_epochs = compiled(self._train_whole_epochs)
        self._evaluate = compiled(self._score)

    # ---- state ---------------------------------------------------------------------------

    def load(self, weights: Weights, slots: Weights) -> None:
        """Set all weights and the optimizer's own variables."""
        for variable, value in zip(
            [*self.weights, *self.optimizer.variables], [*weights, *slots], strict=True
        ):
            variable.value.assign(value)

    def read_weights(self) -> Weights:
        """Copies of [W₁, b₁, …]."""
        return [v.value.numpy() for v in self.weights]

    def read_slots(self) -> Weights:
        """Copies of the optimizer's variables: iterations, learning rate, moments."""
        return [v.value.numpy() for v in self.optimizer.variables]

    # ---- what is compiled ----------------------------------------------------------------

    def _forward(self, x: Tensor, bits: Tensor | None, rate: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The last z and every hidden a; with `bits`, hidden units are dropped at `rate`."""
        hidden, taken = [], 0
        for layer in self.layers[:-1]:
            x = layer.activation(x @ layer.kernel.value + layer.bias.value)
            hidden.append(x)
            if bits is not None:
                size = x.shape[0] * x.shape[1]
                drawn = tf.reshape(bits[taken : taken + size], x.shape)
                keep = tf.cast(drawn, tf.float32) >= rate * 65536
                x, taken = tf.where(keep, x / (1 - rate), 0.0), taken + size
        last = self.layers[-1]
        return x @ last.kernel.value + last.bias.value, hidden

    def _losses(self, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """(n,) losses without penalty, and (n,) metrics: right or wrong, or the absolute error."""
        output = z if self.logits else self.layers[-1].activation(z)
        losses = self.loss(y, output)
        if not self.classifies:
            metric = tf.reduce_mean(tf.abs(y - output), axis=-1)
        elif self.n_outputs == 1:
            metric = tf.cast(tf.equal(z[:, 0] > 0, y[:, 0] > 0.5), tf.float32)
        else:
            label = y if y.shape.rank == 1 else tf.argmax(y, axis=-1, output_type=tf.int32)
            guess = tf.argmax(z, axis=-1, output_type=tf.int32)
            metric = tf.cast(tf.equal(guess, label), tf.float32)
        return losses, metric

    def _penalty(self, l1: Tensor, l2: Tensor) -> Tensor:
        if not self.penalised:
            return tf.constant(0.0)
        kernels = [layer.kernel.value for layer in self.layers]
        return l1 * tf.add_n([tf.reduce_sum(tf.abs(w)) for w in kernels]) + l2 * tf.add_n(
            [tf.reduce_sum(tf.square(w)) for w in kernels]
        )

    def _update(
        self, x: Tensor, y: Tensor, weight: Tensor, bits: Tensor, live: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """One update of the weights: the batch's summed loss, its sums, and the gradients.

        The sums are those of the metric and of the penalty that the loss contains.
        """
        dropout, l1, l2 = live[0], live[1], live[2]
        variables = [v.value for v in self.weights]
        n = tf.reduce_sum(weight)
        with tf.GradientTape() as tape:
            z, _ = self._forward(x, bits if self.dropout else None, dropout)
            losses, metric = self._losses(y, z)
            penalty = self._penalty(l1, l2)
            loss = tf.reduce_sum(losses * weight) / n + penalty
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply(gradients, self.weights)
        return loss * n, tf.stack([tf.reduce_sum(metric * weight), penalty * n]), gradients

    def _train_steps(
        self, x: Tensor, y: Tensor, weight: Tensor, rates: Tensor, bits: Tensor,
        scaling: tuple[Tensor, Tensor], live: Tensor, start: Tensor, stop: Tensor,
        with_before: bool = False,
    ) -> tuple[Tensor, Tensor, Tensor, list[Tensor], list[Tensor]]:  # fmt: skip
        """Updates start … stop−1; ends early where the loss is not finite.

        Returns the step reached, the summed loss, the sums of metric and penalty (2,), the last
        gradients and, with `with_before` (a copy of the weights in every step), the weights before
        the last update.
        """
        size = self.batch_size
        shift, scale = scaling

        def body(
            i: Tensor, loss: Tensor, sums: Tensor, _: list[Tensor], __: list[Tensor]
        ) -> tuple[Any, ...]:
            def batch(a: Tensor) -> Tensor:
                return tf.slice(a, [i * size] + [0] * (a.shape.rank - 1), [size, *a.shape[1:]])

            before = [tf.identity(v.value) for v in self.weights] if with_before else []
            self.optimizer.learning_rate.assign(rates[i])
            inputs = (tf.cast(batch(x), tf.float32) - shift) / scale
            more = self._update(inputs, batch(y), batch(weight), bits[i], live)
            return i + 1, loss + more[0], sums + more[1], more[2], before

        def going(i: Tensor, loss: Tensor, *_: Any) -> Tensor:
            return tf.logical_and(i < stop, tf.math.is_finite(loss))

        none = [tf.zeros_like(v.value) for v in self.weights]
        zero = tf.constant(0.0)
        first = (start, zero, tf.zeros(2), none, none if with_before else [])
        return tf.while_loop(going, body, first)  # type: ignore[no-any-return]

    def _score(
        self, x: Tensor, y: Tensor, scaling: tuple[Tensor, Tensor], live: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Mean loss with penalty, (summed metric, penalty), and each hidden layer's dead share."""
        z, hidden = self._forward((tf.cast(x, tf.float32) - scaling[0]) / scaling[1], None, live[0])
        losses, metric = self._losses(y, z)
        dead = [
            tf.reduce_mean(tf.cast(tf.math.reduce_std(a, axis=0) < DEAD, tf.float32))
            for a in hidden
        ]
        penalty = self._penalty(live[1], live[2])
        sums = tf.stack([tf.reduce_sum(metric), penalty])
        return tf.reduce_mean(losses) + penalty, sums, tf.stack(dead) if dead else tf.zeros([0])

    def _train_whole_epochs(
        self, x: Tensor, y: Tensor, weight: Tensor, rates: Tensor, bits: Tensor,
        scaling: tuple[Tensor, Tensor], live: Tensor, count: Tensor, x_seen: Tensor, y_seen: Tensor,
    ) -> tuple[Any, ...]:  # fmt: skip
        """`count` whole epochs with an evaluation on (x_seen, y_seen) after each.

        Returns the epoch and step reached and, for each epoch, (n_epochs, 6) summed training loss,
        metric and penalty, mean loss, summed metric and penalty on the examples seen; dead shares;
        (n_epochs, 3, n_layers) RMS of gradient, weight and update; and the weights after it.
        """
        n_epochs, steps = rates.shape

        def body(e: Tensor, _: Tensor, __: Tensor, records: list[Tensor]) -> tuple[Any, ...]:
            step, loss, sums, g, before = self._train_steps(
                x[e], y[e], weight[e], rates[e], bits[e], scaling, live,
                tf.constant(0), tf.constant(steps), with_before=True,
            )  # fmt: skip
            now = [v.value for v in self.weights]
            seen_loss, seen_sums, dead = self._score(x_seen, y_seen, scaling, live)
            score = tf.concat([[loss], sums, [seen_loss], seen_sums], 0)
            moved = [a - b for a, b in zip(now, before, strict=True)]
            size = tf.stack([_layer_rms(g), _layer_rms(now), _layer_rms(moved)])
            values = [score, dead, size, *now]
            records = [r.write(e, v) for r, v in zip(records, values, strict=True)]
            return e + 1, step, tf.reduce_all(tf.math.is_finite(score)), records

        n_layers = len(self.layers)
        shapes = [(6,), (n_layers - 1,), (3, n_layers), *(v.shape for v in self.weights)]
        epoch, step, _, records = tf.while_loop(
            lambda e, _, finite, __: tf.logical_and(e < count, finite),
            body,
            (
                tf.constant(0),
                tf.constant(0),
                tf.constant(True),
                [tf.TensorArray(tf.float32, n_epochs, element_shape=shape) for shape in shapes],
            ),
        )
        scores, dead, sizes, *kept = (r.stack() for r in records)
        return epoch, step, scores, dead, sizes, kept

    # ---- calls ---------------------------------------------------------------------------

    def train(
        self, batches: Batches, scaling: Any, live: np.ndarray, start: int, stop: int
    ) -> tuple[int, float, np.ndarray, list[Tensor]]:
        """Run updates start … stop−1 of the one piece in `batches`; see `_train_steps`."""
        b = batches
        step, loss, sums, gradients, _ = self._train(
            b.x[0], b.y[0], b.weight[0], np.float32(b.rates[0]), b.bits[0], scaling, live,
            np.array(start, np.int32), np.array(stop, np.int32),
        )  # fmt: skip
        return int(step), float(loss), np.asarray(sums, np.float64), gradients

    def train_epochs(
        self, batches: Batches, scaling: Any, live: np.ndarray, count: int, seen: tuple[Any, Any]
    ) -> tuple[Any, ...]:
        """Run `count` whole epochs of `batches`; see `_train_whole_epochs`."""
        b = batches
        results = self._train_epochs(
            b.x,
            b.y,
            b.weight,
            np.float32(b.rates),
            b.bits,
            scaling,
            live,
            np.array(count, np.int32),
            *seen,
        )
        return tuple([w.numpy() for w in r] if isinstance(r, list) else r.numpy() for r in results)

    def score(
        self, x: np.ndarray, y: np.ndarray, scaling: Any, live: np.ndarray
    ) -> tuple[float, float, float, np.ndarray]:
        """Mean loss, summed metric, penalty, dead shares; see `_score`."""
        loss, sums, dead = self._evaluate(x, y, scaling, live)
        metric, penalty = sums.numpy()
        return float(loss), float(metric), float(penalty), dead.numpy()


def _layer_rms(arrays: list[Tensor]) -> Tensor:
    """Root mean square over kernel and bias together, of each layer."""
    pairs = zip(arrays[::2], arrays[1::2], strict=True)
    return tf.stack(
        [
            tf.sqrt(
                (tf.reduce_sum(tf.square(k)) + tf.reduce_sum(tf.square(b)))
                / (np.prod(k.shape) + np.prod(b.shape))
            )
            for k, b in pairs
        ]
    )


@functools.cache
def _alive() -> "weakref.WeakValueDictionary[Experiment, Program]":
    """Every program that somebody trains with, however many there are."""
    return weakref.WeakValueDictionary()


@functools.lru_cache(maxsize=KEPT)
def _program(shape: Experiment) -> Program:
    found = _alive().get(shape)
    if found is None:
        found = _alive()[shape] = Program(shape)
    return found


def program(experiment: Experiment) -> Program:
    """The program for an experiment, shared by all whose compiled code is the same."""
    return _program(shape(experiment))
