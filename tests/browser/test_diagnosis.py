"""A problem is diagnosed on the Train page, and a click fixes it, in a real Chromium."""

import re
from collections.abc import Callable
from typing import Any

START = 120_000  # ms: the workers may still be loading TensorFlow
MARKED = """text => document.querySelector('.st-key-loss_chart .js-plotly-plot')
  ._fullLayout.annotations.some(note => note.text === text)"""


def test_a_problem_is_diagnosed_and_marked_and_a_click_fixes_it(visit: Callable[..., Any]) -> None:
    page = visit(
        "?v=1&dataset=plane&target_noise=0.2&activation=linear&hidden=16&learning_rate=0.1&epochs=30"
    )
    card = page.locator(".st-key-diagnosis")
    card.get_by_text("a few epochs into training").wait_for(timeout=START)
    page.locator(".st-key-train button:visible:enabled").click()
    card.get_by_text("Diverged", exact=True).wait_for(timeout=START)
    page.wait_for_function(MARKED, arg="diverged")
    card.get_by_text(re.compile(r"Learning rate 0\.1 → 0\.0[13];")).wait_for()
    card.get_by_role("button", name="Try learning rate 0.0").click()
    page.get_by_text("Finished: 30 epochs trained.").wait_for(timeout=START)
    card.get_by_text("No problem so far").wait_for()
    page.wait_for_function(MARKED, arg="plateau")
    heading = page.locator("[data-testid=stMain] h3").first
    assert re.search(r"SGD 0\.0[13] ", heading.inner_text())
    card.get_by_role("button", name="Undo the fix").click()
    page.get_by_text(re.compile(r"SGD 0\.1 ·")).first.wait_for()
    card.get_by_role("button", name="Undo the fix").wait_for(state="detached")
