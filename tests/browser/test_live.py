"""What a person sees and does while a network trains, in a real Chromium."""

import os
import re
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

LONG = "?v=1&epochs=5000"  # the default experiment, playing until somebody stops it
START = 120_000  # ms: the workers may still be loading TensorFlow

PLOT = ".st-key-loss_chart .js-plotly-plot"

Visit = Callable[..., Any]


def promised(seconds: float) -> float:
    """Milliseconds for what takes `seconds` on an idle machine: more, if others use this one."""
    return 2_000 * seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def ready(page: Any) -> Any:
    """The page once the untrained network's answers are on it."""
    page.locator(".st-key-samples li").first.wait_for(timeout=START)
    page.locator(PLOT).wait_for()
    return page


def button(page: Any, key: str) -> Any:
    return page.locator(f".st-key-{key} button:visible")


def press(page: Any, key: str) -> None:
    page.locator(f".st-key-{key} button:visible:enabled").click()


def epoch(page: Any) -> int:
    """Epochs finished, as the slider says."""
    numbers = re.findall(r"\d+", page.locator(".st-key-epoch output").inner_text())
    return int(numbers[-1]) if numbers else 0


def wait_until(page: Any, true: Callable[[], bool], timeout: float = START) -> None:
    end = time.monotonic() + timeout / 1_000
    while not true():
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def wait_for_epoch(page: Any, number: int, timeout: float = START) -> None:
    wait_until(page, lambda: epoch(page) >= number, timeout)


def pause(page: Any) -> int:
    """Pause the run; the epochs it has finished."""
    press(page, "pause")
    page.get_by_text(re.compile(r"Paused after epoch")).wait_for()
    button(page, "train").get_by_text("Resume").wait_for()
    return epoch(page)


def accuracy(page: Any) -> float:
    text = page.locator(".st-key-metric_chart .js-plotly-plot").evaluate(
        "plot => plot._fullData?.find(trace => trace.name === 'validation')?.meta?.end"
    )
    return float(text.rstrip("%")) if text else 0.0


def heading(page: Any) -> str:
    return str(page.locator("[data-testid=stMain] h3").first.inner_text())


def test_the_first_page_shows_an_untrained_network(page: Any) -> None:
    ready(page)
    assert "Fashion-MNIST · 784-300-100-10" in heading(page)
    assert page.get_by_text("266,610 parameters").is_visible()
    assert page.get_by_text("Not trained yet").first.is_visible()
    samples = page.locator(".st-key-samples li")
    assert samples.count() == 10
    cut = "texts => texts.filter(text => text.scrollWidth > text.clientWidth).length"
    assert samples.locator("b, span").evaluate_all(cut) == 0
    assert "is " in samples.locator("span").all_inner_texts()[0]
    assert [button(page, key).is_enabled() for key in ("train", "step", "reset")] == [
        True, True, False,
    ]  # fmt: skip
    assert button(page, "pause").count() == 0


def test_training_shows_at_once_and_passes_80_percent(page: Any) -> None:
    ready(page)
    start = time.monotonic()
    press(page, "train")
    wait_for_epoch(page, 1, timeout=promised(1.5))
    wait_until(page, lambda: accuracy(page) > 80, timeout=promised(5))
    print(f"80 % after {time.monotonic() - start:.1f} s")
    assert "images/s" in page.locator(".st-key-progress p").inner_text()


