"""The training loop: a thread that asks a trainer in a worker for one slice after another."""

import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.experiment.model import Experiment, require_experiment
from playground.history.environment import snapshot_bytes
from playground.history.events import (
    NO_LOSSES,
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    Progress,
    StepResult,
    Update,
    WorkerLost,
)
from playground.history.history import Log
from playground.nn.network import Snapshot
from playground.runs import cluster, jobs
from playground.runs.cluster import NoWorkerError, RemoteTrainer, WorkerLostError
from playground.runs.jobs import LRUCache
from playground.runs.leased import Leased, LoopSettings
from playground.runs.logger import HEARTBEAT, AttemptLogger, RunLogger
from playground.runs.worker import TrainerError
from playground.storage.records import SavedRun, SavedState

SLICE = 0.15  # seconds of training requested at a time
FRAME = 0.05  # …while a page watches, so that it moves
SHORT_SLICE = 0.03  # …while earlier weights are requested: each request waits for a slice
TURN = 0.3  # seconds in which every run of a worker has had its slice
SHORTEST = 0.01  # of a slice: the trainer makes some updates in any case
WATCHED = 2.0  # seconds after a heartbeat in which snapshots are sent
SNAPSHOT_EVERY = 0.05  # seconds between two snapshots of each run of a worker, at least
SNAPSHOT_BYTES = 16e6  # …and of such a run, a second at most
MOST_FAILURES = 3  # workers that may end one after the other before a run is given up
RETRY = 1.0  # seconds between two attempts to reach a worker
CHECKPOINT_EVERY = 2.0  # seconds between two checkpoints of a playing run, at least
CHECKPOINT_SHARE = 30  # …and this many times what making and sending one costs
WORTH_MOVING = 10.0  # seconds of computing left, at least, of a run that moves to another worker
MOVED_BYTES = 32 * 2**20  # of snapshots that it takes along


@dataclass(frozen=True)
class AddedExamples:
    """Examples that were added by hand to the training data, and the network before."""

    x: Any  # raw inputs, as in `Split`
    y: Any
    epoch: int  # epochs finished before it
    before: Snapshot


@dataclass(frozen=True)
class SavedLog:
    """A saved run whose log a run begins with, without training; `load` gives weights by epoch.

    Without an end in its log it is "paused" if its trainer's `state` was saved, and otherwise
    "lost", both for `reason`.
    """

    run: SavedRun
    load: Callable[[int], Snapshot]
    reason: str = "the server was restarted"
    state: SavedState | None = None


@dataclass(frozen=True)
class Retired:
    """What is left to do for an attempt that was reset or closed."""

    trainer: RemoteTrainer | None
    write: Callable[[], None]


# Snapshots of earlier epochs and checkpoints of all runs, by network. The trainers keep more.
MEMORY: LRUCache[Snapshot | SavedState] = LRUCache(10_000, max_bytes=snapshot_bytes())

Request = tuple[str, dict[str, Any]]  # a method, of the trainer or here, and its arguments


