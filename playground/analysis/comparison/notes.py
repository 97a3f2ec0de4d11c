"""What is equal for all competitors of a race and what is not, in words."""

from collections.abc import Sequence
from typing import Any

from playground.experiment.model import Experiment, text_label
from playground.nn.format import join_words
from playground.nn.initializers import INITIALIZERS
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES
from playground.runs.race import Competitor


def fairness(competitors: Sequence[Competitor]) -> list[str]:
    """Sentences on the first weights, on the batches, and on whatever else differs."""
    first = [competitor.experiments[0] for competitor in competitors]
    seeds = max(len(competitor.experiments) for competitor in competitors)
    each = " for each seed" if seeds > 1 else ""
    return [*_weights(first, each), *_batches(first, each), *_others(first)]


def same_weights(one: Experiment, other: Experiment) -> bool:
    """Whether both networks start from the same weights and biases, to the last bit."""
    return _first_weights(one) == _first_weights(other)


def same_order(one: Experiment, other: Experiment) -> bool:
    """Whether both take the same number of examples in the same order, epoch after epoch."""
    return _order(one) == _order(other)


def _first_weights(experiment: Experiment) -> tuple[Any, ...]:
    network = experiment.network
    names = network.kernel_initializer, network.bias_initializer
    chosen = [INITIALIZERS[name] for name in names]
    taken = [getattr(network, field) for entry in chosen for field in entry.parameters]
    seed = network.seed if any(entry.random for entry in chosen) else None
    return (experiment.layer_sizes, *names, *taken, seed)


def _order(experiment: Experiment) -> tuple[Any, ...]:
    shuffle = experiment.training.shuffle
    return experiment.data.train_size, shuffle, experiment.network.seed if shuffle else None


def _weights(first: Sequence[Experiment], each: str) -> list[str]:
    if len({_first_weights(one) for one in first}) == 1:
        return [f"All start from the same first weights{each}."]
    sizes = _distinct("-".join(map(str, one.layer_sizes)) for one in first)
    if len(sizes) > 1:
        return [
            f"Networks of other shapes ({join_words(sizes)}) cannot start from the same weights: "
            "each has its own first ones."
        ]
    names = _distinct(INITIALIZERS[one.network.kernel_initializer].label for one in first)
    if len(names) > 1:
        return [
            f"The first weights are not the same: the initializers differ ({join_words(names)})."
        ]
    if len({one.network.seed for one in first}) > 1:
        seeds = _distinct(str(one.network.seed) for one in first)
        return [f"The first weights are not the same: the seeds differ ({join_words(seeds)})."]
    return ["The first weights are not the same: how they are drawn differs."]


def _batches(first: Sequence[Experiment], each: str) -> list[str]:
    if len({one.data for one in first}) > 1:
        names = _distinct(one.data.source.label for one in first)
        if len(names) > 1:
            return [f"They do not learn the same task: the data differ ({join_words(names)})."]
        sizes = _distinct(f"{one.data.train_size:,}" for one in first)
        if len(sizes) > 1:
            return [f"They do not learn from the same examples: {join_words(sizes)} of them."]
        return ["They do not learn from the same examples: the data differ."]
    if len({_order(one) for one in first}) > 1:
        return ["The same examples come in another order: seed or shuffling differ."]
    sizes = _distinct(str(min(one.training.batch_size, one.data.train_size)) for one in first)
    if len(sizes) > 1:
        return [
            f"All see the same examples in the same order{each}, but cut into batches of "
            f"{join_words(sizes)}: an epoch has more updates where batches are smaller."
        ]
    return [f"All see the same batches in the same order{each}."]


def _others(first: Sequence[Experiment]) -> list[str]:
    differing = _differing(first)
    sentences = []
    optimizers = {(one.training.optimizer, one.training.learning_rate) for one in first}
    one_rate_each = len(optimizers) == len({name for name, _ in optimizers})
    if {"optimizer", "learning_rate"} <= set(differing) and one_rate_each:
        usual = all(OPTIMIZERS[name].defaults["learning_rate"] == r for name, r in optimizers)
        rates = _distinct(
            f"{OPTIMIZERS[one.training.optimizer].label} {one.training.learning_rate:g}"
            for one in first
        )
        whose = "at its own usual learning rate" if usual else "at a learning rate of its own"
        sentences.append(f"Each optimizer runs {whose}: {join_words(rates)}.")
        differing.remove("learning_rate")
    if len(differing) > 1:
        names = join_words([text_label(name) for name in differing])
        sentences.append(
            f"They differ in more than one thing ({names}): a difference between the curves has "
            "more than one possible cause."
        )
    return sentences


def _differing(first: Sequence[Experiment]) -> list[str]:
    """The fields that differ, without the parameters that belong to a differing choice."""
    flat = [one.to_dict() for one in first]
    found = [name for name in flat[0] if any(f[name] != flat[0][name] for f in flat)]
    for choice, table in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if choice in found:
            own = {name for entry in table.values() for name in entry.defaults}
            found = [name for name in found if name not in own - {"learning_rate"}]
    return found


def _distinct(texts: Any) -> list[str]:
    return list(dict.fromkeys(texts))
