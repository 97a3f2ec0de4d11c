"""Generated scripts of plain Keras against real runs: each must reproduce the run's numbers."""

import ast
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pytest

from playground import Experiment
from playground.analysis.metrics.score import baseline, score
from playground.datasets import images
from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.datasets.registry import DATASETS
from playground.export.script import NAME, Script, ScriptError, reproducible, script
from playground.export.script.source import listing, quoted
from playground.history.environment import versions
from playground.history.events import (
    Epoch,
    Event,
    ExamplesAdded,
    HyperparametersChanged,
    Score,
    WeightsLoaded,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import LOSSES
from playground.nn.network import Snapshot
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES
from playground.training import Trainer

EPOCHS = 3
EAGER = 100  # updates; scripts of more are run as they stand
VERSIONS = {name: version(name) for name in ("keras", "tensorflow", "numpy", "scikit-learn")}

# Together every data set, optimizer, schedule, loss, regulariser, activation and initializer.
CASES: list[dict[str, object]] = [
    {"dataset": "fashion_mnist", "train_size": 300, "validation_size": 100, "optimizer": "sgd",
     "schedule": "constant", "hidden": (20, 10), "dropout": 0.3, "noise": 0.05,
     "learning_rate": 0.1},
    {"dataset": "mnist", "train_size": 200, "validation_size": 50, "optimizer": "momentum",
     "schedule": "exponential", "standardize": True, "l1": 0.001, "label_noise": 0.2,
     "loss": "huber", "activations": ("sigmoid", "linear"), "kernel_initializer": "glorot_normal"},
    {"dataset": "digits", "optimizer": "nesterov", "schedule": "staircase", "l2": 0.003,
     "noise": 0.1, "hidden": (128, 32), "activations": ("tanh", "elu"), "period_epochs": 0.7,
     "kernel_initializer": "he_uniform", "bias_initializer": "random_normal", "batch_size": 100},
    {"dataset": "iris", "optimizer": "adagrad", "schedule": "step", "milestones": (1, 2.5),
     "l1": 0.001, "l2": 0.002, "noise": 0.2, "loss": "mean_squared_error",
     "activations": ("leaky_relu", "selu"), "negative_slope": 0.05,
     "kernel_initializer": "he_normal", "label_noise": 0.5},
    {"dataset": "coffee", "optimizer": "adadelta", "schedule": "inverse_time", "noise": 0.1,
     "activations": ("gelu", "silu"), "kernel_initializer": "lecun_uniform", "clipping": "value",
     "clip_limit": 0.01, "warmup_epochs": 0.5},
    {"dataset": "circle", "optimizer": "rmsprop", "schedule": "polynomial", "final_share": 0.1,
     "power": 2.0, "activations": ("mish", "softplus"), "kernel_initializer": "lecun_normal",
     "loss": "mean_absolute_error", "clipping": "norm", "clip_limit": 0.1, "centered": True},
    {"dataset": "xor", "optimizer": "adam", "schedule": "cosine", "noise": 0.2, "dropout": 0.5,
     "activations": ("softsign", "relu6"), "kernel_initializer": "random_normal", "l2": 0.001,
     "amsgrad": True, "warmup_epochs": 1.5, "stddev": 0.4},
    {"dataset": "gauss", "optimizer": "adamw", "schedule": "cosine_restarts", "period_epochs": 0.8,
     "peak_decay": 0.7, "activations": ("hard_sigmoid", "hard_silu"), "noise": 0.3,
     "kernel_initializer": "ones", "train_size": 5, "validation_size": 7},
    {"dataset": "spiral", "optimizer": "nadam", "schedule": "one_cycle", "final_share": 0.01,
     "hidden": (9, 8, 7), "activations": ("exponential", "tanh", "tanh"), "clipping": "global_norm",
     "clip_limit": 0.1, "label_noise": 1.0, "shuffle": False},
    {"dataset": "moons", "optimizer": "adamax", "schedule": "triangular", "period_epochs": 0.5,
     "noise": 0.2, "hidden": (), "l2": 0.01},
    {"dataset": "plane", "optimizer": "lion", "schedule": "plateau", "plateau_patience": 1,
     "learning_rate": 0.03, "warmup_epochs": 0.5, "noise": 0.1, "label_noise": 0.1,
     "epochs": 5},
    {"dataset": "multi_gauss", "optimizer": "sgd", "schedule": "plateau", "plateau_patience": 1,
     "learning_rate": 3.0, "early_stopping": True, "patience": 2, "validation_size": 0,
     "kernel_initializer": "zeros", "epochs": 6},
    {"dataset": "sine", "optimizer": "adam", "schedule": "cosine", "standardize": True,
     "early_stopping": True, "patience": 3, "dropout": 0.2, "hidden": (8,)},
    {"dataset": "iris", "leaked_fraction": 0.5, "scaler": "everything",
     "split_without_shuffle": True},
]  # fmt: skip


def run(experiment: Experiment, start: Snapshot | None = None) -> list[Event]:
    return list(Trainer(experiment, start).advance(seconds=600).events)


def written(case: dict[str, object]) -> Script:
    usual: dict[str, object] = {"hidden": (12, 8), "epochs": EPOCHS}
    experiment = Experiment().replace(**usual | case)
    trainer = Trainer(experiment)
    events = list(trainer.advance(seconds=600).events)
    return script(experiment, events, VERSIONS, end=trainer.latest())


@pytest.fixture
def execute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs a script in this process, where Keras is loaded already; what it printed.

    Of few updates eagerly, with the same numbers: tracing takes seconds, and an eager update 20 ms.
    """
    monkeypatch.chdir(tmp_path)

    def execute(made: Script, *arguments: str, status: int = 0) -> str:
        for name, content in made.files.items():
            (tmp_path / name).write_bytes(content)
        epochs, steps = map(int, re.findall(r"^(?:EPOCHS|STEPS) = (\d+)", made.text, re.MULTILINE))
        if epochs * steps < EAGER:
            before, text = "    jit_compile=False,", (tmp_path / NAME).read_text("utf-8")
            assert before in text
            text = text.replace(before, f"    run_eagerly=True,\n{before}")
            (tmp_path / NAME).write_text(text, "utf-8", newline="\n")
        monkeypatch.setattr(sys, "argv", [NAME, *arguments])
        keras.utils.clear_session()
        try:
            runpy.run_path(NAME)
            ended = 0
        except SystemExit as error:
            ended = int(error.code or 0)
        printed = capsys.readouterr().out
        assert ended == status, printed
        return printed

    return execute


@pytest.fixture
def whole_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What Keras would have to fetch: the first rows of it, which lie in the package."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in images.IMAGES:
        found = images.bundled(name)
        answer = (found.x_train, found.y_train), (found.x_test, found.y_test)
        module = getattr(keras.datasets, name)
        monkeypatch.setattr(module, "load_data", lambda answer=answer: answer)


# Keras' own ReduceLROnPlateau
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("case", CASES, ids=[f"{c['dataset']}-{i}" for i, c in enumerate(CASES)])
def test_a_script_reproduces_its_run(
    case: dict[str, object], execute: Callable[..., str], whole_sets: None
) -> None:
    made = written(case)
    printed = execute(made)
    assert "\nReproduced: largest difference" in printed
    assert not re.search(r"(import|from) playground", made.text)
    difference = float(printed.split("\nReproduced: largest difference ")[1].split()[0])
    assert difference < 1e-4
    last = float(re.findall(r"last weights and scores \(epoch \d+\): (\S+)\.\n", printed)[0])
    assert last < 1e-3


def test_a_script_reads_a_file_of_other_bytes_and_leaves_it_as_it_is(
    execute: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "keras" / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True)
    content = images.to_npz(images.bundled("mnist"))  # not the bytes that Keras knows
    path.write_bytes(content)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    made = written(CASES[1])
    assert "\nReproduced" in execute(made)
    assert path.read_bytes() == content
    path.write_bytes(b"half a file")
    with pytest.raises(SystemExit, match=r"mnist.npz cannot be read .*: move it away"):
        exec(compile(made.text, NAME, "exec"), {"__name__": "__main__", "__file__": NAME})
    assert path.read_bytes() == b"half a file"


def test_a_scaled_target_of_ones_own_is_reproduced(
    execute: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLAYGROUND_TABLES", str(tmp_path / "tables"))
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    x[::7, 1] = np.nan
    y = (300_000 + 50_000 * x[:, 0]).astype(np.float32)
    table = own.Table("Rents", "Own", "regression", ("a", "b", "c"), (), True, x, y, True, "rent")
    case: dict[str, object] = {"dataset": storage.put(table).name, "hidden": (4,)}
    trainer = Trainer(Experiment().replace(**case, epochs=2))
    (first, *_) = (e for e in trainer.advance(seconds=60).events if isinstance(e, Epoch))
    assert 10_000 < first.train.metric < 100_000  # in the target's own unit
    assert trainer.test().metric == pytest.approx(
        score(trainer.latest(), trainer.dataset, trainer.dataset.test, "huber").metric, rel=1e-4
    )
    constant = baseline(trainer.dataset, "mean_squared_error", trainer.dataset.test)
    assert constant.metric == pytest.approx(
        np.abs(
            trainer.dataset.own_unit(trainer.dataset.test.y) - trainer.dataset.target_mean
        ).mean(),
        rel=1e-5,
    )
    assert "\nReproduced" in execute(written(case))


def test_the_cases_cover_every_choice() -> None:
    chosen = [Experiment().replace(**{"hidden": (12, 8), **case}) for case in CASES]
    flat = [experiment.to_dict() for experiment in chosen]
    for name, table in {
        "dataset": DATASETS, "optimizer": OPTIMIZERS, "schedule": SCHEDULES, "loss": LOSSES,
        "kernel_initializer": INITIALIZERS,
    }.items():  # fmt: skip
        assert {fields[name] for fields in flat} >= set(table), name
    used = {name for experiment in chosen for name in experiment.network.layer_activations}
    assert used == set(ACTIVATIONS)


def test_other_numbers_than_the_recorded_ones_end_with_status_1(
    execute: Callable[..., str],
) -> None:
    made = written({"dataset": "gauss", "hidden": (4,)})
    other = made.text.replace("SEED = 0", "SEED = 1", 1).encode()
    assert other != made.files[NAME]
    printed = execute(replace(made, files={NAME: other}), status=1)
    assert "NOT reproduced: largest difference" in printed


# The lowest validation loss comes before the last epoch, and training ends by itself.
RESTORED: dict[str, object] = {
    "dataset": "spiral", "train_size": 30, "validation_size": 30, "hidden": (8,),
    "optimizer": "adam", "learning_rate": 0.5, "epochs": 5, "early_stopping": True, "patience": 50,
}  # fmt: skip


def test_the_proof_compares_the_weights_that_were_restored_at_the_end(
    execute: Callable[..., str],
) -> None:
    made = written(RESTORED)
    final = int(re.findall(r"FINAL = (\d+)", made.text)[0])
    assert final == 3
    printed = execute(made)
    assert f"last weights and scores (epoch {final}): " in printed
    assert "\nReproduced" in printed
    kept = made.text.replace("restore_best_weights=True", "restore_best_weights=False").encode()
    assert "NOT reproduced" in execute(replace(made, files={NAME: kept}), status=1)


@pytest.mark.filterwarnings("ignore:.*which is not available:UserWarning")  # as in Keras
def test_a_run_that_was_validated_every_other_epoch_is_reproduced(
    execute: Callable[..., str],
) -> None:
    """Its three rules see the evaluated epochs alone: the plateau, early stopping, the target."""
    made = written(
        RESTORED | {
            "validation_freq": 2, "patience": 1, "epochs": 9, "schedule": "plateau",
            "plateau_patience": 1, "warmup_epochs": 0.5, "target_metric": "loss",
            "target_value": 0.01,
        }
    )  # fmt: skip
    assert "    validation_freq=2,\n" in made.text
    assert re.search(r"    1: \([^,]+, [^,]+\),\n    2: \((?:[^,]+, ){3}[^,]+\),", made.text)
    final, epochs = (int(n) for n in re.findall(r"(?:FINAL|\nEPOCHS) = (\d+)", made.text)[::-1])
    assert final % 2 == 0
    assert final < epochs < 9
    printed = execute(made)
    assert f"last weights and scores (epoch {final}): " in printed
    assert "\nReproduced" in printed


def test_a_script_names_versions_threads_and_processor() -> None:
    score = Score(0.5, 0.25)
    events = [Epoch(1, 1, score, score, 0.01, 0.1, ())]
    made = script(Experiment(), events, versions() | {"threads": "2", "processor": "Z80"})
    assert "Trained with 2 threads: TF_NUM_INTRAOP_THREADS=2" in made.text
    assert 'PROCESSOR = "Z80"' in made.text
    pinned = (f"{name}=={VERSIONS[name]}" for name in ("keras", "tensorflow", "numpy"))
    assert f"pip install {' '.join(pinned)}\n" in made.text
    assert "another family of processors round differently" in made.text


def test_fewer_epochs_can_be_asked_for(execute: Callable[..., str]) -> None:
    printed = execute(written({"dataset": "gauss", "hidden": (4,)}), "2")
    assert "epoch   2" in printed
    assert "epoch   3" not in printed
    assert "in the first 2 epochs" in printed


def test_a_run_that_began_with_other_weights(execute: Callable[..., str]) -> None:
    experiment = Experiment().replace(dataset="xor", hidden=(5,), epochs=EPOCHS)
    start = Trainer(experiment.replace(seed=7)).latest()
    made = script(experiment, run(experiment, start), VERSIONS, start)
    assert set(made.files) == {NAME, "initial_weights.npz"}
    assert "Reproduced" in execute(made)


HOSTILE = '"""\n\\"; raise SystemExit(7) #\' {x} \u202e'


def test_own_data_whose_names_look_like_code(execute: Callable[..., str]) -> None:
    random = np.random.default_rng(3)
    x, y = random.normal(size=(40, 3)).astype(np.float32), (np.arange(40) % 3).astype(np.int32)
    names = (HOSTILE, "it's", 'say "no"')
    table = own.Table(HOSTILE, HOSTILE, "classification", names, names, True, x, y)
    made = written({"dataset": storage.put(table).name, "hidden": (4,)})
    assert set(made.files) == {NAME, "data.npz"}
    assert "Reproduced" in execute(made)
    tree = ast.parse(made.text)
    assert {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)} >= set(names)


