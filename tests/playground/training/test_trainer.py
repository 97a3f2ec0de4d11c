"""What the engine promises of a run: equal runs are equal, and nothing breaks in silence."""

import math
from collections.abc import Iterable

import numpy as np
import pytest
import tensorflow as tf

from playground import Experiment, load
from playground.analysis.metrics.score import score
from playground.history.events import (
    Diverged,
    Epoch,
    Event,
    Finished,
    HyperparametersChanged,
    Progress,
)
from playground.nn.network import Layer, Snapshot, classes
from playground.training import Trainer, build_model, train_step, trainer
from playground.training.batches import BatchOrder, DropoutMasks
from playground.training.checkpoints import MAX_BYTES, MAX_COUNT, CheckpointBuffer

SHORT = Experiment().replace(dataset="iris", hidden=(8,), epochs=20, optimizer="adam", dropout=0.1)
LONG = Experiment().replace(dataset="digits", hidden=(128, 32), batch_size=8, epochs=3, dropout=0.1)


def history(events: Iterable[Event]) -> list[tuple[object, ...]]:
    """Everything in the epochs of a run but how long they took."""
    return [
        (e.epoch, e.step, e.train, e.validation, e.learning_rate, e.layers)
        for e in events
        if isinstance(e, Epoch)
    ]


def whole(experiment: Experiment) -> list[tuple[object, ...]]:
    return history(Trainer(experiment).advance(seconds=600).events)


def assert_same_weights(one: Snapshot, other: Snapshot) -> None:
    for a, b in zip(one.layers, other.layers, strict=True):
        np.testing.assert_array_equal(a.kernel, b.kernel)
        np.testing.assert_array_equal(a.bias, b.bias)


@pytest.mark.parametrize("experiment", [SHORT, LONG], ids=["short epochs", "long epochs"])
def test_equal_experiments_give_bit_equal_histories_however_they_are_run(
    experiment: Experiment,
) -> None:
    reference = whole(experiment)
    assert len(reference) == experiment.training.epochs
    # in the smallest requests, taking turns with another run of the same program
    runs = Trainer(experiment), Trainer(experiment.replace(seed=1))
    events: tuple[list[Event], list[Event]] = [], []
    for _ in range(10_000):
        for run, log in zip(runs, events, strict=True):
            log += run.advance(seconds=1e-6).events
        if all(run.over for run in runs):
            break
    assert history(events[0]) == reference
    assert history(events[1]) != reference


def test_one_epoch_at_a_time_is_the_same_run() -> None:
    reference, trainer = whole(SHORT), Trainer(SHORT)
    events: list[Event] = []
    for epoch in range(1, 21):
        events += trainer.advance(seconds=60, until_epoch=epoch).events
        assert trainer.epoch == epoch
    assert history(events) == reference


def test_the_seed_decides_weights_order_and_masks() -> None:
    one, other = Trainer(SHORT), Trainer(SHORT.replace(seed=1))
    assert_same_weights(one.latest(), Trainer(SHORT).latest())
    assert not np.array_equal(one.latest().layers[0].kernel, other.latest().layers[0].kernel)
    assert not np.array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.latest().layers[0].bias, 0)


def test_every_epoch_sees_every_example_once_in_another_order() -> None:
    order = BatchOrder(SHORT)
    first, second = order.next_epoch(), order.next_epoch()
    np.testing.assert_array_equal(np.sort(first), np.arange(90))
    np.testing.assert_array_equal(np.sort(second), np.arange(90))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(
        BatchOrder(SHORT.replace(shuffle=False)).next_epoch(), np.arange(90)
    )


def test_dropout_masks_are_uniform_and_independent_of_how_they_are_drawn() -> None:
    bits = DropoutMasks(LONG).draw(40, 8)
    masks = DropoutMasks(LONG)
    np.testing.assert_array_equal(bits, np.vstack([masks.draw(15, 8), masks.draw(25, 8)]))
    dropped = (bits < 0.3 * 65536).mean()
    assert abs(dropped - 0.3) < 5 * math.sqrt(0.3 * 0.7 / bits.size)


def test_a_snapshot_predicts_what_keras_does() -> None:
    experiment = SHORT.replace(activations=("gelu",), hidden=(16,), learning_rate=0.03)
    trainer, model = Trainer(experiment), build_model(experiment)
    x = trainer.dataset.transform(trainer.dataset.validation.x)
    np.testing.assert_allclose(
        trainer.latest().predict(x), model.predict(x, verbose=0), atol=1e-6, rtol=1e-5
    )
    trainer.advance(seconds=60)
    snapshot = trainer.latest()
    model.set_weights([w for layer in snapshot.layers for w in (layer.kernel, layer.bias)])
    np.testing.assert_allclose(snapshot.predict(x), model.predict(x, verbose=0), atol=1e-6)
    guesses = classes(snapshot.predict(x))
    last = [e for e in trainer.advance().events if isinstance(e, Epoch)]
    assert last == []  # the run is over
    assert np.mean(guesses == trainer.dataset.validation.y) > 0.8


