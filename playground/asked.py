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
Numbers = tuple[int, ...]

EQUAL = 0.0005  # a page shows a tenth of a per cent

_COUNTS: Recent[Counts] = Recent(32)


@dataclass(frozen=True)
class Asked:
    """Answers to choose from, and the numbers of the right ones, from 0: several where they are
    equal, none where nobody knows yet."""

    options: Callable[[Evidence], tuple[str, ...]]
    right: Callable[[Evidence], Numbers]


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


def _class(of: Callable[[Counts], Numbers]) -> Callable[[Evidence], Numbers]:
    def answer(evidence: Evidence) -> Numbers:
        found = counts(evidence) if len(evidence.history) else None
        return () if found is None else of(found)

    return answer


def _hardest(found: Counts) -> Numbers:
    recall = class_scores(found).recall
    least = np.nanmin(recall, initial=np.inf)
    return tuple(np.flatnonzero(recall <= least + EQUAL).tolist())


def _taken_for(found: Counts) -> Numbers:
    others = found - np.diag(found.diagonal())
    rows = others[list(_hardest(found))]
    return tuple(np.flatnonzero((rows == rows.max(axis=1, keepdims=True)).any(axis=0)).tolist())


def _best(evidence: Evidence) -> Numbers:
    contest = evidence.contest
    if contest is None or not contest.over:
        return ()
    sign = 1 if metric_name(contest.task) == "accuracy" else -1
    scores = np.array([-np.inf if score is None else sign * score for score in contest.scores])
    if not np.isfinite(scores).any():
        return ()
    return tuple(np.flatnonzero(scores >= scores.max() - EQUAL).tolist())


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
