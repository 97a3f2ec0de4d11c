"""The difference of runs in words: one sentence, and what must be known before believing it."""

from collections.abc import Sequence

from playground.analysis.comparison.runs import (
    PENALTIES,
    Compared,
    RunDifference,
    SettingDifference,
)
from playground.analysis.metrics.score import standard_error
from playground.experiment.model import text_label
from playground.nn.format import format_score, join_words

MOST_NAMED = 4  # settings in a sentence; a table has the rest
JUDGES = (
    "validation_size",
    "data_seed",
    "noise",
    "split_without_shuffle",
    "leaked_fraction",
)  # change what judges
SURE = 2.0  # standard errors that a difference must exceed


def letter(run: int) -> str:
    """What a run is called beside others: A, B, C, …"""
    return chr(ord("A") + run) if run < 26 else letter(run // 26 - 1) + letter(run % 26)


def verdict(runs: Sequence[Compared], found: RunDifference) -> str:
    """Who does better, and whether it can be told why, in one sentence."""
    refused = _incomparable(runs, found)
    if refused:
        return refused
    if not found.settings and found.same_curves:
        return (
            f"{_all(runs)} are the same experiment and their curves are equal, as they should be."
        )
    diverged = [i for i, run in enumerate(runs) if run.state == "diverged"]
    if diverged and len(diverged) < len(runs):
        failed = join_words([letter(i) for i in diverged])
        epochs = join_words([f"after epoch {found.courses[i].epochs}" for i in diverged])
        return f"{_runs(len(diverged))} {failed} came to an end {epochs}, when the loss was no " + (
            f"longer a finite number: {_cause(found, diverged[0])}"
        )
    return f"{_ranking(found)}: {_cause(found, _ends(found)[1])}"


def _incomparable(runs: Sequence[Compared], found: RunDifference) -> str:
    """Why scores of these runs cannot be held against each other; "" where they can."""
    idle = [letter(i) for i, run in enumerate(runs) if not len(run.history)]
    if idle:
        has = "has" if len(idle) == 1 else "have"
        return f"{_runs(len(idle))} {join_words(idle)} {has} no finished epoch: nothing to compare yet."
    if found.comparable:
        return ""
    labels = [run.experiment.data.source.label for run in runs]
    told = join_words(
        [f"{letter(i)} learns {label}" for i, label in enumerate(labels)][:MOST_NAMED]
    )
    if len({run.experiment.data.source.task for run in runs}) > 1:
        return f"{told}: a class and a number are different tasks, their scores cannot be compared."
    return f"{told}: scores on different data cannot be compared."


def _ranking(found: RunDifference) -> str:
    """ "Run B reaches 87.9% instead of 86.1% validation accuracy"."""
    scores = [course.best_metric for course in found.courses]
    best, first, worst, last = _ends(found)
    name = f"{'validation' if found.validated else 'training'} "
    name += "accuracy" if found.is_share else "mean error"
    if None in scores:
        return "Not every run has a finite score"
    high, low = format_scores([best, worst], found.is_share)
    if high == low:
        both = "Both runs reach" if len(scores) == 2 else f"All {len(scores)} runs reach"
        return f"{both} {high} {name}"
    if len(scores) == 2:
        return f"Run {letter(first)} reaches {high} {name} instead of {low}"
    return f"Of {len(scores)} runs, {letter(first)} reaches the best {name} ({high}) and " + (
        f"{letter(last)} the worst ({low})"
    )


def _ends(found: RunDifference) -> tuple[float, int, float, int]:
    """Best score and its run, worst score and its run, the first of equals; 0 without any."""
    scores = [course.best_metric for course in found.courses]
    there = [(-v if found.is_share else v, i) for i, v in enumerate(scores) if v is not None]
    best, first = min(there, default=(0.0, 0))
    worst, last = max(there, key=lambda pair: pair[0], default=(0.0, 0))
    return abs(best), first, abs(worst), last


def format_scores(values: Sequence[float], is_accuracy: bool) -> list[str]:
    """Scores with one more digit where they would look the same without it."""
    texts = [format_score(value, is_accuracy) for value in values]
    if len(set(texts)) < len(set(values)):
        texts = [format_score(value, is_accuracy, 4) for value in values]
    return texts


def _cause(found: RunDifference, first: int) -> str:
    """What may have made the difference; run `first` is what the sentence is about."""
    own = [setting for setting in found.settings if setting.shared] or list(found.settings)
    if not own:
        return "their settings are the same, so they were trained by other versions or machines."
    if len(own) == 1:
        told = f"the only difference is {_told(own[0], first)}"
        if own[0].name == "seed":
            return f"{told}, so a difference of this size is luck."
        if own[0].name == "epochs" and found.same_curves:
            return f"{told}; as long as both were trained their curves are equal."
        return f"{told}."
    named = join_words([_told(setting, first) for setting in own[:MOST_NAMED]])
    more = f" and {len(own) - MOST_NAMED} more" if len(own) > MOST_NAMED else ""
    return f"they differ in {named}{more}, so the cause cannot be told apart."


def _told(setting: SettingDifference, first: int) -> str:
    """ "dropout 0.2 instead of 0", run `first` of two first; for more the values in turn."""
    texts = [setting.said(i) for i in range(len(setting.values))]
    name = text_label(setting.name)
    if len(texts) == 2:
        return f"{name} {texts[first]} instead of {texts[1 - first]}"
    different = list(dict.fromkeys(texts))
    more = ", …" if len(different) > MOST_NAMED else ""
    return f"{name} ({', '.join(different[:MOST_NAMED])}{more})"


def cautions(runs: Sequence[Compared], found: RunDifference) -> list[str]:
    """What stands between these numbers and a conclusion, a sentence each."""
    if _incomparable(runs, found):
        return []
    names = {setting.name for setting in found.settings}
    told = [*_lengths(found), *_luck(runs, found)]
    if names & set(JUDGES) and found.validated:
        which = join_words([text_label(name) for name in JUDGES if name in names])
        told.append(f"They are judged on different validation examples ({which} differ).")
    if "loss" in names:
        score = "accuracy" if found.is_share else "mean error"
        told.append(f"Their losses are different functions: compare the {score}.")
    if names & set(PENALTIES):
        told.append("Losses in the table are without the L1/L2 penalty, the drawn ones with it.")
    if not found.validated:
        told.append("These are scores on training examples: they flatter whoever memorises.")
    return told


def _lengths(found: RunDifference) -> list[str]:
    epochs = [course.epochs for course in found.courses]
    if len(set(epochs)) == 1:
        return []
    told = join_words([f"{letter(i)} {count:,}" for i, count in enumerate(epochs)])
    return [f"They were not trained equally long (epochs: {told})."]


def _luck(runs: Sequence[Compared], found: RunDifference) -> list[str]:
    """How much an accuracy varies by the choice of the examples that judge it."""
    scores = [course.best_metric for course in found.courses]
    there = [value for value in scores if value is not None]
    sizes = {run.experiment.data.validation_size for run in runs}
    examples = min(sizes)
    if not (found.is_share and found.validated and len(there) > 1 and examples == max(sizes) > 0):
        return []
    apart = max(there) - min(there)
    scatter = SURE * standard_error(max(there), examples)
    if not 0 < apart < scatter:
        return []
    return [
        f"On {examples:,} validation examples an accuracy scatters by ±{scatter:.1%}, more than "
        f"this difference of {apart:.1%}: try other seeds before believing it."
    ]


def _runs(count: int) -> str:
    return "Run" if count == 1 else "Runs"


def _all(runs: Sequence[Compared]) -> str:
    return "Both runs" if len(runs) == 2 else f"All {len(runs)} runs"
