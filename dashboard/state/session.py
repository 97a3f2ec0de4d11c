"""What one tab has chosen: the only module that touches the session's state and the address.

The address is the link of the experiment, one parameter a field, so it can be read and copied.
Runs belong to the server: a session holds only the ids by which it finds its own.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import streamlit as st
from pydantic import ValidationError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components import text
from dashboard.widgets.messages import warn
from playground.datasets.custom.table import Table
from playground.experiment.model import Experiment
from playground.experiment.url import decode, parameters
from playground.lessons.assignment import Assignment, AssignmentError
from playground.lessons.assignment import read as read_assignment
from playground.runs.logger import RunLogger
from playground.runs.race import RACES, Race
from playground.runs.run import RUNS, Held, Registry, Run
from playground.runs.sweep import SWEEPS, Sweep
from playground.storage import signing
from playground.storage.records import StoreError
from playground.storage.store import store

Identity = tuple[str, str]

RACE = "race"  # of a tab's race, and of its learning-rate finder, in their registries
MOST_OWN = 8  # tables of one's own that a tab offers, the newest

SHARED = "shared"  # in the address: the token of a run that somebody shows
PLACES = ("lab", "lesson", "assignment")  # in the address, beside the experiment: what is open
DAMAGED = "-"  # stands for an assignment whose text cannot be one: that is told, not passed over

LATE_SECONDS = 3.0  # how late a browser may be with what it showed before

_TOKEN = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"([0-9a-f]{32}) ([0-9a-f]{32})")
_PLACE = re.compile(r"[A-Za-z0-9_.~-]{1,4000}")

_identity = st.components.v2.component(
    "identity",
    css=".st-key-identity { position: absolute; height: 0; overflow: hidden; }",
    js=text("identity.js"),
    isolate_styles=False,
)


def begin() -> None:
    """Call once at the start of each script run: find out who is here and what the address says.

    The address decides on the first run and after the browser's back and forward buttons. At any
    other time the session does, and an address that lags behind it is brought up to date.
    """
    _meet()
    state, context = st.session_state, get_script_run_ctx()
    address = st.query_params.to_dict()
    token = address.pop(SHARED, "")
    places = {name: address.pop(name) for name in PLACES if name in address}
    back = context is not None and context.is_history_navigation
    first = "experiment" not in state
    if first or (back and (address or token)):
        state["shared_run"] = token if _TOKEN.fullmatch(token) else token and "?"
    if first or (back and address and address != state["address"]):
        pairs = [(name, text) for name in address for text in st.query_params.get_all(name)]
        decoded = decode(urlencode(pairs))
        state["experiment"], state["problems"] = decoded.experiment, decoded.problems
        state["address"], state["shown"] = address, {}
    if first or (back and (address or places)):
        damaged = {"assignment": DAMAGED} if "assignment" in places else {}
        state["places"] = damaged | {
            key: text for key, text in places.items() if _PLACE.fullmatch(text)
        }
    if first or back:
        _hold(bare=not address)
    if (address, places) != (state["address"], state["places"]):
        _write()


def complain() -> None:
    """Tell what is wrong with the address, until the experiment is changed."""
    with st.container():  # there or not, what comes below keeps its place, and so its zoom
        warn(st.session_state["problems"], "The nearest valid experiment is shown.")


def experiment() -> Experiment:
    """The experiment that is current on every page."""
    chosen: Experiment = st.session_state["experiment"]
    return chosen


def set_experiment(new: Experiment, by_widgets: bool = False) -> None:
    """Make `new` the current experiment, here and in the address.

    by_widgets: the sidebar's widgets already show it.

    Whoever asks for it, a link, a button or a race: what an open assignment locks stays as it is.
    """
    state = st.session_state
    if by_widgets:
        state["replaced"] = False
    if new == state["experiment"]:
        return
    state["replaced"] = not by_widgets
    new = _as_locked(new)
    if new != state["experiment"]:
        state["experiment"], state["problems"] = new, ()
        state["address"] = parameters(new)
        _write()


def assignment() -> Assignment | None:
    """The assignment that is open, if this server has made it."""
    found = _assigned()
    return found if isinstance(found, Assignment) else None


def locks(name: str) -> bool:
    """Whether the open assignment locks a field."""
    found = assignment()
    return found is not None and name in found.locked


def assignment_problem() -> str:
    """Why the assignment that the address names cannot be opened; "" if it can, or names none."""
    found = _assigned()
    return found if isinstance(found, str) else ""


def _assigned() -> Assignment | str | None:
    text = place("assignment")
    if not text:
        return None
    try:
        return read_assignment(text, signing.key())
    except (AssignmentError, signing.SecretError) as error:
        return str(error)


def stayed() -> tuple[str, ...]:
    """The locked fields that somebody has just tried to change."""
    names: tuple[str, ...] = st.session_state.get("stayed", ())
    return names


def _as_locked(new: Experiment) -> Experiment:
    """`new` with what is locked as it is locked; the current experiment where that cannot be."""
    found = assignment()
    st.session_state["stayed"] = () if found is None else found.broken(new)
    try:
        return new if found is None else found.kept(new)
    except ValidationError:
        return experiment()


def _hold(bare: bool) -> None:
    """Bring what the address says in line with the assignment it names; `bare`: it says nothing."""
    state, found = st.session_state, assignment()
    state["stayed"] = ()
    if found is None:
        return
    now = found.start if bare else experiment()
    state["stayed"] = found.broken(now)
    try:
        held = found.kept(now)
    except ValidationError:
        held = found.start
    if held != experiment():
        state["experiment"], state["address"] = held, parameters(held)
        state["shown"] = {}


def _write() -> None:
    st.query_params.from_dict(st.session_state["address"] | st.session_state["places"])


def place(name: str) -> str:
    """What is open beside the experiment, by a name of PLACES; "" for nothing.

    It may come from the address: look it up before use.
    """
    found: str = st.session_state["places"].get(name, "")
    return found


def go(name: str, value: str) -> None:
    """Open `value` (letters, digits, "_.~-") under a name of PLACES, here and in the address."""
    state = st.session_state
    if value and not _PLACE.fullmatch(value):
        raise ValueError(f"{name} must be letters, digits, and _.~- only, got {value[:50]!r}")
    places = {key: text for key, text in state["places"].items() if key != name}
    if value:
        places[name] = value
    if places != state["places"]:
        state["places"] = places
        _write()


def shared() -> str:
    """The token of the run that the address shows; "" for none."""
    token: str = st.session_state.get("shared_run", "")
    return token


def close_shared() -> None:
    """No longer show the run that the address named."""
    st.session_state["shared_run"] = ""
    _write()


def identity() -> Identity | None:
    """(owner, tab): unguessable ids of the browser and the tab; None until the browser has told."""
    known: Identity | None = st.session_state["known"]
    return known


def run(name: str = "") -> Run | None:
    """This tab's run, or its run called `name`, if there is one."""
    known = identity()
    if known is None:
        return None
    found = RUNS.get(_key(known, name))
    return _recovered(known) if found is None and not name else found


