"""The columns of a saved run that follow from what it is and from its epochs.

Store: the runs of everybody in a database, each for its owner's eyes only.

Owners are unguessable ids of browsers, of which only a digest is kept. Whoever asks for a run of
somebody else gets the same LookupError as for one that never was.
"""

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from playground.experiment.model import Experiment, explain
from playground.experiment.model_summary import run_name, summary
from playground.experiment.url import encode
from playground.history.events import Event
from playground.history.history import Log
from playground.nn.format import truncate
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot
from playground.storage import serialization
from playground.storage.query import LINE, MOST_TAGS, Alive, grouped, listed, process
from playground.storage.records import RunGroup, RunRow, SavedRun, StoreError
from playground.storage.retention import MOST_IDS, make_room
from playground.storage.schema import (
    DETAILS,
    EPOCHS,
    EVENTS,
    GROUPS,
    RUNS,
    WEIGHTS,
    Database,
    add,
    usual_url,
)

SCORES = ("loss", "metric", "val_loss", "val_metric")
PACKAGES = ("keras", "tensorflow", "numpy", "mlp-playground")


@cache
def versions() -> str:
    """The programs that train, as JSON."""
    found = {"python": python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from its folder, or workers elsewhere
            continue
    return json.dumps(found)


@lru_cache(maxsize=64)
def described(experiment: Experiment) -> dict[str, Any]:
    """The columns that follow from an experiment."""
    return {
        "generated": run_name(experiment)[:300],
        "link": encode(experiment),
        "dataset": experiment.data.dataset,
        "task": experiment.data.source.task,
        "epochs": experiment.training.epochs,
        "parameters": summary(experiment).parameters,
    }


def scores_of(epochs: list[serialization.Row], run: Any) -> dict[str, Any]:
    """The columns that follow from new epochs."""
    if not epochs:
        return {}
    seen = [row["val_metric"] for row in epochs if row["val_metric"] is not None]
    seen += [] if run.best_metric is None else [run.best_metric]
    best = max if run.task == CLASSIFICATION else min
    return {name: epochs[-1][name] for name in SCORES} | {
        "seconds": run.seconds + sum(row["seconds"] for row in epochs),
        "best_metric": best(seen) if seen else None,
    }


def sums_of(way: Connection, number: int, task: str) -> dict[str, Any]:
    """The same columns from all epochs there are."""
    best = func.max if task == CLASSIFICATION else func.min
    asked = select(func.sum(EPOCHS.c.seconds), best(EPOCHS.c.val_metric))
    seconds, metric = way.execute(asked.where(EPOCHS.c.run == number)).one()
    newest = (
        select(*(EPOCHS.c[name] for name in SCORES))
        .where(EPOCHS.c.run == number)
        .order_by(EPOCHS.c.position.desc())
    )
    last = way.execute(newest.limit(1)).one_or_none()
    values = last._mapping if last else dict.fromkeys(SCORES)
    return {**values, "seconds": seconds or 0.0, "best_metric": metric}


LONGEST_NAME = 200
LONGEST_NOTE = 10_000
LONGEST_TAG = 50
MAKE_ROOM_EVERY = 50  # runs
GONE = "there is no such run"


# `Store.list` hides the name inside the class.
Lines = list[RunRow]
Groups = list[RunGroup]

# Asked after every slice of training: made once.
_RUN = select(
    *(RUNS.c[name] for name in ("number", "events", "task", "link", "best_metric", "seconds"))
).where(RUNS.c.id == bindparam("of"))
_UPDATE = update(RUNS).where(RUNS.c.number == bindparam("of"))
_CUTS = [
    delete(table).where(table.c.run == bindparam("of"), table.c.position >= bindparam("first"))
    for table in (EPOCHS, EVENTS)
]


def store() -> "Store":
    """The store of the database that PLAYGROUND_DATABASE_URL names, or the user's own file."""
    return _store(usual_url())


@lru_cache(maxsize=8)
def _store(url: str) -> "Store":
    return Store(url)


class Store:
    """Runs in the database at `url`, which is reached when it is first asked.

    Every method raises StoreError, with one sentence for a page, when the database fails.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    # ---- while a run goes on -------------------------------------------------------------

    def begin(
        self,
        owner: str,
        experiment: Experiment,
        kind: str = "train",
        group: str = "",
        label: str = "",
        tab: str = "",
    ) -> str:
        """A new run without any epoch; returns its unguessable id."""
        now = time.time()
        row = {
            "id": secrets.token_hex(16), "owner": digest(owner), "tab": digest(tab), "kind": kind,
            "group_id": group, "label": label[:200], "named": "", "note": "", "tags": "[]",
            "state": "playing", "process": process(), "events": 0, "epoch": 0, "seconds": 0.0,
            "kept": 0, "created": now, "written": now, **described(experiment),
        }  # fmt: skip
        with self.database.writing() as way:
            key = way.execute(insert(RUNS).values(row)).inserted_primary_key
            number = key[0] if key else None
            about = {"experiment": experiment.model_dump_json(), "versions": versions()}
            way.execute(insert(DETAILS).values(run=number, **about))
            if number is None or number % MAKE_ROOM_EVERY == 0:
                make_room(way, row["owner"])
        return str(row["id"])

    def write(
        self,
        id: str,
        experiment: Experiment,
        events: Sequence[Event],
        state: str,
        epoch: int,
        at: int | None = None,
    ) -> None:
        """Put `events` behind the first `at` of the log (None: behind all), what followed is gone.

        Raises LookupError if there is no such run.
        """
        with self.database.writing() as way:
            run = way.execute(_RUN, {"of": id}).one_or_none()
            if run is None:
                raise LookupError(GONE)
            first = run.events if at is None else min(at, run.events)
            if first < run.events:
                for cut in _CUTS:
                    way.execute(cut, {"of": run.number, "first": first})
            epochs, others = serialization.rows_of(run.number, events, first)
            for table, new in ((EPOCHS, epochs), (EVENTS, others)):
                if new:
                    add(way, table, new)
            values: dict[str, Any] = {
                "of": run.number, "state": state, "epoch": epoch, "events": first + len(events),
                "written": time.time(), "process": process(),
            }  # fmt: skip
            if first < run.events:
                values |= sums_of(way, run.number, run.task)
            else:
                values |= scores_of(epochs, run)
            about = described(experiment)
            if about["link"] != run.link:
                values |= about
                kept = update(DETAILS).where(DETAILS.c.run == run.number)
                way.execute(kept.values(experiment=experiment.model_dump_json()))
            way.execute(_UPDATE, values)

    def keep(self, id: str, snapshots: Iterable[Snapshot], only: Iterable[int] = ()) -> None:
        """Keep weights, and those of the epochs `only`, and no others; not if they are not finite.

        Raises LookupError if there is no such run.
        """
        contents = {s.epoch: serialization.weights_of(s) for s in snapshots}
        new = {epoch: content for epoch, content in contents.items() if content is not None}
        wanted = {*only, *new}
        with self.database.writing() as way:
            number = way.execute(select(RUNS.c.number).where(RUNS.c.id == id)).scalar()
            if number is None:
                raise LookupError(GONE)
            gone = and_(
                WEIGHTS.c.run == number,
                WEIGHTS.c.epoch.not_in(wanted) | WEIGHTS.c.epoch.in_(list(new)),
            )
            way.execute(delete(WEIGHTS).where(gone))
            made = [
                {"run": number, "epoch": e, "size": len(c), "content": c} for e, c in new.items()
            ]
            if made:
                way.execute(insert(WEIGHTS), made)
            size = select(func.coalesce(func.sum(WEIGHTS.c.size), 0)).where(WEIGHTS.c.run == number)
            total = way.execute(size).scalar_one()
            way.execute(update(RUNS).where(RUNS.c.number == number).values(kept=total))

    # ---- what an owner asks --------------------------------------------------------------

    def list(self, owner: str, group: str | None = None) -> Lines:
        """The owner's runs, the newest first: all, or those of a group."""
        own = and_(RUNS.c.owner == digest(owner), RUNS.c.deleted.is_(None))
        if group is not None:
            own = and_(own, RUNS.c.group_id == group)
        with self.database.reading() as way:
            found = way.execute(select(*LINE).where(own).order_by(RUNS.c.number.desc())).all()
        alive = Alive()
        return [listed(row, alive) for row in found]

    def get(self, id: str, owner: str) -> SavedRun:
        """A whole run of this owner's; LookupError for any other."""
        return self._saved(and_(RUNS.c.id == id, RUNS.c.owner == digest(owner)))

    def last(self, owner: str, tab: str, kind: str = "train") -> SavedRun | None:
        """The run that was begun last in this tab, if there is one."""
        own = and_(
            RUNS.c.tab == digest(tab), RUNS.c.owner == digest(owner), RUNS.c.kind == kind,
            RUNS.c.deleted.is_(None),
        )  # fmt: skip
        newest = select(RUNS.c.id).where(own).order_by(RUNS.c.number.desc()).limit(1)
        with self.database.reading() as way:
            id = way.execute(newest).scalar()
        return None if id is None else self.get(id, owner)

    def snapshot(self, id: str, owner: str, epoch: int) -> Snapshot:
        """The weights after `epoch`, or the nearest kept before it; LookupError without any."""
        return self._weights(and_(RUNS.c.id == id, RUNS.c.owner == digest(owner)), epoch)

    def rename(self, id: str, owner: str, name: str) -> None:
        """Give a run a name of at most 200 characters; an empty one: the generated one again."""
        text = " ".join(name.split())
        self._change(id, owner, named=_limited("name", text, LONGEST_NAME))

    def note(self, id: str, owner: str, note: str) -> None:
        """Keep a note of at most 10,000 characters beside a run."""
        self._change(id, owner, note=_limited("note", note.strip(), LONGEST_NOTE))

    def tag(self, id: str, owner: str, tags: Sequence[str]) -> None:
        """Give a run these tags in place of others: at most 20, of at most 50 characters."""
        told = list(dict.fromkeys(" ".join(tag.split()) for tag in tags))
        told = [_limited("a tag", tag, LONGEST_TAG) for tag in told if tag]
        if len(told) > MOST_TAGS:
            raise ValueError(f"tags must be at most {MOST_TAGS}, got {len(told)}")
        self._change(id, owner, tags=json.dumps(told))

    def delete(self, ids: Iterable[str], owner: str) -> None:
        """Take runs off the list; for a day `restore` brings them back."""
        self._change_all(ids, owner, deleted=time.time())

    def restore(self, ids: Iterable[str], owner: str) -> None:
        """Bring deleted runs back; LookupError if one of them is gone for good."""
        self._change_all(ids, owner, deleted=None)

    def share(self, id: str, owner: str) -> str:
        """The token with which anybody may see this run, and only this one."""
        mine = and_(RUNS.c.id == id, RUNS.c.owner == digest(owner), RUNS.c.deleted.is_(None))
        with self.database.writing() as way:
            fresh = update(RUNS).where(mine, RUNS.c.share.is_(None))
            way.execute(fresh.values(share=secrets.token_hex(16)))
            token = way.execute(select(RUNS.c.share).where(mine)).scalar()
        if token is None:
            raise LookupError(GONE)
        return str(token)

    def unshare(self, id: str, owner: str) -> None:
        """Make the token worthless."""
        self._change(id, owner, share=None)

    def shared(self, token: str) -> SavedRun:
        """The run that this token shows, read-only; LookupError if there is none."""
        return self._saved(RUNS.c.share == token)

    def shared_snapshot(self, token: str, epoch: int) -> Snapshot:
        """As `snapshot`, of the run that this token shows."""
        return self._weights(RUNS.c.share == token, epoch)

    # ---- groups --------------------------------------------------------------------------

    def begin_group(self, owner: str, kind: str, title: str, plan: str, tab: str = "") -> str:
        """A new group of runs; `plan` is kept as it is. Returns its unguessable id."""
        row = {
            "id": secrets.token_hex(16), "owner": digest(owner), "tab": digest(tab), "kind": kind,
            "title": title[:300], "plan": plan, "created": time.time(),
        }  # fmt: skip
        with self.database.writing() as way:
            way.execute(insert(GROUPS).values(row))
        return str(row["id"])

    def groups(self, owner: str, kind: str | None = None, tab: str | None = None) -> Groups:
        """The owner's groups, the newest first; of a kind, or begun in a tab."""
        asked = select(GROUPS).where(GROUPS.c.owner == digest(owner), GROUPS.c.deleted.is_(None))
        if kind is not None:
            asked = asked.where(GROUPS.c.kind == kind)
        if tab is not None:
            asked = asked.where(GROUPS.c.tab == digest(tab))
        with self.database.reading() as way:
            found = way.execute(asked.order_by(GROUPS.c.number.desc())).all()
        return [grouped(row) for row in found]

    def group(self, id: str, owner: str) -> RunGroup:
        """A group of this owner's; LookupError for any other."""
        mine = and_(GROUPS.c.id == id, GROUPS.c.owner == digest(owner), GROUPS.c.deleted.is_(None))
        with self.database.reading() as way:
            found = way.execute(select(GROUPS).where(mine)).one_or_none()
        if found is None:
            raise LookupError(GONE)
        return grouped(found)

    # ---- how -----------------------------------------------------------------------------

    def _saved(self, which: Any) -> SavedRun:
        with self.database.reading() as way:
            seen = select(*LINE, RUNS.c.number).where(which, RUNS.c.deleted.is_(None))
            line = way.execute(seen).one_or_none()
            if line is None:
                raise LookupError(GONE)
            about = way.execute(select(DETAILS).where(DETAILS.c.run == line.number)).one_or_none()
            epochs, events = (
                way.execute(select(t).where(t.c.run == line.number).order_by(t.c.position)).all()
                for t in (EPOCHS, EVENTS)
            )
            kept = select(WEIGHTS.c.epoch).where(WEIGHTS.c.run == line.number)
            weights = way.execute(kept.order_by(WEIGHTS.c.epoch)).scalars().all()
        experiment = _experiment(about and about.experiment)
        log = Log(serialization.log_of(epochs, events, len(experiment.layer_sizes) - 1))
        told = serialization.versions_of(about and about.versions)
        return SavedRun(listed(line, Alive()), experiment, log, told, tuple(weights))

    def _weights(self, which: Any, epoch: int) -> Snapshot:
        with self.database.reading() as way:
            asked = (
                select(DETAILS.c.experiment, WEIGHTS.c.epoch, WEIGHTS.c.content)
                .select_from(RUNS.join(DETAILS).join(WEIGHTS, WEIGHTS.c.run == RUNS.c.number))
                .where(which, RUNS.c.deleted.is_(None), WEIGHTS.c.epoch <= epoch)
                .order_by(WEIGHTS.c.epoch.desc())
            )
            found = way.execute(asked.limit(1)).one_or_none()
        if found is None:
            raise LookupError("no weights of this run are kept")
        return serialization.snapshot_of(_experiment(found.experiment), found.epoch, found.content)

    def _change(self, id: str, owner: str, **values: Any) -> None:
        self._change_all([id], owner, **values)

    def _change_all(self, ids: Iterable[str], owner: str, **values: Any) -> None:
        wanted = list(dict.fromkeys(ids))
        with self.database.writing() as way:
            for i in range(0, len(wanted), MOST_IDS):
                some = wanted[i : i + MOST_IDS]
                mine = and_(RUNS.c.id.in_(some), RUNS.c.owner == digest(owner))
                # Not `rowcount`: some databases count only the rows that became others.
                there = way.execute(select(func.count()).select_from(RUNS).where(mine)).scalar_one()
                if there != len(some):
                    raise LookupError(GONE)
                way.execute(update(RUNS).where(mine).values(values))


def digest(secret: str) -> str:
    """What is kept of an id that nobody else may learn; nothing of nothing."""
    return sha256(secret.encode()).hexdigest() if secret else ""


def _experiment(body: Any) -> Experiment:
    try:
        return Experiment.model_validate_json(body or "null")
    except ValidationError as error:
        raise StoreError(f"This run cannot be read: {'; '.join(explain(error))}.") from None


def _limited(name: str, text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"{name} must be at most {most:,} characters, got {len(text):,}")
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(f"{name} must be text, got {truncate(text)}")
    return text
