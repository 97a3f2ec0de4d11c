"""Sentences on compared runs: what differs, which does better, and what limits the conclusion."""

from collections.abc import Iterable, Sequence
from typing import Any

from playground.analysis.comparison.runs import (
    PENALTIES,
    Compared,
    RunDifference,
    SettingDifference,
)
from playground.analysis.metrics.run_summary import RunSummary
from playground.analysis.metrics.score import standard_error
from playground.experiment.model import NOISES, Experiment, text_label
from playground.nn.format import format_score, join_words
from playground.nn.initializers import INITIALIZERS
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES
from playground.runs.race import Competitor

MOST_NAMED = 4  # settings in a sentence; a table has the rest
# Fields that change the validation examples:
JUDGES = ("validation_size", "data_seed", *NOISES, "split_without_shuffle", "leaked_fraction",
          "validate_on_test")  # fmt: skip
# Fields that need not change what both runs have.
ALIKE = {
    "epochs": "as long as both were trained", "validation_freq": "where both were validated",
}  # fmt: skip
SURE = 2.0  # standard errors that a difference must exceed


# ---- competitors of a race ---------------------------------------------------------------


def comparison_notes(competitors: Sequence[Competitor]) -> list[str]:
    """Sentences on initial weights, batches, and other settings that differ."""
    first = [competitor.experiments[0] for competitor in competitors]
    seeds = max(len(competitor.experiments) for competitor in competitors)
    per_seed = " for each seed" if seeds > 1 else ""
    return [_weights(first, per_seed), _batches(first, per_seed), *_others(first)]


def same_weights(one: Experiment, other: Experiment) -> bool:
    """Whether both networks start from the same weights and biases, to the last bit."""
    return _initialization(one) == _initialization(other)


def same_order(one: Experiment, other: Experiment) -> bool:
    """Whether both train on as many examples in the same order, epoch after epoch."""
    return _order(one) == _order(other)


def _initialization(experiment: Experiment) -> tuple[Any, ...]:
    network = experiment.network
    names = network.kernel_initializer, network.bias_initializer
    entries = [INITIALIZERS[name] for name in names]
    parameters = [getattr(network, field) for entry in entries for field in entry.parameters]
    seed = network.seed if any(entry.random for entry in entries) else None
    return (experiment.layer_sizes, *names, *parameters, seed)


def _order(experiment: Experiment) -> tuple[Any, ...]:
    shuffle = experiment.training.shuffle
    return experiment.data.train_size, shuffle, experiment.network.seed if shuffle else None


def _weights(first: Sequence[Experiment], per_seed: str) -> str:
    if len({_initialization(one) for one in first}) == 1:
        return f"All start from the same initial weights{per_seed}."
    sizes = _distinct("-".join(map(str, one.layer_sizes)) for one in first)
    if len(sizes) > 1:
        return f"Initial weights differ, since the layers differ ({join_words(sizes)})."
    names = _distinct(INITIALIZERS[one.network.kernel_initializer].label for one in first)
    if len(names) > 1:
        return f"Initial weights differ, since the initializers differ ({join_words(names)})."
    seeds = _distinct(str(one.network.seed) for one in first)
    if len(seeds) > 1:
        return f"Initial weights differ, since the seeds differ ({join_words(seeds)})."
    return "Initial weights differ, since their initialization differs."


def _batches(first: Sequence[Experiment], per_seed: str) -> str:
    if len({one.data for one in first}) > 1:
        names = _distinct(one.data.source.label for one in first)
        if len(names) > 1:
            return f"The tasks differ: {join_words(names)}."
        sizes = _distinct(f"{one.data.train_size:,}" for one in first)
        if len(sizes) > 1:
            return f"The numbers of training examples differ: {join_words(sizes)}."
        return "The training examples differ."
    if len({_order(one) for one in first}) > 1:
        return "The order of the examples differs, since seed or shuffling differ."
    sizes = _distinct(str(min(one.training.batch_size, one.data.train_size)) for one in first)
    if len(sizes) > 1:
        return (
            f"All train on the same examples in the same order{per_seed}, in batches of "
            f"{join_words(sizes)}: an epoch has more updates where batches are smaller."
        )
    return f"All train on the same batches in the same order{per_seed}."


