"""A fault is told on the Train page, and a click cures it, in a real Chromium."""

import re
from collections.abc import Callable
from typing import Any

START = 120_000  # ms: the workers may still be loading TensorFlow


def test_a_fault_is_told_and_a_click_cures_it(visit: Callable[..., Any]) -> None:
    page = visit("?v=1&dataset=plane&activation=linear&hidden=16&learning_rate=0.3&epochs=30")
    card = page.locator(".st-key-diagnosis")
    card.get_by_text("what is wrong, if anything").wait_for(timeout=START)
    page.locator(".st-key-train button:visible:enabled").click()
    card.get_by_text("Diverged").wait_for(timeout=START)
    card.get_by_text("Learning rate 0.3 → 0.03").wait_for()
    card.get_by_role("button", name="Try learning rate 0.03").click()
    page.get_by_text("Done: all 30 epochs are trained.").wait_for(timeout=START)
    card.get_by_text("Nothing wrong so far").wait_for()
    assert re.search(r"SGD 0\.03\b", page.locator("[data-testid=stMain] h3").first.inner_text())
    assert "learning_rate=0.03" in page.url
    card.get_by_role("button", name="Undo the cure").click()
    card.get_by_text("Diverged").wait_for()
    assert "learning_rate=0.3" in page.url
    card.get_by_role("button", name="See it in a lab").click()
    page.wait_for_url(re.compile(r"/labs\?.*lab=descent"))
