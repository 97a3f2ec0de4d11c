"""A race in a real Chromium: it trains, pauses, survives a reload, and is ranked."""

import re
from collections.abc import Callable
from typing import Any

START = 180_000  # ms: eight networks are prepared, on a machine that may be busy

PLOT = ".st-key-race_chart .js-plotly-plot"
# 4,000 epochs of 8,000 updates: play until somebody stops them.
LONG = "race?v=1&dataset=moons&hidden=8&train_size=8000&batch_size=1&epochs=4000"

Visit = Callable[..., Any]

# The last epoch that each curve shows; a curve without any epoch has no mode.
LENGTHS = f"""() => (document.querySelector('{PLOT}')?._fullData ?? [])
    .filter(trace => trace.hovertemplate?.startsWith('%{{y'))
    .map(trace => trace.mode?.startsWith('lines') ? trace.x[trace.x.length - 1] : 0)"""


def press(page: Any, key: str) -> None:
    page.locator(f".st-key-{key} button:visible:enabled").click(timeout=START)


def wait_until_are_past(page: Any, epoch: int, count: int) -> None:
    """Until so many curves are past this epoch."""
    page.wait_for_function(
        """([lengths, epoch, count]) =>
            eval(lengths)().filter(length => length > epoch).length >= count""",
        arg=[LENGTHS, epoch, count],
        timeout=START,
    )


def paused(page: Any) -> int:
    """Pause the race; the epochs it has finished."""
    press(page, "race_pause")
    text = page.get_by_text(re.compile(r"Paused after epoch")).inner_text(timeout=START)
    found = re.search(r"epoch ([\d,]+) of", text)
    assert found
    return int(found[1].replace(",", ""))


def test_a_race_at_one_click(visit: Visit) -> None:
    page = visit(LONG)
    page.locator(".st-key-race_optimizers button:visible:enabled").wait_for(timeout=START)
    epochs = page.locator(".st-key-race_epochs input")
    epochs.fill("4000")
    epochs.press("Enter")
    page.get_by_text("4,000 epochs").wait_for()
    press(page, "race_learning_rates")
    table = page.locator("[data-testid=stTable]").first
    table.wait_for(timeout=START)
    curves = table.locator("tbody tr").count()
    assert curves >= 4
    wait_until_are_past(page, 0, curves)
    wait_until_are_past(page, max(page.evaluate(LENGTHS)), curves)  # all of them grow

    assert table.locator("tbody td").first.inner_text().strip() == "1"
    assert "One seed proves little" in page.locator("[data-testid=stMain]").inner_text()

    stood = paused(page)
    page.reload()  # the race is the server's: it is there again
    page.get_by_text(f"Paused after epoch {stood:,}").wait_for(timeout=START)
    page.locator(PLOT).wait_for()

    press(page, "race_step")
    page.get_by_text(f"Paused after epoch {stood + 1:,}").wait_for(timeout=START)

    press(page, "race_stop_one")
    page.get_by_text("stopped", exact=True).wait_for(timeout=START)
    press(page, "race_play")
    wait_until_are_past(page, stood + 1, curves - 1)
    press(page, "race_stop")
    page.get_by_text(re.compile("What next")).wait_for(timeout=START)
    assert page.get_by_text("stopped", exact=True).count() == curves
