"""Runs with and without regularization, and the capacity map, in a real Chromium."""

import re
from typing import Any

START = 120_000  # ms: the workers may still be loading TensorFlow


def points(page: Any, key: str) -> list[int]:
    """How many points each curve of a chart has."""
    plot = page.locator(f".st-key-{key} .js-plotly-plot:visible")
    return list(plot.evaluate("plot => plot._fullData.map((trace) => trace.x.length)"))


def test_a_regularizer_changes_while_its_run_plays_and_survives_a_reload(
    visit: Any,
) -> None:
    page = visit("overfitting")
    page.locator(".st-key-regularizers_start button:visible:enabled").click(timeout=START)
    page.get_by_text("of every run").wait_for(timeout=START)
    before = {key: points(page, key)[0] for key in ("regularizers_chart_0", "regularizers_chart_1")}
    slider = page.locator(".st-key-regularizers_l2_fashion_mnist input[type=range]").last
    slider.focus()
    slider.press("ArrowRight")  # while it plays
    page.get_by_text("with L2 0.011").first.wait_for(timeout=START)
    for key, drawn in before.items():
        page.wait_for_function(
            "([key, before]) => document.querySelector(`.st-key-${key} .js-plotly-plot`)"
            "._fullData[0].x.length > before",
            arg=[key, drawn], timeout=START,
        )  # fmt: skip
    gap = page.locator(".st-key-regularizers_tiles [data-testid=stMetricValue]:visible").first
    assert float(gap.inner_text()) != 0
    page.get_by_text("Restore best checkpoint").first.wait_for(timeout=START)
    page.get_by_text("With L2 0.011 the gap in accuracy is").wait_for()
    page.reload()
    page.get_by_text("With L2 0.011 the gap in accuracy is").wait_for(timeout=START)


def test_a_click_on_a_cell_of_the_map_opens_its_run(visit: Any) -> None:
    page = visit("overfitting?v=1&dataset=iris")
    page.locator(".st-key-overfitting_view").get_by_text("Capacity").click(timeout=START)
    page.locator(".st-key-capacity_start button:visible:enabled").click(timeout=START)
    page.get_by_text("Best so far").wait_for(timeout=START)
    plot = page.locator(".st-key-capacity_map .js-plotly-plot:visible")
    box = plot.locator(".nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.9 * box["height"])
    page.mouse.down()
    plot.evaluate("plot => Plotly.redraw(plot)")  # as when a cell is filled at this moment
    page.mouse.up()
    page.wait_for_url(re.compile("hidden=2&"), timeout=START)
    page.get_by_text("It is the current experiment on every page").wait_for(timeout=START)
    page.locator(".st-key-capacity_stop button:visible:enabled").click(timeout=START)
