"""A run being trained: asked to advance for a moment, it answers with what happened."""

import itertools
import time
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from playground.datasets import load
from playground.datasets.labelled_examples import undoable
from playground.datasets.preprocessing import LARGE_INPUT
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.experiment.model_summary import assemble
from playground.history.events import (  # fmt: skip
    Diverged,
    Epoch,
    Event,
    Finished,
    HyperparametersChanged,
    LayerStatistics,
    Progress,
    Score,
    StepResult,
)
from playground.nn.network import Snapshot
from playground.nn.schedules import rates
from playground.training import keras_model, online
from playground.training.batches import BatchOrder, Masks
from playground.training.callbacks import EarlyStopping, Plateau
from playground.training.checkpoints import MAX_BYTES, CheckpointBuffer
from playground.training.online import fitting
from playground.training.train_step import Batches, Program, nobody, program

STEPS = 128  # of one compiled call inside a long epoch
EPOCHS = 64  # of one compiled call where epochs are short
SHORT_EPOCH = 20e6  # FLOP; an epoch with fewer is over in less than a call costs
SMALL_NETWORK = 20_000  # weights; their values after each of EPOCHS epochs are kept in memory
SCORED_AT_ONCE = 5_000  # examples
SEEN_WITHOUT_VALIDATION = 1_000  # training examples that the dead units are counted on


