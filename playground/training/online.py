"""Teaching a run by hand: further training examples while it goes on, and the exact way back."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.datasets.dataset import Split
from playground.datasets.labelled_examples import checked
from playground.experiment.model import Experiment
from playground.history.events import ExamplesAdded
from playground.nn.network import Snapshot
from playground.training.callbacks import EarlyStopping
from playground.training.checkpoints import CheckpointBuffer

if TYPE_CHECKING:
    from playground.training.trainer import Trainer

# What of a trainer changes in place; everything else in it is replaced, never changed.
COPIES: dict[str, Callable[[Any], Any]] = {
    "order": copy.deepcopy,
    "masks": copy.deepcopy,
    "stopping": copy.copy,
    "plateau": copy.copy,
    "album": CheckpointBuffer.copy,
}


def remember(trainer: "Trainer") -> dict[str, Any]:
    """Everything that decides how a trainer goes on, and what it has kept."""
    trainer.leave()
    state = dict(vars(trainer))
    return state | {name: copied(state[name]) for name, copied in COPIES.items()}


def restore(trainer: "Trainer", state: dict[str, Any]) -> None:
    """Bring a trainer back to what `remember` gave."""
    trainer.leave()
    vars(trainer).update(state)


def share(states: Iterable[dict[str, Any]], train: Split) -> None:
    """Let earlier states look at the first of the examples `train`, which they had already.

    Otherwise each lesson would keep a copy of all of them: 47 MB of the largest sets.
    """
    for state in states:
        whole = state["dataset"]
        n = len(whole.train)
        state["dataset"] = replace(whole, train=Split(train.x[:n], train.y[:n]))


def teach(trainer: "Trainer", x: Any, y: Any, epochs: int) -> ExamplesAdded:
    """Add examples to the training data, for the epoch under way too, and allow `epochs` more.

    The order of what is left of this epoch is drawn anew. Early stopping begins to watch anew.
    """
    whole = trainer.dataset
    x, y = checked(whole.source, x, y)
    old = len(whole.train)
    both = [np.concatenate(pair) for pair in ((whole.train.x, x), (whole.train.y, y))]
    for array in both:
        array.setflags(write=False)
    trainer.dataset = replace(whole, train=Split(both[0], both[1]))
    trainer.order.n = old + len(y)
    rest = np.concatenate([trainer.rows[trainer.row :], np.arange(old, trainer.order.n)])
    if trainer.order.shuffle:
        rest = trainer.order.rng.permutation(rest)
    trainer.rows = np.concatenate([trainer.rows[: trainer.row], rest])
    trainer.stopping = EarlyStopping(trainer.experiment.training)
    trainer.last_epoch = max(trainer.last_epoch, trainer.epoch + epochs)
    trainer.over = False
    return ExamplesAdded(trainer.epoch, len(y))


def fitting(experiment: Experiment, start: Snapshot) -> list[Any]:
    """The weights of `start`; ValueError in words where the experiment's layers are others."""
    sizes = experiment.layer_sizes
    wanted = [shape for pair in pairwise(sizes) for shape in (pair, pair[1:])]
    if [w.shape for w in start.weights] != wanted:
        found = [len(start.layers[0].kernel), *(len(layer.bias) for layer in start.layers)]
        ours, theirs = ("-".join(map(str, each)) for each in (sizes, found))
        raise ValueError(f"start must be a network of {ours}, got {theirs}")
    return [np.array(w, np.float32) for w in start.weights]
