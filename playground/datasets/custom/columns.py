"""From a sheet to a table: checks of the chosen columns, and their encoding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.custom.cells import ColumnValues
from playground.datasets.custom.csv_reader import Sheet
from playground.datasets.custom.roles import ColumnChoice, left_out, objection
from playground.datasets.custom.table import (
    FEWEST_ROWS,
    LONGEST_DESCRIPTION,
    LONGEST_LABEL,
    MOST_CLASSES,
    MOST_FEATURES,
    MOST_NUMBERS,
    SPLIT_ROWS,
    Table,
    TableError,
    clean,
    distinct,
)
from playground.nn.format import format_quantity
from playground.nn.losses import REGRESSION

Numbers = NDArray[np.float32]
ABSENT = "missing"


@dataclass(frozen=True)
class PreparedTable:
    """A table, what was done to get it (a sentence each), and how text became numbers.

    mapping: (column, its text, the feature that is 1 for it and 0 otherwise).
    """

    table: Table
    notes: tuple[str, ...]
    mapping: tuple[tuple[str, str, str], ...]


def prepare(sheet: Sheet, choice: ColumnChoice, label: str = "Own data") -> PreparedTable:
    """The table of a choice; TableError says in one sentence why there is none."""
    target = _column(sheet, choice.target)
    chosen = [_column(sheet, name) for name in dict.fromkeys(choice.features)]
    _check_rows(len(sheet.lines), target)
    _check_columns(target, chosen, choice, sheet)
    keep = ~target.missing
    notes = [f"Target: “{clean(target.name, 30)}”, because {choice.reason}."] * bool(choice.reason)
    notes += [
        f"“{clean(name, 30)}” is left out: {why}."
        for name, why in left_out(sheet, target).items()
        if name not in choice.features
    ]
    notes += _missing_targets(target, keep, sheet)
    if choice.missing == "drop":
        gaps = np.any([column.gaps for column in chosen], axis=0)
        lost = int((gaps & keep).sum())
        if lost:
            gone = "1 row with a gap is" if lost == 1 else f"{lost:,} rows with gaps are"
            notes.append(f"{gone} left out.")
        keep &= ~gaps
    rows = np.flatnonzero(keep)
    _check_rows(len(rows), target)
    y, classes = _targets(target, rows, choice, notes)
    if choice.task == REGRESSION:
        notes += _outliers(target, rows, sheet, "outliers dominate the squared error")
    for column in chosen:
        notes += _outliers(column, rows, sheet, "outliers dominate the standard deviation")
    x, names, mapping = _inputs(chosen, rows, choice, notes)
    if len(rows) < SPLIT_ROWS:
        notes.append(
            f"All {len(rows)} rows are for training: none is left to validate or to test on."
        )
    of = f"“{target.name}” from {len(chosen)} column{'s' if len(chosen) > 1 else ''}"
    table = Table(
        clean(label, LONGEST_LABEL) or "Own data",
        clean(f"Own data: {of}", LONGEST_DESCRIPTION),
        choice.task, names, classes, True, x, y,
        choice.task == REGRESSION and choice.scale_target,
        clean(target.name, LONGEST_LABEL) if choice.task == REGRESSION else "y",
        clean(target.unit, LONGEST_LABEL) if choice.task == REGRESSION else "",
    )  # fmt: skip
    return PreparedTable(table, tuple(notes), mapping)


def _check_rows(rows: int, target: ColumnValues) -> None:
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


def _check_columns(
    target: ColumnValues, chosen: Sequence[ColumnValues], choice: ColumnChoice, sheet: Sheet
) -> None:
    if not chosen:
        reasons = list(left_out(sheet, target).items())[:3]
        why = "".join(f" “{clean(name, 30)}” is left out: {reason}." for name, reason in reasons)
        raise TableError(
            f"No column is left to learn “{target.name}” from: choose at least one feature that "
            f"holds numbers, or a few different texts.{why}"
        )
    for column in chosen:
        if column is target:
            raise TableError(f"“{target.name}” is the target: take it out of the features.")
        if reason := objection(column):
            raise TableError(
                f"Column “{column.name}” cannot be a feature ({reason}): correct it, or leave "
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


def _missing_targets(target: ColumnValues, keep: NDArray[np.bool_], sheet: Sheet) -> Iterator[str]:
    missing = np.flatnonzero(~keep)
    if len(missing):
        first = sheet.lines[int(missing[0])]
        if len(missing) == 1:
            yield f"Line {first} has no target (“{target.name}” is empty) and is left out."
        else:
            yield (
                f"{len(missing):,} rows, line {first} the first, have no target (“{target.name}” "
                "is empty) and are left out."
            )


def _targets(
    target: ColumnValues, rows: NDArray[np.int64], choice: ColumnChoice, notes: list[str]
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Targets (n,) and class names; adds to the notes."""
    if choice.task == REGRESSION and target.numbers is not None:
        values = target.numbers[rows]
        if values.min() == values.max():
            raise TableError(f"“{target.name}” always is {values[0]:g}: there is nothing to learn.")
        if choice.scale_target:
            notes.append(
                "The target is scaled to mean 0 and standard deviation 1, both measured on the "
                "training rows."
            )
        return values.astype(np.float32), ()
    codes = target.codes[rows] if target.numbers is None else target.numbers[rows]
    values, y = np.unique(codes, return_inverse=True)
    if target.numbers is None:
        names = [target.texts[int(code)] for code in values]
    else:
        names = [f"{value:.15g} {target.unit}".strip() for value in values]
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
    if rare and len(rows) >= SPLIT_ROWS:
        which = (
            f"“{rare[0]}” has" if len(rare) == 1 else f"{len(rare)} classes (“{rare[0]}” …) have"
        )
        notes.append(f"{which} fewer than 3 rows: a split may hold none.")
    share = counts.max() / len(rows)
    if share >= 0.8:
        usual = clean(names[int(counts.argmax())], 30)
        notes.append(
            f"“{usual}” is {share:.0%} of the rows: always predicting it has that accuracy. Look "
            "at balanced accuracy and recall too; what helps are more rows of the rare classes, "
            f"or fewer of “{usual}”."
        )
    return y.astype(np.int32), distinct(names)


