"""One unit, in a real Chromium: a click on the ranking chooses the unit."""

import re
from typing import Any

SMALL = "?v=1&dataset=moons&hidden=4&activation=tanh&train_size=100&validation_size=50&epochs=6"
START = 120_000  # ms: the workers may still be loading TensorFlow


def test_a_click_on_the_ranking_shows_that_unit(visit: Any) -> None:
    page = visit(f"inspect{SMALL}")
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Finished: 6 epochs trained").wait_for(timeout=START)
    page.locator(".st-key-inspect_group").get_by_text("Activations").click()
    page.get_by_role("radio", name=re.compile("Units")).click()
    page.get_by_text("1 of 4").wait_for()
    ranking = page.locator(".st-key-dossier_ranking")
    ranking.locator(".bars path").nth(3).wait_for(state="attached")
    # The height of a bar may be 0: click in its column, where hovering finds it all the same.
    area = ranking.locator(".nsewdrag")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    place = box["x"] + 0.84 * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(*place)
    ranking.locator(".hovertext").first.wait_for()
    page.mouse.click(*place)
    page.get_by_text("4 of 4").wait_for()
    page.locator(".st-key-dossier_step_-1 button:visible").click()
    page.get_by_text("3 of 4").wait_for()
    page.locator(".st-key-inspect_group").get_by_text("Weights").click()
    page.locator(".st-key-inspect_view").get_by_text("Initialization check").click()
    page.get_by_text("Well scaled: training can begin.").wait_for()
    page.locator(".st-key-inspect_group").get_by_text("Activations").click()
    page.locator(".st-key-inspect_view").get_by_text("Activations").click()
    page.get_by_text(re.compile("of the pre-activations of Hidden 1")).first.wait_for()
