"""Exporting a run in a real Chromium: the files on disk are what they should be."""

import csv
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Visit = Callable[..., Any]

START = 120_000  # ms: the workers may still be loading TensorFlow
SHORT = "?v=1&dataset=xor&hidden=4&epochs=3&train_size=60&validation_size=40"


def download(page: Any, key: str, folder: Path) -> Path:
    """What the button saves."""
    button = page.locator(f".st-key-{key} button:visible")
    button.wait_for(timeout=START)
    with page.expect_download(timeout=START) as started:
        button.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_a_run_is_taken_away_and_proves_itself(visit: Visit, tmp_path: Path) -> None:
    page = visit(SHORT)
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Finished: 3 epochs trained.").wait_for(timeout=START)

    text = download(page, "export_own_csv", tmp_path).read_text()
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["epoch"] for row in table] == ["1", "2", "3"]

    report = download(page, "export_own_report", tmp_path)
    assert report.name == "xor-2-4-1-relu-sgd-0.01-batch-32-seed-0.html"
    paper = page.context.browser.new_page()
    requested: list[str] = []
    paper.on("request", lambda request: requested.append(request.url))
    paper.goto(report.as_uri())
    assert paper.locator("polyline").count() == 4
    assert paper.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert paper.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    assert requested == [report.as_uri()]
    paper.close()

    for key, ending in (("keras", ".keras"), ("tensorboard", ".zip")):
        page.locator(f".st-key-prepare_own_{key} button:visible").click()
        made = download(page, f"export_own_{key}", tmp_path)
        assert made.name.endswith(ending)
        names = zipfile.ZipFile(made).namelist()
        wanted = "model.weights.h5" if key == "keras" else "train/events.out.tfevents"
        assert any(name.startswith(wanted) for name in names)

    script = download(page, "export_own_script", tmp_path)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    ran = subprocess.run(
        [sys.executable, "-I", script.name], cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Reproduced: largest difference" in ran.stdout
    assert f"loss {float(table[0]['loss']):.5f}" in ran.stdout
