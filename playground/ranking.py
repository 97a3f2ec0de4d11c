"""Who is ahead in a race, by what it costs, and which differences are more than luck."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playground.events import metric_name
from playground.experiment import Experiment
from playground.history import History
from playground.pace import seconds_spent
from playground.summary import summary

TARGET_SHARE = 0.95  # of the best score


class Entrant(Protocol):
    """Who takes part: a name, and one experiment for each seed."""

    @property
    def label(self) -> str:
        """What it is called."""

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The same but for the seed."""


@dataclass(frozen=True)
class Spread:
    """One number of a competitor over its seeds: mean, least and most of those that have it."""

    mean: float
    low: float
    high: float
    count: int  # seeds that have it
    seeds: int

    def beyond(self, other: "Spread") -> bool:
        """Whether the two bands have no value in common."""
        return self.low > other.high or self.high < other.low


@dataclass(frozen=True)
class Standing:
    """How one competitor does; None: not known, or not reached by any of its seeds."""

    competitor: int  # its number in the race, from 0
    label: str
    epochs: Spread | None  # to the target
    updates: Spread | None  # to the target
    seconds: Spread | None  # of training, to the target
    final: Spread | None  # score after the last finished epoch
    best: Spread | None
    best_seconds: Spread | None  # spent until the best score was there
    best_updates: Spread | None
    best_multiply_adds: Spread | None
    parameters: int
    multiply_adds: int  # of one epoch
    examples_per_second: Spread | None


@dataclass(frozen=True)
class Ranking:
    """The standings of all competitors, in the order of the race."""

    standings: tuple[Standing, ...]
    target: float | None  # the score to be reached; None before the first epoch
    metric: str  # "accuracy" or "mean_absolute_error"
    part: str  # "validation", or "training" where there are no validation examples

    @property
    def higher_is_better(self) -> bool:
        """Whether the score is an accuracy, and not an error."""
        return self.metric == "accuracy"


def epoch_multiply_adds(experiment: Experiment) -> int:
    """Multiplications, each with its addition, of one epoch: forward and backward.

    For one example: m = Σ n_in·n_out forward, m for the gradients of the weights, and m without
    the first layer for those of the layers' inputs: 3m − n_0·n_1. Activations, the optimizer's own
    arithmetic and validation are left out: they are small beside it.
    """
    sizes = experiment.layer_sizes
    forward = summary(experiment).multiply_adds
    return (3 * forward - sizes[0] * sizes[1]) * experiment.data.train_size


def scores(history: History) -> NDArray[np.float64]:
    """The score after each epoch: of the validation examples, or of training if there are none."""
    column = history.metric if history.val_metric is None else history.val_metric
    values = column.astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def target_score(best: float, share: float, higher_is_better: bool) -> float:
    """What is to be reached: `share` of the best accuracy, or within 1 − share of the lowest error.

    With a share of 0.95: 95 % of the accuracy; an error at most 5 % above the lowest.
    """
    return best * share if higher_is_better else best * (2 - share)


def ranking(
    competitors: Sequence[Entrant],
    histories: Sequence[Sequence[History]],
    share: float = TARGET_SHARE,
) -> Ranking:
    """Standings from the epochs finished so far; `histories` as in the race: [competitor][seed]."""
    data = competitors[0].experiments[0].data
    metric = metric_name(data.source.task)
    higher = metric == "accuracy"
    told = [[scores(history) for history in own] for own in histories]
    best = [_best(column, higher) for own in told for column in own]
    known = [value for value in best if value is not None]
    target = None
    if known:
        target = target_score(max(known) if higher else min(known), share, higher)
    found = [
        _standing(i, competitor, list(zip(own, columns, strict=True)), target, higher)
        for i, (competitor, own, columns) in enumerate(
            zip(competitors, histories, told, strict=True)
        )
    ]
    part = "validation" if data.validation_size else "training"
    return Ranking(tuple(found), target, metric, part)


def _best(column: NDArray[np.float64], higher: bool) -> float | None:
    if not np.isfinite(column).any():
        return None
    return float(np.nanmax(column) if higher else np.nanmin(column))


def _standing(
    number: int,
    entrant: Entrant,
    runs: Sequence[tuple[History, NDArray[np.float64]]],
    target: float | None,
    higher: bool,
) -> Standing:
    experiment = entrant.experiments[0]
    work = epoch_multiply_adds(experiment)
    reached, best, final, pace = [], [], [], []
    for history, column in runs:
        seconds = seconds_spent(history)
        value = _best(column, higher)
        if value is not None:
            row = int(np.flatnonzero(column == value)[0])
            best.append((value, row + 1, float(seconds[row])))
        if len(column) and np.isfinite(column[-1]):
            final.append(float(column[-1]))
        if len(column) and seconds[-1] > 0:
            pace.append(experiment.data.train_size * len(column) / float(seconds[-1]))
        if target is not None:
            hits = np.flatnonzero(column >= target if higher else column <= target)
            if len(hits):
                reached.append((int(hits[0]) + 1, float(seconds[hits[0]])))
    seeds, per_epoch = len(runs), experiment.steps_per_epoch

    def spread(values: Sequence[float]) -> Spread | None:
        if not values:
            return None
        mean = float(np.mean(values))
        return Spread(mean, float(min(values)), float(max(values)), len(values), seeds)

    return Standing(
        competitor=number,
        label=entrant.label,
        epochs=spread([epochs for epochs, _ in reached]),
        updates=spread([epochs * per_epoch for epochs, _ in reached]),
        seconds=spread([seconds for _, seconds in reached]),
        final=spread(final),
        best=spread([value for value, _, _ in best]),
        best_seconds=spread([seconds for _, _, seconds in best]),
        best_updates=spread([epochs * per_epoch for _, epochs, _ in best]),
        best_multiply_adds=spread([epochs * work for _, epochs, _ in best]),
        parameters=summary(experiment).parameters,
        multiply_adds=work,
        examples_per_second=spread(pace),
    )
