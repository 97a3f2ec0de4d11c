"""After and during a run: one update, training on, what to try next, a learning rate, a race."""

import re
from typing import Any

START = 60_000  # ms: the workers may still be loading TensorFlow
SMALL = "?v=1&dataset=circle&hidden=6&optimizer=adam&learning_rate=0.03&epochs=40"


def test_a_run_goes_on_from_one_update_to_a_race(visit: Any) -> None:
    page = visit(SMALL)
    page.locator(".st-key-train button:visible:enabled").wait_for(timeout=START)
    page.keyboard.press("s")
    page.get_by_text(re.compile(r"Update 1 done: the loss of its batch \d")).wait_for(timeout=START)
    page.get_by_text("Update 1: what it did").wait_for()
    page.locator(".st-key-train button:visible:enabled").click()
    page.get_by_text("Finished: 40 epochs trained.").wait_for(timeout=START)

    page.locator(".st-key-more_epochs input").fill("10")
    page.keyboard.press("Enter")
    page.locator(".st-key-train_on_end button:visible:enabled").click()
    page.get_by_text("Finished: 50 epochs trained.").wait_for(timeout=START)
    assert "epochs=50" in page.url
    page.locator(".st-key-epoch button[name=back]").click()
    page.locator(".st-key-train_on_epoch button:visible:enabled").click()
    page.get_by_text("Finished: 59 epochs trained.").wait_for(timeout=START)

    page.get_by_text("Learning-rate finder").click()
    page.locator(".st-key-find_rate button:visible:enabled").click()
    steepest = page.locator(".st-key-set_steepest button:visible:enabled")
    steepest.wait_for(timeout=START)
    rate = steepest.inner_text().rpartition(" ")[2]
    steepest.click()
    page.wait_for_url(re.compile(f"learning_rate={rate}"))

    page.locator(".st-key-train button:visible:enabled").click()
    page.get_by_text("This run in five sentences").wait_for(timeout=START)
    assert page.locator(".st-key-after_run li").count() == 5
    before = page.url
    page.locator(".st-key-next_0 button:visible:enabled").click()
    page.wait_for_function("before => location.href != before", arg=before)

    page.locator(".st-key-race_against button:visible:enabled").click()
    page.locator(".st-key-against_learning_rates button:visible:enabled").click()
    page.get_by_text(re.compile("of 5 competitors have finished|epochs")).first.wait_for()
    page.wait_for_url(re.compile("/race"))


NOISY = (
    "?v=1&dataset=spiral&train_size=40&label_noise=0.3&hidden=32,32&activation=tanh"
    "&optimizer=adam&learning_rate=0.01"
)
ENDS = {  # what stops a run → how it says so
    "&epochs=9000&early_stopping=1&patience=9&min_delta=0.01&restore_best=1":
        r"Early stopping after epoch \d+: .*The weights are those of the best epoch, \d+\.",
    "&epochs=150&early_stopping=1&patience=150&restore_best=1":
        r"Finished: 150 epochs trained\. The weights are those of the best epoch, \d+\.",
    "&epochs=9000&target_metric=loss&target_value=0.69": r"Target reached after epoch \d+: 0\.69\.",
    "&epochs=9000&time_limit=0.1": r"Stopped after epoch [\d,]+: 0\.1 s of training are over\.",
}  # fmt: skip


def test_stop_rules_end_a_run_and_the_best_weights_come_back(visit: Any) -> None:
    page = visit(NOISY)
    for rule, told in ENDS.items():
        page.goto(page.url.partition("?")[0] + NOISY + rule)
        page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)
        page.locator(".st-key-train button:visible:enabled").click()
        page.get_by_text(re.compile(told)).first.wait_for(timeout=START)


def test_a_run_goes_on_with_another_schedule_momentum_noise_and_length(visit: Any) -> None:
    page = visit(NOISY.replace("adam", "momentum") + "&epochs=40")
    page.locator(".st-key-train_graph .unit").first.wait_for(timeout=START)
    page.keyboard.press("e")
    page.get_by_text("Paused after epoch 1.").wait_for(timeout=START)
    page.locator(".st-key-schedule input").click()
    page.get_by_role("option", name="Cosine").first.click()
    page.wait_for_url(re.compile("schedule=cosine"))
    page.locator(".st-key-data_settings button").first.click()
    noise = page.locator(".st-key-input_noise input")
    noise.fill("0.1")
    noise.press("Enter")
    page.wait_for_url(re.compile("[?&]input_noise=0.1"))
    page.keyboard.press("Escape")
    page.locator(".st-key-more_settings button").first.click()
    for tab, name, value in (("Optimization", "momentum", "0.5"), ("Stopping", "epochs", "20")):
        page.get_by_role("tab", name=tab).click()
        field = page.locator(f".st-key-{name} input:visible").first
        field.fill(value)
        field.press("Enter")
        page.wait_for_url(re.compile(f"[?&]{name}={value}(&|$)"))
    page.keyboard.press("Escape")
    page.locator(".st-key-train button:visible:enabled").get_by_text("Resume").click()
    page.get_by_text("Finished: 20 epochs trained.").wait_for(timeout=START)
    plot = "document.querySelector('.st-key-loss_chart .js-plotly-plot')._fullLayout"
    page.wait_for_function(f"{plot}.annotations.length >= 4")
    marks: list[str] = page.evaluate(
        f"{plot}.annotations.filter(note => note.x === 1).map(note => note.text)"
    )
    assert marks == ["schedule cosine", "input noise 0.1", "momentum 0.5", "epochs 20"]
