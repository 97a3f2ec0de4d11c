"""Who is looking, and what the server holds for them: runs, races and sweeps by owner and tab."""

import re
import secrets
from collections.abc import Mapping

import streamlit as st
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.state import url
from playground.runs.leased import REGISTRIES, Held, Registry
from playground.runs.logger import RunLogger
from playground.runs.run import RUNS
from playground.storage.records import StoreError
from playground.storage.store import store

Identity = tuple[str, str]

KEY = "identity"  # of the component that tells the browser's ids where the cookies do not
OWNER_COOKIE = "mlp_playground"
TAB_COOKIE = "mlp_playground_tab"  # of a tab that is just being loaded again

ID = re.compile(r"[0-9a-f]{32}")
_IDS = re.compile(rf"({ID.pattern}) ({ID.pattern})( -)?")
MOST_TABS = 1_000  # remembered

_tabs: dict[str, Identity] = {}  # by Streamlit's session, the newest last


def read() -> None:
    """Take over the ids of the cookies, and those that the component has reported."""
    state = st.session_state
    if "known" not in state:
        state["known"] = _from_cookies(st.context.cookies)
    reported = state.get(KEY)
    reported = reported if isinstance(reported, Mapping) else {}
    match = _IDS.fullmatch(str(reported.get("identity")))
    if match:
        state["forgotten"] = match[3] is not None
        if match.groups()[:2] != state["known"]:
            _become((match[1], match[2]))
    url.take_base(str(reported.get("base")))
    context = get_script_run_ctx()
    if context is not None and state["known"] is not None:
        _tabs.pop(context.session_id, None)
        _tabs[context.session_id] = state["known"]
        while len(_tabs) > MOST_TABS:
            del _tabs[next(iter(_tabs))]


def keep() -> None:
    """Renew the leases of all that belongs to tabs that are connected, in view or not."""
    runtime = get_instance()
    for session, tab in list(_tabs.items()):
        if runtime.is_active_session(session):
            for registry in list(REGISTRIES):
                registry.keep(tab)


def _from_cookies(cookies: Mapping[str, str]) -> Identity | None:
    """The ids before the browser tells its own; that of the tab may be a provisional one."""
    owner, tab = (str(cookies.get(name)) for name in (OWNER_COOKIE, TAB_COOKIE))
    if not ID.fullmatch(owner):
        return None  # cookies are forbidden, as in the frame of another site
    return owner, tab if ID.fullmatch(tab) else secrets.token_hex(16)


def _become(new: Identity) -> None:
    """Go on as `new`; a run that was begun under provisional ids goes along once it is played."""
    before, st.session_state["known"] = st.session_state["known"], new
    run = None if before is None else RUNS.get(before)
    if before is None or run is None:
        return
    if run.state == "ready":
        RUNS.remove(before)
    elif RUNS.get(new) is None and (moved := RUNS.take(before)) is not None:
        RUNS.put(new, moved)


def current() -> Identity | None:
    """(owner, tab): unguessable ids of browser and tab; None until they are known."""
    known: Identity | None = st.session_state["known"]
    return known


def is_forgotten() -> bool:
    """Whether the browser keeps no id of this page, so that a reload finds no saved run."""
    return bool(st.session_state.get("forgotten"))


def key(identity: Identity, name: str) -> tuple[str, ...]:
    """The key in a registry of what a tab has under `name`; "" for its one run."""
    return (*identity, name) if name else identity


def registered(registry: Registry[Held], name: str) -> Held | None:
    """What this tab has in a registry under `name`, if anything."""
    known = current()
    return None if known is None else registry.get(key(known, name))


def register(registry: Registry[Held], name: str, value: Held) -> None:
    """Put a value into a registry for this tab, in place of the one before, which is closed."""
    known = current()
    if known is not None:
        registry.put(key(known, name), value)


def unregister(registry: Registry[Held], name: str) -> None:
    """Close and remove what this tab has in a registry under `name`."""
    known = current()
    if known is not None:
        registry.remove(key(known, name))


def run_logger(kind: str = "train", group: str = "", label: str = "") -> RunLogger | None:
    """Saves a run of this tab as its owner's; None while the identity is not known."""
    known = current()
    return None if known is None else RunLogger(store(), *known, kind, group, label)


def new_run_group(kind: str, title: str) -> str:
    """The id of a new group of saved runs; "" where none can be made: they are saved one by one."""
    known = current()
    if known is None:
        return ""
    owner, tab = known
    try:
        return store().create_group(owner, kind, title, "", tab)
    except StoreError:
        return ""
