"""From a sheet to a table: which column is learnt, from which others, and what becomes of each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playground.datasets.custom.csv_reader import ColumnValues, Sheet
from playground.datasets.custom.table import (
    FEWEST_ROWS,
    LONGEST_DESCRIPTION,
    LONGEST_LABEL,
    MOST_CLASSES,
    MOST_FEATURES,
    MOST_NUMBERS,
    Table,
    TableError,
    clean,
    distinct,
)
from playground.nn.losses import CLASSIFICATION, REGRESSION

Missing = Literal["fill", "drop"]
Numbers = NDArray[np.float32]

FEW_CLASSES = 20  # up to so many different whole numbers are taken for classes
MOST_VALUES = 50  # of a text column, each of which becomes a column of its own
USUAL_VALUES = 20  # …and up to which it is one without having been asked for
ABSENT = "missing"
TARGETS = re.compile(r"target|labels?|class(es)?|species|outcome|result|y", re.IGNORECASE)


@dataclass(frozen=True)
class ColumnChoice:
    """What to learn from a sheet."""

    target: str  # name of a column
    features: tuple[str, ...]  # names of others
    task: str
    missing: Missing = "fill"  # numbers that are missing, by their median; or leave out the row
    scale_target: bool = False  # regression: learn (y − mean) / deviation


@dataclass(frozen=True)
class PreparedTable:
    """A table, what was done to get it (a sentence each), and how text became numbers.

    mapping: (column, its text, the feature that is 1 for it and 0 otherwise).
    """

    table: Table
    notes: tuple[str, ...]
    mapping: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Use:
    """What a column holds, in words, and why it is not used as a feature ("": it can be)."""

    name: str
    holds: str
    objection: str
    usual: bool


def use(column: ColumnValues) -> Use:
    """What there is to say about a column before anything is chosen."""
    n_missing, n = int(column.missing.sum()), len(column.codes)
    count = len(column.texts)
    if column.numbers is not None:
        found = column.numbers[~column.missing]
        holds = f"numbers from {found.min():.6g} to {found.max():.6g}"
    elif column.problem:
        holds = column.problem
    else:
        holds = f"text, {count:,} different value{'s' if count > 1 else ''}"
    if n_missing and n_missing < n:
        holds += f"; {n_missing:,} missing"
    objection = column.problem
    if not objection and not column.varies:
        objection = "it always holds the same"
    elif not objection and column.numbers is None and count > MOST_VALUES:
        objection = (
            f"it holds {count:,} different texts, and at most {MOST_VALUES} can be learnt from"
        )
    usual = not objection and (column.numbers is not None or count <= USUAL_VALUES)
    return Use(column.name, holds, objection, usual)


def detected_task(column: ColumnValues) -> str:
    """Text, and few different whole numbers, are classes; other numbers are values."""
    numbers = column.numbers
    if numbers is None:
        return CLASSIFICATION
    found = np.unique(numbers[~column.missing])
    few = len(found) <= min(FEW_CLASSES, max(2, len(numbers) // 3))
    return CLASSIFICATION if few and np.array_equal(found, np.round(found)) else REGRESSION


def needs_scaling(column: ColumnValues) -> bool:
    """Whether a target's values are far from the size of 1 that training copes with."""
    if column.numbers is None:
        return False
    found = column.numbers[~column.missing]
    deviation = float(found.std())
    return not 0.1 <= deviation <= 3 or abs(float(found.mean())) > 3


def usual(sheet: Sheet, target: str | None = None) -> ColumnChoice:
    """What somebody most likely wants: `target`, else a column named so, else the last that can
    be learnt; from all others that can be learnt from."""
    if target is None:
        able = [c.name for c in sheet.columns if not c.problem and c.varies and _learnable(c)]
        named = [name for name in able if TARGETS.fullmatch(name)]
        target = (named or able or [sheet.columns[-1].name])[-1]
    column = sheet.column(target)
    task = detected_task(column)
    features = tuple(c.name for c in sheet.columns if c.name != target and use(c).usual)
    scale = task == REGRESSION and needs_scaling(column)
    return ColumnChoice(target, features, task, "fill", scale)


def _learnable(column: ColumnValues) -> bool:
    return column.numbers is not None or len(column.texts) <= MOST_CLASSES


