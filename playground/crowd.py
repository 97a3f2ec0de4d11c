"""Many saved runs at once, to measure how long the list of them takes."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select

from playground.database import EPOCHS, RUNS
from playground.events import Epoch, LayerStatistics, Score
from playground.experiment import Experiment
from playground.rows import rows_of
from playground.store import Store

LEARNT = tuple(
    Epoch(i, 157 * i, Score(1 / i, 0.8), Score(1.1 / i, 0.75), 0.01, 0.15,
          (LayerStatistics(1e-3, 0.05, 1e-5, 0.1),) * 3)
    for i in range(1, 11)
)  # fmt: skip


def fill(store: Store, owner: str, count: int) -> None:
    """Save `count` runs of ten epochs, copies of one another, for this owner."""
    experiment = Experiment().change(epochs=len(LEARNT))
    first = store.begin(owner, experiment)
    store.write(first, experiment, LEARNT, "finished", len(LEARNT))
    with store.database.writing() as way:
        row = way.execute(select(RUNS).where(RUNS.c.id == first)).one()
        line: dict[str, Any] = {k: v for k, v in row._mapping.items() if k != "number"}
        ids = [secrets.token_hex(16) for _ in range(count - 1)]
        if ids:
            way.execute(insert(RUNS), [line | {"id": id, "created": time.time()} for id in ids])
            numbers = select(RUNS.c.number).where(RUNS.c.owner == row.owner, RUNS.c.id != first)
            made = list(way.execute(numbers).scalars())
            way.execute(insert(EPOCHS), list(_epochs(made)))


def _epochs(numbers: list[int]) -> Iterator[dict[str, Any]]:
    for number in numbers:
        yield from rows_of(number, LEARNT, 0)[0]
