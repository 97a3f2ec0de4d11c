"""Lesson files: what is wrong in one is told with the file, the field, the rule and the value."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies

from playground.cli.commands import main
from playground.experiment.model import Experiment
from playground.history.events import Epoch, Score
from playground.lessons.lesson import MAX_BYTES, LessonError, all_lessons, parse
from playground.lessons.metrics import METRICS, CheckContext
from playground.lessons.progress import LessonProgress

GOOD = """
title = "A short one"
minutes = 5
goal = "Say what is checked."
[start]
dataset = "moons"
hidden = [4]
[[steps]]
title = "Train"
text = "Press **Train**: $a < b$."
page = "train"
set = { epochs = 3 }
after = "That was it."
[steps.predict]
question = "How many epochs will it do?"
options = ["Fewer than two", "Two or more"]
measure = "epochs_done"
bounds = [2]
because = "Two were asked for."
[[steps.check]]
measure = "epochs_done"
at_least = 2
[steps.answer]
question = "How many?"
options = ["One", "Two"]
right = 2
because = "See the number."
"""


def changed(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new).encode()


def told(content: bytes, name: str = "short.toml") -> str:
    with pytest.raises(LessonError) as error:
        parse(name, content)
    return "\n".join(error.value.sentences)


def test_a_good_file_is_a_lesson() -> None:
    lesson = parse("short.toml", GOOD.encode())
    assert lesson.experiment == Experiment().replace(dataset="moons", hidden=(4,))
    assert lesson.steps[0].page == "train"


WRONG: list[tuple[str, str, str]] = [
    ("minutes = 5", "minutes = 0", "short.toml: minutes must be at least 1, got 0"),
    ("minutes = 5", 'minutes = "x"', "short.toml: minutes must be a whole number, got x"),
    ("minutes = 5", "", "short.toml: minutes must be given"),
    ("minutes = 5", "minutes = 5\ncolour = 1", "colour is not a field of a lesson, got 1"),
    ('"A short one"', '""', "title must be not empty, got 0 characters"),
    ('"A short one"', f'"{"x" * 201}"', "title must be at most 200 characters, got 201"),
    ('"A short one"', '"a\\nb"', "title must be one line"),
    ("a < b", "<b>", "steps 1: text must be plain Markdown without HTML, got "),
    ("a < b", "![x](y)", "steps 1: text must be plain Markdown without images"),
    ("a < b", "[x](y)", "steps 1: text must be plain Markdown without links"),
    ("a < b", "https://x", "steps 1: text must be plain Markdown without links"),
    ("a < b", "\\u202e", "steps 1: text must be plain Markdown without control characters"),
    ('page = "train"', 'page = "home"', "steps 1: page must be one of train, data"),
    ('page = "train"', 'page = "train"\nlab = "x"', 'a lab, beside page = "labs", got x'),
    ("epochs = 3 }", "epochs = 0 }", "steps 1: set must be a possible experiment, got epochs must"),
    ("epochs = 3 }", "speed = 0 }", "steps 1: set must be fields of an experiment, got speed"),
    ('"moons"', '"sun"', "start must be a possible experiment, got dataset must be one of"),
    ("bounds = [2]", "bounds = []", "bounds must be 1 numbers, one less than options, got nothing"),
    ("bounds = [2]", "right = 1", "predict: right must be known in one way"),
    ("right = 2", "right = 3", "steps 1: answer: right must be between 1 and 2, got 3"),
    ("right = 2", 'asked = "luck"', "steps 1: answer: asked must be one of hardest_class"),
    ('"One", "Two"', '"One", "One"', "options must be all different, got One, One"),
    ('"One", "Two"', '"One"', "options must be 2 to 4, got 1"),
    ("at_least = 2", 'at_least = "x"', "steps 1: check 1: at_least must be a number, got x"),
    ("at_least = 2", "", "a condition must be at_least and/or at_most, or equals, got nothing"),
    ("[[steps]]", "[[stages]]", "stages is not a field of a lesson"),
    ("minutes = 5", "minutes = ", "short.toml: must be TOML: "),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), WRONG)
def test_what_is_wrong_is_told(old: str, new: str, sentence: str) -> None:
    assert sentence in told(changed(old, new))


def test_a_step_that_nothing_checks_is_refused() -> None:
    bare = GOOD.partition("[steps.predict]")[0].encode()
    assert "steps 1: check must be at least one check, or an answer, got nothing" in told(bare)


def test_a_file_that_is_too_large_or_no_text_or_badly_named_is_refused() -> None:
    assert "must be at most 64,000 bytes" in told(b"#" * (MAX_BYTES + 1))
    assert "must be UTF-8 text" in told(b"\xff")
    assert "at most 40 small letters" in told(GOOD.encode(), "My lesson!.toml")
    assert "must be TOML" in told(b"a = " + b"[" * 20_000)


@given(strategies.binary(max_size=200) | strategies.text(max_size=200).map(str.encode))
def test_no_content_whatever_raises_anything_else(content: bytes) -> None:
    with pytest.raises(LessonError):
        parse("short.toml", content)


VALUES: strategies.SearchStrategy[Any] = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
    | strategies.text(max_size=9),
    lambda each: strategies.lists(each, max_size=3)
    | strategies.dictionaries(strategies.text(max_size=9), each, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(strategies.sampled_from(["title", "minutes", "start", "steps", "goal", "order"]), VALUES)
def test_any_value_of_any_field_is_taken_or_explained(field: str, value: Any) -> None:
    from pydantic import ValidationError

    from playground.lessons.lesson import Lesson, _sentence

    given_ = tomllib.loads(GOOD) | {field: value}
    try:
        Lesson.model_validate(given_)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            assert _sentence(each)


def test_a_broken_file_spoils_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    (tmp_path / "bad.toml").write_text("title = 5")
    (tmp_path / "xor.toml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("no lesson")
    monkeypatch.setenv("PLAYGROUND_LESSONS", str(tmp_path))
    found = all_lessons()
    assert {"xor", "good", "own-digit"} <= set(found.lessons)
    assert found.lessons["xor"].title != "A short one"
    assert any("xor.toml: the name must be new" in problem for problem in found.problems)
    assert "bad.toml: title must be text, got 5" in found.problems
    (tmp_path / "bad.toml").write_text(GOOD.replace("A short one", "Mended, and longer"))
    assert all_lessons().lessons["bad"].title == "Mended, and longer"
    monkeypatch.setenv("PLAYGROUND_LESSONS", str(tmp_path / "nowhere"))
    assert "must be in a readable folder" in all_lessons().problems[0]
    assert "xor" in all_lessons().lessons


def test_the_command_line_checks_a_folder(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    assert main(["lessons", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == ["good", "5", "min", "1", "step", "A", "short", "one"]
    (tmp_path / "bad.toml").write_text("title = 5")
    assert main(["lessons", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "good" in out
    assert "bad.toml: minutes must be given" in err.splitlines()
    assert main(["lessons"]) == 0
    assert "xor" in capsys.readouterr().out
    assert main(["lessons", "--measures"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "]
    assert names == list(METRICS)


# ---- how far somebody is -------------------------------------------------------------------


def context(epochs: int) -> CheckContext:
    score = Score(0.5, 0.5)
    events = [Epoch(n, n, score, score, 0.1, 0.1, ()) for n in range(1, epochs + 1)]
    return CheckContext(Experiment(), events, "paused")


def test_a_step_is_passed_by_prediction_checks_and_answer_and_stays_passed() -> None:
    held = LessonProgress(parse("short.toml", GOOD.encode()), Experiment())
    assert held.awaits_prediction
    assert held.evaluate(context(5)) is None  # nothing was predicted
    held.predict("Fewer than two")
    assert not held.awaits_prediction
    assert held.evaluate(context(1)) is None
    assert held.evaluate(context(3)) is None  # not answered
    held.answer("One")
    assert held.evaluate(context(3)) is None
    held.answer("Two")
    assert held.evaluate(context(1)) is None  # the check no longer holds
    passed = held.evaluate(context(3))
    assert passed is not None
    assert passed.outcome == "Two or more"  # not what was guessed
    assert passed.sentences == ("the number of epochs done is 3, it must be at least 2",)
    assert held.evaluate(context(0)) is passed
    held.predict("Two or more")
    assert held.predictions[0] == "Fewer than two"  # too late
    assert held.done
