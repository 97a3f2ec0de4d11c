"""The command line, as a person and as a program use it."""

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.cli.commands import main
from playground.experiment.model import FIELDS, Experiment
from playground.experiment.url import encode
from playground.export.pretrained import read

SMALL = ["--dataset", "spiral", "--hidden", "8", "--epochs", "3", "--optimizer", "adam"]

Output = pytest.CaptureFixture[str]


def lines(capsys: Output) -> list[dict[str, Any]]:
    """Standard output as JSON objects; anything else in it fails."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_has_one_object_for_each_epoch_and_one_for_the_end(capsys: Output) -> None:
    assert main(["train", *SMALL, "--json"]) == 0
    *epochs, last = lines(capsys)
    assert [line["event"] for line in epochs] == ["epoch"] * 3
    assert [line["epoch"] for line in epochs] == [1, 2, 3]
    names = ["event", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    assert list(epochs[0]) == [*names, "seconds", "compile_seconds"]
    assert epochs[0]["learning_rate"] == pytest.approx(0.001)
    assert list(last) == ["event", "epochs", "parameters", "threads", "test_loss", "test_accuracy"]
    assert last["event"] == "finished"
    assert last["epochs"] == 3
    assert last["parameters"] == 2 * 8 + 8 + 8 + 1


def test_json_without_validation_and_for_regression(capsys: Output) -> None:
    given = ["--dataset", "sine", "--hidden", "4", "--epochs", "1", "--validation-size", "0"]
    assert main(["train", *given, "--json"]) == 0
    first, last = lines(capsys)
    names = ["event", "epoch", "loss", "mean_absolute_error", "learning_rate", "seconds"]
    assert list(first) == [*names, "compile_seconds"]
    assert list(last)[-2:] == ["test_loss", "test_mean_absolute_error"]


def test_a_network_without_hidden_layers_is_trained_too(capsys: Output) -> None:
    given = ["--dataset", "iris", "--hidden", "", "--learning-rate", "0.1", "--epochs", "50"]
    assert main(["train", *given, "--json"]) == 0
    last = lines(capsys)[-1]
    assert last["parameters"] == 15
    assert last["test_accuracy"] > 0.8


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' saving
def test_script_and_keras_file_are_written(tmp_path: Path, capsys: Output) -> None:
    script, network = tmp_path / "again.py", tmp_path / "net.keras"
    assert main(["train", *SMALL, "--json", "--script", str(script), "--keras", str(network)]) == 0
    told = [line["path"] for line in lines(capsys) if line["event"] == "written"]
    assert told == [str(network), str(script)]
    assert "python again.py 3" in script.read_text()
    assert network.read_bytes().startswith(b"PK")
    flawed = ["--dataset", "iris", "--leaked-fraction", "0.5", "--script", str(tmp_path / "b.py")]
    assert main(["train", *flawed]) == 2
    assert capsys.readouterr().err.startswith("script must be a file name that ends in .zip")


def test_a_network_is_kept_with_its_scores(tmp_path: Path, capsys: Output) -> None:
    place = tmp_path / "net.npz"
    assert main(["train", *SMALL, "--json", "--save", str(place)]) == 0
    *_, finished, saved = lines(capsys)
    trained = read(place.read_bytes())
    assert saved["event"] == "saved"
    assert saved["path"] == str(place)
    assert saved["test_accuracy"] == trained.scores["test"].metric
    assert saved["test_accuracy"] == pytest.approx(finished["test_accuracy"], abs=1e-6)
    assert trained.snapshot.epoch == 3

    before = place.read_bytes()
    assert main(["train", *SMALL, "--save", str(place)]) == 2
    error = capsys.readouterr().err
    assert error == f"save must be a new file, or come with --overwrite, got {place}\n"
    assert place.read_bytes() == before
    assert main(["train", *SMALL, "--seed", "5", "--save", str(place), "--overwrite"]) == 0
    assert read(place.read_bytes()).experiment.network.seed == 5
    assert "saved: " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["net.txt", "nowhere/net.npz", ".npz/"])
def test_a_place_that_cannot_be_is_refused_before_training(
    name: str, tmp_path: Path, capsys: Output
) -> None:
    assert main(["train", *SMALL, "--save", str(tmp_path / name)]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("save must be")
    assert not shown.out


def test_a_diverged_run_is_an_event_and_exit_status_3(capsys: Output) -> None:
    given = [
        "--dataset",
        "sine",
        "--hidden",
        "4",
        "--activation",
        "linear",
        "--learning-rate",
        "10",
    ]
    assert main(["train", *given, "--json"]) == 3
    last = lines(capsys)[-1]
    assert last["event"] == "diverged"
    assert last["step"] >= 1
    assert last["advice"]


def test_people_get_a_table_the_test_score_and_the_trivial_baseline(capsys: Output) -> None:
    given = ["--dataset", "coffee", "--hidden", "3", "--activation", "sigmoid", "--epochs", "2"]
    assert main(["train", *given]) == 0
    title, threads, heading, first, second, *rest = capsys.readouterr().out.splitlines()
    assert title == "Coffee roasting · 2-3-1 Sigmoid · SGD 0.01 · batch 32 · seed 0, 13 parameters"
    assert threads == "1 thread"
    assert heading.split()[0] == "epoch"
    assert first.split()[0] == "1"
    assert second.split()[0] == "2"
    assert re.fullmatch(r"\d+\.\d\d s of compilation are not in these seconds", rest[0])
    assert rest[1].startswith("test loss ")
    assert rest[2].startswith("test accuracy ")
    assert rest[3] == "always predicting “bad roast”: test accuracy 82.00%"


def test_options_override_the_file_and_the_link(tmp_path: Path, capsys: Output) -> None:
    experiment = Experiment().replace(dataset="moons", epochs=5, optimizer="adam")
    file = tmp_path / "experiment.json"
    file.write_text(experiment.model_dump_json())
    for source in (["--experiment", str(file)], ["--link", encode(experiment)]):
        assert main(["link", *source, "--epochs", "2"]) == 0
        assert capsys.readouterr().out.strip() == encode(experiment.replace(epochs=2))


def test_options_are_read_by_their_former_names(capsys: Output) -> None:
    given = ["--shuffled-labels", "0.2", "--standardise", "--no-sorted-split", "--copied", "0.1"]
    assert main(["link", *given]) == 0
    text = capsys.readouterr().out.strip()
    assert text == "v=1&label_noise=0.2&standardize=true&leaked_fraction=0.1"


def test_link_goes_both_ways(capsys: Output) -> None:
    given = ["--dataset", "mnist", "--hidden", "128", "--no-shuffle", "--milestones", "3,5.5"]
    assert main(["link", *given]) == 0
    text = capsys.readouterr().out.strip()
    assert text == "v=1&dataset=mnist&hidden=128&milestones=3.0,5.5&shuffle=false"
    assert main(["link", text]) == 0
    shown = Experiment.model_validate_json(capsys.readouterr().out)
    assert encode(shown) == text


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["train", "--epochs", "0"], "epochs must be between 1 and 10,000, got 0"),
        (["train", "--hidden", "300,x"], "hidden must be whole numbers separated by commas, got x"),
        (["link", "v=1&epochs=none"], "epochs must be a whole number, got none"),
        (["train", "--link", "color=1"], "color is not a field of an experiment, got 1"),
        (["link", "--link", "", "--experiment", "x"], "experiment and link must not both be given"),
        (
            ["train", "--experiment", "nowhere.json"],
            "experiment must be a readable file, got nowhere.json (No such file or directory)",
        ),
        (["fetch", "iris"], "data set to fetch must be one of mnist, fashion_mnist, got iris"),
        (["train", "--no-epochs"], "No such option '--no-epochs'."),
        (["train", "extra"], "Got unexpected extra argument (extra)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_on_standard_error(
    arguments: list[str], complaint: str, capsys: Output
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith(complaint)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--optimizer", "sgd", "--momentum", "0.5"],
            "momentum has no effect with optimizer sgd: it is used by momentum, nesterov, rmsprop",
        ),
        (
            ["--decay-rate", "0.5"],
            "decay_rate has no effect with schedule constant: it is used by ",
        ),
        (["--negative-slope", "0.1"], "negative_slope has no effect with activation relu: "),
        (["--patience", "3"], "patience has no effect without early_stopping"),
        (["--optimizer", "adam", "--beta-1", "0.8"], ""),
    ],
)
def test_a_setting_without_effect_is_told_in_one_line(
    options: list[str], sentence: str, capsys: Output
) -> None:
    assert main(["link", *options]) == 0
    err = capsys.readouterr().err
    assert err.startswith(sentence)
    assert len(err.splitlines()) == bool(sentence)


def test_a_file_that_is_no_experiment_is_explained(tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "experiment.json"
    file.write_text('{"training": {"epochs": 0}}')
    assert main(["train", "--experiment", str(file)]) == 2
    assert capsys.readouterr().err == "epochs must be between 1 and 10,000, got 0\n"


def test_every_field_has_its_option(capsys: Output) -> None:
    assert main(["train", "--help"]) == 0
    told = capsys.readouterr().out
    for name, field in FIELDS.items():
        switch = r"\[no-\]" if field.annotation is bool else ""
        assert re.search(rf"--{switch}{name.replace('_', '-')}[ ,]", told), name


LONG = [*SMALL, "--epochs", "10000", "--json"]


def interrupted(arguments: list[str], until: str) -> tuple[int, list[Any], str]:
    """Exit status, JSON lines and standard error of a command interrupted after `until` appears."""
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        out = []
        while not out or until not in out[-1]:
            out.append(process.stdout.readline())
            assert out[-1], process.stderr.read()
        process.send_signal(signal.SIGINT)
        out += process.stdout.readlines()
        err = process.stderr.read()
    return process.returncode, [json.loads(line) for line in out], err


def test_ctrl_c_says_where_the_run_stopped_and_ends_with_status_130(sigint: None) -> None:
    status, out, err = interrupted(["train", *LONG], '"epoch"')
    assert status == 130
    *epochs, last = out
    assert {line["event"] for line in epochs} == {"epoch"}
    assert last == {"event": "interrupted", "epoch": epochs[-1]["epoch"], "epochs": 10_000}
    # neither a traceback nor TensorFlow's log
    assert err.strip() == f"interrupted after epoch {last['epoch']:,} of 10,000"


def stop_after(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C once that many epochs are done."""
    from playground.training import Trainer

    advance = Trainer.advance

    def pressed(self: Any, **given: Any) -> Any:
        if self.epoch >= epoch:
            signal.raise_signal(signal.SIGINT)
        return advance(self, **given | {"until_epoch": self.epoch + 1})

    monkeypatch.setattr(Trainer, "advance", pressed)


