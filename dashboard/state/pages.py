"""Links between the pages: a page opens another one by its name in `PAGES`, and imports none."""

from importlib import import_module
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.state import url
from playground.experiment.pages import HOME, PAGES


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
    """Turn to a page; `places`: what is open there, by names of `url.PARAMETERS`."""
    for place, value in places.items():
        url.set_parameter(place, value)
    st.switch_page(streamlit_page(name))


def page_link(name: str, label: str, icon: str = ":material/arrow_forward:") -> None:
    """A link to a page."""
    st.page_link(streamlit_page(name), label=label, icon=icon)


def page_address(name: str) -> str:
    """The address of a page of this server, as browsers reach it."""
    return url.base_address() if name == HOME else f"{url.base_address()}/{name}"
