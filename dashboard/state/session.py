"""The session of one tab: its current experiment and assignment, its run, and its own tables."""

from dataclasses import dataclass, field

import streamlit as st
from pydantic import ValidationError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.state import identity, stored, url
from dashboard.state.identity import Identity
from playground.datasets.custom.table import Table
from playground.experiment.describe import unused_settings
from playground.experiment.model import Experiment
from playground.history.events import WorkerLost
from playground.lessons.assignment import Assignment, AssignmentError
from playground.lessons.assignment import read as read_assignment
from playground.runs.loop import SavedLog
from playground.runs.run import RUNS, Run
from playground.storage import signing
from playground.storage.records import StoreError
from playground.storage.store import store

RACE = "race"  # of a tab's race, and of its learning-rate finder, in their registries
MAX_UNDO = 50  # changes of the settings that a tab can take back
MAX_TABLES = 8  # own tables that a tab offers, the newest


def begin() -> None:
    """Read the identity and the query string; call it first in each script run.

    The query string decides on the first run and after the browser's back and forward buttons. At
    any other time the session does, and a query string that lags behind is written again.
    """
    identity.read()
    state, context = st.session_state, get_script_run_ctx()
    first = "experiment" not in state
    back = context is not None and context.is_history_navigation
    decoded = url.read(first, back)
    if decoded is not None:
        state["experiment"], state["problems"] = decoded.experiment, decoded.problems
        state["unused"] = unused_settings(decoded.experiment, labels=True)
        state["shown"] = {}
    if first or back:
        _apply_locks(start=url.is_bare())
    url.refresh()


def url_problems() -> tuple[str, ...]:
    """What is wrong with the experiment in the link, until the experiment is changed."""
    problems: tuple[str, ...] = st.session_state["problems"]
    return problems


def unused_in_url() -> list[str]:
    """Settings in the link that have no effect, until the experiment is changed."""
    unused: list[str] = st.session_state["unused"]
    return unused


def experiment() -> Experiment:
    """The experiment that is current on every page."""
    current: Experiment = st.session_state["experiment"]
    return current


def set_experiment(new: Experiment, by_widgets: bool = False) -> None:
    """Make `new` the current experiment, here and in the link; locked fields stay as they are.

    by_widgets: the settings' widgets already show it.
    """
    former = experiment()
    _replace(new, by_widgets)
    if experiment() != former:
        changes = _changes()
        changes.past = [*changes.past, former][-MAX_UNDO:]
        changes.future.clear()


def _replace(new: Experiment, by_widgets: bool = False) -> None:
    state = st.session_state
    if by_widgets:
        state["replaced"] = False
    if new == state["experiment"]:
        return
    state["replaced"] = not by_widgets
    new = _with_locks(new)
    if new != state["experiment"]:
        state["experiment"], state["problems"], state["unused"] = new, (), []
        url.set_experiment(new)
        url.write()


@dataclass
class Changes:
    """The experiments before and after the current one, the nearest last."""

    past: list[Experiment] = field(default_factory=list)
    future: list[Experiment] = field(default_factory=list)


def _changes() -> Changes:
    return stored.get("changes", make=Changes)


def can_undo() -> bool:
    """Whether a change of the settings can be taken back."""
    return bool(_changes().past)


def can_redo() -> bool:
    """Whether a change that was taken back can be made again."""
    return bool(_changes().future)


def undo() -> None:
    """Take the last change of the settings back."""
    changes = _changes()
    if changes.past:
        changes.future.append(experiment())
        _replace(changes.past.pop())


def redo() -> None:
    """Make the change again that was taken back last."""
    changes = _changes()
    if changes.future:
        changes.past.append(experiment())
        _replace(changes.future.pop())


# ---- the open assignment -----------------------------------------------------------------


def assignment() -> Assignment | None:
    """The assignment that is open, if this server has signed it."""
    opened = _opened_assignment()
    return opened if isinstance(opened, Assignment) else None


def assignment_problem() -> str:
    """Why the assignment in the link cannot be opened; "" if it can, or there is none."""
    opened = _opened_assignment()
    return opened if isinstance(opened, str) else ""


def _opened_assignment() -> Assignment | str | None:
    text = url.parameter("assignment")
    if not text:
        return None
    try:
        return read_assignment(text, signing.key())
    except (AssignmentError, signing.SecretError) as error:
        return str(error)


def is_locked(name: str) -> bool:
    """Whether the open assignment locks a field."""
    opened = assignment()
    return opened is not None and name in opened.locked


