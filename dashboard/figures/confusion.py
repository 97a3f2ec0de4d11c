"""Counts of a confusion matrix → what stands in its cells, and in which colour."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import NEGATIVE, POSITIVE

LIGHT, DARK = "#ffffff", "#1b1d22"  # text on deep colours; on pale ones the page's own
DEEP_RIGHT, DEEP_WRONG = 0.6, 0.72  # on both themes the text can be read up to here


def cells(counts: NDArray[Any], names: Sequence[str]) -> list[list[dict[str, Any]]]:
    """One entry for each cell: count, share of its row, colour, and the sentence it stands for.

    Right answers are blue and wrong ones orange; the opacity is the square root of the share of
    the row, so that rare mistakes can be seen.
    """
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    return [
        [
            _cell(int(counts[i, j]), float(shares[i, j]), i == j, names[i], names[j])
            for j in range(len(names))
        ]
        for i in range(len(names))
    ]


def _cell(count: int, share: float, right: bool, truth: str, said: str) -> dict[str, Any]:
    depth = 0.9 * share**0.5
    base = POSITIVE if right else NEGATIVE
    deep = depth >= (DEEP_RIGHT if right else DEEP_WRONG)
    text = "" if not deep else LIGHT if right else DARK
    what = f"{truth} recognised" if right else f"{truth} taken for {said}"
    times = "once" if count == 1 else f"{count:,} times"
    return {
        "count": count,
        "share": f"{share:.0%}",
        "background": f"{base}{round(255 * depth):02x}",
        "colour": text,
        "sentence": f"{what} {times}, {share:.0%} of all {truth}",
    }


def confusion_sentence(counts: NDArray[Any], names: Sequence[str], part: str) -> str:
    """How many are right, and the commonest mistake, in one sentence."""
    total, hits = int(counts.sum()), int(counts.trace())
    right = f"{hits:,} of {total:,} {part} examples are right ({hits / max(total, 1):.1%})"
    wrong = counts - np.diag(counts.diagonal())
    most = int(wrong.max())
    if most == 0:
        return f"{right}, without any mistake."
    i, j = divmod(int(wrong.argmax()), len(names))
    times = "once" if most == 1 else f"{most:,} times"
    return f"{right}; the commonest mistake is {names[i]} taken for {names[j]}, {times}."
