"""Starts that are dragged and paths that are played, in a real Chromium."""

import re
from typing import Any


def drag(page: Any, chart: str, right: float, down: float) -> str:
    """Drag the point of a chart; where it is then, as a screen reader says it."""
    knob = page.locator(f".st-key-{chart} .knob")
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=8)
    page.mouse.up()
    return str(knob.get_attribute("aria-valuetext"))


def test_a_start_is_dragged_and_a_descent_is_played(visit: Any) -> None:
    page = visit("labs?lab=descent")
    page.get_by_text(re.compile(r"After 40 of 40 updates")).wait_for()
    losses = page.locator(".st-key-lab_descent_loss figcaption")
    losses.get_by_text("From 36 in epoch 0").wait_for()
    place = float(drag(page, "lab_descent_curve_chart", -80, 0))
    assert -1 < place < 4.5
    losses.get_by_text(f"From {(place + 1) ** 2:.4g} in epoch 0").wait_for()
    knob = page.locator(".st-key-lab_descent_curve_chart .knob")
    knob.press("Shift+ArrowLeft")
    losses.get_by_text(f"From {(place + 0.5) ** 2:.4g} in epoch 0").wait_for()
    page.locator(".st-key-lab_descent_player button[name=play]").click()
    page.get_by_text(re.compile(r"After [123]?\d of 40 updates")).first.wait_for()
    page.get_by_role("button", name="Far too large").click()
    page.get_by_text("1 − 2η = −1.1").wait_for()
    losses.get_by_text("From 36 in epoch 0").wait_for()

    page.get_by_role("radio", name=re.compile("Optimizers")).click()
    caption = page.locator(".st-key-lab_optimizers_map figcaption")
    caption.get_by_text("After 120 updates").wait_for()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_function(
        """() => [...document.querySelectorAll('[class*=st-key-lab_optimizers] .js-plotly-plot')]
           .map(plot => plot.getBoundingClientRect().bottom)
           .filter(bottom => bottom > 300 && bottom <= 720).length === 2"""
    )
    before = caption.inner_text()
    assert drag(page, "lab_optimizers_map", 120, 10) != "-5.00, 2.00"
    page.wait_for_function(
        "([css, before]) => document.querySelector(css).innerText !== before",
        arg=[".st-key-lab_optimizers_map figcaption", before],
    )
    plot = ".st-key-lab_optimizers_map .js-plotly-plot"
    page.set_viewport_size({"width": 600, "height": 900})  # narrower: more rows of the legend
    page.wait_for_function(f"document.querySelector('{plot}')._fullLayout.width < 600")
    heights = page.evaluate(f"""() => {{
        const plot = document.querySelector('{plot}')
        return [plot.getBoundingClientRect().height, plot._fullLayout.height]
    }}""")
    assert heights[0] == heights[1]
