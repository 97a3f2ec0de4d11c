"""The slider of epochs and the views of a network, in a real Chromium."""

from typing import Any

import pytest

from tests.browser.conftest import open_page

SMALL = "?v=1&dataset=moons&hidden=4&train_size=100&validation_size=50&epochs=6&learning_rate=0.1"
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


def region(page: Any, other_than: str = "") -> str:
    """The caption of the decision region, once it is another one and stays."""
    caption = page.locator(".st-key-region figcaption").get_by_text("of the plane is predicted")
    before = ""
    while (text := str(caption.inner_text())) != before or text == other_than:
        before = text
        page.wait_for_timeout(1_500)  # the slider passes other epochs on its way
    return text


def test_one_slider_moves_the_weights_and_is_shared_by_the_pages(inspect: Any) -> None:
    shown(inspect, "after epoch 6, of 6 (the newest)")
    newest = region(inspect)
    slider = inspect.locator(".st-key-epoch input[type=range]")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowLeft")
    shown(inspect, "after epoch 2, of 6")
    second = region(inspect, newest)
    inspect.locator(".st-key-epoch button[name=first]").click()
    untrained = region(inspect, second)
    inspect.locator(".st-key-epoch button[name=on]").click()
    first = region(inspect, untrained)
    open_page(inspect, "Data")
    inspect.locator("[data-testid=stMain]").get_by_text("Two interleaved half circles").wait_for()
    open_page(inspect, "Inspect")
    shown(inspect, "after epoch 1, of 6")
    assert region(inspect) == first
    inspect.locator(".st-key-epoch button[name=newest]").click()
    assert region(inspect, first) == newest
