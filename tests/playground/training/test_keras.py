"""The engine against real Keras: same first weights, same batches, so the same losses."""

from itertools import cycle

import keras
import numpy as np
import pytest

from playground import Experiment, load
from playground.history.events import Epoch, Finished
from playground.nn.activations import ACTIVATIONS
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES, rates
from playground.training import Trainer, build_model
from playground.training.batches import BatchOrder
from playground.training.keras_model import targets

EPOCHS = 3
TOLERANCE = 1e-4  # relative, on every loss of every epoch


class EachRate(keras.callbacks.Callback):
    """Gives every update its own learning rate."""

    def __init__(self, all_rates: np.ndarray) -> None:
        super().__init__()
        self.all_rates = iter(all_rates)

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        self.model.optimizer.learning_rate.assign(next(self.all_rates))


def fit(experiment: Experiment, *callbacks: keras.callbacks.Callback) -> dict[str, list[float]]:
    """What plain `Model.fit` reports for the experiment: one call an epoch, where we shuffle."""
    dataset, training = load(experiment.data), experiment.training
    model, order = build_model(experiment), BatchOrder(experiment)
    steps = experiment.steps_per_epoch
    # the same numbers in both ways: tracing takes seconds, and eager updates 20 ms each
    model.run_eagerly, model.jit_compile = training.epochs * steps < 100, False
    x, y = dataset.transform(dataset.train.x), targets(experiment, dataset.train.y)
    validation = dataset.transform(dataset.validation.x), targets(experiment, dataset.validation.y)
    if training.schedule != "plateau":
        every = rates(training, np.arange(training.epochs * steps), steps)
        callbacks = (*callbacks, EachRate(every))
    history: dict[str, list[float]] = {}
    for epoch in range(training.epochs if training.shuffle else 1):
        rows = order.next_epoch()
        result = model.fit(
            x[rows],
            y[rows],
            batch_size=training.batch_size,
            initial_epoch=epoch,
            epochs=epoch + 1 if training.shuffle else training.epochs,
            shuffle=False,
            validation_data=validation,
            validation_batch_size=1_000,
            validation_freq=training.validation_freq,
            callbacks=list(callbacks),
            verbose=0,
        )
        for name, values in result.history.items():
            history.setdefault(name, []).extend(values)
    return history


def train(experiment: Experiment) -> list[Epoch]:
    events = Trainer(experiment).advance(seconds=600).events
    return [event for event in events if isinstance(event, Epoch)]


def assert_same(experiment: Experiment, *callbacks: keras.callbacks.Callback) -> None:
    theirs, ours = fit(experiment, *callbacks), train(experiment)
    metric = next(k for k in theirs if k not in ("loss", "learning_rate") and "val" not in k)
    for name, values in {
        "loss": [e.train.loss for e in ours],
        "val_loss": [e.validation.loss for e in ours if e.validation],
        metric: [e.train.metric for e in ours],
        f"val_{metric}": [e.validation.metric for e in ours if e.validation],
    }.items():
        np.testing.assert_allclose(values, theirs[name], rtol=TOLERANCE, atol=1e-7, err_msg=name)


def small(dataset: str = "iris", **changes: object) -> Experiment:
    """90 flowers in batches of 32: the last batch of an epoch has 26."""
    usual = {"hidden": (12, 8), "activation": "tanh", "epochs": EPOCHS, "learning_rate": 0.02}
    return Experiment().replace(dataset=dataset, **usual | changes)


LOSSES = [
    (dataset, loss)
    for dataset in ("iris", "xor", "plane")
    for loss in ("cross_entropy", "mean_squared_error", "mean_absolute_error", "huber")
    if (dataset, loss) != ("plane", "cross_entropy")
]


@pytest.mark.parametrize(
    ("optimizer", "dataset", "loss"),
    [(name, *case) for name, case in zip(OPTIMIZERS, cycle(LOSSES))],
)
def test_every_optimizer_and_every_loss(optimizer: str, dataset: str, loss: str) -> None:
    assert_same(small(dataset, optimizer=optimizer, loss=loss, hidden=(8,)))


@pytest.mark.parametrize("first", range(0, len(ACTIVATIONS), 4))
def test_every_activation(first: int) -> None:
    """Four layers, each with another one."""
    names = list(ACTIVATIONS)[first : first + 4]
    assert_same(small(hidden=(9,) * len(names), activations=names))


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "plateau"])
def test_every_schedule(schedule: str) -> None:
    own = {"period_epochs": 0.5} if "period_epochs" in SCHEDULES[schedule].defaults else {}
    own |= {"milestones": (1, 2)} if schedule == "step" else {}
    assert_same(small(schedule=schedule, warmup_epochs=0.4, learning_rate=0.3, **own))


