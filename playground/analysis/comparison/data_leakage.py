"""Data leakage and split errors: the same network trained with and without them."""

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

MOST_TRAINING = 2_000  # training examples of each of the two runs
MOST_VALIDATION = 1_000
FEWEST_ROWS = 8  # for three splits
MOST_WORK = 2e11  # floating-point operations of each run: a second or two
EPOCHS = 5, 300  # limits of the number of epochs, whatever they cost
CHANCE = 2.0  # standard errors that a difference must exceed


@dataclass(frozen=True)
class LeakageExperiment:
    """An error in preparing the data: the fields that cause it.

    standardized: kinds of data whose inputs the honest run must standardize for the error to have
    an effect.
    """

    label: str
    explanation: str
    flawed: Mapping[str, Any]
    standardized: Collection[str] = field(default=())


MISTAKES: dict[str, LeakageExperiment] = {
    "leaky_scaler": LeakageExperiment(
        "Scaler fitted on everything",
        "Mean and standard deviation are computed over all examples, including validation and "
        "test: information about them leaks into training.",
        {"scaler": "everything"},
        ("image", "table", "plane", "line"),
    ),
    "no_scaling": LeakageExperiment(
        "No scaling",
        "Inputs are used as they are: pixels from 0 to 255, degrees beside minutes. Large inputs "
        "cause large steps, and one learning rate cannot suit all of them.",
        {"scaler": "nothing"},
        ("table", "plane", "line"),
    ),
    "duplicates": LeakageExperiment(
        "Duplicates across the split",
        "Every validation example is also a training example, as happens when examples are "
        "duplicated before the split: the network may have memorized them.",
        {"leaked_fraction": 1.0},
    ),
    "no_shuffling": LeakageExperiment(
        "No shuffling",
        "Examples sorted by class (or value) are split in that order: the last ones are for "
        "validation. Batches come in the same order, epoch after epoch.",
        {"split_without_shuffle": True, "shuffle": False},
    ),
    "shuffled_apart": LeakageExperiment(
        "x and y shuffled apart",
        "x is shuffled, and y with another seed: no input keeps its own target, so that training "
        "targets are as good as random. Nothing says so but the score.",
        {"label_noise": 1.0},
    ),
}

RIGHT = {
    "scaler": "training",
    "leaked_fraction": 0.0,
    "label_noise": 0.0,
    "validate_on_test": False,
    "split_without_shuffle": False,
    "shuffle": True,
}


class Pair(NamedTuple):
    """The same experiment with correct data, and with errors in preparing them."""

    honest: Experiment
    flawed: Experiment


def pair(experiment: Experiment, mistakes: Collection[str], epochs: int) -> Pair:
    """`experiment`, small enough to train twice at once, without and with `mistakes`.

    Both train for all `epochs`. Some examples are held out to evaluate both on. Where two mistakes
    set the same field the later one in MISTAKES wins. Raises ValueError for too few examples.
    """
    chosen = [MISTAKES[name] for name in MISTAKES if name in mistakes]
    kind = experiment.data.source.kind
    standardize = experiment.data.standardize or any(kind in m.standardized for m in chosen)
    honest = experiment.replace(
        **RIGHT,
        **_sizes(experiment),
        standardize=standardize,
        epochs=epochs,
        early_stopping=False,
        target_metric="none",
        time_limit=0.0,
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
    """Epochs of each of two runs that take a few seconds."""
    weights = sum(a * b for a, b in pairwise(experiment.layer_sizes))
    rows = min(experiment.data.train_size, MOST_TRAINING)
    low, high = EPOCHS
    return int(np.clip(MOST_WORK / (6 * weights * rows), low, high))


def start(experiments: Pair) -> tuple[Run, Run]:
    """Train both at the same time; each frees its trainer when it has finished."""
    runs = Run(experiments.honest), Run(experiments.flawed)
    for run in runs:
        run.play()
        jobs.start(_close, run)
    return runs


def _close(run: Run) -> None:
    run.wait()
    run.close()


Each = NDArray[np.float64]


def part_scores(snapshot: Snapshot, dataset: Dataset, part: Split) -> Each:
    """For each example (n,): 1 if correct, else 0; in regression |output − target|."""
    if not len(part):
        return np.zeros(0)
    return example_scores(snapshot.predict(dataset.transform(part.x)), part.y, dataset.source.task)


@dataclass(frozen=True)
class LeakageScores:
    """A mean over n examples, and its standard error σ/√n."""

    mean: float
    error: float
    least: float = 0.0  # change of an accuracy by one example

    @property
    def chance(self) -> float:
        """The largest distance from 0 that chance explains."""
        return max(CHANCE * self.error, self.least)

    @property
    def clear(self) -> bool:
        """Whether it is further from 0 than chance explains."""
        return abs(self.mean) > self.chance


def summarized(scores: Each, is_accuracy: bool) -> LeakageScores:
    """Mean and standard error of at least one score."""
    n = len(scores)
    return LeakageScores(
        float(scores.mean()),
        float(scores.std() / np.sqrt(n)),
        1 / n if is_accuracy else 0.0,
    )


@dataclass(frozen=True)
class Outcome:
    """Scores of both runs on their own validation examples, and on the same new examples.

    Without new examples `new`, `hidden` and `lost` are None.
    hidden: how much better the flawed run is on validation than on new examples.
    lost: how much worse the flawed run is on new examples than the honest one.
    Both are positive where the error does harm, for accuracies and for errors.
    """

    is_accuracy: bool  # and not mean absolute errors
    validation: tuple[LeakageScores, LeakageScores]  # honest, flawed
    new: tuple[LeakageScores, LeakageScores] | None
    hidden: LeakageScores | None
    lost: LeakageScores | None


def outcome(snapshots: tuple[Snapshot, Snapshot], datasets: tuple[Dataset, Dataset]) -> Outcome:
    """Evaluate an honest and a flawed network, each with its own data set and scaling."""
    both = list(zip(snapshots, datasets, strict=True))
    validation = [part_scores(s, d, d.validation) for s, d in both]
    new = [part_scores(s, d, d.holdout) for s, d in both]
    is_accuracy = datasets[0].source.task == CLASSIFICATION
    scores = summarized(validation[0], is_accuracy), summarized(validation[1], is_accuracy)
    if not len(new[0]):
        return Outcome(is_accuracy, scores, None, None, None)
    on_new = summarized(new[0], is_accuracy), summarized(new[1], is_accuracy)
    sign = 1.0 if is_accuracy else -1.0
    hidden = LeakageScores(
        sign * (scores[1].mean - on_new[1].mean),
        float(np.hypot(scores[1].error, on_new[1].error)),
        max(scores[1].least, on_new[1].least),
    )
    return Outcome(
        is_accuracy, scores, on_new, hidden, summarized(sign * (new[0] - new[1]), is_accuracy)
    )
