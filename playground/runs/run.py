"""Run: one network in training, with its log. All methods may be called from any thread."""

import secrets
from collections.abc import Callable
from typing import Any

from playground.datasets.labelled_examples import validated_examples
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.history.events import Score
from playground.nn.network import Snapshot
from playground.runs.cluster import RemoteTrainer, WorkerLostError
from playground.runs.leased import LoopSettings, Registry
from playground.runs.logger import RunLogger
from playground.runs.loop import SavedLog, TrainingLoop
from playground.runs.worker import TrainerError
from playground.storage.records import TestEvaluation

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
    a saved run to begin with, which takes no worker before it is played again.
    """

    def __init__(
        self,
        experiment: Experiment,
        settings: LoopSettings | None = None,
        start: Snapshot | None = None,
        where: Callable[[], str | None] = lambda: None,
        logger: RunLogger | None = None,
        saved: SavedLog | None = None,
        test_evaluations: tuple[TestEvaluation, ...] = (),
    ) -> None:
        self._name = secrets.token_hex(8)
        self.test_evaluations = test_evaluations  # in order; no reset takes one away
        super().__init__(experiment, settings, start, where, logger, saved)

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
                self._reset(self.experiment, self.start)
            self.play_until(None if epochs is None else self.epoch + epochs)

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
        self._change(changes)

    def reset(self, seed: int | None = None) -> None:
        """Start again: from the same initial weights, or from those of another `seed`."""
        with self._changed:
            if seed is None:
                self._reset(self.experiment, self.start)
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
        self._fit_more(x, y, epochs)

    def undo(self) -> None:
        """Return exactly to the state before the last added examples, log and all.

        Raises ValueError if there are none, LookupError if the run is lost.
        """
        self.pause()
        self._undo_fit()

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
    def network(self) -> str:
        """The id of the network: another one after every reset, and no other run's."""
        return f"{self._name} {self.attempt}"


RUNS: Registry[Run] = Registry()
