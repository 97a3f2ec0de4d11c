"""Result lines: signed, unalterable, and made into a table of the class."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from playground.cli.commands import main
from playground.experiment.model import Experiment
from playground.experiment.url import encode
from playground.lessons.assignment import make
from playground.lessons.submission import (
    Submission,
    SubmissionError,
    clean_name,
    create,
    read,
    write,
)
from playground.lessons.targets import AT_LEAST, AT_MOST
from playground.storage import signing

KEY, OTHER = b"the key of this server", b"the key of another one"
ASSIGNMENT = make(
    title="Small but good",
    start=Experiment().replace(hidden=(32,), epochs=10),
    targets=[
        {"metric": "validation_accuracy", "operator": AT_LEAST, "threshold": 0.88},
        {"metric": "parameters", "operator": AT_MOST, "threshold": 50_000},
        {"metric": "epochs_done", "operator": AT_MOST, "threshold": 10},
    ],
)
FIGURES = {
    "validation_accuracy": 0.891, "parameters": 25_450.0, "epochs_done": 7.0, "seconds": 3.25,
    "accuracy_gap": -0.01,
}  # fmt: skip
DAY = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


def result(name: str = "Ada", run: str = "1" * 16, minute: int = 0, **changes: Any) -> Submission:
    return create(
        ASSIGNMENT,
        name,
        FIGURES | changes,
        7,
        run,
        encode(ASSIGNMENT.start),
        DAY.replace(minute=minute),
    )


names = strategies.text(strategies.characters(codec="utf-8"), min_size=1, max_size=80)


@settings(max_examples=60)
@given(names)
def test_any_name_comes_back_from_a_line_of_plain_text_or_is_refused(name: str) -> None:
    try:
        handed = result(name)
    except ValueError as error:
        assert "your name must be 1 to 80 printable characters" in str(error)  # noqa: PT017
        return
    line = write(handed, KEY)
    assert line.isascii()
    assert line.isprintable()
    assert read(line, KEY) == handed
    assert read(line, KEY).passed


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\x1b[2Jb", "a\u202eb", "x" * 81])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="your name must be"):
        clean_name(name)


def test_names_are_brought_to_one_form() -> None:
    assert clean_name("  Zoe\u0308 \n Li ") == "Zoë Li"


def test_every_altered_character_of_a_line_is_refused() -> None:
    line = write(result(), KEY)
    for i, character in enumerate(line):
        for other in {"0", "A", " ", character.swapcase()} - {character}:
            with pytest.raises(SubmissionError):
                read(line[:i] + other + line[i + 1 :], KEY)
        with pytest.raises(SubmissionError):
            read(line[:i] + line[i + 1 :], KEY)
        with pytest.raises(SubmissionError):
            read(line[:i] + " " + line[i:], KEY)


def test_another_key_and_a_forged_signature_are_told_apart() -> None:
    line = write(result(), KEY)
    with pytest.raises(SubmissionError) as caught:
        read(line, OTHER)
    assert caught.value.kind == "other key"
    with pytest.raises(SubmissionError) as caught:
        read(line.replace("Ada", "Bob"), KEY)
    assert caught.value.kind == "forged or altered"
    text = line.rpartition(" ")[0].replace("Ada", "Bob")
    with pytest.raises(SubmissionError) as caught:  # a signature for another purpose is none
        read(f"{text} {signing.signature('assignment', text, KEY)}", KEY)
    assert caught.value.kind == "forged or altered"
    for junk in ("", "Dear teacher,", "{} x", "[" * 5_000 + " " + "A" * 43, "x" * 20_000):
        with pytest.raises(SubmissionError) as caught:
            read(junk, KEY)
        assert caught.value.kind == "unreadable"


def test_the_figures_decide_whether_it_passed() -> None:
    assert result().passed
    assert not result(validation_accuracy=0.87).passed
    assert not result(epochs_done=11.0).passed


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("PLAYGROUND_SECRET", KEY.decode())
    return KEY


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))


def test_a_folder_becomes_a_table_and_what_is_not_genuine_is_refused(
    tmp_path: Path, key: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    first, better = result(minute=1), result(run="2" * 16, minute=2, validation_accuracy=0.9)
    (tmp_path / "ada.txt").write_text(f"{write(first, key)}\n\n{write(better, key)}\r\n")
    (tmp_path / "deeper").mkdir()
    formula = result("=HYPERLINK(1)", "3" * 16, 3)
    (tmp_path / "deeper" / "b.TXT").write_bytes(b"\xef\xbb\xbf" + write(formula, key).encode())
    lines = [
        write(first, key),  # once more
        write(result("Bob", "2" * 16, 9), key),  # Ada's run
        write(result("Eve", "4" * 16), OTHER),
        write(result("Eve", "4" * 16), key).replace("0.891", "0.991"),
        "Dear teacher, here is my result",
    ]
    (tmp_path / "e.txt").write_text("\n".join(lines))
    (tmp_path / "f.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "g.txt").write_bytes(b"x" * 1_000_001)
    (tmp_path / "not.csv").write_text("not looked at")
    out = tmp_path / "class.csv"
    assert main(["results", str(tmp_path), "--out", str(out)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    refused = told.err.splitlines()
    expected = [
        "e.txt, line 1: refused, duplicate: the same as ada.txt, line 1",
        "e.txt, line 2: refused, duplicate: the run that Ada handed in before (ada.txt, line 3)",
        "e.txt, line 3: refused, other key",
        "e.txt, line 4: refused, forged or altered",
        "e.txt, line 5: refused, unreadable",
        "f.txt: refused, unreadable: a file must be text in UTF-8",
        "g.txt: refused, unreadable: a file must have at most 1,000,000 bytes",
        "3 results of 2 people",
    ]
    assert len(refused) == len(expected)
    for sentence, start in zip(refused, expected, strict=True):
        assert sentence.startswith(start), sentence
    found = rows(out.read_text(encoding="utf-8"))
    assert [(row["name"], row["best"], row["passed"]) for row in found] == [
        ("'=HYPERLINK(1)", "yes", "yes"),
        ("Ada", "", "yes"),
        ("Ada", "yes", "yes"),
    ]
    assert found[2]["validation_accuracy"] == "0.9"
    assert found[2]["parameters"] == "25450"
    assert found[2]["accuracy_gap"] == "-0.01"  # a number, and no formula
    assert found[2]["link"] == encode(ASSIGNMENT.start)
    assert found[2]["date"] == "2026-11-22 13:02:00"
    assert found[2]["assignment"] == ASSIGNMENT.digest


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@a", "＝1"])
def test_no_name_is_a_formula(
    tmp_path: Path, key: bytes, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(write(result(name), key))
    assert main(["results", str(tmp_path)]) == 0
    (row,) = rows(capsys.readouterr().out)
    assert row["name"] == f"'{name}"


def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, key: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for arguments, sentence in (
        ([str(tmp_path / "none")], "folder must be a folder"),
        ([str(tmp_path / "in")], "folder must hold .txt files"),
        ([str(tmp_path / "in"), "--out", "class.xls"], "out must be a file name that ends in .csv"),
    ):
        assert main(["results", *arguments]) == 2
        assert sentence in capsys.readouterr().err
    (tmp_path / "in" / "a.txt").write_text(write(result(), key))
    monkeypatch.setenv("PLAYGROUND_SECRET", "short")
    assert main(["results", str(tmp_path / "in")]) == 2
    assert "at least 16 characters, got 5" in capsys.readouterr().err
    monkeypatch.delenv("PLAYGROUND_SECRET")
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    assert main(["results", str(tmp_path / "in")]) == 2
    assert "There is no key" in capsys.readouterr().err
    assert not (tmp_path / signing.FILE).exists()


def test_as_a_program_with_a_key_made_by_the_server(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    (tmp_path / "in").mkdir()
    line = write(result("Zoë"), signing.key(environment={"PLAYGROUND_DATABASE_URL": url}))
    (tmp_path / "in" / "a.txt").write_text(line)
    made = subprocess.run(
        [sys.executable, "-m", "playground", "results", "in", "--out", "class.csv"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={"PLAYGROUND_DATABASE_URL": url, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert (made.returncode, made.stdout) == (0, "")
    assert made.stderr == "1 results of 1 people in class.csv, 0 refused\n"
    assert rows((tmp_path / "class.csv").read_text(encoding="utf-8"))[0]["name"] == "Zoë"
    assert json.loads(line.rpartition(" ")[0])["name"] == "Zoë"