def rejected_changes() -> tuple[str, ...]:
    """The locked fields that the last change tried to set."""
    names: tuple[str, ...] = st.session_state.get("rejected", ())
    return names


def _with_locks(new: Experiment) -> Experiment:
    """`new` with the locked values; the current experiment where those do not fit it."""
    opened = assignment()
    st.session_state["rejected"] = () if opened is None else opened.violations(new)
    try:
        return new if opened is None else opened.with_locks(new)
    except ValidationError:
        return experiment()


def _apply_locks(start: bool) -> None:
    """Give the experiment of a link the locked values of its assignment.

    start: the link describes no experiment, so the assignment's own is the current one.
    """
    state, opened = st.session_state, assignment()
    state["rejected"] = ()
    if opened is None:
        return
    wanted = opened.start if start else experiment()
    state["rejected"] = opened.violations(wanted)
    try:
        locked = opened.with_locks(wanted)
    except ValidationError:
        locked = opened.start
    if locked != experiment():
        state["experiment"], state["shown"] = locked, {}
        url.set_experiment(locked)


# ---- the run -----------------------------------------------------------------------------


def run(name: str = "") -> Run | None:
    """This tab's run, or its run called `name`, if there is one."""
    known = identity.current()
    if known is None:
        return None
    current = RUNS.get(identity.key(known, name))
    return _restored_run(known) if current is None and not name else current


def _restored_run(known: Identity) -> Run | None:
    """The run this tab had before the server ended, if it is that of the current experiment."""
    if st.session_state.get("looked") == known:
        return None
    st.session_state["looked"] = known
    owner, tab = known
    database = store()
    try:
        saved = database.last(owner, tab)
    except StoreError:
        return None  # the page says so as soon as there is something to lose
    if saved is None or saved.experiment != experiment() or saved.row.state == "playing":
        return None
    last = saved.events[-1] if saved.events else None
    reason = last.reason if isinstance(last, WorkerLost) else "the server was restarted"
    if saved.row.state == "paused":  # for an unknown time
        reason += " since, or it was closed after hours without a viewer"
    try:
        state, evaluations = database.state(saved.id, owner), database.test_evaluations(owner, tab)
    except StoreError:
        state, evaluations = None, ()
    log = SavedLog(saved, lambda epoch: database.snapshot(saved.id, owner, epoch), reason, state)
    restored = Run(
        saved.experiment, logger=identity.run_logger(), saved=log, test_evaluations=evaluations
    )
    set_run(restored)
    return restored


def set_run(run: Run, name: str = "") -> None:
    """Make `run` this tab's run (called `name`), in place of the one before, which is closed."""
    identity.register(RUNS, name, run)


def adopt_run(name: str) -> Run | None:
    """Make the run called `name` this tab's own, and its experiment the current one."""
    known = identity.current()
    run = None if known is None else RUNS.take(identity.key(known, name))
    if run is not None:
        set_run(run)
        set_experiment(run.experiment)
    return run


def shown_epoch(network: str) -> int | None:
    """The epoch at which every page shows this network; None: the newest."""
    of, epoch = st.session_state.get("shown_epoch", ("", None))
    return epoch if of == network else None


def show_epoch(network: str, epoch: int | None) -> None:
    """Show a network after `epoch` from now on."""
    st.session_state["shown_epoch"] = (network, epoch)


# ---- own tables --------------------------------------------------------------------------


def own_tables() -> dict[str, Table]:
    """The own tables that this tab offers, by name."""
    tables: dict[str, Table] = st.session_state.setdefault("own_tables", {})
    table = experiment().data.table
    if table is not None and table.name not in tables:
        tables[table.name] = table
        while len(tables) > MAX_TABLES:
            del tables[next(iter(tables))]
    return tables


def remove_table(name: str) -> None:
    """No longer offer an own table."""
    own_tables().pop(name, None)


@dataclass(frozen=True)
class TableDraft:
    """A file or pasted text that is to become a table."""

    name: str
    content: bytes


def table_draft() -> TableDraft | None:
    """The newest draft, also after a visit to another page."""
    draft: TableDraft | None = st.session_state.get("own_draft")
    return draft


def set_table_draft(draft: TableDraft, upload: str = "") -> None:
    """Replace the draft, once for each `upload` (the id of what a widget holds)."""
    state = st.session_state
    if not upload or upload != state.get("own_upload"):
        state["own_draft"] = draft
        state["own_upload"] = upload or state.get("own_upload")


def accept_upload_again() -> None:
    """Let a widget set the draft from the same upload again."""
    st.session_state.pop("own_upload", None)
