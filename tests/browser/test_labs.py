"""A lab answers a key on its slider in place, and stands in the address."""

import re
from collections.abc import Callable
from typing import Any

from tests.browser.conftest import open_page


def test_a_unit_dies_as_its_step_is_moved_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("labs?lab=activations")
    page.get_by_role("radio", name="Dead ReLU").or_(
        page.get_by_role("button", name="Dead ReLU")
    ).first.click()
    chart = page.locator(".st-key-lab_dying_unit")
    chart.locator("figcaption").get_by_text("After step 0:").wait_for()
    plot = chart.locator(".js-plotly-plot")
    plot.evaluate("plot => { plot.marked = true }")
    slider = page.locator(".st-key-lab_dying_step input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    page.get_by_text("ReLU is dead.").wait_for()
    chart.locator("figcaption").get_by_text(
        re.compile("After step 1: ReLU: z > 0 for 0%")
    ).wait_for()
    assert plot.evaluate("plot => plot.marked")  # the same chart, redrawn in place
    page.get_by_text("Schedules", exact=True).first.click()
    page.locator(".st-key-lab_schedules_rates .js-plotly-plot").wait_for()
    assert "lab=schedules" in page.url
    settings = page.locator(".st-key-settings")
    assert settings.count() == 0  # a lab has its own controls
    page.get_by_text("Six steps", exact=True).first.click()
    settings.wait_for()  # but this one shows the code of the experiment
    page.get_by_text("Schedules", exact=True).first.click()
    settings.wait_for(state="detached")
    open_page(page, "Data")
    page.wait_for_url(re.compile("/data$|/data[?](?!.*lab=)"))  # closed with its page


def test_an_outlier_is_moved_by_keyboard_and_a_cure_leads_to_its_page(
    visit: Callable[..., Any],
) -> None:
    page = visit("labs?lab=losses")
    page.locator(".st-key-lab_losses_view").get_by_text("An outlier").click()
    caption = page.locator(".st-key-lab_losses_outlier figcaption")
    caption.get_by_text("Mean squared error by 1.13").wait_for()
    knob = page.get_by_role("slider", name="Outlier")
    knob.focus()
    knob.press("Shift+ArrowDown")  # by 1: the mean of 8 points moves by 0.125
    caption.get_by_text("Mean squared error by 1.00").wait_for()
    page.get_by_text("Regularization", exact=True).last.click()  # of the labs
    page.locator(".st-key-lab_regularization_view").get_by_text("Remedies").click()
    page.get_by_role("button", name="Overfitting: Underfitting").first.click()
    page.wait_for_url(re.compile(r"/overfitting"))
    page.get_by_text("Train all six").first.wait_for()


def test_copy_buttons_work_without_https(visit: Any) -> None:
    page = visit("labs?lab=six_steps", script="""
        Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined })
        document.addEventListener("copy", () => { window.copied = document.activeElement.value })
    """)  # fmt: skip
    code = page.locator("[data-testid=stCode]").first
    code.hover()
    code.get_by_role("button").first.click()
    page.wait_for_function("window.copied")
    assert page.evaluate("window.copied").split() == code.locator("code").inner_text().split()
