"""The report: everything on one page, nothing from outside, nothing anybody typed as markup."""

from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, strategies

from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.experiment.model import Experiment
from playground.export.html_report import MAX_NOTE, Report, report, ticks
from playground.history.events import (
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    Score,
)

HOSTILE = "<script>alert(1)</script> & \"'><img src=http://x.invalid onerror=1>"


def finished(epoch: int, validated: bool = True) -> Epoch:
    seen = Score(2 / epoch, 0.4 + epoch / 100) if validated else None
    return Epoch(epoch, 7 * epoch, Score(1 / epoch, 0.5), seen, 0.01, 0.5, ())


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_says_what_happened() -> None:
    events: list[Event] = [
        finished(1), HyperparametersChanged(1, "learning_rate", 0.01, 0.1),
        ExamplesAdded(1, 9), finished(2),
        Finished(2, True, 1, True),
    ]  # fmt: skip
    about = Report("my run", "I expected more.", "http://localhost/?v=1", {"keras": "3.1"})
    page = Page(report(Experiment().replace(dropout=0.25), events, about))
    for text in (
        "my run", "I expected more.", "784·300 + 300 = 235,500", "266,610 parameters",
        "dropout:", "0.25", "keras 3.1", "http://localhost/?v=1",
        "After epoch 1 the learning rate was changed from 0.01 to 0.1.",
        "After epoch 1, 9 examples were added to the training data.",
        "Training stopped after epoch 2, because its loss had not improved for long; the weights "
        "of epoch 1 were restored.",
        "Training scores: mean during the epoch; validation scores: after the epoch.",
        "Validation loss was lowest at epoch 2 (1); it ended at 1, training at 0.5.",
        "Validation accuracy was highest at epoch 2 (42.0%)",
    ):  # fmt: skip
        assert text in page.text, text
    assert page.tags.count("svg") == 2
    assert page.tags.count("polyline") == 4


def test_the_last_validated_epoch_is_a_row_beside_the_last() -> None:
    events = [finished(i, validated=i in (3, 6)) for i in range(1, 8)]
    page = Page(report(Experiment().replace(validation_freq=3), events, Report()))
    assert " ".join(page.text.split()).count("–") >= 2
    for text in (
        "last validated", "best",
        "Validation loss was lowest at epoch 6 (0.333); it ended at 0.333, training at 0.167.",
    ):  # fmt: skip
        assert text in page.text, text
    assert page.tags.count("polyline") == 4
    whole = Page(report(Experiment(), events[:6], Report()))
    assert "last validated" not in whole.text


def test_it_needs_nothing_from_outside_and_runs_nothing() -> None:
    content = report(Experiment(), [finished(1), finished(2)], Report())
    page = Page(content)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert "src" not in dict(page.attributes)
    assert "url(" not in content
    assert "@import" not in content


def test_what_people_type_is_no_markup() -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    table = own.Table(
        HOSTILE, HOSTILE, "classification", ("<b>", "c"), ("<i>", "d"), True,
        x.astype(np.float32), y.astype(np.int32),
    )  # fmt: skip
    experiment = Experiment().replace(dataset=storage.put(table).name)
    about = Report(HOSTILE, HOSTILE, "javascript:alert(1)", {HOSTILE: HOSTILE})
    plain = Page(report(experiment, [finished(1)], Report("a", "b", "c", {"d": "e"})))
    page = Page(report(experiment, [finished(1)], about))
    assert page.tags == plain.tags
    assert page.attributes == plain.attributes
    assert page.text.count(HOSTILE) >= 5


def test_an_error_has_its_unit_and_the_baseline_beside_it() -> None:
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    table = own.Table(
        "Rents", "Own", "regression", ("a", "b"), (), True, x, x[:, 0], True, "rent", "€"
    )
    experiment = Experiment().replace(dataset=storage.put(table).name)
    page = Page(report(experiment, [finished(1)], Report(baseline="Baseline: mean error 10 €.")))
    assert "validation mean error (€)" in page.text
    assert "Baseline: mean error 10 €." in page.text


def test_a_long_note_is_cut() -> None:
    page = Page(report(Experiment(), [finished(1)], Report(note="x" * 5000)))
    assert "x" * (MAX_NOTE - 1) + "…" in page.text
    assert "x" * MAX_NOTE not in page.text


@pytest.mark.parametrize(
    "events",
    [
        [],
        [Diverged(0, 3, "")],
        [finished(1, validated=False)],
        [finished(i) for i in range(1, 900)],
        [finished(i, validated=i % 100 == 0) for i in range(1, 900)],
    ],
)
def test_any_run_has_one(events: list[Event]) -> None:
    content = report(Experiment(), events, Report())
    assert "nan" not in content
    assert len(content) < 60_000


@given(strategies.floats(-1e30, 1e30), strategies.floats(0, 1e30))
def test_ticks_are_round_and_reach_over_both_ends(low: float, size: float) -> None:
    high = low + size
    found = ticks(low, high)
    assert 2 <= len(found) <= 12
    rounding = 1e-6 * max(abs(low), abs(high)) + 1e-9
    assert found[0] <= low + rounding
    assert found[-1] >= high - rounding
    assert found == sorted(found)