def prepare(sheet: Sheet, choice: ColumnChoice, label: str = "Own data") -> PreparedTable:
    """The table of a choice; TableError says in one sentence why there is none."""
    target = _column(sheet, choice.target)
    chosen = [_column(sheet, name) for name in dict.fromkeys(choice.features)]
    _enough(len(sheet.lines), target)
    _refuse(target, chosen, choice)
    keep = ~target.missing
    notes = list(_told(target, keep, sheet, "has no target"))
    if choice.missing == "drop":
        gaps = np.any([column.missing for column in chosen], axis=0)
        lost = int((gaps & keep).sum())
        if lost:
            gone = "1 row with a gap is" if lost == 1 else f"{lost:,} rows with gaps are"
            notes.append(f"{gone} left out.")
        keep &= ~gaps
    rows = np.flatnonzero(keep)
    _enough(len(rows), target)
    y, classes, how = _targets(target, rows, choice)
    notes += how
    x, names, mapping = _inputs(chosen, rows, notes)
    of = f"“{target.name}” from {len(chosen)} column{'s' if len(chosen) > 1 else ''}"
    description = f"Own data: {of}{_unit(target, rows, choice)}"
    table = Table(
        clean(label, LONGEST_LABEL) or "Own data", clean(description, LONGEST_DESCRIPTION),
        choice.task, names, classes, True, x, y,
    )  # fmt: skip
    return PreparedTable(table, tuple(notes), mapping)


def _enough(rows: int, target: ColumnValues) -> None:
    if rows < FEWEST_ROWS:
        raise TableError(
            f"Only {rows} row{'' if rows == 1 else 's'} can be used, and at least {FEWEST_ROWS} "
            f"are needed: add rows, or fill gaps in “{target.name}” and the features."
        )


def _column(sheet: Sheet, name: str) -> ColumnValues:
    try:
        return sheet.column(name)
    except KeyError:
        names = ", ".join(column.name for column in sheet.columns[:10])
        raise TableError(
            f"There is no column “{clean(name, 30)}”: choose one of {names}."
        ) from None


def _refuse(target: ColumnValues, chosen: Sequence[ColumnValues], choice: ColumnChoice) -> None:
    if not chosen:
        raise TableError(
            f"No column is left to learn “{target.name}” from: choose at least one feature that "
            "holds numbers, or a few different texts."
        )
    for column in chosen:
        if column is target:
            raise TableError(f"“{target.name}” is the target: take it out of the features.")
        if objection := use(column).objection:
            raise TableError(
                f"Column “{column.name}” cannot be a feature ({objection}): correct it, or leave "
                "the column out."
            )
    if target.problem:
        raise TableError(
            f"Column “{target.name}” cannot be the target ({target.problem}): correct it, or "
            "choose another column."
        )
    if choice.task == REGRESSION and target.numbers is None:
        example = clean(target.texts[0], 30)
        raise TableError(
            f"Column “{target.name}” holds text such as “{example}”, and regression needs numbers: "
            "choose classification, or another target."
        )


def _told(column: ColumnValues, keep: NDArray[np.bool_], sheet: Sheet, what: str) -> Iterator[str]:
    missing = np.flatnonzero(~keep)
    if len(missing):
        first = sheet.lines[int(missing[0])]
        if len(missing) == 1:
            yield f"Line {first} {what} (“{column.name}” is empty) and is left out."
        else:
            yield (
                f"{len(missing):,} rows, line {first} the first, have no target (“{column.name}” "
                "is empty) and are left out."
            )


def _targets(
    target: ColumnValues, rows: NDArray[np.int64], choice: ColumnChoice
) -> tuple[NDArray[Any], tuple[str, ...], list[str]]:
    if choice.task == REGRESSION and target.numbers is not None:
        values = target.numbers[rows]
        if values.min() == values.max():
            raise TableError(f"“{target.name}” always is {values[0]:g}: there is nothing to learn.")
        if choice.scale_target:
            values = (values - values.mean()) / values.std()
            how = _unit(target, rows, choice).removeprefix(", ")
            return values.astype(np.float32), (), [f"The target is scaled: {how}."]
        return values.astype(np.float32), (), []
    found, y = np.unique(
        target.codes[rows] if target.numbers is None else target.numbers[rows], return_inverse=True
    )
    if target.numbers is None:
        names = [target.texts[int(code)] for code in found]
    else:
        names = [f"{value:.15g}" for value in found]
    if len(names) < 2:
        raise TableError(
            f"“{target.name}” holds one class only (“{clean(names[0], 30)}”): at least two are "
            "needed, so add rows of another, or choose another target."
        )
    if len(names) > MOST_CLASSES:
        instead = " or regression" if target.numbers is not None else ""
        raise TableError(
            f"“{target.name}” holds {len(names):,} different values, and at most {MOST_CLASSES} "
            f"classes can be learnt: choose another target{instead}."
        )
    counts = np.bincount(y)
    rare = [clean(names[i], 30) for i in np.flatnonzero(counts < 3)]
    several = f"{len(rare)} classes have" if len(rare) > 1 else "has"
    notes = [f"“{rare[0]}” {several} fewer than 3 rows: a part may hold none."] if rare else []
    if len(rare) > 1:
        notes = [f"{several} fewer than 3 rows (“{rare[0]}” is one): a part may hold none."]
    return y.astype(np.int32), distinct(names), notes


