"""Own data in a real Chromium: a file that is uploaded, points that are painted, then training."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import open_page

START = 120_000  # ms: the workers may still be loading TensorFlow

Visit = Callable[..., Any]

CSV = "height;weight;kind\n" + "".join(
    f"{h},5;{w};{kind}\n" for kind, h, w in [("cat", 2, 4), ("dog", 6, 9), ("mouse", 1, 1)] * 12
)


@pytest.fixture
def view(server: Any, visit: Visit) -> Any:
    """The view "Your own data" as somebody new sees it."""
    page = visit()
    open_page(page, "Data")
    page.get_by_text("Your own data").click()
    page.locator(".st-key-own_way").wait_for()
    return page


def press(page: Any, key: str) -> None:
    page.locator(f".st-key-{key} button:visible:enabled").click(timeout=START)


def train(page: Any) -> None:
    """Train on the uploaded or painted examples to the end."""
    press(page, "own_train")
    page.get_by_text("These are the data in use now").wait_for()
    open_page(page, "Train")
    page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)
    page.locator(".st-key-region .js-plotly-plot").wait_for()
    press(page, "train")
    page.get_by_text("Finished: 200 epochs trained").wait_for(timeout=START)


def test_an_uploaded_table_is_trained_on_and_survives_a_reload(view: Any) -> None:
    file = view.locator(".st-key-own_file input[type=file]")
    wrong = {"name": "wrong.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n3\n"}
    file.set_input_files(wrong)
    view.get_by_text("Line 3 has 1 value where the header names 2 columns").wait_for()
    file.set_input_files({"name": "animals.csv", "mimeType": "", "buffer": CSV.encode()})
    view.get_by_text("36 rows in 3 classes, 2 features").wait_for()
    train(view)
    heading = view.locator("[data-testid=stMain] h3").first
    assert "animals · 2-16-8-3" in heading.inner_text()
    assert "dataset=own-" in view.url
    view.reload()
    view.get_by_text("Finished: 200 epochs trained").wait_for()
    assert "animals · 2-16-8-3" in heading.inner_text()


def test_points_painted_by_mouse_are_learnt(view: Any) -> None:
    view.get_by_text("Paint points").click()
    view.get_by_text("Paint at least 10 points").wait_for()
    board = view.locator(".st-key-painting canvas")

    def stroke(y: float) -> None:
        board.evaluate("board => board.scrollIntoView({ block: 'center' })")
        area = board.bounding_box()
        height = area["y"] + area["height"] * y
        view.mouse.move(area["x"] + area["width"] * 0.2, height)
        view.mouse.down()
        view.mouse.move(area["x"] + area["width"] * 0.8, height, steps=20)
        view.mouse.up()

    count = view.locator(".st-key-painting .count")
    stroke(0.3)
    view.locator(".st-key-painting button[name='1']").click()
    stroke(0.7)
    many = count.inner_text()
    assert re.fullmatch(r"[1-9]\d orange and [1-9]\d blue points\.", many), many
    rows = sum(int(word) for word in many.split() if word.isdecimal())
    board.press("ArrowUp")
    board.press(" ")
    assert count.inner_text() != many
    view.get_by_text(f"{rows + 1} rows in 2 classes, 2 features").wait_for()
    view.locator(".st-key-painting button[name='undo']").click()
    assert count.inner_text() == many
    view.get_by_text(f"{rows} rows in 2 classes, 2 features").wait_for()
    train(view)
    assert "predicted as blue" in view.locator(".st-key-region figcaption").inner_text()