def _others(first: Sequence[Experiment]) -> list[str]:
    differing = _differing(first)
    sentences = []
    optimizers = {(one.training.optimizer, one.training.learning_rate) for one in first}
    one_rate_each = len(optimizers) == len({name for name, _ in optimizers})
    if {"optimizer", "learning_rate"} <= set(differing) and one_rate_each:
        default = all(OPTIMIZERS[name].defaults["learning_rate"] == r for name, r in optimizers)
        rates = _distinct(
            f"{OPTIMIZERS[one.training.optimizer].label} {one.training.learning_rate:g}"
            for one in first
        )
        whose = "its default learning rate" if default else "a learning rate of its own"
        sentences.append(f"Each optimizer uses {whose}: {join_words(rates)}.")
        differing.remove("learning_rate")
    if len(differing) > 1:
        names = join_words([text_label(name) for name in differing])
        sentences.append(
            f"Several settings differ ({names}): a difference between the curves has more than one "
            "possible cause."
        )
    return sentences


def _differing(first: Sequence[Experiment]) -> list[str]:
    """The fields that differ, without the parameters that belong to a differing choice."""
    fields = [one.to_dict() for one in first]
    names = [name for name in fields[0] if any(f[name] != fields[0][name] for f in fields)]
    for choice, table in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if choice in names:
            own = {name for entry in table.values() for name in entry.defaults}
            names = [name for name in names if name not in own - {"learning_rate"}]
    return names


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


# ---- compared runs -----------------------------------------------------------------------


