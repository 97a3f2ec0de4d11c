"""Addresses: links between the pages, and the query string with the experiment and a few others."""

import re
from importlib import import_module
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from playground.experiment.model import FIELDS, Experiment
from playground.experiment.url import HOME, PAGES, Decoded, decode, parameters
from playground.nn.format import truncate

SHARED = "shared"  # the token of a shared run
PARAMETERS = ("lab", "lesson", "assignment", "present", "controls")  # beside the experiment
LAB_WITH_SETTINGS = "six_steps"  # shows the code of the current experiment
DAMAGED = "-"  # stands for an assignment whose text cannot be one: reported, not dropped

_BASE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,260}(/[A-Za-z0-9._~%@-]{1,100}){0,10}")
_TOKEN = re.compile(r"[0-9a-f]{32}")
# What `controls=train,step,learning_rate` can name, beside the settings.
CONTROLS = {
    "train": "Train and Pause",
    "step": "one epoch",
    "step_update": "one update",
    "reset": "back to the initial weights",
    "new_weights": "other initial weights",
    "speed": "the limit of epochs per second",
    "undo": "undo and redo of settings",
    "status": "epoch, time left and result",
    "diagnosis": "what the diagnosis says",
    "input": "examples or points",
    "network": "the network diagram",
    "output": "decision boundary, fitted curve or predictions",
    "epoch": "the slider of epochs",
    "axes": "logarithmic axes and smoothing",
    "pin": "pinned runs",
    "curves": "loss and accuracy",
    "more": "everything below: layers, test set, export, link",
}

_VALUE = re.compile(r"[A-Za-z0-9_.~,-]{1,4000}")


def read(first: bool, back: bool) -> Decoded | None:
    """Read the query string; the experiment it describes, or None to go on with the current one.

    It decides on the first run of a tab and after the browser's back and forward buttons.
    """
    state = st.session_state
    address, token, beside = _parts()
    if first or (back and (address or token)):
        state["shared_run"] = token if _TOKEN.fullmatch(token) else token and "?"
    if first or (back and (address or beside)):
        damaged = {"assignment": DAMAGED} if "assignment" in beside else {}
        state["places"] = damaged | {
            k: text for k, text in beside.items() if _VALUE.fullmatch(text)
        }
    if not (first or (back and address and address != state["address"])):
        return None
    state["address"] = address
    pairs = [(name, text) for name in address for text in st.query_params.get_all(name)]
    return decode(urlencode(pairs))


def is_bare() -> bool:
    """Whether the query string describes no experiment."""
    return not _parts()[0]


def _parts() -> tuple[dict[str, str], str, dict[str, str]]:
    """The fields of the experiment, the token of a shared run, and the parameters beside them."""
    address = st.query_params.to_dict()
    token = address.pop(SHARED, "")
    return address, token, {name: address.pop(name) for name in PARAMETERS if name in address}


def set_experiment(experiment: Experiment) -> None:
    """Describe another experiment, from the next `write` on."""
    st.session_state["address"] = parameters(experiment)


def refresh() -> None:
    """Write the query string again where the browser's lags behind."""
    address, _, beside = _parts()
    if (address, beside) != (st.session_state["address"], st.session_state["places"]):
        write()


def write() -> None:
    """Write the query string into the browser's address bar."""
    st.query_params.from_dict(st.session_state["address"] | st.session_state["places"])


def parameter(name: str) -> str:
    """The value of one of PARAMETERS; "" for none. Untrusted: look it up before use."""
    value: str = st.session_state["places"].get(name, "")
    return value


def set_parameter(name: str, value: str) -> None:
    """Set one of PARAMETERS (letters, digits, "_.~,-"; "" removes it)."""
    state = st.session_state
    if value and not _VALUE.fullmatch(value):
        raise ValueError(f"{name} must be letters, digits, and _.~,- only, got {value[:50]!r}")
    places = {key: text for key, text in state["places"].items() if key != name}
    if value:
        places[name] = value
    if places != state["places"]:
        state["places"] = places
        write()


