"""Saved runs of all owners in a database, each visible to its owner only.

Owners are unguessable ids of browsers, stored as digests. A run of another owner raises the same
LookupError as one that does not exist.
"""

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from math import isfinite, nan
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from playground.experiment.model import Experiment, explain
from playground.history.environment import versions
from playground.history.events import Event, Score
from playground.history.history import Log
from playground.nn.format import truncate
from playground.nn.network import Snapshot
from playground.storage import serialization
from playground.storage.query import (
    MAX_TAGS,
    ROW,
    RunFacets,
    RunQuery,
    is_alive,
    process,
    run_group,
    run_rows,
)
from playground.storage.records import (
    RunGroup,
    RunRow,
    SavedRun,
    SavedState,
    StoreError,
    TestEvaluation,
)
from playground.storage.retention import MAX_IDS, enforce_limits
from playground.storage.schema import (
    DETAILS,
    EPOCHS,
    EVENTS,
    GROUPS,
    RUNS,
    STATES,
    TEST_EVALUATIONS,
    WEIGHTS,
    Database,
    database_url,
    insert_rows,
)

MAX_NAME = 200  # characters
MAX_NOTE = 10_000
MAX_TAG = 50
ARCHIVE = b"PK"  # how a state begins
RETENTION_INTERVAL = 50  # new runs between two checks of the limits
GONE = "there is no such run"
ALL = RunQuery()

# Executed after every slice of training: built once.
_OF_RUN = (
    "number", "events", "task", "link", "val_loss", "val_metric", "best_metric", "seconds",
    "compile_seconds",
)  # fmt: skip
_RUN = select(*(RUNS.c[name] for name in _OF_RUN)).where(RUNS.c.id == bindparam("of"))
_UPDATE = update(RUNS).where(RUNS.c.number == bindparam("of"))
_TRUNCATE = [
    delete(table).where(table.c.run == bindparam("of"), table.c.position >= bindparam("first"))
    for table in (EPOCHS, EVENTS)
]


class OwnerDigest(str):
    """An owner as the database knows them; whoever reads the database can act as every owner."""


def store() -> "Store":
    """The store of the database in PLAYGROUND_DATABASE_URL, or of the user's own file."""
    return _store(database_url())


@lru_cache(maxsize=8)
def _store(url: str) -> "Store":
    return Store(url)


