"""The Race page: presets, a custom race, errors beside their control, curves and leaderboard."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.state.session import RACE
from dashboard.views.race.setup import default_epochs, parse
from playground.experiment.model import Experiment
from playground.experiment.url import parameters
from playground.runs.lr_finder import LEARNING_RATE_FINDERS
from playground.runs.race import RACES, Race
from playground.runs.race_presets import PRESETS, VARIABLES, suggested
from playground.runs.search_space import format_values
from playground.storage.query import RunQuery
from playground.storage.store import store

KNOWN = ("0123456789abcdef" * 2, "fedcba9876543210" * 2)
KEY = (*KNOWN, RACE)
IRIS = {"v": "1", "dataset": "iris", "hidden": "6", "epochs": "3"}
END = 120  # seconds for what takes two: workers may still be starting


def page() -> None:
    from dashboard.state import session
    from dashboard.views.race.page import race
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()), by_widgets=True)
    race()


def opened(**address: Any) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["known"] = KNOWN
    app.query_params = address or IRIS
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


@pytest.fixture(autouse=True)
def a_new_tab(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test is another person, who leaves no race behind."""
    known = (secrets.token_hex(16), secrets.token_hex(16))
    monkeypatch.setitem(globals(), "KNOWN", known)
    monkeypatch.setitem(globals(), "KEY", (*known, RACE))
    yield
    RACES.remove(KEY)
    LEARNING_RATE_FINDERS.remove(KEY)


def running() -> Race:
    race = RACES.get(KEY)
    assert race is not None
    return race


def click(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=key).click().run())


def texts(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.info, *app.success, *app.warning, *app.error]
    return "\n".join(element.value for element in shown).replace("\\", "")


# ---- before ------------------------------------------------------------------------------


def test_the_page_suggests_a_first_race() -> None:
    app = opened()
    assert "Press **All optimizers**" in texts(app)
    assert any("Iris" in caption.value for caption in app.caption)
    assert all(not app.button(key=f"race_{name}").disabled for name in PRESETS)
    assert not app.button(key="race_start").disabled


def test_nobody_known_nothing_starts() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params = IRIS
    checked(app.run())
    assert app.button(key="race_optimizers").disabled
    assert app.button(key="race_start").disabled


@pytest.mark.parametrize("field", VARIABLES)
def test_every_thing_can_vary_with_what_is_suggested(field: str) -> None:
    app = opened()
    checked(app.selectbox(key="race_field").select(field).run())
    assert not app.error
    assert not app.button(key="race_start").disabled
    assert any("competitors, 3 epochs: " in caption.value for caption in app.caption)


def test_a_wrong_value_is_told_beside_its_box_and_loses_nothing() -> None:
    app = opened()
    checked(app.selectbox(key="race_field").select("learning_rate").run())
    box = app.text_input(key="race_values_learning_rate")
    checked(box.input("0.1, fast, 99, 0.01").run())
    wrong = [error.value.replace("\\", "") for error in app.error]
    assert wrong[0] == "Learning rate η must be a number, got fast"
    assert wrong[1].startswith("Learning rate η must be between 1e-06 and 10, got 99")
    assert app.button(key="race_start").disabled
    assert app.text_input(key="race_values_learning_rate").value == "0.1, fast, 99, 0.01"
    checked(app.text_input(key="race_values_learning_rate").input("0.1").run())
    assert "competitors must be between 2 and 8, got 1" in app.error[0].value.replace("\\", "")


def test_a_grid_of_two_things_has_eight_cells_at_most() -> None:
    app = opened()
    app.session_state["race_way"] = "Two settings"
    checked(app.run())
    assert "6 competitors" in texts(app)
    box = app.multiselect(key="race_first_values_optimizer")
    checked(box.set_value(["sgd", "adam", "nadam", "adagrad", "rmsprop"]).run())
    assert "competitors must be between 2 and 8, got 10" in texts(app)


def test_values_follow_the_settings_until_somebody_sets_them() -> None:
    app = opened()
    checked(app.selectbox(key="race_field").select("learning_rate").run())
    key = "race_values_learning_rate"
    first = app.text_input(key=key).value
    app.session_state["experiment"] = app.session_state["experiment"].replace(learning_rate=0.5)
    checked(app.run())
    assert app.text_input(key=key).value != first
    checked(app.text_input(key=key).input("0.1, 0.2").run())
    app.session_state["experiment"] = app.session_state["experiment"].replace(learning_rate=0.3)
    checked(app.run())
    assert app.text_input(key=key).value == "0.1, 0.2"


def test_values_read_as_they_are_written() -> None:
    base = Experiment()
    for field in VARIABLES:
        values = suggested(base, field)
        if not isinstance(values[0], str):  # those are chosen from a list
            text = format_values(list(values))
            assert parse(base, field, text) == (values, ())
    assert parse(base, "hidden", "none, 20-10, 20-10,").values == ((), (20, 10))
    assert (
        parse(base, "hidden", "2000")
        .problems[0]
        .startswith("Hidden layers must be layers of 1 to 1,024")
    )


def test_the_default_length_of_a_race_suits_its_data() -> None:
    assert default_epochs(Experiment()) == 20
    assert default_epochs(Experiment().replace(epochs=7)) == 7
    assert default_epochs(Experiment().replace(dataset="spiral", epochs=5000)) == 200


# ---- a race ------------------------------------------------------------------------------


