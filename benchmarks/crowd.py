"""Many saved runs at once, to measure how long the list of them takes."""

import secrets
from typing import Any

from sqlalchemy import select

from playground.experiment.model import Experiment
from playground.history.events import Epoch, LayerStatistics, Score
from playground.storage.schema import EPOCHS, RUNS, insert_rows
from playground.storage.serialization import rows_of
from playground.storage.store import Store

LEARNT = tuple(
    Epoch(i, 157 * i, Score(1 / i, 0.8), Score(1.1 / i, 0.75), 0.01, 0.15,
          (LayerStatistics(1e-3, 0.05, 1e-5, 0.1),) * 3)
    for i in range(1, 11)
)  # fmt: skip


def fill(store: Store, owner: str, count: int, epochs: int = len(LEARNT)) -> None:
    """Save `count` runs of some `epochs` (at most ten), copies of one another, for this owner."""
    experiment, log = Experiment().replace(epochs=epochs), LEARNT[:epochs]
    first = store.create_run(owner, experiment)
    store.log_events(first, experiment, log, "finished", epochs)
    with store.database.writing() as way:
        row = way.execute(select(RUNS).where(RUNS.c.id == first)).one()
        line: dict[str, Any] = {k: v for k, v in row._mapping.items() if k != "number"}
        lines = [line | {"id": secrets.token_hex(16)} for _ in range(count - 1)]
        if lines:
            insert_rows(way, RUNS, lines)
            own = select(RUNS.c.number).where(RUNS.c.owner == row.owner, RUNS.c.id != first)
            numbers = way.execute(own).scalars().all()
            insert_rows(
                way, EPOCHS, [row for number in numbers for row in rows_of(number, log, 0)[0]]
            )
