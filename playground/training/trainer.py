"""Trains one experiment in slices of time."""

import copy
import functools
import itertools
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from playground.datasets import load
from playground.datasets.dataset import Split
from playground.datasets.labelled_examples import validated_examples
from playground.datasets.preprocessing import LARGE_INPUT
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment, require_experiment
from playground.experiment.model_summary import assemble, title
from playground.history.events import (  # fmt: skip
    MOST_BATCH_LOSSES,
    NO_LOSSES,
    BatchLosses,
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    LayerStatistics,
    Progress,
    Score,
    StepResult,
    StopRule,
    Update,
)
from playground.nn.format import truncate
from playground.nn.network import Snapshot, backward
from playground.nn.schedules import rates
from playground.training import keras_model
from playground.training.batches import Batches, BatchOrder, DropoutMasks
from playground.training.callbacks import EarlyStopping, Plateau, reaches_target
from playground.training.checkpoints import (
    MAX_BYTES,
    CheckpointBuffer,
    TrainerState,
    Weights,
    pack,
    unpack,
)
from playground.training.train_step import Program, no_owner, program, rms_of_layers

STEPS = 128  # of one compiled call inside a long epoch, at most…
CALL = 1e9  # …and FLOP: some 10 ms, after which another run of the worker has its turn
EPOCHS = 64  # of one compiled call where epochs are short
SHORT_EPOCH = 20e6  # FLOP; an epoch with fewer takes less than a call costs
SMALL_NETWORK = 20_000  # weights; those after each of EPOCHS epochs are kept in memory
SCORE_BATCH = 5_000  # examples
SCORED_WITHOUT_VALIDATION = 1_000  # training examples for which dead units are counted


_PROGRAMS_IN_USE = threading.RLock()
P = ParamSpec("P")
R = TypeVar("R")