def presents() -> bool:
    """Whether the page is for a projector: `?present=1`."""
    return parameter("present") == "1"


def controls() -> list[str]:
    """The names of the controls to show, of `?controls=train,step`; empty: all."""
    return list(dict.fromkeys(filter(None, parameter("controls").split(","))))


def shows(name: str) -> bool:
    """Whether a control is shown: one of CONTROLS, or a field of the experiment."""
    shown = controls()
    return not shown or name in shown


def unknown_controls() -> list[str]:
    """What is wrong with `?controls=`, a sentence for each name that is none."""
    known = [*CONTROLS, *FIELDS]
    return [
        f"controls must be among {', '.join(CONTROLS)}, or settings, received: {truncate(name)}"
        for name in controls()
        if name not in known
    ]


def shared_token() -> str:
    """The token of the shared run that the link opens; "" for none."""
    token: str = st.session_state.get("shared_run", "")
    return token


def clear_shared_token() -> None:
    """Close the shared run that the link opened."""
    st.session_state["shared_run"] = ""
    write()


def take_base(reported: str) -> None:
    """Take over the address of the first page that a page in a frame has reported.

    Streamlit knows that of the outermost page, where it is of the same host.
    """
    host = urlsplit(str(st.context.url or "")).netloc
    if _BASE.fullmatch(reported) and urlsplit(reported).netloc == host:
        st.session_state["base"] = reported


def base_address() -> str:
    """The address of the first page, as the browser reaches it; "" where it is unknown."""
    base: str = st.session_state.get("base", "")
    if base:
        return base
    address = str(st.context.url or "").partition("?")[0].rstrip("/")
    context = get_script_run_ctx()
    if context is not None:
        page = context.pages_manager.get_pages().get(context.page_script_hash)
        path = page.get("url_pathname") if page else ""
        address = address.removesuffix(f"/{path}") if path else address
    return address


def served(path: str) -> str:
    """A path of this server ("/plotly/…") below the base path that the browser uses."""
    return urlsplit(base_address()).path.rstrip("/") + path


def load_pages() -> None:
    """Import every page, so that no visitor waits for it."""
    for page in PAGES.values():
        import_module(page.module)


def streamlit_page(name: str) -> StreamlitPage:
    """The page as Streamlit's navigation takes it."""
    page = PAGES[name]
    return st.Page(
        getattr(import_module(page.module), page.name),
        title=page.title,
        icon=f":material/{page.icon}:",
        url_path="" if page.name == HOME else page.name,
        default=page.name == HOME,
    )


def navigation() -> dict[str, list[StreamlitPage]]:
    """All pages in their groups, and hidden ones at the addresses that a page also has.

    The first page stands at the bare address, and at its name too; a renamed one at its old name.
    """
    groups: dict[str, list[StreamlitPage]] = {}
    for page in PAGES.values():
        pages = groups.setdefault(page.group, [])
        pages.append(streamlit_page(page.name))
        for address in filter(None, (page.name if page.name == HOME else "", page.former)):
            pages.append(st.Page(_nothing, title=page.title, url_path=address, visibility="hidden"))
    return groups


def _nothing() -> None:
    """A hidden page is left for the page it stands for before it is drawn."""


def open_page(name: str, **places: str) -> NoReturn:
    """Turn to a page; `places`: what is open there, by names of PARAMETERS."""
    for place, value in places.items():
        set_parameter(place, value)
    st.switch_page(streamlit_page(name))


def page_link(name: str, label: str, icon: str = ":material/arrow_forward:") -> None:
    """A link to a page."""
    st.page_link(streamlit_page(name), label=label, icon=icon)


def page_address(name: str) -> str:
    """The address of a page of this server, as browsers reach it."""
    return base_address() if name == HOME else f"{base_address()}/{name}"
