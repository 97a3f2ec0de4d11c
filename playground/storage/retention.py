"""Retention: deletes old runs and checkpoints of an owner beyond the limits."""

import time

from sqlalchemy import Connection, and_, delete, func, select, update

from playground.storage.schema import GROUPS, RUNS, STATES, WEIGHTS

DAY = 86_400.0  # seconds until a deletion is final
MAX_RUNS = 20_000  # of an owner; the oldest without name, note or tag are deleted
MAX_WEIGHT_BYTES = 2_000_000_000  # of an owner's checkpoints; those of the oldest runs are deleted
MAX_STATES = 20  # newest runs of an owner from whose state training can continue
MAX_IDS = 500  # in one statement


def enforce_limits(connection: Connection, owner: str) -> None:
    """Remove what was deleted a day ago, excess runs, empty groups and excess checkpoints."""
    for table in (RUNS, GROUPS):
        connection.execute(delete(table).where(table.c.deleted < time.time() - DAY))
    own = RUNS.c.owner == owner
    sums = select(func.count(), func.sum(RUNS.c.kept)).select_from(RUNS).where(own)
    count, size = connection.execute(sums).one()
    if count > MAX_RUNS:
        plain = and_(own, RUNS.c.named == "", RUNS.c.note == "", RUNS.c.tags == "[]")
        oldest = select(RUNS.c.number).where(plain).order_by(RUNS.c.number)
        excess = connection.execute(oldest.limit(min(count - MAX_RUNS, MAX_IDS))).scalars().all()
        connection.execute(delete(RUNS).where(RUNS.c.number.in_(excess)))
    empty = GROUPS.c.id.not_in(select(RUNS.c.group_id).where(own))
    old = and_(GROUPS.c.owner == owner, GROUPS.c.created < time.time() - DAY)
    connection.execute(delete(GROUPS).where(old, empty))
    newest = select(RUNS.c.number).where(own).order_by(RUNS.c.number.desc()).limit(MAX_STATES)
    numbers = connection.execute(newest).scalars().all()
    if len(numbers) == MAX_STATES:
        older = select(RUNS.c.number).where(own, RUNS.c.number < numbers[-1])
        connection.execute(delete(STATES).where(STATES.c.run.in_(older)))
    excess_bytes = (size or 0) - MAX_WEIGHT_BYTES
    if excess_bytes > 0:
        heavy = select(RUNS.c.number, RUNS.c.kept).where(own, RUNS.c.kept > 0)
        emptied = []
        for run in connection.execute(heavy.order_by(RUNS.c.number).limit(MAX_IDS)):
            if excess_bytes > 0:
                emptied.append(run.number)
                excess_bytes -= run.kept
        connection.execute(delete(WEIGHTS).where(WEIGHTS.c.run.in_(emptied)))
        connection.execute(update(RUNS).where(RUNS.c.number.in_(emptied)).values(kept=0))
