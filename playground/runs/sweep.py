"""Sweep: many runs one after another over all workers, a few at a time.

What a sweep was going to train, as text beside its saved runs: to go on after a restart.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from playground.experiment.model import FIELDS, Experiment, current_name
from playground.experiment.url import decode, encode
from playground.history.events import Diverged, Score, WorkerLost
from playground.history.history import History, history
from playground.runs import cluster
from playground.runs.cluster import spread
from playground.runs.logger import RunLogger
from playground.runs.loop import LoopSettings
from playground.runs.run import LEASE, PAUSE_WAIT, Registry, Run
from playground.storage.records import RunRow

MOST = 200  # runs of one sweep
AT_ONCE = 2  # runs a worker has at a time: one waits while the other one's answer travels
ALBUM_BYTES = 20_000_000  # of snapshots that a trainer keeps
MOST_SWEEPS = 60


@dataclass(frozen=True)
class SweepRow:
    """One run of a sweep, as a table shows it.

    `state`: "waiting", or that of the run, or "stopped". Scores are those after the last epoch;
    `best` is the validation score of the epoch with the smallest validation loss.
    """

    experiment: Experiment
    state: str
    epoch: int = 0  # finished
    train: Score | None = None
    validation: Score | None = None
    best: Score | None = None
    seconds: float = 0.0  # spent training
    reason: str = ""  # why it was lost, or what to do about a loss that is not finite
    saved: str | None = None  # the id of the saved run


class Sweep:
    """Up to 200 experiments in training, `at_once` at a time; by default two a worker.

    One that fails ends no other. A run that is over leaves only its history behind. `recorders`:
    gives for each number from 0 where that run is written down.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        recorders: Callable[[int], RunLogger | None] = lambda i: None,
        at_once: int | None = None,
        lease: float = LEASE,
    ) -> None:
        if not 1 <= len(experiments) <= MOST:
            raise ValueError(f"runs must be between 1 and {MOST}, got {len(experiments)}")
        if at_once is not None and at_once < 1:
            raise ValueError(f"at_once must be at least 1, got {at_once}")
        self.name = secrets.token_hex(8)
        self.experiments = tuple(experiments)
        self._recorders, self._at_once = recorders, at_once
        self._changed = threading.Condition(threading.RLock())
        self._terms = LoopSettings(
            lease,
            time.monotonic(),
            snapshots="none",
            album_bytes=ALBUM_BYTES,
            told=self._go_on,
        )
        self._begun = self._playing = self._stopped = False
        self._addresses: tuple[str, ...] = ()
        self._queues: list[list[int]] = []  # of each worker, numbers of experiments
        self._places: dict[int, int] = {}  # worker of each run under way
        self._runs: dict[int, Run] = {}  # under way
        self._done: dict[int, tuple[SweepRow, History]] = {}
        self._leaving: list[Run] = []  # over, but perhaps not yet written down

    # ---- what it is doing ----------------------------------------------------------------

    @property
    def state(self) -> str:
        """ "ready" (not begun), "playing", "paused", or "finished": nothing more will happen."""
        with self._changed:
            if len(self._done) == len(self.experiments):
                return "finished"
            if not self._begun:
                return "ready"
            runs = self._runs.values()
            going = any(run.state == "playing" for run in runs)
            return "playing" if going or (self._playing and not runs) else "paused"

    @property
    def rows(self) -> tuple[SweepRow, ...]:
        """Every run as it stands now, in the order of `experiments`."""
        with self._changed:
            return tuple(self._row(i) for i in range(len(self.experiments)))

    @property
    def settled(self) -> bool:
        """Whether nothing is under way, and all is written down."""
        return self.state == "finished" and not self._leaving

    def run(self, i: int) -> Run | None:
        """Run `i` while it is under way."""
        return self._runs.get(i)

    def history(self, i: int) -> History | None:
        """The finished epochs of run `i`; None before it has begun."""
        with self._changed:
            if i in self._done:
                return self._done[i][1]
            return history(self._runs[i].events) if i in self._runs else None

    @property
    def touched(self) -> float:
        """When somebody last watched, in seconds of the monotonic clock."""
        return self._terms.touched

    def touch(self) -> None:
        """Say that somebody is watching."""
        self._terms.touched = time.monotonic()

    # ---- what to do ----------------------------------------------------------------------

    def play(self) -> None:
        """Train on until all are over."""
        self.touch()
        with self._changed:
            first, self._begun, self._playing = not self._begun, True, True
            for run in self._runs.values():
                run.play_until(None)
        if first:  # not here: the workers may only be starting
            threading.Thread(target=self._begin, name="sweep", daemon=True).start()
        else:
            self._go_on()

    def pause(self) -> None:
        """Begin no more, and stop after the slices under way."""
        with self._changed:
            self._playing = False
            for run in self._runs.values():
                run.ask_to_pause()
        self.wait(PAUSE_WAIT)

    def stop(self) -> None:
        """End it for good; what has been found out stays to be seen."""
        with self._changed:
            self._begun = self._stopped = True
            for i in range(len(self.experiments)):
                if i not in self._runs and i not in self._done:
                    self._finish(i)
            for run in self._runs.values():
                run.ask_to_pause()
        self._go_on()

    def wait(self, timeout: float | None = None) -> str:
        """Wait until it no longer plays, or `timeout` seconds; returns the state."""
        with self._changed:
            self._changed.wait_for(lambda: self.state != "playing", timeout)
            return self.state

    def close(self) -> None:
        """Stop for good and free all trainers."""
        self.stop()
        with self._changed:
            for run in [*self._runs.values(), *self._leaving]:
                run.close()

    # ---- one after another ---------------------------------------------------------------

    def _begin(self) -> None:
        try:
            found = cluster.all_workers()
            places = spread(self.experiments, len(found))
        except Exception as error:  # whatever it is, nobody must wait for ever
            self._lose_all(str(error))
            return
        with self._changed:
            self._addresses, self._queues = found, [[] for _ in found]
            for i, place in enumerate(places):
                if i not in self._done:
                    self._queues[place].append(i)
        self._go_on()

    def _lose_all(self, reason: str) -> None:
        with self._changed:
            for i, experiment in enumerate(self.experiments):
                row = SweepRow(experiment, "lost", reason=reason)
                self._done.setdefault(i, (row, history(())))
            self._changed.notify_all()

    def _go_on(self) -> None:
        """Put away what is over, and begin as many others as there is room for."""
        with self._changed:
            for i, run in list(self._runs.items()):
                if run.over or (self._stopped and run.state != "playing"):
                    self._finish(i)
            for run in [run for run in self._leaving if run.settled]:
                self._leaving.remove(run)
                run.close()
            if self._playing and not self._stopped and self._watched:
                while (place := self._free()) is not None:
                    self._start(place)
            self._changed.notify_all()

    @property
    def _watched(self) -> bool:
        return time.monotonic() - self._terms.touched <= self._terms.lease

    def _free(self) -> int | None:
        """A worker with room for another run; None where there is none, or nothing to begin."""
        if not any(self._queues):
            return None
        if self._at_once is not None and len(self._runs) >= self._at_once:
            return None
        busy = list(self._places.values())
        place = min(range(len(self._queues)), key=busy.count)
        return place if busy.count(place) < AT_ONCE else None

    def _start(self, place: int) -> None:
        """Begin the next run on a worker: of its own ones, or else of whoever has most left."""
        i = (self._queues[place] or max(self._queues, key=len)).pop(0)
        address = self._addresses[place]
        try:
            recorder = self._recorders(i)
        except Exception as error:  # the others do not depend on it
            self._done[i] = SweepRow(self.experiments[i], "lost", reason=str(error)), history(())
            return
        run = Run(self.experiments[i], terms=self._terms, where=lambda: address, recorder=recorder)
        self._runs[i], self._places[i] = run, place
        run.play_until(None)

    def _finish(self, i: int) -> None:
        """Keep of run `i` what is worth keeping."""
        row, run = self._row(i), self._runs.pop(i, None)
        self._places.pop(i, None)
        past = history(run.events if run else ())
        self._done[i] = row, past
        if run is not None:
            self._leaving.append(run)
        for queue in self._queues:
            if i in queue:
                queue.remove(i)

    def _row(self, i: int) -> SweepRow:
        if i in self._done:
            return self._done[i][0]
        experiment, run = self.experiments[i], self._runs.get(i)
        if run is None:
            return SweepRow(experiment, "stopped" if self._stopped else "waiting")
        state, past = run.state, history(run.events)
        if self._stopped and not run.over:
            state = "stopped"
        last = run.events[-1] if run.events else None
        reason = last.reason if isinstance(last, WorkerLost) else ""
        reason = last.advice if isinstance(last, Diverged) else reason
        return SweepRow(
            experiment,
            state,
            len(past),
            _score(past, -1, ""),
            _score(past, -1, "val_"),
            _score(past, (past.best_epoch or 0) - 1, "val_"),
            float(past.seconds.sum()),
            reason,
            run.saved,
        )


