"""What the network of a moment says of the examples kept aside, computed once for all views."""

from dataclasses import dataclass

import streamlit as st

from dashboard.state.network_view import NetworkView
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.metrics.classification import Predictions, max_samples, predict, sample
from playground.analysis.metrics.score import Residuals, residuals
from playground.datasets.dataset import Split
from playground.runs.jobs import LRUCache, fingerprint

_JUDGEMENTS: LRUCache[Predictions] = LRUCache(12)
_RESIDUALS: LRUCache[Residuals] = LRUCache(12)


@dataclass(frozen=True)
class ChosenExamples:
    """The examples a view is about: a part, or a sample of it at even distances."""

    name: str  # "validation" or "training"
    part: Split
    total: int  # examples of the whole part

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.part)

    @property
    def note(self) -> str:
        """What is to be said of them, if anything."""
        notes = []
        if self.name == "training":
            notes.append(
                "There are no validation examples, so these are training examples: they flatter."
            )
        if self.rows < self.total:
            notes.append(
                f"To answer at once, this looks at a sample: {self.rows:,} of the "
                f"{self.total:,} {self.name} examples, evenly spread."
            )
        return " ".join(notes)

    def say(self) -> None:
        """Show the note."""
        if self.note:
            st.caption(self.note)


def chosen(now: NetworkView, most: int | None = None) -> ChosenExamples:
    """As many validation examples as can be judged without a wait, at most `most`."""
    name, part = shown_part(now.dataset)
    rows = max_samples(now.snapshot, len(part))
    return ChosenExamples(name, sample(part, rows if most is None else min(rows, most)), len(part))


def judgement(now: NetworkView, of: ChosenExamples) -> Predictions:
    """The answers of a classifier."""
    question = (fingerprint(now.snapshot), now.experiment.data, of.name, of.rows)
    return _JUDGEMENTS.get_or_compute(question, predict, now.snapshot, now.dataset, of.part)


def missed(now: NetworkView, of: ChosenExamples) -> Residuals:
    """The answers of a regression."""
    question = (fingerprint(now.snapshot), now.experiment.data, of.name, of.rows)
    return _RESIDUALS.get_or_compute(question, residuals, now.snapshot, now.dataset, of.part)
