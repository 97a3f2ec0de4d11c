"""An edit of a copy of the weights and the plane the network divides, in a real Chromium."""

from typing import Any

SMALL = "?v=1&dataset=coffee&hidden=3&activation=sigmoid&train_size=100&validation_size=50&epochs=4"
START = 120_000  # ms: the workers may still be loading TensorFlow


def score(page: Any) -> str:
    """The loss before the edits, and after them if there are any."""
    return str(
        page.locator(".st-key-edit_tiles [data-testid=stMetricValue]:visible").last.inner_text()
    )


def view(page: Any, group: str, name: str) -> None:
    page.locator(".st-key-inspect_group").get_by_text(group, exact=True).click()
    page.locator(".st-key-inspect_view").get_by_text(name, exact=True).click()


def test_an_edit_changes_the_score_at_once_and_undo_gives_it_back(visit: Any) -> None:
    page = visit(f"inspect{SMALL}")
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Finished: 4 epochs trained").wait_for(timeout=START)
    view(page, "Weights", "Weights")
    page.locator(".st-key-weights_histogram .js-plotly-plot").wait_for()
    page.locator(".st-key-weights_part").get_by_text("Edit a copy").click()
    page.get_by_text("No edit yet").wait_for()
    before = score(page)
    value = page.locator(".st-key-edit_value input:visible")
    value.fill("50")
    value.press("Tab")
    page.locator(".st-key-edit_apply button:visible:enabled").click()
    page.get_by_text("weight from input 1 to unit 1 becomes 50").wait_for()
    page.get_by_text(f"{before} →").wait_for()
    assert score(page).split(" → ")[1] != before
    page.locator(".st-key-edit_undo button:visible").click()
    page.get_by_text("No edit yet").wait_for()
    assert score(page) == before
    view(page, "Evaluation", "Decision boundary")
    page.get_by_text("Agreement with the true rule").wait_for()
    page.locator(".st-key-plane_units li:visible").nth(1).click()
    page.get_by_text("Unit 2 of Hidden 1 outputs").wait_for()
    view(page, "Network", "Predictions")
    page.get_by_text("Predictions on validation examples").wait_for()
