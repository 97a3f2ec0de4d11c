"""Which classes are taken for which, and the examples behind each cell of the matrix."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components.confusion_matrix import confusion_matrix
from dashboard.figures.evaluation import confusion_sentence
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation import predictions
from dashboard.views.inspect.example import examples
from dashboard.widgets.messages import literal
from playground.analysis.metrics.classification import class_scores, confusion


def confusions(now: NetworkView) -> None:
    """The confusion matrix; a cell opens the examples it counts."""
    of = predictions.chosen(now)
    found = predictions.judgement(now, of)
    names = now.dataset.source.classes
    counts = confusion(found.truth, found.guess, len(names))
    sentence = confusion_sentence(counts, names, of.name)
    cell = confusion_matrix(counts, names, sentence, key="confusion", of=now.uirevision)
    st.caption(
        "Each row is a true class, each column what the network said; on the diagonal it is right. "
        "The number counts examples, the percentage is the share of the row; the deeper the "
        "color, the larger that share."
    )
    of.say()
    if cell is None:
        st.info("Press a number to see the examples behind it.")
        return
    row, column = cell
    behind = np.flatnonzero((found.truth == row) & (found.guess == column))
    what = "recognized" if row == column else f"taken for {literal(names[column])}"
    plural = "example" if len(behind) == 1 else "examples"
    st.markdown(f"**{literal(names[row])} {what}: {len(behind):,} {plural}**, the surest first")
    if len(behind):
        surest = behind[np.argsort(-found.confidence[behind], kind="stable")]
        examples(now, of, found, surest, "cell", f"{now.uirevision} {now.epoch} {row} {column}")


def scores(now: NetworkView) -> None:
    """Precision, recall and F1 of each class, and their means."""
    of = predictions.chosen(now)
    found = predictions.judgement(now, of)
    names = now.dataset.source.classes
    each = class_scores(confusion(found.truth, found.guess, len(names)))
    macro = each.macro()
    table = pd.DataFrame(
        {
            "class": [*map(literal, names), "**mean (macro)**"],
            "precision": [*map(_share, each.precision), _share(macro[0])],
            "recall": [*map(_share, each.recall), _share(macro[1])],
            "F1": [*map(_share, each.f1), _share(macro[2])],
            "examples (support)": [*(f"{n:,}" for n in each.support), f"{len(found):,}"],
        }
    )
    st.table(table, hide_index=True)
    weakest = np.where(np.isnan(each.f1), np.inf, each.f1).argmin()
    if np.isnan(each.f1).any():
        st.caption(
            "Undefined: precision where a class was never said, recall where it has no examples, "
            "F1 where both. The means leave those out."
        )
    st.caption(
        f"Accuracy {found.accuracy:.1%} on {len(found):,} {of.name} examples; the hardest class is "
        f"{literal(names[weakest])}, with F1 {_share(each.f1[weakest])}."
    )
    of.say()
    with st.expander("What the words mean"):
        st.markdown(
            "TP: examples of the class that were recognized. FP: others that were taken for it. "
            "FN: examples of it that were taken for others."
        )
        st.latex(
            r"\text{precision}=\frac{TP}{TP+FP}\qquad \text{recall}=\frac{TP}{TP+FN}\qquad "
            r"F_1=\frac{2\,TP}{2\,TP+FP+FN}"
        )


def _share(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.1%}"
