"""Run: one network in training. Play, pause, step, change, reset, and the log of what happened.

A run asks its trainer, in some worker, for one slice of training after another: asking again is
playing, not asking is pausing. All methods may be called from any thread.
"""

import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from playground.datasets.labelled_examples import checked
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.history.events import Progress, Score
from playground.history.history import Log
from playground.nn.network import Snapshot
from playground.runs.logger import AttemptLogger, RunLogger
from playground.runs.loop import AddedExamples, LoopSettings, TrainingLoop
from playground.runs.restored import Restored
from playground.storage.records import SavedRun

LEASE = 180.0  # seconds that a run plays on after the last sign of somebody watching
PAUSE_WAIT = 2.0  # seconds that `pause` waits for the slice under way
MOST_RUNS = 200
FORGET = 6 * 3600.0  # seconds after which an unwatched run is closed


@dataclass(frozen=True)
class FinalEvaluation:
    """The test set of a data set was opened: the score of the network that was there."""

    dataset: str
    network: str  # which network it was: another one after every reset
    epoch: int  # of the weights that were scored
    score: Score


class Run:
    """A network in training somewhere in the cluster.

    `state` is "ready" (not begun), "playing", "paused", "finished", "diverged" or "lost" (its
    worker ended or its trainer failed; the last event says why, and `play` starts over).

    `start`: weights to begin with, instead of those of the experiment's seed. `terms`: those of
    the runs it is played together with. `where`: see `Attempt`. `recorder`: where every attempt
    that finishes an epoch is written down as it goes.
    """

    def __init__(
        self,
        experiment: Experiment,
        lease: float = LEASE,
        openings: tuple[FinalEvaluation, ...] = (),
        start: Snapshot | None = None,
        terms: LoopSettings | None = None,
        where: Callable[[], str | None] = lambda: None,
        recorder: RunLogger | None = None,
    ) -> None:
        self._name = secrets.token_hex(8)
        self._openings = openings  # of the test set, those of runs before this one included
        self._lock = threading.Lock()
        self._terms, self._where = terms or LoopSettings(lease, time.monotonic()), where
        self._recorder = recorder
        self._now = self._attempt(experiment, start)
        self.attempt = 1  # rises whenever the log begins anew
        self._closed = False

    @classmethod
    def restored(
        cls,
        saved: SavedRun,
        snapshot: Callable[[int], Snapshot],
        lease: float = LEASE,
        recorder: RunLogger | None = None,
        reason: str = "the server was restarted",
    ) -> "Run":
        """A run that shows a saved one: its log, and what weights `snapshot` finds of an epoch.

        One that had not come to its end is "lost" for the `reason`. It takes no worker before it
        is played again.
        """
        run = cls.__new__(cls)
        run._name, run._openings, run._lock = secrets.token_hex(8), (), threading.Lock()
        run._terms, run._where = LoopSettings(lease, time.monotonic()), lambda: None
        run._recorder = recorder
        run._now = Restored(saved, snapshot, run._terms, reason)
        run.attempt, run._closed = 1, False
        return run

    def _attempt(self, experiment: Experiment, start: Snapshot | None) -> TrainingLoop:
        return TrainingLoop(
            experiment, self._terms, start, self._where, AttemptLogger(self._recorder)
        )

    @property
    def saved(self) -> str | None:
        """The id of the saved run; None before the first epoch, or if nobody writes it down."""
        return self._now.record.id

    @property
    def unsaved(self) -> str:
        """Why the newest epochs are not saved, in a sentence; empty: they are, or need not be."""
        return self._now.record.unsaved

    @property
    def experiment(self) -> Experiment:
        """What is trained, changes made while it ran included."""
        return self._now.experiment

    @property
    def state(self) -> str:
        """What the run is doing."""
        return self._now.state

    @property
    def events(self) -> Log:
        """What has happened since the last reset, except Progress, of which the last one counts."""
        return self._now.log

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return self._now.epoch

    @property
    def worker(self) -> str | None:
        """The address of the worker that trains it; None if there is none yet, or no more."""
        return self._now.worker

    @property
    def progress(self) -> Progress | None:
        """Where in an epoch the run is, or was last."""
        return self._now.progress

    @property
    def start(self) -> Snapshot | None:
        """The weights it began with, where these are not the ones of its seed."""
        return self._now.start

    @property
    def latest(self) -> Snapshot | None:
        """The newest weights that are here; None until the first have arrived."""
        return self._now.latest

    @property
    def speed(self) -> float | None:
        """Epochs per second at most; None: as fast as it goes."""
        return self._terms.speed

    @speed.setter
    def speed(self, value: float | None) -> None:
        if value is not None and not value > 0:
            raise ValueError(f"speed must be above 0 epochs per second, or None, got {value}")
        self._terms.speed = value
        self._now.wake()

    @property
    def touched(self) -> float:
        """When somebody last watched, in seconds of the monotonic clock."""
        return self._terms.touched

    def touch(self) -> None:
        """Say that somebody is watching."""
        self._terms.touched = time.monotonic()

    def play(self, epochs: int | None = None) -> None:
        """Train on: to the end, or for some `epochs` (1: a step), and then pause.

        An epoch under way counts as the first. A lost run starts over; one that is over stays so.
        """
        if epochs is not None and epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        self.touch()
        with self._lock:
            if self._now.state == "lost":
                self._restart(self._now.experiment, self._now.start)
            self._now.play(None if epochs is None else self._now.epoch + epochs)

    def play_until(self, epoch: int | None) -> None:
        """Train on until `epoch` is finished, or to the end; a lost run stays lost."""
        self._now.play(epoch)

    def pause(self) -> None:
        """Stop after the slice under way, without losing anything of it."""
        self.ask_to_pause()
        self.wait(PAUSE_WAIT)

    def ask_to_pause(self) -> None:
        """Pause without waiting for the slice under way."""
        self._now.pause()

    def wake(self) -> None:
        """Look at the terms again."""
        self._now.wake()

    @property
    def over(self) -> bool:
        """Whether nothing more will happen: finished, diverged, lost or closed."""
        return self._now.over

    @property
    def settled(self) -> bool:
        """Whether nothing is under way, and all is written down."""
        return self._now.settled

    def wait(self, timeout: float | None = None) -> str:
        """Wait until the run no longer plays, or `timeout` seconds; returns the state."""
        now = self._now
        now.wait(timeout)
        return now.state

    def change(self, **changes: Any) -> None:
        """Set fields in LIVE from the next slice on; raises ValidationError if out of range."""
        for name, value in changes.items():
            if name not in TUNABLE_WHILE_TRAINING:
                rule = f"one of {', '.join(TUNABLE_WHILE_TRAINING)} while a run goes on"
                raise ValueError(f"change must be {rule}, got {name}={value}")
        self._now.change(changes)

    def reset(self, seed: int | None = None) -> None:
        """Start again: from the same initial weights, or from those of another `seed`."""
        with self._lock:
            experiment = self._now.experiment
            if seed is None:
                self._restart(experiment, self._now.start)
            else:
                self._restart(experiment.replace(seed=seed), None)

    def _restart(self, experiment: Experiment, start: Snapshot | None) -> None:
        old, self._now = self._now, self._attempt(experiment, start)
        self.attempt += 1
        old.close()
        if self._closed:
            self._now.close()

    def snapshot(self, epoch: int) -> Snapshot:
        """The weights after `epoch`, or after the nearest earlier epoch that was kept.

        Asks the worker, which answers between two slices. Raises LookupError if the run is lost.
        """
        return self._now.snapshot(epoch)

    def teach(self, x: Any, y: Any, epochs: int = 1) -> None:
        """Add labelled examples to the training data, train some `epochs` more, and pause.

        x: raw inputs as in `Part`; y: their targets. An epoch under way counts as the first. Also
        a run that is finished learns on. Raises ValueError where the examples or the run's state
        do not allow it.
        """
        x, y = checked(self.experiment.data.source, x, y)
        if not 1 <= epochs <= 1000:
            raise ValueError(f"epochs must be between 1 and 1000, got {epochs}")
        self.touch()
        self.pause()
        with self._lock:
            self._now.teach(x, y, epochs)

    def undo(self) -> None:
        """Go back to exactly where the last lesson began, log and all; what came later is lost.

        Raises ValueError if there is none, LookupError if the run is lost.
        """
        self.pause()
        with self._lock:
            self._now.undo()

    @property
    def lesson(self) -> AddedExamples | None:
        """The last lesson that was not undone."""
        return self._now.lesson

    def test(self) -> Score:
        """The score on the test examples, as `snapshot` asks for it; each time is counted."""
        now, network = self._now, self.network
        score: Score = now.ask("test")
        with self._lock:
            dataset = now.experiment.data.dataset
            self._openings += (FinalEvaluation(dataset, network, now.epoch, score),)
        return score

    @property
    def openings(self) -> tuple[FinalEvaluation, ...]:
        """Every opening of a test set so far, in order; no reset takes one away."""
        return self._openings

    @property
    def opening(self) -> FinalEvaluation | None:
        """The last opening for the network that is trained now."""
        own = [opening for opening in self._openings if opening.network == self.network]
        return own[-1] if own else None

    @property
    def network(self) -> str:
        """Which network it is: another one after every reset, and no other run's."""
        return f"{self._name} {self.attempt}"

    def close(self) -> None:
        """Stop for good and free the trainer."""
        with self._lock:
            self._closed = True
            self._now.close()