def test_a_race_from_its_start_to_its_ranking() -> None:
    app = opened()
    checked(app.selectbox(key="race_field").select("learning_rate").run())
    checked(app.text_input(key="race_values_learning_rate").input("0.1, 0.01").run())
    app.session_state["race_seeds"] = 2
    checked(app.run())
    click(app, "race_start")
    race = running()
    assert [len(runs) for runs in race.runs] == [2, 2]
    assert race.wait(END) == "finished"
    checked(app.run())
    text = texts(app)
    assert "All start from the same initial weights" in text
    assert "Finished after 3 epochs." in text
    assert re.search(r"Baseline \(always the most frequent class\): accuracy \d+\.\d%", text)
    assert "Two seeds give a narrow range" in text
    assert "What next?" in text
    table = app.table[0].value
    assert set(table["competitor"].str.replace("\\", "")) == {"● η 0.1", "◆ η 0.01"}
    assert table.iloc[0, 0] == "1"
    assert set(table["state"]) == {"finished"}, text
    assert all(table["parameters"] == "51")  # 4·6 + 6 + 6·3 + 3

    app.session_state["race_order"] = "seconds"
    app.session_state["race_scales"] = ["x", "y"]
    app.session_state["race_parts"] = "Both"
    app.session_state["race_smoothing"] = 0.5
    checked(app.run())
    for quantity in ("loss", "score"):
        app.session_state["race_quantity"] = quantity
        checked(app.run())

    click(app, "race_reset")
    assert running() is race
    assert race.state == "ready"
    assert "Not started" in texts(app)
    click(app, "race_step")
    race.wait(END)
    checked(app.run())
    assert "Paused after epoch 1 of 3" in texts(app)
    app.selectbox(key=f"race_one_{race.name}").select(1)
    checked(app.run())
    click(app, "race_stop_one")
    assert race.states == ("paused", "stopped")
    click(app, "race_play")
    race.wait(END)
    checked(app.run())
    assert [runs[0].epoch for runs in race.runs] == [3, 1]


def test_a_preset_begins_at_once_and_replaces_the_race_before() -> None:
    app = opened()
    click(app, "race_width")
    first = running()
    assert first.state in ("playing", "finished")
    assert len(first.competitors) == len(suggested(Experiment().replace(hidden=(6,)), "hidden"))
    app.session_state["race_more"] = True  # "Start another race" is opened
    checked(app.run())
    click(app, "race_learning_rates")
    assert running() is not first
    click(app, "race_stop")
    running().wait(END)
    checked(app.run())
    assert running().state == "finished"
    assert "Stopped after epoch" in texts(app) or "Finished" in texts(app)


def test_a_competitor_that_diverges_is_named_with_advice() -> None:
    address = parameters(
        Experiment().replace(dataset="plane", hidden=(4,), activation="linear", epochs=3)
    )
    app = opened(**address)
    checked(app.selectbox(key="race_field").select("learning_rate").run())
    checked(app.text_input(key="race_values_learning_rate").input("10, 0.01").run())
    click(app, "race_start")
    running().wait(END)
    checked(app.run())
    assert re.search(r"η 10 in epoch \d diverged.*Try a learning rate", texts(app))
    table = app.table[0].value
    assert set(table["state"]) == {"diverged", "finished"}
    assert "mean absolute error" in texts(app)


def test_a_competitor_becomes_the_current_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened()
    click(app, "race_activations")
    race = running()
    race.stop()
    # A page of its own cannot switch to another one: what is switched to is not looked at here.
    monkeypatch.setattr("streamlit.switch_page", lambda page: None)
    checked(app.run())
    app.selectbox(key=f"race_one_{race.name}").select(2)
    checked(app.run())
    click(app, "race_open")
    assert app.session_state["experiment"] == race.competitors[2].experiments[0]


# ---- found rates, saved races ------------------------------------------------------------


def test_each_one_races_at_the_rate_that_was_found_for_it() -> None:
    app = opened()
    checked(app.multiselect(key="race_values_optimizer").set_value(["sgd", "adam"]).run())
    checked(app.toggle(key="race_find").set_value(True).run())
    click(app, "race_start")
    search = LEARNING_RATE_FINDERS.get(KEY)
    assert search is not None
    assert RACES.get(KEY) is None
    assert "trains briefly at five learning rates" in texts(app)
    search.wait(END)
    checked(app.run())
    found = [tried.chosen for tried in search.tried if tried]
    assert [c.experiments[0].training.learning_rate for c in running().competitors] == found
    running().wait(END)
    checked(app.run())
    assert app.table[0].value["chosen η"].astype(float).tolist() == found
    assert "Finished after" in texts(app)


def test_a_race_is_saved_and_shown_again_after_a_restart() -> None:
    app = opened()
    click(app, "race_learning_rates")
    running().wait(END)
    checked(app.run())
    scores = app.table[0].value
    (group, *_) = store().groups(KNOWN[0], "race", KNOWN[1])
    assert {line.label for line in store().list_runs(KNOWN[0], RunQuery(group=group.id))} == {
        competitor.label for competitor in running().competitors
    }
    RACES.remove(KEY)  # what a restart leaves of it

    again = opened()
    assert "The server was restarted" in texts(again)
    assert "It had finished." in texts(again)
    assert again.table[0].value.equals(scores)
    click(again, "race_again")
    assert len(running().competitors) == len(scores)


def test_saved_runs_race_against_each_other() -> None:
    for rate in (0.1, 0.2):
        experiment = Experiment().replace(dataset="iris", hidden=(6,), learning_rate=rate)
        store().create_run(KNOWN[0], experiment)
    app = opened()
    app.session_state["race_way"] = "Saved runs"
    checked(app.run())
    ids = [line.id for line in store().list_runs(KNOWN[0])][:2]
    checked(app.multiselect(key="race_saved").set_value(ids).run())
    assert "2 competitors" in texts(app)
    click(app, "race_start")
    assert [c.experiments[0].training.learning_rate for c in running().competitors] == [0.2, 0.1]
    assert all(c.experiments[0].training.epochs == 3 for c in running().competitors)
