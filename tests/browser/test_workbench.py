"""The workbench in a real Chromium: all on one screen, moved by a stream, former runs beside."""

from typing import Any

START = 180_000  # ms: the workers may still be loading TensorFlow

SPIRAL = "?v=1&dataset=spiral&hidden=8,8&activation=tanh&learning_rate=0.03&epochs="
PLOT = "document.querySelector('.st-key-loss_chart .js-plotly-plot')"


def small(visit: Any, address: str) -> Any:
    page = visit(address)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)
    return page


def press(page: Any, key: str) -> None:
    page.locator(f".st-key-{key} button:visible:enabled").first.click()


def names(page: Any) -> list[str]:
    found: list[str] = page.evaluate(f"{PLOT}._fullData.map(trace => trace.name)")
    return found


def test_settings_network_predictions_and_curves_need_no_scrolling(visit: Any) -> None:
    page = small(visit, SPIRAL + "50")
    parts = (
        "hidden", "activation", "optimizer", "learning_rate", "schedule",
        "batch_size", "regularization_settings", "more_settings", "train", "train_graph",
        "region", "tiles", "loss_chart", "metric_chart",
    )  # fmt: skip
    for key in parts:
        box = page.locator(f".st-key-{key}").first.bounding_box()
        assert box["y"] >= 0, key
        assert box["y"] + box["height"] <= 720, key
        assert box["x"] + box["width"] <= 1280, key
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 1280


def test_two_optimizers_stand_on_one_chart_after_four_clicks(visit: Any) -> None:
    page = small(visit, SPIRAL + "30")
    press(page, "train")  # 1
    page.get_by_text("Finished: 30 epochs trained.").wait_for(timeout=START)
    page.locator(".st-key-optimizer input").click()  # 2
    page.get_by_role("option", name="Adam", exact=True).click()  # 3
    page.get_by_text("Not trained yet: these").wait_for()
    press(page, "train")  # 4
    page.get_by_text("Finished: 30 epochs trained.").wait_for(timeout=START)
    page.wait_for_function(f"{PLOT}._fullData.length > 2")
    assert names(page)[0] == "SGD, η 0.03"
    assert {"training", "validation"} <= set(names(page))


def test_a_pinned_run_stays_until_it_is_removed(visit: Any) -> None:
    page = small(visit, SPIRAL + "5")
    press(page, "train")
    page.get_by_text("Finished: 5 epochs trained.").wait_for(timeout=START)
    press(page, "pin")
    for seed in (1, 2):
        press(page, "new_weights")
        page.get_by_text("Not trained yet: these").wait_for()
        press(page, "train")
        page.get_by_text("Finished: 5 epochs trained.").wait_for(timeout=START)
        page.wait_for_function(f"{PLOT}._fullData.some(trace => trace.name === 'seed 0')")
        assert page.locator(".st-key-unpin_0").is_visible(), seed
    press(page, "unpin_0")
    page.wait_for_function(f"!{PLOT}._fullData.some(trace => trace.name === 'seed 0')")


def test_space_trains_and_pauses_and_e_trains_one_epoch(visit: Any) -> None:
    page = small(visit, "?v=1&epochs=5000")
    page.locator("body").press("e")
    page.get_by_text("Paused after epoch 1.").wait_for(timeout=START)
    page.locator("body").press("Space")
    page.locator(".st-key-pause button:visible:enabled").first.wait_for(timeout=START)
    page.locator("body").press("Space")
    page.get_by_text("Paused after epoch").wait_for(timeout=START)


def test_charts_move_by_the_stream_without_script_runs(visit: Any) -> None:
    page = small(visit, "?v=1&epochs=5000")
    press(page, "train")
    draws = f"Number({PLOT}.dataset.draws)"
    page.wait_for_function(f"{draws} > 3", timeout=START)
    page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState"
                           " !== 'running'")  # fmt: skip
    frames: list[Any] = []
    page.on("websocket", lambda socket: frames.append(socket))
    before = page.evaluate(draws)
    page.wait_for_function(f"{draws} >= {before} + 5", timeout=START)
    streams = "[...window.playgroundStreams.values()]"
    assert page.evaluate(f"{streams}.filter(s => s.listeners.size).length") == 1
    assert page.evaluate(f"{streams}[0].version") >= 5
    assert frames == []


def test_where_events_are_held_back_the_page_polls_and_says_so(visit: Any) -> None:
    page = visit()
    page.route(
        "**/stream/*",
        lambda route: route.continue_() if "since=" in route.request.url else None,  # no answer
    )
    page.goto(page.url.partition("?")[0] + "?v=1&epochs=5000")
    page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)
    press(page, "train")
    page.get_by_text("This network holds live updates back").first.wait_for(timeout=START)
    page.wait_for_function(f"Number({PLOT}.dataset.draws) > 3", timeout=START)
