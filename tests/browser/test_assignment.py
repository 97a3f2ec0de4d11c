"""A teacher sets an assignment, a student fulfils it, the class table is made."""

import csv
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

START = 120_000  # ms: the workers may still be loading TensorFlow
TASK = "v=1&dataset=iris&hidden=8&optimizer=adam&learning_rate=0.05&epochs=60"


def set_number(page: Any, key: str, value: str) -> None:
    field = page.locator(f".st-key-{key} input")
    field.fill(value)
    field.press("Enter")


def test_from_the_teachers_form_to_the_class_table(visit: Any, tmp_path: Path) -> None:
    teacher = visit(f"assignments?{TASK}")
    digest = teacher.get_by_text(re.compile(r"Assignment [0-9a-f]{16}"))
    digest.wait_for(timeout=START)
    first = digest.inner_text()
    set_number(teacher, "assign_number_0_validation_accuracy", "0.8")
    teacher.get_by_text(first).wait_for(state="detached")
    second = digest.inner_text()
    set_number(teacher, "assign_number_2_epochs_done", "60")
    teacher.get_by_text(second).wait_for(state="detached")
    link = teacher.locator("[data-testid=stCode]").first.inner_text().replace("\n", "").strip()

    student = visit(link)
    panel = student.locator(".st-key-assignment")
    panel.get_by_text("Press Train.").wait_for(timeout=START)
    assert panel.get_by_text("✓ the number of weights and biases ≤ 50,000: now 67").is_visible()
    student.locator(".st-key-data_settings button").first.click()
    student.locator(".st-key-dataset input").wait_for(state="attached")
    assert student.locator(".st-key-dataset input").is_disabled()
    student.keyboard.press("Escape")
    assert student.locator(".st-key-learning_rate input").is_enabled()
    student.locator(".st-key-train button:visible:enabled").click(timeout=START)
    panel.get_by_text("All targets are met together").wait_for(timeout=START)
    name = panel.locator(".st-key-assignment_name input")
    name.fill("=Ada Lovelace")
    name.press("Enter")
    code = panel.locator("[data-testid=stCode]")
    code.get_by_text("Lovelace").wait_for()
    line = code.inner_text().strip()

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.txt").write_text(line + "\n")
    (tmp_path / "in" / "forged.txt").write_text(line.replace("Ada", "Bob") + "\n")
    command = [sys.executable, "-m", "playground", "results", str(tmp_path / "in")]
    made = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert made.returncode == 1
    assert "forged.txt, line 1: refused, forged or altered" in made.stderr
    (row,) = csv.DictReader(made.stdout.splitlines())
    assert row["name"] == "'=Ada Lovelace"
    assert row["passed"] == row["best"] == "yes"
    assert float(row["validation_accuracy"]) >= 0.8
    assert float(row["parameters"]) == 67
    assert "dataset=iris" in row["link"]