def _score(past: History, epoch: int, kind: str) -> Score | None:
    """The score at a place of a history; `kind` "" for training, "val_" for validation."""
    loss, metric = getattr(past, f"{kind}loss"), getattr(past, f"{kind}metric")
    if not len(past) or loss is None:
        return None
    return Score(float(loss[epoch]), float(metric[epoch]))


SWEEPS: Registry[Sweep] = Registry(MOST_SWEEPS)


OVER = ("finished", "diverged")


@dataclass(frozen=True)
class Planned:
    """The fields that vary, and the link text of every run."""

    fields: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def plan_text(fields: Sequence[str], experiments: Iterable[Experiment]) -> str:
    """The plan of a sweep as text."""
    return json.dumps({"fields": list(fields), "links": [encode(each) for each in experiments]})


def planned_sweep(text: str) -> Planned:
    """What `plan_text` made; nothing at all of any other text."""
    try:
        told = json.loads(text)
        names = [current_name(name) for name in told["fields"]]
        fields = tuple(name for name in names if name in FIELDS)
        links = tuple(link for link in told["links"] if isinstance(link, str))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Planned()
    return Planned(fields, links[:MOST])


def unfinished(planned: Planned, runs: Iterable[RunRow]) -> tuple[Experiment, ...]:
    """The experiments of a plan that none of its saved runs has brought to an end.

    None if it was stopped by hand. Links that can no longer be read are left out.
    """
    states = {run.link: run.state for run in sorted(runs, key=lambda run: run.state in OVER)}
    if "stopped" in states.values() or "playing" in states.values():
        return ()
    missing = [link for link in planned.links if states.get(link) not in OVER]
    told = [decode(link) for link in missing]
    return tuple(each.experiment for each in told if not each.problems)
