"""The address is the experiment; runs are found by ids that only the browser knows."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from streamlit.testing.v1 import AppTest

from dashboard.state import identity
from dashboard.state.identity import OWNER_COOKIE, TAB_COOKIE
from playground.experiment.model import Experiment
from playground.experiment.url import decode, parameters

OWNER, TAB = "0123456789abcdef" * 2, "fedcba9876543210" * 2


def page() -> None:
    import streamlit as st

    from dashboard.state import identity, session, url
    from dashboard.widgets.messages import show_url_problems

    session.begin()
    if st.button("Deeper", key="deeper"):
        session.set_experiment(session.experiment().replace(hidden=(5, 5, 5)))
    st.button("Undo", key="undo", on_click=session.undo)
    st.button("Redo", key="redo", on_click=session.redo)
    if st.button("Close the lesson", key="close"):
        url.set_parameter("lesson", "")
    show_url_problems()
    st.text(str(identity.current()))


@cache  # the first run of a new AppTest looks through all installed packages: a second
def browser() -> AppTest:
    return AppTest.from_function(page, default_timeout=30)


def opened(**address: Any) -> AppTest:
    """The page as somebody new sees it at this address."""
    app = browser()
    for key in {"experiment", "known", "identity"} & set(app.session_state):
        del app.session_state[key]
    app.query_params = address
    app.run()
    assert [e.value for e in app.exception] == []
    return app


def test_a_bare_address_is_the_default_and_stays_bare() -> None:
    app = opened()
    assert app.session_state["experiment"] == Experiment()
    assert app.query_params == {}
    assert not app.warning


def test_settings_of_an_address_without_an_effect_are_told_until_one_is_changed() -> None:
    app = opened(patience="3")
    told = r"Patience \(epochs\) has no effect without early stopping\."
    assert [each.value for each in app.caption] == [told]
    app.button(key="deeper").click().run()
    assert not app.caption


def test_an_address_opens_its_experiment() -> None:
    experiment = Experiment().replace(dataset="spiral", optimizer="adam", hidden=(8, 8))
    app = opened(**parameters(experiment))
    assert app.session_state["experiment"] == experiment
    assert app.query_params == parameters(experiment)


def test_a_change_is_in_the_address_at_once() -> None:
    app = opened(v="1", epochs="7")
    app.button(key="deeper").click().run()
    assert app.query_params == {"v": "1", "hidden": "5,5,5", "epochs": "7"}


def test_a_change_is_undone_and_made_again() -> None:
    app = opened(v="1", epochs="7")
    before = app.session_state["experiment"]
    app.button(key="deeper").click().run()
    after = app.session_state["experiment"]
    for key, shown in (("undo", before), ("redo", after), ("redo", after), ("undo", before)):
        app.button(key=key).click().run()
        assert app.session_state["experiment"] == shown
        assert app.query_params == parameters(shown)


def test_an_address_that_shows_an_unknown_control_says_so() -> None:
    app = opened(controls="train,learning_rate,tain")
    assert "controls must be among train" in app.warning[0].value
    assert app.warning[0].value.endswith(": tain")


def test_a_lost_or_late_address_does_not_undo_a_choice() -> None:
    app = opened(v="1", epochs="7")
    app.button(key="deeper").click().run()
    for late in ({}, {"v": "1", "epochs": "7"}):
        app.query_params = late
        app.run()
        assert app.session_state["experiment"].network.hidden == (5, 5, 5)
        assert app.query_params == {"v": "1", "hidden": "5,5,5", "epochs": "7"}


def test_what_is_wrong_with_an_address_is_told_until_something_is_changed() -> None:
    app = opened(v="1", epochs="0", colour="*red*")
    (warning,) = app.warning
    assert "colour is not a field of an experiment, got *red*" in warning.value.replace("\\", "")
    assert r"\*red\*" in warning.value  # shown letter by letter, not as bold
    assert "epochs must be between 1 and 10,000, got 0" in warning.value.replace("\\", "")
    assert app.session_state["experiment"] == Experiment().replace(epochs=1)
    app.button(key="deeper").click().run()
    app.run()
    assert not app.warning


def test_what_is_open_stays_in_the_address_beside_the_experiment() -> None:
    app = opened(v="1", epochs="7", lesson="xor", lab="a/b")
    assert app.session_state["places"] == {"lesson": "xor"}  # what is no name is dropped
    app.button(key="deeper").click().run()
    here = parameters(app.session_state["experiment"])
    assert app.query_params == {**here, "lesson": "xor"}
    app.query_params = {}  # as after a change of page
    app.run()
    assert app.query_params == {**here, "lesson": "xor"}
    app.button(key="close").click().run()
    assert app.query_params == here


def test_a_repeated_parameter_is_told() -> None:
    app = opened(epochs=["5", "6"])
    assert "given once" in app.warning[0].value
    assert app.session_state["experiment"] == Experiment().replace(epochs=5)


@settings(max_examples=50)
@given(strategies.dictionaries(strategies.text(min_size=1), strategies.text(), max_size=5))
def test_no_address_raises(address: dict[str, str]) -> None:
    reserved = {"embed", "embed_options"}  # Streamlit's own
    app = opened(**{n: text for n, text in address.items() if n.lower() not in reserved})
    experiment = app.session_state["experiment"]
    assert decode("&".join(f"{n}={v}" for n, v in parameters(experiment).items())).problems == ()


def test_cookies_tell_the_browser_before_the_first_run() -> None:
    assert identity._from_cookies({OWNER_COOKIE: OWNER, TAB_COOKIE: TAB}) == (OWNER, TAB)
    assert identity._from_cookies({OWNER_COOKIE: OWNER.upper(), TAB_COOKIE: TAB}) is None
    owner, tab = identity._from_cookies({OWNER_COOKIE: OWNER}) or ("", "")
    assert owner == OWNER
    assert identity.ID.fullmatch(tab)


def test_without_cookies_nobody_is_known_before_the_browser_has_told() -> None:
    assert opened().text[0].value == "None"


def test_the_browser_tells_owner_and_tab() -> None:
    app = opened()
    app.session_state["identity"] = {"identity": f"{OWNER} {TAB}"}
    app.run()
    assert app.text[0].value == str((OWNER, TAB))


@pytest.mark.parametrize(
    "told", ["", "x", f"{OWNER}", f"{OWNER} {TAB} ", f"{OWNER.upper()} {TAB}", 5, [OWNER, TAB]]
)
def test_anything_but_two_ids_is_nobody(told: object) -> None:
    app = opened()
    app.session_state["identity"] = {"identity": told}
    app.run()
    assert app.text[0].value == "None"
