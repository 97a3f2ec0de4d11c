"""Help of the options: groups, one line an option, true defaults; lists of choices."""

import re

import pytest

from playground.cli.commands import main
from playground.experiment.model import CHOICES, FIELDS, Experiment


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def default(text: str, option: str) -> str:
    found = re.search(rf"--(?:\[no-\])?{option} .*\[(.*)\]$", text, re.MULTILINE)
    assert found is not None, option
    return found[1]


@pytest.mark.parametrize("columns", [80, 100])
def test_help_has_one_line_an_option_in_the_groups_of_the_page(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = shown(capsys, "train", "--help")
    groups = re.findall(r"^(\w[\w ]+):$", text, re.MULTILINE)
    assert groups == ["Start from", "Data", "Network", "Optimization", "Stopping", "Output"]
    assert all(len(line) <= columns for line in text.splitlines())
    assert "…" not in text.replace("A,B,…", "")
    body = text.partition("Start from:")[2]
    lines = [line for line in body.splitlines() if line and not line.endswith(":")]
    assert all(re.match(r"  -", line) for line in lines)
    assert {default(text, name.replace("_", "-")) != "" for name in FIELDS} == {True}


@pytest.mark.parametrize("columns", [30, 60])
def test_help_fits_a_narrow_terminal(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = shown(capsys, "train", "--help").partition("Start from:")[2]
    assert all(len(line) <= columns for line in text.splitlines())
    assert re.search(r"^  --optimizer NAME\n    [^-]*\[sgd\]$", text, re.MULTILINE)


@pytest.mark.parametrize(
    "choices", [{}, {"optimizer": "adam", "dataset": "iris"}, {"schedule": "one_cycle"}]
)
def test_the_defaults_in_the_help_are_those_of_the_choices_beside_it(
    choices: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = [text for name, value in choices.items() for text in (f"--{name}", value)]
    text, experiment = shown(capsys, "train", *options, "--help"), Experiment().replace(**choices)
    for name in ("learning_rate", "decay_rate", "train_size"):
        assert float(default(text, name.replace("_", "-"))) == experiment.to_dict()[name]


def test_help_with_an_invalid_choice_shows_the_usual_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert default(shown(capsys, "train", "--optimizer", "nope", "--help"), "optimizer") == "sgd"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("optimizers", "optimizer"),
        ("losses", "loss"),
        ("data-sets", "dataset"),
        ("activations", "activation"),
        ("initializers", "kernel_initializer"),
        ("kernel-initializer", "kernel_initializer"),
        ("clipping", "clipping"),
    ],
)
def test_list_prints_every_choice_of_a_setting(
    name: str, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(capsys, "train", "--list", name).splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == list(CHOICES[field])


def test_list_explains_a_number_with_its_limits_and_its_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = shown(capsys, "train", "--list", "learning-rate")
    assert "From 1e-06 to 10. Default: 0.01." in text


def test_list_refuses_what_is_no_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--list", "nope"]) == 2
    assert capsys.readouterr().err == "list must be a setting, such as optimizers, got nope\n"
