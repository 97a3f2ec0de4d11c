"""Who is ahead in a race, by what it costs, and which differences are more than luck.

Orders of a ranking: by what competitors are compared, ties, and who is worth its cost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary
from playground.history.events import metric_name
from playground.history.history import History

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
class SeedSummary:
    """One number of a competitor over its seeds: mean, least and most of those that have it."""

    mean: float
    low: float
    high: float
    count: int  # seeds that have it
    seeds: int

    def beyond(self, other: "SeedSummary") -> bool:
        """Whether the two bands have no value in common."""
        return self.low > other.high or self.high < other.low


@dataclass(frozen=True)
class LeaderboardRow:
    """How one competitor does; None: not known, or not reached by any of its seeds."""

    competitor: int  # its number in the race, from 0
    label: str
    epochs: SeedSummary | None  # to the target
    updates: SeedSummary | None  # to the target
    seconds: SeedSummary | None  # of training, to the target
    final: SeedSummary | None  # score after the last finished epoch
    best: SeedSummary | None
    best_seconds: SeedSummary | None  # spent until the best score was there
    best_updates: SeedSummary | None
    best_multiply_adds: SeedSummary | None
    parameters: int
    multiply_adds: int  # of one epoch
    examples_per_second: SeedSummary | None


@dataclass(frozen=True)
class Leaderboard:
    """The standings of all competitors, in the order of the race."""

    standings: tuple[LeaderboardRow, ...]
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
) -> Leaderboard:
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
    return Leaderboard(tuple(found), target, metric, part)


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
) -> LeaderboardRow:
    experiment = entrant.experiments[0]
    work = epoch_multiply_adds(experiment)
    reached, best, final, pace = [], [], [], []
    for history, column in runs:
        seconds = history.training_seconds()
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

    def spread(values: Sequence[float]) -> SeedSummary | None:
        if not values:
            return None
        mean = float(np.mean(values))
        return SeedSummary(mean, float(min(values)), float(max(values)), len(values), seeds)

    return LeaderboardRow(
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


@dataclass(frozen=True)
class RankingKey:
    """One way to rank: what is compared, and which way round is good (None: as the score is)."""

    label: str
    of: Callable[[LeaderboardRow], SeedSummary | int | None]
    more_is_better: bool | None = False


ORDERS: Mapping[str, RankingKey] = {
    "best": RankingKey("best score", lambda s: s.best, None),
    "final": RankingKey("final score", lambda s: s.final, None),
    "epochs": RankingKey("epochs to the target", lambda s: s.epochs),
    "updates": RankingKey("updates to the target", lambda s: s.updates),
    "seconds": RankingKey("seconds to the target", lambda s: s.seconds),
    "parameters": RankingKey("parameters", lambda s: s.parameters),
    "multiply_adds": RankingKey("multiply-adds per epoch", lambda s: s.multiply_adds),
    "examples_per_second": RankingKey("images per second", lambda s: s.examples_per_second, True),
}


def _key(standing: LeaderboardRow, order: str, higher: bool) -> tuple[float, float]:
    entry = ORDERS[order]
    value, more = entry.of(standing), entry.more_is_better
    if value is None:
        return (float("inf"), 0.0)
    # A target that only some seeds reach comes behind one that all reach.
    missing = float(value.seeds - value.count) if isinstance(value, SeedSummary) else 0.0
    number = value.mean if isinstance(value, SeedSummary) else float(value)
    return (missing, -number if (higher if more is None else more) else number)


def ordered(
    standings: Sequence[LeaderboardRow], order: str, higher_is_better: bool
) -> list[LeaderboardRow]:
    """The standings by an entry of ORDERS; who has no value is last, equals as in the race."""
    by_number = sorted(standings, key=lambda standing: standing.competitor)
    return sorted(by_number, key=lambda standing: _key(standing, order, higher_is_better))


def places(
    standings: Sequence[LeaderboardRow], order: str, higher_is_better: bool
) -> list[int | None]:
    """The place of each of these `ordered` standings: equals share one (1, 2, 2, 4); None: none."""
    keys = [_key(standing, order, higher_is_better) for standing in standings]
    return [None if key[0] == float("inf") else 1 + keys.index(key) for key in keys]


def pareto_front(
    standings: Sequence[LeaderboardRow], cost: str, higher_is_better: bool
) -> list[LeaderboardRow]:
    """Those that no other beats at no more cost, the cheapest first.

    cost: "best_seconds", "best_updates" or "best_multiply_adds".
    """
    sign = 1 if higher_is_better else -1
    found: list[LeaderboardRow] = []
    entered = [
        (spent.mean, -sign * standing.best.mean, standing)
        for standing in standings
        if standing.best is not None and (spent := getattr(standing, cost)) is not None
    ]
    for _, _, standing in sorted(entered, key=lambda entry: entry[:2]):
        best = standing.best
        last = found[-1].best if found else None
        if best is not None and (last is None or sign * best.mean > sign * last.mean):
            found.append(standing)
    return found
