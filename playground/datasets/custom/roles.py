"""Roles of a sheet's columns: the likely target, features, and what is left out, with reasons."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from playground.datasets.custom.cells import ColumnValues
from playground.datasets.custom.csv_reader import Sheet
from playground.datasets.custom.table import MOST_CLASSES, SPLIT_ROWS, clean
from playground.nn.losses import CLASSIFICATION, REGRESSION

Missing = Literal["fill", "drop"]

FEW_CLASSES = 20  # up to so many distinct whole numbers are taken for classes
MOST_VALUES = 50  # of a text column, each of which becomes a feature
DEFAULT_VALUES = 20  # …and up to which it is a feature by default

# Usual names of targets, without spaces and signs; one that stands further up is the surer.
TARGET_NAMES = [
    names.split()
    for names in (
        "target zielvariable survived überlebt churn churned",  # beside a "class" of passengers
        "label labels class classes klasse klassen clase classe etikett zielgröße "
        "ziel zielwert cible étiquette objetivo etiqueta obiettivo etichetta метка "
        "класс 标签 类别 目标 分类 ラベル クラス 목표 outcome ergebnis résultat resultado "
        "risultato",
        "diagnosis diagnose diagnostic diagnóstico exited fraud "
        "isfraud spam isspam default defaulted species spezies espèce especie result results "
        "resultat approved passed bestanden sentiment attrition medv saleprice",
        "kind type typ sorte sort art category kategorie catégorie categoría colour color farbe "
        "couleur colore state status zustand quality qualität grade note price preis prix precio "
        "prezzo rent miete loyer income rating disease krankheit allergy",
    )
]
_ID = re.compile(
    r"(.*[ _.-])?(id|ids|nr|no|num|number|nummer|index|idx|key|code|uuid|guid|row|zeile|lfd|rowid)"
    r"|[a-z]+(Id|ID|Nr|No)|unnamed.*|#|编号|序号"
)
_QUANTITY = re.compile(
    r"(x|t|n|year|jahr|month|monat|week|woche|day|tag|hour|stunde|minute|second|sekunde|time|zeit|"
    r"age|alter|level|step|epoch|dose|size|length|count|anzahl|distance|.*\(.*\))[ _]?\d*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ColumnChoice:
    """The target and the features of a sheet, and their encoding."""

    target: str  # name of a column
    features: tuple[str, ...]  # names of others
    task: str
    missing: Missing = "fill"  # gaps in numbers: the median of the training rows; or drop the row
    scale_target: bool = False  # regression: train on (y − mean) / standard deviation
    categories: tuple[str, ...] = ()  # features of whole numbers that are one-hot encoded
    reason: str = ""  # why `target` was chosen


def holds(column: ColumnValues) -> str:
    """A column's content in words."""
    gaps = column.gaps
    n_missing, n = int(gaps.sum()), len(column.codes)
    count = len(column.texts)
    if column.numbers is not None:
        values = column.numbers[~column.missing]
        text = f"numbers from {values.min():.6g} to {values.max():.6g}"
        text += f" {column.unit}" if column.unit else ""
    elif column.problem:
        text = column.problem
    else:
        text = f"text, {count:,} different value{'s' if count > 1 else ''}"
    return f"{text}; {n_missing:,} missing" if 0 < n_missing < n else text


def objection(column: ColumnValues) -> str:
    """Why a column cannot be a feature; "": it can."""
    if column.problem:
        return column.problem
    if not column.varies:
        return "it always holds the same"
    if column.numbers is None and len(column.texts) > MOST_VALUES:
        return (
            f"it holds {len(column.texts):,} different texts, and at most {MOST_VALUES} can be "
            "learnt from"
        )
    return ""


def left_out(sheet: Sheet, target: ColumnValues) -> dict[str, str]:
    """Names of the columns that are no features by default, and why."""
    reasons = {}
    doubts = {}  # for columns that could be features where nothing else is left
    for column in sheet.columns:
        if column is target:
            continue
        if reason := objection(column):
            reasons[column.name] = reason
        elif is_running_number(column):
            doubts[column.name] = "it numbers the rows"
        elif column.numbers is None and len(column.texts) > DEFAULT_VALUES:
            reasons[column.name] = f"it holds {len(column.texts):,} different texts"
        elif column.numbers is None and column.n_distinct == len(column.codes):
            doubts[column.name] = "it holds another text in each row"
        elif _equals(column, target):
            doubts[column.name] = f"it always agrees with “{clean(target.name, 30)}”"
    others = len(sheet.columns) - 1 - len(reasons)
    return reasons | doubts if len(doubts) < others else reasons


