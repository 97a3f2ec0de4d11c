"""A column of text cells: numbers where it holds numbers, else the different texts it holds."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from playground.datasets.own import LARGEST, clean

# Cells, in small letters, that stand for no value.
_OF_SPREADSHEETS = ("#n/a", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!")
MISSING = frozenset(
    ("", "?", "-", "–", "—", "na", "n/a", "nan", "null", "none", "nil", *_OF_SPREADSHEETS)
)
LONGEST_MISSING = max(map(len, MISSING))
MOSTLY = 0.8  # share of numbers from which on the other cells are taken for mistakes
SAMPLE = 2_000  # rows that decide how numbers are written

_POINT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?([eE][+-]?\d+)?")
_PLAIN = frozenset("0123456789+-.eE")
_SPACES = str.maketrans({" ": None, "\u00a0": None, "\u202f": None, "−": "-", "'": None})
_GROUPED = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f']\d{3})*([.,]\d*)?")


@dataclass(frozen=True)
class Column:
    """The cells below one name.

    numbers: float64 (n,), NaN where missing; None where it holds other text.
    texts, codes: the different texts in order, and for each row which of them, −1 where missing;
    a column of numbers has no texts, and codes 0 and −1.
    problem: why it is not to be learnt from as it is, "" if nothing is wrong with it.
    """

    name: str
    numbers: NDArray[np.float64] | None
    texts: tuple[str, ...]
    codes: NDArray[np.int32]
    problem: str = ""

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which rows have no value, (n,)."""
        return self.codes < 0

    @property
    def varies(self) -> bool:
        """Whether it holds at least two different values."""
        if self.numbers is None:
            return len(self.texts) > 1
        found = self.numbers[~self.missing]
        return bool(len(found) and found.min() < found.max())


def has_decimal_commas(cells: Sequence[str], separator: str) -> bool:
    """Whether these cells write 3.14 as "3,14".

    "1,234" and "1.234" may mean either: those that can be read in one way only decide, and after
    them the separator of the columns, for a semicolon comes with decimal commas.
    """
    votes = Counter(
        (bool(_matches(_POINT, cell)), bool(_matches(_COMMA, cell))) for cell in cells if cell
    )
    point, comma = votes[True, False], votes[False, True]
    return comma > point or (comma == point and separator == ";")


def _matches(pattern: re.Pattern[str], cell: str) -> bool:
    return any(c.isdigit() for c in cell) and bool(pattern.fullmatch(cell.translate(_SPACES)))


def number(cell: str, decimal_comma: bool) -> float | None:
    """The number a cell holds, infinite where it is too large for the computer; None: no number."""
    pattern = _COMMA if decimal_comma else _POINT
    text = cell.translate(_SPACES)
    if len(text) < len(cell) and not _GROUPED.fullmatch(cell):  # "1 2 3" is no number
        return None
    if not (text.isascii() and any(c.isdigit() for c in text) and pattern.fullmatch(text)):
        return None
    if decimal_comma:
        return _float(text.replace(".", "").replace(",", "."))
    return _float(text.replace(",", ""))


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # "e5" or "." have passed the pattern
        return None


def column(name: str, cells: Sequence[str], lines: Sequence[int], decimal_comma: bool) -> Column:
    """The column of stripped `cells`; `lines` are the lines of the file they stand in."""
    present = [cell for cell in dict.fromkeys(cells) if not _is_missing(cell)]
    # Most columns of numbers need no looking at each cell.
    simple = not decimal_comma and set("".join(present)) <= _PLAIN
    read = _float if simple else partial(number, decimal_comma=decimal_comma)
    values = {cell: read(cell) for cell in present}
    if present and None not in values.values():
        return _numeric(name, cells, lines, values)
    place = {cell: i for i, cell in enumerate(sorted(present))}
    codes = np.fromiter((place.get(c, -1) for c in cells), np.int32, len(cells))
    problem = "" if present else "it is empty"
    numbers = sum(1 for cell in cells if values.get(cell) is not None)
    if present and numbers >= MOSTLY * int((codes >= 0).sum()):
        odd = next(i for i, c in enumerate(cells) if c in values and values[c] is None)
        problem = f"line {lines[odd]} holds “{clean(cells[odd], 30)}”, which is not a number"
    return Column(name, None, tuple(place), codes, problem)


def _is_missing(cell: str) -> bool:
    return len(cell) <= LONGEST_MISSING and cell.lower() in MISSING


def _numeric(
    name: str, cells: Sequence[str], lines: Sequence[int], values: Mapping[str, float | None]
) -> Column:
    read = (values.get(cell) for cell in cells)  # None: missing, which NumPy makes NaN
    numbers = np.array(list(read), np.float64)
    codes = np.where(np.isnan(numbers), -1, 0).astype(np.int32)
    huge = np.flatnonzero(np.abs(numbers) > LARGEST)
    if len(huge):
        i = int(huge[0])
        what = f"line {lines[i]} holds {clean(cells[i], 30)}, beyond ±{LARGEST:g}"
        return Column(name, None, (), codes, what)
    return Column(name, numbers, (), codes)
