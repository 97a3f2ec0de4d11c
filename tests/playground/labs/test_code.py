"""The six steps as code: it runs as it stands in both forms, with the stated parameters."""

import contextlib
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies

from playground import Experiment
from playground.datasets import images, load
from playground.datasets.tabular import iris
from playground.experiment.model_summary import summary
from playground.export.script.training import DEFAULTED
from playground.history.history import history
from playground.labs.code import (
    EXAMPLES,
    FORMS,
    NAME,
    code,
    files,
    shuffled_iris,
    steps,
    validation_split,
)
from playground.labs.keras.code import asked, summaries
from playground.nn.optimizers import OPTIMIZERS
from playground.training import Trainer

# Published figures: iris with one layer, MNIST with 128 units, Fashion-MNIST with 300 and 100.
PUBLISHED = {"iris": 15, "mnist": 101_770, "fashion_mnist": 266_610}

SMALL: dict[str, Any] = {"hidden": (6, 5), "epochs": 1}

CASES: list[dict[str, Any]] = [
    {"dataset": "digits", "dropout": 0.3, "l1": 0.001, "l2": 0.002, "standardize": True,
     "activations": ("leaky_relu", "selu"), "kernel_initializer": "he_normal",
     "optimizer": "adamw"},
    {"dataset": "sine", "loss": "huber", "optimizer": "momentum", "schedule": "cosine",
     "warmup_epochs": 0.5, "clipping": "norm", "early_stopping": True,
     "min_delta": 0.01, "target_metric": "loss", "time_limit": 60.0},
    {"dataset": "coffee", "optimizer": "rmsprop", "schedule": "plateau", "warmup_epochs": 1,
     "shuffle": False, "bias_initializer": "random_normal"},
    {"dataset": "spiral", "loss": "mean_squared_error", "validation_size": 0, "dropout": 0.5,
     "schedule": "plateau", "noise": 0.2},
    {"dataset": "iris", "loss": "mean_squared_error", "noise": 0.1, "label_noise": 0.2},
    {"dataset": "mnist", "train_size": 90, "validation_size": 10, "standardize": True},
    {"dataset": "iris", "split_without_shuffle": True, "hidden": ()},
    {"dataset": "mnist", "train_size": 90, "validation_size": 10, "validate_on_test": True},
]  # fmt: skip


@pytest.fixture
def execute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_sets: None
) -> Callable[..., dict[str, Any]]:
    """Runs the code in this process, where Keras is loaded already; the names it defines."""

    def execute(experiment: Experiment, form: str) -> dict[str, Any]:
        for name, content in files(experiment, form).items():
            (tmp_path / name).write_bytes(content)
        monkeypatch.chdir(tmp_path)
        names: dict[str, Any] = {"__name__": "__main__", "__file__": str(tmp_path / NAME)}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(code(experiment, form), NAME, "exec"), names)
        return names | {"printed": printed.getvalue()}

    return execute