def test_updates_keep_the_chart_its_zoom_and_hidden_curves(visit: Visit) -> None:
    page = ready(visit(f"{LONG}&hiden=30", overtaken=True))
    press(page, "train")
    wait_for_epoch(page, 2)
    plot = page.locator(PLOT)
    plot.evaluate("plot => { plot.marked = true }")
    plot.locator(".legendtoggle").first.click()
    page.wait_for_function(
        f"document.querySelector('{PLOT}')._fullData[0].visible === 'legendonly'"
    )
    area = plot.locator(".nsewdrag").bounding_box()
    x, y = area["x"] + area["width"] * 0.2, area["y"] + area["height"] * 0.2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + area["width"] * 0.5, y + area["height"] * 0.5, steps=5)
    page.mouse.up()
    state = """plot => [plot.marked, plot._fullData[0].visible,
        plot._fullLayout.xaxis.range.map(x => x.toFixed(3)),
        plot._fullLayout.yaxis.range.map(y => y.toFixed(3))]"""
    page.wait_for_function(f"document.querySelector('{PLOT}')._fullLayout.xaxis.range[0] > 0")
    before, draws = plot.evaluate(state), int(plot.get_attribute("data-draws"))
    page.wait_for_function(
        f"draws => Number(document.querySelector('{PLOT}').dataset.draws) > draws + 3", arg=draws
    )
    assert plot.evaluate(state) == before
    assert before[:2] == [True, "legendonly"]
    # Its diagnosis is settled now: the page is drawn again.
    page.get_by_text("No problem so far", exact=True).wait_for()
    assert button(page, "pause").count() == 1
    assert plot.evaluate(state) == before
    rate = page.locator(".st-key-learning_rate input")
    rate.fill("0.05")
    rate.press("Enter")
    page.get_by_text("hiden").wait_for(state="detached")  # what was wrong with the address
    pause(page)
    press(page, "train")
    wait_for_epoch(page, epoch(page) + 1)


def test_pause_resume_and_step(visit: Visit) -> None:
    page = ready(visit(LONG))
    press(page, "step")
    page.get_by_text("Paused after epoch 1.").wait_for(timeout=START)
    press(page, "train")
    wait_for_epoch(page, 3)
    stopped = pause(page)
    press(page, "step")
    page.get_by_text(f"Paused after epoch {stopped + 1:,}.").wait_for()
    assert epoch(page) == stopped + 1


def test_reset_repeats_the_run_and_new_weights_do_not(visit: Visit) -> None:
    page = ready(visit(LONG))

    def caption() -> str:
        return str(page.locator(PLOT).get_attribute("aria-label"))

    def first_epoch() -> str:
        wait_until(page, lambda: "No epoch yet" in caption())
        press(page, "step")
        page.get_by_text("Paused after epoch 1.").wait_for(timeout=START)
        wait_until(page, lambda: "after epoch 1" in caption())  # a chart follows a little later
        return caption()

    first = first_epoch()
    press(page, "reset")
    page.get_by_text("Not trained yet: these").wait_for()
    assert first_epoch() == first
    press(page, "new_weights")
    page.get_by_text("seed 1").first.wait_for()
    page.get_by_text("Not trained yet: these").wait_for()
    assert first_epoch() != first


def test_the_learning_rate_changes_while_it_runs(visit: Visit) -> None:
    page = ready(visit(LONG))
    press(page, "train")
    wait_for_epoch(page, 2)
    before = epoch(page)
    rate = page.locator(".st-key-learning_rate input")
    rate.fill("0.05")
    rate.press("Enter")
    page.locator(PLOT).get_by_text("η 0.05").wait_for()
    wait_for_epoch(page, before + 2)
    assert button(page, "pause").is_enabled()
    assert "SGD 0.05" in heading(page)
    assert "learning_rate=0.05" in page.url


def test_settings_that_need_a_new_network_begin_one_and_the_old_curve_stays(visit: Visit) -> None:
    page = ready(visit(LONG))
    press(page, "train")
    wait_for_epoch(page, 2)
    pause(page)
    layers = page.locator(".st-key-hidden input")
    layers.fill("20")
    layers.press("Enter")
    page.get_by_text("Not trained yet: these").wait_for()
    assert epoch(page) == 0
    assert "784-20-10" in heading(page)
    names = f"document.querySelector('{PLOT}')._fullData.map(trace => trace.name)"
    page.wait_for_function(f"{names}.includes('hidden layers 300-100')")
    press(page, "train")
    wait_for_epoch(page, 1)