@pytest.mark.parametrize(
    "schedule",
    [
        keras.optimizers.schedules.ExponentialDecay(0.2, 3, 0.5),
        keras.optimizers.schedules.CosineDecay(0.2, 9),
    ],
    ids=["exponential", "cosine"],
)
def test_keras_own_schedule_objects_train_the_same(
    schedule: keras.optimizers.schedules.LearningRateSchedule,
) -> None:
    name = "exponential" if "Exponential" in type(schedule).__name__ else "cosine"
    own = {"decay_rate": 0.5, "period_epochs": 1} if name == "exponential" else {}
    experiment = small(schedule=name, learning_rate=0.2, shuffle=False, **own)
    dataset, model = load(experiment.data), build_model(experiment)
    model.compile(keras.optimizers.SGD(schedule), model.loss, run_eagerly=True)
    x, y = dataset.transform(dataset.train.x), dataset.train.y
    theirs = model.fit(x, y, epochs=EPOCHS, shuffle=False, verbose=0).history["loss"]
    ours = [epoch.train.loss for epoch in train(experiment)]
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' callback
def test_reduce_on_plateau() -> None:
    experiment = small(
        schedule="plateau",
        plateau_patience=2,
        epochs=12,
        learning_rate=2.0,
        optimizer="momentum",
        shuffle=False,
    )
    callback = keras.callbacks.ReduceLROnPlateau(
        factor=experiment.training.decay_rate, patience=2, monitor="val_loss"
    )
    theirs, ours = fit(experiment, callback), train(experiment)
    used = theirs["learning_rate"]
    assert len(set(used)) > 1, "the case must contain a plateau"
    np.testing.assert_allclose([e.learning_rate for e in ours], used, rtol=1e-6)
    losses = [e.train.loss for e in ours]
    np.testing.assert_allclose(losses[:EPOCHS], theirs["loss"][:EPOCHS], rtol=TOLERANCE)


@pytest.mark.parametrize("penalty", [{"l1": 0.003}, {"l2": 0.01}, {"l1": 0.002, "l2": 0.003}])
def test_l1_and_l2(penalty: dict[str, float]) -> None:
    assert_same(small(**penalty))


@pytest.mark.parametrize(
    ("clipping", "hidden"),
    [("value", ()), ("norm", (5,)), ("global_norm", (6, 5, 4, 4, 5, 6))],
)
def test_gradient_clipping_at_every_depth(clipping: str, hidden: tuple[int, ...]) -> None:
    assert_same(small(clipping=clipping, hidden=hidden, clip_limit=0.05, learning_rate=0.5))


def test_one_activation_for_each_layer() -> None:
    assert_same(small(activations=("leaky_relu", "sigmoid"), negative_slope=0.05))


@pytest.mark.parametrize(("optimizer", "learning_rate"), [("sgd", 0.02), ("adam", 0.001)])
def test_long_epochs_that_are_trained_in_parts(optimizer: str, learning_rate: float) -> None:
    """Images, 142 updates an epoch and 64·128·10 weights: more than one compiled call each."""
    how = {"optimizer": optimizer, "learning_rate": learning_rate}
    assert_same(small("digits", hidden=(128, 32), batch_size=8, **how))


def test_without_shuffling() -> None:
    assert_same(small(shuffle=False))


# Keras warns of each epoch without the monitored value; ReduceLROnPlateau copies an array.
@pytest.mark.filterwarnings("ignore:.*which is not available:UserWarning")
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("every", [1, 3])
def test_early_stopping_stops_and_restores_as_keras(every: int) -> None:
    experiment = small(
        "moons", epochs=200, learning_rate=1.0, hidden=(32,), train_size=20, validation_size=40,
        noise=0.3, early_stopping=True, patience=4, shuffle=False, validation_freq=every,
    )  # fmt: skip
    callbacks = [keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)]
    if every > 1:
        experiment = experiment.replace(schedule="plateau", plateau_patience=2)
        callbacks.append(keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=2))
    theirs = fit(experiment, *callbacks)
    trainer = Trainer(experiment)
    events = trainer.advance(seconds=600).events
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.epoch == len(theirs["loss"]) < 200
    assert finished.best_epoch == every * (int(np.argmin(theirs["val_loss"])) + 1)
    told = [event for event in events if isinstance(event, Epoch)]
    validated = [event for event in told if event.validation]
    assert [e.epoch for e in validated] == list(range(every, finished.epoch + 1, every))
    for mine, keras_own in (
        ([e.train.loss for e in told], theirs["loss"]),
        ([e.validation.loss for e in validated if e.validation], theirs["val_loss"]),
    ):
        np.testing.assert_allclose(mine[:EPOCHS], keras_own[:EPOCHS], rtol=TOLERANCE)
    if every > 1:
        np.testing.assert_allclose([e.learning_rate for e in told], theirs["learning_rate"])
        assert len(set(theirs["learning_rate"])) > 1, "the case must contain a plateau"
    assert finished.restored
    best = trainer.snapshot(finished.best_epoch)
    for mine, kept in zip(trainer.latest().layers, best.layers, strict=True):
        np.testing.assert_array_equal(mine.kernel, kept.kernel)
