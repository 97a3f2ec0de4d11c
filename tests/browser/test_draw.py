"""Drawing in a real Chromium: what is drawn by pointer, finger or keys is answered meanwhile."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from tests.browser.conftest import open_page

START = 60_000  # ms
PAD, ANSWER = ".st-key-pad", ".st-key-answer .answer"

Line = list[tuple[float, float]]


def arc(x: float, y: float, width: float, height: float, start: float, end: float) -> Line:
    """Points of an ellipse about (x, y), in degrees: 0 right, 90 down, 180 left, 270 up."""
    angles = np.radians(np.linspace(start, end, 14))
    points = zip(x + width * np.cos(angles), y + height * np.sin(angles), strict=True)
    return [(float(a), float(b)) for a, b in points]


# The digits as one is taught to write them, strokes on a square of side 1.
STROKES: dict[str, list[Line]] = {
    "0": [arc(0.5, 0.5, 0.2, 0.3, 270, -100)],
    "1": [[(0.42, 0.32), (0.52, 0.2), (0.5, 0.5), (0.49, 0.8)]],
    "2": [[*arc(0.48, 0.36, 0.17, 0.16, 200, 390), (0.32, 0.78), (0.5, 0.76), (0.7, 0.77)]],
    "3": [[*arc(0.47, 0.34, 0.16, 0.14, 215, 440), *arc(0.47, 0.64, 0.19, 0.17, 280, 500)]],
    "4": [[(0.42, 0.2), (0.3, 0.55), (0.72, 0.54)], [(0.62, 0.32), (0.6, 0.82)]],
    "5": [
        [(0.38, 0.22), (0.36, 0.46), *arc(0.47, 0.61, 0.18, 0.18, 235, 500)],
        [(0.38, 0.22), (0.66, 0.21)],
    ],
    "6": [[(0.58, 0.18), (0.42, 0.38), (0.35, 0.6), *arc(0.48, 0.65, 0.14, 0.15, 180, -190)]],
    "7": [[(0.3, 0.24), (0.7, 0.23), (0.56, 0.5), (0.46, 0.82)]],
    "8": [[
        *arc(0.5, 0.35, 0.14, 0.15, 310, 100), *arc(0.5, 0.66, 0.17, 0.16, 270, 620),
        *arc(0.5, 0.35, 0.14, 0.15, 70, -50),
    ]],
    "9": [[*arc(0.5, 0.37, 0.15, 0.16, 340, 0), (0.64, 0.55), (0.58, 0.82)]],
}  # fmt: skip


@pytest.fixture
def draw(visit: Any) -> Any:
    """The Draw page as somebody new sees it."""
    return opened(visit("draw"))


def opened(page: Any) -> Any:
    page.locator(f"{PAD} canvas").wait_for(timeout=START)
    page.get_by_text("the prediction follows the pen").wait_for(timeout=START)
    return page


def stroke(page: Any, lines: Iterable[Line]) -> None:
    """Draw with the mouse, one stroke a line."""
    canvas = page.locator(f"{PAD} canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for line in lines:
        (x, y), *others = [
            (box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in line
        ]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(x, y, steps=2)
        page.mouse.up()


def tool(page: Any, name: str) -> Any:
    return page.locator(f"{PAD} button[name={name}]")


def answered(page: Any) -> str:
    """What is said of what is on the pad now."""
    wanted = page.locator(f"{PAD} .pad").get_attribute("data-wanted")
    page.locator(f'{ANSWER}[data-count="{wanted}"]').wait_for()
    return str(page.locator(f"{ANSWER} .sentence").inner_text())


def nothing(page: Any) -> None:
    page.locator(f"{ANSWER} .sentence").get_by_text("Draw a digit").wait_for()


def test_nine_of_ten_drawn_digits_are_right(draw: Any) -> None:
    right = []
    for digit, lines in STROKES.items():
        stroke(draw, lines)
        said = answered(draw)
        print(digit, said)
        first = draw.locator(f"{ANSWER} li.first b").inner_text()
        assert first in said
        right.append(first == digit)
        tool(draw, "clear").click()
        nothing(draw)
    assert sum(right) >= 9


def test_bars_follow_the_pen_before_it_is_lifted(draw: Any) -> None:
    box = draw.locator(f"{PAD} canvas").bounding_box()
    draw.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    draw.mouse.down()
    for share in np.linspace(0.2, 0.8, 12):
        draw.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + share * box["height"])
    assert "Prediction: 1," in answered(draw)
    assert draw.locator(f"{ANSWER} figure").count() == 2  # the layers light up
    draw.mouse.up()
    draw.get_by_text(re.compile(r"nearest training images are 1")).wait_for()
    draw.get_by_text(re.compile(r"Out-of-distribution score \d+%")).wait_for()


def test_undo_and_clear(draw: Any) -> None:
    assert not tool(draw, "undo").is_enabled()
    stroke(draw, STROKES["1"])
    one = answered(draw)
    stroke(draw, [[(0.2, 0.5), (0.8, 0.5)]])
    assert answered(draw) != one
    tool(draw, "undo").click()
    assert answered(draw) == one
    tool(draw, "clear").click()
    nothing(draw)
    draw.get_by_text("Nothing is drawn yet").wait_for()
    draw.keyboard.press("Control+z")
    assert answered(draw) == one
    tool(draw, "undo").click()
    nothing(draw)
    assert not tool(draw, "undo").is_enabled()


def test_a_step_switched_off_changes_what_the_network_sees(draw: Any) -> None:
    stroke(draw, [[(x / 3, y / 3) for x, y in line] for line in STROKES["3"]])
    on = answered(draw)
    draw.get_by_text("The prediction depends on").wait_for()
    fit = draw.locator(".st-key-steps li", has_text="Fit 20 × 20")
    without = fit.locator(".variant").inner_text()
    fit.locator("input").uncheck()
    draw.get_by_text("Switched off: Fit 20 × 20").wait_for()
    said = draw.locator(f"{ANSWER} li.first b").inner_text()
    assert without.startswith(f"Without it: {said} ")
    fit.locator("input").check()
    fit.get_by_text("Without it").wait_for()
    assert answered(draw) == on


def test_a_finger_draws_and_the_page_stays(visit: Any) -> None:
    page = opened(visit("draw", has_touch=True, is_mobile=True))
    page.set_viewport_size({"width": 390, "height": 844})
    canvas = page.locator(f"{PAD} canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, share: float) -> None:
        x, y = box["x"] + 0.5 * box["width"], box["y"] + share * box["height"]
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    finger("touchStart", 0.85)
    for share in np.linspace(0.85, 0.15, 10):
        finger("touchMove", share)
    finger("touchEnd", 0)
    assert "Prediction: 1," in answered(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == before


def test_an_image_is_loaded_by_keyboard_and_changed_with_keys(draw: Any) -> None:
    button = draw.locator(".st-key-load_example button:visible")
    button.focus()
    button.press("Enter")
    draw.get_by_text(re.compile(r"Loaded: validation image 0, \d")).wait_for()
    label = draw.locator(f"{PAD} .note").inner_text()[-1]
    assert f"Prediction: {label}," in answered(draw)
    draw.get_by_text("A loaded image is already cropped").wait_for()
    before = answered(draw)
    draw.locator(f"{PAD} canvas").focus()
    for key in ["ArrowUp"] * 9 + [" "] + ["ArrowDown"] * 18 + [" "]:
        draw.keyboard.press(key)
    assert answered(draw) != before
    draw.keyboard.press("Control+z")
    assert answered(draw) == before


def test_a_drawing_outlives_another_page(draw: Any) -> None:
    stroke(draw, STROKES["7"])
    said = answered(draw)
    open_page(draw, "Data")
    draw.locator(PAD).wait_for(state="detached")
    open_page(draw, "Draw")
    draw.locator(f"{ANSWER} .sentence").get_by_text(said).wait_for()


def test_ones_own_network_answers_at_every_epoch_of_the_slider(visit: Any) -> None:
    page = opened(visit("draw?v=1&dataset=digits&hidden=32&epochs=8&optimizer=adam"))
    page.get_by_text("My network").click()
    page.locator(".st-key-train button:visible:enabled").click(timeout=START)
    page.get_by_text("Finished: 8 epochs trained").wait_for(timeout=START)
    page.locator(".st-key-epoch output").get_by_text("after epoch 8").wait_for()
    stroke(page, STROKES["0"])
    learnt = answered(page)
    page.locator(".st-key-epoch button[name=first]").click()
    page.locator(".st-key-epoch output").get_by_text("before training").wait_for()
    page.locator(f"{ANSWER} .sentence").get_by_text(learnt, exact=True).wait_for(state="detached")
    page.locator(".st-key-epoch button[name=newest]").click()
    page.locator(f"{ANSWER} .sentence").get_by_text(learnt, exact=True).wait_for()


def test_a_drawing_outlives_a_reload(draw: Any) -> None:
    stroke(draw, STROKES["7"])
    before = answered(draw)
    draw.get_by_text(re.compile("nearest training images")).wait_for()  # the pad has come to rest
    draw.reload()
    draw.locator(f"{ANSWER} .sentence").get_by_text(before).wait_for(timeout=START)
    tool(draw, "undo").click()
    nothing(draw)


def test_a_browser_that_falsifies_its_canvas_draws_the_same_digits(visit: Any) -> None:
    page = visit("draw", script="""
        CanvasRenderingContext2D.prototype.getImageData = function (x, y, width, height) {
          return { data: new Uint8ClampedArray(4 * width * height).map(() => 255 * Math.random()) }
        }""")  # fmt: skip
    opened(page)
    for digit in ("1", "7", "0"):
        stroke(page, STROKES[digit])
        answered(page)
        assert page.locator(f"{ANSWER} li.first b").inner_text() == digit
        tool(page, "clear").click()
        nothing(page)


def test_on_a_phone_pad_and_prediction_are_on_one_screen(visit: Any) -> None:
    page = visit("draw", has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    opened(page)
    for part in (f"{PAD} .tools", f"{ANSWER} .bars"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 844
        assert box["x"] + box["width"] <= 390
