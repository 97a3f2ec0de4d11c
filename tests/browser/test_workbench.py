"""The workbench in a real Chromium: all on one screen, moved by a stream, former runs beside."""

import re
from typing import Any

import pytest

from playground.nn.activations import ACTIVATIONS
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES

START = 180_000  # ms: the workers may still be loading TensorFlow

SPIRAL = "?v=1&dataset=spiral&hidden=8,8&activation=tanh&learning_rate=0.03&epochs="
OVERFITS = (
    "?v=1&dataset=spiral&train_size=40&label_noise=0.3&hidden=32,32&activation=tanh&optimizer=adam"
    "&learning_rate=0.01&epochs=150"
)
PLOT = "document.querySelector('.st-key-loss_chart .js-plotly-plot')"

TABLES: dict[str, Any] = {
    "activation": ACTIVATIONS, "optimizer": OPTIMIZERS, "schedule": SCHEDULES,
}  # fmt: skip
CUT = """([key, texts]) => {
  const input = document.querySelector(`.st-key-${key} input`), style = getComputedStyle(input)
  const pen = document.createElement("canvas").getContext("2d")
  pen.font = style.font
  const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
  return texts.filter(text => pen.measureText(text).width > room)
}"""


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


def free(page: Any) -> None:
    """Take the focus from every control."""
    page.mouse.click(640, 30)


def train(page: Any, epochs: int = 30) -> None:
    """Train to the end by the space bar."""
    free(page)
    page.keyboard.press("Space")
    page.get_by_text(f"Finished: {epochs} epochs trained.").wait_for(timeout=START)
    page.wait_for_function(
        f"{PLOT}._fullData.find(t => t.name === 'training')?.x.length >= {epochs}"
    )


def layers(page: Any, text: str) -> None:
    page.wait_for_function("text => document.querySelector('.st-key-hidden input').value === text",
                           arg=text)  # fmt: skip
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def focused(page: Any) -> str:
    """Key of the widget that has the focus."""
    found: str = page.evaluate(
        """() => [...document.activeElement.closest('[class*=st-key-]')?.classList ?? []]
           .find(name => name.startsWith('st-key-'))?.slice(7) ?? ''"""
    )
    return found


def test_all_of_it_is_on_one_screen_and_moves_together(visit: Any) -> None:
    page = small(visit, SPIRAL + "30")
    bar = (
        "data_settings", "hidden", "activation", "optimizer", "learning_rate", "schedule",
        "batch_size", "regularization_settings", "more_settings",
    )  # fmt: skip
    parts = (*bar, "train", "step_update", "step", "reset", "new_weights", "undo", "redo", "speed",
             "input", "train_graph", "region", "epoch", "axes", "pin", "loss_chart",
             "metric_chart")  # fmt: skip
    for key in parts:
        box = page.locator(f".st-key-{key}").first.bounding_box()
        assert box["y"] >= 0, key
        assert box["y"] + box["height"] <= 720, key
        assert box["x"] + box["width"] <= 1280, key
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 1280
    assert page.locator("[data-testid=stSidebar]").count() == 0
    assert page.locator(".st-key-settings").bounding_box()["y"] < 60  # below the navigation
    for key in ("diagnosis", "summary", "open_test", "export_own", "share"):  # after scrolling
        assert page.locator(f".st-key-{key}").first.bounding_box()["y"] > 720, key
    for key, table in TABLES.items():  # a closed select shows any of its entries in full
        assert page.evaluate(CUT, [key, [entry.label for entry in table.values()]]) == []
    assert page.get_by_text("acts at once on a network that trains").is_visible()
    assert [page.locator(f".st-key-{key}").get_by_text("↯").count() for key in bar[1:7]] == [
        0, 0, 0, 1, 1, 1,
    ]  # fmt: skip

    stops: list[str] = []  # by keyboard, from the top
    while bar[-1] not in stops:
        page.keyboard.press("Tab")
        stops.append(focused(page))
        assert len(stops) <= 15
    assert set(bar) <= set(stops)
    page.keyboard.press("Escape")

    page.locator(".st-key-train_graph").get_by_label("More units in hidden layer 1").click()
    layers(page, "9, 8")
    press(page, "add_layer")
    layers(page, "9, 8, 8")
    free(page)
    for _ in range(2):
        page.keyboard.press("Control+z")
        page.wait_for_timeout(500)
    layers(page, "8, 8")
    page.keyboard.press("Control+Shift+Z")
    layers(page, "9, 8")
    for text in ("8-8", "8 8"):
        page.locator(".st-key-hidden input").fill(text)
        page.keyboard.press("Enter")
        layers(page, "8, 8")
    free(page)
    page.keyboard.press("?")
    page.get_by_text("One update", exact=True).wait_for()
    page.keyboard.press("Escape")

    train(page)
    ends = page.locator(".st-key-loss_chart .ends b")
    assert ends.count() == 2
    curve = page.locator(".st-key-loss_chart .nsewdrag").bounding_box()
    draws = "Number(document.querySelector('.st-key-region .js-plotly-plot').dataset.draws)"
    before = page.evaluate(draws)
    page.mouse.click(curve["x"] + curve["width"] / 3, curve["y"] + curve["height"] / 2)
    page.get_by_text("after epoch 10, of 30").wait_for()
    page.get_by_label("All 88 weights after epoch 10").wait_for()
    page.wait_for_function(f"{draws} > {before}")
    free(page)
    page.keyboard.press("p")
    page.locator(".st-key-pinned button").click()
    page.get_by_label("Name of this pinned run", exact=True).fill("plain")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator(".st-key-optimizer input").click()
    page.get_by_role("option", name="Adam", exact=True).click()
    page.get_by_text("Not trained yet: these").wait_for()  # nothing old under the new title
    page.get_by_text("before training", exact=True).wait_for()
    page.wait_for_function(f"{PLOT}._fullData.some(trace => trace.name === 'plain')")
    train(page)
    assert names(page)[0] == "plain"
    page.keyboard.press("r")
    page.get_by_text("Not trained yet: these").wait_for()
    page.locator(".st-key-pinned button").click()
    page.locator("[class*=st-key-unpin_] button:visible").first.click()
    page.wait_for_function(f"!{PLOT}._fullData.some(trace => trace.name === 'plain')")