def _one_at_a_time(
    method: "Callable[Concatenate[Trainer, P], R]",
) -> "Callable[Concatenate[Trainer, P], R]":
    """The method while no other thread is in one: trainers share the variables of programs."""

    @functools.wraps(method)
    def alone(self: "Trainer", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with _PROGRAMS_IN_USE:
            return method(self, *args, **kwargs)

    return alone


class Trainer:
    """Trains one experiment; everything random in it follows from its seeds.

    Trainers of several threads take turns.

    `start`: initial weights in place of those of the seed; ValueError if their shapes differ. Of a
    later epoch: training goes on after it, with a new optimizer and the same order of examples.
    `checkpoint_bytes`: memory for the snapshots of earlier epochs.
    """

    @_one_at_a_time
    def __init__(
        self,
        experiment: Experiment,
        start: Snapshot | None = None,
        checkpoint_bytes: int | None = None,
    ) -> None:
        require_experiment(experiment)
        self.experiment = experiment
        self.program: Program = program(experiment)
        self._parked: tuple[Weights, Weights] | None = (  # weights and slots not in the program
            keras_model.initial_weights(experiment)
            if start is None
            else keras_model.start_weights(experiment, start),
            self.program.initial_slots,
        )
        self._data = self.dataset = load(experiment.data)  # …, with added examples
        self.added = Split(self.dataset.train.x[:0], self.dataset.train.y[:0])
        self.order, self.masks = BatchOrder(experiment), DropoutMasks(experiment)
        self.stopping = EarlyStopping(experiment.training)
        self.plateau = Plateau(experiment.training)
        self.elapsed = 0.0  # seconds of training and validation that count for the time limit
        self.target_epoch: int | None = None  # that reached the target, which ends a run once
        self.checkpoints = CheckpointBuffer(
            MAX_BYTES if checkpoint_bytes is None else checkpoint_bytes
        ).share()
        self.epoch = 0 if start is None else start.epoch
        self.step = self.epoch * self._steps
        self.order.skip(self.epoch)
        if experiment.network.dropout:
            self.masks.skip(self.step, self.program.batch_size)
        self.checkpoints.add(self.latest())
        self.last_epoch = experiment.training.epochs
        self.over = self.diverged = False
        self.compile_seconds = 0.0
        self._epoch_seconds = 0.0  # of the last short epoch
        self.gradients: list[Any] = []  # of the last update inside an epoch
        self.rows: np.ndarray = np.zeros(0, np.int64)
        self.row = 0
        self.losses = NO_LOSSES  # not told yet
        self._start_epoch()

    def __repr__(self) -> str:
        state = "diverged" if self.diverged else "finished" if self.over else "training"
        return (
            f"<Trainer {state}: epoch {self.epoch} of {self.last_epoch}, {title(self.experiment)}>"
        )

    @_one_at_a_time
    def advance(
        self,
        seconds: float = 0.15,
        until_epoch: int | None = None,
        changes: Mapping[str, Any] | None = None,
        with_snapshot: bool = True,
        timed: bool = True,
    ) -> StepResult:
        """Train for about `seconds`, at most to the end of epoch `until_epoch`.

        `changes` of fields in TUNABLE_WHILE_TRAINING are applied first. After `Finished` or
        `Diverged` nothing more happens, until `epochs` is raised. Without `timed` the time limit
        ends nothing.
        """
        events: list[Event] = list(self._change(changes or {}))
        if self.epoch >= self.last_epoch and not self.over:
            events += self._end(None)  # `epochs` was lowered
        if with_snapshot:  # a page watches
            self.checkpoints.last_used = time.monotonic()
        end, clock = time.perf_counter() + seconds, self.program.clock
        last = min(until_epoch or self.last_epoch, self.last_epoch)
        rows, busy = 0, 0.0
        while not self.over and self.epoch < last:
            began, before = clock(), self.epoch * self.order.n + self.row
            compiled = self.program.compile_seconds
            if self._is_short and self.row == 0:
                new = self._whole_epochs(last, end - time.perf_counter())
            else:
                new = self._part_of_epoch()
            for event in itertools.chain(new, self._ending(timed)):
                if isinstance(event, Epoch):
                    self.compile_seconds += self.program.compile_seconds - compiled
                    compiled = self.program.compile_seconds
                    event = replace(event, compile_seconds=self.compile_seconds)
                    self.compile_seconds = 0.0
                events.append(event)
            self.compile_seconds += self.program.compile_seconds - compiled
            busy += clock() - began
            rows += self.epoch * self.order.n + self.row - before
            if time.perf_counter() >= end:
                break
        if rows and not self.over:
            events.append(self._progress(rows / busy))
        losses, self.losses = self.losses, NO_LOSSES
        return StepResult(tuple(events), self.latest() if with_snapshot else None, losses=losses)

    @_one_at_a_time
    def update(self, changes: Mapping[str, Any] | None = None) -> StepResult:
        """Train one update and tell what it did; `changes` as for `advance`."""
        events: list[Event] = list(self._change(changes or {}))
        if self.over:
            return StepResult(tuple(events), None)
        before, epoch = self.latest(), self.epoch + 1
        rows = self.rows[self.row : self.row + self.program.batch_size]
        position = self.epoch * self._steps + self.row / self.program.batch_size
        rate = rates(self.experiment.training, np.array([position]), self._steps)
        events += self._part_of_epoch(most=1)
        after = self.latest()
        moved = [a - b for a, b in zip(after.weights, before.weights, strict=True)]
        rms = [rms_of_layers(list(a)) for a in (self.gradients, after.weights, moved)]
        layers = tuple(LayerStatistics(g, w, u, None) for g, w, u in zip(*rms, strict=True))
        told = Update(
            epoch, self.step, rows, self._loss_on(rows, before), self._loss_on(rows, after),
            float(rate[0]) * self.plateau.factor, layers,
        )  # fmt: skip
        events += self._ending(timed=True)
        if self.row and not self.over:
            events.append(self._progress(0.0))
        losses, self.losses = self.losses, NO_LOSSES
        return StepResult(tuple(events), self.latest(), told, losses)

    @_one_at_a_time
    def ramp(self, learning_rates: np.ndarray) -> list[float]:
        """The loss of each batch while the rate of update i is `learning_rates[i]`.

        As far as it is finite. It spoils the weights: use a trainer of its own.
        """
        p, size, steps = self._acquire(), self.program.batch_size, self._steps_per_call
        losses: list[float] = []
        while len(losses) < len(learning_rates):
            if self.row >= self.order.n:
                self._start_epoch()
            piece = self.rows[self.row : self.row + steps * size]
            self.row += len(piece)
            given = np.resize(learning_rates[len(losses) :], (1, steps))
            batches = replace(self._batches([piece], 0, steps), rates=given)
            count = min(-(-len(piece) // size), len(learning_rates) - len(losses))
            *_, found = p.train(batches, self._scaling, self._strengths, 0, count)
            losses += found[np.isfinite(found)].tolist()
            if len(found) < count or not np.isfinite(found[-1]):
                break
        return losses

    def _loss_on(self, rows: np.ndarray, snapshot: Snapshot) -> float:
        """The mean loss, with penalty, of a network on some training examples."""
        train, network = self.dataset.train, self.experiment.network
        x = self.dataset.transform(train.x[rows])
        name = self.experiment.training.loss
        kernels = [layer.kernel for layer in snapshot.layers]
        penalty = sum(
            network.l1 * np.abs(w).sum() + network.l2 * np.square(w).sum() for w in kernels
        )
        return backward(snapshot, x, train.y[rows], name).loss + float(penalty)

    @_one_at_a_time
    def latest(self) -> Snapshot:
        """The current weights."""
        weights = self._parked[0] if self._parked else self.program.read_weights()
        return self._snapshot(self.epoch, weights)

    def snapshot(self, epoch: int) -> Snapshot:
        """The newest checkpoint that is not after `epoch`."""
        return self.checkpoints.nearest(epoch)

    @_one_at_a_time
    def test(self) -> Score:
        """The score of the current weights on the test split; LookupError if it has no examples."""
        if not len(self.dataset.test):
            raise LookupError("no rows are left to test on")
        return self._score(self.dataset.test.x, self.dataset.test.y)[0]

    # ---- fine-tuning and checkpoints -----------------------------------------------------

    def add_examples(self, x: Any, y: Any, epochs: int = 1) -> StepResult:
        """Add examples to the training split and allow `epochs` more; ValueError if they cannot be.

        x: raw inputs as in `Split`; y: their targets. They join the epoch under way, what is left
        of which is shuffled anew; early stopping starts anew. `advance` trains on all examples.
        """
        if self.diverged:
            raise ValueError("a network whose loss is no longer finite cannot be fine-tuned")
        x, y = validated_examples(self.dataset.source, x, y)
        old = self.order.n
        self._set_added(Split(np.concatenate([self.added.x, x]), np.concatenate([self.added.y, y])))
        self.order.n = old + len(y)
        rest = np.concatenate([self.rows[self.row :], np.arange(old, self.order.n)])
        if self.order.shuffle:
            rest = self.order.rng.permutation(rest)
        self.rows = np.concatenate([self.rows[: self.row], rest])
        self._go_on(max(self.last_epoch, self.epoch + epochs))
        return StepResult((ExamplesAdded(self.epoch, len(y)),), None)

    def _go_on(self, last_epoch: int) -> None:
        """Train until `last_epoch`, also after the end; the stop rules begin anew."""
        training = self.experiment.training
        self.stopping = EarlyStopping(training)
        self.plateau = Plateau(training, self.plateau.factor)
        self.last_epoch, self.elapsed, self.over = last_epoch, 0.0, False

    @_one_at_a_time
    def checkpoint(self, log: Sequence[Event] = (), snapshot_bytes: int = 0) -> bytes:
        """The whole state now, with the newest snapshot, and earlier ones in `snapshot_bytes`."""
        return pack(self._state(snapshot_bytes), log)

    @_one_at_a_time
    def restore(self, checkpoint: bytes) -> Snapshot:
        """Continue from a checkpoint of a trainer of the same experiment; the weights then.

        CheckpointError, and nothing changes, if it is none.
        """
        state = unpack(checkpoint, self._state())
        self.release()
        for field in fields(TrainerState):
            if field.name not in ("weights", "slots", "added", "snapshots"):
                setattr(self, field.name, getattr(state, field.name))
        self.checkpoints.rewind(state.epoch, state.snapshots)
        self.program, self._parked = program(self.experiment), (state.weights, state.slots)
        self._data = load(self.experiment.data)
        self._set_added(state.added)
        return self.latest()

    def _state(self, snapshot_bytes: int = 0) -> TrainerState:
        weights, slots = self._parked or (self.program.read_weights(), self.program.read_slots())
        own = {f.name: getattr(self, f.name) for f in fields(TrainerState) if hasattr(self, f.name)}
        snapshots = self.checkpoints.some(snapshot_bytes)
        return TrainerState(**own, weights=weights, slots=slots, snapshots=snapshots)

    def _set_added(self, added: Split) -> None:
        """Make the training split that of the data set, followed by `added`."""
        train = self._data.train
        if len(added):
            train = Split(np.concatenate([train.x, added.x]), np.concatenate([train.y, added.y]))
            for array in (train.x, train.y):
                array.setflags(write=False)
        self.added, self.dataset = added, replace(self._data, train=train)

    def _acquire(self) -> Program:
        """The program with this trainer's state in its variables."""
        owner = self.program.owner()
        if owner is not self:
            if isinstance(owner, Trainer):
                owner.release()
            if self._parked is not None:
                self.program.load(*self._parked)
            self.program.owner, self._parked = weakref.ref(self), None
        return self.program

    def release(self, weights: Weights | None = None) -> None:
        """Move the state out of the program's variables, with other `weights` if given."""
        p = self._acquire()
        self._parked = weights or p.read_weights(), p.read_slots()
        p.owner = no_owner

    def _snapshot(self, epoch: int, weights: Weights) -> Snapshot:
        return assemble(self.experiment, epoch, weights)

    def _change(self, changes: Mapping[str, Any]) -> Iterator[Event]:
        """Apply `changes`; an event for each field that differs, those that follow included."""
        for name in changes:
            if name not in TUNABLE_WHILE_TRAINING:
                raise ValueError(f"{truncate(name)} cannot be changed while a network is trained")
        given = {name: v for name, v in changes.items() if name in TUNABLE_WHILE_TRAINING}
        if not given:
            return
        before, old = self.experiment.to_dict(), self.experiment
        self.experiment = old.replace(**given)
        after = self.experiment.to_dict()
        for name in (*given, *sorted(after.keys() - given.keys())):
            if after[name] != before[name]:
                yield HyperparametersChanged(self.epoch, name, before[name], after[name])
        if self.experiment.data != old.data:
            self._data = load(self.experiment.data)
            self._set_added(self.added)
        if "epochs" in given and not self.diverged:
            epochs = max(self.experiment.training.epochs, self.epoch + (self.row > 0))
            if self.over and epochs > self.epoch:
                self._go_on(epochs)
            self.last_epoch = epochs
        self._use_settings()
        if {"target_metric", "target_value"} & given.keys():
            self.target_epoch = None
        new = program(self.experiment)
        if new is not self.program:
            self.release()
            weights, slots = self._parked or ([], [])
            self._parked = weights, new.adapted_slots(self.program, slots)
            self.program = new

    def _use_settings(self) -> None:
        training = self.experiment.training
        self.stopping = replace(self.stopping, training=training)
        self.plateau = replace(self.plateau, training=training)

    # ---- training ------------------------------------------------------------------------

    @property
    def _is_short(self) -> bool:
        weights = sum(a * b for a, b in itertools.pairwise(self.experiment.layer_sizes))
        return weights < SMALL_NETWORK and 6 * weights * self.order.n < SHORT_EPOCH

    @property
    def _steps(self) -> int:
        """Updates in one epoch, added examples included."""
        return -(-self.order.n // self.program.batch_size)

    @property
    def _steps_per_call(self) -> int:
        """Updates in one compiled call, the same in every run of an experiment.

        They decide in which order float32 losses are added up.
        """
        weights = sum(a * b for a, b in itertools.pairwise(self.experiment.layer_sizes))
        work = 6 * weights * self.program.batch_size
        return max(1, min(STEPS, self._steps, int(CALL / work)))

    @property
    def _strengths(self) -> np.ndarray:
        network = self.experiment.network
        return np.array([network.dropout, network.l1, network.l2], np.float32)

    @property
    def _scaling(self) -> tuple[np.ndarray, np.ndarray]:
        return self.dataset.shift, self.dataset.scale

    def _start_epoch(self) -> None:
        self.rows = self.order.next_epoch()
        self.row = 0
        self.loss = self.seconds = 0.0
        self.sums = np.zeros(2)

    def _batches(self, pieces: list[np.ndarray], step: float, steps: int) -> Batches:
        """The examples in the rows of each piece; `step`: the position in the schedule."""
        size, n_epochs = self.program.batch_size, len(pieces)
        rows = np.zeros((n_epochs, steps * size), np.int64)
        weight = np.zeros((n_epochs, steps * size), np.float32)
        for i, piece in enumerate(pieces):
            rows[i, : len(piece)], weight[i, : len(piece)] = piece, 1
        train, per_epoch = self.dataset.train, self._steps
        x = train.x.reshape(len(train.x), -1)[rows]
        positions = step + np.arange(n_epochs)[:, None] * per_epoch + np.arange(steps)
        rate = rates(self.experiment.training, positions, per_epoch) * self.plateau.factor
        bits = np.zeros((n_epochs, steps, 0), np.uint16)
        if self.experiment.network.dropout:
            width = self.masks.draw(0, size).shape[1]
            bits = np.zeros((n_epochs, steps, width), np.uint16)
            for i, piece in enumerate(pieces):
                used = -(-len(piece) // size)
                bits[i, :used] = self.masks.draw(used, size)
        y = keras_model.targets(self.experiment, train.y)[rows]
        return Batches(x, y, weight, rate, bits)

    def _part_of_epoch(self, most: int = STEPS) -> Iterator[Event]:
        """At most `most` updates inside one epoch; its last update is a call of its own."""
        p = self._acquire()
        began, size, n = p.clock(), p.batch_size, self.order.n
        left = -(-(n - self.row) // size)
        steps = self._steps_per_call
        count = min(left, steps, most)
        piece = self.rows[self.row : self.row + count * size]
        batches = self._batches([piece], self.epoch * self._steps + self.row / size, steps)
        ends = count == left
        reached, loss, sums, each = 0, 0.0, np.zeros(2), np.zeros(0, np.float32)
        if count > ends:
            reached, loss, sums, self.gradients, each = p.train(
                batches, self._scaling, self._strengths, 0, count - ends
            )
        if ends and np.isfinite(loss):
            before = p.read_weights()
            reached, last_loss, last_sums, self.gradients, last = p.train(
                batches, self._scaling, self._strengths, count - 1, count
            )
            loss, sums, each = loss + last_loss, sums + last_sums, np.concatenate([each, last])
        self._keep(each)
        self.step += reached
        self.row = min(self.row + reached * size, n)
        self.loss, self.sums = self.loss + loss, self.sums + sums
        if not np.isfinite(loss):
            yield self._diverge()
            return
        if not ends:
            self.seconds += p.clock() - began
            return
        validation, dead = self._score(*self._validation)
        self.seconds += p.clock() - began
        now = p.read_weights()
        deltas = [a - b for a, b in zip(now, before, strict=True)]
        rms = np.array([rms_of_layers(a) for a in (self.gradients, now, deltas)])
        rate = float(batches.rates[0, count - 1])
        train = self._score_of(self.loss / n, *(self.sums / n).tolist())
        yield from self._end_epoch(train, validation, rate, self.seconds, rms, dead, now)

    def _whole_epochs(self, last: int, available: float) -> Iterator[Event]:
        """As many short epochs in one compiled call as fit into the seconds available."""
        p = self._acquire()
        began, steps = p.clock(), self._steps
        fits = 1 + int(max(available, 0.0) / self._epoch_seconds) if self._epoch_seconds else 1
        left = map(self._epochs_to_judge, (self.stopping.scores_left, self.plateau.scores_left))
        count = min(EPOCHS, fits, last - self.epoch, *left)
        x, y = self._validation
        validation = x.reshape(len(x), -1), keras_model.targets(self.experiment, y)
        before = copy.deepcopy((self.order, self.masks))
        state = (p.read_weights(), p.read_slots()) if self._has_target else None
        while True:
            pieces = [self.rows, *(self.order.next_epoch() for _ in range(count - 1))]
            batches = self._batches(pieces, self.epoch * steps, steps).padded(EPOCHS)
            reached, step, scores, dead, rms, each, weights = p.train_epochs(
                batches, self._scaling, self._strengths, count, validation
            )
            pairs = [self._scores_of(row, len(x)) for row in scores[: int(reached)]]
            wanted = self._epochs_to_target(pairs)
            if state is None or wanted >= int(reached):
                break
            # The target lies inside the call: again, to the epoch that reaches it.
            p.load(*state)
            self.order, self.masks = copy.deepcopy(before)
            count = wanted
        self._epoch_seconds = seconds = (p.clock() - began) / max(int(reached), 1)
        for e, (train, score) in enumerate(pairs):
            if not np.isfinite(scores[e]).all():
                self._keep(each[e, : int(step)])
                self.step += int(step)
                yield self._diverge()
                return
            self._keep(each[e])
            self.step += steps
            now, rate = [w[e] for w in weights], float(batches.rates[e, -1])
            yield from self._end_epoch(train, score, rate, seconds, rms[e], dead[e], now)

    def _keep(self, losses: np.ndarray) -> None:
        """Keep the losses of the next updates of this epoch, if they are among the first ones."""
        if self.step < MOST_BATCH_LOSSES:
            done = self.row + self.program.batch_size * np.arange(1, len(losses) + 1)
            position = self.epoch + np.minimum(done / self.order.n, 1)
            self.losses = self.losses.then(BatchLosses(position, losses))

    @property
    def _has_target(self) -> bool:
        return self.experiment.training.target_metric != "none" and self.target_epoch is None

    def _scores_of(self, row: np.ndarray, n_scored: int) -> tuple[Score, Score]:
        """The scores of one epoch of `Program.train_epochs`, on both parts."""
        loss, metric, penalty, val_loss, val_metric, val_penalty = row.tolist()
        n = self.order.n
        return (
            self._score_of(loss / n, metric / n, penalty / n),
            self._score_of(val_loss, val_metric / n_scored, val_penalty),
        )

    def _epochs_to_judge(self, scores: int) -> int:
        """Epochs until the rules have judged so many more scores."""
        return scores * self.experiment.judged_every - self.epoch % self.experiment.judged_every

    def _epochs_to_target(self, scores: Sequence[tuple[Score, Score]]) -> int:
        """The number of these epochs until one reaches the target, or all of them."""
        if self._has_target:
            for number, (train, validation) in enumerate(scores, start=1):
                if self._reaches_target(self.epoch + number, train, validation):
                    return number
        return len(scores)

    def _reaches_target(self, epoch: int, train: Score, validation: Score) -> bool:
        if epoch % self.experiment.judged_every:
            return False
        monitored = validation if len(self.dataset.validation) else train
        classifies = self.program.classifies
        return reaches_target(self.experiment.training, monitored, classifies)

    def _end_epoch(
        self, train: Score, validation: Score, rate: float, seconds: float,
        rms: np.ndarray, dead: np.ndarray, weights: Weights,
    ) -> Iterator[Event]:  # fmt: skip
        """rms: (3, n_layers) of gradient, weight and update."""
        if not np.isfinite(validation.loss):
            yield self._diverge()
            return
        self.epoch += 1
        validates = len(self.dataset.validation) > 0
        judged = self.epoch % self.experiment.judged_every == 0
        layers = tuple(
            LayerStatistics(float(gradient), float(weight), float(update), fraction)
            for (gradient, weight, update), fraction in zip(
                rms.T, [*dead.tolist(), None], strict=True
            )
        )
        shown = validation if validates and judged else None
        yield Epoch(self.epoch, self.step, train, shown, rate, seconds, layers)
        self.checkpoints.add(self._snapshot(self.epoch, weights))
        if judged:
            monitored = validation.loss if validates else train.loss
            self.plateau = self.plateau.after(monitored)
            self.stopping = self.stopping.after(self.epoch, monitored, weights)
        self.elapsed += seconds
        if self._has_target and self._reaches_target(self.epoch, train, validation):
            self.target_epoch = self.epoch
        self.row = 0

    def _ending(self, timed: bool) -> Iterator[Event]:
        """Prepare the next epoch once one is over, and end where a rule or the plan says so."""
        if self.over or self.row:
            return
        self._start_epoch()
        rule = self._stop_rule(timed)
        if rule or self.epoch >= self.last_epoch:
            yield from self._end(rule)

    def _end(self, rule: StopRule | None) -> Iterator[Event]:
        """The end; as in Keras, the best weights also come back where all epochs are done."""
        self.over = True
        best = self.stopping.best_epoch
        restored = self.experiment.training.restore_best and best not in (None, self.epoch)
        if restored:
            self.release(list(self.stopping.best_weights))
        yield Finished(self.epoch, rule is not None, best, restored, rule)

    def _stop_rule(self, timed: bool) -> StopRule | None:
        """The rule that ends training after this epoch."""
        limit = self.experiment.training.time_limit
        if self.stopping.stops:
            return "patience"
        if self.target_epoch == self.epoch:
            return "target"
        return "time" if timed and limit and self.elapsed >= limit else None

    def _diverge(self) -> Diverged:
        self.over = self.diverged = True
        training = self.experiment.training
        some = self.dataset.transform(self.dataset.train.x[:SCORED_WITHOUT_VALIDATION])
        if np.abs(some).max() > LARGE_INPUT:
            advice = "Standardize the inputs, or try a smaller learning rate."
        else:
            advice = f"Try a learning rate of {training.learning_rate / 3:.2g}, a third of this one"
            advice += "." if training.clipping != "none" else ", or clip the gradients."
        return Diverged(self.epoch, self.step, advice)

    def _progress(self, images_per_second: float) -> Progress:
        size, steps = self.program.batch_size, self._steps
        done = -(-self.row // size)
        loss = self.loss / self.row if self.row else 0.0
        return Progress(self.epoch + 1, done, steps, loss, images_per_second)

    @property
    def _validation(self) -> tuple[np.ndarray, np.ndarray]:
        """The examples scored after each epoch: validation, or without it some training ones."""
        split, limit = self.dataset.validation, len(self.dataset.validation)
        if not limit:
            split, limit = self.dataset.train, SCORED_WITHOUT_VALIDATION
        return split.x[:limit], split.y[:limit]

    def _score(self, x: np.ndarray, y: np.ndarray) -> tuple[Score, np.ndarray]:
        """The score on raw examples, and the dead fractions over the first SCORE_BATCH of them."""
        p, x, y = self._acquire(), x.reshape(len(x), -1), keras_model.targets(self.experiment, y)
        totals, dead = np.zeros(3), np.zeros(0)
        for i in range(0, len(x), SCORE_BATCH):
            piece = slice(i, i + SCORE_BATCH)
            size = len(x[piece])
            loss, metric, penalty, fractions = p.score(
                x[piece], y[piece], self._scaling, self._strengths
            )
            totals += loss * size, metric, penalty * size
            dead = dead if i else fractions
        return self._score_of(*(totals / len(x)).tolist()), dead

    def _score_of(self, loss: float, metric: float, penalty: float) -> Score:
        """A score, whose mean absolute error is in the target's own unit."""
        return Score(loss, metric * self.dataset.target_std, penalty)


def rate_ramp(experiment: Experiment, learning_rates: np.ndarray) -> list[float]:
    """`Trainer.ramp` of a new network."""
    return Trainer(experiment).ramp(learning_rates)
