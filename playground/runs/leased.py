"""Leases: work that pauses, and is finally closed, when no page watches it any more."""

import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Generic, Self, TypeVar

LEASE = inf  # seconds that work goes on after the last heartbeat
TAB_LEASE = 12.0  # …where it belongs to a tab, which may be closed
MOST_RUNS = 200
FORGET = 6 * 3600.0  # seconds after which unwatched work is closed


@dataclass(eq=False)
class LoopSettings:
    """Settings of a training loop that survive a reset; runs trained together share them.

    `snapshots`: which weights arrive without being asked for: the current ones while a page
    watches ("watched"), the last ones ("end"), or none ("none").
    """

    lease: float = LEASE
    last_seen: float = field(default_factory=time.monotonic)  # the last heartbeat
    last_kept: float = 0.0  # the last time at which a tab of its owner was open
    speed: float | None = None  # epochs per second at most
    max_epoch: int | None = None  # epoch at which the loop waits until it is raised
    snapshots: str = "watched"
    checkpoint_bytes: int | None = None  # of snapshots in the worker; None: its own limit
    on_change: Callable[[], None] = lambda: None  # after every slice and every change of state


class Leased(ABC):
    """Work with a lease, which every heartbeat renews."""

    def __init__(self, settings: LoopSettings | None = None) -> None:
        self.settings = settings or LoopSettings()
        self._changed = threading.Condition(threading.RLock())

    @property
    @abstractmethod
    def state(self) -> str:
        """ "playing" while something is under way."""

    @abstractmethod
    def close(self) -> None:
        """Stop for good and free all trainers."""

    @property
    def last_seen(self) -> float:
        """Time of the last heartbeat, on the monotonic clock."""
        return self.settings.last_seen

    @property
    def lease_left(self) -> float:
        """Seconds until the lease expires; negative afterwards."""
        last = max(self.last_seen, self.settings.last_kept)
        return last + self.settings.lease - time.monotonic()

    def heartbeat(self) -> None:
        """Renew the lease: somebody watches."""
        self.settings.last_seen = time.monotonic()

    def keep(self) -> None:
        """Renew the lease: the tab it belongs to is open, on whatever page."""
        self.settings.last_kept = time.monotonic()

    @property
    def speed(self) -> float | None:
        """Epochs per second at most, of each run; None: unlimited."""
        return self.settings.speed

    @speed.setter
    def speed(self, value: float | None) -> None:
        if value is not None and not value > 0:
            raise ValueError(f"speed must be above 0 epochs per second, or None, got {value}")
        self.settings.speed = value
        self.wake()

    def wake(self) -> None:
        """Wake all threads that wait, so that they read the settings and the state again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> str:
        """Wait until the state is no longer "playing", or `timeout` seconds; returns the state."""
        with self._changed:
            self._changed.wait_for(lambda: self.state != "playing", timeout)
            return self.state

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


Held = TypeVar("Held", bound=Leased)

REGISTRIES: "weakref.WeakSet[Registry[Any]]" = weakref.WeakSet()


class Registry(Generic[Held]):
    """Leased work of all users under unguessable keys; what is long unwatched is closed."""

    def __init__(self, most: int = MOST_RUNS, forget: float = FORGET) -> None:
        self._lock = threading.Lock()
        self._held: dict[Hashable, Held] = {}
        self._most, self._forget = most, forget
        REGISTRIES.add(self)

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> Held | None:
        """The work under `key`."""
        return self._held.get(key)

    def put(self, key: Hashable, work: Held) -> None:
        """Store `work` under `key`, with a lease; work that it replaces is closed."""
        work.settings.lease = min(work.settings.lease, TAB_LEASE)
        with self._lock:
            closing = [old for k, old in self._held.items() if k == key and old is not work]
            self._held[key] = work
            others = sorted((k for k in self._held if k != key), key=self._age)
            for i, k in enumerate(others):
                if i >= self._most - 1 or self._age(k) > self._forget:
                    closing.append(self._held.pop(k))
        for old in closing:
            old.close()

    def take(self, key: Hashable) -> Held | None:
        """Remove and return the work under `key` without closing it."""
        with self._lock:
            return self._held.pop(key, None)

    def remove(self, key: Hashable) -> None:
        """Close and remove the work under `key`, if there is any."""
        work = self.take(key)
        if work is not None:
            work.close()

    def keep(self, owner: tuple[str, ...]) -> None:
        """Renew the leases of all that is held under keys that begin with `owner`."""
        for key, work in list(self._held.items()):
            if isinstance(key, tuple) and key[: len(owner)] == owner:
                work.keep()

    def clear(self) -> None:
        """Close and remove everything."""
        for key in list(self._held):
            self.remove(key)

    def _age(self, key: Hashable) -> float:
        settings = self._held[key].settings
        return time.monotonic() - max(settings.last_seen, settings.last_kept)
