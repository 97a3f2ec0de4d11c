"""The diagnosis card of the Train page: a click applies a fix, another one undoes it."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.state.background import dataset_load
from dashboard.views.labs.page import LABS
from dashboard.views.train.diagnosis import SIGNS
from dashboard.views.train.live import LiveView
from playground.analysis.diagnosis import RULES, run_window
from playground.analysis.metrics.run_summary import gap
from playground.analysis.metrics.score import baseline
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.experiment.url import decode
from playground.history.events import NO_LOSSES
from playground.history.history import history
from playground.lessons.metrics import METRICS, CheckContext
from playground.runs.run import RUNS, Run
from playground.storage.store import store

KNOWN = ("0a1b2c3d4e5f6789" * 2, "9876f5e4d3c2b1a0" * 2)
END = 180  # seconds: workers may still be starting
JUMPS = {
    "v": "1", "dataset": "plane", "activation": "linear", "hidden": "16", "learning_rate": "3",
    "epochs": "8",
}  # fmt: skip
ROUND = {"v": "1", "dataset": "circle", "hidden": "16", "l2": "0.3", "epochs": "40"}


def page() -> None:
    from dashboard.state import session
    from dashboard.views.train.page import train
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()))
    train()


def opened(address: dict[str, str]) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["known"] = KNOWN
    app.query_params = address
    dataset_load(decode(urlencode(address)).experiment.data).dataset(END)  # the page waits a second
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def click(app: AppTest, key: str) -> AppTest:
    checked(app.button(key=key).click().run())
    return checked(app.run())  # a part of the page asks for the whole one


def running() -> Run:
    run = RUNS.get(KNOWN)
    assert run is not None
    return run


def card(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown).replace("\\", "")


def buttons(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    yield
    RUNS.remove(KNOWN)


def trained(app: AppTest) -> AppTest:
    running().wait(END)
    return checked(app.run())


def test_a_click_applies_the_fix_and_another_one_undoes_it() -> None:
    app = opened(JUMPS)
    assert "**Diagnosis** starts a few epochs into training" in card(app)
    first = running()
    app = trained(click(app, "train"))
    assert first.state == "diverged"
    text = card(app)
    assert "Diverged" in text
    assert "learning rate 3; the run has stopped there" in text
    assert "Learning rate 3 → 0.3; a new run: same initial weights, same data" in text
    app = trained(click(app, "fix_diverged"))
    second = running()
    assert second is not first
    assert second.experiment == first.experiment.replace(learning_rate=0.3)
    assert app.session_state["experiment"] == second.experiment
    assert app.query_params["learning_rate"] in ("0.3", ["0.3"])
    app = click(app, "undo_fix")
    assert app.session_state["experiment"] == first.experiment
    assert running().experiment == first.experiment
    assert "undo_fix" not in buttons(app)


def test_a_live_fix_acts_at_once() -> None:
    app = opened(ROUND)
    for _ in range(8):
        app = trained(click(app, "step"))
    run = running()
    assert (run.state, run.epoch) == ("paused", 8)
    assert "Too much regularization" in card(app)
    assert "L2 0.3 → 0.0001; the run continues with its weights" in card(app)
    app = click(app, "fix_over_regularized")
    assert running() is run
    assert run.experiment.network.l2 == 0.0001
    assert "a few epochs after the change" in card(app)
    app = click(app, "undo_fix")
    assert running().experiment.network.l2 == 0.3


def test_a_dismissed_problem_is_not_shown_again_for_this_network() -> None:
    app = trained(click(opened(JUMPS), "train"))
    app = click(app, "dismiss_diverged")
    assert "fix_diverged" not in buttons(app)
    assert "No other problem so far" in card(app)


def test_changed_settings_are_not_discarded_by_a_fix() -> None:
    app = trained(click(opened(JUMPS), "train"))
    app.text_input(key="hidden").set_value("7")
    checked(app.run())
    assert "Diverged" not in card(app)
    assert "fix_diverged" not in buttons(app)
    assert running().experiment.network.hidden == (7,)


def test_a_run_replaced_by_a_fix_stays_saved() -> None:
    address = {**ROUND, "epochs": "8", "seed": "3"}
    app = trained(click(opened(address), "train"))
    before = running().saved
    assert before is not None
    app = trained(click(app, "fix_over_regularized"))
    assert before in [line.id for line in store().list_runs(KNOWN[0])]
    app = click(app, "undo_fix")
    assert running().saved == before
    assert running().epoch == 8


def test_other_data_begin_a_new_run_of_which_nothing_is_said_yet() -> None:
    app = trained(click(opened(JUMPS), "train"))
    assert "Diverged" in card(app)
    dataset_load(Experiment().replace(dataset="circle").data).dataset(END)
    app.session_state["data_settings"] = True  # is open
    checked(app.run()).selectbox(key="dataset").set_value("circle")
    app = checked(checked(app.run()).run())
    assert "starts a few epochs into training" in card(app)
    assert "No problem so far" not in card(app)
    assert "Diverged" not in card(app)


def loss_title(run: Run) -> str:
    figure = json.loads(LiveView(run, load(run.experiment.data)).parts()["loss_chart"]["figure"])
    return str(figure["layout"]["title"]["text"])


def test_the_gap_on_the_train_page_is_that_of_diagnosis_overfitting_and_targets() -> None:
    trained(click(opened({**ROUND, "epochs": "12"}), "train"))
    run = running()
    log = history(run.events)
    apart = gap(log, True)
    assert apart is not None
    dataset = load(run.experiment.data)
    figure = json.loads(LiveView(run, dataset).parts()["metric_chart"]["figure"])
    title = figure["layout"]["title"]["text"]
    assert title.replace("−", "-") == f"Accuracy by epoch · gap {apart.metric:+.1%}"
    assert loss_title(run) == "Loss by epoch"
    run.losses = NO_LOSSES  # as when it is opened from the database
    assert loss_title(run) == "Loss by epoch · single updates not kept"
    constant = baseline(dataset, run.experiment.training.loss)
    window = run_window(run.experiment, run.events, constant)
    assert window.gap is not None
    assert window.gap.metric == pytest.approx(apart.metric, abs=1e-6)
    target = METRICS["accuracy_gap"].value(CheckContext(run.experiment, run.events))
    assert target == pytest.approx(apart.metric, abs=1e-6)


def test_every_rule_has_its_sign_and_is_explained_in_a_lab() -> None:
    for rule in RULES.values():
        assert rule.kind in SIGNS
        assert rule.lab in LABS