def _unit(target: ColumnValues, rows: NDArray[np.int64], choice: ColumnChoice) -> str:
    if choice.task != REGRESSION or not choice.scale_target or target.numbers is None:
        return ""
    values = target.numbers[rows]
    return f", where 0 stands for {values.mean():.6g} and 1 is {values.std():.6g} more"


def _inputs(
    chosen: Sequence[ColumnValues], rows: NDArray[np.int64], notes: list[str]
) -> tuple[Numbers, tuple[str, ...], tuple[tuple[str, str, str], ...]]:
    """The features (n, n_features), their names, and the mapping; adds to the notes."""
    blocks: list[NDArray[Any]] = []
    names: list[str] = []
    texts: list[tuple[int, str, str]] = []  # number of the feature, column, text
    for column in chosen:
        if column.numbers is not None:
            blocks.append(_filled(column, column.numbers, rows, notes)[:, None])
            names.append(column.name)
            continue
        codes = column.codes[rows]
        for code in np.unique(codes):  # −1, what is missing, comes first
            text = column.texts[int(code)] if code >= 0 else ABSENT
            texts.append((len(names), column.name, text))
            names.append(f"{clean(column.name, 30)} = {clean(text, 26)}")
            blocks.append((codes == code)[:, None])
            if len(names) * len(rows) > MOST_NUMBERS or len(names) > MOST_FEATURES:
                break
        if (codes < 0).any():
            notes.append(f"“{column.name}”: what is missing counts as a text of its own.")
        if len(names) > MOST_FEATURES:
            raise TableError(
                f"With “{column.name}” there are more than {MOST_FEATURES} features, each text of "
                "a column being one: leave columns out."
            )
        if len(names) * len(rows) > MOST_NUMBERS:
            break
    if len(names) * len(rows) > MOST_NUMBERS or len(names) > MOST_FEATURES:
        raise TableError(
            f"{len(rows):,} rows with so many features are more than {MOST_NUMBERS:,} numbers (or "
            f"{MOST_FEATURES} features): leave columns or rows out."
        )
    final = distinct(names)
    mapping = tuple((column, text, final[i]) for i, column, text in texts)
    if texts:
        count = len({column for column, _, _ in mapping})
        notes.append(
            f"{count} text column{'s' if count > 1 else ''}: each different text became a feature "
            "that is 1 where it stands and 0 elsewhere (one-hot)."
        )
    x = np.concatenate([block.astype(np.float32) for block in blocks], axis=1)
    return x, final, mapping


def _filled(
    column: ColumnValues, numbers: NDArray[np.float64], rows: NDArray[np.int64], notes: list[str]
) -> NDArray[np.float64]:
    """The numbers of a column in some rows, their gaps filled with the median."""
    missing = column.missing[rows]
    values = numbers[rows]
    if missing.any():
        if missing.all():
            raise TableError(
                f"“{column.name}” is empty in all rows that are used: leave the column out."
            )
        median = float(np.median(values[~missing]))
        values = np.where(missing, median, values)
        gaps = "1 gap is" if missing.sum() == 1 else f"{int(missing.sum()):,} gaps are"
        notes.append(f"“{column.name}”: {gaps} filled with the median, {median:.6g}.")
    short = values.astype(np.float32)
    if len(np.unique(short)) * 2 < len(np.unique(values)):
        notes.append(
            f"“{column.name}” has more digits than the 7 a network's numbers keep: take a constant "
            "away from it in the spreadsheet, or many rows will look alike."
        )
    return values
