"""Room for new runs: what goes when an owner has very many."""

import time

from sqlalchemy import Connection, and_, delete, func, select, update

from playground.storage.schema import GROUPS, RUNS, WEIGHTS

DAY = 86_400.0  # seconds after which what was deleted is gone for good
MOST_RUNS = 20_000  # of an owner; the oldest without name, note or tag make room
MOST_WEIGHTS = 2_000_000_000  # bytes of an owner's snapshots; those of the oldest runs make room
MOST_IDS = 500  # in one question


def make_room(way: Connection, owner: str) -> None:
    """Remove what was deleted a day ago, the oldest of too many runs, and of too many weights."""
    for table in (RUNS, GROUPS):
        way.execute(delete(table).where(table.c.deleted < time.time() - DAY))
    own = RUNS.c.owner == owner
    sums = select(func.count(), func.sum(RUNS.c.kept)).select_from(RUNS).where(own)
    count, size = way.execute(sums).one()
    if count > MOST_RUNS:
        plain = and_(own, RUNS.c.named == "", RUNS.c.note == "", RUNS.c.tags == "[]")
        oldest = select(RUNS.c.number).where(plain).order_by(RUNS.c.number)
        doomed = way.execute(oldest.limit(min(count - MOST_RUNS, MOST_IDS))).scalars().all()
        way.execute(delete(RUNS).where(RUNS.c.number.in_(doomed)))
    empty = GROUPS.c.id.not_in(select(RUNS.c.group_id).where(own))
    old = and_(GROUPS.c.owner == owner, GROUPS.c.created < time.time() - DAY)
    way.execute(delete(GROUPS).where(old, empty))
    over = (size or 0) - MOST_WEIGHTS
    if over > 0:
        heavy = select(RUNS.c.number, RUNS.c.kept).where(own, RUNS.c.kept > 0)
        emptied = []
        for run in way.execute(heavy.order_by(RUNS.c.number).limit(MOST_IDS)):
            if over > 0:
                emptied.append(run.number)
                over -= run.kept
        way.execute(delete(WEIGHTS).where(WEIGHTS.c.run.in_(emptied)))
        way.execute(update(RUNS).where(RUNS.c.number.in_(emptied)).values(kept=0))