class TrainingLoop(Leased):
    """A network trained slice by slice: requesting slices is playing, requesting none is pausing.

    `attempt` counts the trainings from initial weights, each with a log of its own; `state`,
    `events` and all that follow below are those of the present one.
    """

    state = "ready"

    def __init__(
        self,
        experiment: Experiment,
        settings: LoopSettings | None = None,
        start: Snapshot | None = None,
        where: Callable[[], str | None] = lambda: None,
        logger: RunLogger | None = None,
        saved: SavedLog | None = None,
        past: Sequence[Event] = (),
    ) -> None:
        require_experiment(experiment)
        super().__init__(settings)
        self._name = secrets.token_hex(8)
        self._where, self._logger = where, logger
        self.attempt = 0
        self._busy = self._closed = False
        self._retired: list[Retired] = []
        self._trainer: RemoteTrainer | None = None
        self._begin(experiment, start, saved, past)

    def _begin(
        self,
        experiment: Experiment,
        start: Snapshot | None,
        saved: SavedLog | None = None,
        past: Sequence[Event] = (),
    ) -> None:
        with self._changed:
            self.attempt += 1
            self.experiment = experiment
            self.start = start if past or start is None else replace(start, epoch=0)
            self._past = past  # the log before `start`
            self.state = "paused" if past else "ready"
            self.events = Log(saved.run.events if saved else past)
            self.epoch = 0 if self.start is None else self.start.epoch  # finished
            self.update: Update | None = None  # that was made by itself, until the next slice
            self._one_update = False  # is wanted next
            self.progress: Progress | None = None  # in an epoch, now or last
            self.losses = NO_LOSSES  # of its first updates
            self.latest: Snapshot | None = self.start  # the newest weights here
            self.record = AttemptLogger(self._logger)
            self._saved_log = saved
            self._needs_trainer = saved is None
            self._first = experiment  # without the changes made while it played
            self._failures = 0  # workers that ended since the last slice
            self._unreachable = False  # no worker could be reached at the last attempt
            self._retry_at = 0.0  # when a worker is tried again
            self._connecting_since: float | None = None
            self._next_checkpoint = 0.0
            self._trainer_epoch = self.epoch  # less after a worker was lost
            self._resumed_epoch = 0  # after which a worker was lost since `play`; 0: none
            self._sent: tuple[dict[str, Any], AddedExamples | None] = {}, None  # in this request
            self._changes: dict[str, Any] = {}  # for the next request
            self._until: int | None = None  # epoch at which to pause
            self._unwatched = False  # whether it pauses because its lease is over
            self._ending: str | None = None  # the state to take up once the last weights are here
            self._stale = False  # `latest` is older than the last slice
            self._next_snapshot = 0.0  # when the next one is due
            self._requests_until = 0.0  # until when requests for weights are expected
            self._slice = SLICE  # seconds of the slice under way
            self._pace: tuple[float, float, int] | None = None  # speed, and time and epoch it began
            self._undo: list[tuple[AddedExamples, dict[str, Any]]] = []
            self._added: AddedExamples | None = None  # for the next request
            if saved is None:
                self._employ()

    @property
    def network(self) -> str:
        """The id of the network: another one after every reset, and no other run's."""
        return f"{self._name} {self.attempt}"

    @property
    def _checkpoint(self) -> SavedState | None:
        """The last state of the trainer, as long as memory allows."""
        state = MEMORY.get((self.network, "checkpoint"))
        return state if isinstance(state, SavedState) else None

    @_checkpoint.setter
    def _checkpoint(self, state: SavedState) -> None:
        MEMORY.put((self.network, "checkpoint"), state)

    def _reset(
        self, experiment: Experiment, start: Snapshot | None, past: Sequence[Event] = ()
    ) -> None:
        with self._changed:
            self._retire()
            self._begin(experiment, start, past=past)

    def _retire(self) -> None:
        """Let the thread write down the present attempt and free its trainer."""
        network, trains = self.network, self._trains
        MEMORY.remove_all(lambda key: key[0] == network)
        record, experiment, events, epoch = self.record, self.experiment, self.events, self.epoch
        state = "stopped" if self.state == "playing" else self.state
        if not trains:  # in the database it stays as it is
            self._employ()
            return
        write = lambda: record.log_events(experiment, events, [], state, epoch)  # noqa: E731
        self._retired.append(Retired(self._trainer, write))
        self._trainer = None
        self._employ()

    def close(self) -> None:
        """Stop for good, and free the trainer once its slice is over."""
        with self._changed:
            if not self._closed:
                self._closed = True
                self._retire()
                self.state = "stopped" if self.state == "playing" else self.state

    @property
    def _trains(self) -> bool:
        """Whether it has or can have a trainer: it is no saved run without one."""
        return self._saved_log is None or self._checkpoint is not None

    @property
    def _ready_trainer(self) -> RemoteTrainer | None:
        """The trainer, once it has trained all epochs of the log."""
        return None if self._trainer_epoch < self.epoch else self._trainer

    # ---- the thread ----------------------------------------------------------------------

    def _employ(self) -> None:
        self._changed.notify_all()
        if not self._busy:
            self._busy = True
            jobs.start(self._work)

    def _work(self) -> None:
        while (request := self._next()) is not None:
            attempt, trainer, method, arguments = request
            try:
                self._serve(attempt, trainer, method, arguments)
            except Exception as error:
                self._fail(attempt, trainer, error)
            self.settings.on_change()
        self.settings.on_change()

    def _next(self) -> tuple[int, RemoteTrainer | None, str, dict[str, Any]] | None:
        """What to do next, for which attempt; None: the thread's work is over."""
        with self._changed:
            while (request := self._request()) is None:
                pass
            method, arguments = request
            if method == "end":
                self._busy = False
                self._changed.notify_all()
                return None
            if self._trainer is not None:
                self._trainer.playing = self.state == "playing"
            return self.attempt, self._trainer, method, arguments

    def _request(self) -> Request | None:
        """The next request; None after a wait: look again."""
        if self._retired:
            return "_free", {}
        if self._closed:
            return "end", {}
        if self._needs_trainer and self._trainer is None and self.state != "lost":
            if (pause := self._retry_at - time.monotonic()) > 0:
                self._changed.wait(pause)
                return None
            return "_connect", {}
        if self._trainer is not None and self._trainer_epoch < self.epoch:
            return "advance", self._catch_up_arguments()
        if self.state == "playing":
            return self._slice_request()
        due = self.record.due(self.state, self.events, self.experiment)
        if due is None:
            return "end", {}
        if due > 0:
            self._changed.wait(due)
            return None
        return "_write_all", {}

    def _slice_request(self) -> Request | None:
        """The next request of a run that plays; None after a wait."""
        if self._added is not None:
            added, self._added = self._added, None
            self._sent = {}, added
            epochs = (self._until or self.epoch + 1) - self.epoch
            return "add_examples", {"x": added.x, "y": added.y, "epochs": epochs}
        if self._ending is None and self._is_time_to_pause():
            self._ending, self._unwatched = "paused", self.lease_left < 0
        if self._ending is not None and self._stale and self._ends_with_weights:
            if self._ending == "diverged":  # the weights now are not finite
                return "snapshot", {"epoch": self.epoch}
            return "latest", {}
        if self._ending is not None:
            self.state, self._ending = self._ending, None
            self._changed.notify_all()
            return "_notify", {}
        if self.record.is_silent():
            return "_write", {}
        max_epoch = self.settings.max_epoch
        if max_epoch is not None and self.epoch >= max_epoch:
            self._changed.wait(min(self.lease_left, HEARTBEAT))
        elif (pause := self._seconds_ahead()) > 0:
            self._changed.wait(min(pause, HEARTBEAT))
        elif self._one_update:
            self._one_update = False
            changes, self._changes = self._changes, {}
            self._sent = changes, None
            return "update", {"changes": changes}
        else:
            return "advance", self._slice_arguments()
        return None

    def _serve(
        self, attempt: int, trainer: RemoteTrainer | None, method: str, arguments: dict[str, Any]
    ) -> None:
        if method.startswith("_"):
            getattr(self, method)()
            return
        if trainer is None:  # reset or failed meanwhile
            return
        if method == "advance" and self._has_moved(attempt, trainer):
            return
        began = time.monotonic()
        changes, added = self._sent
        if added is not None:
            self._keep_before(attempt, trainer)
        if changes or added is not None or began >= self._next_checkpoint:
            answer, checkpoint = trainer.call_and_checkpoint(method, **arguments)
        else:
            answer, checkpoint = trainer.call(method, **arguments), None
        seconds = time.monotonic() - began
        if isinstance(answer, StepResult):
            answer = self._new_events(attempt, answer)
            self._write(answer, attempt)  # before any page shows it
        self._take(attempt, answer, seconds, checkpoint)
        if changes or added is not None or not self.record.has_state:
            self.record.save_state(self._checkpoint)
        if self.settings.snapshots == "watched" and self.record.is_snapshot_due():
            self._write_weights()

    def _keep_before(self, attempt: int, trainer: RemoteTrainer) -> None:
        """Keep what `undo` returns to, before examples are added."""
        content = trainer.call("checkpoint")
        with self._changed:
            if not self._is_stale(attempt):
                state = SavedState(self._trainer_epoch, len(self.events), content)
                MEMORY.put((self.network, "before", state.events), state)

    def _has_moved(self, attempt: int, trainer: RemoteTrainer) -> bool:
        """Leave a worker for one with fewer runs: before the first update, or with all its state.

        That costs another compilation, so a run that has begun moves only to a free worker.
        """
        begun = bool(self.events or self.progress or self._checkpoint)
        if begun and (self._seconds_left < WORTH_MOVING or self._ready_trainer is None):
            return False
        if trainer.better_place(free=begun) is None:
            return False
        content = trainer.call("checkpoint", snapshot_bytes=MOVED_BYTES) if begun else None
        with self._changed:
            if not self._is_stale(attempt):
                if content is not None:
                    self._checkpoint = SavedState(self._trainer_epoch, len(self.events), content)
                self._resume()
        return True

    @property
    def _seconds_left(self) -> float:
        """Seconds of computing until it ends or pauses, roughly."""
        epochs = (event for event in reversed(self.events) if isinstance(event, Epoch))
        last = next(epochs, None)
        if last is None or self.settings.speed is not None:
            return 0.0
        return ((self._until or self.experiment.training.epochs) - self.epoch) * last.seconds

    def _is_stale(self, attempt: int) -> bool:
        return attempt != self.attempt or self._closed

    def _notify(self) -> None:
        """Nothing but the notification that follows every request."""

    def _free(self) -> None:
        with self._changed:
            retired, self._retired = self._retired, []
        for each in retired:
            each.write()
            if each.trainer is not None:
                each.trainer.close()

    def _connect(self) -> None:
        with self._changed:
            attempt, experiment, start = self.attempt, self._first, self.start
            checkpoint = self._checkpoint
            changed = any(
                isinstance(e, HyperparametersChanged | ExamplesAdded)
                for e in self.events[len(self._past) :]
            )
            begun = self.epoch > (0 if start is None else start.epoch)
            if checkpoint is None and begun and (changed or self._saved_log is not None):
                raise TrainerError("its last checkpoint did not fit in memory")
            self._connecting_since = self._connecting_since or time.monotonic()
        trainer = RemoteTrainer(
            experiment,
            start,
            self._where(),
            self.settings.checkpoint_bytes,
            None if checkpoint is None else checkpoint.content,
            cancelled=lambda: self._is_stale(attempt),
        )
        watched = self.settings.snapshots == "watched" and self.latest is None
        try:
            latest = trainer.call("snapshot", 0) if watched else None
        except Exception:
            trainer.close()
            raise
        with self._changed:
            if self._is_stale(attempt):
                self._retired.append(Retired(trainer, lambda: None))
                return
            self._trainer, self._needs_trainer = trainer, False
            first = 0 if start is None else start.epoch
            self._trainer_epoch = first if checkpoint is None else checkpoint.epoch
            self._connecting_since = None
            self.latest = self.latest or latest
            self._changed.notify_all()

    def _write_all(self) -> None:
        self._write()
        with self._changed:
            trainer, checkpoint, logged = self._ready_trainer, self._checkpoint, len(self.events)
        if (
            self.state == "paused" and trainer is not None
            and (checkpoint is None or checkpoint.events < logged)
        ):  # fmt: skip
            with contextlib.suppress(WorkerLostError, TrainerError):
                _, content = trainer.call_and_checkpoint("latest")
                with self._changed:
                    if self._trainer is trainer and len(self.events) == logged:
                        self._checkpoint = SavedState(self._trainer_epoch, logged, content)
        self._write_weights()

    def _write(self, answer: StepResult | None = None, attempt: int | None = None) -> None:
        """Write down the state of the run, and the events of an answer to an attempt."""
        with self._changed:
            if attempt is not None and self._is_stale(attempt):
                return
            record, experiment, log = self.record, self.experiment, self.events
            state, epoch = self.state, self.epoch
        events = [e for e in answer.events if not isinstance(e, Progress)] if answer else []
        epochs = [event.epoch for event in events if isinstance(event, Epoch)]
        record.log_events(experiment, log, events, state, epochs[-1] if epochs else epoch)

    def _write_weights(self) -> None:
        """Write down the weights of some epochs."""
        # An end may have gone back to the best weights, which only `latest` are.
        newest = self.latest if self.state == "finished" else None
        over = self.state in ("finished", "diverged")
        self.record.save_state(None if over else self._checkpoint)
        with contextlib.suppress(WorkerLostError, TrainerError):
            self.record.save_snapshots(self.events, self.epoch, self.state, newest, self._fetch)

    def _fetch(self, epoch: int) -> Snapshot:
        if self._trainer is None:
            raise WorkerLostError(self._reason)
        snapshot: Snapshot = self._trainer.call("snapshot", epoch)
        return snapshot

    def _is_time_to_pause(self) -> bool:
        return self.lease_left < 0 or (self._until is not None and self.epoch >= self._until)

    @property
    def _ends_with_weights(self) -> bool:
        """Whether the last weights have to be here before the state changes."""
        wanted = self.settings.snapshots
        return wanted == "watched" or (wanted == "end" and self._ending != "paused")

    def _seconds_ahead(self) -> float:
        """Seconds until the speed allows the next epoch."""
        speed, now = self.settings.speed, time.monotonic()
        if speed is None:
            self._pace = None
            return 0.0
        if self._pace is None or self._pace[0] != speed:
            self._pace = speed, now, self.epoch
        _, began, first = self._pace
        return began + (self.epoch - first) / speed - now

    def _slice_arguments(self) -> dict[str, Any]:
        bounds = [bound for bound in (self._until, self.settings.max_epoch) if bound is not None]
        if self._pace is not None:
            speed, began, first = self._pace
            bounds.append(first + 1 + int((time.monotonic() - began) * speed))
        now = time.monotonic()
        watches = now - self.last_seen < WATCHED
        changes, self._changes = self._changes, {}
        self._sent = changes, None
        longest = SHORT_SLICE if now < self._requests_until else FRAME if watches else SLICE
        self._slice = max(SHORTEST, min(longest, TURN / self.sharing))
        if not self.events and self.progress is None:
            self._slice = SLICE  # where many begin at once, each first epoch comes soon
            bounds.append(self.epoch + 1)
        due = now + self._slice >= self._next_snapshot
        return {
            "seconds": self._slice,
            "until_epoch": min(bounds, default=None),
            "changes": changes,
            "with_snapshot": watches and due and self.settings.snapshots == "watched",
        }

    @property
    def sharing(self) -> int:
        """How many runs take turns with this one in its worker, itself included."""
        trainer = self._trainer
        return 1 if trainer is None else cluster.sharing(trainer.address)

    def _catch_up_arguments(self) -> dict[str, Any]:
        """Train up to the epochs that the log has already, after a worker was lost."""
        self._sent = {}, None
        return {"seconds": SLICE, "until_epoch": self.epoch, "with_snapshot": False, "timed": False}

    def _new_events(self, attempt: int, answer: StepResult) -> StepResult:
        """The answer without the events that the log has already."""
        with self._changed:
            if self._is_stale(attempt):
                return answer
            for event in answer.events:
                if isinstance(event, Epoch):
                    self._trainer_epoch = event.epoch
            over = self._is_over(answer)
            new = (
                event
                for event in answer.events
                if not (isinstance(event, Epoch | Progress) and event.epoch <= self.epoch)
                and not (isinstance(event, Finished | Diverged) and over)
            )
            return replace(answer, events=tuple(new))

    def _is_over(self, answer: StepResult) -> bool:
        """Whether the log has an end that the answer does not go beyond."""
        ended = bool(self.events) and isinstance(self.events[-1], Finished | Diverged)
        goes_on = any(
            (isinstance(e, Epoch | Progress) and e.epoch > self.epoch)
            or isinstance(e, HyperparametersChanged)
            for e in answer.events
        )  # fmt: skip
        return ended and not goes_on

    def _take(
        self,
        attempt: int,
        answer: StepResult | Snapshot,
        seconds: float,
        checkpoint: bytes | None = None,
    ) -> None:
        with self._changed:
            if self._is_stale(attempt):
                return
            self._failures, self._sent = 0, ({}, None)
            if checkpoint is not None:
                events = answer.events if isinstance(answer, StepResult) else ()
                logged = len(self.events) + sum(not isinstance(e, Progress) for e in events)
                self._checkpoint = SavedState(self._trainer_epoch, logged, checkpoint)
                cost = max(seconds - self._slice, 0.0) * CHECKPOINT_SHARE
                self._next_checkpoint = time.monotonic() + max(CHECKPOINT_EVERY, min(cost, 60.0))
            if isinstance(answer, Snapshot):
                self.latest, self._stale = answer, False
                return
            if self._trainer_epoch < self.epoch:  # it catches up
                return
            self._stale = answer.snapshot is None and not self._is_over(answer)
            self.update, self.losses = answer.update, self.losses.then(answer.losses)
            if answer.update is not None:
                self._ending = self._ending or "paused"
            if answer.snapshot is not None:
                self.latest = answer.snapshot
                pause = max(SNAPSHOT_EVERY, answer.snapshot.nbytes / SNAPSHOT_BYTES) * self.sharing
                self._next_snapshot = time.monotonic() + min(pause, 2.0)
            for event in answer.events:
                if isinstance(event, Progress):
                    self.progress = event
                elif isinstance(event, Epoch):
                    self.epoch = event.epoch
                elif isinstance(event, Finished):
                    self._ending = "finished"
                elif isinstance(event, Diverged):
                    self._ending, self._stale = "diverged", True
            self.events.extend(e for e in answer.events if not isinstance(e, Progress))

    # ---- failures ------------------------------------------------------------------------

    def _fail(self, attempt: int, trainer: RemoteTrainer | None, error: Exception) -> None:
        """Take note that a trainer or its worker failed; begin anew where nothing is lost by it."""
        with self._changed:
            if self._is_stale(attempt) or self._trainer is not trainer:
                return
            lost = isinstance(error, WorkerLostError) and not cluster.is_closed()
            self._unreachable = isinstance(error, NoWorkerError)
            if lost and not self._unreachable:
                self._failures += 1
                if self._trainer is not None:
                    self._resumed_epoch = self.epoch
            if lost and self._failures <= MOST_FAILURES:
                self._resume()
                return
        known = isinstance(error, WorkerLostError | TrainerError)
        self._lose(str(error) if known else f"{type(error).__name__}: {error}")

    def _resume(self) -> None:
        """Continue with another trainer from the last checkpoint, or from the beginning.

        It trains the epochs of the log since then once more, to the same numbers.
        """
        self._drop_trainer()
        changes, added = self._sent
        self._changes, self._added = changes | self._changes, self._added or added
        self._sent = {}, None
        pause = RETRY if self._failures > 1 or self._unreachable else 0.0
        self._needs_trainer, self._retry_at = True, time.monotonic() + pause
        self._employ()

    def _lose(self, reason: str) -> None:
        with self._changed:
            if self.state != "lost" and not self._closed:
                self.events.extend([WorkerLost(self.epoch, reason)])
                self.state = "lost"
            self._drop_trainer()
            self._employ()  # it has to be written down

    def _drop_trainer(self) -> None:
        if self._trainer is not None:
            self._retired.append(Retired(self._trainer, lambda: None))
            self._trainer = None
        self._changed.notify_all()

    @property
    def _reason(self) -> str:
        last = self.events[-1] if self.events else None
        return last.reason if isinstance(last, WorkerLost) else "its worker is not ready yet"
