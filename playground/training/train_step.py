"""The compiled training program: many updates in one XLA call, on Keras layers and optimizers."""

import functools
import hashlib
import itertools
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager.polymorphic_function import concrete_function
from tensorflow.python.ops import control_flow_util_v2

from playground.experiment.describe import program_key
from playground.experiment.model import Experiment
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import DEAD
from playground.training import keras_model
from playground.training.batches import Batches

Weights = list[np.ndarray]
Tensor = Any

MAX_IDLE_PROGRAMS = 12  # kept though no trainer uses them; 784-300-100-10 takes about 45 MB


_TRACED = threading.local()  # .names: the ends of the names of what this thread traces


def _with_given_end(name: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(name)
    def named(*parts: str) -> str:
        made, ends = name(*parts), getattr(_TRACED, "names", None)
        return f"{made.rpartition('_')[0]}_{next(ends)}" if ends else made

    return named


# TensorFlow counts its functions and loops through the whole process. XLA's cache on disk knows a
# program by these names, so it would find only what was compiled in the same order.
concrete_function._inference_name = _with_given_end(concrete_function._inference_name)
control_flow_util_v2.unique_fn_name = _with_given_end(control_flow_util_v2.unique_fn_name)


@contextmanager
def _names_of(*content: object) -> Iterator[None]:
    """Equal content traces functions of equal names, in every process and order."""
    first = int.from_bytes(hashlib.sha256(repr(content).encode()).digest()[:5], "big") << 16
    _TRACED.names = itertools.count(first)
    try:
        yield
    finally:
        _TRACED.names = None


def no_owner() -> object | None:
    """The owner of a program that holds no trainer's state."""
    return None


class Program:
    """The variables of a network and its optimizer, and the compiled functions that update them.

    It depends on the layer sizes, the optimizer and the batch size only. Learning rates, L1/L2,
    dropout rate and examples are arguments, so runs of equal architecture share one compilation.
    """

    def __init__(self, experiment: Experiment) -> None:
        info, network = experiment.data.source, experiment.network
        self._key = experiment, experiment.layer_sizes, info.task  # what its functions are made of
        self.batch_size = experiment.training.batch_size
        self.classifies = info.task == CLASSIFICATION
        self.n_outputs = info.n_outputs
        self.dropout = network.dropout > 0
        self.penalized = network.l1 > 0 or network.l2 > 0
        self.layers = keras_model.dense_layers(experiment)
        for n_in, layer in zip(experiment.layer_sizes, self.layers, strict=False):
            layer.build((None, n_in))
        self.weights = [v for layer in self.layers for v in (layer.kernel, layer.bias)]
        self.optimizer = keras_model.optimizer(experiment.training)
        self.optimizer.name = experiment.training.optimizer  # without Keras' count of optimizers
        self.optimizer.build(self.weights)
        self.from_logits = experiment.training.loss == "cross_entropy"
        self.loss = keras_model.loss(experiment, from_logits=self.from_logits, reduction=None)
        self.owner: Callable[[], object | None] = no_owner  # whose state the variables hold
        self.initial_slots = [np.asarray(v) for v in self.optimizer.variables]
        self.compile_seconds = 0.0  # so far
        self._concrete: dict[tuple[Any, ...], Any] = {}  # compiled functions, by name and shapes
        # autograph would only rewrite the Python around the loops that are already written out
        compiled = functools.partial(tf.function, jit_compile=True, autograph=False)
        self._train = compiled(self._train_steps)
        self._train_epochs = compiled(self._train_whole_epochs)
        self._evaluate = compiled(self._score)

    # ---- state ---------------------------------------------------------------------------

    def load(self, weights: Weights, slots: Weights) -> None:
        """Set all weights and optimizer variables."""
        for variable, value in zip(
            [*self.weights, *self.optimizer.variables], [*weights, *slots], strict=True
        ):
            variable.value.assign(value)

    def read_weights(self) -> Weights:
        """Copies of [W₁, b₁, …]."""
        return [v.value.numpy() for v in self.weights]

    def read_slots(self) -> Weights:
        """Copies of the optimizer variables: iterations, learning rate, moments."""
        return [v.value.numpy() for v in self.optimizer.variables]

    def adapted_slots(self, other: "Program", slots: Weights) -> Weights:
        """The optimizer variables `slots` of another program for this one.

        Variables that only this one has (a momentum that was 0) are as before training.
        """
        known = dict(zip(other._slot_keys(), slots, strict=True))
        initial = zip(self._slot_keys(), self.initial_slots, strict=True)
        return [known.get(key, value) for key, value in initial]

    def _slot_keys(self) -> list[tuple[str, int]]:
        """Of each optimizer variable its kind ("momentum") and its number among these."""
        kinds = [re.split(r"(?:kernel|bias)_|/", v.path)[-1] for v in self.optimizer.variables]
        return [(kind, kinds[:i].count(kind)) for i, kind in enumerate(kinds)]

    # ---- what is compiled ----------------------------------------------------------------

    def _forward(self, x: Tensor, bits: Tensor | None, rate: Tensor) -> tuple[Tensor, list[Tensor]]:
        """z of the output layer and a of each hidden one; with `bits`, units drop out at `rate`."""
        hidden, start = [], 0
        for layer in self.layers[:-1]:
            x = layer.activation(x @ layer.kernel.value + layer.bias.value)
            hidden.append(x)
            if bits is not None:
                size = x.shape[0] * x.shape[1]
                drawn = tf.reshape(bits[start : start + size], x.shape)
                keep = tf.cast(drawn, tf.float32) >= rate * 65536
                x, start = tf.where(keep, x / (1 - rate), 0.0), start + size
        last = self.layers[-1]
        return x @ last.kernel.value + last.bias.value, hidden

    def _losses(self, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """(n,) losses without penalty, and (n,) metrics: 1 if correct, or the absolute error."""
        output = z if self.from_logits else self.layers[-1].activation(z)
        losses = self.loss(y, output)
        if not self.classifies:
            metric = tf.reduce_mean(tf.abs(y - output), axis=-1)
        elif self.n_outputs == 1:
            metric = tf.cast(tf.equal(z[:, 0] > 0, y[:, 0] > 0.5), tf.float32)
        else:
            label = y if y.shape.rank == 1 else tf.argmax(y, axis=-1, output_type=tf.int32)
            predicted = tf.argmax(z, axis=-1, output_type=tf.int32)
            metric = tf.cast(tf.equal(predicted, label), tf.float32)
        return losses, metric

    def _penalty(self, l1: Tensor, l2: Tensor) -> Tensor:
        if not self.penalized:
            return tf.constant(0.0)
        kernels = [layer.kernel.value for layer in self.layers]
        return l1 * tf.add_n([tf.reduce_sum(tf.abs(w)) for w in kernels]) + l2 * tf.add_n(
            [tf.reduce_sum(tf.square(w)) for w in kernels]
        )

    def _update(
        self, x: Tensor, y: Tensor, weight: Tensor, bits: Tensor, strengths: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """One update: the summed loss of the batch, sums of metric and penalty (2,), gradients.

        strengths (3,): dropout rate, L1, L2.
        """
        dropout, l1, l2 = strengths[0], strengths[1], strengths[2]
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
        scaling: tuple[Tensor, Tensor], strengths: Tensor, start: Tensor, stop: Tensor,
    ) -> tuple[Any, ...]:  # fmt: skip
        """See `_updates`."""
        return self._updates(x, y, weight, rates, bits, scaling, strengths, start, stop, False)

    def _updates(
        self, x: Tensor, y: Tensor, weight: Tensor, rates: Tensor, bits: Tensor,
        scaling: tuple[Tensor, Tensor], strengths: Tensor, start: Tensor, stop: Tensor,
        with_before: bool,
    ) -> tuple[Tensor, Tensor, Tensor, list[Tensor], list[Tensor], Tensor]:  # fmt: skip
        """Updates start … stop−1; ends early if the loss is not finite.

        Returns the step reached, the summed loss, the sums of metric and penalty (2,), the last
        gradients and, with `with_before` (a copy of the weights in every step), the weights before
        the last update; and the loss of each batch (steps,).
        """
        size = self.batch_size
        shift, scale = scaling

        def body(
            i: Tensor, loss: Tensor, sums: Tensor, _: list[Tensor], __: list[Tensor], each: Any
        ) -> tuple[Any, ...]:
            def batch(a: Tensor) -> Tensor:
                return tf.slice(a, [i * size] + [0] * (a.shape.rank - 1), [size, *a.shape[1:]])

            before = [tf.identity(v.value) for v in self.weights] if with_before else []
            self.optimizer.learning_rate.assign(rates[i])
            inputs = (tf.cast(batch(x), tf.float32) - shift) / scale
            counted = batch(weight)
            more = self._update(inputs, batch(y), counted, bits[i], strengths)
            each = each.write(i, more[0] / tf.reduce_sum(counted))
            return i + 1, loss + more[0], sums + more[1], more[2], before, each

        def continues(i: Tensor, loss: Tensor, *_: Any) -> Tensor:
            return tf.logical_and(i < stop, tf.math.is_finite(loss))

        zeros = [tf.zeros_like(v.value) for v in self.weights]
        zero = tf.constant(0.0)
        each = tf.TensorArray(tf.float32, rates.shape[0], element_shape=())
        first = (start, zero, tf.zeros(2), zeros, zeros if with_before else [], each)
        *results, each = tf.while_loop(continues, body, first)
        return (*results, each.stack())

    def _score(
        self, x: Tensor, y: Tensor, scaling: tuple[Tensor, Tensor], strengths: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Mean loss with penalty, (summed metric, penalty), dead fraction of each hidden layer."""
        z, hidden = self._forward(
            (tf.cast(x, tf.float32) - scaling[0]) / scaling[1], None, strengths[0]
        )
        losses, metric = self._losses(y, z)
        dead = [
            tf.reduce_mean(tf.cast(tf.math.reduce_std(a, axis=0) < DEAD, tf.float32))
            for a in hidden
        ]
        penalty = self._penalty(strengths[1], strengths[2])
        sums = tf.stack([tf.reduce_sum(metric), penalty])
        return tf.reduce_mean(losses) + penalty, sums, tf.stack(dead) if dead else tf.zeros([0])

    def _train_whole_epochs(
        self, x: Tensor, y: Tensor, weight: Tensor, rates: Tensor, bits: Tensor,
        scaling: tuple[Tensor, Tensor], strengths: Tensor, count: Tensor,
        x_val: Tensor, y_val: Tensor,
    ) -> tuple[Any, ...]:  # fmt: skip
        """`count` whole epochs, each followed by an evaluation on (x_val, y_val).

        Returns the epoch and step reached and, for each epoch, (n_epochs, 6) summed training loss,
        metric and penalty, mean loss, summed metric and penalty on (x_val, y_val); dead fractions;
        (n_epochs, 3, n_layers) RMS of gradient, weight and update; (n_epochs, steps) losses of the
        batches; and the weights after it.
        """
        n_epochs, steps = rates.shape

        def body(e: Tensor, _: Tensor, __: Tensor, records: list[Tensor]) -> tuple[Any, ...]:
            step, loss, sums, g, before, each = self._updates(
                x[e], y[e], weight[e], rates[e], bits[e], scaling, strengths,
                tf.constant(0), tf.constant(steps), with_before=True,
            )  # fmt: skip
            now = [v.value for v in self.weights]
            val_loss, val_sums, dead = self._score(x_val, y_val, scaling, strengths)
            score = tf.concat([[loss], sums, [val_loss], val_sums], 0)
            moved = [a - b for a, b in zip(now, before, strict=True)]
            size = tf.stack([_layer_rms(g), _layer_rms(now), _layer_rms(moved)])
            values = [score, dead, size, each, *now]
            records = [r.write(e, v) for r, v in zip(records, values, strict=True)]
            return e + 1, step, tf.reduce_all(tf.math.is_finite(score)), records

        n_layers = len(self.layers)
        shapes = [(6,), (n_layers - 1,), (3, n_layers), (steps,), *(v.shape for v in self.weights)]
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
        scores, dead, sizes, each, *kept = (r.stack() for r in records)
        return epoch, step, scores, dead, sizes, each, kept

    # ---- calls ---------------------------------------------------------------------------

    def clock(self) -> float:
        """Seconds of a clock that stands still during compilation."""
        return time.perf_counter() - self.compile_seconds

    def _compiled(self, function: Any, tensors: tuple[Any, ...]) -> Any:
        """The function for tensors of these shapes, compiled by a call with them: of no updates.

        To call it takes 0.4 ms; TensorFlow takes 1.7 where it finds it by the types of arrays.
        """
        flat = tf.nest.flatten(tensors)
        signature = (function.__name__, *((tuple(a.shape), a.dtype.name) for a in flat))
        if signature not in self._concrete:

            def compile() -> None:
                self._concrete[signature] = concrete = function.get_concrete_function(*tensors)
                concrete(*tensors)

            began = time.perf_counter()
            try:
                with _names_of(self._key, signature):
                    compile()
            except tf.errors.InvalidArgumentError:  # another function of these names still lives
                compile()
            self.compile_seconds += time.perf_counter() - began
        return self._concrete[signature]

    def train(
        self, batches: Batches, scaling: Any, strengths: np.ndarray, start: int, stop: int
    ) -> tuple[int, float, np.ndarray, list[Tensor], np.ndarray]:
        """Run updates start … stop−1 of the one piece in `batches`; see `_updates`."""
        b = batches
        *inputs, first, end = _tensors(
            b.x[0], b.y[0], b.weight[0], np.float32(b.rates[0]), b.bits[0], scaling, strengths,
            start, stop,
        )  # fmt: skip
        train = self._compiled(self._train, (*inputs, first, first))
        step, loss, sums, gradients, _, each = train(*inputs, first, end)
        done = each.numpy()[start : int(step)]
        return int(step), float(loss), np.asarray(sums, np.float64), gradients, done

    def train_epochs(
        self,
        batches: Batches,
        scaling: Any,
        strengths: np.ndarray,
        count: int,
        validation: tuple[Any, Any],
    ) -> tuple[Any, ...]:
        """Run `count` whole epochs of `batches`; see `_train_whole_epochs`."""
        b = batches
        inputs = _tensors(b.x, b.y, b.weight, np.float32(b.rates), b.bits, scaling, strengths)
        zero, epochs, *parts = _tensors(0, count, *validation)
        train = self._compiled(self._train_epochs, (*inputs, zero, *parts))
        results = train(*inputs, epochs, *parts)
        return tuple([w.numpy() for w in r] if isinstance(r, list) else r.numpy() for r in results)

    def score(
        self, x: np.ndarray, y: np.ndarray, scaling: Any, strengths: np.ndarray
    ) -> tuple[float, float, float, np.ndarray]:
        """Mean loss, summed metric, penalty, dead fractions; see `_score`."""
        inputs = _tensors(x, y, scaling, strengths)
        loss, sums, dead = self._compiled(self._evaluate, inputs)(*inputs)
        metric, penalty = sums.numpy()
        return float(loss), float(metric), float(penalty), dead.numpy()


def _tensors(*arguments: Any) -> tuple[Any, ...]:
    """Arrays and whole numbers as tensors."""
    tensors: tuple[Any, ...] = tf.nest.map_structure(tf.constant, arguments)
    return tensors


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


def rms_of_layers(arrays: list[Any]) -> list[float]:
    """`_layer_rms` of arrays that are not tensors of a compiled function."""
    flat = [np.asarray(a).ravel() for a in arrays]
    squares = [float(a @ a) for a in flat]
    return [
        float(np.sqrt((squares[i] + squares[i + 1]) / (flat[i].size + flat[i + 1].size)))
        for i in range(0, len(flat), 2)
    ]


@functools.cache
def _in_use() -> "weakref.WeakValueDictionary[Experiment, Program]":
    """Every program that a trainer uses, however many there are."""
    return weakref.WeakValueDictionary()


@functools.lru_cache(maxsize=MAX_IDLE_PROGRAMS)
def _program(key: Experiment) -> Program:
    existing = _in_use().get(key)
    if existing is None:
        existing = _in_use()[key] = Program(key)
    return existing


def program(experiment: Experiment) -> Program:
    """The program of an experiment, shared by all whose compiled code is the same."""
    return _program(program_key(experiment))
