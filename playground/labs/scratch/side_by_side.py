"""The same training run from scratch and by Keras at once, in workers, chunk by chunk."""

import math
import time

from playground.labs.scratch.config import CHUNK, SCRATCH_OPTIMIZERS, Chunk, ScratchConfig
from playground.runs import cluster, jobs
from playground.runs.leased import LEASE, Leased, LoopSettings, Registry

SIDES = {"scratch": "From scratch", "keras": "Keras"}
TRAIN_CHUNK = "playground.labs.keras.scratch_run:train_chunk"
MOST = 40  # runs of all users
POLL_SECONDS = 0.5  # while no page watches


class SideRun:
    """Losses and accuracies of one side so far; `state` as in `SideBySide`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.losses: tuple[float, ...] = ()
        self.accuracies: tuple[float, ...] = ()  # on the test images, one an epoch
        self.state = "playing"
        self.reason = ""


class SideBySide(Leased):
    """Both sides of a run at once; only one where Keras does not have the optimizer.

    `state`: "playing", "finished", "diverged" (a loss was not finite), "stopped", or "failed".
    After the lease it waits for a heartbeat.
    """

    def __init__(self, config: ScratchConfig, lease: float = LEASE) -> None:
        super().__init__(LoopSettings(lease))
        self.config = config
        self._closed = False
        names = [
            name
            for name in SIDES
            if name == "scratch" or SCRATCH_OPTIMIZERS[config.optimizer].keras
        ]
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
    def progress(self) -> float:
        """Progress of the slower side, 0 to 1."""
        behind = min(len(side.losses) for side in self.sides.values())
        return behind / (self.config.steps * self.config.epochs)

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
        """Stop after the chunks under way."""
        self._closed = True
        self.wake()

    def _train(self, side: SideRun, number: int) -> None:
        """Train one side in the worker of its `number`, or another idle one."""
        try:
            side.state = self._all_chunks(side, number)
        except Exception as error:
            side.reason = str(error) or type(error).__name__
            side.state = "failed"
        self.wake()

    def _all_chunks(self, side: SideRun, number: int) -> str:
        state = list(self.config.initial_weights())
        for epoch in range(self.config.epochs):
            for first in range(0, self.config.steps, CHUNK):
                if not self._is_watched():
                    return "stopped"
                workers = cluster.all_workers()
                near = sorted(workers)[number % len(workers)]
                chunk: Chunk = jobs.in_worker(
                    TRAIN_CHUNK, self.config, side.name, epoch, first, state, near=near
                )
                state = chunk.state
                side.losses += tuple(chunk.losses)
                if not all(map(math.isfinite, chunk.losses)):
                    return "diverged"
                if chunk.accuracy is not None:
                    side.accuracies += (chunk.accuracy,)
        return "finished"

    def _is_watched(self) -> bool:
        """Wait for a heartbeat after the lease; False once it is closed."""
        while self.lease_left < 0 and not self._closed:
            time.sleep(POLL_SECONDS)
        return not self._closed


SIDE_BY_SIDE: Registry[SideBySide] = Registry(MOST)
