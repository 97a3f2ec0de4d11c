"""Finding a learning rate: a ramp over all of them, or short runs at a few around a given one.

The ramp is the range test of Smith, "Cyclical learning rates for training neural networks" (2017):
one short training in which the rate of each update is higher than that of the last. The short runs
let each competitor of a race run at its own best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import Experiment, limits
from playground.runs.leased import LEASE, Registry
from playground.runs.race import Competitor
from playground.runs.sweep import MOST_SWEEPS, Sweep, SweepRow

FACTORS = tuple(10 ** (k / 2) for k in range(-2, 3))  # of the competitor's own rate
UNSTOPPED = {
    "validation_freq": 1,
    "early_stopping": False,
    "target_metric": "none",
    "time_limit": 0.0,
}
UPDATES = 120  # of each short run, at least
CALL = 128  # updates in one compiled call of the engine
MOST_EXAMPLES = 5_000  # of a short run; where there are more, as many as CALL needs, or else:
FEWER_EXAMPLES = 2_000
MOST_SEEN = 20_000  # examples over all epochs of a short run


@dataclass(frozen=True)
class TriedRate:
    """Results of the short runs of one competitor so far.

    `losses`: after each of `rates`, on the validation examples (on the training examples without
    any); infinite where the loss diverged, NaN before the run is over.
    """

    label: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    own: float  # the rate it had before
    chosen: float  # of the smallest finite loss; its own where there is none


class LearningRateFinder(Sweep):
    """Each competitor trained for a moment at five learning rates around its own.

    Competitors that differ from another one in the learning rate alone are left as they are;
    where that leaves none, `state` is "finished" from the start.
    """

    FEWEST = 0

    def __init__(self, competitors: Sequence[Competitor], lease: float = LEASE) -> None:
        self.competitors = tuple(competitors)
        self._rates = [
            () if _varies_rate(each, competitors) else rates(each.experiments[0])
            for each in competitors
        ]
        tried = [
            short(competitor.experiments[0], rate)
            for competitor, each in zip(competitors, self._rates, strict=True)
            for rate in each
        ]
        # Some may be equal: each is trained once.
        super().__init__(list(dict.fromkeys(tried)), lease=lease)

    @property
    def done(self) -> tuple[int, int]:
        """How many of the short runs are over, and how many there are."""
        rows = self.rows
        return sum(row.state not in ("waiting", "ready", "playing") for row in rows), len(rows)

    @property
    def tried(self) -> tuple[TriedRate | None, ...]:
        """Of each competitor; None where its rate is kept."""
        rows = {row.experiment: row for row in self.rows}
        return tuple(
            _tried(competitor, each, rows) if each else None
            for competitor, each in zip(self.competitors, self._rates, strict=True)
        )

    def best(self) -> tuple[Competitor, ...]:
        """The competitors, each at the best rate known by now, with all their seeds."""
        return tuple(
            _at(competitor, tried.chosen) if tried else competitor
            for competitor, tried in zip(self.competitors, self.tried, strict=True)
        )


RAMP = "playground.training.trainer:rate_ramp"  # runs in a worker
RAMP_RATES = np.geomspace(1e-5, 10.0, 121)  # 20 updates for each power of ten
SMOOTHING = 13  # updates whose mean is the smoothed loss
TREND = 25  # updates over which its slope is measured: a little more than a power of ten
JUMP = 4.0  # a loss this many times the first one ends the curve


@dataclass(frozen=True)
class RateRamp:
    """The loss of each update of a ramp; it ends where the loss is no longer finite, or jumps."""

    rates: NDArray[np.float64]  # (n,) rising
    losses: NDArray[np.float64]  # (n,) of the batch of each update, before it
    smoothed: NDArray[np.float64]  # (n,) the mean over SMOOTHING updates

    @property
    def last_safe(self) -> float:
        """The rate with the lowest smoothed loss: beyond it the loss rises."""
        return float(self.rates[int(self.smoothed.argmin())])

    @property
    def steepest(self) -> float:
        """The rate at which the loss falls fastest over log η, before `last_safe`.

        By least squares over TREND updates, so that the luck of single batches does not decide.
        """
        width = min(TREND, len(self.losses))
        t = np.arange(width) - (width - 1) / 2
        slopes = np.convolve(self.losses, t[::-1] / np.square(t).sum(), "valid")
        before = max(int(self.smoothed.argmin()) - width // 2, 0) + 1
        return float(self.rates[int(slopes[:before].argmin()) + width // 2])


def rate_ramp(losses: Sequence[float], rates: NDArray[np.float64] = RAMP_RATES) -> RateRamp:
    """What `RAMP` measured; ValueError where too few losses are finite."""
    values = np.array(losses, np.float64)
    jumps = np.flatnonzero(values > JUMP * values[:1])
    values = values[: jumps[0] if len(jumps) else None]
    if len(values) < SMOOTHING:
        raise ValueError(f"a ramp must have {SMOOTHING} finite losses, got {len(values)}")
    half = SMOOTHING // 2
    padded = np.pad(values, half, "edge")
    smoothed = np.convolve(padded, np.full(SMOOTHING, 1 / SMOOTHING), "valid")
    return RateRamp(rates[: len(values)], values, smoothed)


def rates(experiment: Experiment) -> tuple[float, ...]:
    """Five learning rates in steps of √10 around the experiment's own, inside the limits."""
    low, high = limits("learning_rate")
    own = experiment.training.learning_rate
    around = (own if factor == 1 else float(f"{own * factor:.2g}") for factor in FACTORS)
    return tuple(dict.fromkeys(min(max(rate, low), high) for rate in around))


