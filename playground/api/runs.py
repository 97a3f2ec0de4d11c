"""Saved runs of the dashboard's database, for whoever may read the database itself."""

from collections.abc import Sequence

from playground.api.network import TrainedNetwork
from playground.storage.query import RunQuery
from playground.storage.records import RunRow
from playground.storage.store import OwnerDigest, store


def list_runs(text: str = "", datasets: Sequence[str] = ()) -> list[RunRow]:
    """The runs of all browsers in the database, the newest first.

    >>> from playground import list_runs, open_run
    >>> [open_run(row.id).history for row in list_runs("spiral")]
    []

    Every word of `text` must be in the name, the note, the label or a tag. `pandas.DataFrame` makes
    a table of them. The database is the one of the dashboard: PLAYGROUND_DATABASE_URL, or the file
    of this user.
    """
    runs, query = store(), RunQuery(text=text, datasets=datasets)
    rows = [row for owner in runs.owners() for row in runs.list_runs(owner, query)]
    return sorted(rows, key=lambda row: row.created, reverse=True)


def open_run(run: str | RunRow) -> TrainedNetwork:
    """A saved run by its id, or by its row in `list_runs`; LookupError if there is none.

    It has the weights of its last epoch if these were kept, or else those of the last epoch whose
    weights were.
    """
    id, runs = run.id if isinstance(run, RunRow) else run, store()
    owner = runs.owner_of(id)
    saved = runs.get(id, owner)
    snapshot = runs.snapshot(id, owner, saved.row.epoch) if saved.checkpoints else None
    return TrainedNetwork(
        saved.experiment, saved.events, snapshot, saved.versions, saved.row.state, saved.id
    )


def owner_of_new_runs(like: str | None = None) -> OwnerDigest:
    """Who lists the runs that Python saves: the browser that the database has runs of.

    like: the id of a run, whose browser it is where there are several. Without any browser the
    runs are nobody's, until the first browser lists its runs.
    """
    runs = store()
    if like is not None:
        return runs.owner_of(like)
    owners = [owner for owner in runs.owners() if owner]
    if len(owners) > 1:
        raise ValueError(
            f"log must be the id of a run of the browser that should list this one (see "
            f"`list_runs`), as {len(owners)} browsers have runs in the database, got True"
        )
    return owners[0] if owners else OwnerDigest("")