@pytest.fixture
def whole_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Keras would have to fetch: the first rows of it, which lie in the package."""
    for name in images.IMAGES:
        found = images.bundled(name)
        answer = (found.x_train, found.y_train), (found.x_test, found.y_test)
        monkeypatch.setattr(
            getattr(keras.datasets, name), "load_data", lambda _="", answer=answer: answer
        )


# Keras' own ReduceLROnPlateau
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("i", range(len(CASES)), ids=[each["dataset"] for each in CASES])
def test_the_code_runs_as_it_stands(i: int, execute: Callable[..., dict[str, Any]]) -> None:
    experiment = Experiment().replace(**SMALL | CASES[i])
    form = list(FORMS)[i % len(FORMS)]
    model = execute(experiment, form)["model"]
    assert model.count_params() == summary(experiment).parameters
    history = model.history.history
    assert len(history["loss"]) == 1
    assert ("val_loss" in history) == (experiment.data.validation_size > 0)
    assert "playground" not in code(experiment, form)


@pytest.mark.parametrize(("name", "form"), [("mnist", "sequential"), ("fashion_mnist", "subclass")])
def test_the_examples_have_the_published_parameters(
    name: str, form: str, execute: Callable[..., dict[str, Any]]
) -> None:
    example = EXAMPLES[name][1]
    made = execute(example.replace(epochs=1, train_size=96, validation_size=32), form)
    assert made["model"].count_params() == PUBLISHED[name] == summary(example).parameters
    assert f"Trainable params: {PUBLISHED[name]:,} " in made["printed"]


@pytest.mark.parametrize("form", ["sequential", "subclass"])
def test_the_summary_beside_it_is_what_the_code_prints(form: str, tmp_path: Path) -> None:
    example = EXAMPLES["iris"][1].replace(epochs=1)
    (tmp_path / NAME).write_bytes(files(example, form)[NAME])
    run = subprocess.run(
        [sys.executable, "-I", NAME], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    printed = run.stdout[run.stdout.index("Model:") :]
    assert numbers(summaries(example)[form]) == numbers(printed)
    assert f"Trainable params: {PUBLISHED['iris']} " in printed
    assert summary(example).parameters == PUBLISHED["iris"]


def numbers(text: str) -> list[str]:
    """Words and numbers, without the lines around them and the room between."""
    return re.findall(r"[\w.,()?\"]+", text)


def test_the_model_has_its_layers_by_index_and_by_name_with_the_published_shapes() -> None:
    example = EXAMPLES["fashion_mnist"][1]
    told = dict(asked(example, None).lines)
    assert re.findall(r"<(\w+) name=(\w+)", told["model.layers"]) == [
        ("Flatten", "flatten"), ("Dense", "dense"), ("Dense", "dense_1"), ("Dense", "dense_2"),
    ]  # fmt: skip
    assert told["hidden1.name"] == "'dense'"
    assert told["model.get_layer('dense') is hidden1"] == "True"
    assert told["weights.shape"] == "(784, 300)"
    assert told["biases.shape"] == "(300,)"
    assert "array([0., 0., ..., 0., 0.]" in told["biases"]  # before training, without training
    assert told["float(keras.optimizers.get('sgd').learning_rate)  # as a string"] == "0.01"
    # Of a trained network: its own weights.
    small = EXAMPLES["iris"][1]
    weights = (np.full((4, 3), 0.25, np.float32), np.ones(3, np.float32))
    told = dict(asked(small, weights).lines)
    assert "0.25" in told["weights"]
    assert told["biases"] == "array([1., 1., 1.], dtype=float32)"


def test_one_add_a_layer_is_the_list_of_layers() -> None:
    example = EXAMPLES["mnist"][1]
    listed, added = (steps(example, form)[2].code for form in ("sequential", "add"))
    assert added.splitlines()[0] == "model = keras.Sequential()"
    of_list = re.findall(r"^    (layers.*),$", listed, re.MULTILINE)
    assert re.findall(r"^model\.add\((layers.*)\)$", added, re.MULTILINE) == of_list
    assert len(of_list) == 3


def test_the_summaries_name_and_count_every_layer() -> None:
    told = summaries(Experiment().replace(dataset="digits", hidden=(128, 32), dropout=0.2))
    for text, model in ((told["sequential"], "sequential"), (told["subclass"], "my_model")):
        assert f'Model: "{model}"' in text
        assert "flatten (Flatten)" in text
        assert "dropout_1 (Dropout)" in text
        for counted in ("8,320", "4,128", "330", "12,778"):
            assert counted in text


def test_keras_does_not_look_for_its_digest_in_a_file_that_is_already_there() -> None:
    loaded = re.findall(r"load_data\((.*)\)", code(EXAMPLES["mnist"][1], "sequential"))
    assert loaded == ['"mnist-keras.npz"']  # and not mnist.npz, which it would delete


@given(strategies.from_type(Experiment), strategies.sampled_from(sorted(FORMS)))
@settings(max_examples=60)
def test_any_experiment_becomes_python_of_its_own(experiment: Experiment, form: str) -> None:
    text = code(experiment, form)
    compile(text, NAME, "exec")
    assert not re.search(r"(import|from) playground", text)
    assert text.count("layers.Dense(") == len(experiment.layer_sizes) - 1
    assert [line[:4] for line in text.splitlines() if re.match(r"# \d\. ", line)] == [
        f"# {i}." for i in range(1, 7)
    ]


def test_what_is_left_out_is_what_keras_takes_anyway() -> None:
    for entry in OPTIMIZERS.values():
        usual = inspect.signature(getattr(keras.optimizers, entry.keras)).parameters
        for name in DEFAULTED:
            if name in entry.defaults:
                assert usual[name].default == entry.defaults[name], (entry.label, name)


def test_the_iris_example_is_the_one_of_the_course() -> None:
    example = EXAMPLES["iris"][1]
    assert validation_split(example.data) == 0.2
    assert example.layer_sizes == (4, 3)
    data = load(example.data)  # 120 and 30, as printed; no test set is left
    assert [len(part) for part in (data.train, data.validation, data.test)] == [120, 30, 0]
    text = code(example, "sequential")
    for line in (
        'activation="softmax"',
        "kernel_regularizer=keras.regularizers.L2(0.01)",
        "keras.optimizers.SGD(learning_rate=0.1)",
        "batch_size=32",
        "epochs=500",
        "validation_split=0.2",
        "validation_freq=20",
    ):
        assert line in text


def test_the_iris_example_has_a_validation_score_after_every_20th_of_its_500_epochs() -> None:
    events = Trainer(EXAMPLES["iris"][1]).advance(seconds=600).events
    log = history(events)
    assert len(log) == 500
    assert log.validated.epoch.tolist() == list(range(20, 501, 20))
    assert len(log.validated) == 25


def test_the_fashion_example_has_5_000_images_for_validation_and_1_719_updates_an_epoch() -> None:
    example = EXAMPLES["fashion_mnist"][1]
    assert example.steps_per_epoch == 1_719
    text = code(example, "sequential")
    for line in (
        "x_train, y_train = x[5000:60000], y[5000:60000]",
        "x_validation, y_validation = x[:5000], y[:5000]",
        "optimizer=keras.optimizers.SGD(learning_rate=0.01)",
        "epochs=10",
    ):
        assert line in text


def test_mnist_is_validated_on_the_test_set_as_in_the_course() -> None:
    example = EXAMPLES["mnist"][1]
    text = code(example, "sequential")
    for line in (
        "x_train, x_test = x_train / 255.0, x_test / 255.0",
        "x_train, y_train = x_train[:60000], y_train[:60000]",
        "x_validation, y_validation = x_test[:10000], y_test[:10000]",
        'layers.Dense(128, activation="relu")',
        "optimizer=keras.optimizers.Adam(learning_rate=0.001)",
        "batch_size=32",
        "epochs=5",
        "validation_data=(x_validation, y_validation)",
    ):
        assert line in text
    assert files(example, "sequential").keys() == {NAME}


def test_the_same_seed_keeps_the_classes_of_the_flowers_and_another_one_does_not() -> None:
    x, y, truth = shuffled_iris(116, 116)
    x_train, y_train = iris()
    for array in (x_train, y_train):  # as printed
        np.random.seed(116)
        np.random.shuffle(array)
    assert (x == x_train).all()
    assert (y == y_train).all()
    assert (y == truth).all()
    x, y, truth = shuffled_iris(116, 117)
    assert 0.2 < (y == truth).mean() < 0.45


def test_each_step_names_fields_of_the_experiment() -> None:
    experiment = Experiment()
    made = steps(experiment, "sequential")
    assert [step.title for step in made] == [
        "Import", "Data, split", "Model", "Compile", "Fit", "Summary",
    ]  # fmt: skip
    assert {name for step in made for name in step.fields} <= experiment.to_dict().keys()
