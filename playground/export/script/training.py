"""Code that trains: loss, optimizer, learning rate, order of the examples, callbacks."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from playground.datasets import load
from playground.experiment.model import Experiment, Training
from playground.export.script.model import drops_units
from playground.export.script.source import listing, wrapped
from playground.history.events import (
    Epoch,
    Event,
    Finished,
    HyperparametersChanged,
    WeightsLoaded,
)
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES

CLIPPING = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}

# Arguments that short code leaves out where they have Keras' own default.
DEFAULTED = ("rho", "beta_1", "beta_2", "epsilon", "initial_accumulator_value", "weight_decay",
             "centered", "amsgrad")  # fmt: skip

_RATE = "LEARNING_RATE"


@dataclass(frozen=True)
class Part:
    """Epochs trained in one go: `first` + 1 to `last` of `planned` ones.

    `new_optimizer`: they begin with one. `branches`: later ones begin with their last weights, not
    with those that early stopping restores.
    """

    first: int
    last: int
    planned: int
    new_optimizer: bool = False
    branches: bool = False


def parts(experiment: Experiment, events: Sequence[Event]) -> tuple[Part, ...]:
    """The parts of a run: another one begins where it went on after its end or from weights."""
    made: list[Part] = []
    first, last, planned, new = 0, 0, experiment.training.epochs, False
    for event in events:
        if isinstance(event, Epoch):
            last = event.epoch
        elif isinstance(event, Finished | WeightsLoaded):
            branches = isinstance(event, WeightsLoaded)
            if last > first:
                made.append(Part(first, last, planned, new, branches))
            first, new = last, branches
        elif isinstance(event, HyperparametersChanged) and event.name == "epochs":
            planned = event.after
    return (*made, Part(first, last, planned, new)) if last > first else tuple(made)


def has_schedule(training: Training) -> bool:
    """Whether the learning rate of an update depends on its position."""
    constant = SCHEDULES["constant"].share
    return SCHEDULES[training.schedule].share is not constant or training.warmup_epochs > 0


def imports(training: Training) -> set[str]:
    """Modules of the standard library that schedule and callbacks use."""
    if training.schedule == "plateau":
        return {"import math"}
    constant = SCHEDULES["constant"].share
    return set() if SCHEDULES[training.schedule].share is constant else {"import types"}


def section(experiment: Experiment, trained: Sequence[Part]) -> str:
    """Code that compiles `model` and makes `batches` and `callbacks`."""
    training, drops = experiment.training, drops_units(experiment)
    definitions, callbacks = callbacks_of(experiment)
    parts = [schedule(training, trained)] if has_schedule(training) else []
    parts += (
        [_compile(experiment), _batches(training, len(trained) > 1)]
        + [_masks()] * drops
        + definitions
    )
    callbacks = ["Compare()", *["SameUnits()"] * drops, *callbacks]
    return "\n\n\n".join([*parts, wrapped("callbacks = [", callbacks, "]")])


def new_optimizer(experiment: Experiment, done: int) -> str:
    """Code that goes on after `done` epochs with a new optimizer."""
    scheduled = f"schedule = Schedule()\nschedule.done = {done} * STEPS\n"
    return scheduled * has_schedule(experiment.training) + _compile(experiment)


def schedule(training: Training, trained: Sequence[Part] = ()) -> str:
    """The learning rate of every update as a table, and `schedule`, which looks it up."""
    entry, plateau = SCHEDULES[training.schedule], training.schedule == "plateau"
    warmup = training.warmup_epochs
    lines = ["step = np.arange(PLANNED * STEPS + 1)  # each update, counted from 0"]
    factors, functions = [_RATE], ""
    if warmup:
        lines += [
            f"warmup = {warmup!r} * STEPS  # updates in which the rate rises from 0",
            "ramp = np.where(step < warmup, np.minimum((step + 1) / max(warmup, 1), 1), 1)",
        ]
    if entry.share is not SCHEDULES["constant"].share:
        functions = listing(entry.share) + "\n\n\n"
        after = " - warmup" if warmup else ""
        fields = [f"{name}={getattr(training, name)!r}" for name in entry.defaults]
        times = [
            f"run=max(PLANNED * STEPS{after}, 1)",
            f"period={training.period_epochs!r} * STEPS",
            "epoch=STEPS",
        ]
        lines += [
            wrapped("times = types.SimpleNamespace(", times) + "  # in updates",
            wrapped("training = types.SimpleNamespace(", fields),
            "s = np.maximum(step - warmup, 0)" if warmup and entry.after_warmup else "s = step",
            f"share = {entry.share.__name__}(s, times, training)",
        ]
        factors.append("share")
    factors += ["ramp"] * bool(warmup)
    lines.append(f"rates = ({' * '.join(factors)}).astype(np.float32)")
    if entry.after_warmup and len({part.planned for part in trained}) > 1:
        lines = _rates_in_parts(lines, trained)
    looked = "keras.ops.take(rates, step + self.done)" + " * self.factor" * plateau
    falls = "factor = keras.Variable(1.0, trainable=False)  # falls with each plateau"
    label = entry.label + (", with warm-up" if warmup else "")
    return f"""\