@pytest.mark.parametrize("experiment", [SHORT, LONG], ids=["short epochs", "long epochs"])
def test_a_loss_that_is_not_finite_stops_the_run_and_says_where(experiment: Experiment) -> None:
    wild = experiment.replace(
        optimizer="sgd", learning_rate=10.0, loss="mean_squared_error", hidden=(64, 64, 64),
        activation="linear", dropout=0.0, stddev=2.0, kernel_initializer="random_normal",
        standardize=False, dataset="plane" if experiment is SHORT else "digits",
    )  # fmt: skip
    if experiment is LONG:
        wild = wild.replace(dataset="multi_gauss", train_size=9_000, batch_size=8)
    trainer = Trainer(wild)
    events = trainer.advance(seconds=600).events
    stop = events[-1]
    assert isinstance(stop, Diverged)
    assert 1 <= stop.step <= wild.training.epochs * wild.steps_per_epoch
    assert "learning rate" in stop.advice
    shown = [v for e in events if isinstance(e, Epoch) for v in (e.train.loss, e.train.metric)]
    shown += [e.loss for e in events if isinstance(e, Progress)]
    assert all(map(math.isfinite, shown))
    assert trainer.advance().events == ()


def test_live_changes_act_at_once_and_are_recorded() -> None:
    trainer = Trainer(SHORT.replace(dropout=0.0, optimizer="sgd"))
    trainer.advance(seconds=60, until_epoch=4)
    changes = {"learning_rate": 0.5, "l2": 0.01, "dropout": 0.2, "batch_size": 16}
    events = trainer.advance(seconds=60, until_epoch=8, changes=changes).events
    assert [e for e in events if isinstance(e, HyperparametersChanged)] == [
        HyperparametersChanged(4, "learning_rate", 0.01, 0.5),
        HyperparametersChanged(4, "l2", 0.0, 0.01),
        HyperparametersChanged(4, "dropout", 0.0, 0.2),
        HyperparametersChanged(4, "batch_size", 32, 16),
    ]
    epochs = [e for e in events if isinstance(e, Epoch)]
    assert [e.learning_rate for e in epochs] == pytest.approx([0.5] * 4)
    assert [e.step for e in epochs] == [12 + 6 * i for i in range(1, 5)]
    assert trainer.experiment.training.batch_size == 16
    with pytest.raises(ValueError, match="learning_rate"):
        trainer.advance(changes={"learning_rate": -1.0})


def test_a_batch_size_changed_inside_an_epoch_leaves_no_example_out() -> None:
    trainer = Trainer(LONG)
    trainer.advance(seconds=1e-6)
    assert 0 < trainer.row < trainer.order.n
    used, left = trainer.row, trainer.order.n - trainer.row
    events = trainer.advance(seconds=60, until_epoch=1, changes={"batch_size": 100}).events
    epoch = next(e for e in events if isinstance(e, Epoch))
    assert epoch.step == used // 8 + -(-left // 100)


def test_without_validation_there_is_no_validation_score() -> None:
    trainer = Trainer(SHORT.replace(train_size=120, validation_size=0))
    events = trainer.advance(seconds=60).events
    epochs = [e for e in events if isinstance(e, Epoch)]
    assert {e.validation for e in epochs} == {None}
    assert all(e.layers[0].dead is not None for e in epochs)
    assert isinstance(events[-1], Finished)


def test_layer_statistics_are_what_they_say() -> None:
    """With plain SGD the update is the rate times the gradient, layer by layer."""
    experiment = SHORT.replace(optimizer="sgd", learning_rate=0.25, dropout=0.0, epochs=2)
    trainer = Trainer(experiment)
    *_, last = (e for e in trainer.advance(seconds=60).events if isinstance(e, Epoch))
    for statistics, layer in zip(last.layers, trainer.latest().layers, strict=True):
        assert statistics.update == pytest.approx(0.25 * statistics.gradient, rel=1e-4)
        values = np.concatenate([layer.kernel.ravel(), layer.bias])
        assert statistics.weight == pytest.approx(float(np.sqrt(np.mean(values**2))), rel=1e-5)


def test_units_that_never_answer_are_counted_dead() -> None:
    experiment = SHORT.replace(
        activation="relu", kernel_initializer="zeros", bias_initializer="zeros", dropout=0.0
    )
    *_, last = (e for e in Trainer(experiment).advance(seconds=60).events if isinstance(e, Epoch))
    assert [layer.dead for layer in last.layers] == [1.0, None]


def test_the_test_set_is_scored_when_asked() -> None:
    trainer = Trainer(SHORT)
    trainer.advance(seconds=60)
    test = load(SHORT.data).test
    guesses = classes(trainer.latest().predict(trainer.dataset.transform(test.x)))
    assert trainer.test().metric == pytest.approx(float(np.mean(guesses == test.y)))


