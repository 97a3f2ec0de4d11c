"""Race: several runs trained at once, in lockstep by epoch, over all workers."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from playground.experiment.model import Experiment
from playground.history.events import Epoch
from playground.history.history import History, history
from playground.runs import cluster
from playground.runs.cluster import spread
from playground.runs.logger import RunLogger
from playground.runs.loop import LoopSettings
from playground.runs.run import LEASE, PAUSE_WAIT, Registry, Run

ALBUMS_BYTES = 400_000_000  # of all snapshots that the trainers of one race keep
BLOCK = 0.1  # seconds of training between two meetings, where epochs are shorter
CALL = 64  # epochs that the engine trains in one call where they are short
MOST_RACES = 60


@dataclass(frozen=True)
class Competitor:
    """What takes part in a race: one experiment for each seed, and what to call it."""

    label: str
    experiments: tuple[Experiment, ...]


class Race:
    """Competitors in training: nobody begins an epoch before all have finished the one before.

    Where epochs are short, they meet after blocks of epochs that take about BLOCK seconds. Those
    that are over (finished, diverged, lost, stopped) hold up nobody. `snapshots` as in `Terms`: by
    default weights come here by themselves only at the end of a run, and `run.snapshot` asks for
    others. `recorders`: gives for a competitor and a seed, both counted from 0, where that run is
    written down. All methods may be called from any thread.
    """

    def __init__(
        self,
        competitors: Sequence[Competitor],
        recorders: Callable[[int, int], RunLogger | None] = lambda i, seed: None,
        lease: float = LEASE,
        snapshots: str = "end",
    ) -> None:
        if not any(competitor.experiments for competitor in competitors):
            raise ValueError("competitors must be at least one experiment, got none")
        self.name = secrets.token_hex(8)
        self.competitors = tuple(competitors)
        self._lock = threading.Lock()
        self._stopped: frozenset[int] = frozenset()
        self._begun = False
        self._placing = threading.Lock()
        self._addresses: list[str] | None = None
        n = sum(len(competitor.experiments) for competitor in competitors)
        self._terms = LoopSettings(
            lease,
            time.monotonic(),
            ceiling=1,
            snapshots=snapshots,
            album_bytes=ALBUMS_BYTES // n,
            told=self._meet,
        )
        self.runs: tuple[tuple[Run, ...], ...] = ()
        made, number = [], count()
        for i, competitor in enumerate(self.competitors):
            each = enumerate(competitor.experiments)
            made.append(tuple(self._run(e, next(number), recorders(i, seed)) for seed, e in each))
        self.runs = tuple(made)

    def _run(self, experiment: Experiment, number: int, recorder: RunLogger | None) -> Run:
        return Run(
            experiment,
            terms=self._terms,
            where=lambda: self._address(number),
            recorder=recorder,
        )

    # ---- what it is doing ----------------------------------------------------------------

    @property
    def state(self) -> str:
        """ "ready" (not begun), "playing", "paused", or "finished": all are over."""
        living = self._living
        if not living:
            return "finished"
        if any(run.state == "playing" for run in living):
            return "playing"
        return "paused" if self._begun else "ready"

    @property
    def states(self) -> tuple[str, ...]:
        """Of each competitor: the state of its runs, "stopped", or "playing" while one plays."""
        return tuple(self._state(i) for i in range(len(self.runs)))

    def _state(self, i: int) -> str:
        states = {run.state for run in self.runs[i]}
        if i in self._stopped:
            unfinished = states & {"ready", "playing", "paused"}
            return "stopped" if unfinished else _worst(states)
        for state in ("playing", "paused", "ready"):
            if state in states:
                return state
        return _worst(states)

    @property
    def epoch(self) -> int:
        """Epochs that all have finished who are still in the race, or the last of all."""
        living = [run.epoch for run in self._living]
        return min(living) if living else max(run.epoch for run in self._all)

    @property
    def epochs(self) -> int:
        """Epochs of the longest run."""
        return max(run.experiment.training.epochs for run in self._all)

    def histories(self) -> tuple[tuple[History, ...], ...]:
        """The finished epochs of every run, as `runs` are ordered."""
        return tuple(tuple(history(run.events) for run in runs) for runs in self.runs)

    @property
    def touched(self) -> float:
        """When somebody last watched, in seconds of the monotonic clock."""
        return self._terms.touched

    def touch(self) -> None:
        """Say that somebody is watching."""
        self._terms.touched = time.monotonic()

    @property
    def speed(self) -> float | None:
        """Epochs per second at most, of each run; None: as fast as it goes."""
        return self._terms.speed

    @speed.setter
    def speed(self, value: float | None) -> None:
        if value is not None and not value > 0:
            raise ValueError(f"speed must be above 0 epochs per second, or None, got {value}")
        self._terms.speed = value
        self._wake()

    # ---- what to do ----------------------------------------------------------------------

    def play(self, epochs: int | None = None) -> None:
        """Train on: to the end, or for some `epochs` (1: a step), and then pause.

        An epoch that some have finished and others have not counts as the first: all come to
        stand at the same one.
        """
        if epochs is not None and epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        self.touch()
        with self._lock:
            living = self._living
            if not living:
                return
            until = None
            if epochs is not None:
                done = [run.epoch for run in living]
                until = max(done) + epochs - (min(done) < max(done))
            self._begun = True
            for run in living:
                run.play_until(until)
        self._meet()

    def pause(self) -> None:
        """Stop after the slices under way, without losing anything of them."""
        for run in self._all:
            run.ask_to_pause()
        self.wait(PAUSE_WAIT)

    def wait(self, timeout: float | None = None) -> str:
        """Wait until none plays, or `timeout` seconds; returns the state."""
        end = None if timeout is None else time.monotonic() + timeout
        for run in self._all:
            run.wait(None if end is None else max(end - time.monotonic(), 0.0))
        return self.state

    def stop(self, i: int | None = None) -> None:
        """End competitor `i`, or all, for good; what they have learnt so far stays to be seen."""
        with self._lock:
            these = range(len(self.runs)) if i is None else [range(len(self.runs))[i]]
            self._stopped |= frozenset(these)
            for run in (run for each in these for run in self.runs[each]):
                run.ask_to_pause()
        self._meet()

    def reset(self) -> None:
        """Start again, all of them, from the same first weights."""
        with self._lock:
            self._stopped, self._begun, self._terms.ceiling = frozenset(), False, 1
            with self._placing:
                self._addresses = None
            for run in self._all:
                run.reset()

    def close(self) -> None:
        """Stop for good and free all trainers."""
        with self._lock:
            for run in self._all:
                run.close()

    # ---- keeping together ----------------------------------------------------------------

    @property
    def _all(self) -> Iterator[Run]:
        return (run for runs in self.runs for run in runs)

    @property
    def _living(self) -> list[Run]:
        """The runs still in the race."""
        there = (runs for i, runs in enumerate(self.runs) if i not in self._stopped)
        return [run for runs in there for run in runs if not run.over]

    def _meet(self) -> None:
        """Let all go on as soon as the last one has come to where the others wait."""
        with self._lock:
            living, ceiling = self._living, self._terms.ceiling or 1
            reached = min((run.epoch for run in living), default=0)
            if reached < ceiling:
                return
            self._terms.ceiling = reached + self._block(living)
        self._wake()

    def _block(self, living: Sequence[Run]) -> int:
        """Epochs until the next meeting."""
        seconds = sum(_seconds(run) for run in living) / max(len(set(self._addresses or "1")), 1)
        block = int(BLOCK / seconds) if seconds > 0 else 1
        if block > CALL // 8:  # fewer than CALL take nearly as long as CALL
            block = max(block - block % CALL, CALL)
        if self._terms.speed is not None:
            block = min(block, int(BLOCK * self._terms.speed))
        return max(block, 1)

    def _wake(self) -> None:
        for run in self._all:
            run.wake()

    def _address(self, number: int) -> str | None:
        """The worker for a run, by its number in the race."""
        with self._placing:
            if self._addresses is None:
                found = cluster.all_workers()
                each = [e for competitor in self.competitors for e in competitor.experiments]
                places = spread(each, len(found))
                self._addresses = [found[place] for place in places]
            return self._addresses[number]


def _seconds(run: Run) -> float:
    """What the last epoch of a run took; 0 before there is one."""
    for event in reversed(run.events):
        if isinstance(event, Epoch):
            return event.seconds
    return 0.0


def _worst(states: set[str]) -> str:
    return next(state for state in ("lost", "diverged", "finished") if state in states)


RACES: Registry[Race] = Registry(MOST_RACES)
