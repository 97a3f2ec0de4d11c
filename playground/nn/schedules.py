"""Learning-rate schedules: the share of the learning rate at each step, as pure functions.

All times are counted in steps (weight updates).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Times:
    """Lengths in steps: the whole run after warm-up, one period, one epoch."""

    run: float
    period: float
    epoch: float


class ScheduleConfig(Protocol):
    """The settings of a schedule: see `playground.experiment.Training`, which satisfies it."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def epochs(self) -> int: ...
    @property
    def schedule(self) -> str: ...
    @property
    def warmup_epochs(self) -> float: ...
    @property
    def decay_rate(self) -> float: ...
    @property
    def milestones(self) -> tuple[float, ...]: ...
    @property
    def period_epochs(self) -> float: ...
    @property
    def period_growth(self) -> float: ...
    @property
    def peak_decay(self) -> float: ...
    @property
    def final_share(self) -> float: ...
    @property
    def power(self) -> float: ...
    @property
    def rise_share(self) -> float: ...
    @property
    def start_share(self) -> float: ...


@dataclass(frozen=True)
class Schedule:
    """A schedule η(s) = η₀ · share(s), s ≥ 0 in steps from the start of training.

    `defaults` maps each field of `Training` the share depends on to its default value.
    `after_warmup`: the share spans the run after warm-up, and s counts from there.
    In the formula d is `decay_rate`, P the period, T the length of the run, e `final_share`.
    """

    label: str
    formula: str  # LaTeX, of the share
    share: Callable[[Array, Times, ScheduleConfig], Array]
    defaults: Mapping[str, Any]
    after_warmup: bool = False


def _constant(s: Array, times: Times, training: ScheduleConfig) -> Array:
    return np.ones_like(s)


def _completed(position: Array) -> Array:
    """The number of completed periods, tolerant of rounding errors."""
    return np.floor(position + 1e-9)


def _exponential(s: Array, times: Times, training: ScheduleConfig) -> Array:
    return training.decay_rate ** (s / times.period)


def _staircase(s: Array, times: Times, training: ScheduleConfig) -> Array:
    return training.decay_rate ** _completed(s / times.period)


def _step(s: Array, times: Times, training: ScheduleConfig) -> Array:
    boundaries = np.array(training.milestones, dtype=float) * times.epoch
    passed = (s[..., None] >= boundaries).sum(axis=-1)
    return np.asarray(training.decay_rate**passed)


def _inverse_time(s: Array, times: Times, training: ScheduleConfig) -> Array:
    return 1 / (1 + training.decay_rate * s / times.period)


def _between(share: Array, low: float) -> Array:
    return low + (1 - low) * share


def _polynomial(s: Array, times: Times, training: ScheduleConfig) -> Array:
    left = 1 - np.minimum(s / times.run, 1)
    return _between(left**training.power, training.final_share)


def _half_cosine(position: Array) -> Array:
    """1 at position 0, falling to 0 at position 1."""
    return (1 + np.cos(np.pi * position)) / 2


def _cosine(s: Array, times: Times, training: ScheduleConfig) -> Array:
    return _between(_half_cosine(np.minimum(s / times.run, 1)), training.final_share)


def _cosine_restarts(s: Array, times: Times, training: ScheduleConfig) -> Array:
    position, growth = s / times.period, training.period_growth
    if growth == 1:
        cycle = _completed(position)
        left = position - cycle
    else:  # cycle k has length growth^k and starts at (1 − growth^k) / (1 − growth)
        cycle = _completed(np.log1p(position * (growth - 1)) / np.log(growth))
        left = position - np.expm1(cycle * np.log(growth)) / (growth - 1)
        left = left / growth**cycle
    position = np.clip(left, 0, 1)
    return _between(training.peak_decay**cycle * _half_cosine(position), training.final_share)


def _one_cycle(s: Array, times: Times, training: ScheduleConfig) -> Array:
    position, rise = np.minimum(s / times.run, 1), training.rise_share
    up = _between(_half_cosine(1 - position / rise), training.start_share)
    down = _between(_half_cosine((position - rise) / (1 - rise)), training.final_share)
    return np.where(position < rise, up, down)


def _triangular(s: Array, times: Times, training: ScheduleConfig) -> Array:
    return _between(1 - np.abs(2 * (s / times.period % 1) - 1), training.start_share)


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("Constant", "1", _constant, {}),
    "exponential": Schedule(
        "Exponential", "d^{s/P}", _exponential, {"decay_rate": 0.96, "period_epochs": 1.0}
    ),
    "staircase": Schedule(
        "Exponential staircase",
        r"d^{\lfloor s/P \rfloor}",
        _staircase,
        {"decay_rate": 0.5, "period_epochs": 10.0},
    ),
    "step": Schedule(
        "Step",
        r"d^{\text{milestones passed}}",
        _step,
        {"decay_rate": 0.1, "milestones": (50.0, 75.0)},
    ),
    "inverse_time": Schedule(
        "Inverse time",
        r"\frac{1}{1 + d\,s/P}",
        _inverse_time,
        {"decay_rate": 0.5, "period_epochs": 1.0},
    ),
    "polynomial": Schedule(
        "Polynomial",
        r"e + (1-e)(1 - s/T)^p",
        _polynomial,
        {"power": 1.0, "final_share": 0.0},
        after_warmup=True,
    ),
    "cosine": Schedule(
        "Cosine", r"e + (1-e)\tfrac12(1+\cos \pi s/T)", _cosine, {"final_share": 0.0}, True
    ),
    "cosine_restarts": Schedule(
        "Cosine with restarts",
        r"e + (1-e)\,m^k\,\tfrac12(1+\cos \pi s_k/P_k)",
        _cosine_restarts,
        {"period_epochs": 10.0, "period_growth": 2.0, "peak_decay": 1.0, "final_share": 0.0},
    ),
    "one_cycle": Schedule(
        "One cycle",
        r"\text{cosine from } b \text{ up to } 1 \text{, then down to } e",
        _one_cycle,
        {"start_share": 0.04, "rise_share": 0.3, "final_share": 0.0},
        after_warmup=True,
    ),
    "triangular": Schedule(
        "Triangular cycles",
        r"b + (1-b)(1 - |2(s/P \bmod 1) - 1|)",
        _triangular,
        {"period_epochs": 10.0, "start_share": 0.1},
    ),
    "plateau": Schedule(
        "Reduce on plateau",
        r"d^{\text{plateaus so far}}",
        _constant,  # the share depends on losses: `training.callbacks.Plateau` computes it
        {"decay_rate": 0.5, "plateau_patience": 3},
    ),
}


def rates(training: ScheduleConfig, steps: ArrayLike, steps_per_epoch: int) -> Array:
    """The learning rate at each of `steps` (0-based, any shape), before any plateau reductions.

    In the first `warmup_epochs` a ramp from 0 to 1 multiplies the schedule. Milestones and periods
    count from the start of training, as their fields say; schedules that span the run begin after
    warm-up.
    """
    step = np.asarray(steps, dtype=np.float64)
    warmup = training.warmup_epochs * steps_per_epoch
    times = Times(
        run=max(training.epochs * steps_per_epoch - warmup, 1.0),
        period=training.period_epochs * steps_per_epoch,
        epoch=float(steps_per_epoch),
    )
    schedule = SCHEDULES[training.schedule]
    s = np.maximum(step - warmup, 0.0) if schedule.after_warmup else step
    share = schedule.share(s, times, training)
    ramp = np.where(step < warmup, np.minimum((step + 1) / max(warmup, 1.0), 1.0), 1.0)
    return np.asarray(training.learning_rate * share * ramp)
