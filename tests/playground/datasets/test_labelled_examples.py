"""Fine-tuning a run on added examples: what is added, its effect, and the exact undo."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from distributed import Client

from playground import Experiment, load
from playground.datasets.dataset import Split
from playground.datasets.labelled_examples import (
    compare_networks,
    undo_limit,
    validated_examples,
    with_shifts,
)
from playground.datasets.registry import DATASETS
from playground.experiment.model_summary import assemble
from playground.history.events import Epoch, Event, ExamplesAdded, Finished
from playground.history.history import history
from playground.nn.network import Snapshot
from playground.runs.run import Run
from playground.training import Trainer

DIGITS = Experiment().replace(
    dataset="digits", train_size=300, hidden=(16,), optimizer="adam", dropout=0.1, epochs=8
)
# epochs too large for one call: a pause can fall inside one
LONG = DIGITS.replace(train_size=1_137, hidden=(256, 128), batch_size=4, epochs=3)

IMAGE = np.zeros((8, 8), np.uint8)
IMAGE[1:7, 3:5] = 16
SEVENS = with_shifts(IMAGE), np.full(9, 7)


def untimed(events: Iterable[Event]) -> list[Any]:
    """The events without how long things took."""
    return [
        replace(e, seconds=0.0, compile_seconds=None) if isinstance(e, Epoch) else e for e in events
    ]


def assert_same(one: Snapshot, other: Snapshot) -> None:
    assert one.epoch == other.epoch
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def to_the_end(trainer: Trainer) -> list[Any]:
    return untimed(trainer.advance(seconds=600, with_snapshot=False).events)


# ---- examples ----------------------------------------------------------------------------


def test_the_shifts_are_the_image_moved_by_one_pixel_to_all_sides() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (28, 28)).astype(np.uint8)
    shifts = with_shifts(image)
    assert shifts.shape == (9, 28, 28)
    assert shifts.dtype == np.uint8
    np.testing.assert_array_equal(shifts[0], image)
    inner = {
        image[1 + i : 27 + i, 1 + j : 27 + j].tobytes() for i in (-1, 0, 1) for j in (-1, 0, 1)
    }
    assert {each[1:27, 1:27].tobytes() for each in shifts} == inner


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((1, 28, 28)), [1], r"shape \(8, 8\)"),
        (np.zeros((2, 8, 8)), [1], "a label each"),
        (np.zeros((0, 8, 8)), [], "a label each"),
        (np.full((1, 8, 8), 17), [1], "pixels must be between 0 and 16, got 17 to 17"),
        (np.full((1, 8, 8), np.nan), [1], "finite"),
        (np.zeros((1, 8, 8)), [10], "labels must be whole numbers from 0 to 9, got 10 to 10"),
        (np.zeros((1, 8, 8)), [0.5], "labels must be whole numbers"),
    ],
)
def test_examples_that_do_not_fit_are_refused_in_words(x: Any, y: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        validated_examples(DATASETS["digits"], x, y)


def test_examples_get_the_types_of_the_data() -> None:
    x, y = validated_examples(DATASETS["digits"], SEVENS[0].astype(float), SEVENS[1].astype(float))
    assert (x.dtype, y.dtype) == (np.uint8, np.int32)
    x, y = validated_examples(DATASETS["sine"], [[1.0]], [2.0])
    assert (x.dtype, y.dtype) == (np.float32, np.float32)


# ---- in the engine -----------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [1, 3])
def test_added_examples_are_learned(epochs: int) -> None:
    trainer = Trainer(DIGITS.replace(learning_rate=0.01, dropout=0.0))
    to_the_end(trainer)
    data = trainer.dataset
    before = trainer.latest().predict(data.transform(SEVENS[0]))[:, 7]
    assert untimed(trainer.add_examples(*SEVENS, epochs).events) == [ExamplesAdded(8, 9)]
    events = to_the_end(trainer)
    assert [e.epoch for e in events if isinstance(e, Epoch)] == list(range(9, 9 + epochs))
    assert isinstance(events[-1], Finished)
    assert (trainer.latest().predict(data.transform(SEVENS[0]))[:, 7] > before).mean() > 0.8
    assert len(trainer.dataset.train) == 309
    assert len(load(DIGITS.data).train) == 300


@pytest.mark.parametrize("experiment", [DIGITS, LONG], ids=["short epochs", "long epochs"])
@pytest.mark.parametrize("epoch", [0, 2])
def test_an_undone_fine_tuning_leaves_no_trace(experiment: Experiment, epoch: int) -> None:
    never, tuned = Trainer(experiment), Trainer(experiment)
    for trainer in (never, tuned):
        if epoch:
            trainer.advance(600, until_epoch=epoch)
    before = tuned.checkpoint()
    for _ in range(2):
        tuned.add_examples(*SEVENS)
        tuned.advance(600, until_epoch=epoch + 1, changes={"learning_rate": 0.05})
    assert_same(tuned.restore(before), never.latest())
    assert list(tuned.checkpoints.snapshots) == list(never.checkpoints.snapshots)
    assert tuned.experiment == experiment
    assert to_the_end(tuned) == to_the_end(never)
    assert_same(tuned.latest(), never.latest())


def test_a_checkpoint_holds_the_added_examples() -> None:
    trainer, other = Trainer(DIGITS), Trainer(DIGITS)
    trainer.add_examples(*SEVENS)
    trainer.add_examples(*SEVENS)
    checkpoint = trainer.checkpoint()
    with np.load(io.BytesIO(checkpoint)) as arrays:  # not a copy of all that it trains on
        assert len(arrays["added_x"]) == 18
    other.restore(checkpoint)
    np.testing.assert_array_equal(other.dataset.train.x, trainer.dataset.train.x)
    assert to_the_end(other) == to_the_end(trainer)


def test_of_large_networks_fewer_fine_tunings_can_be_undone() -> None:
    assert [undo_limit(n) for n in (400, 2_500_000, 10_000_000, 24_000_000, 10**9)] == [
        20, 20, 5, 2, 1,
    ]  # fmt: skip


def test_fine_tuning_in_the_middle_of_an_epoch_joins_it_and_can_be_undone() -> None:
    never, tuned = Trainer(LONG), Trainer(LONG)
    for trainer in (never, tuned):
        trainer.advance(seconds=0)  # one compiled call: 128 of 285 updates
        assert 0 < trainer.row < trainer.order.n
    before = tuned.checkpoint()
    tuned.add_examples(*SEVENS)
    rows = tuned.rows
    assert sorted(rows) == list(range(1_137 + 9))  # every example once in this epoch too
    np.testing.assert_array_equal(rows[: tuned.row], never.rows[: never.row])
    [epoch] = [e for e in tuned.advance(600, until_epoch=1).events if isinstance(e, Epoch)]
    assert epoch.step == -(-(1_137 + 9) // 4)
    tuned.restore(before)
    assert to_the_end(tuned) == to_the_end(never)
    assert_same(tuned.latest(), never.latest())


def test_a_run_that_stopped_early_trains_on() -> None:
    trainer = Trainer(
        DIGITS.replace(early_stopping=True, patience=1, learning_rate=0.5, epochs=500)
    )
    events = to_the_end(trainer)
    assert events[-1].stopped_early
    stopped = trainer.epoch
    trainer.add_examples(*SEVENS)
    trainer.advance(600, until_epoch=stopped + 1)
    assert trainer.epoch == stopped + 1


def test_a_diverged_run_is_not_fine_tuned() -> None:
    given = {"optimizer": "sgd", "learning_rate": 10.0, "activation": "linear", "hidden": (64, 64)}
    trainer = Trainer(DIGITS.replace(**given, epochs=200, loss="mean_squared_error"))
    trainer._diverge()
    with pytest.raises(ValueError, match="cannot be fine-tuned"):
        trainer.add_examples(*SEVENS)


def test_a_run_starts_from_given_weights() -> None:
    first = Trainer(DIGITS.replace(learning_rate=0.01))
    to_the_end(first)
    start = replace(first.latest(), epoch=0)
    again = Trainer(DIGITS.replace(seed=5, learning_rate=0.01), start)
    assert_same(again.snapshot(0), start)
    [epoch] = (e for e in again.advance(600, until_epoch=1).events if isinstance(e, Epoch))
    assert epoch.train.metric > 0.8  # one epoch from scratch: about 0.2
    with pytest.raises(ValueError, match="start must be a network of 64-8-10, got 64-16-10"):
        Trainer(DIGITS.replace(hidden=(8,)), start=first.latest())


# ---- in a run ----------------------------------------------------------------------------


@pytest.fixture
def run(dask: Client) -> Iterator[Run]:
    made = Run(DIGITS)
    yield made
    made.close()


def test_a_run_is_fine_tuned_and_undone(run: Run) -> None:
    run.play()
    assert run.wait(60) == "finished"
    before, log = run.latest, list(run.events)
    run.fit_more(*SEVENS)
    assert run.state == "playing"
    assert run.wait(60) == "finished"
    assert run.epoch == 9
    assert history(run.events).examples_added == (ExamplesAdded(8, 9),)
    added = run.added_examples
    assert added is not None
    assert before is not None
    assert_same(added.before, before)
    assert run.latest is not None
    assert run.latest.epoch == 9
    run.snapshot(9)
    run.undo()
    assert (run.state, run.epoch, run.added_examples) == ("finished", 8, None)
    assert list(run.events) == log
    assert_same(run.latest, before)
    assert run.snapshot(9).epoch == 8
    with pytest.raises(ValueError, match="added examples to undo"):
        run.undo()


def test_a_run_fine_tuned_and_undone_continues_as_one_that_never_was(run: Run) -> None:
    run.play(3)
    assert run.wait(60) == "paused"
    run.change(learning_rate=0.002)  # not sent to the trainer yet
    run.fit_more(*SEVENS)
    assert run.wait(60) == "paused"
    assert run.epoch == 4
    run.change(learning_rate=0.1)
    run.undo()
    assert run.experiment.training.learning_rate == 0.002
    run.play()
    assert run.wait(60) == "finished"
    never = Trainer(DIGITS)
    events = untimed(never.advance(600, until_epoch=3).events)
    events += untimed(never.advance(600, changes={"learning_rate": 0.002}).events)
    assert untimed(run.events) == [e for e in events if type(e).__name__ != "Progress"]
    assert run.latest is not None
    assert_same(run.latest, never.latest())


def test_what_does_not_fit_is_refused_and_the_run_continues(run: Run) -> None:
    run.snapshot(0)
    with pytest.raises(ValueError, match="pixels must be between"):
        run.fit_more(np.full((1, 8, 8), 200), [7])
    with pytest.raises(ValueError, match="epochs must be between 1 and 1000, got 0"):
        run.fit_more(*SEVENS, epochs=0)
    with pytest.raises(ValueError, match="there must be added examples"):
        run.undo()
    run.fit_more(*SEVENS)  # before its first epoch
    assert run.wait(60) == "paused"
    assert run.epoch == 1
    run.reset()
    assert run.added_examples is None


def test_a_run_from_given_weights_has_them_at_once_and_after_a_reset(dask: Client) -> None:
    rng = np.random.default_rng(0)
    shapes = [(64, 16), (16,), (16, 10), (10,)]
    start = assemble(DIGITS, 5, [rng.normal(size=s).astype(np.float32) for s in shapes])
    run = Run(DIGITS, start=start)
    assert run.latest is not None
    assert_same(run.latest, replace(start, epoch=0))
    run.fit_more(*SEVENS)
    assert run.wait(60) == "paused"
    assert_same(run.snapshot(0), replace(start, epoch=0))
    run.reset()
    assert_same(run.snapshot(0), replace(start, epoch=0))
    run.reset(seed=3)
    assert not np.array_equal(run.snapshot(0).layers[0].kernel, start.layers[0].kernel)
    run.close()


# ---- what came of it ---------------------------------------------------------------------


def test_networks_are_compared_by_learned_and_forgotten_examples() -> None:
    """Two inputs, two linear classes: the answer is the larger input, or always the second."""
    experiment = Experiment().replace(dataset="iris", hidden=())
    data = load(experiment.data)
    part = Split(data.validation.x, data.validation.y)
    kernel = np.zeros((4, 3), np.float32)
    always = [np.array(b, np.float32) for b in ([1, 0, 0], [0, 0, 2])]
    first, third = (assemble(experiment, 0, [kernel, bias]) for bias in always)
    found = compare_networks(first, third, data, part)
    np.testing.assert_array_equal(np.sort(found.learned), np.flatnonzero(part.y == 2))
    np.testing.assert_array_equal(np.sort(found.forgotten), np.flatnonzero(part.y == 0))
    np.testing.assert_array_equal(found.recall_before, [1, 0, 0])
    np.testing.assert_array_equal(found.recall_after, [0, 0, 1])
    shares = found.counts / found.counts.sum()
    assert found.accuracy == pytest.approx((shares[0], shares[2]))