RESUMED = {
    "dropout, plateau, early stopping": [
        "--dataset", "moons", "--hidden", "6,5", "--optimizer", "adam", "--dropout", "0.2",
        "--schedule", "plateau", "--plateau-patience", "2", "--early-stopping",
    ],
    "momentum, no shuffle": [
        "--dataset", "iris", "--hidden", "4", "--optimizer", "momentum", "--no-shuffle",
    ],
}  # fmt: skip


@pytest.mark.parametrize("options", RESUMED.values(), ids=RESUMED.keys())
def test_an_interrupted_run_is_saved_and_resumed_to_the_same_numbers(
    options: list[str], tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch,
    sigint: None,
) -> None:  # fmt: skip
    whole, part = tmp_path / "whole.npz", tmp_path / "part.npz"
    given = ["train", *options, "--epochs", "12", "--json"]
    assert main([*given, "--save", str(whole)]) == 0
    expected = [line for line in lines(capsys) if line["event"] == "epoch"]
    with monkeypatch.context() as patch:
        stop_after(5, patch)
        assert main([*given, "--save", str(part)]) == 130
    shown = capsys.readouterr()
    resume = tmp_path / "part.resume.npz"
    assert shown.err == (
        f"interrupted after epoch 6 of 12; continue with: train --resume {resume}\n"
    )
    first = [json.loads(line) for line in shown.out.splitlines()]
    assert [line["event"] for line in first] == ["epoch"] * 6 + ["saved", "interrupted"]
    assert first[-1]["resume"] == str(resume)
    assert read(part.read_bytes()).snapshot.epoch == 6

    script = tmp_path / "again.py"
    again = ["train", "--resume", str(resume), "--json", "--overwrite"]
    assert main([*again, "--save", str(part), "--script", str(script)]) == 0
    rest = [line for line in lines(capsys) if line["event"] == "epoch"]
    timed = {"seconds", "compile_seconds"}
    assert [{k: v for k, v in line.items() if k not in timed} for line in first[:6] + rest] == [
        {k: v for k, v in line.items() if k not in timed} for line in expected
    ]
    a, b = (read(place.read_bytes()).snapshot for place in (whole, part))
    assert all(np.array_equal(x, y) for x, y in zip(a.weights, b.weights, strict=True))
    assert "python again.py" in script.read_text()  # it compares with all epochs


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--epochs", "3"], "resume must come without settings, got --epochs"),
        (["--no-shuffle"], "resume must come without settings, got --shuffle"),
        ([], "resume must be a file that an interrupted run has written, got FILE ("),
    ],
)
def test_what_cannot_be_resumed_is_refused(
    options: list[str], sentence: str, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "net.npz"
    assert main(["train", *SMALL, "--epochs", "1", "--save", str(file), "--json"]) == 0
    capsys.readouterr()
    for content in (file.read_bytes(), b"x" * 1000, b""):
        file.write_bytes(content)
        assert main(["train", "--resume", str(file), *options]) == 2
        shown = capsys.readouterr()
        assert shown.err.startswith(sentence.replace("FILE", str(file)))
        assert len(shown.err.splitlines()) == 1
        assert shown.out == ""


def test_ctrl_c_before_the_training_is_one_line_and_status_130(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("playground.datasets.load", interrupt)
    assert main(["train", *SMALL]) == 130
    monkeypatch.setattr("playground.lessons.lesson.all_lessons", interrupt)
    assert main(["lessons"]) == 130
    assert capsys.readouterr().err.split() == ["interrupted"] * 2


class Terminal(io.StringIO):
    """Standard error of a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [30, 80])
@pytest.mark.parametrize("dataset", ["spiral", "sine", "iris"])
def test_the_table_and_the_bar_fit_the_terminal(
    width: int, dataset: str, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["train", *SMALL, "--dataset", dataset]) == 0
    out = capsys.readouterr().out.splitlines()
    bars = re.sub(r"\033\[[?0-9]*[a-zA-Z]", "", terminal.getvalue()).replace("\r", "\n").split("\n")
    assert any("#" in bar for bar in bars)
    assert max(len(line) for line in (*out, *bars)) <= width
    assert any(line.split()[0] == "3" for line in out)  # the last epoch


@pytest.mark.parametrize("width", [30, 80])
@pytest.mark.parametrize("arguments", [["lessons"], ["lessons", "--measures"]])
def test_lists_fit_the_terminal(
    width: int, arguments: list[str], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(arguments) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= width


def test_a_folder_that_is_none_is_refused_alike_by_all_commands(capsys: Output) -> None:
    for command in ("lessons", "results"):
        assert main([command, "nowhere"]) == 2
        assert capsys.readouterr().err == (
            "folder must be a folder that can be read, got nowhere\n"
        )


def test_without_the_source_tree_the_benchmarks_are_said_to_be_elsewhere(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "benchmarks", None)
    assert main(["benchmark", "views"]) == 1
    assert capsys.readouterr().err == (
        "the benchmarks are not installed: run python -m benchmarks in a copy of the source\n"
    )


def test_a_table_of_ones_own_is_learnt_from(tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("a;b;kind\n" + "".join(f"{i},5;{i % 7};{'xy'[i % 2]}\n" for i in range(40)))
    assert main(["link", "--csv", str(file), "--hidden", "4"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("v=1&dataset=own-")
    assert "Decimal commas" in told.err
    assert main(["train", "--link", told.out.strip(), "--epochs", "2", "--json"]) == 0
    assert lines(capsys)[-1]["parameters"] == 2 * 4 + 4 + 4 + 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--csv", "FILE", "--target", "z"], "target must be one of a, b, got z"),
        (["--csv", "CONSTANT"], "CONSTANT: No column is left to learn “b” from"),
        (["--csv", "FILE", "--dataset", "iris"], "csv and dataset must not both be given"),
        (["--csv", "none.csv"], "csv must be a readable file, got none.csv"),
        (["--target", "a"], "target must come with --csv"),
    ],
)
def test_a_table_that_is_none_is_refused(
    options: list[str], said: str, tmp_path: Path, capsys: Output
) -> None:
    files = {"FILE": "a,b\n1,x\n2,y\n", "CONSTANT": "a,b\n1,x\n1,x\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    options = [str(tmp_path / option) if option in files else option for option in options]
    assert main(["link", *options]) == 2
    assert said.replace("CONSTANT", str(tmp_path / "CONSTANT")) in capsys.readouterr().err
