"""Assignments on the pages: what is locked cannot be changed by anybody, targets are live."""

from functools import cache
from secrets import token_hex
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.experiment.model import FIELDS, SECTION_OF, Experiment
from playground.experiment.url import decode, parameters
from playground.history.events import Epoch, LayerStatistics, Score
from playground.lessons import submission
from playground.lessons.assignment import Assignment, make, read, write
from playground.lessons.targets import AT_LEAST, AT_MOST
from playground.runs.run import RUNS
from playground.storage import signing
from playground.storage.store import store

START = Experiment().replace(dataset="iris", hidden=(8,), epochs=20)
LAYERS = (LayerStatistics(1e-3, 0.05, 1e-5, 0.1),) * 2
DATA = tuple(name for name in FIELDS if SECTION_OF[name] == "data")


def task(*locked: str, start: Experiment = START) -> Assignment:
    wanted = [
        {"metric": "validation_accuracy", "operator": AT_LEAST, "threshold": 0.8},
        {"metric": "parameters", "operator": AT_MOST, "threshold": 100},
    ]
    return make(title="*Iris* <b>", text="Two $lines$\n# here", start=start, locked=locked,
                targets=wanted)  # fmt: skip


def student() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.assignments.panel import panel
    from dashboard.widgets.messages import show_url_problems
    from dashboard.widgets.settings import controls

    session.begin()
    if st.button("A scenario", key="scenario"):
        session.set_experiment(
            session.experiment().replace(hidden=(30, 30), learning_rate=0.5, optimizer="adam")
        )
    session.set_experiment(controls(session.experiment()), by_widgets=True)
    show_url_problems()
    panel()


@cache
def browser() -> AppTest:
    return AppTest.from_function(student, default_timeout=30)


def opened(
    assignment: Assignment | str, who: tuple[str, str] = ("0" * 32, "1" * 32), **address: str
) -> AppTest:
    app = browser()
    begun = {"experiment", "shown", "known", "identity", "places", "looked"}
    for key in begun & set(app.session_state):
        del app.session_state[key]
    for group in ("data", "more"):
        app.session_state[f"{group}_settings"] = True  # is open
    app.session_state["identity"] = {"identity": " ".join(who)}
    text = assignment if isinstance(assignment, str) else write(assignment, signing.key())
    app.query_params = address | {"assignment": text}
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def current(app: AppTest) -> Experiment:
    chosen: Experiment = app.session_state["experiment"]
    return chosen


def plain(app: AppTest, kind: str = "markdown") -> str:
    return "\n".join(each.value for each in getattr(app, kind)).replace("\\", "")


def test_a_link_without_an_experiment_opens_the_start() -> None:
    app = opened(task("hidden"))
    assert current(app) == START
    assert app.query_params["hidden"] == "8"
    assert app.query_params["assignment"]


def test_locked_widgets_are_gray_and_say_why() -> None:
    app = opened(task("hidden", "learning_rate", "shuffle"))
    for kind in (app.text_input, app.number_input, app.select_slider, app.toggle, app.selectbox):
        for widget in kind:
            field = str(widget.key).removesuffix("_slider")
            locked = field in ("hidden", "learning_rate", "shuffle")
            if field in FIELDS:
                assert widget.disabled == locked, field
                if locked and widget.help:
                    assert widget.help.startswith("Locked by the assignment")


def test_an_edited_address_unlocks_nothing() -> None:
    given = parameters(START.replace(hidden=(64,), epochs=7))
    app = opened(task("hidden"), **given)
    assert current(app) == START.replace(epochs=7)
    assert app.query_params["hidden"] == "8"
    assert "Hidden layers stays 8" in plain(app, "warning")


def test_a_button_changes_only_what_is_free() -> None:
    app = opened(task("hidden", "learning_rate"))
    app.button(key="scenario").click()
    checked(app.run())
    expected = START.replace(optimizer="adam", learning_rate=START.training.learning_rate)
    assert current(app) == expected
    assert "Hidden layers stays 8, Learning rate η stays 0.01" in plain(app, "warning")


def test_a_widget_cannot_change_what_is_locked_though_the_browser_sends_it() -> None:
    app = opened(task("hidden", *DATA))
    forged = app.text_input(key="hidden")
    forged.proto.disabled = False
    forged.set_value("500")
    checked(app.run())
    assert current(app).network.hidden == (8,)
    app.number_input(key="epochs").set_value(9)
    checked(app.run())
    assert current(app) == START.replace(epochs=9)
    assert app.text_input(key="hidden").value == "8"


def test_a_free_choice_does_not_take_along_what_is_locked() -> None:
    app = opened(task("learning_rate"))
    app.selectbox(key="optimizer").set_value("adam")
    checked(app.run())
    assert current(app).training.optimizer == "adam"
    assert current(app).training.learning_rate == START.training.learning_rate


