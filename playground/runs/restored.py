"""An attempt out of the store: what it was can be looked at, but it trains no further."""

from collections.abc import Callable
from typing import Any

from playground.history.events import WorkerLost
from playground.history.history import Log
from playground.nn.network import Snapshot
from playground.runs.cluster import RemoteTrainer, WorkerLostError
from playground.runs.logger import ENDS
from playground.runs.loop import LoopSettings, TrainingLoop
from playground.runs.worker import TrainerError
from playground.storage.records import SavedRun, StoreError


class Restored(TrainingLoop):
    """A saved attempt; `find(epoch)` gives the weights kept at or before an epoch.

    It asks for a worker only to open the test set.
    """

    def __init__(
        self, saved: SavedRun, find: Callable[[int], Snapshot], terms: LoopSettings, reason: str
    ) -> None:
        super().__init__(saved.experiment, terms)
        self._find = find
        self.record.id = saved.id
        self._epochs = saved.kept
        self.log, self.epoch = Log(saved.events), saved.listed.epoch
        last = self.log[-1] if self.log else None
        self.state = ENDS.get(type(last), "lost")
        if self.state == "lost" and not isinstance(last, WorkerLost):
            self.log.extend([WorkerLost(self.epoch, reason)])
        try:
            self.latest = self.snapshot(self.epoch)
        except LookupError:
            self.latest = None

    def snapshot(self, epoch: int) -> Snapshot:
        """The weights after `epoch`, or the nearest kept before it."""
        nearest = max((e for e in self._epochs if e <= epoch), default=None)
        if nearest is None:
            raise LookupError("no weights of this run are kept")
        if nearest not in self._kept:
            try:
                self._kept[nearest] = self._find(nearest)
            except StoreError as error:
                raise LookupError(str(error)) from None
        return self._kept[nearest]

    def ask(self, method: str, *args: Any) -> Any:
        """The score on the test examples, from a trainer made for the purpose."""
        if method != "test" or self.latest is None:
            raise LookupError(self._reason)
        try:
            trainer = RemoteTrainer(self.experiment, self.latest)
            try:
                return trainer.call(method, *args)
            finally:
                trainer.close()
        except (WorkerLostError, TrainerError) as error:
            raise LookupError(str(error)) from None

    def teach(self, x: Any, y: Any, epochs: int) -> None:
        """Refuse: how its optimizer stood is not known any more."""
        raise ValueError("a run must be trained since the server was started to be taught")

    def _employ(self) -> None:
        self._changed.notify_all()  # it needs no thread
