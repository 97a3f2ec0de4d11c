"""A database with many saved runs."""

import secrets
from typing import Any

from sqlalchemy import select

from playground.experiment.model import Experiment
from playground.history.events import Epoch, LayerStatistics, Score
from playground.storage.schema import EPOCHS, RUNS, insert_rows
from playground.storage.serialization import rows_of
from playground.storage.store import Store

LOG = tuple(
    Epoch(i, 157 * i, Score(1 / i, 0.8), Score(1.1 / i, 0.75), 0.01, 0.15,
          (LayerStatistics(1e-3, 0.05, 1e-5, 0.1),) * 3)
    for i in range(1, 11)
)  # fmt: skip


def fill(
    store: Store,
    owner: str,
    count: int,
    epochs: int = len(LOG),
    experiment: Experiment | None = None,
) -> None:
    """Save `count` copies of a finished run of some `epochs` (at most ten) for an owner."""
    experiment, log = experiment or Experiment().replace(epochs=epochs), LOG[:epochs]
    first = store.create_run(owner, experiment)
    store.log_events(first, experiment, log, "finished", epochs)
    with store.database.writing() as connection:
        row = connection.execute(select(RUNS).where(RUNS.c.id == first)).one()
        columns: dict[str, Any] = {k: v for k, v in row._mapping.items() if k != "number"}
        copies = [columns | {"id": secrets.token_hex(16)} for _ in range(count - 1)]
        if copies:
            insert_rows(connection, RUNS, copies)
            own = select(RUNS.c.number).where(RUNS.c.owner == row.owner, RUNS.c.number > row.number)
            numbers = connection.execute(own).scalars().all()
            rows = [row for number in numbers for row in rows_of(number, log, 0)[0]]
            insert_rows(connection, EPOCHS, rows)
