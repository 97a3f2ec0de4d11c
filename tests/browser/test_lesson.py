"""One lesson in a real Chromium, from its card to its end: each step is passed by a real run."""

from typing import Any

START = 180_000  # ms: the workers may still be loading TensorFlow

CHART = "document.querySelector('.st-key-loss_chart .js-plotly-plot')"


def step(page: Any, guess: str, set_it: bool = True) -> None:
    """Predict, let the lesson set it, train, and wait until the check has held."""
    page.get_by_text(guess, exact=True).click()
    page.get_by_text("Check:").wait_for(timeout=START)
    if set_it:
        page.locator(".st-key-lesson_set button:visible:enabled").click()
        page.get_by_text("Not trained yet: these").wait_for()
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Step passed.").wait_for(timeout=START)


def on(page: Any, number: int) -> None:
    page.locator(".st-key-lesson_next button:visible:enabled").click()
    page.get_by_text(f"step {number} of 3").wait_for()


def test_xor_from_start_to_end(visit: Any) -> None:
    page = visit("lessons")
    page.locator(".st-key-lesson_open_xor button:visible:enabled").click(timeout=START)
    page.get_by_text("step 1 of 3").wait_for()
    page.get_by_text("Predict first").wait_for()
    page.get_by_text("Test set", exact=True).wait_for()  # it opens where its first step is done

    step(page, "More than 95%", set_it=False)
    page.get_by_text("the outcome is “At most three quarters”. ✗").wait_for()
    page.evaluate(f"{CHART}.marked = true")

    on(page, 2)
    step(page, "More than 95%")
    page.get_by_text("You predicted “More than 95%”: correct. ✓").wait_for()

    on(page, 3)
    step(page, "Like no hidden layer at all")
    page.get_by_text("Lesson completed.").wait_for()
    assert page.evaluate(f"{CHART}.marked")  # the same chart all along, with its zoom

    page.locator(".st-key-lesson_more button:visible").click()
    page.locator(".st-key-lesson_leave button:visible").click()
    page.get_by_text("step 3 of 3").wait_for(state="detached")
    page.get_by_role("heading", name="Fashion-MNIST").first.wait_for()
