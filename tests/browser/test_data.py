"""The data, as they are looked at and spoilt on purpose, in a real Chromium."""

import re
from importlib.metadata import version
from typing import Any

from tests.browser.conftest import open_page

START = 120_000  # ms: the workers may still be loading TensorFlow


def view(page: Any, name: str) -> None:
    page.locator(".st-key-data_view").get_by_role("radio", name=name).click(force=True)


def test_a_click_on_a_sample_shows_its_pixels(visit: Any) -> None:
    page = visit("data?v=1&dataset=digits")
    view(page, "Samples")
    tiles = page.locator(".st-key-samples li")
    tiles.nth(39).wait_for()
    page.get_by_text("training image 1", exact=False).first.wait_for()
    tiles.nth(6).click()
    label = tiles.nth(6).locator("b").inner_text()
    page.get_by_text(f"{label} (class {label}), training image 7").wait_for()
    plot = page.locator(".st-key-pixels .js-plotly-plot")
    plot.wait_for()
    written = plot.evaluate(
        "plot => [...plot.querySelectorAll('.heatmap-label')].map(text => text.textContent)"
    )
    assert len(written) == 64
    assert max(map(int, written)) == 16
    page.get_by_label("Next page").click()
    page.get_by_text("Images 41 to 80 of 1,137").wait_for()
    page.get_by_text("training image 41").first.wait_for()


def test_both_scores_of_a_split_error_stand_side_by_side(visit: Any) -> None:
    page = visit("data?v=1&dataset=iris&hidden=8&optimizer=adam&learning_rate=0.01")
    view(page, "Data leakage and split errors")
    page.locator(".st-key-leakage_start button:visible:enabled").click(timeout=START)
    page.get_by_text("Effect of the error").wait_for(timeout=START)
    page.locator(".st-key-leakage_scores .js-plotly-plot").wait_for()
    sentence = page.locator(".st-key-leakage_scores figcaption")
    sentence.get_by_text(re.compile(r"Honest: .* on new examples; flawed: ")).wait_for()
    assert page.locator(".st-key-leakage_curves .js-plotly-plot").is_visible()


def test_the_page_fits_a_telephone(visit: Any) -> None:
    page = visit("data?v=1")
    page.set_viewport_size({"width": 390, "height": 844})
    keys = {
        "Samples": "samples li",
        "Counts": "mean_images li",
        "Data leakage and split errors": "leakage_start",
    }
    for name, key in keys.items():
        view(page, name)
        page.locator(f".st-key-{key}").first.wait_for()
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_images_are_dark_on_white_on_every_page_as_the_switch_says(visit: Any) -> None:
    page = visit("?v=1&dataset=digits&hidden=8")
    page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)

    def inverted(is_so: bool) -> None:
        page.wait_for_function(
            "is => (getComputedStyle(document.documentElement).getPropertyValue('--image-filter')"
            " === 'invert(1)') === is",
            arg=is_so,
        )
        page.wait_for_function(
            "is => document.querySelector('.st-key-footer input[type=checkbox]')?.checked === is",
            arg=is_so,
        )

    inverted(False)
    assert f"tensorflow {version('tensorflow')}" in page.locator(".st-key-footer").inner_text()
    page.get_by_text("Images dark on white").click()
    inverted(True)
    for title in ("Data", "Runs", "Train"):
        open_page(page, title)
        inverted(True)
    page.get_by_text("Images dark on white").click()
    inverted(False)
    open_page(page, "Data")
    inverted(False)
