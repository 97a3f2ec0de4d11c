"""Sweep: many runs one after another over all workers, a few at a time.

What a sweep was going to train, as text beside its saved runs: to go on after a restart.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from playground.experiment.model import Experiment, require_experiment
from playground.history.events import Diverged, Score, WorkerLost
from playground.history.history import History, history
from playground.nn.format import truncate
from playground.runs import cluster, jobs
from playground.runs.cluster import spread
from playground.runs.leased import LEASE, Leased, LoopSettings, Registry
from playground.runs.logger import RunLogger
from playground.runs.run import PAUSE_WAIT, Run

MOST = 200  # runs of one sweep
AT_ONCE = 2  # runs a worker has at a time: one waits while the other one's answer travels
CHECKPOINT_BYTES = 20_000_000  # of snapshots that a trainer keeps
MOST_SWEEPS = 60


@dataclass(frozen=True)
class SweepRow:
    """One run of a sweep, as a table shows it.

    `state`: "waiting", or that of the run, or "stopped". Scores are the last ones;
    `best` is the validation score of the epoch with the smallest validation loss.
    """

    experiment: Experiment
    state: str
    epoch: int = 0  # finished
    train: Score | None = None
    validation: Score | None = None
    best: Score | None = None
    seconds: float = 0.0  # of training and validation
    reason: str = ""  # why it was lost, or what to do about a loss that is not finite
    saved: str | None = None  # the id of the saved run


class Sweep(Leased):
    """Up to 200 experiments in training, `at_once` at a time; by default two a worker.

    One that fails ends no other. Of a run that is over only the history is kept. `loggers`: the
    logger of each run, by its number from 0.
    """

    FEWEST = 1  # runs

    def __init__(
        self,
        experiments: Sequence[Experiment],
        loggers: Callable[[int], RunLogger | None] = lambda i: None,
        at_once: int | None = None,
        lease: float = LEASE,
    ) -> None:
        if not isinstance(experiments, Sequence):
            rule = "a list of them, such as `random_search(…).experiments`"
            raise TypeError(f"experiments must be {rule}, got {truncate(experiments)}")
        for experiment in experiments:
            require_experiment(experiment, "experiments")
        if not self.FEWEST <= len(experiments) <= MOST:
            raise ValueError(f"runs must be between 1 and {MOST}, got {len(experiments)}")
        if at_once is not None and at_once < 1:
            raise ValueError(f"at_once must be at least 1, got {at_once}")
        super().__init__(
            LoopSettings(
                lease,
                snapshots="none",
                checkpoint_bytes=CHECKPOINT_BYTES,
                on_change=self._schedule,
            )
        )
        self.name = secrets.token_hex(8)
        self.experiments = tuple(experiments)
        self._loggers, self._at_once = loggers, at_once
        self._begun = self._playing = self._stopped = False
        self._addresses: tuple[str, ...] = ()
        self._queues: list[list[int]] = []  # of each worker, numbers of experiments
        self._places: dict[int, int] = {}  # worker of each run under way
        self._runs: dict[int, Run] = {}  # under way
        self._done: dict[int, tuple[SweepRow, History]] = {}
        self._closing: list[Run] = []  # over, but perhaps not yet written down

    def __repr__(self) -> str:
        return f"<Sweep {self.state}: {len(self._done)} of {len(self.experiments)} runs over>"

    # ---- state ---------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """ "ready" (not begun), "playing", "paused", or "finished": nothing more will happen."""
        with self._changed:
            if len(self._done) == len(self.experiments):
                return "finished"
            if not self._begun:
                return "ready"
            going = [run for run in self._runs.values() if not run.over]
            begins = self._playing and not going and self.lease_left >= 0  # others, in a moment
            playing = begins or any(run.state == "playing" for run in going)
            return "playing" if playing else "paused"

    @property
    def rows(self) -> tuple[SweepRow, ...]:
        """Every run as it stands now, in the order of `experiments`."""
        with self._changed:
            return tuple(self._row(i) for i in range(len(self.experiments)))

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and all is written down."""
        return self.state == "finished" and not self._closing

    def run(self, i: int) -> Run | None:
        """Run `i` while it is under way."""
        return self._runs.get(i)

    def history(self, i: int) -> History | None:
        """The finished epochs of run `i`; None before it has begun."""
        with self._changed:
            if i in self._done:
                return self._done[i][1]
            return history(self._runs[i].events) if i in self._runs else None

    # ---- controls ------------------------------------------------------------------------

    def play(self) -> None:
        """Train on until all are over."""
        self.heartbeat()
        with self._changed:
            first, self._begun, self._playing = not self._begun, True, True
            for run in self._runs.values():
                run.play_until(None)
        if first:  # not here: the workers may only be starting
            jobs.start(self._begin)
        else:
            self._schedule()

    def pause(self) -> None:
        """Begin no more, and stop after the slices under way."""
        with self._changed:
            self._playing = False
            for run in self._runs.values():
                run.request_pause()
        self.wait(PAUSE_WAIT)

    def stop(self) -> None:
        """End it for good; its rows and histories stay."""
        with self._changed:
            self._begun = self._stopped = True
            for i in range(len(self.experiments)):
                if i not in self._runs and i not in self._done:
                    self._finish(i)
            for run in self._runs.values():
                run.request_pause()
        self._schedule()

    def close(self) -> None:
        """Stop for good and free all trainers."""
        self.stop()
        with self._changed:
            for run in [*self._runs.values(), *self._closing]:
                run.close()

    # ---- scheduling ----------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            addresses = cluster.all_workers()
            places = spread(self.experiments, len(addresses))
        except Exception as error:  # whatever it is, no page must wait for ever
            self._lose_all(str(error))
            return
        with self._changed:
            self._addresses, self._queues = addresses, [[] for _ in addresses]
            for i, place in enumerate(places):
                if i not in self._done:
                    self._queues[place].append(i)
        self._schedule()

    def _lose_all(self, reason: str) -> None:
        with self._changed:
            for i, experiment in enumerate(self.experiments):
                row = SweepRow(experiment, "lost", reason=reason)
                self._done.setdefault(i, (row, history(())))
            self._changed.notify_all()

    def _schedule(self) -> None:
        """Remove the runs that are over, and begin as many others as the workers have room for."""
        with self._changed:
            for i, run in list(self._runs.items()):
                if run.over or (self._stopped and run.state != "playing"):
                    self._finish(i)
            for run in [run for run in self._closing if run.idle]:
                self._closing.remove(run)
                run.close()
            if self._playing and not self._stopped and self.lease_left >= 0:
                while (place := self._free()) is not None:
                    self._start(place)
            self._changed.notify_all()

    def _free(self) -> int | None:
        """A worker with room for another run; None without one, or if all runs have begun."""
        if not any(self._queues):
            return None
        if self._at_once is not None and len(self._runs) >= self._at_once:
            return None
        busy = list(self._places.values())
        place = min(range(len(self._queues)), key=busy.count)
        return place if busy.count(place) < AT_ONCE else None

    def _start(self, place: int) -> None:
        """Begin the next run of a worker's queue, or else of the longest queue."""
        i = (self._queues[place] or max(self._queues, key=len)).pop(0)
        address = self._addresses[place]
        try:
            logger = self._loggers(i)
        except Exception as error:  # the others do not depend on it
            self._done[i] = SweepRow(self.experiments[i], "lost", reason=str(error)), history(())
            return
        run = Run(self.experiments[i], self.settings, where=lambda: address, logger=logger)
        self._runs[i], self._places[i] = run, place
        run.play_until(None)

    def _finish(self, i: int) -> None:
        """Keep the row and the history of run `i`."""
        row, run = self._row(i), self._runs.pop(i, None)
        self._places.pop(i, None)
        columns = history(run.events if run else ())
        self._done[i] = row, columns
        if run is not None:
            self._closing.append(run)
        for queue in self._queues:
            if i in queue:
                queue.remove(i)

    def _row(self, i: int) -> SweepRow:
        if i in self._done:
            return self._done[i][0]
        experiment, run = self.experiments[i], self._runs.get(i)
        if run is None:
            return SweepRow(experiment, "stopped" if self._stopped else "waiting")
        state, columns = run.state, history(run.events)
        validated = columns.validated
        best = int(np.searchsorted(validated.epoch, columns.best_epoch or 0))
        if self._stopped and not run.over:
            state = "stopped"
        last = run.events[-1] if run.events else None
        reason = last.reason if isinstance(last, WorkerLost) else ""
        reason = last.advice if isinstance(last, Diverged) else reason
        return SweepRow(
            experiment,
            state,
            len(columns),
            _score(columns, -1, ""),
            _score(validated, -1, "val_"),
            _score(validated, best, "val_"),
            float(columns.training_seconds()[-1]) if len(columns) else 0.0,
            reason,
            run.saved,
        )


def _score(columns: History, row: int, kind: str) -> Score | None:
    """The score in a row of a history; `kind` "" for training, "val_" for validation."""
    loss, metric = getattr(columns, f"{kind}loss"), getattr(columns, f"{kind}metric")
    if not len(columns) or loss is None:
        return None
    return Score(float(loss[row]), float(metric[row]))


SWEEPS: Registry[Sweep] = Registry(MOST_SWEEPS)