def letter(run: int) -> str:
    """The name of a run among others: A, B, C, …"""
    return chr(ord("A") + run) if run < 26 else letter(run // 26 - 1) + letter(run % 26)


def verdict(runs: Sequence[Compared], differences: RunDifference) -> str:
    """Which run does better and, where it can be known, why, in one sentence."""
    refusal = _incomparable(runs, differences)
    if refusal:
        return refusal
    if not differences.settings and differences.same_curves:
        return f"{_all(runs)} are the same experiment, and their curves are equal."
    diverged = [i for i, run in enumerate(runs) if run.state == "diverged"]
    if diverged and len(diverged) < len(runs):
        failed = join_words([letter(i) for i in diverged])
        epochs = join_words([f"after epoch {differences.summaries[i].epochs}" for i in diverged])
        return (
            f"{_runs(len(diverged))} {failed} diverged {epochs}: {_cause(differences, diverged[0])}"
        )
    return f"{_ranking(differences)}: {_cause(differences, _ends(differences)[1])}"


def _incomparable(runs: Sequence[Compared], differences: RunDifference) -> str:
    """Why scores of these runs cannot be compared; "" where they can."""
    idle = [letter(i) for i, run in enumerate(runs) if not len(run.history)]
    if idle:
        have = "has" if len(idle) == 1 else "have"
        names = f"{_runs(len(idle))} {join_words(idle)}"
        return f"{names} {have} no finished epoch: nothing to compare yet."
    if differences.comparable:
        return ""
    labels = [f"{letter(i)}: {run.experiment.data.source.label}" for i, run in enumerate(runs)]
    names = "; ".join(labels[:MOST_NAMED])
    if len({run.experiment.data.source.task for run in runs}) > 1:
        return f"Classification and regression scores cannot be compared ({names})."
    return f"Scores on different data cannot be compared ({names})."


def _ranking(differences: RunDifference) -> str:
    """ "Run B reaches 87.9% validation accuracy instead of 86.1%"."""
    scores = [summary.best_score for summary in differences.summaries]
    best, first, worst, last = _ends(differences)
    part = "validation" if differences.validated else "training"
    name = f"{part} {'accuracy' if differences.is_accuracy else 'mean error'}"
    if None in scores:
        return "Not every run has a finite score"
    high, low = score_texts([best, worst], differences.is_accuracy)
    if high == low:
        both = "Both runs reach" if len(scores) == 2 else f"All {len(scores)} runs reach"
        return f"{both} {high} {name}"
    if len(scores) == 2:
        return f"Run {letter(first)} reaches {high} {name} instead of {low}"
    return (
        f"Of {len(scores)} runs, {letter(first)} reaches the best {name} ({high}) and "
        f"{letter(last)} the worst ({low})"
    )


def _ends(differences: RunDifference) -> tuple[float, int, float, int]:
    """Best score and its run, worst score and its run, the first of equals; 0 without any."""
    sign = 1 if differences.is_accuracy else -1

    def key(entry: tuple[int, RunSummary]) -> float:
        score = entry[1].best_score
        return -float("inf") if score is None else sign * score

    scored = [(i, s) for i, s in enumerate(differences.summaries) if s.best_score is not None]
    if not scored:
        return 0.0, 0, 0.0, 0
    (first, best), (last, worst) = max(scored, key=key), min(scored, key=key)
    return best.best_score or 0.0, first, worst.best_score or 0.0, last


def score_texts(values: Sequence[float], is_accuracy: bool) -> list[str]:
    """Scores with as few digits as tell them apart."""
    texts: list[str] = []
    for digits in (3, 4):
        texts = [format_score(value, is_accuracy, digits) for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def _cause(differences: RunDifference, first: int) -> str:
    """What may have made the difference; run `first` is the subject of the sentence."""
    chosen = [setting for setting in differences.settings if setting.independent] or [
        *differences.settings
    ]
    if not chosen:
        return "their settings are the same, so they were trained by other versions or machines."
    rates = any(setting.follows for setting in differences.settings if setting not in chosen)
    note = ", each at its default learning rate" if rates else ""
    if len(chosen) == 1:
        only = f"the only difference is {_values(chosen[0], first)}{note}"
        if chosen[0].name == "seed":
            return f"{only}, so a difference of this size is chance."
        if chosen[0].name in ALIKE and differences.same_curves:
            return f"{only}; {ALIKE[chosen[0].name]} their curves are equal."
        return f"{only}."
    named = join_words([_values(setting, first) for setting in chosen[:MOST_NAMED]])
    more = f" and {len(chosen) - MOST_NAMED} more" if len(chosen) > MOST_NAMED else ""
    return f"they differ in {named}{more}{note}, so the cause cannot be identified."


def _values(setting: SettingDifference, first: int) -> str:
    """ "dropout 0.2 instead of 0", run `first` of two first; for more the values in turn."""
    texts = [setting.text(i) for i in range(len(setting.values))]
    name = text_label(setting.name)
    if len(texts) == 2:
        return f"{name} {texts[first]} instead of {texts[1 - first]}"
    different = _distinct(texts)
    more = ", …" if len(different) > MOST_NAMED else ""
    return f"{name} ({', '.join(different[:MOST_NAMED])}{more})"


def cautions(runs: Sequence[Compared], differences: RunDifference) -> list[str]:
    """What limits a conclusion from these numbers, a sentence each."""
    if _incomparable(runs, differences):
        return []
    names = {setting.name for setting in differences.settings}
    sentences = [*_lengths(differences), *_chance(runs, differences)]
    if names & set(JUDGES) and differences.validated:
        which = join_words([text_label(name) for name in JUDGES if name in names])
        sentences.append(f"Their validation examples differ ({which}).")
    if "loss" in names:
        score = "accuracy" if differences.is_accuracy else "mean error"
        sentences.append(f"Their losses are different functions: compare the {score}.")
    if names & set(PENALTIES):
        sentences.append("Losses in the table exclude the L1/L2 penalty, the curves include it.")
    if not differences.validated:
        sentences.append("These are scores on training examples: they favor memorization.")
    return sentences


def _lengths(differences: RunDifference) -> list[str]:
    epochs = [summary.epochs for summary in differences.summaries]
    if len(set(epochs)) == 1:
        return []
    counts = join_words([f"{letter(i)} {count:,}" for i, count in enumerate(epochs)])
    return [f"They were not trained equally long (epochs: {counts})."]


def _chance(runs: Sequence[Compared], differences: RunDifference) -> list[str]:
    """How much an accuracy varies with the choice of validation examples."""
    scores = [s.best_score for s in differences.summaries if s.best_score is not None]
    sizes = {run.experiment.data.validation_size for run in runs}
    n = min(sizes)
    if not (
        differences.is_accuracy
        and differences.validated
        and len(scores) > 1
        and n == max(sizes) > 0
    ):
        return []
    apart = max(scores) - min(scores)
    spread = SURE * standard_error(max(scores), n)
    if not 0 < apart < spread:
        return []
    return [
        f"With {n:,} validation examples an accuracy varies by ±{spread:.1%} by chance, more than "
        f"this difference of {apart:.1%}: try other seeds."
    ]


def _runs(count: int) -> str:
    return "Run" if count == 1 else "Runs"


def _all(runs: Sequence[Compared]) -> str:
    return "Both runs" if len(runs) == 2 else f"All {len(runs)} runs"
