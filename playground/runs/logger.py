"""Writing down a run while it goes on: every finished epoch before anybody is told of it.

A database that fails never stops the training: it is tried again, with all that it missed.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.experiment.model import Experiment
from playground.history.events import Diverged, Epoch, Event, Finished, WorkerLost
from playground.history.history import Log, history
from playground.nn.network import Snapshot
from playground.storage.records import StoreError
from playground.storage.store import Store

TRY_AGAIN = 5.0  # seconds until a database that failed is tried again; twice as long each time
LONGEST_WAIT = 60.0  # …at most
SIGN = 10.0  # seconds after which a run that plays says that it is still there
REST = 0.3  # seconds that a pause lasts before it is written down: steps follow one another
MOST_SNAPSHOTS = {"train": 6, "race": 2, "overfitting": 3, "sweep": 1}  # of a run of each kind
MOST_BYTES = 12_000_000  # of a run's snapshots
SNAPSHOT_SHARE = 50  # …while it plays, one no sooner than this many times what the last one took
SNAPSHOT_EVERY = 5.0  # seconds at least

# How a run stands after the last of its events.
ENDS: dict[type, str] = {Finished: "finished", Diverged: "diverged", WorkerLost: "lost"}


@dataclass(frozen=True)
class RunLogger:
    """Where a run's attempts are written down, and as what."""

    store: Store
    owner: str
    tab: str = ""
    kind: str = "train"
    group: str = ""
    label: str = ""

    @property
    def most_snapshots(self) -> int:
        """Of how many epochs the weights are kept."""
        return MOST_SNAPSHOTS.get(self.kind, 2)

    def begin(self, experiment: Experiment) -> str:
        """A new saved run; its id."""
        return self.store.begin(self.owner, experiment, self.kind, self.group, self.label, self.tab)


class AttemptLogger:
    """One attempt of a run as it is written down; nothing is before its first epoch.

    `id` is that of the saved run, None as long as there is none. `unsaved` says in a sentence why
    the newest epochs are not kept; empty: they are.
    """

    def __init__(self, recorder: RunLogger | None) -> None:
        self.id: str | None = None
        self.unsaved = ""
        self._recorder = recorder
        self._lock = threading.RLock()
        self._position = 0  # events of the log that are in the database
        self._state, self._epoch = "ready", 0  # as they are there
        self._experiment: Experiment | None = None
        self._written = self._again = 0.0  # by the monotonic clock
        self._failures = 0  # one after the other
        self._kept: tuple[int, ...] = ()  # epochs of which the weights are there
        self._newest: tuple[int, str] | None = None  # epoch and state of the last of them
        self._next_snapshot = time.monotonic() + SNAPSHOT_EVERY / 2
        self._since: float | None = None  # when there was something to write down

    def due(self, state: str, log: Log, experiment: Experiment) -> float | None:
        """Seconds until a run that stands still so is to be written down; None: it is."""
        if self._recorder is None or (self.id is None and not _has_epoch(log)):
            return None
        there = (self._position, self._state, self._newest) == (
            len(log),
            state,
            (self._epoch, state),
        )
        if there and experiment == self._experiment:
            return None
        now = time.monotonic()
        self._since = self._since or now
        rest = REST if state == "paused" else 0.0
        return max(self._since + rest, self._again) - now

    def write(
        self,
        experiment: Experiment,
        log: Log,
        events: Sequence[Event],
        state: str,
        epoch: int,
    ) -> None:
        """Write down `events`, which will follow `log`, and whatever was missed before."""
        with self._lock:
            now = time.monotonic()
            if self._recorder is None or now < self._again:
                return
            missing = [*log[self._position :], *events]
            if self.id is None and not _has_epoch(missing):
                return
            state = ENDS.get(type(missing[-1]), state) if missing else state
            self._since = None
            same = not missing and (state, epoch) == (self._state, self._epoch)
            if same and experiment == self._experiment and now < self._written + SIGN:
                return
            try:
                self._send(experiment, missing, state, epoch)
            except LookupError:  # somebody has removed it: it is written anew
                self.id, self._position, self._kept = None, 0, ()
                self._again = now
            except StoreError as error:
                self._fail(error)
            else:
                self._position += len(missing)
                self._state, self._epoch, self._experiment = state, epoch, experiment
                self._written, self._failures, self.unsaved = now, 0, ""

    def _send(self, experiment: Experiment, events: list[Event], state: str, epoch: int) -> None:
        assert self._recorder is not None  # noqa: S101
        if self.id is None:
            self.id = self._recorder.begin(experiment)
        self._recorder.store.write(self.id, experiment, events, state, epoch, self._position)

    def _fail(self, error: StoreError) -> None:
        # Waiting for a database costs time to train: less and less often.
        self._again = time.monotonic() + min(TRY_AGAIN * 2**self._failures, LONGEST_WAIT)
        self._failures = min(self._failures + 1, 10)
        self.unsaved = f"{error} Training goes on, but this run is not being saved."

    def cut(self, length: int) -> None:
        """The log has become shorter: what stood behind `length` events is to go."""
        with self._lock:
            if length < self._position:
                self._position, self._state = length, "cut"
                self._kept, self._newest = (), None

    def is_silent(self) -> bool:
        """Whether a run that plays should say that it is still there."""
        now = time.monotonic()
        return self.id is not None and now >= max(self._written + SIGN, self._again)

    def is_time(self) -> bool:
        """Whether a run that plays should have its weights kept."""
        now = time.monotonic()
        return self.id is not None and now >= max(self._next_snapshot, self._again)

    def keep(
        self,
        log: Log,
        epoch: int,
        state: str,
        newest: Snapshot | None,
        fetch: Callable[[int], Snapshot],
    ) -> None:
        """Keep the weights of some epochs: few while it plays, a whole choice when it stands still.

        newest: the weights after `epoch`, if they are here; any others come from `fetch`.
        """
        began = time.monotonic()
        with self._lock:
            if self._recorder is None or self.id is None or began < self._again:
                return
            self._newest = (epoch, state)  # if the worker is gone there is nothing to wait for
            best = history(log).best_epoch
            first = newest or fetch(epoch)
            most = max(1, min(self._recorder.most_snapshots, MOST_BYTES // max(first.nbytes, 1)))
            wanted = chosen(epoch, best, most)
            if state == "playing":
                wanted = wanted[:3]
            there = {e for e in self._kept if e <= epoch}
            found = {first.epoch: first}
            for each in wanted:
                if each not in there | found.keys():
                    other = fetch(each)
                    found.setdefault(other.epoch, other)
            stay = [e for e in [*wanted, *sorted(there)] if e in there and e not in found]
            stay = stay[: max(most - len(found), 0)]
            try:
                self._recorder.store.keep(self.id, found.values(), stay)
            except LookupError:
                self.id, self._position, self._newest = None, 0, None
            except StoreError as error:
                self._fail(error)
                self._newest = None
            else:
                self._kept = (*stay, *found)
            taken = time.monotonic() - began
            self._next_snapshot = began + taken + max(SNAPSHOT_EVERY, SNAPSHOT_SHARE * taken)


def chosen(epoch: int, best: int | None, most: int) -> tuple[int, ...]:
    """The `most` epochs, best first, whose weights are worth keeping after `epoch` epochs.

    The newest, the best, the first (before training), then others evenly between.
    """
    order = [epoch, epoch if best is None else best, 0]
    order += [round(epoch * share) for share in (0.5, 0.25, 0.75, 0.125)]
    return tuple(dict.fromkeys(order))[:most]


def _has_epoch(events: Sequence[Event]) -> bool:
    return any(isinstance(event, Epoch) for event in events)