def test_a_reload_loses_nothing(visit: Visit) -> None:
    page = ready(visit(LONG))
    press(page, "train")
    wait_for_epoch(page, 3)
    before = epoch(page)
    page.reload()
    ready(page)
    button(page, "pause").wait_for()
    assert button(page, "pause").is_enabled()
    wait_for_epoch(page, before)
    first = page.evaluate(f"document.querySelector('{PLOT}')._fullData[0].x[0]")
    assert first == 1


def test_a_link_opens_the_same_experiment_elsewhere(visit: Visit) -> None:
    page = ready(visit())
    layers = page.locator(".st-key-hidden input")
    layers.fill("30, 20")
    layers.press("Enter")
    page.get_by_text("784-30-20-10").first.wait_for()
    page.locator(".st-key-share summary").click()
    link = page.locator("[data-testid=stCode]").inner_text().strip()
    assert "hidden=30" in link
    other = ready(visit(link))
    assert heading(other) == heading(page)
    assert other.get_by_text("Not trained yet: these").is_visible()


def test_two_tabs_do_not_disturb_each_other(visit: Visit) -> None:
    page = ready(visit(LONG))
    second = page.context.new_page()
    second.goto(page.url)
    ready(second)
    press(page, "train")
    wait_for_epoch(page, 3)
    assert second.get_by_text("Not trained yet: these").is_visible()
    assert epoch(second) == 0
    press(second, "step")
    second.get_by_text("Paused after epoch 1.").wait_for(timeout=START)
    assert button(page, "pause").is_enabled()


def test_the_test_set_opens_when_asked(visit: Visit) -> None:
    page = ready(visit("?v=1&epochs=2"))
    assert not button(page, "open_test").is_enabled()
    press(page, "train")
    page.get_by_text("Finished: 2 epochs trained.").wait_for(timeout=START)
    button(page, "train").get_by_text("Train on").wait_for()
    press(page, "open_test")
    page.get_by_text(re.compile("test loss 0.*accuracy")).wait_for()


@pytest.mark.parametrize("kind", ["spiral", "sine", "iris", "multi_gauss"])
def test_every_kind_of_data_shows_what_was_learnt(visit: Visit, kind: str) -> None:
    shown = {"spiral": "region", "sine": "fit", "multi_gauss": "region"}
    page = visit(f"?v=1&dataset={kind}&hidden=8&epochs=20")
    page.set_viewport_size({"width": 1280, "height": 720})
    if kind in shown:
        page.locator(f".st-key-{shown[kind]} .js-plotly-plot").wait_for(timeout=START)
    page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)
    press(page, "train")
    page.get_by_text("Finished: 20 epochs trained.").wait_for(timeout=START)
    assert epoch(page) == 20
    page.wait_for_function(
        "document.querySelector('.st-key-metric_chart').getBoundingClientRect().bottom <= 720"
    )


def test_a_loss_that_is_not_finite_stops_the_run_with_advice(visit: Visit) -> None:
    page = visit("?v=1&dataset=plane&activation=linear&learning_rate=10")
    page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)
    press(page, "train")
    page.get_by_text(re.compile("no longer a finite number")).wait_for(timeout=START)
    assert not button(page, "train").is_enabled()
    assert button(page, "reset").is_enabled()


def test_a_killed_worker_is_reported_and_the_run_continues(visit: Visit, server: Any) -> None:
    page = ready(visit(LONG))
    press(page, "train")
    wait_for_epoch(page, 2)
    workers = [p for p in server.children() if is_worker(p)]
    assert workers
    start = time.monotonic()
    for worker in workers:
        worker.kill()
    page.get_by_text(re.compile("Its worker process ended after epoch")).wait_for(timeout=START)
    print(f"continued after {time.monotonic() - start:.1f} s")
    wait_for_epoch(page, 6)


def is_worker(process: psutil.Process) -> bool:
    """Whether this is one of the processes that train: Dask's nannies spawn them."""
    command = " ".join(process.cmdline())
    return "spawn_main" in command and "resource_tracker" not in command
