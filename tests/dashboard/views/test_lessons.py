"""The Lessons page and the panel: begin, predict, check, answer, undo; what is broken is told."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.lessons.page import NAME
from playground.experiment.model import Experiment
from playground.lessons.lesson import all_lessons
from playground.lessons.progress import TAB_PROGRESS

KNOWN = ("", "")

LESSON = """
title = "Two clicks"
minutes = 5
order = 0
goal = "Say what a check is."
[start]
dataset = "moons"
learning_rate = 0.01
[[steps]]
title = "Look"
text = "Nothing to train here."
[steps.answer]
question = "Which one?"
options = ["*This*", "That"]
right = 2
because = "That is that."
[[steps]]
title = "Faster"
text = "Set the rate to 0.1."
set = { learning_rate = 0.1 }
after = "Remember this."
[steps.predict]
question = "What will the rate be?"
options = ["Small", "Large"]
right = 2
because = "You set it."
[[steps.check]]
setting = "learning_rate"
at_least = 0.1
"""


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.lessons.page import lessons
    from dashboard.views.lessons.panel import panel
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()), by_widgets=True)
    here = st.Page(lessons, title="Lessons", url_path="lessons", default=True)
    other = st.Page(lambda: None, title="Train", url_path="inspect")
    st.navigation([here, other])
    panel(st.session_state.get("here", "train"))
    lessons()


@pytest.fixture(autouse=True)
def a_new_tab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Each test is another person, with a lesson of a teacher's beside those of the program."""
    known = (secrets.token_hex(16), secrets.token_hex(16))
    monkeypatch.setitem(globals(), "KNOWN", known)
    (tmp_path / "clicks.toml").write_text(LESSON)
    monkeypatch.setenv("PLAYGROUND_LESSONS", str(tmp_path))
    yield
    TAB_PROGRESS.remove((*known, NAME))


def opened(**address: Any) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["known"] = KNOWN
    app.session_state["data_settings"] = True  # is open
    app.query_params = address
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def click(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=key).click().run())


def choose(app: AppTest, option: str) -> AppTest:
    return checked(app.radio[0].set_value(option).run())


def texts(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.info, *app.success, *app.warning, *app.error]
    return "\n".join(element.value for element in shown).replace("\\", "")


def current(app: AppTest) -> Experiment:
    found: Experiment = app.session_state["experiment"]
    return found


def test_every_lesson_has_a_card_and_nothing_is_open() -> None:
    app = opened()
    for lesson in all_lessons().lessons.values():
        assert lesson.title.replace("\\", "") in texts(app)
    assert not app.main.expander
    assert not app.warning


def test_a_lesson_from_start_to_end_and_back_to_ones_own_experiment() -> None:
    app = opened(v="1", epochs="7")
    mine = current(app)
    click(app, "lesson_open_clicks")
    assert current(app) == Experiment().replace(dataset="moons", learning_rate=0.01)
    assert app.query_params["lesson"] == "clicks"
    assert "Yours, Fashion-MNIST" in texts(app)  # what it took the place of
    assert app.button(key="lesson_next").disabled

    choose(app, "*This*")
    click(app, "lesson_answer")
    assert "*This* is not correct: look again." in texts(app)
    assert app.button(key="lesson_next").disabled
    choose(app, "That")
    click(app, "lesson_answer")
    assert "**That** is correct." in texts(app)
    click(app, "lesson_next")

    assert "Predict first" in texts(app)
    assert app.button(key="lesson_set").disabled
    choose(app, "Small")
    assert "Learning rate η: 0.01, it must be at least 0.1" in texts(app)
    click(app, "lesson_set")
    assert current(app).training.learning_rate == 0.1
    told = texts(app)
    assert "You predicted “Small”; the outcome is “Large”. ✗" in told
    assert "You set it." in told
    assert "Remember this." in told
    assert "Lesson completed." in told

    click(app, "lesson_back")  # what is passed stays so
    assert "**That** is correct." in texts(app)
    click(app, "lesson_leave")
    assert current(app) == mine
    assert "lesson" not in app.query_params


def test_a_completed_lesson_is_closed_on_the_next_page() -> None:
    app = opened()
    click(app, "lesson_open_clicks")
    choose(app, "That")
    click(app, "lesson_answer")
    click(app, "lesson_next")
    choose(app, "Small")
    click(app, "lesson_set")
    assert "Lesson completed." in texts(app)
    app.session_state["here"] = "data"
    checked(app.run())
    assert "Lesson completed." not in texts(app)
    assert "lesson" not in app.query_params
    click(app, "lesson_open_clicks")  # to read it again
    assert "Lesson completed." in texts(app)


def test_a_lesson_is_closed_opened_again_and_begun_again() -> None:
    app = opened()
    click(app, "lesson_open_clicks")
    choose(app, "That")
    click(app, "lesson_answer")
    click(app, "lesson_close")
    assert not app.main.expander
    assert "1 of 2 steps done" in texts(app)
    click(app, "lesson_open_clicks")
    assert "**That** is correct." in texts(app)
    click(app, "lesson_again")
    assert "0 of 2 steps done" in texts(app)
    assert app.radio[0].value is None


def test_the_address_offers_a_lesson_and_says_what_it_would_replace() -> None:
    app = opened(v="1", epochs="7", lesson="clicks")
    mine = current(app)
    assert mine.training.epochs == 7
    assert "It sets the experiment to Moons" in texts(app)
    click(app, "lesson_not")
    assert current(app) == mine
    app = opened(v="1", epochs="7", lesson="clicks")
    click(app, "lesson_start")
    assert current(app).data.dataset == "moons"


def test_how_far_one_is_outlives_a_reload() -> None:
    app = opened()
    click(app, "lesson_open_clicks")
    choose(app, "That")
    click(app, "lesson_answer")
    again = opened(**app.query_params)
    assert "**That** is correct." in texts(again)


def test_an_address_of_no_lesson_and_a_broken_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("title = 5")
    app = opened(lesson="luck")
    told = texts(app)
    assert "lesson must be one of clicks, xor" in told
    assert "got luck" in told
    assert "bad.toml: title must be text, got 5" in told
    click(app, "lesson_open_clicks")  # the others work


def test_settings_that_no_longer_suit_are_refused_and_lose_nothing() -> None:
    app = opened()
    click(app, "lesson_open_clicks")
    choose(app, "That")
    click(app, "lesson_answer")
    click(app, "lesson_next")
    choose(app, "Large")
    chosen = current(app).replace(dataset="iris")
    app.session_state["experiment"] = chosen
    click(app, "lesson_set")
    assert current(app) == chosen.replace(learning_rate=0.1)


def test_a_click_before_the_browser_shows_the_new_settings_does_not_bring_back_the_old() -> None:
    app = opened()
    before = current(app)
    click(app, "lesson_open_clicks")
    lesson = current(app)
    assert lesson != before
    # with its next click a slow browser tells what its widgets showed before
    app.session_state["batch_size"] = before.training.batch_size
    app.selectbox(key="dataset").set_value(before.data.dataset)
    choose(app, "That")
    assert current(app) == lesson
    assert app.selectbox(key="dataset").value == "moons"
    app.selectbox(key="dataset").set_value("spiral")  # what is really chosen counts
    checked(app.run())
    assert current(app).data.dataset == "spiral"
