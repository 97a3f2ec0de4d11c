"""Saved runs of an owner: their selection, opening one on the Train page, links to share one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import streamlit as st

from dashboard.state import identity, session, stored, url
from dashboard.state.url import open_page, page_address
from dashboard.widgets.messages import refuse, show_link
from playground.analysis.comparison.runs import Compared
from playground.datasets.registry import DATASETS
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment
from playground.experiment.url import decode
from playground.history.history import history
from playground.nn.format import format_score
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot
from playground.runs.jobs import LRUCache
from playground.runs.loop import SavedLog
from playground.runs.run import Run
from playground.storage.query import KINDS, RunQuery
from playground.storage.records import RunGroup, RunRow, SavedRun, StoreError
from playground.storage.store import ALL, Store, store

_SAVED: LRUCache[SavedRun] = LRUCache(64)


@dataclass
class RunChoice:
    """Selection of a tab on the page Runs, which outlives a script run."""

    chosen: list[str] = field(default_factory=list)  # ids, in the order of selection
    deleted: tuple[str, ...] = ()  # can be restored
    problem: str = ""  # why an action failed
    named: int = 0  # edits of a name, note or tag
    drawn: int = 0  # changes of the selection from outside the table

    def set(self, ids: Iterable[str]) -> None:
        """Select these runs; the table shows it when it is drawn next."""
        self.chosen = list(dict.fromkeys(ids))
        self.drawn += 1


class RunLibrary:
    """One owner's saved runs, newest first. Raises StoreError if the database fails."""

    def __init__(self, owner: str, tab: str, runs: Store) -> None:
        self.owner, self.tab, self.store = owner, tab, runs
        self.choice = stored.get("runs", make=RunChoice)
        self.load()

    def load(self) -> None:
        """Read the database."""
        self.store.adopt(self.owner)
        self.facets = self.store.facets(self.owner)
        self.groups = {group.id: group for group in self.store.groups(self.owner)}
        self._fresh = True

    def refresh(self) -> None:
        """Read the database again when a fragment is drawn without the page."""
        if not self._fresh:
            self.load()
        self._fresh = False

    def runs(
        self, query: RunQuery = ALL, limit: int | None = None, offset: int = 0
    ) -> list[RunRow]:
        """The runs that match, in order."""
        return self.store.list_runs(self.owner, query, limit, offset)

    def count(self, query: RunQuery) -> int:
        """How many runs match."""
        return self.store.count(self.owner, query)

    @property
    def chosen(self) -> list[RunRow]:
        """The selected runs that still exist, in the order of selection."""
        ids = self.choice.chosen
        found = {run.id: run for run in self.runs(RunQuery(ids=ids))} if ids else {}
        return [found[id] for id in ids if id in found]

    def get(self, run: RunRow) -> SavedRun:
        """A run with its events, read again only when it has grown. Raises StoreError."""
        key = (self.owner, run.id, run.epoch, run.state)
        try:
            return _SAVED.get_or_compute(key, self.store.get, run.id, self.owner)
        except LookupError:
            raise StoreError("This run was deleted in another window.") from None

    def compared(self, run: RunRow) -> Compared:
        """A run for a comparison."""
        saved = self.get(run)
        return Compared(saved.experiment, history(saved.events), run.state)

    def group_title(self, id: str) -> str:
        """Title of a race or sweep; "" for none."""
        group: RunGroup | None = self.groups.get(id)
        return f"{KINDS.get(group.kind, group.kind)}: {group.title}" if group else ""


def library() -> RunLibrary | None:
    """The saved runs of this browser; None while its identity is not known."""
    known = identity.current()
    return None if known is None else RunLibrary(*known, store())


@lru_cache(maxsize=20_000)
def experiment_of(link: str) -> Experiment | None:
    """The experiment of a saved link text; None if it cannot be read."""
    decoded = decode(link)
    return None if decoded.problems else decoded.experiment


@lru_cache(maxsize=20_000)
def _fields(link: str) -> dict[str, Any] | None:
    experiment = experiment_of(link)
    return None if experiment is None else active_hyperparameters(experiment)


def fields_of(runs: Sequence[RunRow]) -> list[dict[str, Any]]:
    """The active hyperparameters of each run; empty where they cannot be read."""
    return [_fields(run.link) or {} for run in runs]


def data_label(dataset: str, link: str) -> str:
    """Label of a data set; `link`: of a run on it."""
    if dataset in DATASETS:
        return DATASETS[dataset].label
    experiment = experiment_of(link)
    return "own data" if experiment is None else experiment.data.source.label


def score_text(run: RunRow, score: float | None) -> str:
    """An accuracy, or a mean error with the unit of the target."""
    experiment = experiment_of(run.link)
    if experiment is None:
        return format_score(score, run.task == CLASSIFICATION)
    return experiment.data.source.format_metric(score)


def open_in_train(library: RunLibrary, saved: SavedRun) -> None:
    """Open a saved run on the Train page, with its curves and checkpoints."""
    current = session.run()
    if current is not None and current.saved == saved.id:
        session.set_experiment(current.experiment)
        open_page("train")

    def snapshot(epoch: int) -> Snapshot:
        return library.store.snapshot(saved.id, library.owner, epoch)

    log = SavedLog(saved, snapshot, "it was opened from the saved runs")
    run = Run(saved.experiment, logger=identity.run_logger(), saved=log)
    session.set_run(run)
    session.set_experiment(run.experiment)
    open_page("train")


def sharing(library: RunLibrary, run: RunRow) -> None:
    """Draw both links, with what each of them reveals."""
    st.markdown("**Share**")
    st.caption(
        "*The experiment:* its settings only. Anyone who opens it trains a run of their own."
    )
    show_link(f"{page_address('train')}?{run.link}", "experiment_link")
    st.caption(
        "*This run:* anyone with the link sees its name, note, settings and curves, and can change "
        "nothing. Your other runs stay private."
    )
    tokens = stored.get("run_tokens", make=dict[str, str])
    with st.container(horizontal=True):
        if st.button(
            "Link that shows this run", key="share_run", icon=":material/link:",
            help="Makes a link that shows this run and no other.",
        ):  # fmt: skip
            try:
                tokens[run.id] = library.store.share(run.id, library.owner)
            except LookupError as error:
                refuse(str(error))
        if st.button(
            "Stop sharing", key="unshare_run", icon=":material/link_off:",
            help="All links to this run stop working; a new one can be made.",
        ):  # fmt: skip
            tokens.pop(run.id, None)
            library.store.unshare(run.id, library.owner)
            st.caption("Links to this run no longer work.")
    if run.id in tokens:
        show_link(f"{page_address('runs')}?{url.SHARED}={tokens[run.id]}", "run_link")
