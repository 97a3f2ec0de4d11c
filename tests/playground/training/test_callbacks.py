"""Early stopping and reduce-on-plateau beside the callbacks of the Keras installed."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.experiment.model import Experiment, Training
from playground.history.events import Epoch, Finished
from playground.training import Trainer
from playground.training.callbacks import EarlyStopping, Plateau

# Differences below the resolution of float32, below and above Keras' min_delta, and larger ones.
losses = st.lists(
    st.sampled_from([1.0, 1.0 + 1e-9, 1.0 - 1e-9, 1.00005, 0.99995, 0.9999, 0.9998, 0.5, 2.0])
    | st.floats(1e-6, 10.0),
    min_size=1,
    max_size=25,
)


@pytest.fixture(scope="module")
def model() -> Any:
    """One weight, which stands for the epoch."""
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    made.compile("sgd", "mse")
    return made


@given(
    losses=losses, patience=st.integers(1, 4), restore=st.booleans(),
    gain=st.sampled_from([0.0, 1e-9, 1e-4, 0.25]),
)  # fmt: skip
@settings(deadline=None, max_examples=200)
def test_early_stopping_on_recorded_losses(
    losses: list[float], patience: int, restore: bool, gain: float, model: Any
) -> None:
    theirs = keras.callbacks.EarlyStopping(
        patience=patience, restore_best_weights=restore, min_delta=gain
    )
    theirs.set_model(model)
    theirs.on_train_begin()
    model.stop_training = False
    ours = EarlyStopping(
        Training(early_stopping=True, patience=patience, restore_best=restore, min_delta=gain)
    )
    epoch = 0
    for epoch, loss in enumerate(losses, start=1):
        weights = [np.array([[epoch]], np.float32)]
        model.set_weights(weights)
        theirs.on_epoch_end(epoch - 1, {"val_loss": loss})
        assert ours.scores_left > 0
        ours = ours.after(epoch, loss, weights)
        assert ours.stops == model.stop_training
        if ours.stops:
            break
    theirs.on_train_end()
    assert ours.best_epoch == theirs.best_epoch + 1
    ended = ours.best_weights[0] if restore else [[epoch]]
    np.testing.assert_array_equal(model.get_weights()[0], ended)


CIRCLE = Experiment().replace(
    dataset="circle", hidden=(6,), optimizer="adam", learning_rate=0.03, epochs=90,
    train_size=100, validation_size=50,
)  # fmt: skip


def scores(trainer: Trainer, **changes: Any) -> tuple[list[Any], Finished]:
    """Both scores of each epoch until the end, and the end."""
    *events, end = trainer.advance(seconds=600, changes=changes).events
    assert isinstance(end, Finished)
    return [(e.train, e.validation) for e in events if isinstance(e, Epoch)], end


def test_a_target_ends_a_run_after_the_first_epoch_that_reaches_it() -> None:
    """Inside a compiled call of many epochs, and training on goes on as if it had not ended."""
    whole, end = scores(Trainer(CIRCLE))
    assert end == Finished(90, False, None, False)
    first = 1 + next(i for i, (_, validation) in enumerate(whole) if validation.metric >= 0.9)
    assert 1 < first < 64
    trainer = Trainer(CIRCLE.replace(target_metric="metric", target_value=0.9))
    before, end = scores(trainer)
    assert (before, end) == (whole[:first], Finished(first, True, None, False, "target"))
    after, end = scores(trainer, epochs=80)
    assert (after, end) == (whole[first:80], Finished(80, False, None, False))
    loss = whole[69][1].loss
    assert scores(Trainer(CIRCLE.replace(target_metric="loss", target_value=loss)))[
        1
    ].epoch == 1 + (
        next(i for i, (_, validation) in enumerate(whole) if validation.loss <= np.float32(loss))
    )


def test_a_time_limit_ends_a_run_and_training_on_takes_as_long_again() -> None:
    trainer = Trainer(CIRCLE.replace(time_limit=1e-4, epochs=200))
    (_, end), (_, again) = scores(trainer), scores(trainer, epochs=201)
    assert (end.stopped_by, again.stopped_by) == ("time", "time")
    assert end.epoch < again.epoch < 200
    assert not any(
        isinstance(e, Finished)
        for e in Trainer(CIRCLE.replace(time_limit=1e-4))
        .advance(seconds=0, timed=False, until_epoch=64).events
    )  # fmt: skip


def test_fewer_and_more_epochs_in_mid_run_are_the_same_run() -> None:
    whole, _ = scores(Trainer(CIRCLE))
    trainer = Trainer(CIRCLE)
    trainer.advance(seconds=600, until_epoch=7)
    assert scores(trainer, epochs=3) == ([], Finished(7, False, None, False))
    assert scores(trainer, epochs=90)[0] == whole[7:]


def test_training_goes_on_after_an_earlier_epoch_with_a_new_optimizer() -> None:
    """Plain gradient descent has no memory: it gives the same numbers, dropout masks included."""
    experiment = CIRCLE.replace(optimizer="sgd", learning_rate=0.1, dropout=0.2, epochs=12)
    trainer = Trainer(experiment)
    whole, _ = scores(trainer)
    assert scores(Trainer(experiment, trainer.snapshot(5)))[0] == whole[5:]


def test_momentum_schedule_and_noise_change_in_mid_run() -> None:
    """A momentum that was 0 begins at rest; a checkpoint after it continues to the same numbers."""
    experiment = CIRCLE.replace(optimizer="momentum", momentum=0.0, epochs=9)
    trainer, other = Trainer(experiment), Trainer(experiment)
    trainer.advance(seconds=600, until_epoch=3)
    changes = {"momentum": 0.9, "schedule": "cosine", "input_noise": 0.1}
    events = trainer.advance(seconds=600, changes=changes, until_epoch=5).events
    assert {e.name: e.after for e in events if hasattr(e, "after")} == changes
    rates = [e.learning_rate for e in events if isinstance(e, Epoch)]
    assert 0.01 > rates[0] > rates[1]
    other.restore(trainer.checkpoint())
    assert scores(other) == scores(trainer)


# Keras' own callback
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@given(losses=losses, patience=st.integers(1, 4), factor=st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=200)
def test_reduce_on_plateau_on_recorded_losses(
    losses: list[float], patience: int, factor: float, model: Any
) -> None:
    theirs = keras.callbacks.ReduceLROnPlateau(factor=factor, patience=patience)
    theirs.set_model(model)
    theirs.on_train_begin()
    model.optimizer.learning_rate = 1.0
    ours = Plateau(Training(schedule="plateau", plateau_patience=patience, decay_rate=factor))
    for epoch, loss in enumerate(losses):
        theirs.on_epoch_end(epoch, {"val_loss": loss})
        ours = ours.after(loss)
        assert ours.factor == pytest.approx(float(model.optimizer.learning_rate), rel=1e-5)


@pytest.mark.parametrize("restore", [True, False])
@pytest.mark.parametrize("hidden", [(8,), (300, 80)], ids=["whole epochs", "parts of epochs"])
def test_the_best_weights_come_back_where_training_ends_by_itself(
    restore: bool, hidden: tuple[int, ...]
) -> None:
    """As in Keras 3.15: not only after early stopping."""
    experiment = Experiment().replace(
        dataset="spiral", train_size=30, validation_size=30, hidden=hidden, optimizer="adam",
        learning_rate=0.5 if hidden == (8,) else 0.1, epochs=5, early_stopping=True, patience=50,
        restore_best=restore,
    )  # fmt: skip
    trainer = Trainer(experiment)
    events = trainer.advance(seconds=600).events
    end = events[-1]
    assert isinstance(end, Finished)
    assert not end.stopped_early
    scores = [e.validation.loss for e in events if isinstance(e, Epoch) and e.validation]
    assert end.best_epoch == 1 + int(np.argmin(scores)) < 5
    assert end.restored == restore
    kept = trainer.snapshot(end.best_epoch if restore else 5)
    for ours, theirs in zip(trainer.latest().weights, kept.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_trainer_continues_from_a_checkpoint_to_the_same_numbers() -> None:
    """In the middle of an epoch, with dropout, an optimizer with moments and a plateau."""
    experiment = Experiment().replace(
        dataset="digits", hidden=(128, 32), batch_size=8, epochs=4, dropout=0.1, optimizer="adam",
        schedule="plateau", plateau_patience=1, learning_rate=0.05, early_stopping=True,
    )  # fmt: skip
    trainer, other = Trainer(experiment), Trainer(experiment)
    trainer.advance(seconds=0, until_epoch=2)
    assert trainer.row
    checkpoint = trainer.checkpoint()
    rest = [e for e in trainer.advance(seconds=600).events if isinstance(e, Epoch)]
    other.advance(seconds=600)
    other.restore(checkpoint)
    again = [e for e in other.advance(seconds=600).events if isinstance(e, Epoch)]
    assert [(e.epoch, e.train, e.validation) for e in again] == [
        (e.epoch, e.train, e.validation) for e in rest
    ]
    for ours, theirs in zip(other.latest().weights, trainer.latest().weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def epochs_of(trainer: Trainer, **how: Any) -> list[Epoch]:
    return [e for e in trainer.advance(seconds=600, **how).events if isinstance(e, Epoch)]


@pytest.mark.parametrize(
    "changes",
    [{"epochs": 9}, {"dataset": "digits", "hidden": (128, 32), "batch_size": 8, "epochs": 2}],
    ids=["whole epochs", "parts of epochs"],
)
def test_validating_every_other_epoch_changes_nothing_but_what_is_told(
    changes: dict[str, Any],
) -> None:
    experiment = CIRCLE.replace(**changes)
    every, other = Trainer(experiment), Trainer(experiment.replace(validation_freq=2))
    all_told, told = epochs_of(every), epochs_of(other)
    assert [(e.epoch, e.train, e.layers) for e in told] == [
        (e.epoch, e.train, e.layers) for e in all_told
    ]
    assert [e.validation for e in told] == [None if e.epoch % 2 else e.validation for e in all_told]
    for ours, theirs in zip(other.latest().weights, every.latest().weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_validated_now_and_then_goes_on_from_a_checkpoint_and_after_its_end() -> None:
    experiment = CIRCLE.replace(epochs=20, validation_freq=7, early_stopping=True, patience=1)
    trainer, other = Trainer(experiment), Trainer(experiment)
    trainer.advance(seconds=600, until_epoch=9)
    other.restore(trainer.checkpoint())
    rest = [epochs_of(each) for each in (trainer, other)]
    assert [(e.epoch, e.train, e.validation) for e in rest[0]] == [
        (e.epoch, e.train, e.validation) for e in rest[1]
    ]
    more = epochs_of(trainer, changes={"epochs": 30})
    assert [e.epoch for e in [*rest[0], *more] if e.validation] == [14, 21, 28]


def test_a_target_is_judged_where_it_is_evaluated() -> None:
    told, _ = scores(Trainer(CIRCLE))
    reached = [i for i, (_, seen) in enumerate(told, start=1) if seen.metric >= 0.9]
    assert reached[0] % 5
    trainer = Trainer(CIRCLE.replace(target_metric="metric", target_value=0.9, validation_freq=5))
    *_, end = trainer.advance(seconds=600).events
    assert isinstance(end, Finished)
    assert (end.epoch, end.stopped_by) == (next(e for e in reached if e % 5 == 0), "target")


def test_compilation_is_no_part_of_the_seconds_of_an_epoch() -> None:
    experiment = Experiment().replace(dataset="moons", hidden=(7, 5, 3), epochs=70)
    first, second = (
        [e for e in Trainer(experiment).advance(seconds=600).events if isinstance(e, Epoch)]
        for _ in range(2)
    )
    assert first[0].compile_seconds > 0.02  # type: ignore[operator]
    assert sum(e.compile_seconds or 0 for e in first[1:]) == 0
    assert sum(e.compile_seconds or 0 for e in second) == 0
    assert sum(e.seconds for e in first) < 3 * sum(e.seconds for e in second) + 0.5
