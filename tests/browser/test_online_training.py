"""A drawing is taught in a real Chromium: what came of it is shown, and can be undone."""

from typing import Any

from tests.browser.conftest import open_page

START = 60_000  # ms


def test_a_drawing_is_taught_undone_and_the_pupil_taken_along(visit: Any) -> None:
    page = visit("draw")
    page.locator(".st-key-load_example button:visible").click(timeout=START)
    page.get_by_text("Loaded: validation image 0, 5").wait_for()
    page.get_by_role("radio", name="Train on it").click()
    page.locator(".st-key-teach_label input").click()
    page.keyboard.type("7")
    page.get_by_role("option", name="7", exact=True).wait_for()
    page.keyboard.press("Enter")
    button = page.locator(".st-key-teach_it button:visible")

    button.click()
    result = page.get_by_text("Before and after training on 7")
    result.wait_for(timeout=START)
    page.get_by_text("999 validation examples").first.wait_for()  # all but the added one
    page.get_by_text("Learned: the probability of 7").wait_for()

    page.locator(".st-key-teach_undo button:visible").first.click()
    result.wait_for(state="detached")

    button.click()
    result.wait_for(timeout=START)
    page.locator(".st-key-teach_adopt button:visible").first.click()
    page.get_by_text("Paused after epoch 1").wait_for()  # it is one's own now
    open_page(page, "Train")
    page.locator(".st-key-loss_chart").get_by_text("examples added").wait_for()