def recorder(kind: str = "train", group: str = "", label: str = "") -> RunLogger | None:
    """Writes down a run of this tab as its owner's; None until the browser has told who it is."""
    known = identity()
    if known is None:
        return None
    owner, tab = known
    return RunLogger(store(), owner, tab, kind, group, label)


def _recovered(known: Identity) -> Run | None:
    """The run this tab had before the server ended, if it is that of the current experiment."""
    if st.session_state.get("looked") == known:
        return None
    st.session_state["looked"] = known
    owner, tab = known
    kept = store()
    try:
        saved = kept.last(owner, tab)
    except StoreError:
        return None  # the page says so as soon as there is something to lose
    if saved is None or saved.experiment != experiment() or saved.listed.state == "playing":
        return None
    why = "the server was restarted"
    if saved.listed.state != "interrupted":  # it stood still: who knows for how long
        why += " since, or it was let go after hours with nobody watching"
    found = Run.restored(
        saved, lambda epoch: kept.snapshot(saved.id, owner, epoch), recorder=recorder(), reason=why
    )
    keep(found)
    return found


def keep(run: Run, name: str = "") -> None:
    """Make `run` this tab's run (called `name`), in place of the one before, which ends."""
    hold(RUNS, run, name)


def adopt(name: str) -> Run | None:
    """Make the run called `name` this tab's own, and its experiment the current one."""
    known = identity()
    run = None if known is None else RUNS.take(_key(known, name))
    if run is not None:
        keep(run)
        set_experiment(run.experiment)
    return run


def held(registry: Registry[Held], name: str) -> Held | None:
    """What this tab has in a registry under `name`, if anything."""
    known = identity()
    return None if known is None else registry.get(_key(known, name))


def hold(registry: Registry[Held], thing: Held, name: str) -> None:
    """Keep `thing` for this tab under `name`, in place of the one before, which ends."""
    known = identity()
    if known is not None:
        registry.put(_key(known, name), thing)


def let_go(registry: Registry[Held], name: str) -> None:
    """End what this tab has in a registry under `name`."""
    known = identity()
    if known is not None:
        registry.remove(_key(known, name))


def race(name: str) -> Race | None:
    """This tab's race called `name`, if there is one."""
    return held(RACES, name)


def keep_race(race: Race, name: str) -> None:
    """Make `race` this tab's race called `name`, in place of the one before, which ends."""
    hold(RACES, race, name)


def sweep(name: str) -> Sweep | None:
    """This tab's sweep called `name`, if there is one."""
    return held(SWEEPS, name)


def keep_sweep(sweep: Sweep, name: str) -> None:
    """Make `sweep` this tab's sweep called `name`, in place of the one before, which ends."""
    hold(SWEEPS, sweep, name)


def group(kind: str, title: str) -> str:
    """A new group of saved runs; "" where there can be none: its runs are saved one by one."""
    known = identity()
    if known is None:
        return ""
    owner, tab = known
    try:
        return store().begin_group(owner, kind, title, "", tab)
    except StoreError:
        return ""


def _key(known: Identity, name: str) -> tuple[str, ...]:
    return (*known, name) if name else known