class Leased(Protocol):
    """What somebody may watch, or no longer watch: a run, or several played together."""

    @property
    def touched(self) -> float:
        """When somebody last watched, in seconds of the monotonic clock."""

    def close(self) -> None:
        """Stop for good and free all trainers."""


Held = TypeVar("Held", bound=Leased)


class Registry(Generic[Held]):
    """The runs of everybody, under unguessable keys; those long unwatched are closed."""

    def __init__(self, most: int = MOST_RUNS, forget: float = FORGET) -> None:
        self._lock = threading.Lock()
        self._runs: dict[Hashable, Held] = {}
        self._most, self._forget = most, forget

    def __len__(self) -> int:
        return len(self._runs)

    def get(self, key: Hashable) -> Held | None:
        """The run under `key`."""
        return self._runs.get(key)

    def put(self, key: Hashable, run: Held) -> None:
        """Keep `run` under `key`, in place of another one, which is closed."""
        with self._lock:
            closing = [old for k, old in self._runs.items() if k == key and old is not run]
            self._runs[key] = run
            others = sorted((k for k in self._runs if k != key), key=lambda k: self._age(k))
            for k in others[max(self._most - 1, 0) :]:
                closing.append(self._runs.pop(k))
            for k in [k for k in others if k in self._runs and self._age(k) > self._forget]:
                closing.append(self._runs.pop(k))
        for old in closing:
            old.close()

    def take(self, key: Hashable) -> Held | None:
        """Forget the run under `key` without closing it, and return it."""
        with self._lock:
            return self._runs.pop(key, None)

    def remove(self, key: Hashable) -> None:
        """Close and forget the run under `key`, if there is one."""
        with self._lock:
            run = self._runs.pop(key, None)
        if run is not None:
            run.close()

    def clear(self) -> None:
        """Close and forget all runs."""
        for key in list(self._runs):
            self.remove(key)

    def _age(self, key: Hashable) -> float:
        return time.monotonic() - self._runs[key].touched


RUNS: Registry[Run] = Registry()
