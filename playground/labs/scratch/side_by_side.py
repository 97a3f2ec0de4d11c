"""Twice: the same run from scratch and by Keras, in workers, piece by piece."""

import math
import threading
import time
from collections.abc import Callable

from playground.labs.keras_calls import scratch_piece
from playground.labs.scratch.config import PIECE, RULES, Piece, ScratchPlan
from playground.runs import cluster
from playground.runs.run import LEASE, Registry

SIDES = {"scratch": "From scratch", "keras": "Keras"}
PATIENCE = 120.0  # seconds for one piece
MOST = 40  # of everybody, kept


class SideRun:
    """One side of it: the losses and accuracies so far; `state` as in `Twice`."""

    def __init__(self, plan: ScratchPlan, name: str) -> None:
        self.name = name
        self.losses: tuple[float, ...] = ()
        self.accuracies: tuple[float, ...] = ()  # on the test images, one an epoch
        self.state = "playing"
        self.reason = ""
        self._plan = plan

    def follow(self, work: Callable[..., Piece], waits: Callable[[], bool]) -> None:
        """All pieces, one after another, for as long as `waits` says to go on."""
        plan, state = self._plan, list(self._plan.weights())
        try:
            for epoch in range(plan.epochs):
                for first in range(0, plan.steps, PIECE):
                    if not waits():
                        self.state = "stopped"
                        return
                    done = work(plan, self.name, epoch, first, state)
                    state = done.state
                    self.losses += tuple(done.losses)
                    if not all(map(math.isfinite, done.losses)):
                        self.state = "diverged"
                        return
                    if done.accuracy is not None:
                        self.accuracies += (done.accuracy,)
            self.state = "finished"
        except Exception as error:
            self.reason = str(error) or type(error).__name__
            self.state = "failed"


class SideBySide:
    """A plan carried out by both sides at once, as far as Keras has the rule.

    `state`: "playing", "finished", "diverged" (a loss was not finite), "stopped", or "failed";
    nobody watching for `lease` seconds, it waits.
    """

    def __init__(self, plan: ScratchPlan, lease: float = LEASE) -> None:
        self.plan, self._lease = plan, lease
        self.touched = time.monotonic()
        self._closed = threading.Event()
        names = [name for name in SIDES if name == "scratch" or RULES[plan.rule].keras]
        self.sides = {name: SideRun(plan, name) for name in names}
        for i, side in enumerate(self.sides.values()):
            args = (side, i)
            threading.Thread(target=self._play, args=args, name="twice", daemon=True).start()

    @property
    def state(self) -> str:
        """What is worst of the sides; "playing" while one plays."""
        states = {side.state for side in self.sides.values()}
        worst = ("playing", "failed", "stopped", "diverged", "finished")
        return next(state for state in worst if state in states)

    @property
    def done(self) -> float:
        """The share of all updates, 0 to 1, of the side that is behind."""
        behind = min(len(side.losses) for side in self.sides.values())
        return behind / (self.plan.steps * self.plan.epochs)

    @property
    def difference(self) -> float | None:
        """The largest |loss from scratch − loss by Keras| / loss so far; None for one side."""
        if len(self.sides) < 2:
            return None
        ours, theirs = (side.losses for side in self.sides.values())
        return max(
            (abs(a - b) / max(b, 1e-3) for a, b in zip(ours, theirs, strict=False)), default=0.0
        )

    def touch(self) -> None:
        """Say that somebody is watching."""
        self.touched = time.monotonic()

    def close(self) -> None:
        """Stop after the pieces under way."""
        self._closed.set()

    def _play(self, side: SideRun, number: int) -> None:
        def work(*args: object) -> Piece:
            places = cluster.all_workers()
            where = [places[number % len(places)]]
            future = cluster.client().submit(
                scratch_piece, *args, pure=False, workers=where, allow_other_workers=True
            )
            piece: Piece = future.result(timeout=PATIENCE)
            return piece

        side.follow(work, self._waits)

    def _waits(self) -> bool:
        """Whether to go on, as soon as somebody watches."""
        while time.monotonic() - self.touched > self._lease:
            if self._closed.wait(0.5):
                break
        return not self._closed.is_set()


TWICES: Registry[SideBySide] = Registry(MOST)
