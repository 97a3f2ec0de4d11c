"""The snapshots of a run, thinned so that they never take more than a fixed amount of memory."""

import bisect

from playground.nn.network import Snapshot

MAX_BYTES = 200 * 2**20
MAX_COUNT = 500


class CheckpointBuffer:
    """Snapshots at every `stride`-th epoch; the stride doubles whenever they become too many.

    The first one (before training) and the newest are always kept, and one between them, also
    where they take more than `max_bytes`.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.stride = 1
        self.kept: dict[int, Snapshot] = {}

    def add(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`; its epoch is the newest."""
        newest = max(self.kept, default=0)
        if newest % self.stride:
            del self.kept[newest]
        self.kept[snapshot.epoch] = snapshot
        most = max(3, min(MAX_COUNT, self.max_bytes // max(snapshot.nbytes, 1)))
        while len(self.kept) > most:
            self.stride *= 2
            last = snapshot.epoch
            self.kept = {e: s for e, s in self.kept.items() if e % self.stride == 0 or e == last}

    def copy(self) -> "CheckpointBuffer":
        """Another album with the same snapshots."""
        other = CheckpointBuffer(self.max_bytes)
        other.stride, other.kept = self.stride, dict(self.kept)
        return other

    def nearest(self, epoch: int) -> Snapshot:
        """The newest one kept that is not after `epoch`."""
        epochs = list(self.kept)
        return self.kept[epochs[max(bisect.bisect_right(epochs, epoch) - 1, 0)]]
