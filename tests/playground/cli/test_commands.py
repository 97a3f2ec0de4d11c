"""The command line, as a person and as a program use it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    assert list(epochs[0]) == [*names, "seconds"]
    assert epochs[0]["learning_rate"] == pytest.approx(0.001)
    assert list(last) == ["event", "epochs", "parameters", "test_loss", "test_accuracy"]
    assert last["event"] == "finished"
    assert last["epochs"] == 3
    assert last["parameters"] == 2 * 8 + 8 + 8 + 1


def test_json_without_validation_and_for_regression(capsys: Output) -> None:
    given = ["--dataset", "sine", "--hidden", "4", "--epochs", "1", "--validation-size", "0"]
    assert main(["train", *given, "--json"]) == 0
    first, last = lines(capsys)
    names = ["event", "epoch", "loss", "mean_absolute_error", "learning_rate", "seconds"]
    assert list(first) == names
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
    assert saved["test_accuracy"] == pytest.approx(finished["test_accuracy"], abs=0.01)
    assert trained.snapshot.epoch == 3

    before = place.read_bytes()
    assert main(["train", *SMALL, "--save", str(place)]) == 2
    error = capsys.readouterr().err
    assert error == f"save must be a new file, or come with --overwrite, got {place}\n"
    assert place.read_bytes() == before
    assert main(["train", *SMALL, "--seed", "5", "--save", str(place), "--overwrite"]) == 0
    assert read(place.read_bytes()).experiment.network.seed == 5
    assert "kept in" in capsys.readouterr().out


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
    title, heading, first, second, *rest = capsys.readouterr().out.splitlines()
    assert title == "Coffee roasting · 2-3-1 Sigmoid · SGD 0.01 · batch 32 · seed 0, 13 parameters"
    assert heading.split()[0] == "epoch"
    assert first.split()[0] == "1"
    assert second.split()[0] == "2"
    assert rest[0].startswith("test loss ")
    assert rest[1].startswith("test accuracy ")
    assert rest[2] == "always answering “bad roast” would be right for 78.5%"


def test_options_override_the_file_and_the_link(tmp_path: Path, capsys: Output) -> None:
    experiment = Experiment().replace(dataset="moons", epochs=5, optimizer="adam")
    file = tmp_path / "experiment.json"
    file.write_text(experiment.model_dump_json())
    for source in (["--experiment", str(file)], ["--link", encode(experiment)]):
        assert main(["link", *source, "--epochs", "2"]) == 0
        assert capsys.readouterr().out.strip() == encode(experiment.replace(epochs=2))


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


def test_a_file_that_is_no_experiment_is_explained(tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "experiment.json"
    file.write_text('{"training": {"epochs": 0}}')
    assert main(["train", "--experiment", str(file)]) == 2
    assert capsys.readouterr().err == "epochs must be between 1 and 10,000, got 0\n"


def test_every_field_has_its_option(capsys: Output) -> None:
    assert main(["train", "--help"]) == 0
    told = capsys.readouterr().out
    for name, field in FIELDS.items():
        assert f"--{name.replace('_', '-')} " in told
        if field.annotation is bool:
            assert f"--no-{name.replace('_', '-')}" in told


def test_an_interrupted_run_ends_quietly_with_status_130() -> None:
    command = [sys.executable, "-m", "playground", "train", *SMALL, "--epochs", "10000", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["event"] == "epoch"
        process.send_signal(signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    assert all(json.loads(line)["event"] == "epoch" for line in out.splitlines())
    assert err.strip() == ""  # neither a traceback nor TensorFlow's log


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
        (["--csv", "FILE"], "FILE: Only 2 rows can be used"),
        (["--csv", "FILE", "--dataset", "iris"], "csv and dataset must not both be given"),
        (["--csv", "none.csv"], "csv must be a readable file, got none.csv"),
        (["--target", "a"], "target must come with --csv"),
    ],
)
def test_a_table_that_is_none_is_refused(
    options: list[str], said: str, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("a,b\n1,x\n2,y\n")
    options = [str(file) if option == "FILE" else option for option in options]
    assert main(["link", *options]) == 2
    assert said.replace("FILE", str(file)) in capsys.readouterr().err