# The learning rate of every update. {label}.
{functions}{chr(10).join(lines)}


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    \"\"\"Looks the rate up in the table, so that it is the same to the last digit.\"\"\"
{f"{chr(10)}    {falls}{chr(10)}" if plateau else ""}
    done = 0  # updates before those that the optimizer counts

    def __call__(self, step):
        return {looked}


schedule = Schedule()"""


def _rates_in_parts(lines: Sequence[str], trained: Sequence[Part]) -> list[str]:
    """The rates of each part, as its plan has them."""
    body = textwrap.indent("\n".join(lines), "    ")
    pieces = [f"planned_rates({p.planned})[{p.first} * STEPS : {p.last} * STEPS]" for p in trained]
    return [
        f"def planned_rates(PLANNED):\n{body}\n    return rates\n\n",
        wrapped("rates = np.concatenate([", pieces, "])"),
    ]


def optimizer(experiment: Experiment, exact: bool = True) -> str:
    """The optimizer; what is Keras' own default is left out unless `exact`."""
    training = experiment.training
    entry = OPTIMIZERS[training.optimizer]
    rate = "schedule" if has_schedule(training) else repr(training.learning_rate)
    given = {"learning_rate": _RATE if exact and rate != "schedule" else rate}
    for name, default in entry.defaults.items():
        value = getattr(training, name)
        is_default = value == default if name in DEFAULTED else name == "momentum" and value == 0
        if name != "learning_rate" and (exact or not is_default):
            given[name] = repr(value)
    given |= {name: repr(value) for name, value in entry.constants.items()}
    if training.clipping in CLIPPING:
        given[CLIPPING[training.clipping]] = repr(training.clip_limit)
    arguments = [f"{name}={value}" for name, value in given.items()]
    return wrapped(f"keras.optimizers.{entry.keras}(", arguments, width=84)


def metric(experiment: Experiment) -> str:
    """Keras' name of the metric."""
    return "accuracy" if experiment.data.source.classes else "mean_absolute_error"


def _compile(experiment: Experiment) -> str:
    return f"""\
optimizer = {optimizer(experiment)}
model.compile(
    optimizer,
    loss="{loss(experiment)}",
    metrics=["{metric(experiment)}"],
    jit_compile=False,  # a network this small is trained before it would be compiled
)"""


def loss(experiment: Experiment) -> str:
    """Keras' name of the loss."""
    name = experiment.training.loss
    if name != "cross_entropy":
        return name
    several = experiment.data.source.n_outputs > 1
    return "sparse_categorical_crossentropy" if several else "binary_crossentropy"


def _batches(training: Training, in_parts: bool) -> str:
    drawn = ("random.permutation(len(x_train))", "    random = np.random.default_rng([SEED, 1])\n")
    order, random = drawn if training.shuffle else ("np.arange(len(x_train))", "")
    skipped = f"    for _ in range(done):\n        {order}\n" * (in_parts and training.shuffle)
    done = "done" * in_parts
    return f'''\
def batches({done}):
    """The examples of one update after the other, in the order of the run."""
{random}{skipped}    while True:  # for each epoch
        order = {order}
        for start in range(0, len(x_train), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            yield x_train[rows], y_train[rows]'''