def is_running_number(column: ColumnValues) -> bool:
    """Whether a column numbers the rows: 0, 1, 2 …, or distinct whole numbers named "id"."""
    values = column.numbers
    if values is None or len(values) < SPLIT_ROWS or column.missing.any() or column.unit:
        return False
    if not np.array_equal(values, np.round(values)) or column.n_distinct < len(values):
        return False
    if not column.is_named or _ID.fullmatch(column.name) or _ID.fullmatch(column.name.lower()):
        return True
    running = values[0] in (0, 1) and bool((np.diff(values) == 1).all())
    return running and not _QUANTITY.fullmatch(column.name)


def _equals(column: ColumnValues, target: ColumnValues) -> bool:
    """Whether a column is the target in other words: each of its values means one of the target."""
    if len(column.codes) < SPLIT_ROWS or column.missing.any() or target.missing.any():
        return False
    if detected_task(target) == REGRESSION:
        if column.numbers is None or target.numbers is None or not column.varies:
            return False
        return bool(abs(np.corrcoef(column.numbers, target.numbers)[0, 1]) > 1 - 1e-9)
    if column.n_distinct != target.n_distinct:
        return False
    a, b = (c.codes if c.numbers is None else c.numbers for c in (column, target))
    return len({*zip(a.tolist(), b.tolist(), strict=True)}) == column.n_distinct


def detected_task(column: ColumnValues) -> str:
    """Text, and few distinct whole numbers, are classes; other numbers are values."""
    numbers = column.numbers
    if numbers is None:
        return CLASSIFICATION
    if column.unit:
        return REGRESSION
    values = np.unique(numbers[~column.missing])
    few = len(values) <= min(FEW_CLASSES, max(2, len(numbers) // 3))
    return CLASSIFICATION if few and np.array_equal(values, np.round(values)) else REGRESSION


def are_few_whole_numbers(column: ColumnValues) -> bool:
    """Whether numbers may be categories as well as a quantity."""
    if column.numbers is None or column.unit or column.n_distinct > DEFAULT_VALUES:
        return False
    values = column.numbers[~column.missing]
    return column.n_distinct > 2 and np.array_equal(values, np.round(values))


def needs_scaling(column: ColumnValues) -> bool:
    """Whether a target's values are far from the size of 1 that training copes with."""
    if column.numbers is None:
        return False
    values = column.numbers[~column.missing]
    return not 0.1 <= float(values.std()) <= 3 or abs(float(values.mean())) > 3


def guess_target(sheet: Sheet) -> tuple[str, str]:
    """The most likely target, and why: by a usual name, then by its values and position."""
    able = [c for c in sheet.columns if _can_be_target(c)]
    able = [c for c in able if not is_running_number(c)] or able
    if not able:
        return sheet.columns[-1].name, "it is the last column"
    is_plane = {"x", "y"} <= {c.name.casefold() for c in able}
    surest, sure, *others = TARGET_NAMES
    y_last = [["y"]] if able[-1].name.casefold() == "y" and not is_plane else []
    for names in (surest, sure, *y_last, *others):
        for column in reversed(able):
            words = re.sub(r"[^\w]|_", "", column.name.casefold())
            if words in names:
                return column.name, "this is a usual name of a target"
    last, first = able[-1], able[0]
    few = [c for c in able if _is_categorical(c)]
    if last in few or not few:
        named = [c for c in able if c.name.casefold() == "y"]
        if named and not few:
            return named[-1].name, "this is a usual name of a target"
        kind = f", and has {last.n_distinct} different values" if last in few else ""
        return last.name, f"it is the last column that can be predicted{kind}"
    if few == [first] or (len(few) == 1 and is_plane):
        return few[0].name, f"it is the only column of few values ({few[0].n_distinct})"
    return last.name, "it is the last column that can be predicted"


def _can_be_target(column: ColumnValues) -> bool:
    if column.problem or not column.varies:
        return False
    if column.numbers is not None:
        return True
    return len(column.texts) <= MOST_CLASSES and column.n_distinct < max(3, len(column.codes))


def _is_categorical(column: ColumnValues) -> bool:
    few = column.n_distinct <= min(MOST_CLASSES, max(2, len(column.codes) // 2))
    return few and (column.numbers is None or column.n_distinct == 2)


def default_choice(sheet: Sheet, target: str | None = None) -> ColumnChoice:
    """`target`, else the guessed one, from all columns that are not left out."""
    reason = "it was chosen"
    if target is None:
        target, reason = guess_target(sheet)
    column = sheet.column(target)
    task = detected_task(column)
    out = left_out(sheet, column)
    features = tuple(c.name for c in sheet.columns if c is not column and c.name not in out)
    scale = task == REGRESSION and needs_scaling(column)
    return ColumnChoice(target, features, task, "fill", scale, reason=reason)
