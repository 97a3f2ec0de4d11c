"""The server below a path, started from another folder, in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Server, open_page

START = 120_000  # ms: the workers may still be loading TensorFlow
SMALL = "?v=1&dataset=digits&hidden=8&epochs=1"


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("PLAYGROUND_WORKERS", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    running = Server(tmp_path / "log.txt", "mlp", tmp_path)
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()


def test_charts_images_and_streams_work_below_a_path(below: Server, visit: Any) -> None:
    page = visit(f"{below.url}/{SMALL}")
    page.locator(".js-plotly-plot .plot-container").first.wait_for(timeout=START)
    page.locator(".st-key-train button:visible:enabled").click()
    page.get_by_text("Finished: 1 epochs trained.").wait_for(timeout=START)
    open_page(page, "Inspect")
    page.locator(".st-key-inspect_view button").filter(has_text="Embedding").click()
    plot = page.locator(".st-key-embedding .js-plotly-plot")
    plot.wait_for()
    with page.expect_response("**/mlp/sprites/*") as sprite:
        plot.focus()
        plot.press("ArrowRight")
    assert sprite.value.ok
    assert "/mlp/inspect?" in page.url
    page.goto(f"{below.url}/train{SMALL}")  # the first page under its name
    page.locator(".st-key-train").wait_for()
    assert page.url.startswith(f"{below.url}/?v=1")