def short(experiment: Experiment, rate: float) -> Experiment:
    """A run to try a rate with: about UPDATES updates, on a part of large training sets.

    The batch size stays, so the compiled program of the long run is reused.
    """
    size, n = experiment.training.batch_size, experiment.data.train_size
    if n > MOST_EXAMPLES:
        n = CALL * size if FEWER_EXAMPLES <= CALL * size <= MOST_EXAMPLES else FEWER_EXAMPLES
        n = min(max(n, size), experiment.data.train_size)
    updates = -(-n // size)
    epochs = min(-(-UPDATES // updates), max(MOST_SEEN // n, 1), experiment.training.epochs)
    return experiment.replace(learning_rate=rate, train_size=n, epochs=epochs, **UNSTOPPED)


def _varies_rate(competitor: Competitor, competitors: Sequence[Competitor]) -> bool:
    """Whether another competitor differs from this one in the learning rate alone."""
    own = competitor.experiments[0]
    others = [each.experiments[0] for each in competitors if each is not competitor]
    rate = own.training.learning_rate
    return any(other != own and other.replace(learning_rate=rate) == own for other in others)


def _tried(
    competitor: Competitor, rates: Sequence[float], rows: Mapping[Experiment, SweepRow]
) -> TriedRate:
    own = competitor.experiments[0].training.learning_rate
    losses = [_loss(rows[short(competitor.experiments[0], rate)]) for rate in rates]
    finite = [(loss, rate) for loss, rate in zip(losses, rates, strict=True) if isfinite(loss)]
    chosen = min(finite)[1] if finite else own
    return TriedRate(competitor.label, tuple(rates), tuple(losses), own, chosen)


def _loss(row: SweepRow) -> float:
    if row.state == "diverged":
        return inf
    score = row.validation or row.train
    return score.loss if row.state == "finished" and score else nan


def _at(competitor: Competitor, rate: float) -> Competitor:
    each = (experiment.replace(learning_rate=rate) for experiment in competitor.experiments)
    return replace(competitor, experiments=tuple(each))


LEARNING_RATE_FINDERS: Registry[LearningRateFinder] = Registry(MOST_SWEEPS)
