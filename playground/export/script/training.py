"""The part of a script that trains: loss, optimizer, learning rate, order of the examples."""

from collections.abc import Callable

from playground.experiment.model import Experiment, Training
from playground.export.script.source import listing
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES

CLIPPING = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}

# What the share of the learning rate is at update s (counted after warm-up) of each schedule.
SHARES: dict[str, Callable[[Training], list[str]]] = {
    "constant": lambda t: [],
    "plateau": lambda t: [],
    "exponential": lambda t: [f"share = {t.decay_rate!r} ** (s / period)"],
    "staircase": lambda t: [
        "# a period that misses its end by rounding alone has passed",
        f"share = {t.decay_rate!r} ** np.floor(s / period + 1e-9)",
    ],
    "step": lambda t: [
        f"milestones = np.array({list(t.milestones)!r}) * STEPS",
        f"share = {t.decay_rate!r} ** (s[:, None] >= milestones).sum(axis=1)",
    ],
    "inverse_time": lambda t: [f"share = 1 / (1 + {t.decay_rate!r} * s / period)"],
    "polynomial": lambda t: [
        f"share = (1 - np.minimum(s / run, 1)) ** {t.power!r}",
        *_not_below(t.final_share),
    ],
    "cosine": lambda t: [
        "share = (1 + np.cos(np.pi * np.minimum(s / run, 1))) / 2",
        *_not_below(t.final_share),
    ],
    "cosine_restarts": lambda t: [
        *_cycles(t.period_growth),
        f"share = {t.peak_decay!r}**cycle * (1 + np.cos(np.pi * np.clip(left, 0, 1))) / 2",
        *_not_below(t.final_share),
    ],
    "one_cycle": lambda t: [
        f"position, rise = np.minimum(s / run, 1), {t.rise_share!r}",
        "up = (1 + np.cos(np.pi * (1 - position / rise))) / 2",
        "down = (1 + np.cos(np.pi * (position - rise) / (1 - rise))) / 2",
        f"up = {t.start_share!r} + (1 - {t.start_share!r}) * up",
        f"down = {t.final_share!r} + (1 - {t.final_share!r}) * down",
        "share = np.where(position < rise, up, down)",
    ],
    "triangular": lambda t: [
        "share = 1 - np.abs(2 * (s / period % 1) - 1)",
        *_not_below(t.start_share),
    ],
}


def _not_below(low: float) -> list[str]:
    return [f"share = {low!r} + (1 - {low!r}) * share"] * (low > 0)


def _cycles(growth: float) -> list[str]:
    if growth == 1:
        return ["cycle = np.floor(s / period + 1e-9)", "left = s / period - cycle"]
    return [
        f"# cycle k is {growth!r}^k periods long",
        f"growth, position = {growth!r}, s / period",
        "cycle = np.floor(np.log1p(position * (growth - 1)) / np.log(growth) + 1e-9)",
        "left = position - np.expm1(cycle * np.log(growth)) / (growth - 1)",
        "left = left / growth**cycle",
    ]


def _shares(training: Training) -> list[str]:
    """Code of the share; of a schedule without an entry in SHARES, its function and its fields."""
    if training.schedule in SHARES:
        return SHARES[training.schedule](training)
    entry = SCHEDULES[training.schedule]
    fields = ", ".join(f"{name}={getattr(training, name)!r}" for name in entry.defaults)
    return [
        listing(entry.share),
        "times = types.SimpleNamespace(run=run, period=period, epoch=STEPS)",
        f"training = types.SimpleNamespace({fields})",
        f"share = {entry.share.__name__}(s, times, training)",
    ]


def has_schedule(training: Training) -> bool:
    """Whether the rate of an update depends on when it comes."""
    return bool(_shares(training)) or training.warmup_epochs > 0


def watches_plateaus(training: Training) -> bool:
    """Whether the rate is reduced where the loss no longer falls."""
    return training.schedule == "plateau"


def section(experiment: Experiment) -> str:
    """Code that compiles `model` and makes `batches` and `callbacks`."""
    training = experiment.training
    parts = [schedule(training)] if has_schedule(training) else []
    parts += [_compile(experiment), _batches(training)]
    drops = experiment.network.dropout > 0 and bool(experiment.network.hidden)
    parts += [_masks()] * drops
    callbacks = ["Compare()"] + ["SameUnits()"] * drops
    if watches_plateaus(training) and has_schedule(training):
        parts.append(own_plateau(experiment))
        callbacks.append("ReduceOnPlateau()")
    elif watches_plateaus(training):
        callbacks.append(plateau(experiment))
    if training.early_stopping:
        callbacks.append(early_stopping(experiment))
    return "\n\n\n".join([*parts, _list("callbacks", callbacks)])


def _list(name: str, entries: list[str]) -> str:
    one = f"{name} = [{', '.join(entries)}]"
    if len(one) <= 100:
        return one
    return f"{name} = [\n" + "".join(f"    {entry},\n" for entry in entries) + "]"


