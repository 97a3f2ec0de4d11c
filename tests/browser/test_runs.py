"""Saved runs in a real Chromium: kept over a reload, for one browser's eyes only, or shared."""

import re
from collections.abc import Callable
from typing import Any

from tests.browser.conftest import open_page

SHORT = "?dataset=iris&hidden=4&epochs=3"
START = 120_000  # ms: the workers may still be loading TensorFlow

Visit = Callable[..., Any]


def trained(visit: Visit) -> Any:
    """A browser in which one short run was trained."""
    page = visit(SHORT)
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Finished: 3 epochs trained.").wait_for(timeout=START)
    return page


def to_runs(page: Any) -> Any:
    """Turn to the Runs page by its link."""
    open_page(page, "Runs")
    page.get_by_role("heading", name="Your runs").wait_for()
    return page


def tick_first(page: Any) -> None:
    """Tick the box of the first line; the table is drawn on a canvas."""
    page.get_by_text(re.compile(r"Tick the boxes")).wait_for()
    table = page.locator("[data-testid=stDataFrame]").first
    table.locator("canvas").first.wait_for()
    table.click(position={"x": 16, "y": 52})
    page.get_by_text(re.compile(r"1 chosen")).wait_for()


def press(page: Any, key: str) -> None:
    page.locator(f".st-key-{key} button:visible:enabled").click()


def test_a_run_outlives_a_reload_and_can_be_named_deleted_and_brought_back(visit: Visit) -> None:
    page = to_runs(trained(visit))
    page.reload()
    page.get_by_text("Your one run").wait_for(timeout=START)
    tick_first(page)
    page.get_by_role("heading", name="iris · 4 relu").wait_for()
    name = page.locator("[class*=st-key-run_name_] input")
    name.fill("<b>my</b> *first* run")
    page.locator("[class*=st-key-run_save_] button:visible").click()
    page.get_by_role("heading", name="<b>my</b> *first* run").wait_for()
    press(page, "delete_runs")
    page.get_by_text("Nothing is here yet").wait_for()
    press(page, "undo_delete")
    page.get_by_role("heading", name="<b>my</b> *first* run").wait_for()
    press(page, "open_run")
    page.get_by_text("Finished: 3 epochs trained.").wait_for()
    assert "dataset=iris" in page.url


def test_nobody_sees_the_runs_of_another_browser_unless_they_are_shared(visit: Visit) -> None:
    mine = to_runs(trained(visit))
    tick_first(mine)
    press(mine, "share_run")
    link = mine.get_by_text(re.compile(r"runs\?shared=[0-9a-f]{32}")).inner_text().strip()
    token = link.rpartition("=")[2]
    box = mine.locator("[class*=st-key-run_name_]").first.get_attribute("class")
    run = re.search(r"run_name_([0-9a-f]{32})", box).group(1)

    other = visit("runs")
    other.get_by_text("Nothing is here yet").wait_for(timeout=START)
    for guess in (f"runs?shared={run}", f"runs?id={run}&run={run}", f"runs?shared={token[:-1]}0x"):
        other.goto(f"{other.url.partition('/runs')[0]}/{guess}")
        told = "shows no run" if "shared" in guess else "Nothing is here yet"
        other.get_by_text(re.compile(told)).first.wait_for(timeout=START)
        assert "iris · 4 relu" not in other.locator("[data-testid=stMain]").inner_text()
    assert run not in other.content()

    other.goto(link)
    other.get_by_role("heading", name="iris · 4 relu").wait_for(timeout=START)
    other.get_by_text("look at everything, change nothing").wait_for()
    for own in ("run_name", "run_tags", "run_note", "run_save", "delete_runs"):  # only the owner's
        assert other.locator(f"[class*=st-key-{own}]").count() == 0
    press(other, "own_runs")
    other.get_by_text("Nothing is here yet").wait_for()
