"""Time a person waits in the labs: a real server, and a real Chromium that moves a slider.

For each lab medians in milliseconds: from a key pressed on a slider until the charts have changed
on the screen, the part of it after the browser has sent the value, and from a click on Labs on
another page until the lab is drawn. Needs Chromium and Playwright.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

import dashboard
from benchmarks.rows import Row
from dashboard.views.labs.page import LABS
from playground.experiment.url import PAGES

PATIENCE = 8_000  # ms for a lab's first slider to come
QUIET = 500  # ms without a change: all is drawn
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip

# Notes when a key is pressed, when the browser sends the value, and when the page changes.
WATCH = """
window.noted = {pressed: 0, sent: 0, changed: 0, drawn: 0}
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (...what) {
  noted.sent ||= performance.now()
  return send.apply(this, what)
}
const pressed = () => { noted = {pressed: performance.now(), sent: 0, changed: 0, drawn: 0} }
addEventListener("keydown", pressed, true)
addEventListener("click", pressed, true)
new MutationObserver((changes) => {
  for (const {target, attributeName} of changes) {
    if (!target.parentElement?.closest("[data-testid=stMain]")) continue
    if (attributeName === "data-draws") noted.drawn = performance.now()
    if (!attributeName) noted.changed = performance.now()
  }
}).observe(document, {
  subtree: true, childList: true, characterData: true, attributeFilter: ["data-draws"],
})
"""
SETTLED = f"""() => {{
  const last = Math.max(noted.changed, noted.drawn)
  return last > 0 && performance.now() > last + {QUIET}
}}"""


@contextmanager
def server(workers: str = "1") -> Iterator[tuple[str, psutil.Process]]:
    """Address and process of a dashboard with a database of its own, while it runs."""
    app = Path(dashboard.__file__).with_name("app.py")
    with TemporaryDirectory() as folder:
        environment = {
            "PLAYGROUND_DATABASE_URL": f"sqlite:///{folder}/runs.sqlite",
            "PLAYGROUND_WORKERS": os.environ.get("PLAYGROUND_WORKERS", workers),
        }
        command = [sys.executable, "-m", "streamlit", "run", str(app)]
        with address_of(command, **environment) as running:
            yield running


@contextmanager
def address_of(command: list[str], **environment: str) -> Iterator[tuple[str, psutil.Process]]:
    """Address and process of the Streamlit server that a command starts, while it runs."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    options = {"port": str(port), "address": "127.0.0.1", "headless": "true"}
    given = [text for name, value in options.items() for text in (f"--server.{name}", value)]
    process = psutil.Popen(
        [*command, *given],
        env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None:
            with suppress(OSError):
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium, while it runs."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


def settled(page: Any) -> dict[str, float]:
    """Wait until nothing changes any more; when what happened."""
    page.wait_for_function(SETTLED, polling=100)
    noted: dict[str, float] = page.evaluate("noted")
    return noted


def _moved(page: Any, rounds: int) -> list[tuple[float, float]]:
    """Milliseconds after each key on the first slider: (in all, of the server)."""
    from playwright.sync_api import TimeoutError as Late

    slider = page.locator("[data-testid=stMain] input[type=range]").first
    try:
        slider.wait_for(state="attached", timeout=PATIENCE)
    except Late:  # a lab without one
        return []
    settled(page)
    slider.focus()
    taken = []
    for i in range(rounds):
        page.keyboard.press("ArrowRight" if i % 4 < 2 else "ArrowLeft")
        noted = settled(page)
        last = noted["drawn"] or noted["changed"]
        taken.append((last - noted["pressed"], last - (noted["sent"] or noted["pressed"])))
    return taken


def _opened(page: Any, rounds: int) -> list[float]:
    """Milliseconds until the lab is drawn, each time it is opened from another page."""
    taken = []
    for _ in range(rounds):
        switch(page, "Data")
        taken.append(switch(page, "Labs"))
    return taken


def switch(page: Any, title: str) -> float:
    """Milliseconds until another page is drawn, from the click on it in the navigation."""
    group = next(entry.group for entry in PAGES.values() if entry.title == title)
    page.locator("[data-testid=stTopNavSection]").filter(has_text=group).click()
    page.get_by_role("menuitem", name=title, exact=True).click()
    noted = settled(page)
    return max(noted["drawn"], noted["changed"]) - noted["pressed"]


def measure(quick: bool) -> Iterator[Row]:
    """Three rows for each lab with a slider, one for any other."""
    keys, openings = (2, 1) if quick else (8, 3)
    with server() as (address, _), browser() as chromium:
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(120_000)
        page.add_init_script(WATCH)
        for name in LABS:
            page.goto(f"{address}/labs?lab={name}")
            page.get_by_text(LABS[name].question).wait_for()
            settled(page)
            moved, opened = _moved(page, keys), _opened(page, openings)
            if moved:
                key, answer = (statistics.median(column) for column in zip(*moved, strict=True))
                yield Row(f"{name}: a key", key, "ms")
                yield Row(f"{name}: … of it the answer", answer, "ms")
            yield Row(f"{name}: opened", statistics.median(opened), "ms")
