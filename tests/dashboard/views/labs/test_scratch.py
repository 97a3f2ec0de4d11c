"""The From scratch lab: its listings, every number of a step, the run on both sides."""

import time
from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures.labs import batches_sentence, parts_figure
from dashboard.views.labs.scratch.page import (
    ARROWS,
    FILES,
    KERAS,
    NUMPY,
    PARTS,
    STAGES,
    TENSORFLOW,
)
from playground.datasets.images import BUNDLED
from playground.labs import numpy_network
from playground.labs.scratch import (
    SIDE_BY_SIDE,
    ScratchConfig,
    SideBySide,
    all_batches,
    listing,
    published_batches,
)

KNOWN = ("0123456789abcdef" * 2, "fedcba9876543210" * 2)
END = 180  # seconds: workers may still be starting


def page() -> None:
    from dashboard.state import session
    from dashboard.views.labs.page import labs
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()))
    labs()


@pytest.fixture
def app() -> Iterator[AppTest]:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["known"] = KNOWN
    app.query_params = {"v": "1", "dataset": "iris", "lab": "scratch"}
    yield checked(app.run())
    SIDE_BY_SIDE.clear()


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    assert [e.value for e in app.error] == []
    return app


def widget(elements: Any, key: str) -> Any:
    return next(each for each in elements if each.key == key)


def test_the_drawing_hangs_together_and_a_click_opens_the_stage_of_a_part(app: AppTest) -> None:
    assert {"Input X", "Loss function", "Optimizer", "Targets Y", "Loss score"} <= PARTS.keys()
    assert {part.stage for part in PARTS.values()} == set(STAGES)
    reached, edges = {"Input X"}, dict.fromkeys(ARROWS)
    for _ in PARTS:  # from the input along the arrows to the weights, and round again
        reached |= {end for start, end in edges if start in reached}
    assert reached == PARTS.keys() - {"Targets Y"}
    figure = go.Figure(parts_figure({n: p.at for n, p in PARTS.items()}, ARROWS, ["Optimizer"]))
    assert len(figure.layout.annotations) == len(ARROWS) + len(PARTS)
    part = list(PARTS).index("Optimizer")
    app.session_state["lab_scratch_parts"] = {
        "clicked": {"curve": 0, "point": part, "x": 1.5, "y": 0, "of": "parts"}
    }
    checked(app.run())
    assert widget(app.button_group, "lab_scratch_stage").value == "Update"
    assert any("takes a small step against its gradient" in each.value for each in app.markdown)


def test_each_stage_shows_its_code_on_both_sides_and_its_numbers(app: AppTest) -> None:
    for stage, entry in STAGES.items():
        checked(widget(app.button_group, "lab_scratch_stage").set_value(stage).run())
        shown = [each.value for each in app.code]
        assert shown == [
            listing(FILES[TENSORFLOW], *entry.tensorflow),
            listing(KERAS, *entry.keras),
        ]
        assert app.latex
    widget(app.button_group, "lab_scratch_how").set_value(NUMPY).run()
    assert app.code[0].value == listing(FILES[NUMPY], *STAGES["Update"].numpy)


def test_the_numbers_follow_step_and_weight(app: AppTest) -> None:
    widget(app.button_group, "lab_scratch_stage").set_value("Gradient").run()
    widget(app.slider, "lab_scratch_step").set_value(3)
    widget(app.select_slider, "lab_scratch_eta").set_value(0.5)
    checked(widget(app.select_slider, "lab_scratch_weight").set_value(16).run())  # W₂[0, 1]
    slope = numpy_network.epoch_steps(0.5)[2].gradients[2][0, 1]
    assert numpy_network.weight_name(*numpy_network.weight_indices()[16]) == "W₂[0, 1]"
    assert any(f"{slope:.8f}" in each.value for each in app.latex)
    assert any(f"| {slope:.8f} |" in each.value for each in app.markdown)


def test_the_generator_that_ignores_the_batch_size(app: AppTest) -> None:
    widget(app.button_group, "lab_scratch_stage").set_value("Batches").run()
    checked(widget(app.slider, "lab_scratch_asked").set_value(64).run())
    sentence = batches_sentence(64, published_batches(60_000, 64), all_batches(60_000, 64))
    assert "468 empty ones, whose mean loss is 0/0 = nan" in sentence
    assert "the last 96 images" in batches_sentence(
        128, published_batches(60_000, 128), all_batches(60_000, 128)
    )


def test_both_sides_train_from_the_page_and_come_to_the_same_losses(app: AppTest) -> None:
    checked(widget(app.button_group, "lab_scratch_preset").set_value("Published: Keras").run())
    checked(widget(app.select_slider, "lab_scratch_epochs").set_value(1).run())
    if any(each.key == "lab_scratch_images" for each in app.button_group):
        widget(app.button_group, "lab_scratch_images").set_value(BUNDLED).run()
    checked(widget(app.button, "lab_scratch_start").click().run())
    run = SIDE_BY_SIDE.get((*KNOWN, "lab_scratch"))
    assert run is not None
    assert run.config == ScratchConfig(
        BUNDLED, "glorot", "rmsprop", 0.001, 1, shuffle=True, partial_batch=True
    )
    give_up = time.monotonic() + END
    while run.state == "playing" and time.monotonic() < give_up:
        time.sleep(0.1)
    assert run.state == "finished", [side.reason for side in run.sides.values()]
    assert run.difference is not None
    assert run.difference < 1e-3
    checked(app.run())
    assert "Test accuracy after 1 epoch:" in app.success[0].value
    assert len(run.sides["keras"].losses) == 47


def test_the_bug_has_no_side_in_keras() -> None:
    run = SideBySide(ScratchConfig(256, optimizer="wrong", epochs=1))
    run.close()
    assert list(run.sides) == ["scratch"]
    assert run.difference is None


def test_nothing_goes_on_while_nobody_watches() -> None:
    run = SideBySide(ScratchConfig(256, epochs=1), lease=-1.0)
    assert run.state == "playing"
    assert run.progress == 0
    run.close()
    give_up = time.monotonic() + 10
    while run.state == "playing" and time.monotonic() < give_up:
        time.sleep(0.05)
    assert run.state == "stopped"
