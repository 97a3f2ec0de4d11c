"""Which worker trains which of several runs: evenly, and runs of one shape beside each other."""

from collections.abc import Sequence
from itertools import pairwise

from pydantic import ValidationError

from playground.experiment import Experiment
from playground.shape import shape

UPDATE = 1e6  # what one update costs beside its sums, in multiplications


def cost(experiment: Experiment) -> float:
    """How much there is to compute in one epoch, roughly, in multiply-adds.

    3 a weight and example (forward, and twice backward), 5 a weight and update, and UPDATE.
    """
    weights = sum(a * b for a, b in pairwise(experiment.layer_sizes))
    updates = experiment.steps_per_epoch
    return 3.0 * weights * experiment.data.train_size + updates * (5.0 * weights + UPDATE)


def spread(experiments: Sequence[Experiment], n_workers: int) -> list[int]:
    """The number (from 0) of the worker for each experiment.

    All are laid in a line, those that share a compiled program side by side, the cheap groups
    first, and the line is cut into `n_workers` pieces of equal cost: at most `n_workers` − 1
    programs are compiled twice.
    """
    groups: dict[tuple[Experiment, int, int], list[int]] = {}
    costs = []
    for i, experiment in enumerate(experiments):
        sizes = experiment.data.train_size, experiment.data.validation_size
        try:
            program, work = shape(experiment), cost(experiment)
        except (ValidationError, KeyError):  # its data are gone: its trainer will say so
            program, work = experiment, UPDATE
        groups.setdefault((program, *sizes), []).append(i)
        costs.append(work)
    line = sorted(groups.values(), key=lambda group: sum(costs[i] for i in group))
    places, passed, total = [0] * len(costs), 0.0, sum(costs)
    for i in (i for group in line for i in group):
        places[i] = min(int((passed + costs[i] / 2) / total * n_workers), n_workers - 1)
        passed += costs[i]
    return places