def test_checkpoints_stay_few_and_hold_the_first_and_the_newest() -> None:
    def snapshot(epoch: int, n: int) -> Snapshot:
        weights = np.zeros((n, 1), np.float32)
        return Snapshot(epoch, (Layer(weights, np.zeros(1, np.float32), "relu"),))

    for n, most in ((4, MAX_COUNT), (2_000_000, MAX_BYTES // 8_000_000)):
        buffer = CheckpointBuffer()
        for epoch in range(1_500):
            buffer.add(snapshot(epoch, n))
            assert len(buffer.snapshots) <= most
        assert min(buffer.snapshots) == 0
        assert max(buffer.snapshots) == 1_499
        assert buffer.nearest(1_499).epoch == 1_499
        assert buffer.nearest(0).epoch == 0
        assert 700 - buffer.stride < buffer.nearest(700).epoch <= 700


def test_trainers_of_a_process_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_SNAPSHOT_MB", "16")
    layer = Layer(np.zeros((250_000, 1), np.float32), np.zeros(1, np.float32), "relu")
    idle, watched, elsewhere = (CheckpointBuffer() for _ in range(3))
    for buffer in (idle.share(), watched.share(), elsewhere):
        for epoch in range(12):
            buffer.add(Snapshot(epoch, (layer,)))
            if buffer is watched:
                assert watched.nearest(epoch).epoch == epoch
    assert idle.nbytes + watched.nbytes <= 16 * 2**20
    assert len(idle.snapshots) < len(watched.snapshots) == 12
    assert {0, 11} < idle.snapshots.keys()
    assert len(elsewhere.snapshots) == 12  # of a saved state


@pytest.mark.parametrize("hidden", [(6,), (200, 100)])  # many epochs in a call, and a part of one
def test_a_loss_holds_its_penalty_which_also_stands_alone(hidden: tuple[int, ...]) -> None:
    experiment = Experiment().replace(
        dataset="digits", hidden=hidden, l1=1e-3, l2=2e-3, epochs=2, train_size=100
    )
    trainer = Trainer(experiment)
    events = trainer.advance(seconds=60).events
    (_, last) = [event for event in events if isinstance(event, Epoch)]
    kernels = [layer.kernel.astype(np.float64) for layer in trainer.latest().layers]
    penalty = sum(1e-3 * np.abs(k).sum() + 2e-3 * np.square(k).sum() for k in kernels)
    assert last.validation is not None
    assert last.validation.penalty == pytest.approx(penalty, rel=1e-5)
    plain = score(trainer.latest(), trainer.dataset, trainer.dataset.validation, "cross_entropy")
    assert last.validation.loss - last.validation.penalty == pytest.approx(plain.loss, rel=1e-4)
    assert last.train.penalty == pytest.approx(penalty, rel=0.05)  # the mean over its batches


@pytest.mark.parametrize("hidden", [(6,), (200, 100)])
def test_the_loss_of_each_update_is_that_of_its_batch(hidden: tuple[int, ...]) -> None:
    experiment = Experiment().replace(
        dataset="digits", hidden=hidden, l1=1e-3, l2=2e-3, epochs=2, train_size=100
    )
    result = Trainer(experiment).advance(seconds=60)
    losses = result.losses.loss.reshape(2, 4)
    np.testing.assert_allclose(result.losses.epoch, [0.32, 0.64, 0.96, 1, 1.32, 1.64, 1.96, 2])
    means = [event.train.loss for event in result.events if isinstance(event, Epoch)]
    np.testing.assert_allclose(losses @ [0.32, 0.32, 0.32, 0.04], means, rtol=1e-5)
    single = Trainer(experiment)  # each batch by itself, its loss by NumPy
    told = [single.update().update for _ in range(8)] if len(hidden) > 1 else []
    before = [update.loss_before for update in told if update]
    np.testing.assert_allclose(losses.ravel()[: len(before)], before, rtol=1e-4)


def test_a_program_has_the_same_names_whatever_was_traced_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the names of its functions and loops XLA finds it on disk, in other processes as well."""

    def names(experiment: Experiment) -> tuple[set[str], set[str]]:
        built = train_step.Program(train_step.program_key(experiment))
        monkeypatch.setattr(trainer, "program", lambda _: built)
        Trainer(experiment).advance(seconds=60)
        (traced,) = built._train_epochs._list_all_concrete_functions()
        functions = traced.graph.as_graph_def().library.function
        nodes = {node.name for function in functions for node in function.node_def}
        return {traced.name, *(function.signature.name for function in functions)}, nodes

    first = names(SHORT)
    tf.function(lambda: tf.constant(1))()  # counts on
    assert names(SHORT) == first
    assert len(first[0]) == 5  # the function, two loops, each with its condition
    assert not names(SHORT.replace(hidden=(9,)))[0] & first[0]


def test_a_slice_has_as_many_short_epochs_as_its_time_allows() -> None:
    trainer = Trainer(SHORT)
    trainer.advance(0)
    assert trainer.epoch == 1  # how long one takes is not known before
    trainer._epoch_seconds = 1.0
    trainer.advance(0)
    assert trainer.epoch == 2
    trainer._epoch_seconds = 1e-9
    trainer.advance(0.001)
    assert trainer.epoch == SHORT.training.epochs
