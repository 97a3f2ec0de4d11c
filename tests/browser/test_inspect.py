"""The slider of epochs and the views of a network, in a real Chromium."""

import re
from typing import Any

import pytest

SMALL = "?v=1&dataset=moons&hidden=4&train_size=100&validation_size=50&epochs=6"
START = 120_000  # ms: the workers may still be loading TensorFlow


@pytest.fixture
def inspect(visit: Any) -> Any:
    """The Inspect page of a small network that has learnt for 6 epochs."""
    page = visit(f"inspect{SMALL}")
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Finished: 6 epochs trained").wait_for(timeout=START)
    page.locator(".st-key-inspect_view").get_by_role("radio", name="Predictions").click()
    return page


def shown(page: Any, text: str) -> None:
    page.locator(".st-key-epoch output").get_by_text(text).wait_for()


def test_one_slider_moves_the_weights_and_is_shared_by_the_pages(inspect: Any) -> None:
    shown(inspect, "after epoch 6, of 6 (the newest)")
    inspect.get_by_text("examples (after epoch 6)").wait_for()
    slider = inspect.locator(".st-key-epoch input[type=range]")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowLeft")
    shown(inspect, "after epoch 2, of 6")
    inspect.get_by_text("examples (after epoch 2)").wait_for()
    inspect.locator(".st-key-epoch button[name=first]").click()
    inspect.get_by_text("examples (not trained yet)").wait_for()
    inspect.locator(".st-key-epoch button[name=on]").click()
    inspect.get_by_text("examples (after epoch 1)").wait_for()
    inspect.get_by_role("link", name=re.compile("Data")).click()
    inspect.locator("[data-testid=stMain]").get_by_text("Two interleaved half circles").wait_for()
    inspect.get_by_role("link", name=re.compile("Inspect")).click()
    shown(inspect, "after epoch 1, of 6")
    inspect.get_by_text("examples (after epoch 1)").wait_for()
    inspect.locator(".st-key-epoch button[name=newest]").click()
    inspect.get_by_text("examples (after epoch 6)").wait_for()
