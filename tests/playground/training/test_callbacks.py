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


@given(losses=losses, patience=st.integers(1, 4), restore=st.booleans())
@settings(deadline=None, max_examples=200)
def test_early_stopping_on_recorded_losses(
    losses: list[float], patience: int, restore: bool, model: Any
) -> None:
    theirs = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=restore)
    theirs.set_model(model)
    theirs.on_train_begin()
    model.stop_training = False
    ours = EarlyStopping(Training(early_stopping=True, patience=patience, restore_best=restore))
    epoch = 0
    for epoch, loss in enumerate(losses, start=1):
        weights = [np.array([[epoch]], np.float32)]
        model.set_weights(weights)
        theirs.on_epoch_end(epoch - 1, {"val_loss": loss})
        assert ours.epochs_left > 0
        ours = ours.after(epoch, loss, weights)
        assert ours.stops == model.stop_training
        if ours.stops:
            break
    theirs.on_train_end()
    assert ours.best_epoch == theirs.best_epoch + 1
    ended = ours.best_weights[0] if restore else [[epoch]]
    np.testing.assert_array_equal(model.get_weights()[0], ended)


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


def test_compilation_is_no_part_of_the_seconds_of_an_epoch() -> None:
    experiment = Experiment().replace(dataset="moons", hidden=(7, 5, 3), epochs=70)
    first, second = (
        [e for e in Trainer(experiment).advance(seconds=600).events if isinstance(e, Epoch)]
        for _ in range(2)
    )
    assert first[0].compile_seconds > 0.2  # type: ignore[operator]
    assert sum(e.compile_seconds or 0 for e in first[1:]) == 0
    assert sum(e.compile_seconds or 0 for e in second) == 0
    assert sum(e.seconds for e in first) < 3 * sum(e.seconds for e in second) + 0.5
