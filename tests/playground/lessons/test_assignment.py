"""Assignments: what they may say, what nobody can fulfil, and links that cannot be altered."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from playground.experiment.model import FIELDS, Experiment
from playground.experiment.url import MAX_LENGTH as LONGEST_LINK
from playground.experiment.url import encode
from playground.lessons import assignment as assignments
from playground.lessons.assignment import Assignment, AssignmentError, make, read, write
from playground.lessons.targets import AT_LEAST, AT_MOST, TARGET_METRICS, is_available
from playground.storage import signing

KEY, OTHER = b"the key of this server", b"the key of another one"
START = Experiment().replace(hidden=(32,), epochs=10)
WANTED = [
    {"metric": "validation_accuracy", "operator": AT_LEAST, "threshold": 0.88},
    {"metric": "parameters", "operator": AT_MOST, "threshold": 50_000},
    {"metric": "epochs_done", "operator": AT_MOST, "threshold": 10},
]


def small(**changes: Any) -> Assignment:
    given: dict[str, Any] = {
        "title": "Small but good", "text": "Fewer weights!", "start": START, "targets": WANTED,
        "locked": ("dataset", "train_size"),
    }  # fmt: skip
    return make(**given | changes)


def target(measure: str, operator: str, number: float) -> dict[str, Any]:
    return {"metric": measure, "operator": operator, "threshold": number}


@strategies.composite
def any_assignment(draw: strategies.DrawFn) -> Assignment:
    start = draw(strategies.from_type(Experiment))
    names = [name for name in TARGET_METRICS if is_available(name, start)]
    chosen = draw(strategies.lists(strategies.sampled_from(names), min_size=1, max_size=5,
                                   unique=True))  # fmt: skip
    wanted = []
    for name in chosen:
        low, high = TARGET_METRICS[name].low, TARGET_METRICS[name].high
        whole = strategies.integers(int(low), int(high))
        number = draw(whole if TARGET_METRICS[name].is_count else strategies.floats(low, high))
        wanted.append(target(name, draw(strategies.sampled_from((AT_LEAST, AT_MOST))), number))
    locked = draw(strategies.sets(strategies.sampled_from(sorted(FIELDS))))
    text = strategies.text(strategies.characters(codec="utf-8"), max_size=60)
    readable = text.filter(lambda s: all(line.isprintable() for line in s.strip().split("\n")))
    titles = text.filter(lambda s: s.strip() and s.strip().isprintable())
    try:
        return make(title=draw(titles), text=draw(readable), start=start, locked=tuple(locked),
                    targets=wanted)  # fmt: skip
    except AssignmentError:  # nobody can meet it
        return small(start=start.replace(dataset="mnist"), locked=tuple(locked - {"hidden"}))


@settings(max_examples=60)
@given(any_assignment())
def test_any_assignment_comes_back_from_its_link(wanted: Assignment) -> None:
    text = write(wanted, KEY)
    assert read(text, KEY) == wanted
    assert read(text, KEY).digest == wanted.digest
    assert len(text) <= assignments.MAX_LINK
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.")


def test_every_altered_character_of_a_link_is_refused() -> None:
    text = write(small(), KEY)
    for i, character in enumerate(text):
        for other in {"A", "b", "-", "."} - {character}:
            with pytest.raises(AssignmentError):
                read(text[:i] + other + text[i + 1 :], KEY)
    for other_text in (text[:-1], text + "A", "", "x", text.replace(".", "..")):
        with pytest.raises(AssignmentError):
            read(other_text, KEY)
    with pytest.raises(AssignmentError, match="altered, or made by another server"):
        read(text, OTHER)


def test_the_link_holds_what_is_locked_whether_few_or_nearly_all() -> None:
    few = small(locked=("hidden", "learning_rate"))
    assert few.locked_values == {"hidden": (32,), "learning_rate": 0.01}
    nearly_all = small(locked=tuple(name for name in FIELDS if name != "learning_rate"))
    assert read(write(nearly_all, KEY), KEY).locked == nearly_all.locked
    assert len(write(nearly_all, KEY)) < 500


def test_both_kinds_of_noise_are_locked_together_under_their_former_name() -> None:
    start = START.replace(dataset="circle", hidden=(8,), noise=0.3)
    assignment = small(start=start, locked=("dataset", "noise"))
    assert assignment.locked == ("dataset", "input_noise", "target_noise")
    content = json.loads(assignments._json(assignment))
    assert content["locked"] == {"only": ["dataset", "noise"]}  # as version 1 wrote it
    assert "&noise=0.3" in content["start"]
    assert read(write(assignment, KEY), KEY) == assignment


def test_what_is_locked_stays_also_when_another_choice_would_take_it_along() -> None:
    wanted = small(locked=("learning_rate", "train_size"))
    kept = wanted.with_locks(START.replace(optimizer="adam", dataset="mnist", train_size=7))
    assert kept.training.optimizer == "adam"
    assert kept.data.dataset == "mnist"
    assert kept.training.learning_rate == 0.01
    assert kept.data.train_size == START.data.train_size
    assert wanted.violations(START.replace(learning_rate=0.5, hidden=())) == ("learning_rate",)


def signed(**changes: Any) -> str:
    """A link that this server would have signed, whatever it says."""
    values = json.loads(assignments._json(small())) | changes
    packed = assignments.zlib.compress(json.dumps(values).encode())
    body = assignments.base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"{body}.{signing.signature('assignment', body, KEY)}"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"v": 2}, "version must be 1, got 2"),
        ({"colour": "red"}, "colour is not a field of an assignment"),
        ({"start": "v=1&epochs=0"}, "epochs must be between 1 and 10,000, got 0"),
        ({"start": 3}, "start must be the link"),
        (
            {"locked": {"only": ["colour"]}},
            "locked must be names of fields of an experiment, got colour",
        ),
        ({"locked": ["hidden"]}, "locked must be only or all_but"),
        ({"targets": []}, "targets must be 1 to 5, got 0"),
        ({"targets": [["parameters", AT_MOST]]}, "a target must be three values"),
        ({"targets": [["luck", AT_MOST, 3]]}, "must be one of validation_accuracy"),
        ({"targets": [["parameters", "about", 3]]}, "must be one of at_least, at_most, got about"),
        ({"title": 3}, "title must be text, got 3"),
        ({"text": "x" * 30_000}, "must unpack to at most 20,000 bytes"),
    ],
)
def test_a_link_is_checked_though_it_is_signed(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AssignmentError) as caught:
        read(signed(**changes), KEY)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": " "}, "title must be 1 to 100 printable characters"),
        ({"title": "a\u202eb"}, "title must be 1 to 100 printable characters"),
        ({"text": "x" * 1001}, "text must be at most 1,000 characters, got 1,001"),
        ({"text": "a\x07"}, "text must be lines of printable characters"),
        ({"locked": ("hidden", "hidden")}, "locked must be different fields"),
        ({"targets": WANTED * 2}, "targets must be 1 to 5, got 6"),
        ({"targets": WANTED[:1] * 2}, "validation accuracy must be given once"),
        ({"targets": [target("validation_accuracy", AT_LEAST, 88)]}, "between 0 and 1, got 88"),
        ({"targets": [target("parameters", AT_MOST, 0)]}, "between 2 and 100,000,000, got 0"),
        ({"targets": [target("parameters", AT_MOST, 100.5)]}, "a whole number, got 100.5"),
        (
            {"targets": [target("epochs_done", AT_MOST, 5), target("epochs_done", AT_LEAST, 6)]},
            "must be at most a number that is not below 6, which is the least, got 5",
        ),
        # The smallest network for 784 inputs and 10 classes: one hidden unit, 785 + 20.
        ({"targets": [target("parameters", AT_MOST, 804)]}, "at least 805 with what is locked"),
        (
            {"locked": ("dataset", "hidden"), "start": START.replace(hidden=(64,))},
            "at least 50,890 with what is locked, got 50,000",
        ),
        (
            {"locked": ("epochs",), "targets": [target("epochs_done", AT_LEAST, 11)]},
            "at most 10 with what is locked, got 11",
        ),
        (
            {"locked": ("hidden",), "targets": [target("hidden_layers", AT_LEAST, 2)]},
            "at most 1 with what is locked, got 2",
        ),
        ({"targets": [target("validation_error", AT_MOST, 1)]}, "can be measured with Fashion"),
        ({"start": START.replace(validation_size=0)}, "without validation examples"),
    ],
)
def test_what_nobody_can_fulfil_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AssignmentError) as caught:
        small(**changes)
    assert sentence in str(caught.value)


def test_the_smallest_network_is_possible() -> None:
    small(targets=[target("parameters", AT_MOST, 805)])
    assert small(targets=[target("parameters", AT_MOST, 804)], locked=()).targets


def test_a_long_text_in_any_script_fits() -> None:
    drawn = np.random.default_rng(0).integers(0x4E00, 0x9FA5, 1000)
    wanted = small(text="".join(map(chr, drawn)))
    assert read(write(wanted, KEY), KEY) == wanted


def test_a_usual_assignment_is_a_short_link() -> None:
    assert len(write(small(), KEY)) + len(encode(START)) < 500 < LONGEST_LINK
