"""The card that tells what is wrong with a run: a click cures it, another one undoes that."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.state.dataset_loading import deliver
from dashboard.views.labs.page import LABS
from dashboard.views.train.diagnosis import SIGNS
from playground.analysis.diagnosis import RULES
from playground.experiment.url import decode
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
    from dashboard.widgets.sidebar import controls

    session.begin()
    session.set_experiment(controls(session.experiment(), False))
    train()


def opened(address: dict[str, str]) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["known"] = KNOWN
    app.query_params = address
    deliver(decode(urlencode(address)).experiment.data).dataset(END)  # the page waits a second
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


def test_a_click_makes_the_changed_experiment_and_another_one_goes_back() -> None:
    app = opened(JUMPS)
    assert "what is wrong, if anything, is told here" in card(app)
    first = running()
    app = trained(click(app, "train"))
    assert first.state == "diverged"
    text = card(app)
    assert "Diverged" in text
    assert "learning rate 3; the run has stopped there" in text
    assert "Learning rate 3 → 0.3; a new run: same first weights, same data" in text
    app = trained(click(app, "fix_diverged"))
    second = running()
    assert second is not first
    assert second.experiment == first.experiment.replace(learning_rate=0.3)
    assert app.session_state["experiment"] == second.experiment
    assert app.query_params["learning_rate"] in ("0.3", ["0.3"])
    app = click(app, "undo_cure")
    assert app.session_state["experiment"] == first.experiment
    assert running().experiment == first.experiment
    assert "undo_cure" not in buttons(app)


def test_a_cure_that_can_act_at_once_does_and_a_dismissed_fault_is_silent() -> None:
    app = opened(ROUND)
    for _ in range(8):
        app = trained(click(app, "step"))
    run = running()
    assert (run.state, run.epoch) == ("paused", 8)
    assert "Too much regularisation" in card(app)
    assert "L2 0.3 → 0.0001; the run goes on with its weights" in card(app)
    app = click(app, "fix_regularisation")
    assert running() is run
    assert run.experiment.network.l2 == 0.0001
    assert "some epochs after the change" in card(app)
    app = click(app, "undo_cure")
    assert running().experiment.network.l2 == 0.3


def test_what_is_dismissed_is_not_told_again_of_this_network() -> None:
    app = trained(click(opened(JUMPS), "train"))
    app = click(app, "dismiss_diverged")
    assert "fix_diverged" not in buttons(app)
    assert "Nothing else is wrong so far" in card(app)


def test_changed_settings_are_not_thrown_away_by_a_cure() -> None:
    app = trained(click(opened(JUMPS), "train"))
    app.number_input(key="epochs").set_value(5)
    checked(app.run())
    assert "Diverged" in card(app)
    assert "fix_diverged" not in buttons(app)


def test_a_cured_run_stays_among_the_saved_ones() -> None:
    address = {**ROUND, "epochs": "8", "seed": "3"}
    app = trained(click(opened(address), "train"))
    before = running().saved
    assert before is not None
    app = trained(click(app, "fix_regularisation"))
    assert before in [line.id for line in store().list(KNOWN[0])]
    app = click(app, "undo_cure")
    assert running().saved == before
    assert running().epoch == 8


def test_every_rule_has_its_sign_and_is_explained_in_a_lab() -> None:
    for rule in RULES.values():
        assert rule.kind in SIGNS
        assert rule.lab in LABS
