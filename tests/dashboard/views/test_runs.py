"""The Runs page over a real database: listed, selected, renamed, compared and shared runs."""

import os
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.experiment.model import Experiment
from playground.experiment.url import parameters
from playground.history.events import Epoch, Event, Finished, LayerStatistics, Score
from playground.runs.race import Competitor, GroupPlan
from playground.runs.sweep import SWEEPS, Sweep
from playground.storage.store import Store, store

OWNER, TAB = "0123456789abcdef" * 2, "fedcba9876543210" * 2
STRANGER = "ffffffffffffffff" * 2


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database without any run."""
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    return store()


def trained(kept: Store, owner: str = OWNER, score: float = 0.8, **changes: Any) -> str:
    """A finished run of three epochs that reaches `score`; its id."""
    experiment = Experiment().replace(epochs=3, **changes)
    id = kept.create_run(owner, experiment)
    kept.log_events(id, experiment, course(score), "finished", 3)
    return id


LAYERS = (LayerStatistics(0.1, 0.1, 0.001, None),) * 3


def course(score: float, epochs: int = 3) -> list[Event]:
    values = [score * (i + 1) / epochs for i in range(epochs)]
    told: list[Event] = [
        Epoch(i + 1, i + 1, Score(1.1 - v, v), Score(1.2 - v, v), 0.1, 0.5, LAYERS)
        for i, v in enumerate(values)
    ]
    return [*told, Finished(epochs, False, None, False)]


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.runs.page import runs
    from dashboard.views.train.page import train

    session.begin()
    train_page = st.Page(lambda: st.text("Train page"), url_path="", title="Train", default=True)
    runs_page = st.Page(runs, url_path="runs")
    page = st.navigation([train_page, runs_page])
    if "first" not in st.session_state:
        st.session_state["first"] = False
        st.switch_page(runs_page, query_params=st.query_params.to_dict())
    page.run()
    st.text(type(train).__name__)


def opened(owner: str = OWNER, view: str = "List", **address: Any) -> AppTest:
    """The page as one owner sees it."""
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params = address
    app.session_state["known"] = (owner, TAB)
    app.session_state["runs_view"] = view
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert [e.value for e in app.exception] == []
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return run(app)


def choose(app: AppTest, *ids: str) -> AppTest:
    """As if these boxes were ticked."""
    app.session_state["stored runs"][1].set(ids)
    return run(app)


def plain(text: str) -> str:
    return text.replace("\\", "")


def lines(app: AppTest) -> Any:
    return app.dataframe[0].value


def test_the_page_suggests_a_first_run(kept: Store) -> None:
    app = opened()
    assert "Nothing is here yet" in app.info[0].value
    assert not app.dataframe
    assert not [w.value for w in app.warning]


def test_runs_are_listed_the_newest_first_and_survive_a_restart(kept: Store) -> None:
    trained(kept, score=0.8)
    trained(kept, score=0.9, dropout=0.2)
    table = lines(opened())
    assert list(table["Best"]) == ["90.0%", "80.0%"]
    assert list(table["Epochs"]) == ["3 / 3"] * 2
    assert list(table["Network"]) == ["300-100 ReLU"] * 2
    assert "dropout 0.2" in table["Name"][0]
    again = Store(os.environ["PLAYGROUND_DATABASE_URL"])  # as after a restart
    assert [each.best_metric for each in again.list_runs(OWNER)] == [0.9, pytest.approx(0.8)]


def test_runs_of_another_owner_stay_hidden_even_by_their_ids(kept: Store) -> None:
    id = trained(kept)
    app = opened(STRANGER)
    assert "Nothing is here yet" in app.info[0].value
    trained(kept, STRANGER, score=0.5)
    app = choose(run(app), id)
    assert list(lines(app)["Best"]) == ["50.0%"]
    assert "delete_runs" not in [button.key for button in app.button]
    app = opened(STRANGER, "Compare")
    app = choose(app, id)
    assert "80.0%" not in str([m.value for m in app.multiselect])


def test_a_run_gets_a_name_tags_and_a_note(kept: Store) -> None:
    id = trained(kept)
    app = choose(opened(), id)
    named(app, "name").set_value("<b>My *best*</b> $x$")
    named(app, "tags").set_value("homework, week 3")
    named(app, "note").set_value("  I expected more.\n")
    app = save(app)
    (line,) = kept.list_runs(OWNER)
    assert (line.name, line.tags) == ("<b>My *best*</b> $x$", ("homework", "week 3"))
    assert line.note == "I expected more."
    assert r"\<b\>My \*best\*\</b\> \$x\$" in [s.value for s in app.subheader]
    assert lines(app)["Name"][0] == "<b>My *best*</b> $x$"
    named(app, "name").set_value("")
    app = save(app)
    assert kept.list_runs(OWNER)[0].name.startswith("fashion_mnist · 300-100 relu")


def named(app: AppTest, part: str) -> Any:
    boxes = [*app.text_input, *app.text_area]
    (found,) = [box for box in boxes if box.key.startswith(f"run_{part}_")]
    return found


def save(app: AppTest) -> AppTest:
    (button,) = [b for b in app.button if (b.key or "").startswith("run_save_")]
    button.click()
    return run(app)


def test_what_cannot_be_saved_is_said_beside_its_field_and_stays_there(kept: Store) -> None:
    app = choose(opened(), trained(kept))
    text = ", ".join(str(i) for i in range(30))
    named(app, "tags").set_value(text)
    app = save(app)
    assert plain(app.error[0].value) == "tags must be at most 20, got 30"
    assert named(app, "tags").value == text
    assert kept.list_runs(OWNER)[0].tags == ()


def test_deleted_runs_come_back_by_undo(kept: Store) -> None:
    ids = [trained(kept, score=0.5), trained(kept, score=0.6), trained(kept, score=0.7)]
    app = press(choose(opened(), *ids[:2]), "delete_runs")
    assert list(lines(app)["Best"]) == ["70.0%"]
    assert "2 runs are deleted." in [c.value for c in app.caption]
    app = press(app, "undo_delete")
    assert len(lines(app)) == 3
    assert "delete_runs" in [button.key for button in app.button]  # they are chosen again


def test_filters_and_order_are_those_of_all_runs(kept: Store) -> None:
    trained(kept, score=0.5, dataset="digits")
    trained(kept, score=0.9)
    trained(kept, score=0.7, optimizer="adam")
    app = opened()
    app.selectbox(key="runs_by").set_value("best")
    assert list(lines(run(app))["Best"]) == ["90.0%", "70.0%", "50.0%"]
    app.toggle(key="runs_turned").set_value(True)
    assert list(lines(run(app))["Best"]) == ["50.0%", "70.0%", "90.0%"]
    app.text_input(key="runs_text").set_value("ADAM")
    assert list(lines(run(app))["Best"]) == ["70.0%"]
    app.text_input(key="runs_text").set_value("")
    app.multiselect(key="runs_data").set_value(["digits"])
    assert list(lines(run(app))["Best"]) == ["50.0%"]
    app.multiselect(key="runs_state").set_value(["lost"])
    assert "No run matches" in run(app).info[0].value


def test_a_group_is_shown_and_filtered(kept: Store) -> None:
    trained(kept)
    group = kept.create_group(OWNER, "sweep", "learning rates", "{}")
    id = kept.create_run(OWNER, Experiment(), "sweep", group, "η 0.1")
    kept.log_events(id, Experiment(), course(0.6), "finished", 3)
    app = opened()
    assert lines(app)["Group"][0] == "Sweep: learning rates · η 0.1"
    app.selectbox(key="runs_group").set_value(group)
    assert list(lines(run(app))["Best"]) == ["60.0%"]


def test_only_a_page_of_many_runs_is_sent(kept: Store) -> None:
    for i in range(105):
        kept.log_events(
            id := kept.create_run(OWNER, Experiment()), Experiment(), course(0.5, 1), "finished", 1
        )
        if i == 0:
            kept.rename(id, OWNER, "the oldest")
    app = opened()
    assert len(lines(app)) == 100
    app.number_input(key="runs_page").set_value(2)
    app = run(app)
    assert len(lines(app)) == 5
    assert lines(app)["Name"].iloc[-1] == "the oldest"
    app.text_input(key="runs_text").set_value("oldest")
    assert list(lines(run(app))["Name"]) == ["the oldest"]


def test_two_runs_are_compared_in_one_sentence(kept: Store) -> None:
    ids = [trained(kept, score=0.8), trained(kept, score=0.9, dropout=0.2)]
    app = choose(opened(view="Compare"), *ids)
    assert plain(app.info[0].value) == (
        "Run B reaches 90.0% validation accuracy instead of 80.0%: the only difference is "
        "dropout 0.2 instead of 0."
    )
    settings, courses = app.dataframe
    assert settings.value.to_numpy().tolist() == [["Dropout", "0", "0.2"]]
    scores = courses.value.set_index("Score")  # a column for each run
    assert list(scores.loc["Epochs to 85.5%"]) == ["–", "3"]
    assert app.session_state["compare_1"] == ids


def test_one_run_cannot_be_compared(kept: Store) -> None:
    app = choose(opened(view="Compare"), trained(kept))
    assert "two runs or more" in app.info[0].value


def test_many_runs_are_drawn_and_the_setting_that_matters_named(kept: Store) -> None:
    for i in range(12):
        trained(kept, score=0.9 if i % 2 else 0.6, dropout=0.5 * (i % 2), seed=i)
    app = opened(view="Many runs")
    told = [plain(c.value) for c in app.caption]
    assert any("dropout 100%" in text for text in told)


def test_too_few_runs_for_a_picture_say_what_to_do(kept: Store) -> None:
    trained(kept)
    assert "*Sweep*" in opened(view="Many runs").info[0].value


def test_a_shared_run_is_shown_to_anybody_and_only_that_one(kept: Store) -> None:
    id = trained(kept, score=0.8)
    trained(kept, score=0.9)
    kept.rename(id, OWNER, "Look *here*")
    token = kept.share(id, OWNER)
    app = opened(STRANGER, shared=token)
    assert r"Look \*here\*" in [s.value for s in app.subheader]
    assert not app.text_input
    assert [b.key for b in app.button] == ["use_shared", "own_runs"]
    assert app.query_params == {"shared": token}  # it survives a reload
    assert not app.warning
    kept.unshare(id, OWNER)
    assert "shows no run" in run(app).error[0].value
    app = press(app, "own_runs")
    assert "Nothing is here yet" in app.info[0].value


@pytest.mark.parametrize("token", ["x", "0" * 32, "' OR 1=1 --", "<b>"])
def test_a_token_that_was_made_up_shows_nothing(kept: Store, token: str) -> None:
    trained(kept)
    app = opened(STRANGER, shared=token)
    assert "shows no run" in app.error[0].value
    assert not app.warning


def test_a_run_is_opened_in_train(kept: Store) -> None:
    experiment = Experiment().replace(epochs=3, dropout=0.2, dataset="mnist")
    id = trained(kept, dropout=0.2, dataset="mnist")
    app = press(choose(opened(), id), "open_run")
    assert app.session_state["experiment"] == experiment
    assert app.query_params == parameters(experiment)
    assert "Train page" in [t.value for t in app.text]


def test_a_database_that_fails_is_one_sentence(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", "sqlite:////proc/none/runs.sqlite")
    app = opened()
    assert len(app.error) == 1


def planned(**address: Any) -> AppTest:
    return opened(view="Sweep", **address)


def texts(app: AppTest) -> str:
    return plain(" ".join(each.value for each in [*app.caption, *app.error, *app.info]))


def test_a_grid_says_how_many_runs_it_is(kept: Store) -> None:
    app = planned(v="1", dataset="iris")
    app.text_input(key="sweep_learning_rate_values").set_value("0.01, 0.1")
    app.multiselect(key="sweep_optimizer").set_value(["sgd", "adam", "rmsprop"])
    assert "6 runs, 60 epochs in all" in texts(run(app))
    assert not app.button(key="sweep_start").disabled


def test_a_random_sweep_draws_from_ranges_and_values(kept: Store) -> None:
    app = planned(v="1", dataset="iris")
    app.segmented_control(key="sweep_way").set_value("Random")
    app = run(app)
    app.number_input(key="sweep_count").set_value(7)
    assert "7 runs, 70 epochs in all" in texts(run(app))
    app.text_input(key="sweep_learning_rate_low").set_value("5")
    app.text_input(key="sweep_learning_rate_high").set_value("1")
    assert "Learning rate η must go from low to high, got 5 to 1" in texts(run(app))
    assert app.button(key="sweep_start").disabled


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0.1, fast", "Learning rate η must be a number, got fast"),
        ("0.1, 99", "Learning rate η must be between 1e-06 and 10, got 99"),
        ("", "Learning rate η must have at least one value, got none"),
        (",".join(f"0.{i}" for i in range(1, 50)), "runs must be between 1 and 200, got 360"),
    ],
)
def test_an_invalid_sweep_is_refused_with_a_sentence(
    kept: Store, typed: str, sentence: str
) -> None:
    app = planned()
    app.text_input(key="sweep_learning_rate_values").set_value(typed)
    assert sentence in texts(run(app))
    assert app.button(key="sweep_start").disabled
    assert app.text_input(key="sweep_learning_rate_values").value == typed


def test_a_sweep_is_shown_again_stopped_and_another_one_set_up(kept: Store) -> None:
    rates = (0.1, 0.2, 0.3)
    each = [Experiment().replace(optimizer="adam", learning_rate=rate) for rate in rates]
    SWEEPS.put((OWNER, TAB, "sweep"), Sweep(each))
    try:
        app = planned()
        table = lines(app)
        assert list(table["Learning rate η"]) == ["0.1", "0.2", "0.3"]
        assert "Optimizer" not in table
        assert list(table["State"]) == ["waiting"] * 3
        app = press(app, "sweep_stop")
        assert list(lines(app)["State"]) == ["stopped"] * 3
        app = press(app, "sweep_new")
        assert "sweep_start" in [button.key for button in app.button]
    finally:
        SWEEPS.clear()


def test_after_a_restart_the_page_offers_what_a_sweep_had_not_finished(kept: Store) -> None:
    each = [Experiment().replace(learning_rate=rate, epochs=3) for rate in (0.1, 0.2, 0.3)]
    plan = GroupPlan.of([Competitor("", tuple(each))], ["learning_rate"]).to_text()
    group = kept.create_group(OWNER, "sweep", "learning rate", plan, TAB)
    id = kept.create_run(OWNER, each[0], "sweep", group)
    kept.log_events(id, each[0], course(0.5), "finished", 3)
    app = planned()
    assert "2 of 3 runs of your last sweep were not finished" in plain(app.warning[0].value)
    assert app.button(key="sweep_go_on").label == "Train these 2"
