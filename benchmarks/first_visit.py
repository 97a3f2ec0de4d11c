"""Time a person waits for the pages, beside a bare Streamlit page, in a real Chromium.

Rounds in which the sides take turns, each in a browser that has never been there; then how often
the charts of a small run are drawn, and each page opened from the Train page. Needs Chromium and
Playwright.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.engine import SPIRAL
from benchmarks.labs import WATCH, address_of, browser, server, settled, switch
from benchmarks.rows import Row, median_ratio
from playground.experiment.model import Experiment
from playground.experiment.url import PAGES, encode

BARE = """import streamlit as st
st.title("A bare page")
st.button("Train", key="train")
"""
# A small network whose run outlasts what is measured of it.
SMALL = SPIRAL.replace(train_size=8_000, batch_size=1, epochs=10_000)
TRAIN = ".st-key-train button:visible:enabled"
# The first point of the curve on the screen.
POINT = "document.querySelector('.st-key-loss_chart .js-plotly-plot')?._fullData?.[0]?.x?.length"
PATIENCE = 120_000  # ms
FRAMES_SECONDS = 4.0  # in which the drawings of the charts are counted
DRAWS = """Object.fromEntries(['loss_chart', 'region'].map(key =>
    [key, +document.querySelector(`.st-key-${key} .js-plotly-plot`).dataset.draws]))"""


def measure(quick: bool) -> Iterator[Row]:
    """First visit, click on Train, reload in mid-run, bytes of script."""
    rounds = 2 if quick else 7
    default = encode(Experiment().replace(epochs=5_000))
    with server() as (address, _), _bare() as bare, browser() as chromium:
        _visit(chromium, f"{address}/?{default}").close()  # the workers are up
        plain, ours, clicks, reloads = [], [], [], []
        for _ in range(rounds):
            plain.append(_opened(chromium, bare)[0])
            taken, page = _opened(chromium, f"{address}/?{default}")
            ours.append(taken)
            clicks.append(_clicked(page))
            reloads.append(_reloaded(page))
            _pause(page)
        small = []
        for _ in range(rounds):
            _, page = _opened(chromium, f"{address}/?{encode(SMALL)}")
            small.append(_clicked(page))
            frames = _frames(page)
            _pause(page)
        size = _bytes(chromium, f"{address}/?{default}")
        switches = _switches(chromium, f"{address}/?{default}", rounds)
    yield Row("Bare Streamlit page in a new browser", statistics.median(plain), "s")
    ratio = median_ratio(ours, plain)
    yield Row("… until Train can be pressed", statistics.median(ours), "s", ratio, "≤ 1.5")
    ratio = median_ratio([taken - 0.5 for taken in reloads], plain)
    what = "… reload in mid-run, curve (less 0.5 s)"
    yield Row(what, statistics.median(reloads), "s", ratio, "≤ 1.5")
    yield Row("Click on Train, first point: default", statistics.median(clicks), "s", None, "≤ 0.8")
    yield Row("… small data", statistics.median(small), "s", None, "≤ 0.5")
    yield Row("One viewer, small data: curves", frames["loss_chart"], "a second", None, "≥ 12")
    yield Row("… decision boundary", frames["region"], "a second", None, "≥ 12")
    yield Row("Plotly, as sent", size / 1e6, "MB")
    for title, taken in switches.items():
        yield Row(f"{title}, opened from Train", taken / 1000, "s", None, "≤ 0.4")


@contextmanager
def _bare() -> Iterator[str]:
    """The address of a server of a page with one button."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        with address_of([sys.executable, "-m", "streamlit", "run", str(script)]) as (address, _):
            yield address


def _visit(chromium: Any, address: str) -> Any:
    """A page in a new browser, once its button can be pressed."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address, wait_until="commit")
    page.locator(TRAIN).wait_for()
    return page


def _opened(chromium: Any, address: str) -> tuple[float, Any]:
    began = time.perf_counter()
    page = _visit(chromium, address)
    taken = time.perf_counter() - began
    page.wait_for_load_state("load")
    return taken, page


def _clicked(page: Any) -> float:
    """Seconds from a click on Train until the first point of the loss."""
    page.locator(".st-key-loss_chart .js-plotly-plot").wait_for()
    page.wait_for_timeout(500)  # what comes after the button has been drawn, too
    began = time.perf_counter()
    page.locator(TRAIN).click()
    page.wait_for_function(f"{POINT} > 0", polling=10)
    return time.perf_counter() - began


def _reloaded(page: Any) -> float:
    began = time.perf_counter()
    page.reload(wait_until="commit")
    page.wait_for_function(f"{POINT} > 0", polling=10)
    return time.perf_counter() - began


def _pause(page: Any) -> None:
    page.locator(".st-key-pause button:visible:enabled").click()
    page.locator(TRAIN).wait_for()
    page.context.close()


def _frames(page: Any) -> dict[str, float]:
    """How often a second each chart of a playing run is drawn."""
    began, before = time.perf_counter(), page.evaluate(DRAWS)
    page.wait_for_timeout(1000 * FRAMES_SECONDS)
    after, taken = page.evaluate(DRAWS), time.perf_counter() - began
    return {key: (after[key] - before[key]) / taken for key in before}


def _switches(chromium: Any, address: str, rounds: int) -> dict[str, float]:
    """Milliseconds until each other page is drawn, opened from the Train page."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.add_init_script(WATCH)
    page.goto(address)
    page.locator(TRAIN).wait_for()
    settled(page)
    home, *others = (each.title for each in PAGES.values())
    taken: dict[str, list[float]] = {title: [] for title in others}
    for _ in range(rounds):
        for title in others:
            taken[title].append(switch(page, title))
            switch(page, home)
    page.context.close()
    return {title: statistics.median(each) for title, each in taken.items()}


def _bytes(chromium: Any, address: str) -> int:
    """Bytes of the script of the charts, as a new browser receives it."""
    page = _visit(chromium, address)
    page.locator(".st-key-loss_chart .js-plotly-plot").wait_for()
    size = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.includes('/plotly/'))"
        ".reduce((sum, e) => sum + e.encodedBodySize, 0)"
    )
    page.context.close()
    return int(size)
