"""After a crash of the server every finished epoch is shown, and training continues."""

import re
import time
from typing import Any

from playwright.sync_api import Error

# 10,000 epochs of 8,000 updates: play until somebody stops them.
LONG = "?v=1&dataset=moons&hidden=8&train_size=8000&batch_size=1&epochs=10000"
START = 180_000  # ms: the workers may still be loading TensorFlow


def epoch(page: Any) -> int:
    """Epochs finished, as far as the curves reach."""
    plot = page.locator(".st-key-loss_chart .js-plotly-plot")
    return int(
        plot.evaluate(
            "({ _fullData }) => Math.max(0, ...(_fullData ?? []).flatMap(({ x }) => [...x]))"
        )
    )


def reach(page: Any, number: int) -> None:
    """Wait until an epoch is finished."""
    page.locator(".st-key-epoch output").wait_for(timeout=START)
    end = time.monotonic() + START / 1000
    while epoch(page) < number:
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def test_after_a_crash_of_the_server_every_finished_epoch_is_there(
    mortal: Any, chromium: Any
) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{mortal.url}/{LONG}")
    train = page.locator(".st-key-train button:visible:enabled")
    train.click(timeout=START)
    reach(page, 30)
    assert mortal.kill() == []  # its workers have ended with it
    shown = epoch(page)
    mortal.start()
    try:
        page.goto(f"{mortal.url}/{LONG}")
    except Error:  # it was on its way to the new server by itself
        page.goto(f"{mortal.url}/{LONG}")
    page.get_by_text("the server was restarted").first.wait_for(timeout=START)
    assert epoch(page) >= shown >= 30
    told = page.locator(".st-key-epoch output").inner_text()
    # Where the newest epochs have no saved weights, it tells these from those that are trained.
    assert max(map(int, re.findall(r"\d+", told))) == epoch(page), told
    page.locator(".st-key-loss_chart .js-plotly-plot .lines path").first.wait_for(state="attached")
    page.locator(".st-key-train button:visible").get_by_text("Resume").wait_for()
    train.click()
    page.get_by_text("the server was restarted").first.wait_for(state="detached", timeout=START)
    reach(page, shown + 30)
    context.close()