def shown_epoch(network: str) -> int | None:
    """The epoch at which this network is looked at on every page; None: the newest."""
    of, epoch = st.session_state.get("shown_epoch", ("", None))
    return epoch if of == network else None


def show_epoch(network: str, epoch: int | None) -> None:
    """Look at a network after `epoch` from now on."""
    st.session_state["shown_epoch"] = (network, epoch)


def own_tables() -> dict[str, Table]:
    """Tables of one's own that this tab knows, by name; as long as it lasts they are there."""
    state = st.session_state
    known: dict[str, Table] = state.setdefault("own_tables", {})
    table = experiment().data.table
    if table is not None and table.name not in known:
        known[table.name] = table
        while len(known) > MOST_OWN:
            del known[next(iter(known))]
    return known


def forget(name: str) -> None:
    """No longer offer a table of one's own."""
    own_tables().pop(name, None)


@dataclass(frozen=True)
class Draft:
    """A file or pasted text that is to become a table."""

    name: str
    content: bytes


def draft() -> Draft | None:
    """What was last brought along, on whatever page one has been since."""
    found: Draft | None = st.session_state.get("own_draft")
    return found


def bring(new: Draft, mark: str = "") -> None:
    """Make `new` the draft, but not again what the widget marked so has brought already."""
    state = st.session_state
    if not mark or mark != state.get("own_mark"):
        state["own_draft"] = new
        state["own_mark"] = mark or state.get("own_mark")


def bring_again() -> None:
    """Let a widget bring what it has brought before."""
    st.session_state.pop("own_mark", None)


def told(key: str, name: str) -> Any:
    """The state `name` of the component `key`, before it is drawn; None if there is none."""
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None


Kept = TypeVar("Kept")


def kept(name: str, make: Callable[[], Kept]) -> Kept:
    """What this tab keeps under `name` for as long as it is open; made when first asked for."""
    found: Kept = st.session_state.setdefault(f"kept {name}", make())
    return found


def remembered(name: str, of: str) -> Any:
    """What `remember` was given under this name for the same `of`; None if nothing."""
    known, value = st.session_state.get(f"remembered {name}", ("", None))
    return value if known == of else None


def remember(name: str, of: str, value: Any) -> None:
    """Keep `value` for as long as this tab looks at the same thing, `of`."""
    st.session_state[f"remembered {name}"] = (of, value)


def _meet() -> None:
    """Mount the invisible component that tells who is here, and hear what it has told."""
    state = st.session_state
    told = state.get("identity") or {}
    match = _ID.fullmatch(str(told.get("identity")))
    if match:
        state["known"] = match.groups()
    known = state.setdefault("known", None)
    _identity(
        key="identity",
        data={"known": known and " ".join(known)},
        on_identity_change=lambda: None,
    )


def put(key: str, value: Any) -> None:
    """Let widget `key` show `value` when it is drawn next; for callbacks."""
    st.session_state[key] = value


def holds(key: str) -> bool:
    """Whether something is there for widget `key` to show: then it needs no default."""
    return key in st.session_state


def keep_option(key: str, options: Sequence[str]) -> None:
    """Let widget `key` hold one of `options`, the first if what it held is none of them any more.

    Call before the widget is drawn.
    """
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0]


def suggest(key: str, value: Any) -> None:
    """Let widget `key` hold `value` until a person sets it; a new suggestion replaces the old one.

    Call before the widget is drawn.
    """
    state, mark = st.session_state, f"suggested {key}"
    if key not in state or state[key] == state.get(mark):
        state[key] = value
    state[mark] = value


def limit(key: str, low: float, high: float) -> None:
    """Bring the number that widget `key` may hold between its new limits, before it is drawn."""
    held = st.session_state.get(key)
    if isinstance(held, (int, float)) and not low <= held <= high:
        st.session_state[key] = type(held)(min(max(held, low), high))


def show(key: str, value: Any) -> None:
    """Let widget `key` show `value`, unless it holds what somebody has just asked for.

    Call before the widget is drawn.
    """
    state, shown = st.session_state, st.session_state["shown"]
    if key in asked():
        return
    if state.get("replaced") and key in shown and shown[key] != value:
        former = state.setdefault("former", {})
        former[key] = shown[key], time.monotonic()
    state[key] = shown[key] = value


def asked() -> dict[str, Any]:
    """What has been set in widgets and not accepted yet: key → value."""
    state, shown = st.session_state, st.session_state["shown"]
    return {
        key: state[key]
        for key in shown
        if key in state and state[key] != shown[key] and not _late(key)
    }


def _late(key: str) -> bool:
    """Whether a browser has told what widget `key` showed before the experiment was replaced.

    It tells the values of all widgets with every click, also with one that comes so soon after a
    replacement that it has not drawn the new values yet.
    """
    former, at = st.session_state.get("former", {}).get(key, (None, 0.0))
    is_former = former is not None and st.session_state[key] == former
    return bool(is_former and time.monotonic() - at < LATE_SECONDS)


def accept(key: str) -> None:
    """What widget `key` holds is settled: from now on it shows what it is told to."""
    state = st.session_state
    if key in state and key in state["shown"]:
        state["shown"][key] = state[key]
