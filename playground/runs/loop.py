"""One attempt of a run, from its initial weights to its end: the thread that asks for slices."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from playground.datasets.labelled_examples import undoable
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.history.events import Diverged, Epoch, Finished, Progress, StepResult, WorkerLost
from playground.history.history import Log
from playground.nn.network import Snapshot
from playground.runs.cluster import RemoteTrainer, WorkerLostError
from playground.runs.logger import SIGN, AttemptLogger
from playground.runs.worker import TrainerError

SLICE = 0.15  # seconds of training asked for at a time
SHORT_SLICE = 0.03  # …while somebody asks for earlier weights: answers wait for the slice under way
CURIOUS = 5.0  # seconds for which one question lets others be expected
WATCHED = 2.0  # seconds for which a sign of somebody watching is worth a snapshot
SNAPSHOT_EVERY = 0.3  # seconds between two snapshots of a playing run, at least
SNAPSHOT_SHARE = 20  # …and this many times what the transfer of one costs
ASK_WAIT = 10.0  # seconds that a question waits for the trainer to exist
TEACHABLE = ("ready", "paused", "finished")
REMEMBERED = ("experiment", "state", "epoch", "progress")  # beside the log, at each lesson
HERE = ("told", "sign", "record")  # requests that are no calls of the trainer
KEEP_BYTES = 16_000_000  # of snapshots of earlier epochs, here; the trainer keeps many more


@dataclass(eq=False)
class LoopSettings:
    """How a run is to be played: what stays the same over resets.

    Runs that are played together share one of them. `snapshots`: which weights come here unasked,
    those of the moment while somebody watches ("watched"), only those at the end ("end"), or
    none ("none").
    """

    lease: float  # seconds that it plays on with nobody watching
    touched: float  # when somebody last watched, by the monotonic clock
    speed: float | None = None  # epochs per second at most
    ceiling: int | None = None  # epoch at which to wait until it is raised
    snapshots: str = "watched"
    album_bytes: int | None = None  # of snapshots that the trainer keeps; None: its own limit
    told: Callable[[], None] = lambda: None  # called when a slice is done or the state has changed


@dataclass(frozen=True)
class AddedExamples:
    """Examples that a network was taught by hand, and the network before."""

    x: Any  # raw inputs, as in `Part`
    y: Any
    epoch: int  # epochs finished before it
    before: Snapshot


class TrainingLoop:
    """Training from one set of initial weights; everything that a reset throws away.

    `start`: the weights it begins with, instead of those the experiment's seed gives.
    `where`: gives the address of the worker it would best be trained by. `record`: where it is
    written down.
    """

    def __init__(
        self,
        experiment: Experiment,
        terms: LoopSettings,
        start: Snapshot | None = None,
        where: Callable[[], str | None] = lambda: None,
        record: AttemptLogger | None = None,
    ) -> None:
        self.experiment = experiment
        self.record = record or AttemptLogger(None)
        self.start = None if start is None else replace(start, epoch=0)
        self.state = "ready"
        self.log = Log()
        self.epoch = 0  # finished
        self.progress: Progress | None = None
        self.latest: Snapshot | None = self.start
        self._terms, self._where = terms, where
        self._changed = threading.Condition()
        self._trainer: RemoteTrainer | None = None
        self._changes: dict[str, Any] = {}  # for the next request
        self._until: int | None = None  # epoch at which to pause
        self._ending: str | None = None  # the state to take up once the last weights are here
        self._stale = False  # `latest` is older than the last slice
        self._next_snapshot = 0.0  # when the next one is due
        self._curious = 0.0  # until when the next question is expected
        self._slice = SLICE  # seconds of the slice under way
        self._pace: tuple[float, float, int] | None = None  # speed, and time and epoch it began
        self._kept: OrderedDict[int, Snapshot] = OrderedDict()
        self._undone: list[
            tuple[AddedExamples, dict[str, Any]]
        ] = []  # how it was before each lesson
        self._lesson: AddedExamples | None = None  # to be told to the trainer next
        self._busy = self._closed = False
        with self._changed:
            self._employ()

    # ---- what the run asks ---------------------------------------------------------------

    def play(self, until: int | None) -> None:
        """Train on, until an epoch or to the end."""
        with self._changed:
            if self.state in ("ready", "paused", "playing") and not self._closed:
                self._until = until
                self.state, self._pace = "playing", None
                if self._ending == "paused":
                    self._ending = None
                self._employ()

    def pause(self) -> None:
        """Ask for no more slices."""
        with self._changed:
            if self.state == "playing":
                self._ending = self._ending or "paused"
                self._changed.notify_all()

    def wait(self, timeout: float | None) -> bool:
        """Wait until it no longer plays, or is closed; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.state != "playing" or self._closed, timeout)

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set live fields from the next slice on."""
        with self._changed:
            self.experiment = self.experiment.replace(**changes)
            self._changes |= changes
            if self.record.id is not None:
                self._employ()

    def teach(self, x: Any, y: Any, epochs: int) -> None:
        """Add examples, train some `epochs` more and pause; ValueError where that cannot be."""
        with self._changed:
            if self.latest is None or self.state not in TEACHABLE or self._closed:
                state = "starting" if self.state == "ready" else self.state
                state = "closed" if self._closed else state
                raise ValueError(f"a run must be {', '.join(TEACHABLE)} to be taught, got {state}")
            lesson = AddedExamples(x, y, self.epoch, self.latest)
            before = {name: getattr(self, name) for name in REMEMBERED} | {"log": list(self.log)}
            self._undone = [*self._undone, (lesson, before)][-undoable(self.latest.nbytes) :]
            self._lesson, self._until = lesson, self.epoch + epochs
            self.state, self._ending, self._pace = "playing", None, None
            self._employ()

    @property
    def lesson(self) -> AddedExamples | None:
        """The last lesson that can be undone."""
        return self._undone[-1][0] if self._undone else None

    def undo(self) -> None:
        """Go back to where the last lesson began; ValueError if there is none or it plays on."""
        with self._changed:
            if not self._undone or self.state == "playing":
                rule = "a paused run that was taught" if self._undone else "a lesson"
                raise ValueError(f"there must be {rule} to undo, got {self.state}")
        try:
            latest = self.ask("undo")
        except LookupError as error:
            self._lose(str(error))  # how much of it was undone nobody knows
            raise
        with self._changed:
            _, before = self._undone.pop()
            for name in REMEMBERED:
                setattr(self, name, before[name])
            self.log, self.latest, self._stale = Log(before["log"]), latest, False
            self.record.cut(len(self.log))
            self._changes = {
                name: self.experiment.to_dict()[name] for name in TUNABLE_WHILE_TRAINING
            }
            self._kept = OrderedDict((e, s) for e, s in self._kept.items() if e <= self.epoch)
            self._employ()

    def wake(self) -> None:
        """Look at the terms again."""
        with self._changed:
            self._changed.notify_all()

    def snapshot(self, epoch: int) -> Snapshot:
        """The weights after `epoch`, or the nearest kept before it."""
        kept = self._kept.get(epoch)
        if kept is not None:
            return kept
        self._curious = time.monotonic() + CURIOUS
        found: Snapshot = self.ask("snapshot", epoch)
        with self._changed:
            self._kept[found.epoch] = found
            while len(self._kept) > 1 and sum(s.nbytes for s in self._kept.values()) > KEEP_BYTES:
                self._kept.popitem(last=False)
        return found

    def ask(self, method: str, *args: Any) -> Any:
        """What the trainer's `method` returns, between two slices.

        LookupError if the trainer is gone, or cannot answer: then the run goes on all the same.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._trainer or not self._busy, ASK_WAIT)
            trainer = self._trainer
        if trainer is None:
            raise LookupError(self._reason)
        try:
            return trainer.call(method, *args)
        except TrainerError as error:
            raise LookupError(str(error)) from None
        except WorkerLostError as error:
            self._lose(str(error))
            raise LookupError(str(error)) from None

    def close(self) -> None:
        """Stop, and free the trainer once its slice is over."""
        with self._changed:
            self._closed = True
            if not self._busy:
                self._release()
            self._changed.notify_all()

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self._closed or self.state in ("finished", "diverged", "lost")

    @property
    def settled(self) -> bool:
        """Whether its thread has nothing more to do."""
        return not self._busy

    @property
    def worker(self) -> str | None:
        """The address of the trainer's worker."""
        trainer = self._trainer
        return trainer.address if trainer else None

    # ---- the thread ----------------------------------------------------------------------

    def _employ(self) -> None:
        self._changed.notify_all()
        if not self._busy:
            self._busy = True
            threading.Thread(target=self._work, name="run", daemon=True).start()

    def _work(self) -> None:
        try:
            try:
                self._train()
            except WorkerLostError:
                # Nothing is lost with a network that has not begun: another one is its equal.
                if self.log or self.progress or self._undone or self._closed:
                    raise
                self._release()
                self._train()
            self._terms.told()
        except Exception as error:
            known = isinstance(error, (WorkerLostError, TrainerError))
            self._lose(str(error) if known else f"{type(error).__name__}: {error}")

    def _train(self) -> None:
        if self._trainer is None:
            terms = self._terms
            trainer = RemoteTrainer(self.experiment, self.start, self._where(), terms.album_bytes)
            watched = terms.snapshots == "watched"
            first = trainer.call("snapshot", 0) if watched else self.latest
            with self._changed:
                self._trainer, self.latest = trainer, first
                self._changed.notify_all()
        while (request := self._next()) is not None:
            method, arguments = request
            if method in HERE:
                self._do(method)
                continue
            began = time.monotonic()
            answer = self._trainer.call(method, **arguments)
            seconds = time.monotonic() - began
            if isinstance(answer, StepResult):
                self._save(answer)  # before anybody hears of it
            self._take(answer, seconds)
            self._terms.told()
            if self._terms.snapshots == "watched" and self.record.is_time():
                self._keep()
        if self._closed:
            self._save()

    def _do(self, method: str) -> None:
        """What a request in HERE asks for."""
        if method == "told":
            self._terms.told()
        else:
            self._save()
        if method == "record":
            self._keep()

    def _save(self, answer: StepResult | None = None) -> None:
        """Write down how the run stands, and what an answer says."""
        told = [e for e in answer.events if not isinstance(e, Progress)] if answer else []
        epochs = [event.epoch for event in told if isinstance(event, Epoch)]
        epoch = epochs[-1] if epochs else self.epoch
        state = "stopped" if self._closed and self.state == "playing" else self.state
        self.record.write(self.experiment, self.log, told, state, epoch)

    def _keep(self) -> None:
        """Write down the weights of some epochs."""
        # An end may have gone back to the best weights, which only `latest` are.
        newest = self.latest if self.state == "finished" else None
        with contextlib.suppress(WorkerLostError, TrainerError):
            self.record.keep(self.log, self.epoch, self.state, newest, self._fetch)

    def _fetch(self, epoch: int) -> Snapshot:
        if self._trainer is None:
            raise WorkerLostError(self._reason)
        found: Snapshot = self._trainer.call("snapshot", epoch)
        return found

    def _next(self) -> tuple[str, dict[str, Any]] | None:
        """The next call to the trainer, or one in HERE; None: the thread's work is over."""
        with self._changed:
            while not self._closed:
                if self.state == "playing":
                    if (request := self._wish()) is not None:
                        return request
                elif (due := self.record.due(self.state, self.log, self.experiment)) is None:
                    break
                elif due > 0:
                    self._changed.wait(due)
                else:
                    return "record", {}
            self._busy = False
            if self._closed:
                self._release()
            self._changed.notify_all()
            return None

    def _wish(self) -> tuple[str, dict[str, Any]] | None:
        """The next call of a run that plays; None: look again how it stands."""
        if self._lesson is not None:
            lesson, self._lesson = self._lesson, None
            epochs = (self._until or self.epoch + 1) - self.epoch
            return "teach", {"x": lesson.x, "y": lesson.y, "epochs": epochs}
        if self._ending is None and self._is_time_to_pause():
            self._ending = "paused"
        if self._ending is not None and self._stale and self._ends_with_weights:
            if self._ending == "diverged":  # the weights now are not finite
                return "snapshot", {"epoch": self.epoch}
            return "latest", {}
        if self._ending is not None:
            self.state, self._ending = self._ending, None
            self._changed.notify_all()
            return "told", {}
        if self.record.is_silent():
            return "sign", {}
        elif self._terms.ceiling is not None and self.epoch >= self._terms.ceiling:
            self._changed.wait(min(self._lease_left, SIGN))
        elif (pause := self._until_due()) > 0:
            self._changed.wait(min(pause, SIGN))
        else:
            return "advance", self._request()
        return None

    def _is_time_to_pause(self) -> bool:
        return self._lease_left < 0 or (self._until is not None and self.epoch >= self._until)

    @property
    def _lease_left(self) -> float:
        return self._terms.touched + self._terms.lease - time.monotonic()

    @property
    def _ends_with_weights(self) -> bool:
        """Whether the last weights are to come here before it takes up the state it ends with."""
        wanted = self._terms.snapshots
        return wanted == "watched" or (wanted == "end" and self._ending != "paused")

    def _until_due(self) -> float:
        """Seconds until the speed allows the next epoch."""
        speed, now = self._terms.speed, time.monotonic()
        if speed is None:
            self._pace = None
            return 0.0
        if self._pace is None or self._pace[0] != speed:
            self._pace = speed, now, self.epoch
        _, began, first = self._pace
        return began + (self.epoch - first) / speed - now

    def _request(self) -> dict[str, Any]:
        bounds = [bound for bound in (self._until, self._terms.ceiling) if bound is not None]
        if self._pace is not None:
            speed, began, first = self._pace
            bounds.append(first + 1 + int((time.monotonic() - began) * speed))
        now = time.monotonic()
        watched = self._terms.snapshots == "watched" and now >= self._next_snapshot
        watched = watched and now - self._terms.touched < WATCHED
        changes, self._changes = self._changes, {}
        self._slice = SHORT_SLICE if now < self._curious else SLICE
        return {
            "seconds": self._slice,
            "until_epoch": min(bounds, default=None),
            "changes": changes,
            "with_snapshot": watched,
        }

    def _take(self, answer: StepResult | Snapshot, seconds: float) -> None:
        with self._changed:
            if self._closed:
                return
            if isinstance(answer, Snapshot):
                self.latest, self._stale = answer, False
                return
            self._stale = answer.snapshot is None
            if answer.snapshot is not None:
                self.latest = answer.snapshot
                cost = max(seconds - self._slice, 0.0) * SNAPSHOT_SHARE
                self._next_snapshot = time.monotonic() + max(SNAPSHOT_EVERY, min(cost, 2.0))
            for event in answer.events:
                if isinstance(event, Progress):
                    self.progress = event
                elif isinstance(event, Epoch):
                    self.epoch = event.epoch
                elif isinstance(event, Finished):
                    self._ending = "finished"
                elif isinstance(event, Diverged):
                    self._ending, self._stale = "diverged", True
            self.log.extend(e for e in answer.events if not isinstance(e, Progress))

    # ---- the end -------------------------------------------------------------------------

    def _lose(self, reason: str) -> None:
        with self._changed:
            if self.state != "lost" and not self._closed:
                self.log.extend([WorkerLost(self.epoch, reason)])
                self.state = "lost"
            self._busy = False
            self._release()
            self._changed.notify_all()
        self._save()
        self._terms.told()

    @property
    def _reason(self) -> str:
        last = self.log[-1] if self.log else None
        return last.reason if isinstance(last, WorkerLost) else "the run has no trainer"

    def _release(self) -> None:
        if self._trainer is not None:
            self._trainer.close()
            self._trainer = None
