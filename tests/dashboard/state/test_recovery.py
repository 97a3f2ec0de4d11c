"""What a tab finds again when the server knows nothing of it any more."""

from collections.abc import Iterator
from functools import cache
from secrets import token_hex
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.fixtures import LOG
from playground.experiment.model import Experiment
from playground.experiment.url import parameters
from playground.history.events import WorkerLost
from playground.runs.run import RUNS
from playground.storage.records import SavedState
from playground.storage.store import Store, store

EXPERIMENT = Experiment().replace(seed=7, epochs=20)


def page() -> None:
    import streamlit as st

    from dashboard.state import session

    session.begin()
    run = session.run()
    st.text("nothing" if run is None else f"{run.state} after {run.epoch}: {run.saved}")
    st.caption("" if run is None else run.notice)


@cache  # the first run of a new AppTest looks through all installed packages: a second
def browser() -> AppTest:
    return AppTest.from_function(page, default_timeout=30)


def opened(owner: str, tab: str, experiment: Experiment = EXPERIMENT) -> str:
    """What somebody sees who opens this experiment's address."""
    app = browser()
    for key in {"experiment", "known", "identity", "looked"} & set(app.session_state):
        del app.session_state[key]
    app.query_params = parameters(experiment)
    app.session_state["identity"] = {"identity": f"{owner} {tab}"}
    app.run()
    assert [e.value for e in app.exception] == []
    return str(app.text[0].value)


@pytest.fixture
def who() -> Iterator[tuple[str, str]]:
    """Owner and tab of somebody new."""
    yield token_hex(16), token_hex(16)
    RUNS.clear()


def saved(who: tuple[str, str], state: str = "paused") -> str:
    owner, tab = who
    id = store().create_run(owner, EXPERIMENT, tab=tab)
    store().log_events(id, EXPERIMENT, LOG[:3], state, 3)
    return id


def test_the_run_of_a_tab_is_found_again(who: tuple[str, str]) -> None:
    saved(who)
    newest = saved(who)
    assert opened(*who) == f"lost after 3: {newest}"
    store().delete([newest], who[0])  # it is here by now
    assert opened(*who) == f"lost after 3: {newest}"


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("lost", "The server was restarted: training can continue from here."),
        ("paused", "The server was restarted since, or it was closed after hours without a viewer: "
        "training can continue from here."),
    ],
)  # fmt: skip
def test_a_planned_stop_in_mid_run_is_told_as_a_restart(
    who: tuple[str, str], state: str, told: str
) -> None:
    id = saved(who, state)
    if state == "lost":  # what a run logs while its server ends
        lost = WorkerLost(3, "the server was restarted")
        store().log_events(id, EXPERIMENT, [lost], state, 3)
    store().save_state(id, SavedState(3, 3, b"PK"))
    assert opened(*who) == f"paused after 3: {id}"
    assert browser().caption[0].value == told


def test_nothing_is_found_by_anybody_else(who: tuple[str, str]) -> None:
    saved(who)
    owner, tab = who
    assert opened(token_hex(16), tab) == "nothing"
    assert opened(owner, token_hex(16)) == "nothing"
    assert opened(owner, tab, EXPERIMENT.replace(seed=8)) == "nothing"


def test_what_is_deleted_or_trained_elsewhere_is_not_taken_up(who: tuple[str, str]) -> None:
    id = saved(who, "playing")  # by a server that lives
    assert opened(*who) == "nothing"
    store().delete([id], who[0])
    assert opened(*who) == "nothing"


def test_a_wrong_url_of_the_database_is_no_obstacle(who: tuple[str, str], monkeypatch: Any) -> None:
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", "nonsense")
    assert isinstance(store(), Store)
    assert opened(*who) == "nothing"
