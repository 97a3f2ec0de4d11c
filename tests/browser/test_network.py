"""The network's diagram and the forward pass under a real pointer."""

import re
import time
from typing import Any

import numpy as np

from dashboard.components import FOLDER
from playground.nn.format import format_number

START = 120_000  # ms: the workers may still be loading TensorFlow
LONG = "inside?v=1&dataset=moons&hidden=24,24&train_size=8000&epochs=10000"
RNG = np.random.default_rng(0)
NUMBERS = [
    0.0, -0.0, 0.5, 2.0625, 2.0635, -1234.5, 1235.5, 0.00012345, 0.000099995, 9999.5, 99995.0,
    1e300, float("inf"), float("-inf"), float("nan"),
    *(RNG.normal(size=190) * 10.0 ** RNG.integers(-7, 8, 190)).tolist(),
]  # fmt: skip
DIAGRAM, FORWARD = ".st-key-network_diagram", ".st-key-forward_pass"


def view(page: Any, name: str, part: str) -> Any:
    """Choose a view; what it draws."""
    page.locator(".st-key-inspect_view button", has_text=name).click(timeout=START)
    found = page.locator(part)
    found.locator("figure").wait_for(timeout=START)
    return found


def draws(part: Any, more: int) -> None:
    """Wait until it has been drawn some more times."""
    figure, give_up = part.locator("figure"), time.monotonic() + 60
    end = int(figure.get_attribute("data-draws")) + more
    while int(figure.get_attribute("data-draws")) < end:
        assert time.monotonic() < give_up, "nothing was drawn any more"
        part.page.wait_for_timeout(50)


def test_the_diagram_changes_in_place_under_the_pointer(visit: Any) -> None:
    page = visit(LONG, overtaken=True)
    script = (FOLDER / "numbers.js").read_text()
    written = page.evaluate(f"numbers => {{ {script} return numbers.map(digits) }}", NUMBERS)
    assert written == [format_number(value, 4) for value in NUMBERS]
    diagram = view(page, "Network", DIAGRAM)
    assert "/inspect?" in page.url  # the page has another name now
    unit = diagram.get_by_role("button", name=re.compile("^unit 2 of hidden 1"))
    unit.wait_for(timeout=START)
    page.locator(".st-key-train button:visible:enabled").click()
    draws(diagram, 1)
    unit.hover()
    card = diagram.locator(".card")
    card.get_by_text("unit 2 of hidden 1").wait_for()
    unit.evaluate("unit => { unit.marked = true }")
    before = card.inner_text()
    assert "bias b" in before
    assert "weight from x₁" in before
    draws(diagram, 3)
    assert unit.evaluate("unit => unit.marked")
    assert card.is_visible()
    assert card.inner_text() != before
    assert card.inner_text().startswith("unit 2 of hidden 1")
    unit.focus()
    unit.press("ArrowRight")
    card.get_by_text("unit 2 of hidden 2").wait_for()
    diagram.locator(".hit").first.dispatch_event("pointerenter")
    card.get_by_text(re.compile("^from .* to .*")).wait_for()


def test_a_unit_is_linked_to_its_inputs_and_to_keras(visit: Any) -> None:
    page = visit("inspect?v=1&dataset=mnist&train_size=200&validation_size=50&hidden=20&epochs=1")
    forward = view(page, "Forward pass", FORWARD)
    page.get_by_text(re.compile("Keras, with the same.* at most .*e-0[678] in any")).wait_for(
        timeout=START
    )
    cells = forward.locator("canvas")
    cells.nth(3).hover(position={"x": 50, "y": 10})
    panel = forward.locator(".panel")
    panel.get_by_text("Hidden 1: unit 3").wait_for()
    assert panel.get_by_text("776 others").is_visible()
    forward.locator("canvas[data-whole='1:2']").wait_for()  # all 784 contributions are here
    cells.nth(3).click(position={"x": 50, "y": 10})
    page.get_by_text("All inputs of unit 3 of hidden 1").wait_for()
