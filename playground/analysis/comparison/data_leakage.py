"""What mistakes in preparing data do to a score: the same network trained with and without them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.analysis.metrics.score import example_scores
from playground.datasets import Dataset, Split
from playground.experiment.model import Experiment
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot
from playground.runs import jobs
from playground.runs.run import Run

MOST_TRAINING = 2_000  # examples of each of the two runs
MOST_VALIDATION = 1_000
FEWEST_ROWS = 8  # to divide in three
MOST_WORK = 2e11  # floating-point operations of each run: a second or two
EPOCHS = 5, 300  # the limits of the number of epochs, whatever they cost
CHANCE = 2.0  # standard errors that a difference must exceed to be told from chance


@dataclass(frozen=True)
class LeakageExperiment:
    """A mistake: the fields that make it, and what it is.

    standardised: the kinds of data whose inputs the honest run must standardize, for the mistake to
    have something to spoil.
    """

    label: str
    explanation: str
    flawed: Mapping[str, Any]
    standardised: Collection[str] = field(default=())


MISTAKES: dict[str, LeakageExperiment] = {
    "leaky_scaler": LeakageExperiment(
        "Scaler fitted on everything",
        "Mean and standard deviation are measured on all examples, also on those kept aside for "
        "validation and test: something of them is known before it should be.",
        {"scaler": "everything"},
        ("image", "table", "plane", "line"),
    ),
    "no_scaling": LeakageExperiment(
        "No scaling",
        "The inputs go in as they are: pixels from 0 to 255, degrees beside minutes. Large numbers "
        "make large steps, and one learning rate cannot suit them all.",
        {"scaler": "nothing"},
        ("table", "plane", "line"),
    ),
    "duplicates": LeakageExperiment(
        "Duplicates across the split",
        "Every validation example stands among the training examples as well, as happens when "
        "examples are copied before they are divided: the network may know the answers by heart.",
        {"leaked_fraction": 1.0},
    ),
    "no_shuffling": LeakageExperiment(
        "No shuffling",
        "The file is sorted by class (or value) and cut as it is: the last ones are for "
        "validation. The batches come in that order as well, epoch after epoch.",
        {"split_without_shuffle": True, "shuffle": False},
    ),
}

RIGHT = {
    "scaler": "training",
    "leaked_fraction": 0.0,
    "split_without_shuffle": False,
    "shuffle": True,
}


class Pair(NamedTuple):
    """The same experiment prepared rightly, and with mistakes."""

    honest: Experiment
    flawed: Experiment


def pair(experiment: Experiment, mistakes: Collection[str], epochs: int) -> Pair:
    """`experiment`, small enough to be trained twice at once, without and with `mistakes`.

    Both learn for all `epochs`. Some examples are left to spare, so that both can be tried on new
    ones. Where two mistakes decide the same field the later one in MISTAKES does. Raises ValueError
    where there are too few examples.
    """
    chosen = [MISTAKES[name] for name in MISTAKES if name in mistakes]
    kind = experiment.data.source.kind
    standardize = experiment.data.standardize or any(kind in m.standardised for m in chosen)
    honest = experiment.replace(
        **RIGHT, **_sizes(experiment), standardize=standardize, epochs=epochs, early_stopping=False
    )
    changes: dict[str, Any] = {}
    for mistake in chosen:
        changes |= mistake.flawed
    return Pair(honest, honest.replace(**changes))


def _sizes(experiment: Experiment) -> dict[str, int]:
    data = experiment.data
    rows = data.source.rows
    validation = min(data.validation_size or data.source.validation_size, MOST_VALIDATION)
    train = min(data.train_size, MOST_TRAINING)
    if rows is not None:
        if rows < FEWEST_ROWS:
            raise ValueError(f"rows must be at least {FEWEST_ROWS}, got {rows}")
        validation = min(validation, rows // 4)
        train = min(train, rows - 2 * validation)
    return {"train_size": train, "validation_size": max(validation, 1)}


def most_epochs(experiment: Experiment) -> int:
    """How many epochs each of two runs may take, so that nobody waits long for both."""
    weights = sum(a * b for a, b in pairwise(experiment.layer_sizes))
    rows = min(experiment.data.train_size, MOST_TRAINING)
    low, high = EPOCHS
    return int(np.clip(MOST_WORK / (6 * weights * rows), low, high))


def start(experiments: Pair) -> tuple[Run, Run]:
    """Train both at the same time; each frees its trainer as soon as it is over."""
    runs = Run(experiments.honest), Run(experiments.flawed)
    for run in runs:
        run.play()
        jobs.start(_close, run)
    return runs


def _close(run: Run) -> None:
    run.wait()
    run.close()


Each = NDArray[np.float64]


def each_score(snapshot: Snapshot, dataset: Dataset, part: Split) -> Each:
    """For each example (n,): 1 or 0, right or wrong; in regression |output − target|."""
    if not len(part):
        return np.zeros(0)
    return example_scores(snapshot.predict(dataset.transform(part.x)), part.y, dataset.source.task)


@dataclass(frozen=True)
class LeakageScores:
    """A mean over n examples, and its standard error σ/√n."""

    mean: float
    error: float
    least: float = 0.0  # what one example more or less makes of a share

    @property
    def chance(self) -> float:
        """How far from 0 chance may well take it."""
        return max(CHANCE * self.error, self.least)

    @property
    def clear(self) -> bool:
        """Whether it is further from 0 than chance explains."""
        return abs(self.mean) > self.chance


def measured(example_scores: Each, is_share: bool) -> LeakageScores:
    """The mean of at least one number."""
    n = len(example_scores)
    return LeakageScores(
        float(example_scores.mean()),
        float(example_scores.std() / np.sqrt(n)),
        1 / n if is_share else 0.0,
    )


@dataclass(frozen=True)
class Outcome:
    """What both runs reach on validation, each on its own, and on new examples, the same ones.

    Where there are no new examples `new` and what follows from it is None.
    hidden: how much better the flawed run's validation score is than what it reaches on new ones.
    lost: how much worse the flawed run is on new examples than the honest one.
    Both are positive where the mistake does harm, whichever way the score counts.
    """

    is_share: bool  # accuracies: more is better; otherwise mean absolute errors
    validation: tuple[LeakageScores, LeakageScores]  # honest, flawed
    new: tuple[LeakageScores, LeakageScores] | None
    hidden: LeakageScores | None
    lost: LeakageScores | None


def outcome(snapshots: tuple[Snapshot, Snapshot], datasets: tuple[Dataset, Dataset]) -> Outcome:
    """Measure an honest and a flawed network, each with its own data set and scaling."""
    both = list(zip(snapshots, datasets, strict=True))
    validation = [each_score(s, d, d.validation) for s, d in both]
    new = [each_score(s, d, d.holdout) for s, d in both]
    is_share = datasets[0].source.task == CLASSIFICATION
    scores = measured(validation[0], is_share), measured(validation[1], is_share)
    if not len(new[0]):
        return Outcome(is_share, scores, None, None, None)
    on_new = measured(new[0], is_share), measured(new[1], is_share)
    sign = 1.0 if is_share else -1.0
    hidden = LeakageScores(
        sign * (scores[1].mean - on_new[1].mean),
        float(np.hypot(scores[1].error, on_new[1].error)),
        max(scores[1].least, on_new[1].least),
    )
    return Outcome(is_share, scores, on_new, hidden, measured(sign * (new[0] - new[1]), is_share))
