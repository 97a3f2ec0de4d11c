"""A trained network in Python: its numbers are those of the trainer and of Keras."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground import Experiment, Trainer, build_model, list_runs, load, open_run, train
from playground.api import runs
from playground.api.network import TrainedNetwork
from playground.api.runs import ProgressBar, owner_of_new_runs
from playground.export import pretrained
from playground.history.events import Diverged, Epoch, LayerStatistics, Progress, Score
from playground.history.history import Log
from playground.storage.store import OwnerDigest, digest, store

IRIS = Experiment().replace(dataset="iris", hidden=(8,), optimizer="adam", epochs=3, l2=0.01)


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture(scope="module")
def result() -> TrainedNetwork:
    return train(IRIS)


def test_it_is_what_a_trainer_trains(result: TrainedNetwork) -> None:
    trainer, log = Trainer(IRIS), Log()
    while not trainer.over:
        log.extend(trainer.advance(seconds=1).events)
    assert (result.state, result.id) == ("finished", None)
    np.testing.assert_array_equal(result.history.val_loss, log.history().val_loss)
    for ours, theirs in zip(result.weights, trainer.latest().weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    test = trainer.test()
    assert result.evaluate("test") == pytest.approx({"loss": test.loss, "accuracy": test.metric})


def test_predictions_and_scores_are_those_of_keras(result: TrainedNetwork) -> None:
    x, y = load(IRIS).test.x, load(IRIS).test.y
    model = result.keras()
    np.testing.assert_allclose(result.predict(x), model.predict(x, verbose=0), atol=1e-6)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    expected = {"loss": loss, "accuracy": accuracy}
    assert result.evaluate(x, y) == pytest.approx(expected, abs=1e-6)
    assert result.evaluate() == result.evaluate(x, y)
    shapes = [weight.shape for weight in build_model(IRIS).get_weights()]
    assert [weight.shape for weight in result.weights] == shapes


def test_the_history_has_the_names_of_keras(result: TrainedNetwork) -> None:
    frame = result.history.to_pandas()
    names = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]
    assert frame.columns.tolist() == names
    assert frame.index.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(frame["val_accuracy"], result.history.val_metric)
    assert "<table" in result.history._repr_html_()
    assert repr(result.history).startswith("<History of 3 epochs: loss ")


def test_the_figure_shows_both_splits_and_the_best_epoch(result: TrainedNetwork) -> None:
    figure, history = result.history.plot(), result.history
    assert history.val_loss is not None
    columns = (history.loss, history.val_loss, history.metric, history.val_metric)
    curves, best = figure.data[:4], figure.data[4]
    for trace, column in zip(curves, columns, strict=True):
        np.testing.assert_array_equal(trace.y, column)
    assert best.x[0] == history.best_epoch
    assert best.y[0] == history.val_loss.min()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_it_is_written_to_files_and_read_again(result: TrainedNetwork, tmp_path: Path) -> None:
    import keras

    read = pretrained.read(result.save(tmp_path / "net.npz").read_bytes())
    assert read.experiment == IRIS
    np.testing.assert_array_equal(read.snapshot.weights[0], result.weights[0])
    file = result.save(str(tmp_path / "net.keras"))
    model = keras.models.load_model(file, compile=False)
    x = load(IRIS).test.x
    np.testing.assert_allclose(model.predict(x, verbose=0), result.predict(x), atol=1e-6)
    assert result.script(tmp_path / "train.py") == (tmp_path / "train.py").read_text()


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda r: r.predict([[1.0, 2.0]]), ValueError, r"shape \(n, 4\), got \(1, 2\)"),
        (lambda r: r.evaluate("tset"), ValueError, "one of train, validation, test.*got tset"),
        (lambda r: r.evaluate("holdout"), LookupError, "no holdout examples"),
        (lambda r: r.evaluate([[1, 2, 3, 4]]), ValueError, "y must be given"),
        (lambda r: r.evaluate([[1, 2, 3, 4]], [3]), ValueError, "from 0 to 2, got 3 to 3"),
        (lambda r: r.save("net.h5"), ValueError, r"end in \.npz or \.keras, got net\.h5"),
        (lambda r: r.save("no/net.npz"), FileNotFoundError, "folder that exists"),
        (lambda r: r.save(__file__), ValueError, r"end in \.npz or \.keras"),
        (lambda r: train("iris"), TypeError, "must be an Experiment, got iris"),
        (lambda r: open_run("nope"), LookupError, "there is no such run, got nope"),
        (lambda r: train(IRIS, log="nope"), LookupError, "no such run"),
    ],
)
def test_what_is_wrong_is_named(
    result: TrainedNetwork, call: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        call(result)


def test_a_file_is_not_replaced_unasked(result: TrainedNetwork, tmp_path: Path) -> None:
    place = result.save(tmp_path / "net.npz")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        result.save(place)
    assert result.save(place, overwrite=True) == place


def test_a_diverged_network_says_what_to_try() -> None:
    log = Log([Diverged(0, 5, "Try a learning rate of 0.1.")])
    shown = repr(TrainedNetwork(IRIS, log, None, {}, "diverged"))
    assert shown.endswith("diverged after epoch 0 of 3 (Try a learning rate of 0.1.)>")


# ---- saved runs --------------------------------------------------------------------------


def test_a_logged_run_is_listed_and_opened_again() -> None:
    result = train(IRIS, log=True)
    (row,) = list_runs()
    assert (row.id, row.kind, row.state, row.epoch) == (result.id, "train", "finished", 3)
    assert repr(row).startswith(f"<RunRow {row.id}: iris · 8 relu · adam 0.001")
    again = open_run(row)
    assert again.experiment == IRIS
    np.testing.assert_array_equal(again.history.loss, result.history.loss)
    assert again.evaluate() == result.evaluate()
    assert list_runs("spiral") == []
    assert [each.id for each in list_runs("iris", datasets=["iris"])] == [result.id]


def test_an_interrupted_run_is_saved_up_to_its_last_slice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advance = Trainer.advance

    def interrupted(trainer: Trainer, *arguments: Any, **options: Any) -> Any:
        if trainer.epoch >= 64:
            raise KeyboardInterrupt
        return advance(trainer, *arguments, **options)

    monkeypatch.setattr(runs, "SLICE", 0.0)
    monkeypatch.setattr(Trainer, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(IRIS.replace(epochs=1000), log=True)
    (row,) = list_runs()
    assert (row.state, row.epoch) == ("stopped", len(open_run(row).history))
    assert open_run(row).network.epoch == row.epoch


def test_a_run_without_weights_still_has_its_history() -> None:
    saved = store().create_run("a" * 32, IRIS)
    layers = (LayerStatistics(0.1, 0.1, 0.1, 0.0), LayerStatistics(0.1, 0.1, 0.1, None))
    epoch = Epoch(1, 3, Score(1.0, 0.5), Score(1.1, 0.4), 0.001, 0.1, layers)
    store().log_events(saved, IRIS, [epoch], "paused", 1)
    opened = open_run(saved)
    assert (opened.state, opened.history.metric.tolist()) == ("paused", [0.5])
    with pytest.raises(LookupError, match="no weights"):
        opened.weights  # noqa: B018


def test_a_run_of_python_belongs_to_the_browser_in_the_database() -> None:
    browser, other = "b" * 32, "c" * 32
    assert owner_of_new_runs() == ""
    of_nobody = store().create_run("", IRIS)
    store().adopt(browser)
    assert [row.id for row in store().list_runs(browser)] == [of_nobody]
    assert owner_of_new_runs() == digest(browser)
    theirs = store().create_run(other, IRIS)
    with pytest.raises(ValueError, match="2 browsers have runs"):
        owner_of_new_runs()
    assert owner_of_new_runs(theirs) == digest(other)
    store().adopt(other)  # nothing is left to adopt
    assert [row.id for row in store().list_runs(browser)] == [of_nobody]
    assert {row.id for row in list_runs()} == {of_nobody, theirs}


def test_no_browser_can_pretend_to_be_a_digest() -> None:
    stored = digest("b" * 32)
    assert digest(stored) != stored
    assert digest(OwnerDigest(stored)) == stored


# ---- progress ----------------------------------------------------------------------------


def test_the_progress_tells_position_and_scores() -> None:
    bar = ProgressBar(IRIS, shown=False)
    epoch = Epoch(2, 6, Score(0.5, 0.75), Score(0.6, 0.7), 0.001, 0.1, ())
    bar.update((epoch, Progress(3, 1, 3, 0.5, 1000.0)))
    assert bar.done == 7
    text = "epoch 2 of 3 · loss 0.5 · accuracy 0.75 · val_loss 0.6 · val_accuracy 0.7"
    assert repr(bar) == text
    assert bar._repr_html_() == f'<progress value="7" max="9"></progress> {text}'