def _outliers(
    column: ColumnValues, rows: NDArray[np.int64], sheet: Sheet, effect: str
) -> Iterator[str]:
    """A sentence on values beyond five times the interquartile range from the quartiles."""
    if column.numbers is None or np.isnan(column.numbers[rows]).all():
        return
    values = column.numbers[rows]
    low, middle, high = np.nanquantile(values, (0.25, 0.5, 0.75))
    far = np.flatnonzero(np.maximum(low - values, values - high) > 5 * (high - low))
    if not 0 < len(far) <= max(1, len(rows) // 50) or low == high:
        return
    i = far[np.abs(values[far] - middle).argmax()]
    count = "1 value lies" if len(far) == 1 else f"{len(far)} values lie"
    yield (
        f"“{clean(column.name, 30)}”: {count} far from the others (line {sheet.lines[rows[i]]} "
        f"holds {format_quantity(values[i], 12)}, the median is {format_quantity(middle)}): "
        f"{effect}."
    )


def _inputs(
    chosen: Sequence[ColumnValues], rows: NDArray[np.int64], choice: ColumnChoice, notes: list[str]
) -> tuple[Numbers, tuple[str, ...], tuple[tuple[str, str, str], ...]]:
    """The features (n, n_features), their names, and the mapping; adds to the notes."""
    blocks: list[NDArray[Any]] = []
    names: list[str] = []
    texts: list[tuple[int, str, str]] = []  # index of the feature, column, text
    for column in chosen:
        if column.numbers is not None and column.name not in choice.categories:
            blocks.append(_numbers(column, column.numbers, rows, notes)[:, None])
            names.append(column.label)
            continue
        values, codes = _categories(column, rows)
        for code in np.unique(codes):  # −1, missing, comes first
            text = values[int(code)] if code >= 0 else ABSENT
            texts.append((len(names), column.name, text))
            names.append(f"{clean(column.name, 30)} = {clean(text, 26)}")
            blocks.append((codes == code)[:, None])
            if len(names) * len(rows) > MOST_NUMBERS or len(names) > MOST_FEATURES:
                break
        if (codes < 0).any():
            notes.append(f"“{column.name}”: missing values are a category of their own.")
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


def _categories(
    column: ColumnValues, rows: NDArray[np.int64]
) -> tuple[Sequence[str], NDArray[np.int64]]:
    """The texts of a column, and for each row the index of its text, −1 where it has none."""
    if column.numbers is None:
        return column.texts, np.where(column.gaps, -1, column.codes)[rows].astype(np.int64)
    values, codes = np.unique(column.numbers, return_inverse=True)
    return [f"{v:.15g}" for v in values], np.where(column.missing, -1, codes)[rows]


def _numbers(
    column: ColumnValues, numbers: NDArray[np.float64], rows: NDArray[np.int64], notes: list[str]
) -> NDArray[np.float64]:
    """The numbers of a column in some rows; gaps stay NaN until the rows are split."""
    values = numbers[rows]
    missing = np.isnan(values)
    if missing.all():
        raise TableError(
            f"“{column.name}” is empty in all rows that are used: leave the column out."
        )
    if missing.any():
        gaps = "1 gap is" if missing.sum() == 1 else f"{int(missing.sum()):,} gaps are"
        notes.append(f"“{column.name}”: {gaps} filled with the median of the training rows.")
    values = values[~missing]
    if len(np.unique(values.astype(np.float32))) * 2 < len(np.unique(values)):
        notes.append(
            f"“{column.name}” has more digits than the 7 that a network's numbers keep: subtract a "
            "constant from it in the spreadsheet, or many rows will look alike."
        )
    return numbers[rows]
