"""Run: one network in training, with its log. All methods may be called from any thread."""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from playground.datasets.labelled_examples import undo_limit, validated_examples
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.experiment.model_summary import title
from playground.history.events import (
    Epoch,
    Event,
    ExamplesAdded,
    HyperparametersChanged,
    Score,
    WeightsLoaded,
    WorkerLost,
)
from playground.history.history import Log
from playground.nn.network import Snapshot
from playground.runs.cluster import RemoteTrainer, WorkerLostError
from playground.runs.leased import LoopSettings, Registry
from playground.runs.logger import ENDS, RunLogger
from playground.runs.loop import MEMORY, AddedExamples, SavedLog, TrainingLoop
from playground.runs.worker import TrainerError
from playground.storage.records import SavedState, StoreError, TestEvaluation

FITTABLE = ("ready", "paused", "finished")  # states in which examples can be added
# Beside the log, before added examples.
UNDO_FIELDS = ("experiment", "state", "epoch", "progress", "losses")
EXPECT_REQUESTS = 5.0  # seconds for which one request for weights lets others be expected
ASK_WAIT = 10.0  # seconds that a request waits for the trainer to exist
SLOW_START = 5.0  # seconds of waiting for a worker after which a page says so
SLOW_UPDATE = 2.0  # seconds of one update from which on a page says so
MANY = 3  # runs in one worker from which on a page says how many there are
PAUSE_WAIT = 2.0  # seconds that `pause` waits for the slice under way
MOST_EPOCHS = 1000  # of one fit on added examples


