"""After and during a run: one update, training on, what to try next, a learning rate, a race."""

import re
from typing import Any

START = 60_000  # ms: the workers may still be loading TensorFlow
SMALL = "?v=1&dataset=circle&hidden=6&optimizer=adam&learning_rate=0.03&epochs=40"


def test_a_run_goes_on_from_one_update_to_a_race(visit: Any) -> None:
    page = visit(SMALL)
    page.locator(".st-key-train button:visible:enabled").wait_for(timeout=START)
    page.keyboard.press("s")
    page.get_by_text(re.compile(r"Update 1 done: the loss of its batch \d")).wait_for(timeout=START)
    page.get_by_text("Update 1: what it did").wait_for()
    page.locator(".st-key-train button:visible:enabled").click()
    page.get_by_text("Finished: 40 epochs trained.").wait_for(timeout=START)

    page.locator(".st-key-more_epochs input").fill("10")
    page.keyboard.press("Enter")
    page.locator(".st-key-train_on_end button:visible:enabled").click()
    page.get_by_text("Finished: 50 epochs trained.").wait_for(timeout=START)
    assert "epochs=50" in page.url
    page.locator(".st-key-epoch button[name=back]").click()
    page.locator(".st-key-train_on_epoch button:visible:enabled").click()
    page.get_by_text("Finished: 59 epochs trained.").wait_for(timeout=START)

    page.get_by_text("Learning-rate finder").click()
    page.locator(".st-key-find_rate button:visible:enabled").click()
    steepest = page.locator(".st-key-set_steepest button:visible:enabled")
    steepest.wait_for(timeout=START)
    rate = steepest.inner_text().rpartition(" ")[2]
    steepest.click()
    page.wait_for_url(re.compile(f"learning_rate={rate}"))

    page.locator(".st-key-train button:visible:enabled").click()
    page.get_by_text("This run in five sentences").wait_for(timeout=START)
    assert page.locator(".st-key-after_run li").count() == 5
    before = page.url
    page.locator(".st-key-next_0 button:visible:enabled").click()
    page.wait_for_function("before => location.href != before", arg=before)

    page.locator(".st-key-race_against button:visible:enabled").click()
    page.locator(".st-key-against_learning_rates button:visible:enabled").click()
    page.get_by_text(re.compile("of 5 competitors have finished|epochs")).first.wait_for()
    page.wait_for_url(re.compile("/race"))