def schedule(training: Training) -> str:
    """The learning rate of every update as a table, and `schedule`, which looks it up."""
    entry = SCHEDULES[training.schedule]
    shares = _shares(training)
    text = "\n".join(shares)
    lines = ["step = np.arange(PLANNED * STEPS + 1)  # each update, counted from 0"]
    warmup = f"{training.warmup_epochs!r} * STEPS"
    after = " - warmup" if training.warmup_epochs else ""
    if training.warmup_epochs:
        lines += [
            f"warmup = {warmup}  # updates in which the rate rises from 0",
            "ramp = np.where(step < warmup, np.minimum((step + 1) / max(warmup, 1), 1), 1)",
        ]
    if shares:
        lines.append("s = np.maximum(step - warmup, 0)" if after else "s = step")
    if "period" in text:
        lines.append(f"period = {training.period_epochs!r} * STEPS")
    if "run" in text:
        lines.append(f"run = max(PLANNED * STEPS{after}, 1)  # updates in all")
    factors = ["LEARNING_RATE"] + ["share"] * bool(shares) + ["ramp"] * bool(after)
    lines += [*shares, f"rates = ({' * '.join(factors)}).astype(np.float32)"]
    label = entry.label + (", after warm-up" if after else "")
    looked, extra = "keras.ops.take(rates, step)", ""
    if watches_plateaus(training):
        looked, extra = (
            f"{looked} * self.factor",
            ("\n    factor = keras.Variable(1.0, trainable=False)  # falls with each plateau\n"),
        )
    return f"""\
# The learning rate of every update. {label}.
{chr(10).join(lines)}


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    \"\"\"Looks the rate up in the table, so that it is the same to the last digit.\"\"\"
{extra}
    def __call__(self, step):
        return {looked}


schedule = Schedule()"""


def _compile(experiment: Experiment) -> str:
    training = experiment.training
    entry = OPTIMIZERS[training.optimizer]
    rate = "schedule" if has_schedule(training) else "LEARNING_RATE"
    given = {"learning_rate": rate}
    given |= {n: repr(getattr(training, n)) for n in entry.defaults if n != "learning_rate"}
    given |= {name: repr(value) for name, value in entry.constants.items()}
    if training.clipping in CLIPPING:
        given[CLIPPING[training.clipping]] = repr(training.clip_limit)
    arguments = [f"{name}={value}" for name, value in given.items()]
    one = f"optimizer = keras.optimizers.{entry.keras}({', '.join(arguments)})"
    if len(one) > 100:
        inner = "".join(f"    {argument},\n" for argument in arguments)
        one = f"optimizer = keras.optimizers.{entry.keras}(\n{inner})"
    metric = "accuracy" if experiment.data.source.classes else "mean_absolute_error"
    return f"""\
{one}
model.compile(
    optimizer,
    loss="{loss(experiment)}",
    metrics=["{metric}"],
    jit_compile=False,  # a network this small is trained before it would be compiled
)"""


def loss(experiment: Experiment) -> str:
    """What Keras calls the loss."""
    name = experiment.training.loss
    if name != "cross_entropy":
        return name
    several = experiment.data.source.n_outputs > 1
    return "sparse_categorical_crossentropy" if several else "binary_crossentropy"


def _batches(training: Training) -> str:
    drawn = ("random.permutation(len(x_train))", "    random = np.random.default_rng([SEED, 1])\n")
    order, random = drawn if training.shuffle else ("np.arange(len(x_train))", "")
    return f'''\
def batches():
    """The examples of one update after the other, in the very order of the run."""
{random}    while True:  # for each epoch
        order = {order}
        for start in range(0, len(x_train), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            yield x_train[rows], y_train[rows]'''


def _masks() -> str:
    return '''\
class SameUnits(keras.callbacks.Callback):
    """Tells each dropout layer before each update which units to keep: one random number for each
    unit and example, from one sequence."""

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


def _monitor(experiment: Experiment) -> str:
    return "val_loss" if experiment.data.validation_size else "loss"


def plateau(experiment: Experiment) -> str:
    """Keras' callback that reduces the rate where the loss no longer falls."""
    training = experiment.training
    return (
        f'keras.callbacks.ReduceLROnPlateau("{_monitor(experiment)}", '
        f"factor={training.decay_rate!r}, patience={training.plateau_patience})"
    )


def own_plateau(experiment: Experiment) -> str:
    """A callback that does the same to a rate that is planned otherwise as well."""
    training = experiment.training
    return f'''\
class ReduceOnPlateau(keras.callbacks.Callback):
    """Keras' own ReduceLROnPlateau cannot reduce a rate that is warming up."""

    best, wait = math.inf, 0

    def on_epoch_end(self, epoch, logs):
        loss, self.wait = logs["{_monitor(experiment)}"], self.wait + 1
        if loss < self.best - 1e-4:
            self.best, self.wait = loss, 0
        if self.wait >= {training.plateau_patience}:
            schedule.factor.assign(schedule.factor * {training.decay_rate!r})
            self.wait = 0'''


def early_stopping(experiment: Experiment) -> str:
    """Keras' callback that stops where the loss no longer falls."""
    training = experiment.training
    return (
        f'keras.callbacks.EarlyStopping("{_monitor(experiment)}", patience={training.patience}, '
        f"restore_best_weights={training.restore_best})"
    )