def _masks() -> str:
    return '''\
class SameUnits(keras.callbacks.Callback):
    """Sets the masks of all dropout layers before each update: one random number per unit and
    example, from one sequence."""

    bits = np.random.PCG64(np.random.SeedSequence([SEED, 2]))

    def on_train_batch_begin(self, batch, logs=None):
        layers = [layer for layer in self.model.layers if isinstance(layer, Dropout)]
        count = BATCH_SIZE * sum(layer.keep.shape[1] for layer in layers)
        numbers = self.bits.random_raw(-(-count // 4)).view(np.uint16)  # four in each raw one
        for layer in layers:
            size = BATCH_SIZE * layer.keep.shape[1]
            keep = numbers[:size] >= np.float32(DROPOUT) * 65536
            layer.keep.assign(keep.reshape(layer.keep.shape).astype(np.float32))
            numbers = numbers[size:]'''


def callbacks_of(experiment: Experiment) -> tuple[list[str], list[str]]:
    """Classes that the script defines for its callbacks, and the callbacks as expressions."""
    training, definitions, callbacks = experiment.training, [], []
    monitor = "val_loss" if experiment.data.validation_size else "loss"
    if training.schedule == "plateau" and training.decay_rate < 1:  # which Keras requires
        if has_schedule(training):
            definitions.append(_own_plateau(experiment, monitor))
            callbacks.append("ReduceOnPlateau()")
        else:
            callbacks.append(
                f'keras.callbacks.ReduceLROnPlateau("{monitor}", factor={training.decay_rate!r}, '
                f"patience={training.plateau_patience})"
            )
    if training.early_stopping:
        gain = f"min_delta={training.min_delta!r}, " if training.min_delta else ""
        callbacks.append(
            f'keras.callbacks.EarlyStopping("{monitor}", patience={training.patience}, {gain}'
            f"restore_best_weights={training.restore_best})"
        )
    if training.target_metric != "none":
        definitions.append(_stop_at_target(experiment))
        callbacks.append("StopAtTarget()")
    return definitions, callbacks


def time_limit(training: Training) -> str:
    """A callback that ends training after an epoch once its time is over."""
    return f"""\
class TimeLimit(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        if time.monotonic() - self.began >= {training.time_limit!r}:  # seconds
            self.model.stop_training = True"""


def _stop_at_target(experiment: Experiment) -> str:
    training, data = experiment.training, experiment.data
    of_loss = training.target_metric == "loss"
    name = ("val_" if data.validation_size else "") + ("loss" if of_loss else metric(experiment))
    skipped = _skipped(experiment, name)
    sign = ">=" if name.endswith("accuracy") else "<="
    scaled = data.table is not None and data.table.scale_target and not of_loss
    value = training.target_value / (load(data).target_std if scaled else 1)
    return f'''\
class StopAtTarget(keras.callbacks.Callback):
    reached = False

    def on_epoch_end(self, epoch, logs):
{skipped}        if not self.reached and np.float32(logs["{name}"]) {sign} np.float32({value!r}):
            self.reached = self.model.stop_training = True'''


def _skipped(experiment: Experiment, monitor: str) -> str:
    """The beginning of a callback's `on_epoch_end` where not every epoch is validated."""
    if not experiment.data.validation_size or experiment.training.validation_freq == 1:
        return ""
    return f'        if "{monitor}" not in logs:\n            return\n'


def _own_plateau(experiment: Experiment, monitor: str) -> str:
    training = experiment.training
    return f'''\
class ReduceOnPlateau(keras.callbacks.Callback):
    """Keras' own ReduceLROnPlateau cannot reduce a rate that is warming up."""

    best, wait = math.inf, 0

    def on_epoch_end(self, epoch, logs):
{_skipped(experiment, monitor)}        loss, self.wait = logs["{monitor}"], self.wait + 1
        if np.float32(loss + 1e-4) < np.float32(self.best):
            self.best, self.wait = loss, 0
        if self.wait >= {training.plateau_patience}:
            schedule.factor.assign(schedule.factor * {training.decay_rate!r})
            self.wait = 0'''
