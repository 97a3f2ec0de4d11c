"""A run's state in words, and which buttons make sense in it."""

from secrets import token_hex

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.workbench import BY_STREAMLIT, KEYS
from dashboard.widgets.run_status import (
    enabled_buttons,
    progress_share,
    progress_text,
    status,
    train_label,
)
from playground.experiment.model import Experiment
from playground.history.events import Diverged, Finished, Progress, WorkerLost

EXPERIMENT = Experiment().replace(epochs=10, patience=4)


@pytest.mark.parametrize(
    ("state", "may"),
    [
        ("ready", {"train", "step", "new_weights"}),
        ("playing", {"pause", "reset", "new_weights"}),
        ("paused", {"train", "step", "reset", "new_weights"}),
        ("finished", {"train", "step", "reset", "new_weights"}),
        ("diverged", {"reset", "new_weights"}),
        ("lost", {"train", "step", "reset", "new_weights"}),
    ],
)
def test_a_button_is_alive_only_where_it_does_something(state: str, may: set[str]) -> None:
    assert enabled_buttons(state) == may


def controls() -> None:
    from dashboard.state import session
    from dashboard.views.shared.run_controls import buttons, start_run
    from playground.experiment.model import Experiment

    session.begin()
    run = start_run(Experiment().replace(dataset="iris", hidden=(5,)), play=False)
    assert run is not None
    buttons(run)
    run.close()


def test_each_key_that_the_list_of_keys_leaves_to_streamlit_presses_its_button() -> None:
    app = AppTest.from_function(controls, default_timeout=30)
    app.session_state["identity"] = {"identity": f"{token_hex(16)} {token_hex(16)}"}
    app.run()
    assert [e.value for e in app.exception] == []
    shortcuts = {button.key: button.proto.shortcut for button in app.button}
    pressed = {KEYS[key][0].split(", ")[-1]: key.replace(" ", "space") for key in BY_STREAMLIT}
    assert {button: key.lower() for button, key in shortcuts.items() if key} == pressed


def test_the_button_that_trains_says_what_it_will_do() -> None:
    assert train_label("ready") == "Train"
    assert train_label("paused") == "Resume"
    assert train_label("finished") == "Train on"
    assert train_label("lost") == "Start again"


def test_what_stopped_a_run_is_said_with_its_reason_and_what_to_do() -> None:
    diverged = status("diverged", [Diverged(3, 471, "Try a smaller rate.")], 2, EXPERIMENT)
    assert diverged.kind == "error"
    assert "update 471 (epoch 3)" in diverged.text
    assert diverged.text.endswith("Try a smaller rate.")
    lost = status("lost", [WorkerLost(2, "the worker process has ended")], 2, EXPERIMENT)
    assert lost.kind == "error"
    assert "the worker process has ended. Start again trains" in lost.text


def test_the_end_of_a_run() -> None:
    done = status("finished", [Finished(10, False, 7, False)], 10, EXPERIMENT)
    assert done == ("success", "Finished: 10 epochs trained.")
    restored = status("finished", [Finished(10, False, 7, True)], 10, EXPERIMENT).text
    assert restored == "Finished: 10 epochs trained. The weights are those of the best epoch, 7."
    early = status("finished", [Finished(8, True, 4, True)], 8, EXPERIMENT).text
    assert "after epoch 8" in early
    assert "4 epochs" in early
    assert "best epoch, 4." in early
    seldom = EXPERIMENT.replace(validation_freq=5)
    assert "20 epochs" in status("finished", [Finished(25, True, 5, True)], 25, seldom).text


def test_progress_counts_batches_and_the_time_left() -> None:
    progress = Progress(epoch=3, batch=50, batches=100, loss=0.5, images_per_second=5_000.0)
    assert progress_share(progress, EXPERIMENT) == pytest.approx(0.25)
    assert progress_text(progress, EXPERIMENT, None) == (
        "Epoch 3 of 10 · batch 50 of 100 · 5,000 images/s · 8 s left"
    )
    assert progress_text(progress, EXPERIMENT, 0.5).endswith("15 s left")


def test_of_several_runs_the_first_that_waits_for_a_worker_says_so() -> None:
    def page() -> None:
        from types import SimpleNamespace

        from dashboard.widgets.run_status import show_notice

        runs = [SimpleNamespace(notice=text) for text in ("", "Waiting for a worker.", "Others.")]
        show_notice([("none", None), *zip(("sgd", "adam_w", "lion"), runs, strict=True)])

    app = AppTest.from_function(page).run()
    assert [caption.value for caption in app.caption] == ["adam\\_w\\: Waiting for a worker\\."]