def test_it_runs_without_this_program(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(written({"dataset": "moons", "dropout": 0.2}).files[NAME])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    outcome = subprocess.run(
        [sys.executable, "-I", NAME], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr
    assert "Reproduced: largest difference" in outcome.stdout


def test_a_run_that_was_trained_on_is_reproduced_in_its_parts(execute: Callable[..., str]) -> None:
    """With the longer plan of its schedule, and the best weights back at both ends."""
    experiment = Experiment().replace(**RESTORED | {"schedule": "cosine", "patience": 3})
    trainer = Trainer(experiment)
    events = list(trainer.advance(seconds=60).events)
    events += trainer.advance(seconds=60, changes={"epochs": events[-1].epoch + 4}).events
    made = script(trainer.experiment, events, VERSIONS, end=trainer.latest())
    assert made.notes == ()
    assert f"EPOCHS = {events[-1].epoch} " in made.text
    assert "train(0, 5, callbacks)\ntrain(5, " in made.text
    assert "Reproduced" in execute(made)


def test_a_run_from_the_weights_of_an_earlier_epoch_is_reproduced(
    execute: Callable[..., str],
) -> None:
    """With a new optimizer, the schedule where it was, and the units that dropout drops then."""
    experiment = Experiment().replace(
        dataset="moons", hidden=(8,), optimizer="adam", dropout=0.2, schedule="exponential",
        epochs=4, early_stopping=True,
    )  # fmt: skip
    trainer = Trainer(experiment)
    events: list[Event] = [e for e in trainer.advance(seconds=60).events if e.epoch <= 2]
    branch = Trainer(experiment.replace(epochs=5), trainer.snapshot(2))
    events += [WeightsLoaded(2), HyperparametersChanged(2, "epochs", 4, 5)]
    events += branch.advance(seconds=60).events
    made = script(branch.experiment, events, VERSIONS, end=branch.latest())
    assert reproducible(branch.experiment, events) == (experiment, None, ())
    assert "schedule.done = 2 * STEPS" in made.text
    assert "Reproduced" in execute(made)


def test_stop_rules_are_reproduced(execute: Callable[..., str]) -> None:
    made = written(
        {"dataset": "circle", "hidden": (6,), "optimizer": "adam", "learning_rate": 0.03,
         "epochs": 20, "target_metric": "metric", "target_value": 0.6, "early_stopping": True,
         "min_delta": 0.001, "patience": 9}
    )  # fmt: skip
    assert "min_delta=0.001" in made.text
    assert "because it reached its target" in made.text
    # The target ends it, not the number of its epochs.
    longer = made.text.replace("\nEPOCHS = 5 ", "\nEPOCHS = 9 ").encode()
    assert longer != made.files[NAME]
    printed = execute(replace(made, files={NAME: longer}))
    assert "Reproduced" in printed
    assert "epoch   6: " not in printed


def test_what_was_changed_by_hand_is_said_and_not_compared() -> None:
    before = Experiment().replace(dataset="xor", hidden=(4,), epochs=9)
    trainer = Trainer(before)
    events = list(trainer.advance(seconds=60, until_epoch=4).events)
    events += trainer.advance(seconds=60, changes={"learning_rate": 0.5}).events
    made = script(trainer.experiment, events, VERSIONS)
    assert reproducible(trainer.experiment, events)[0] == before
    assert "EPOCHS = 4 " in made.text
    assert made.notes == (
        "After epoch 4 learning_rate was changed from 0.01 to 0.5: the script goes no further.",
    )
    assert reproducible(before, [ExamplesAdded(2, 9)])[1] == 2


@pytest.mark.parametrize(("name", "used"), [("net-1.py", "net-1.py"), ('"""\n1/0.py', NAME)])
def test_the_file_is_called_as_it_says(name: str, used: str) -> None:
    score = Score(0.5, 0.25)
    events = [Epoch(1, 1, score, score, 0.01, 0.1, ())]
    made = script(Experiment(), events, VERSIONS, name=name)
    assert list(made.files) == [used]
    assert f"python {used} 3" in made.text


@pytest.mark.parametrize("events", [[], [HyperparametersChanged(0, "l2", 0.0, 0.1)]])
def test_without_an_epoch_there_is_no_script(events: list[Event]) -> None:
    with pytest.raises(ScriptError, match="recorded"):
        script(Experiment(), events, VERSIONS)


def test_listings_are_the_functions_themselves() -> None:
    from playground.datasets.synthetic import multi_gauss

    names: dict[str, object] = {"np": np}
    exec(listing(multi_gauss), names)
    draw = names["multi_gauss"]
    assert callable(draw)
    ours, theirs = (
        f(50, 0.1, np.random.default_rng(1), np.random.default_rng(2)) for f in (multi_gauss, draw)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("text", ["", "ß – 服", HOSTILE, "\r\x00\u2028", "\ud800", "'\"\\"])
def test_quoted_texts_read_back(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text


def test_long_runs_are_recorded_in_few_rows() -> None:
    score = Score(0.5, 0.25)
    events = [Epoch(i, i, score, score, 0.01, 0.1, ()) for i in range(1, 501)]
    made = script(Experiment().replace(dataset="gauss", epochs=500), events, VERSIONS)
    assert made.text.count(": (0.5, 0.25, 0.5, 0.25),") == 40
    assert all(f"    {epoch}: (" in made.text for epoch in (1, 2, 3, 500))
