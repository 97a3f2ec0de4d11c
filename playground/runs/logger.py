"""Loggers of runs: every finished epoch is in the database before any page shows it.

A database that fails never stops the training: everything missed is written when it works again.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.experiment.model import Experiment
from playground.history.events import Diverged, Epoch, Event, Finished, WorkerLost
from playground.history.history import Log, history
from playground.nn.network import Snapshot
from playground.storage.records import SavedState, StoreError, TestEvaluation
from playground.storage.store import Store

RETRY = 5.0  # seconds until a database that failed is tried again; twice as long each time
LONGEST_RETRY = 60.0  # …at most
HEARTBEAT = 10.0  # seconds after which a playing run without new epochs is written down as alive
REST = 0.3  # seconds that a pause lasts before it is written down: steps follow one another
MOST_SNAPSHOTS = {"train": 6, "race": 2, "overfitting": 3, "sweep": 1}  # of a run of each kind
MOST_BYTES = 12_000_000  # of a run's snapshots
SNAPSHOT_SHARE = 50  # …while it plays, one no sooner than this many times what the last one took
SNAPSHOT_EVERY = 5.0  # seconds at least

# The state after the last event of a run.
ENDS: dict[type, str] = {Finished: "finished", Diverged: "diverged", WorkerLost: "lost"}


@dataclass(frozen=True)
class RunLogger:
    """Where the attempts of a run are written, and their kind, group and label there."""

    store: Store
    owner: str
    tab: str = ""
    kind: str = "train"
    group: str = ""
    label: str = ""

    @property
    def most_snapshots(self) -> int:
        """The number of epochs whose weights are saved."""
        return MOST_SNAPSHOTS.get(self.kind, 2)

    def create_run(self, experiment: Experiment) -> str:
        """Create a saved run and return its id."""
        return self.store.create_run(
            self.owner, experiment, self.kind, self.group, self.label, self.tab
        )


class AttemptLogger:
    """Persists one training attempt; its saved run is created after the first epoch.

    `id` is that of the saved run, None as long as there is none. `unsaved` says in a sentence why
    the newest epochs are not saved; empty: they are.
    """

    def __init__(self, logger: RunLogger | None) -> None:
        self.id: str | None = None
        self.unsaved = ""
        self._logger = logger
        self._lock = threading.RLock()
        self._position = 0  # events of the log that are in the database
        self._state, self._epoch = "ready", 0  # as they are there
        self._experiment: Experiment | None = None
        self._written = self._retry = 0.0  # last write and earliest next one, monotonic clock
        self._failures = 0  # one after the other
        self._saved_epochs: tuple[int, ...] = ()  # whose weights are there
        self._newest: tuple[int, str] | None = None  # epoch and state of the last of them
        self._saved_state: SavedState | None = None
        self._next_snapshot = time.monotonic() + SNAPSHOT_EVERY / 2
        self._pending_since: float | None = None  # when there was something to write

    def due(self, state: str, log: Log, experiment: Experiment) -> float | None:
        """Seconds until a run that does not play is to be written; None: it is."""
        if self._logger is None or (self.id is None and not _has_epoch(log)):
            return None
        written = (self._position, self._state, self._newest)
        if written == (len(log), state, (self._epoch, state)) and experiment == self._experiment:
            return None
        now = time.monotonic()
        self._pending_since = self._pending_since or now
        rest = REST if state == "paused" else 0.0
        return max(self._pending_since + rest, self._retry) - now

    def log_events(
        self, experiment: Experiment, log: Log, events: Sequence[Event], state: str, epoch: int
    ) -> None:
        """Write `events`, which will follow `log`, and whatever was missed before."""
        with self._lock:
            now = time.monotonic()
            if self._logger is None or now < self._retry:
                return
            missing = [*log[self._position :], *events]
            if self.id is None and not _has_epoch(missing):
                return
            state = ENDS.get(type(missing[-1]), state) if missing else state
            self._pending_since = None
            same = not missing and (state, epoch) == (self._state, self._epoch)
            if same and experiment == self._experiment and now < self._written + HEARTBEAT:
                return
            try:
                if self.id is None:
                    self.id = self._logger.create_run(experiment)
                self._logger.store.log_events(
                    self.id, experiment, missing, state, epoch, self._position
                )
            except LookupError:  # it was deleted: it is written anew
                self.id, self._position, self._saved_epochs = None, 0, ()
                self._retry = now
            except StoreError as error:
                self._fail(error)
            else:
                self._position += len(missing)
                self._state, self._epoch, self._experiment = state, epoch, experiment
                self._written, self._failures, self.unsaved = now, 0, ""

    def _fail(self, error: StoreError) -> None:
        # Waiting for a database costs time to train: less and less often.
        self._retry = time.monotonic() + min(RETRY * 2**self._failures, LONGEST_RETRY)
        self._failures = min(self._failures + 1, 10)
        self.unsaved = f"{error} Training goes on, but this run is not being saved."

    def continue_from(self, id: str, written: int, length: int) -> None:
        """Continue the saved run `id`, of whose `written` events the first `length` stay."""
        self.id, self._position = id, written
        self.truncate(length)

    @property
    def has_state(self) -> bool:
        """Whether a state of the trainer is saved, or nothing is."""
        return self._saved_state is not None or self.id is None

    def save_state(self, state: SavedState | None) -> None:
        """Save the state of the trainer, or remove an earlier one."""
        with self._lock:
            if self._logger is None or self._logger.kind != "train" or self.id is None:
                return
            if state is not None and len(state.content) > MOST_BYTES:
                state = None
            if state is not self._saved_state:
                with contextlib.suppress(LookupError, StoreError):  # training starts over then
                    self._logger.store.save_state(self.id, state)
                self._saved_state = state

    def log_test_evaluation(self, evaluation: TestEvaluation) -> None:
        """Record an evaluation on the test set."""
        if self._logger is not None:
            with contextlib.suppress(StoreError):  # the epochs say that nothing is saved
                self._logger.store.add_test_evaluation(
                    self._logger.owner, self._logger.tab, evaluation
                )

    def truncate(self, length: int) -> None:
        """Let the next write remove the events behind the first `length`."""
        with self._lock:
            if length < self._position:
                self._position, self._state = length, "truncated"
                self._saved_epochs, self._newest = (), None

    def is_silent(self) -> bool:
        """Whether a playing run is due to be written as alive."""
        now = time.monotonic()
        return self.id is not None and now >= max(self._written + HEARTBEAT, self._retry)

    def is_snapshot_due(self) -> bool:
        """Whether the weights of a playing run are due to be saved."""
        now = time.monotonic()
        return self.id is not None and now >= max(self._next_snapshot, self._retry)

    def save_snapshots(
        self,
        log: Log,
        epoch: int,
        state: str,
        newest: Snapshot | None,
        fetch: Callable[[int], Snapshot],
    ) -> None:
        """Save the weights of some epochs: few while the run plays, all of `chosen` afterwards.

        newest: the weights after `epoch`, if they are here; any others come from `fetch`.
        """
        began = time.monotonic()
        with self._lock:
            if self._logger is None or self.id is None or began < self._retry:
                return
            self._newest = (epoch, state)  # if the worker is gone there is nothing to wait for
            best = history(log).best_epoch
            first = newest or fetch(epoch)
            most = max(1, min(self._logger.most_snapshots, MOST_BYTES // max(first.nbytes, 1)))
            wanted = chosen(epoch, best, most)
            if state == "playing":
                wanted = wanted[:3]
            saved = {e for e in self._saved_epochs if e <= epoch}
            new = {first.epoch: first}
            for e in wanted:
                if e not in saved | new.keys():
                    snapshot = fetch(e)
                    new.setdefault(snapshot.epoch, snapshot)
            stay = [e for e in [*wanted, *sorted(saved)] if e in saved and e not in new]
            stay = stay[: max(most - len(new), 0)]
            try:
                self._logger.store.save_checkpoints(self.id, new.values(), stay)
            except LookupError:
                self.id, self._position, self._newest = None, 0, None
            except StoreError as error:
                self._fail(error)
                self._newest = None
            else:
                self._saved_epochs = (*stay, *new)
            seconds = time.monotonic() - began
            self._next_snapshot = began + seconds + max(SNAPSHOT_EVERY, SNAPSHOT_SHARE * seconds)


def chosen(epoch: int, best: int | None, most: int) -> tuple[int, ...]:
    """The `most` epochs, best first, whose weights are worth saving after `epoch` epochs.

    The last, the best, the first (before training), then others evenly between.
    """
    order = [epoch, epoch if best is None else best, 0]
    order += [round(epoch * share) for share in (0.5, 0.25, 0.75, 0.125)]
    return tuple(dict.fromkeys(order))[:most]


def _has_epoch(events: Sequence[Event]) -> bool:
    return any(isinstance(event, Epoch) for event in events)
