"""One table of pages: an entry adds a page to the navigation, to links and to lessons."""

import sys
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest

from playground.experiment.url import HOME, PAGES, Page, page_named
from playground.lessons.lesson import LessonStep


def app(start: str = "") -> AppTest:
    def script(start: str) -> None:
        import streamlit as st

        from dashboard.state import url

        page = st.navigation(url.navigation())
        if "first" not in st.session_state:
            st.session_state["first"] = False
            url.open_page(start, lab="")
        page.run()

    return AppTest.from_function(script, args=(start,), default_timeout=60)


@pytest.fixture
def new_page(monkeypatch: pytest.MonkeyPatch) -> str:
    def fresh() -> None:
        import streamlit as st

        st.text("a fresh page")

    module = ModuleType("dashboard.views.fresh.page")
    module.fresh = fresh  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(PAGES, "fresh", Page("fresh", "Fresh", "eco", "Learn", former="stale"))
    return "fresh"


def test_one_entry_adds_a_page(new_page: str) -> None:
    opened = app(new_page)
    opened.session_state["places"] = {}
    opened.run()
    assert not opened.exception
    assert [text.value for text in opened.text] == ["a fresh page"]
    step = {
        "title": "Go",
        "text": "There.",
        "page": "stale",
        "check": [{"measure": "epochs_done", "at_least": 1}],
    }
    assert LessonStep.model_validate(step).page == "fresh"


def test_a_former_name_leads_to_the_page() -> None:
    inspect, home = page_named("inside"), page_named(HOME)
    assert inspect is PAGES["inspect"]
    assert home is PAGES["train"]
    assert page_named("") is page_named("nowhere") is None
