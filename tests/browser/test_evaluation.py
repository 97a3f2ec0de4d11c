"""The confusion matrix, the map of a layer, and the count of openings, in a real Chromium."""

import re
from typing import Any

import pytest

from tests.browser.conftest import open_page

START = 120_000  # ms: the workers may still be loading TensorFlow
SMALL = "?v=1&dataset=digits&hidden=16&epochs=3"


@pytest.fixture
def inspect(visit: Any) -> Any:
    """The Inspect page of a network that has learnt the small digits for 3 epochs."""
    page = visit(f"inspect{SMALL}")
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Finished: 3 epochs trained").wait_for(timeout=START)
    return page


def choose(page: Any, key: str, label: str) -> None:
    page.locator(f".st-key-{key} button").filter(has_text=label).click()


def test_a_press_on_a_confusion_cell_shows_the_images_behind_it(inspect: Any) -> None:
    outside = inspect.locator(".st-key-network_diagram .drawing").evaluate(
        """drawing => [...drawing.querySelectorAll('.unit')].filter(unit =>
           unit.getBoundingClientRect().bottom > drawing.getBoundingClientRect().bottom).length"""
    )
    assert outside == 0
    choose(inspect, "inspect_group", "Evaluation")
    matrix = inspect.locator(".st-key-confusion table")
    matrix.wait_for()
    box = matrix.bounding_box()
    assert box["y"] + box["height"] <= 900  # in view, without scrolling
    wrong = matrix.locator("button[title*='predicted as']").first
    truth, prediction, times = re.match(
        r"(\d) predicted as (\d) (once|\d+ times)", wrong.get_attribute("title")
    ).groups()  # type: ignore[union-attr]
    count = 1 if times == "once" else int(times.split()[0])
    wrong.click()
    inspect.get_by_text(f"{truth} predicted as {prediction}: {count} example").wait_for()
    tiles = inspect.locator(".st-key-cell li")
    tiles.nth(count - 1).wait_for()
    assert tiles.count() == count
    assert all(f"✗ is {truth}" in text for text in tiles.all_inner_texts())
    assert all(f"pred. {prediction} (" in text for text in tiles.all_inner_texts())
    assert matrix.locator("button[aria-pressed=true]").count() == 1
    inspect.locator(".st-key-epoch button[name=first]").click()  # the cell stays, its images change
    inspect.get_by_text("before training").first.wait_for()
    inspect.get_by_text(re.compile(f"{truth} predicted as {prediction}: ")).wait_for()
    inspect.set_viewport_size({"width": 390, "height": 844})  # a phone: a cell by two lists
    lists = inspect.locator(".st-key-confusion select")
    assert [chosen.input_value() for chosen in lists.all()] == [truth, prediction]
    lists.nth(1).select_option(truth)
    inspect.get_by_text(f"{truth} recognized: ").wait_for()
    assert min(chosen.bounding_box()["height"] for chosen in lists.all()) >= 44


def test_a_point_of_the_map_shows_its_image_also_by_key(inspect: Any) -> None:
    choose(inspect, "inspect_group", "Activations")
    choose(inspect, "inspect_view", "Embedding")
    plot = inspect.locator(".st-key-embedding .js-plotly-plot")
    plot.wait_for()
    with inspect.expect_response(re.compile("/sprites/")) as sprite:
        plot.focus()
        plot.press("ArrowRight")
    assert sprite.value.ok
    card = inspect.locator(".st-key-embedding .card")
    card.get_by_text(re.compile(r"is 0, predicted \d \(\d+%\)")).wait_for()
    before = card.locator("div").get_attribute("style")
    plot.press("ArrowRight")
    assert card.locator("div").get_attribute("style") != before
    plot.press("Escape")
    card.wait_for(state="hidden")
    box = plot.locator(".point").nth(5).bounding_box()
    inspect.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    card.wait_for()
    choose(inspect, "embedding_method", "t-SNE")  # in a worker
    inspect.locator(".st-key-embedding figcaption").get_by_text("nearest neighbor").wait_for()
    inspect.get_by_text("t-SNE: keeps neighbors together").wait_for(timeout=START)


def test_openings_of_the_test_set_are_counted_on_both_pages(inspect: Any) -> None:
    choose(inspect, "inspect_group", "Evaluation")
    choose(inspect, "evaluation_view", "Test set")
    inspect.get_by_text("Not evaluated yet").wait_for()
    inspect.locator(".st-key-open_test button:visible").click()
    inspect.get_by_text("Evaluated once so far").wait_for()
    inspect.locator(".st-key-test_tiles").get_by_text("Validation accuracy").wait_for()
    open_page(inspect, "Train")
    inspect.get_by_text("Evaluated once so far").wait_for()
    inspect.locator(".st-key-open_test button:visible").get_by_text(
        "Evaluate on test set again"
    ).click()
    inspect.get_by_text("Evaluated twice so far").wait_for()
    inspect.reload()
    inspect.get_by_text("Evaluated twice so far").wait_for(timeout=START)
    inspect.locator(".st-key-reset button:visible:enabled").click()
    inspect.get_by_text("Evaluated twice so far, on other networks than this one").wait_for()
