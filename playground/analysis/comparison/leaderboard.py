"""The leaderboard of a race: scores, costs and targets over seeds, rankings, the Pareto front."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from playground.analysis.metrics.run_summary import TARGET_SHARE, summarize, target_score
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary
from playground.history.events import metric_name
from playground.history.history import History


class Entrant(Protocol):
    """A competitor: a label, and one experiment for each seed."""

    @property
    def label(self) -> str:
        """Its name."""

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Equal but for the seed."""


@dataclass(frozen=True)
class SeedSummary:
    """A number over the seeds of a competitor: mean, minimum and maximum of those that have it."""

    mean: float
    low: float
    high: float
    count: int  # seeds that have it
    seeds: int

    def beyond(self, other: "SeedSummary") -> bool:
        """Whether the two ranges have no value in common."""
        return self.low > other.high or self.high < other.low


@dataclass(frozen=True)
class LeaderboardRow:
    """The numbers of one competitor; None: not known, or not reached by any of its seeds."""

    competitor: int  # its number in the race, from 0
    label: str
    epochs: SeedSummary | None  # to the target
    updates: SeedSummary | None  # to the target
    seconds: SeedSummary | None  # of training, to the target
    final: SeedSummary | None  # score after the last finished epoch
    best: SeedSummary | None
    best_seconds: SeedSummary | None  # of training, until the best score
    best_updates: SeedSummary | None
    best_multiply_adds: SeedSummary | None
    parameters: int
    multiply_adds: int  # of one epoch
    examples_per_second: SeedSummary | None
    compile_seconds: SeedSummary | None  # in no other number


@dataclass(frozen=True)
class Leaderboard:
    """A row for each competitor, in the order of the race."""

    rows: tuple[LeaderboardRow, ...]
    target: float | None  # the score to reach; None before the first epoch
    metric: str  # "accuracy" or "mean_absolute_error"
    part: str  # "validation", or "training" where there are no validation examples

    @property
    def higher_is_better(self) -> bool:
        """Whether the score is an accuracy, and not an error."""
        return self.metric == "accuracy"


def epoch_multiply_adds(experiment: Experiment) -> int:
    """Multiply-accumulate operations (MACs) of one epoch, forward and backward.

    For one example: m = Σ n_in·n_out forward, m for the gradients of the weights, and m without
    the first layer for those of the layers' inputs: 3m − n_0·n_1. Activations, the optimizer's own
    arithmetic and validation are left out: they are small beside it.
    """
    sizes = experiment.layer_sizes
    forward = summary(experiment).multiply_adds
    return (3 * forward - sizes[0] * sizes[1]) * experiment.data.train_size


def leaderboard(
    competitors: Sequence[Entrant],
    histories: Sequence[Sequence[History]],
    share: float = TARGET_SHARE,
) -> Leaderboard:
    """The leaderboard of the epochs finished so far; `histories`: [competitor][seed]."""
    data = competitors[0].experiments[0].data
    metric = metric_name(data.source.task)
    higher = metric == "accuracy"
    summaries = [summarize(history, higher) for own in histories for history in own]
    best = [s.best_score for s in summaries if s.best_score is not None]
    target = None
    if best:
        target = target_score(max(best) if higher else min(best), share, higher)
    rows = tuple(
        _row(i, competitor, own, target, higher)
        for i, (competitor, own) in enumerate(zip(competitors, histories, strict=True))
    )
    return Leaderboard(rows, target, metric, "validation" if data.validation_size else "training")


