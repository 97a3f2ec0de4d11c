"""The same training run from scratch and by Keras at once, in workers, piece by piece."""

import math
import time

from playground.labs.scratch.config import PIECE, RULES, Piece, ScratchPlan
from playground.runs import cluster, jobs
from playground.runs.leased import LEASE, Leased, LoopSettings, Registry

SIDES = {"scratch": "From scratch", "keras": "Keras"}
SCRATCH_PIECE = "playground.labs.keras.scratch_run:piece"
MOST = 40  # runs of all users
POLL = 0.5  # seconds between two looks whether a page watches again


class SideRun:
    """Losses and accuracies of one side so far; `state` as in `SideBySide`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.losses: tuple[float, ...] = ()
        self.accuracies: tuple[float, ...] = ()  # on the test images, one an epoch
        self.state = "playing"
        self.reason = ""


class SideBySide(Leased):
    """A plan carried out by both sides at once, as far as Keras has the rule.

    `state`: "playing", "finished", "diverged" (a loss was not finite), "stopped", or "failed".
    After the lease it waits for a heartbeat.
    """

    def __init__(self, plan: ScratchPlan, lease: float = LEASE) -> None:
        super().__init__(LoopSettings(lease))
        self.plan = plan
        self._closed = False
        names = [name for name in SIDES if name == "scratch" or RULES[plan.rule].keras]
        self.sides = {name: SideRun(name) for name in names}
        for number, side in enumerate(self.sides.values()):
            jobs.start(self._train, side, number)

    @property
    def state(self) -> str:
        """The worst of the sides' states; "playing" while one plays."""
        states = {side.state for side in self.sides.values()}
        worst = ("playing", "failed", "stopped", "diverged", "finished")
        return next(state for state in worst if state in states)

    @property
    def done(self) -> float:
        """The share of all updates, 0 to 1, of the slower side."""
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

    def close(self) -> None:
        """Stop after the pieces under way."""
        self._closed = True
        self.wake()

    def _train(self, side: SideRun, number: int) -> None:
        """Train one side in the worker of its `number`, or another idle one."""
        try:
            side.state = self._all_pieces(side, number)
        except Exception as error:
            side.reason = str(error) or type(error).__name__
            side.state = "failed"
        self.wake()

    def _all_pieces(self, side: SideRun, number: int) -> str:
        state = list(self.plan.weights())
        for epoch in range(self.plan.epochs):
            for first in range(0, self.plan.steps, PIECE):
                if not self._is_watched():
                    return "stopped"
                workers = cluster.all_workers()
                near = sorted(workers)[number % len(workers)]
                piece: Piece = jobs.in_worker(
                    SCRATCH_PIECE, self.plan, side.name, epoch, first, state, near=near
                )
                state = piece.state
                side.losses += tuple(piece.losses)
                if not all(map(math.isfinite, piece.losses)):
                    return "diverged"
                if piece.accuracy is not None:
                    side.accuracies += (piece.accuracy,)
        return "finished"

    def _is_watched(self) -> bool:
        """Wait for a heartbeat after the lease; False once it is closed."""
        while self.lease_left < 0 and not self._closed:
            time.sleep(POLL)
        return not self._closed


TWICES: Registry[SideBySide] = Registry(MOST)
