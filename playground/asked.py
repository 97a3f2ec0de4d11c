"""Questions whose right answer follows from a person's own run, with the answers to choose from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.datasets import FetchError, load
from playground.evaluation import class_scores, confusion, judge, judged_rows, sample
from playground.events import metric_name
from playground.evidence import Evidence
from playground.recent import Recent, fingerprint

Counts = NDArray[np.int64]

_COUNTS: Recent[Counts] = Recent(32)


@dataclass(frozen=True)
class Asked:
    """Answers to choose from, and the number of the right one, from 0; None: not known yet."""

    options: Callable[[Evidence], tuple[str, ...]]
    right: Callable[[Evidence], int | None]


def counts(evidence: Evidence) -> Counts | None:
    """The confusion matrix (n_classes, n_classes) of the newest weights, as the page Inside shows
    it: validation examples, row: the class they are of, column: what was said. None without them.
    """
    snapshot, data = evidence.snapshot, evidence.experiment.data
    if snapshot is None or not evidence.is_share or not data.validation_size:
        return None
    question = (fingerprint(snapshot), data)
    found = _COUNTS.get(question)
    if found is None:
        try:
            dataset = load(data)
        except FetchError:
            return None
        rows = judged_rows(snapshot, len(dataset.validation))
        said = judge(snapshot, dataset, sample(dataset.validation, rows))
        found = confusion(said.truth, said.guess, len(data.source.classes))
        _COUNTS.put(question, found)
    return found


def _class(of: Callable[[Counts], int | None]) -> Callable[[Evidence], int | None]:
    def answer(evidence: Evidence) -> int | None:
        found = counts(evidence) if len(evidence.history) else None
        return None if found is None else of(found)

    return answer


def _hardest(found: Counts) -> int | None:
    recall = class_scores(found).recall
    return None if np.isnan(recall).all() else int(np.nanargmin(recall))


def _taken_for(found: Counts) -> int | None:
    row = _hardest(found)
    if row is None:
        return None
    others = found[row].copy()
    others[row] = -1
    return int(others.argmax())


def _best(evidence: Evidence) -> int | None:
    contest = evidence.contest
    if contest is None or not contest.over:
        return None
    is_share = metric_name(contest.task) == "accuracy"
    worst = -np.inf if is_share else np.inf
    scores = np.array([worst if score is None else score for score in contest.scores])
    if not np.isfinite(scores).any():
        return None
    return int(scores.argmax() if is_share else scores.argmin())


def _classes(evidence: Evidence) -> tuple[str, ...]:
    return evidence.experiment.data.source.classes


def _competitors(evidence: Evidence) -> tuple[str, ...]:
    return () if evidence.contest is None else evidence.contest.labels


ASKED: Mapping[str, Asked] = {
    # of which class the smallest share of its examples is recognised
    "hardest_class": Asked(_classes, _class(_hardest)),
    # what the examples of that class are most often taken for
    "taken_for": Asked(_classes, _class(_taken_for)),
    # which competitor of the race has the best validation score
    "race_best": Asked(_competitors, _best),
}