class Run(TrainingLoop):
    """A network in training somewhere in the cluster.

    `state` is "ready" (not begun), "playing", "paused", "finished", "diverged", "stopped" (closed
    while it played) or "lost" (its worker ended or its trainer failed; the last event says why, and
    `play` starts over).

    `start`: weights to begin with, instead of those of the experiment's seed. `settings`: those of
    the runs it is trained together with. `where`: gives the address of the worker that should
    train it. `logger`: where every attempt that finishes an epoch is written down. `saved`:
    a saved run to begin with, which takes no worker before it is played again. `past`: the log
    before `start`, whose epoch is then the one to go on after.
    """

    def __init__(
        self,
        experiment: Experiment,
        settings: LoopSettings | None = None,
        start: Snapshot | None = None,
        where: Callable[[], str | None] = lambda: None,
        logger: RunLogger | None = None,
        saved: SavedLog | None = None,
        past: Sequence[Event] = (),
        test_evaluations: tuple[TestEvaluation, ...] = (),
    ) -> None:
        self.test_evaluations = test_evaluations  # in order; no reset takes one away
        super().__init__(experiment, settings, start, where, logger, saved, past)
        if saved is not None:
            self._restore(saved)

    def __repr__(self) -> str:
        epochs = f"epoch {self.epoch} of {self.experiment.training.epochs}"
        return f"<Run {self.state}: {epochs}, {title(self.experiment)}>"

    def _restore(self, saved: SavedLog) -> None:
        self.record.id, self.epoch = saved.run.id, saved.run.row.epoch
        last = self.events[-1] if self.events else None
        self.state = ENDS.get(type(last), "lost")
        if self.state == "lost" and saved.state is not None and _can_continue(saved):
            self.state, self._checkpoint = "paused", saved.state
            self.events = Log(e for e in saved.run.events if not isinstance(e, WorkerLost))
            self.record.continue_from(saved.run.id, len(saved.run.events), len(self.events))
        elif self.state == "lost" and not isinstance(last, WorkerLost):
            self.events.extend([WorkerLost(self.epoch, saved.reason)])
        with contextlib.suppress(LookupError):
            self.latest = self.snapshot(self.epoch)

    @property
    def saved(self) -> str | None:
        """The id of the saved run; None before the first epoch, or without a logger."""
        return self.record.id

    @property
    def unsaved(self) -> str:
        """Why the newest epochs are not saved, in a sentence; empty: they are, or need not be."""
        return self.record.unsaved

    def play(self, epochs: int | None = None) -> None:
        """Train on: to the end, or for some `epochs` (1: a step), and then pause.

        An epoch under way counts as the first. A lost run starts over; one that is over stays so.
        """
        if epochs is not None and epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        self.heartbeat()
        with self._changed:
            if self.state == "lost":
                self._reset(self.experiment, self.start, self._past)
            self.play_until(None if epochs is None else self.epoch + epochs)

    def play_until(self, epoch: int | None) -> None:
        """Train on until `epoch` is finished, or to the end; a lost run stays lost."""
        with self._changed:
            if self.state in ("ready", "paused", "playing") and not self._closed:
                self._until = epoch
                self.state, self._pace, self._unwatched = "playing", None, False
                self._needs_trainer, self._resumed_epoch = True, 0
                if self._ending == "paused":
                    self._ending = None
                self._employ()

    def play_update(self) -> None:
        """Train one update, which is `update` then, and pause."""
        self.heartbeat()
        with self._changed:
            if self.state in ("ready", "paused"):
                self._one_update = True
                self.play_until(self.epoch + 1)

    @property
    def can_extend(self) -> bool:
        """Whether it is finished, and its trainer can go on."""
        return self.state == "finished" and self._trains and not self._closed

    def extend(self, epochs: int) -> None:
        """Plan `epochs` in all, more than a finished run has trained; it is paused then.

        ValueError where it cannot.
        """
        planned = self.experiment.replace(epochs=epochs)
        with self._changed:
            if not self.can_extend or epochs <= self.epoch:
                raise ValueError(f"a run to extend must be finished before, got {self.state}")
            self.experiment, self.state = planned, "paused"
            self._changes |= {"epochs": epochs}

    def train_on(self, epochs: int) -> None:
        """Train `epochs` more after the end of a finished run; ValueError where it cannot."""
        self.extend(self.epoch + epochs)
        self.play()

    def branch(self, epoch: int, epochs: int) -> "Run":
        """A run that trains `epochs` more from the weights after `epoch`, with a new optimizer.

        LookupError if the weights are lost, ValueError where the epochs before are not of the
        experiment alone.
        """
        start, log = self.snapshot(epoch), list(self.events)
        if any(isinstance(e, ExamplesAdded) for e in log):
            raise ValueError("a run with added examples must go on from its end, got an epoch")
        if self.start is not None and not self._past:
            raise ValueError("a run with weights of another must go on from its end, got an epoch")
        experiment = self.experiment.replace(epochs=start.epoch + epochs)
        past: list[Event] = [
            e
            for e in log
            if e.epoch < start.epoch
            or (e.epoch == start.epoch and isinstance(e, Epoch | WeightsLoaded))
        ]
        past = [*(e for e in past if not isinstance(e, WorkerLost)), WeightsLoaded(start.epoch)]
        changes = [e for e in log if isinstance(e, HyperparametersChanged) and e not in past]
        settings = self.experiment.to_dict() | {e.name: e.before for e in reversed(changes)}
        past += [
            HyperparametersChanged(start.epoch, name, settings[name], value)
            for name, value in experiment.to_dict().items()
            if value != settings[name]
        ]
        return Run(
            experiment, self.settings, start, self._where, self._logger, past=past,
            test_evaluations=self.test_evaluations,
        )  # fmt: skip

    def request_pause(self) -> None:
        """Pause without waiting for the slice under way."""
        with self._changed:
            if self.state == "playing":
                self._ending = self._ending or "paused"
                self._changed.notify_all()

    def pause(self) -> None:
        """Stop after the slice under way, without losing anything of it."""
        self.request_pause()
        self.wait(PAUSE_WAIT)

    def change(self, **changes: Any) -> None:
        """Set fields in TUNABLE_WHILE_TRAINING from the next slice on.

        Raises ValidationError if a value is out of range.
        """
        for name, value in changes.items():
            if name not in TUNABLE_WHILE_TRAINING:
                rule = f"one of {', '.join(TUNABLE_WHILE_TRAINING)} while a run goes on"
                raise ValueError(f"change must be {rule}, got {name}={value}")
        with self._changed:
            self.experiment = self.experiment.replace(**changes)
            self._changes |= changes
            if self.record.id is not None:
                self._employ()

    def reset(self, seed: int | None = None) -> None:
        """Start again: from the same initial weights, or from those of another `seed`."""
        with self._changed:
            if seed is None:
                self._reset(self.experiment, None if self._past else self.start)
            else:
                self._reset(self.experiment.replace(seed=seed), None)

    def fit_more(self, x: Any, y: Any, epochs: int = 1) -> None:
        """Add labelled examples to the training data, train some `epochs` more, and pause.

        x: raw inputs as in `Split`; y: their targets. An epoch under way counts as the first. A
        finished run trains on, too. Raises ValueError where the examples or the run's state do
        not allow it.
        """
        x, y = validated_examples(self.experiment.data.source, x, y)
        if not 1 <= epochs <= MOST_EPOCHS:
            raise ValueError(f"epochs must be between 1 and {MOST_EPOCHS}, got {epochs}")
        self.heartbeat()
        self.pause()
        with self._changed:
            if not self._trains:
                raise ValueError("a run restored from the database cannot be trained on examples")
            if self.latest is None or self.state not in FITTABLE or self._closed:
                state = "starting" if self.state == "ready" else self.state
                state = "closed" if self._closed else state
                raise ValueError(
                    f"a run must be {', '.join(FITTABLE)} to add examples, got {state}"
                )
            added = AddedExamples(x, y, self.epoch, self.latest)
            before = {name: getattr(self, name) for name in UNDO_FIELDS}
            before["events"] = list(self.events)
            self._undo = [*self._undo, (added, before)][-undo_limit(self.latest.nbytes) :]
            self._added, self._until = added, self.epoch + epochs
            self.state, self._ending, self._pace = "playing", None, None
            self._needs_trainer = True
            self._employ()

    def undo(self) -> None:
        """Return exactly to the state before the last added examples, log and all.

        Raises ValueError if there are none, LookupError if the run is lost or the state too large.
        """
        self.pause()
        with self._changed:
            if not self._undo or self.state == "playing":
                rule = "a paused run" if self._undo else "added examples"
                raise ValueError(f"there must be {rule} to undo, got {self.state}")
            _, before = self._undo[-1]
            key = (self.network, "before", len(before["events"]))
        checkpoint = MEMORY.get(key)
        if not isinstance(checkpoint, SavedState):
            raise LookupError("the network before these examples did not fit in memory")
        latest = self.ask("restore", checkpoint.content)
        with self._changed:
            self._undo.pop()
            self.events = Log(before["events"])
            for name in UNDO_FIELDS:
                setattr(self, name, before[name])
            self.latest, self._stale = latest, False
            self._trainer_epoch = self.epoch
            self._checkpoint = checkpoint
            self.record.truncate(len(self.events))
            values = self.experiment.to_dict()
            self._changes = {name: values[name] for name in TUNABLE_WHILE_TRAINING}
            network, epoch = self.network, self.epoch
            MEMORY.remove_all(
                lambda k: k == key or (k[0] == network and isinstance(k[1], int) and k[1] > epoch)
            )
            self._employ()

    @property
    def added_examples(self) -> AddedExamples | None:
        """The last added examples that can be undone."""
        return self._undo[-1][0] if self._undo else None

    def snapshot(self, epoch: int) -> Snapshot:
        """The weights after `epoch`, or after the nearest earlier epoch that was kept.

        Asks the worker, which answers between two slices. Raises LookupError if the run is lost.
        """
        cached = MEMORY.get((self.network, epoch))
        if isinstance(cached, Snapshot):
            return cached
        self._requests_until = time.monotonic() + EXPECT_REQUESTS
        saved = self._saved_log
        if saved and (epoch <= saved.run.row.epoch or not self._trains):
            snapshot = self._load(saved, epoch)
        else:
            snapshot = self.ask("snapshot", epoch)
        MEMORY.put((self.network, snapshot.epoch), snapshot)
        return snapshot

    def _load(self, saved: SavedLog, epoch: int) -> Snapshot:
        nearest = max((e for e in saved.run.checkpoints if e <= epoch), default=None)
        if nearest is None:
            raise LookupError("no weights of this run are saved")
        try:
            return saved.load(nearest)
        except StoreError as error:
            raise LookupError(str(error)) from None

    def ask(self, method: str, *args: Any) -> Any:
        """Return the result of the trainer's `method`, between two slices.

        LookupError if there is no trainer, or if it fails: then the run goes on all the same.
        """
        with self._changed:
            if not self._closed and self.state != "lost" and self._trains:
                self._needs_trainer = True
                self._employ()
            self._changed.wait_for(lambda: self._ready_trainer or not self._busy, ASK_WAIT)
            trainer, attempt = self._ready_trainer, self.attempt
        if trainer is None:
            raise LookupError(self._reason)
        try:
            return trainer.call(method, *args)
        except TrainerError as error:
            raise LookupError(str(error)) from None
        except WorkerLostError as error:
            self._fail(attempt, trainer, error)
            if self.state == "lost" or self._closed:
                raise LookupError(str(error)) from None
        return self.ask(method, *args)  # of the trainer that continues

    def test(self) -> Score:
        """The score on the test examples; every evaluation is counted."""
        with self._changed:
            network, epoch, dataset = self.network, self.epoch, self.experiment.data.dataset
        score = self.ask("test") if self._trains else self._test_restored()
        evaluation = TestEvaluation(dataset, network, epoch, score)
        with self._changed:
            self.test_evaluations += (evaluation,)
        self.record.log_test_evaluation(evaluation)
        return evaluation.score

    def _test_restored(self) -> Score:
        """As `test`, of the last saved weights, by a trainer made for the purpose."""
        if self.latest is None:
            raise LookupError(self._reason)
        try:
            trainer = RemoteTrainer(self.experiment, self.latest)
            try:
                score: Score = trainer.call("test")
                return score
            finally:
                trainer.close()
        except (WorkerLostError, TrainerError) as error:
            raise LookupError(str(error)) from None

    @property
    def test_evaluation(self) -> TestEvaluation | None:
        """The last evaluation of the network that is trained now."""
        own = [e for e in self.test_evaluations if e.network == self.network]
        return own[-1] if own else None

    @property
    def notice(self) -> str:
        """What a page says about the worker, in a sentence; empty: nothing."""
        since = self._connecting_since
        waited = 0.0 if since is None else time.monotonic() - since
        if waited >= SLOW_START:
            return (
                f"Waiting for a worker for {waited:.0f} s: they start, or train other runs. "
                "Training starts by itself."
            )
        done = self.progress
        if self.state == "playing" and done is not None and done.images_per_second > 0:
            update = self.experiment.training.batch_size / done.images_per_second
            if update >= SLOW_UPDATE:
                return f"One update of this network takes {update:.0f} s on this machine."
            if self.sharing >= MANY:
                return f"{self.sharing} runs take turns in its worker process."
        if self._unwatched and self.state == "paused":
            return "Its page was closed."
        if self._saved_log and self.state == "paused" and self._trainer is None:
            return f"{self._saved_log.reason.capitalize()}: training can continue from here."
        if self._resumed_epoch:
            return (
                f"Its worker process ended after epoch {self._resumed_epoch:,}; training continued."
            )
        return ""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen: finished, diverged, lost or closed."""
        return self._closed or self.state in ("finished", "diverged", "lost")

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and everything is written down."""
        return not self._busy

    @property
    def worker(self) -> str | None:
        """The address of the worker that trains it; None without one."""
        trainer = self._trainer
        return trainer.address if trainer else None


def _can_continue(saved: SavedLog) -> bool:
    """Whether its state belongs to its log: no setting and no example was changed afterwards."""
    if saved.state is None or saved.state.events > len(saved.run.events):
        return False
    later = saved.run.events[saved.state.events :]
    return all(isinstance(event, Epoch | WorkerLost) for event in later)


RUNS: Registry[Run] = Registry()
