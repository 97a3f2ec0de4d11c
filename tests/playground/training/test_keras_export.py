"""Networks and curves in files that Keras and TensorBoard read."""

import io
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from playground import Experiment, load
from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.experiment.model import Data
from playground.experiment.model_summary import assemble
from playground.history.events import Epoch, Event, Score
from playground.nn.activations import ACTIVATIONS
from playground.training import Trainer
from playground.training.keras_export import event_files, keras_file
from playground.training.keras_model import initial_weights

# Keras' saving, with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def read(content: bytes, folder: Path) -> keras.Model:
    path = folder / "network.keras"
    path.write_bytes(content)
    return keras.models.load_model(path)


NAMES = list(ACTIVATIONS)
CASES: list[dict[str, object]] = [
    {"dataset": "fashion_mnist", "train_size": 20, "validation_size": 5, "activations": NAMES[:4]},
    {"dataset": "mnist", "train_size": 20, "standardize": True, "activations": NAMES[4:8]},
    {
        "dataset": "digits",
        "optimizer": "adam",
        "dropout": 0.3,
        "l1": 0.1,
        "activations": NAMES[8:12],
    },
    {"dataset": "iris", "l2": 0.1, "activations": NAMES[12:]},
    {"dataset": "coffee", "hidden": ()},
    {"dataset": "sine", "standardize": True, "hidden": (6,)},
]


@pytest.mark.parametrize("case", CASES, ids=[str(case["dataset"]) for case in CASES])
def test_a_keras_file_predicts_from_raw_inputs_as_the_network_does(
    case: dict[str, object], tmp_path: Path
) -> None:
    experiment = Experiment().replace(**{"hidden": (9, 8, 7, 6), **case})
    snapshot = assemble(experiment, 0, initial_weights(experiment))
    dataset = load(experiment.data)
    model = read(keras_file(experiment, snapshot), tmp_path)
    raw = dataset.test.x[:50]
    ours = snapshot.predict(dataset.transform(raw))
    np.testing.assert_allclose(model.predict(raw, verbose=0), ours, atol=1e-5)
    assert model.count_params() >= snapshot.n_parameters
    assert model.optimizer is not None


def test_features_of_any_size_are_scaled(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    size = np.array([1e-9, 1.0, 1e25], np.float32)
    x = (random.normal(size=(60, 3)) * size).astype(np.float32)
    y = (np.arange(60) % 2).astype(np.int32)
    names = ("a", "b", "c")
    table = own.Table("sizes", "of all sizes", "classification", names, ("0", "1"), True, x, y)
    experiment = Experiment().replace(dataset=storage.put(table).name, hidden=(5,))
    snapshot = assemble(experiment, 0, initial_weights(experiment))
    model = read(keras_file(experiment, snapshot), tmp_path)
    dataset = load(experiment.data)
    ours = snapshot.predict(dataset.transform(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), ours, atol=1e-5)


def test_the_file_scores_as_the_run_did(tmp_path: Path) -> None:
    experiment = Experiment().replace(dataset="iris", hidden=(8,), epochs=5, l2=0.01, dropout=0.1)
    trainer = Trainer(experiment)
    last = [e for e in trainer.advance(seconds=60).events if isinstance(e, Epoch)][-1]
    model = read(keras_file(experiment, trainer.latest()), tmp_path)
    part = load(experiment.data).validation
    loss, accuracy = model.evaluate(part.x, part.y, verbose=0)
    assert last.validation is not None
    assert loss == pytest.approx(last.validation.loss, abs=1e-5)
    assert accuracy == pytest.approx(last.validation.metric, abs=1e-6)


def scalars(content: bytes, folder: Path) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Folder → tag → (step, value) of event files, as TensorFlow reads them."""
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    found: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for path in sorted(folder.glob("*/events.out.tfevents.*")):
        tags = found.setdefault(path.parent.name, {})
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                number = float(tf.make_ndarray(value.tensor))
                tags.setdefault(value.tag, []).append((event.step, number))
    return found


def finished(epoch: int, validated: bool = True) -> Epoch:
    train, seen = Score(1 / epoch, 0.5 + epoch / 10), Score(2 / epoch, 0.25)
    return Epoch(epoch, 9 * epoch, train, seen if validated else None, 0.1 * epoch, 0.5, ())


def test_event_files_hold_the_curves(tmp_path: Path) -> None:
    events: list[Event] = [finished(1), finished(2), finished(3)]
    found = scalars(event_files(Experiment(), events, 1_000.0), tmp_path)
    assert {part: set(tags) for part, tags in found.items()} == {
        "train": {"epoch_loss", "epoch_accuracy", "epoch_learning_rate"},
        "validation": {"epoch_loss", "epoch_accuracy"},
    }
    steps, losses = zip(*found["train"]["epoch_loss"], strict=True)
    assert steps == (0, 1, 2)
    np.testing.assert_allclose(losses, [1, 1 / 2, 1 / 3])
    np.testing.assert_allclose([v for _, v in found["validation"]["epoch_loss"]], [2, 1, 2 / 3])
    rates = [v for _, v in found["train"]["epoch_learning_rate"]]
    np.testing.assert_allclose(rates, [0.1, 0.2, 0.3])


def test_without_validation_there_is_no_folder_for_it(tmp_path: Path) -> None:
    experiment = Experiment(data=Data(dataset="sine"))
    found = scalars(event_files(experiment, [finished(1, validated=False)], 0.0), tmp_path)
    assert list(found) == ["train"]
    assert "epoch_mean_absolute_error" in found["train"]