def _row(
    number: int, entrant: Entrant, histories: Sequence[History], target: float | None, higher: bool
) -> LeaderboardRow:
    experiment = entrant.experiments[0]
    work, per_epoch = epoch_multiply_adds(experiment), experiment.steps_per_epoch
    summaries = [summarize(history, higher, target) for history in histories]
    spent = [history.training_seconds() for history in histories]

    def over_seeds(values: Iterable[float | None]) -> SeedSummary | None:
        known = [float(value) for value in values if value is not None]
        if not known:
            return None
        return SeedSummary(float(np.mean(known)), min(known), max(known), len(known), len(spent))

    def seconds(epochs: Iterable[int | None]) -> SeedSummary | None:
        pairs = zip(spent, epochs, strict=True)
        return over_seeds(None if epoch is None else own[epoch - 1] for own, epoch in pairs)

    to_target = [s.to_target for s in summaries]
    to_best = [s.best_score_epoch for s in summaries]
    seen = experiment.data.train_size
    return LeaderboardRow(
        competitor=number,
        label=entrant.label,
        epochs=over_seeds(to_target),
        updates=over_seeds(epoch and epoch * per_epoch for epoch in to_target),
        seconds=seconds(to_target),
        final=over_seeds(s.last_score for s in summaries),
        best=over_seeds(s.best_score for s in summaries),
        best_seconds=seconds(to_best),
        best_updates=over_seeds(epoch and epoch * per_epoch for epoch in to_best),
        best_multiply_adds=over_seeds(epoch and epoch * work for epoch in to_best),
        parameters=summary(experiment).parameters,
        multiply_adds=work,
        examples_per_second=over_seeds(
            seen * len(own) / own[-1] if len(own) and own[-1] > 0 else None for own in spent
        ),
        compile_seconds=over_seeds(s.compile_seconds for s in summaries),
    )


@dataclass(frozen=True)
class RankingKey:
    """One way to rank: what is compared, and which direction is good (None: as the score)."""

    label: str
    of: Callable[[LeaderboardRow], SeedSummary | int | None]
    more_is_better: bool | None = False


ORDERS: Mapping[str, RankingKey] = {
    "best": RankingKey("best score", lambda row: row.best, None),
    "final": RankingKey("final score", lambda row: row.final, None),
    "epochs": RankingKey("epochs to target", lambda row: row.epochs),
    "updates": RankingKey("updates to target", lambda row: row.updates),
    "seconds": RankingKey("seconds to target", lambda row: row.seconds),
    "parameters": RankingKey("parameters", lambda row: row.parameters),
    "multiply_adds": RankingKey("MACs per epoch", lambda row: row.multiply_adds),
    "examples_per_second": RankingKey("samples/s", lambda row: row.examples_per_second, True),
}


def _key(row: LeaderboardRow, order: str, higher: bool) -> tuple[float, float]:
    entry = ORDERS[order]
    value, more = entry.of(row), entry.more_is_better
    if value is None:
        return (float("inf"), 0.0)
    # A target that only some seeds reach ranks behind one that all reach.
    missing = float(value.seeds - value.count) if isinstance(value, SeedSummary) else 0.0
    number = value.mean if isinstance(value, SeedSummary) else float(value)
    return (missing, -number if (higher if more is None else more) else number)


def ranked(
    rows: Sequence[LeaderboardRow], order: str, higher_is_better: bool
) -> list[LeaderboardRow]:
    """The rows by an entry of ORDERS; rows without a value last, equals as in the race."""
    by_number = sorted(rows, key=lambda row: row.competitor)
    return sorted(by_number, key=lambda row: _key(row, order, higher_is_better))


def ranks(rows: Sequence[LeaderboardRow], order: str, higher_is_better: bool) -> list[int | None]:
    """The rank of each of these `ranked` rows: equals share one (1, 2, 2, 4); None: no value."""
    keys = [_key(row, order, higher_is_better) for row in rows]
    return [None if key[0] == float("inf") else 1 + keys.index(key) for key in keys]


def pareto_front(
    rows: Sequence[LeaderboardRow], cost: str, higher_is_better: bool
) -> list[LeaderboardRow]:
    """The Pareto front of best score and cost, the cheapest first.

    cost: "best_seconds", "best_updates" or "best_multiply_adds".
    """
    sign = 1 if higher_is_better else -1
    points = [
        (spent.mean, -sign * row.best.mean, row)
        for row in rows
        if row.best is not None and (spent := getattr(row, cost)) is not None
    ]
    front: list[LeaderboardRow] = []
    lowest = float("inf")
    for _, loss, row in sorted(points, key=lambda point: point[:2]):
        if loss < lowest:
            front.append(row)
            lowest = loss
    return front