class Trainer:
    """Trains one experiment; everything random in it follows from its seeds.

    `start`: weights to begin with, instead of those the seed gives; ValueError if they do not fit.
    `album_bytes`: how much memory the snapshots of earlier epochs may take.
    """

    def __init__(
        self, experiment: Experiment, start: Snapshot | None = None, album_bytes: int | None = None
    ) -> None:
        self.experiment = experiment
        self.dataset = load(experiment.data)
        self.program: Program = program(experiment)
        self._saved: tuple[Any, Any] | None = (
            keras_model.initial_weights(experiment)
            if start is None
            else fitting(experiment, start),
            self.program.fresh,
        )
        self.order, self.masks = BatchOrder(experiment), Masks(experiment)
        self.stopping = EarlyStopping(experiment.training)
        self.plateau = Plateau(experiment.training)
        self.album = CheckpointBuffer(MAX_BYTES if album_bytes is None else album_bytes)
        self.album.add(self._snapshot(0, self._saved[0]))
        self.epoch = 0  # finished
        self.step = 0  # updates done
        self.over = self._has_diverged = False
        self.last_epoch = experiment.training.epochs  # later where it was taught
        self._before: list[dict[str, Any]] = []  # each lesson
        self._start_epoch()

    # ---- what others ask -----------------------------------------------------------------

    def advance(
        self,
        seconds: float = 0.15,
        until_epoch: int | None = None,
        changes: Mapping[str, Any] | None = None,
        with_snapshot: bool = True,
    ) -> StepResult:
        """Train for about `seconds`, at most to the end of epoch `until_epoch`.

        `changes` to the fields in LIVE are applied first. After `Finished` or `Diverged` nothing
        more happens.
        """
        events: list[Event] = list(self._change(changes or {}))
        end = time.perf_counter() + seconds
        last = min(until_epoch or self.last_epoch, self.last_epoch)
        rows, busy = 0, 0.0
        while not self.over and self.epoch < last:
            began, before = time.perf_counter(), self.epoch * self.order.n + self.row
            if self._is_short and self.row == 0:
                events += self._whole_epochs(last)
            else:
                events += self._part_of_epoch()
            busy += time.perf_counter() - began
            rows += self.epoch * self.order.n + self.row - before
            if time.perf_counter() >= end:
                break
        if rows and not self.over:
            events.append(self._progress(rows / busy))
        return StepResult(tuple(events), self.latest() if with_snapshot else None)

    def latest(self) -> Snapshot:
        """The weights now."""
        return self._snapshot(self.epoch, self._weights())

    def snapshot(self, epoch: int) -> Snapshot:
        """The newest snapshot kept that is not after `epoch`."""
        return self.album.nearest(epoch)

    @property
    def kept(self) -> tuple[int, ...]:
        """The epochs whose snapshots are kept."""
        return tuple(self.album.kept)

    def test(self) -> Score:
        """Open the sealed test set: how well the network does on it now."""
        return self._score(self.dataset.test.x, self.dataset.test.y)[0]

    def teach(self, x: Any, y: Any, epochs: int = 1) -> StepResult:
        """Add examples to the training data and allow `epochs` more; ValueError if they cannot be.

        x: raw inputs as in `Part`; y: their targets. `advance` then trains on all examples.
        """
        if self._has_diverged:
            raise ValueError("a network whose loss is no longer finite cannot be taught")
        before = online.remember(self)
        event = online.teach(self, x, y, epochs)
        self._before = [*self._before, before][-undoable(self.latest().nbytes) :]
        online.share(self._before, self.dataset.train)
        return StepResult((event,), None)

    def undo(self) -> Snapshot:
        """Go back to exactly where the last lesson began; the weights then. ValueError if none."""
        if not self._before:
            raise ValueError("there must be a lesson to undo, got none")
        online.restore(self, self._before[-1])
        return self.latest()

    # ---- state ---------------------------------------------------------------------------

    def _own(self) -> Program:
        """The program with this run's state in its variables."""
        owner = self.program.owner()
        if owner is not self:
            if isinstance(owner, Trainer):
                owner.leave()
            if self._saved is not None:
                self.program.load(*self._saved)
            self.program.owner, self._saved = weakref.ref(self), None
        return self.program

    def leave(self, weights: list[np.ndarray] | None = None) -> None:
        """Take this run's state out of the program's variables, with other `weights` if given."""
        p = self._own()
        self._saved = weights or p.read_weights(), p.read_slots()
        p.owner = nobody

    def _weights(self) -> list[np.ndarray]:
        return self._saved[0] if self._saved else self.program.read_weights()

    def _snapshot(self, epoch: int, weights: list[np.ndarray]) -> Snapshot:
        return assemble(self.experiment, epoch, weights)

    def _change(self, changes: Mapping[str, Any]) -> Iterator[Event]:
        for name, after in changes.items():
            before = self.experiment.to_dict()[name]
            if name not in TUNABLE_WHILE_TRAINING or after == before:
                continue
            self.experiment = self.experiment.replace(**{name: after})
            self.stopping.training = self.plateau.training = self.experiment.training
            yield HyperparametersChanged(self.epoch, name, before, after)
        new = program(self.experiment) if changes else self.program
        if new is not self.program:
            self.leave()
            self.program = new

    # ---- training ------------------------------------------------------------------------

    @property
    def _is_short(self) -> bool:
        weights = sum(a * b for a, b in itertools.pairwise(self.experiment.layer_sizes))
        return weights < SMALL_NETWORK and 6 * weights * self.order.n < SHORT_EPOCH

    @property
    def _steps(self) -> int:
        """Updates in one epoch, over the taught examples too."""
        return -(-self.order.n // self.program.batch_size)

    @property
    def _live(self) -> np.ndarray:
        network = self.experiment.network
        return np.array([network.dropout, network.l1, network.l2], np.float32)

    @property
    def _scaling(self) -> tuple[np.ndarray, np.ndarray]:
        return self.dataset.shift, self.dataset.scale

    def _start_epoch(self) -> None:
        self.rows = self.order.next_epoch()
        self.row = 0  # examples of this epoch already used
        self.loss = self.seconds = 0.0  # sums over them
        self.sums = np.zeros(2)  # of metric and penalty

    def _batches(self, pieces: list[np.ndarray], step: float, steps: int) -> Batches:
        """The examples in the rows of each piece; `step` is where the schedule stands."""
        size, n_epochs = self.program.batch_size, len(pieces)
        rows = np.zeros((n_epochs, steps * size), np.int64)
        weight = np.zeros((n_epochs, steps * size), np.float32)
        for i, piece in enumerate(pieces):
            rows[i, : len(piece)], weight[i, : len(piece)] = piece, 1
        part, per_epoch = self.dataset.train, self._steps
        x = part.x.reshape(len(part.x), -1)[rows]
        places = step + np.arange(n_epochs)[:, None] * per_epoch + np.arange(steps)
        rate = rates(self.experiment.training, places, per_epoch) * self.plateau.factor
        if self.experiment.network.dropout:
            used = [-(-len(piece) // size) for piece in pieces]
            width = self.masks.draw(0, size).shape[1]
            bits = np.zeros((n_epochs, steps, width), np.uint16)
            for i, n in enumerate(used):
                bits[i, :n] = self.masks.draw(n, size)
        else:
            bits = np.zeros((n_epochs, steps, 0), np.uint16)
        y = keras_model.targets(self.experiment, part.y)[rows]
        return Batches(x, y, weight, rate, bits)

    def _part_of_epoch(self) -> Iterator[Event]:
        """Some updates inside one epoch; the last one of the epoch runs by itself."""
        began, p = time.perf_counter(), self._own()
        size, n = p.batch_size, self.order.n
        left = -(-(n - self.row) // size)
        steps = min(STEPS, self._steps)
        wanted = min(left, steps)
        piece = self.rows[self.row : self.row + wanted * size]
        place = self.epoch * self._steps + self.row / size
        batches = self._batches([piece], place, steps)
        ends = wanted == left
        reached, loss, sums = 0, 0.0, np.zeros(2)
        gradients: list[Any] = []
        if wanted > ends:
            reached, loss, sums, _ = p.train(batches, self._scaling, self._live, 0, wanted - ends)
        if ends and np.isfinite(loss):
            before = p.read_weights()
            reached, more, further, gradients = p.train(
                batches, self._scaling, self._live, wanted - 1, wanted
            )
            loss, sums = loss + more, sums + further
        self.step += reached
        self.row = min(self.row + reached * size, n)
        self.loss, self.sums = self.loss + loss, self.sums + sums
        if not np.isfinite(loss):
            yield self._diverged()
            return
        if ends:
            seen, dead = self._score(*self._seen)
            self.seconds += time.perf_counter() - began
            now = p.read_weights()
            moved = [a - b for a, b in zip(now, before, strict=True)]
            sizes = np.array([_layer_rms(a) for a in (gradients, now, moved)])
            rate = float(batches.rates[0, wanted - 1])
            train = Score(self.loss / n, *(self.sums / n).tolist())
            yield from self._end_epoch(train, seen, rate, self.seconds, sizes, dead, now)
            if not self.over:
                self._start_epoch()
        else:
            self.seconds += time.perf_counter() - began

    def _whole_epochs(self, last: int) -> Iterator[Event]:
        """Many short epochs in one compiled call."""
        began, p = time.perf_counter(), self._own()
        n, steps = self.order.n, self._steps
        count = min(EPOCHS, last - self.epoch, self.stopping.epochs_left, self.plateau.epochs_left)
        pieces = [self.rows, *(self.order.next_epoch() for _ in range(count - 1))]
        batches = self._batches(pieces, self.epoch * steps, steps)
        batches = _lengthened(batches, EPOCHS)
        reached, step, scores, dead, sizes, kept = p.train_epochs(
            batches, self._scaling, self._live, count, self._seen_targets
        )
        seconds = (time.perf_counter() - began) / max(int(reached), 1)
        for e in range(int(reached)):
            loss, metric, penalty, seen_loss, seen_metric, seen_penalty = scores[e].tolist()
            if not np.isfinite(scores[e]).all():
                self.step += int(step)
                yield self._diverged()
                return
            self.step += steps
            train = Score(loss / n, metric / n, penalty / n)
            seen = Score(seen_loss, seen_metric / len(self._seen[0]), seen_penalty)
            weights, rate = [k[e] for k in kept], float(batches.rates[e, -1])
            yield from self._end_epoch(train, seen, rate, seconds, sizes[e], dead[e], weights)
        if not self.over:
            self._start_epoch()

    def _end_epoch(
        self, train: Score, seen: Score, rate: float, seconds: float,
        sizes: np.ndarray, dead: np.ndarray, weights: list[np.ndarray],
    ) -> Iterator[Event]:  # fmt: skip
        if not np.isfinite(seen.loss):
            yield self._diverged()
            return
        self.epoch += 1
        validated = len(self.dataset.validation) > 0
        layers = tuple(
            LayerStatistics(float(gradient), float(weight), float(update), share)
            for (gradient, weight, update), share in zip(
                sizes.T, [*dead.tolist(), None], strict=True
            )
        )
        yield Epoch(
            self.epoch, self.step, train, seen if validated else None, rate, seconds, layers
        )
        self.album.add(self._snapshot(self.epoch, weights))
        watched = seen.loss if validated else train.loss
        self.plateau.see(watched)
        early = self.stopping.see(self.epoch, watched, weights)
        if early or self.epoch == self.last_epoch:
            self.over = True
            yield self._finish(early)

    def _finish(self, early: bool) -> Finished:
        best, restored = self.stopping.best_epoch, False
        if early and self.experiment.training.restore_best and best != self.epoch:
            self.leave(self.stopping.best_weights)
            restored = True
        return Finished(self.epoch, early, best, restored)

    def _diverged(self) -> Diverged:
        self.over = self._has_diverged = True
        training = self.experiment.training
        some = self.dataset.scaled(self.dataset.train.x[:SEEN_WITHOUT_VALIDATION])
        if np.abs(some).max() > LARGE_INPUT:
            advice = "Standardise the inputs, or try a smaller learning rate."
        else:
            advice = f"Try a learning rate of {training.learning_rate / 3:.2g}, a third of this one"
            advice += "." if training.clipping != "none" else ", or clip the gradients."
        return Diverged(self.epoch, self.step, advice)

    def _progress(self, images_per_second: float) -> Progress:
        size, steps = self.program.batch_size, self._steps
        done = -(-self.row // size)
        loss = self.loss / self.row if self.row else 0.0
        return Progress(self.epoch + 1, done, steps, loss, images_per_second)

    # ---- scores --------------------------------------------------------------------------

    @property
    def _seen(self) -> tuple[np.ndarray, np.ndarray]:
        """The examples scored after each epoch: validation, or without it some training ones."""
        part, most = self.dataset.validation, len(self.dataset.validation)
        if not most:
            part, most = self.dataset.train, SEEN_WITHOUT_VALIDATION
        return part.x[:most], part.y[:most]

    @property
    def _seen_targets(self) -> tuple[np.ndarray, np.ndarray]:
        x, y = self._seen
        return x.reshape(len(x), -1), keras_model.targets(self.experiment, y)

    def _score(self, x: np.ndarray, y: np.ndarray) -> tuple[Score, np.ndarray]:
        p, x, y = self._own(), x.reshape(len(x), -1), keras_model.targets(self.experiment, y)
        totals, dead = np.zeros(3), np.zeros(0)
        for i in range(0, len(x), SCORED_AT_ONCE):
            piece = slice(i, i + SCORED_AT_ONCE)
            size = len(x[piece])
            loss, metric, penalty, share = p.score(x[piece], y[piece], self._scaling, self._live)
            totals += loss * size, metric, penalty * size
            dead = dead if i else share
        return Score(*(totals / len(x)).tolist()), dead


def _layer_rms(arrays: list[Any]) -> list[float]:
    """Root mean square over kernel and bias together, of each layer."""
    flat = [np.asarray(a).ravel() for a in arrays]
    squares = [float(a @ a) for a in flat]
    return [
        float(np.sqrt((squares[i] + squares[i + 1]) / (flat[i].size + flat[i + 1].size)))
        for i in range(0, len(flat), 2)
    ]


def _lengthened(batches: Batches, n_epochs: int) -> Batches:
    """The same batches, filled with zeros to `n_epochs` pieces, so that one compilation serves."""

    def longer(a: np.ndarray) -> np.ndarray:
        return np.concatenate([a, np.zeros((n_epochs - len(a), *a.shape[1:]), a.dtype)])

    return Batches(*(longer(getattr(batches, f)) for f in Batches.__dataclass_fields__))
