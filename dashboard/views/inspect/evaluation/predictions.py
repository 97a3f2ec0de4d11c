"""Predictions of a network on the validation examples, computed once for all views."""

from dataclasses import dataclass

import streamlit as st

from dashboard.state.network_view import NetworkView
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.metrics.classification import Predictions, max_samples, predict, sample
from playground.analysis.metrics.score import Residuals, residuals
from playground.datasets.dataset import Split
from playground.runs.jobs import LRUCache, fingerprint

_PREDICTIONS: LRUCache[Predictions] = LRUCache(12)
_RESIDUALS: LRUCache[Residuals] = LRUCache(12)


@dataclass(frozen=True)
class EvaluatedExamples:
    """The examples of a view: a split, or an evenly spaced sample of it."""

    name: str  # "validation" or "training"
    part: Split
    total: int  # examples of the whole split

    @property
    def rows(self) -> int:
        """Number of examples."""
        return len(self.part)

    @property
    def note(self) -> str:
        """Which examples these are, if not the whole validation split."""
        notes = []
        if self.name == "training":
            notes.append("Training examples, as there are no validation examples: optimistic.")
        if self.rows < self.total:
            notes.append(
                f"A sample of {self.rows:,} of the {self.total:,} {self.name} examples, evenly "
                "spaced."
            )
        return " ".join(notes)

    def show_note(self) -> None:
        """Draw the note."""
        if self.note:
            st.caption(self.note)


def evaluated_examples(now: NetworkView, most: int | None = None) -> EvaluatedExamples:
    """As many validation examples as can be predicted without a wait, at most `most`."""
    name, part = shown_part(now.dataset)
    rows = max_samples(now.snapshot, len(part))
    rows = rows if most is None else min(rows, most)
    return EvaluatedExamples(name, sample(part, rows), len(part))


def class_predictions(now: NetworkView, examples: EvaluatedExamples) -> Predictions:
    """The predictions of a classifier."""
    key = (fingerprint(now.snapshot), now.experiment.data, examples.name, examples.rows)
    return _PREDICTIONS.get_or_compute(key, predict, now.snapshot, now.dataset, examples.part)


def value_predictions(now: NetworkView, examples: EvaluatedExamples) -> Residuals:
    """The predictions of a regression."""
    key = (fingerprint(now.snapshot), now.experiment.data, examples.name, examples.rows)
    return _RESIDUALS.get_or_compute(key, residuals, now.snapshot, now.dataset, examples.part)
