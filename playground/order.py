"""Orders of a ranking: by what competitors are compared, ties, and who is worth its cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.ranking import Spread, Standing


@dataclass(frozen=True)
class Order:
    """One way to rank: what is compared, and which way round is good (None: as the score is)."""

    label: str
    of: Callable[[Standing], Spread | int | None]
    more_is_better: bool | None = False


ORDERS: Mapping[str, Order] = {
    "best": Order("best score", lambda s: s.best, None),
    "final": Order("final score", lambda s: s.final, None),
    "epochs": Order("epochs to the target", lambda s: s.epochs),
    "updates": Order("updates to the target", lambda s: s.updates),
    "seconds": Order("seconds to the target", lambda s: s.seconds),
    "parameters": Order("parameters", lambda s: s.parameters),
    "multiply_adds": Order("multiply-adds per epoch", lambda s: s.multiply_adds),
    "examples_per_second": Order("images per second", lambda s: s.examples_per_second, True),
}


def _key(standing: Standing, order: str, higher: bool) -> tuple[float, float]:
    entry = ORDERS[order]
    value, more = entry.of(standing), entry.more_is_better
    if value is None:
        return (float("inf"), 0.0)
    # A target that only some seeds reach comes behind one that all reach.
    missing = float(value.seeds - value.count) if isinstance(value, Spread) else 0.0
    number = value.mean if isinstance(value, Spread) else float(value)
    return (missing, -number if (higher if more is None else more) else number)


def ordered(standings: Sequence[Standing], order: str, higher_is_better: bool) -> list[Standing]:
    """The standings by an entry of ORDERS; who has no value is last, equals as in the race."""
    by_number = sorted(standings, key=lambda standing: standing.competitor)
    return sorted(by_number, key=lambda standing: _key(standing, order, higher_is_better))


def places(standings: Sequence[Standing], order: str, higher_is_better: bool) -> list[int | None]:
    """The place of each of these `ordered` standings: equals share one (1, 2, 2, 4); None: none."""
    keys = [_key(standing, order, higher_is_better) for standing in standings]
    return [None if key[0] == float("inf") else 1 + keys.index(key) for key in keys]


def thrifty(standings: Sequence[Standing], cost: str, higher_is_better: bool) -> list[Standing]:
    """Those that no other beats at no more cost, the cheapest first.

    cost: "best_seconds", "best_updates" or "best_multiply_adds".
    """
    sign = 1 if higher_is_better else -1
    found: list[Standing] = []
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