def test_the_panel_shows_text_letter_by_letter_and_targets_as_they_stand() -> None:
    app = opened(task("hidden"))
    labels = [each.label.replace("\\", "") for each in app.expander]
    assert "***Iris* <b>**" in labels
    assert app.text[0].value == "Two $lines$\n# here"
    shown = plain(app)
    assert "○] validation accuracy ≥ 80%: :gray[not measured yet]" in shown
    assert "✓**] the number of weights and biases ≤ 100: now **67**" in shown
    wide = opened(task(), **parameters(START.replace(hidden=(100,))))
    assert "✗**] the number of weights and biases ≤ 100: now **803**, not met" in plain(wide)


def test_leaving_unlocks() -> None:
    app = opened(task("hidden"))
    app.button(key="assignment_leave").click()
    checked(app.run())
    assert "assignment" not in app.query_params
    assert not app.text_input(key="hidden").disabled


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text[:20] + "x" + text[21:], "it was altered, or made by another server"),
        (lambda text: text[:50], "it is incomplete or was typed wrong"),
        (lambda text: "<script>", "it is incomplete or was typed wrong"),
        (lambda _: write(task(), b"another server's key"), "made by another server"),
    ],
)
def test_a_damaged_link_is_told_and_locks_nothing(change: Any, sentence: str) -> None:
    app = opened(change(write(task("hidden"), signing.key())))
    assert sentence in plain(app, "error")
    assert not app.text_input(key="hidden").disabled


def test_a_run_that_meets_the_targets_gives_a_signed_line_also_after_a_restart() -> None:
    who = token_hex(16), token_hex(16)
    events = [
        Epoch(i, 5 * i, Score(0.5, 0.7), Score(0.4, accuracy), 0.01, 0.25, LAYERS)
        for i, accuracy in enumerate((0.5, 0.9, 0.85), start=1)
    ]
    id = store().create_run(who[0], START, tab=who[1])
    store().log_events(id, START, events, "paused", 3)
    app = opened(task("hidden", *DATA), who)
    assert "All targets are met together after epoch 2." in plain(app, "success")
    assert "after epoch 2 **90" in plain(app, "markdown")  # and not the 85 % of the last one
    assert ":red" not in plain(app, "markdown")
    app.text_input(key="assignment_name").set_value("  ")
    app.button(key="assignment_make").click()
    checked(app.run())
    assert "your name must be 1 to 80 printable characters" in plain(app, "error")
    app.text_input(key="assignment_name").set_value("Zoë")
    app.button(key="assignment_make").click()
    checked(app.run())
    handed = submission.read(app.code[0].value, signing.key())
    assert (handed.name, handed.title, handed.epoch) == ("Zoë", "*Iris* <b>", 2)
    assert handed.assignment == task("hidden", *DATA).digest
    assert handed.metrics["validation_accuracy"] == 0.9
    assert handed.metrics["seconds"] == 0.5
    assert handed.passed
    assert id not in app.code[0].value  # the run's own id stays its owner's
    assert decode(handed.link).experiment == START
    RUNS.clear()


def teacher() -> None:
    from dashboard.state import session
    from dashboard.views.assignments.page import assignments
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()), by_widgets=True)
    assignments()


def test_the_teachers_form_makes_a_link_that_says_what_was_set() -> None:
    app = AppTest.from_function(teacher, default_timeout=30)
    app.query_params = parameters(START)
    checked(app.run())
    app.text_input(key="assign_title").set_value("Small")
    app.number_input(key="assign_number_0_validation_accuracy").set_value(0.75)
    app.number_input(key="assign_count").set_value(2)
    checked(app.run())
    made = link(app)
    assert (made.title, made.start, made.locked) == ("Small", START, DATA)
    assert [target.text for target in made.targets] == [
        "validation accuracy ≥ 75%", "the number of weights and biases ≤ 50,000",
    ]  # fmt: skip
    app.segmented_control(key="assign_lock").set_value("all_but")
    checked(app.run())
    app.multiselect(key="assign_all_but").set_value(["learning_rate"])
    checked(app.run())
    assert link(app).locked == tuple(name for name in FIELDS if name != "learning_rate")
    # What nobody can reach: told beside the form, and no link.
    app.number_input(key="assign_number_1_parameters").set_value(66)
    checked(app.run())
    assert "must be at least 67 with what is locked, got 66" in plain(app, "error")
    assert not any("assignment=" in each.value for each in app.code)


def link(app: AppTest) -> Assignment:
    (found,) = [each.value for each in app.code if "assignment=" in each.value]
    return read(found.rpartition("assignment=")[2], signing.key())