class Store:
    """Runs in the database at `url`, connected to at first use.

    Every method raises StoreError, with one sentence for a page, when the database fails.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    # ---- during training -----------------------------------------------------------------

    def create_run(
        self,
        owner: str,
        experiment: Experiment,
        kind: str = "train",
        group: str = "",
        label: str = "",
        tab: str = "",
    ) -> str:
        """A new run without epochs; returns its unguessable id."""
        now = time.time()
        row = {
            "id": secrets.token_hex(16), "owner": digest(owner), "tab": digest(tab), "kind": kind,
            "group_id": group, "label": label[:200], "named": "", "note": "", "tags": "[]",
            "state": "playing", "process": process(), "events": 0, "epoch": 0, "seconds": 0.0,
            "kept": 0, "created": now, "written": now, **serialization.columns_of(experiment),
        }  # fmt: skip
        details = {"experiment": experiment.model_dump_json(), "versions": json.dumps(versions())}
        with self.database.writing() as connection:
            key = connection.execute(insert(RUNS).values(row)).inserted_primary_key
            number = key[0] if key else None
            connection.execute(insert(DETAILS).values(run=number, **details))
            if number is None or number % RETENTION_INTERVAL == 0:
                enforce_limits(connection, row["owner"])
        return str(row["id"])

    def log_events(
        self,
        id: str,
        experiment: Experiment,
        events: Sequence[Event],
        state: str,
        epoch: int,
        at: int | None = None,
    ) -> None:
        """Append `events` to the log, or replace what follows its first `at` events.

        Raises LookupError if there is no such run.
        """
        with self.database.writing() as connection:
            run = connection.execute(_RUN, {"of": id}).one_or_none()
            if run is None:
                raise LookupError(GONE)
            first = run.events if at is None else min(at, run.events)
            if first < run.events:
                for statement in _TRUNCATE:
                    connection.execute(statement, {"of": run.number, "first": first})
            epochs, others = serialization.rows_of(run.number, events, first)
            for table, rows in ((EPOCHS, epochs), (EVENTS, others)):
                if rows:
                    insert_rows(connection, table, rows)
            values: dict[str, Any] = {
                "of": run.number, "state": state, "epoch": epoch, "events": first + len(events),
                "written": time.time(), "process": process(),
            }  # fmt: skip
            if first < run.events:
                values |= serialization.columns_of_all_epochs(connection, run.number, run.task)
            elif epochs:
                values |= serialization.columns_of_new_epochs(epochs, run)
            columns = serialization.columns_of(experiment)
            if columns["link"] != run.link:
                values |= columns
                details = update(DETAILS).where(DETAILS.c.run == run.number)
                connection.execute(details.values(experiment=experiment.model_dump_json()))
            connection.execute(_UPDATE, values)

    def save_checkpoints(
        self, id: str, snapshots: Iterable[Snapshot], keep: Iterable[int] = ()
    ) -> None:
        """Save the finite weights of `snapshots`; keep only those and the ones of epochs `keep`.

        Raises LookupError if there is no such run.
        """
        contents = {s.epoch: serialization.weights_of(s) for s in snapshots}
        new = {epoch: content for epoch, content in contents.items() if content is not None}
        with self.database.writing() as connection:
            number = connection.execute(select(RUNS.c.number).where(RUNS.c.id == id)).scalar()
            if number is None:
                raise LookupError(GONE)
            replaced = WEIGHTS.c.epoch.not_in({*keep, *new}) | WEIGHTS.c.epoch.in_(list(new))
            connection.execute(delete(WEIGHTS).where(WEIGHTS.c.run == number, replaced))
            rows = [
                {"run": number, "epoch": e, "size": len(c), "content": c} for e, c in new.items()
            ]
            if rows:
                connection.execute(insert(WEIGHTS), rows)
            size = select(func.coalesce(func.sum(WEIGHTS.c.size), 0)).where(WEIGHTS.c.run == number)
            total = connection.execute(size).scalar_one()
            connection.execute(update(RUNS).where(RUNS.c.number == number).values(kept=total))

    def save_state(self, id: str, state: SavedState | None) -> None:
        """Save the state of a trainer, or none, in place of an earlier one.

        Raises LookupError if there is no such run.
        """
        with self.database.writing() as connection:
            number = connection.execute(select(RUNS.c.number).where(RUNS.c.id == id)).scalar()
            if number is None:
                raise LookupError(GONE)
            connection.execute(delete(STATES).where(STATES.c.run == number))
            if state is None:
                return
            row = {"run": number, **asdict(state)}
            connection.execute(insert(STATES).values(row))

    def state(self, id: str, owner: str) -> SavedState | None:
        """The saved state of a run of this owner; None without one that this version can read."""
        own = and_(RUNS.c.id == id, RUNS.c.owner == digest(owner), RUNS.c.deleted.is_(None))
        with self.database.reading() as connection:
            row = connection.execute(select(STATES).join(RUNS).where(own)).one_or_none()
        if row is None or row.content[:2] != ARCHIVE:  # earlier versions saved a pickle
            return None
        return SavedState(row.epoch, row.events, row.content)

    def add_test_evaluation(self, owner: str, tab: str, evaluation: TestEvaluation) -> None:
        """Record an evaluation on the test set of a tab."""
        score = {name: getattr(evaluation.score, name) for name in ("loss", "metric", "penalty")}
        row = {
            "owner": digest(owner), "tab": digest(tab), "dataset": evaluation.dataset,
            "network": evaluation.network, "epoch": evaluation.epoch,
            **{name: value if isfinite(value) else None for name, value in score.items()},
        }  # fmt: skip
        with self.database.writing() as connection:
            connection.execute(insert(TEST_EVALUATIONS).values(row))

    def test_evaluations(self, owner: str, tab: str) -> tuple[TestEvaluation, ...]:
        """All evaluations on test sets of a tab, in order."""
        table = TEST_EVALUATIONS.c
        own = and_(table.owner == digest(owner), table.tab == digest(tab))
        with self.database.reading() as connection:
            statement = select(TEST_EVALUATIONS).where(own).order_by(table.number)
            rows = connection.execute(statement).all()
        return tuple(
            TestEvaluation(
                row.dataset, row.network, row.epoch,
                Score(*(nan if n is None else n for n in (row.loss, row.metric, row.penalty))),
            )
            for row in rows
        )  # fmt: skip

    # ---- for an owner --------------------------------------------------------------------

    def list_runs(
        self, owner: str, query: RunQuery = ALL, limit: int | None = None, offset: int = 0
    ) -> list[RunRow]:
        """The owner's runs that match, in order: all, or `limit` of them from `offset` on."""
        with self.database.reading() as connection:
            matching = select(*ROW).where(self._matching(connection, owner, query))
            ordered = matching.order_by(*query.order_by()).limit(limit).offset(offset or None)
            return run_rows(connection.execute(ordered).all())

    def count(self, owner: str, query: RunQuery = ALL) -> int:
        """How many of the owner's runs match."""
        with self.database.reading() as connection:
            matching = self._matching(connection, owner, query)
            statement = select(func.count()).select_from(RUNS).where(matching)
            return int(connection.execute(statement).scalar_one())

    def facets(self, owner: str) -> RunFacets:
        """What the owner's runs can be filtered by."""
        own = _own(owner)
        with self.database.reading() as connection:
            datasets = connection.execute(
                select(RUNS.c.dataset, func.max(RUNS.c.link), func.count())
                .where(own)
                .group_by(RUNS.c.dataset)
            ).all()
            tags = connection.execute(
                select(RUNS.c.tags).where(own, RUNS.c.tags != "[]").distinct()
            ).scalars()
            names = {tag for body in tags for tag in serialization.texts(body, MAX_TAGS)}
        playing = self.count(owner, RunQuery(states=["playing"])) > 0
        return RunFacets(
            total=sum(count for _, _, count in datasets),
            playing=playing,
            datasets={str(name): str(link) for name, link, _ in datasets if name},
            tags=tuple(sorted(names, key=str.casefold)),
        )

    def _matching(self, connection: Connection, owner: str, query: RunQuery) -> Any:
        alive: list[str] = []
        if query.states:
            playing = select(RUNS.c.process).where(_own(owner), RUNS.c.state == "playing")
            names = connection.execute(playing.distinct()).scalars()
            alive = [name for name in names if isinstance(name, str) and is_alive(name)]
        return and_(_own(owner), query.where(alive))

    def get(self, id: str, owner: str) -> SavedRun:
        """A whole run of this owner; LookupError if there is none."""
        return self._saved(and_(RUNS.c.id == id, RUNS.c.owner == digest(owner)))

    def last(self, owner: str, tab: str, kind: str = "train") -> SavedRun | None:
        """The run that was started last in this tab."""
        in_tab = and_(_own(owner), RUNS.c.tab == digest(tab), RUNS.c.kind == kind)
        newest = select(RUNS.c.id).where(in_tab).order_by(RUNS.c.number.desc()).limit(1)
        with self.database.reading() as connection:
            id = connection.execute(newest).scalar()
        return None if id is None else self.get(id, owner)

    def snapshot(self, id: str, owner: str, epoch: int) -> Snapshot:
        """The weights after `epoch`, or the nearest checkpoint before it; LookupError without."""
        return self._weights(and_(RUNS.c.id == id, RUNS.c.owner == digest(owner)), epoch)

    def rename(self, id: str, owner: str, name: str) -> None:
        """Name a run, in at most 200 characters; an empty name restores the generated one."""
        text = " ".join(name.split())
        self._change([id], owner, named=_checked("name", text, MAX_NAME))

    def set_note(self, id: str, owner: str, note: str) -> None:
        """Set the note of a run, of at most 10,000 characters."""
        self._change([id], owner, note=_checked("note", note.strip(), MAX_NOTE))

    def set_tags(self, id: str, owner: str, tags: Sequence[str]) -> None:
        """Set the tags of a run: at most 20, of at most 50 characters."""
        names = list(dict.fromkeys(" ".join(tag.split()) for tag in tags))
        names = [_checked("a tag", tag, MAX_TAG) for tag in names if tag]
        if len(names) > MAX_TAGS:
            raise ValueError(f"tags must be at most {MAX_TAGS}, got {len(names)}")
        self._change([id], owner, tags=json.dumps(names, ensure_ascii=False))

    def delete(self, ids: Iterable[str], owner: str) -> None:
        """Delete runs; for a day `restore` brings them back."""
        self._change(ids, owner, deleted=time.time())

    def restore(self, ids: Iterable[str], owner: str) -> None:
        """Restore deleted runs; LookupError if one of them is gone for good."""
        self._change(ids, owner, deleted=None)

    def share(self, id: str, owner: str) -> str:
        """The token with which anybody can view this run, and only this one."""
        mine = and_(_own(owner), RUNS.c.id == id)
        with self.database.writing() as connection:
            fresh = update(RUNS).where(mine, RUNS.c.share.is_(None))
            connection.execute(fresh.values(share=secrets.token_hex(16)))
            token = connection.execute(select(RUNS.c.share).where(mine)).scalar()
        if token is None:
            raise LookupError(GONE)
        return str(token)

    def unshare(self, id: str, owner: str) -> None:
        """Revoke the token."""
        self._change([id], owner, share=None)

    def shared(self, token: str) -> SavedRun:
        """The run of a token, read-only; LookupError if there is none."""
        return self._saved(RUNS.c.share == token)

    # ---- for whoever may read the database -----------------------------------------------

    def owners(self) -> list[OwnerDigest]:
        """All owners of runs, the one with the newest run first; "" are runs of nobody."""
        newest = func.max(RUNS.c.number).desc()
        listed = select(RUNS.c.owner).where(RUNS.c.deleted.is_(None))
        with self.database.reading() as connection:
            rows = connection.execute(listed.group_by(RUNS.c.owner).order_by(newest)).scalars()
            return [OwnerDigest(row) for row in rows]

    def owner_of(self, id: str) -> OwnerDigest:
        """The owner of a run; LookupError if there is no such run."""
        found = select(RUNS.c.owner).where(RUNS.c.id == id, RUNS.c.deleted.is_(None))
        with self.database.reading() as connection:
            owner = connection.execute(found).scalar()
        if owner is None:
            raise LookupError(f"{GONE}, got {id}")
        return OwnerDigest(owner)

    def adopt(self, owner: str) -> None:
        """Make the runs of nobody, saved before any browser was there, those of `owner`."""
        of_nobody = RUNS.c.owner == ""
        with self.database.reading() as connection:
            found = connection.execute(select(RUNS.c.id).where(of_nobody).limit(1)).scalar()
        if found is not None:
            with self.database.writing() as connection:
                connection.execute(update(RUNS).where(of_nobody).values(owner=digest(owner)))

    # ---- groups --------------------------------------------------------------------------

    def create_group(self, owner: str, kind: str, title: str, plan: str, tab: str = "") -> str:
        """A new group of runs with any text as `plan`; returns its unguessable id."""
        row = {
            "id": secrets.token_hex(16), "owner": digest(owner), "tab": digest(tab), "kind": kind,
            "title": title[:300], "plan": plan, "created": time.time(),
        }  # fmt: skip
        with self.database.writing() as connection:
            connection.execute(insert(GROUPS).values(row))
        return str(row["id"])

    def groups(self, owner: str, kind: str | None = None, tab: str | None = None) -> list[RunGroup]:
        """The owner's groups, the newest first; of a kind, or started in a tab."""
        matching = select(GROUPS).where(GROUPS.c.owner == digest(owner), GROUPS.c.deleted.is_(None))
        if kind is not None:
            matching = matching.where(GROUPS.c.kind == kind)
        if tab is not None:
            matching = matching.where(GROUPS.c.tab == digest(tab))
        with self.database.reading() as connection:
            rows = connection.execute(matching.order_by(GROUPS.c.number.desc())).all()
        return [run_group(row) for row in rows]

    # ---- shared parts --------------------------------------------------------------------

    def _saved(self, which: Any) -> SavedRun:
        with self.database.reading() as connection:
            rows = select(*ROW, RUNS.c.number).where(which, RUNS.c.deleted.is_(None))
            row = connection.execute(rows).one_or_none()
            if row is None:
                raise LookupError(GONE)
            of_details = select(DETAILS).where(DETAILS.c.run == row.number)
            details = connection.execute(of_details).one_or_none()
            epochs, events = (
                connection.execute(
                    select(t).where(t.c.run == row.number).order_by(t.c.position)
                ).all()
                for t in (EPOCHS, EVENTS)
            )
            of_weights = select(WEIGHTS.c.epoch).where(WEIGHTS.c.run == row.number)
            weights = connection.execute(of_weights.order_by(WEIGHTS.c.epoch)).scalars().all()
        experiment = _experiment(details and details.experiment)
        log = Log(serialization.log_of(epochs, events, len(experiment.layer_sizes) - 1))
        trained_with = serialization.versions_of(details and details.versions)
        return SavedRun(run_rows([row])[0], experiment, log, trained_with, tuple(weights))

    def _weights(self, which: Any, epoch: int) -> Snapshot:
        nearest = (
            select(DETAILS.c.experiment, WEIGHTS.c.epoch, WEIGHTS.c.content)
            .select_from(RUNS.join(DETAILS).join(WEIGHTS, WEIGHTS.c.run == RUNS.c.number))
            .where(which, RUNS.c.deleted.is_(None), WEIGHTS.c.epoch <= epoch)
            .order_by(WEIGHTS.c.epoch.desc())
        )
        with self.database.reading() as connection:
            row = connection.execute(nearest.limit(1)).one_or_none()
        if row is None:
            raise LookupError("no weights of this run are kept")
        return serialization.snapshot_of(_experiment(row.experiment), row.epoch, row.content)

    def _change(self, ids: Iterable[str], owner: str, **values: Any) -> None:
        wanted = list(dict.fromkeys(ids))
        with self.database.writing() as connection:
            for i in range(0, len(wanted), MAX_IDS):
                some = wanted[i : i + MAX_IDS]
                mine = and_(RUNS.c.id.in_(some), RUNS.c.owner == digest(owner))
                # Not `rowcount`: some databases count only the rows whose values became others.
                count = select(func.count()).select_from(RUNS).where(mine)
                if connection.execute(count).scalar_one() != len(some):
                    raise LookupError(GONE)
                connection.execute(update(RUNS).where(mine).values(values))


def digest(secret: str) -> str:
    """What is stored of a secret id; empty for an empty one."""
    if isinstance(secret, OwnerDigest):
        return str(secret)
    return sha256(secret.encode()).hexdigest() if secret else ""


def _own(owner: str) -> Any:
    return and_(RUNS.c.owner == digest(owner), RUNS.c.deleted.is_(None))


def _experiment(body: Any) -> Experiment:
    try:
        return Experiment.model_validate_json(body or "null")
    except ValidationError as error:
        raise StoreError(f"This run cannot be read: {'; '.join(explain(error))}.") from None


def _checked(name: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise ValueError(f"{name} must be at most {limit:,} characters, got {len(text):,}")
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(f"{name} must be text, got {truncate(text)}")
    return text