def curves(page: Any, name: str) -> list[dict[str, list[float]]]:
    """The points of every curve of this name in the chart of the loss."""
    found: list[dict[str, list[float]]] = page.evaluate(
        f"""name => {PLOT}._fullData.filter(trace => trace.name === name)
            .map(({{x, y}}) => ({{x: [...x], y: [...y]}}))""",
        name,
    )
    return found


def marks(page: Any) -> list[str]:
    found: list[str] = page.evaluate(f"{PLOT}._fullLayout.annotations.map(note => note.text)")
    return found


def set_rate(page: Any, rate: str) -> None:
    field = page.locator(".st-key-learning_rate input")
    field.fill(rate)
    field.press("Enter")
    page.wait_for_url(re.compile(f"learning_rate={rate}"))
    free(page)


def test_curves_have_logarithmic_axes_smoothing_marks_and_values_at_their_ends(visit: Any) -> None:
    page = small(visit, OVERFITS)
    train(page, 150)
    assert "overfitting begins" in marks(page)
    assert "best epoch" in names(page)
    ends = page.locator(".st-key-loss_chart .ends b").all_inner_texts()
    points = {name: curves(page, name) for name in ("training", "validation")}
    last = sorted(found[0]["y"][-1] for found in points.values())
    assert sorted(map(float, ends)) == pytest.approx(last, abs=6e-5)
    page.locator(".st-key-axes button").click()
    page.get_by_text("Epochs", exact=True).click()
    page.wait_for_function(f"{PLOT}._fullLayout.xaxis.type === 'log'")
    first, end = page.evaluate(f"{PLOT}._fullLayout.xaxis.range")
    assert first <= 0
    assert 10**end == pytest.approx(150)
    page.get_by_text("Loss and error", exact=True).click()
    page.wait_for_function(f"{PLOT}._fullLayout.yaxis.type === 'log'")
    error = PLOT.replace("loss_chart", "metric_chart")
    page.wait_for_function(f"{error}._fullLayout.title.text.startsWith('Error rate')")
    assert page.evaluate(f"{error}._fullLayout.yaxis.type") == "log"
    page.locator(".st-key-curve_smoothing input").press("End")
    updates = curves(page, "each update")[0]  # two of 32 and 8 examples in an epoch
    assert updates["x"] == pytest.approx([(i // 2) + (0.8, 1)[i % 2] for i in range(300)])
    page.wait_for_function(f"{PLOT}._fullData.length === 6")  # also of the points their means
    for name, [before] in points.items():
        kept, mean = curves(page, name)
        assert kept == before  # not moved, no gap filled
        assert mean["x"] == before["x"]
        assert mean["y"] != before["y"]
    page.keyboard.press("Escape")

    free(page)
    page.keyboard.press("r")
    page.get_by_text("Not trained yet: these").wait_for()
    page.keyboard.press("e")
    page.get_by_text("Paused after epoch 1.").wait_for()
    set_rate(page, "0.1")
    page.keyboard.press("e")
    page.get_by_text("Paused after epoch 2.").wait_for()
    page.wait_for_function(f"{PLOT}._fullLayout.annotations.length === 1")
    assert marks(page) == ["η 0.1"]


def test_every_other_setting_is_at_most_15_stops_of_the_keyboard_away(visit: Any) -> None:
    page = small(visit, SPIRAL + "30&clipping=norm&early_stopping=1&target_metric=loss")
    for group, name in enumerate(("Data", "Network", "Optimization", "Stopping")):
        free(page)
        page.keyboard.press("m")
        page.wait_for_function("document.activeElement?.getAttribute('role') === 'tab'")
        for _ in range(group):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        panel = page.locator("[data-testid=stPopoverBody] [role=tabpanel]:visible")
        panel.locator("input").first.wait_for()
        wanted: set[str] = set(panel.locator("input:enabled").evaluate_all(
            """found => found.map(input => [...input.closest('[class*=st-key-]').classList]
               .find(name => name.startsWith('st-key-')).slice(7))"""
        ))  # fmt: skip
        stops = 1 + group
        reached: set[str] = set()
        while not wanted <= reached:
            page.keyboard.press("Tab")
            reached.add(focused(page))
            stops += 1
            assert stops <= 15, (name, wanted - reached)
        page.keyboard.press("Escape")
        panel.wait_for(state="detached")


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


def test_each_seed_is_one_key_away_and_a_seventh_pinned_run_is_refused(visit: Any) -> None:
    page = small(visit, SPIRAL + "30")
    free(page)
    for seed in range(7):
        page.locator(".st-key-step button:visible:enabled").wait_for(timeout=START)
        page.keyboard.press("e")
        page.get_by_text("Paused after epoch 1.").wait_for(timeout=START)
        page.locator(".st-key-pin button:visible:enabled").wait_for()
        page.keyboard.press("p")
        if seed == 6:
            page.get_by_text("6 runs are pinned, the most: remove one to pin this one.").wait_for()
            break
        page.get_by_text(f"{seed + 1} pinned").wait_for()
        page.keyboard.press("n")
        page.wait_for_url(re.compile(rf"[?&]seed={seed + 1}(&|$)"))
        page.get_by_text("Not trained yet: these").wait_for()
    page.wait_for_function(
        f"{PLOT}._fullData.filter(trace => /^seed/.test(trace.name)).length === 6"
    )


def test_a_projector_shows_pictures_and_curves_alone_and_obeys_the_keys(visit: Any) -> None:
    page = small(visit, SPIRAL + "30&present=1")
    for key in ("settings", "axes", "pin", "footer", "diagnosis"):
        assert page.locator(f".st-key-{key}").count() == 0, key
    assert page.locator(".st-key-epoch button").first.bounding_box()["height"] >= 44
    assert not page.locator("header.stAppHeader").is_visible()
    train(page)
    ticks = page.locator(".st-key-loss_chart .xtick text").first
    assert ticks.evaluate("text => parseFloat(getComputedStyle(text).fontSize)") >= 18
    line = page.evaluate(f"{PLOT}._fullData.find(t => t.name === 'training').line.width")
    assert line >= 4
    for key in ("train_graph", "region", "epoch", "loss_chart"):
        box = page.locator(f".st-key-{key}").first.bounding_box()
        assert box["y"] + box["height"] <= 720, key
    page.keyboard.press("Escape")
    page.locator(".st-key-settings").wait_for()
    assert "present" not in page.url


def test_a_course_page_embeds_chosen_controls_and_the_others_are_gone(visit: Any) -> None:
    page = small(
        visit, SPIRAL + "30&embed=true&controls=train,status,learning_rate,network,output,curves"
    )
    for key in ("train", "learning_rate", "train_graph", "region", "loss_chart"):
        assert page.locator(f".st-key-{key}").first.is_visible(), key
    for key in ("hidden", "step", "reset", "speed", "epoch", "pin", "input", "more_settings",
                "diagnosis", "footer"):  # fmt: skip
        assert page.locator(f".st-key-{key}").count() == 0, key
    assert page.locator("[data-testid=stTopNavSection]").count() == 0
    free(page)
    page.keyboard.press("e")  # its button is gone
    train(page)


def swipe(page: Any, key: str, by: int) -> None:
    """Move a finger to the side over a part of the page."""
    box, session = page.locator(f".st-key-{key}").bounding_box(), page.context.new_cdp_session(page)
    x, y = box["x"] + (box["width"] - by) / 2, box["y"] + box["height"] / 2
    steps = [("touchStart", x), *(("touchMove", x + by * i / 5) for i in range(1, 6))]
    for name, at in steps:
        touch = {"type": name, "touchPoints": [{"x": at, "y": y}]}
        session.send("Input.dispatchTouchEvent", touch)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_on_a_phone_one_picture_at_a_time_and_the_settings_as_a_sheet(visit: Any) -> None:
    page = visit(SPIRAL + "30", viewport={"width": 390, "height": 844}, has_touch=True)
    graph = page.locator(".st-key-train_graph .diagram")
    graph.locator(".unit").first.wait_for(timeout=START)
    assert "upright" in graph.get_attribute("class")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    targets = graph.locator("button").evaluate_all(
        "found => found.map(each => each.getBoundingClientRect().toJSON())"
    )
    assert len(targets) == 2 + 8 + 8 + 1 + 4  # units, and − and + of each hidden layer
    assert min(min(box["width"], box["height"]) for box in targets) >= 44
    assert min(box["left"] for box in targets) >= 0
    assert max(box["right"] for box in targets) <= 390
    sizes = graph.locator(".head *, .label").evaluate_all(
        "found => found.map(text => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert min(sizes) >= 11
    assert not page.locator(".st-key-region").is_visible()
    assert not page.locator(".st-key-settings").is_visible()
    tabs = page.get_by_label("On a phone")
    swipe(page, "picture_network", -150)
    page.locator(".st-key-region .js-plotly-plot").wait_for()
    swipe(page, "region", 150)
    graph.wait_for()
    tabs.get_by_text("Output").tap()
    page.locator(".st-key-region .js-plotly-plot").wait_for()
    assert not graph.is_visible()
    assert page.locator(".st-key-region .main-svg").first.bounding_box()["width"] > 250
    tabs.get_by_text("Settings").tap()
    page.locator(".st-key-optimizer input").wait_for()
    box = page.locator(".st-key-settings").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    for target in page.locator(
        ".st-key-settings .stPopover button:visible, .st-key-layers button:visible, "
        ".st-key-buttons .stButton button:visible"
    ).all():
        size = target.bounding_box()
        assert min(size["width"], size["height"]) >= 44, target.inner_text()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


# When the first card stands, and when its picture has changed: milliseconds since the visit began.
WATCH = """
window.moments = []
const watch = () => {
  const film = document.querySelector("[class^=film-]")
  const at = film && getComputedStyle(film).backgroundPositionY
  if (at && window.moments.at(-1)?.at !== at) window.moments.push({ at, time: performance.now() })
  requestAnimationFrame(watch)
}
requestAnimationFrame(watch)
"""


def test_the_first_visit_begins_with_cards_that_move_and_all_fits(visit: Any) -> None:
    page = visit(viewport={"width": 1280, "height": 720}, script=WATCH)
    page.wait_for_function("window.moments.length > 1", timeout=START)
    stands, moves = page.evaluate("window.moments.slice(0, 2).map(({ time }) => time)")
    print(f"a card stands after {stands / 1000:.1f} s and moves {moves - stands:.0f} ms later")
    assert moves - stands < 1_000
    page.locator(".st-key-samples li").first.wait_for(timeout=START)
    for name in ("spiral", "digit", "clothes"):
        assert page.locator(f".st-key-open_{name} button").first.is_visible(), name
    parts = ["first_visit", "bar", "train_graph", "samples", "strip", "loss_chart"]
    page.wait_for_function(  # a chart has its height when its script has been loaded
        "parts => parts.every(part => "
        "document.querySelector(`.st-key-${part}`)?.getBoundingClientRect().bottom <= 720)",
        arg=parts, timeout=20_000,
    )  # fmt: skip
    press(page, "open_spiral")
    page.get_by_text("Spiral · 2-16-16-1").first.wait_for(timeout=START)
    page.locator(".st-key-pause button:visible").wait_for(timeout=START)
    assert page.locator(".st-key-first_visit").count() == 0


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
