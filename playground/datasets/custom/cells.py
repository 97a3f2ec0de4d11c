"""Types of a column's cells: numbers with their unit, dates, or text with its distinct values."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playground.datasets.custom.table import LARGEST, clean

_OF_SPREADSHEETS = (
    "#n/a", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#nv", "#wert!", "#bezug!",
)  # fmt: skip
# Cells, in small letters, that are no value among numbers; in a target of text they are classes.
MISSING = frozenset(
    (
        "",
        "?",
        "-",
        "–",
        "—",
        ".",
        "na",
        "n/a",
        "n.a.",
        "k.a.",
        "<na>",
        "nan",
        "nat",
        "null",
        "none",
        "nil",
        *_OF_SPREADSHEETS,
    )
)
MOSTLY = 0.8  # share of numbers (or dates) from which on the other cells are taken for errors
LONGEST_UNIT = 12  # characters
SAMPLE = 200  # cells that decide whether a column may hold dates

_POINT = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?"
_COMMA = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?(?:[eE][+-]?\d+)?"
_PLAIN = frozenset("0123456789+-.eE")
_SPACES = str.maketrans({" ": None, "\u00a0": None, "\u202f": None, "−": "-", "'": None})
_GROUPED = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f']\d{3})*([.,]\d*)?")
_CURRENCY = r"[$€£¥₹₩₽]|(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|CNY|INR|US\$)(?![A-Za-z])"
_WITH_UNIT = re.compile(
    rf"(?P<sign>[+-]?)(?P<before>(?:{_CURRENCY})?)\s*"
    r"(?P<number>[+-]?[\d.,' \u00a0\u202f]*\d[.,]?(?:[eE][+-]?\d+(?![\w]))?)"
    r"\s*(?P<after>(?:[^\W\d_]|[%‰°$€£¥₹₩₽²³/·µ])(?:[^\W_]|[%‰°$€£¥²³/·. ^-])*)?"
)
MULTIPLES = {"k": 1e3, "m": 1e6, "mio": 1e6, "bn": 1e9}  # behind an amount of money
# Units of one quantity, in small letters → size in their common unit: length, mass, volume, time,
# share, currencies by sign and by code, degrees (of which none can be converted by a factor).
QUANTITIES: tuple[dict[str, float], ...] = (
    {"nm": 1e-9, "µm": 1e-6, "mm": 1e-3, "cm": 1e-2, "dm": 0.1, "m": 1, "km": 1e3,
     "in": 0.0254, "ft": 0.3048},
    {"µg": 1e-6, "mg": 1e-3, "g": 1, "kg": 1e3, "t": 1e6, "lb": 453.59237},
    {"µl": 1e-6, "ml": 1e-3, "cl": 1e-2, "dl": 0.1, "l": 1, "hl": 1e2},
    {"ms": 1e-3, "s": 1, "sec": 1, "min": 60, "h": 3600},
    {"‰": 0.1, "%": 1},
    {"$": 1, "usd": 1, "us$": 1}, {"€": 1, "eur": 1}, {"£": 1, "gbp": 1}, {"₹": 1, "inr": 1},
    {"¥": 1}, {"jpy": 1}, {"cny": 1}, {"₩": 1}, {"₽": 1}, {"chf": 1}, {"cad": 1}, {"aud": 1},
    {"sek": 1}, {"nok": 1}, {"dkk": 1}, {"°c": 1}, {"°f": 1}, {"°": 1},
)  # fmt: skip
DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y",
    "%d/%m/%y", "%d-%m-%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y-%m",
    "ISO8601", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M %p", "%d-%b-%y", "%d %b %y", "%b %Y", "%Y%m%d",
)  # fmt: skip
_DATE = re.compile(
    r"\d{1,4}[-/. ](\d{1,2}|[A-Za-z]{3,9})([-/. ]\d{2,4})?.*|[A-Za-z]{3,9} (\d.*)?\d{4}"
    r"|(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])"
)
_MONTHS = {
    name: english
    for names, english in (
        ("januar jänner janvier enero gennaio january", "Jan"),
        ("februar februari février febrero febbraio february", "Feb"),
        ("märz mrz mars marzo march", "Mar"), ("avril abril aprile april", "Apr"),
        ("mai mayo maggio", "May"), ("juni juin junio giugno june", "Jun"),
        ("juli juillet julio luglio july", "Jul"), ("août agosto august", "Aug"),
        ("septembre septiembre settembre september", "Sep"),
        ("oktober okt octobre octubre ottobre october", "Oct"),
        ("novembre noviembre november", "Nov"),
        ("dezember dez décembre diciembre dicembre december", "Dec"),
    )
    for name in names.split()
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_WEEKDAY = re.compile(r"[^\W\d_]{2,10},\s*(?=.*\d)")
_TIME = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")


@dataclass(frozen=True)
class ColumnValues:
    """The cells of one column.

    numbers: float64 (n,), NaN where missing; None where it is text.
    texts, codes: the distinct texts in order, and for each row its index, −1 where missing;
    a column of numbers has no texts, and codes 0 and −1.
    problem: why it cannot be used as it is, "" if nothing is wrong.
    unit: of its numbers, as "cm", "$" or "days since 2025-01-01".
    """

    name: str
    numbers: NDArray[np.float64] | None
    texts: tuple[str, ...]
    codes: NDArray[np.int32]
    problem: str = ""
    unit: str = ""
    note: str = ""  # a sentence on how the cells were read
    is_named: bool = True

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Rows without a value, (n,)."""
        return self.codes < 0

    @property
    def gaps(self) -> NDArray[np.bool_]:
        """Rows without a value where the column is a feature: words such as "NA" are gaps too."""
        words = [i for i, text in enumerate(self.texts) if is_missing(text)]
        return self.missing | np.isin(self.codes, words)

    @property
    def n_distinct(self) -> int:
        """Number of distinct values."""
        if self.numbers is None:
            return len(self.texts)
        return len(np.unique(self.numbers[~self.missing]))

    @property
    def varies(self) -> bool:
        """Whether it has at least two distinct values."""
        return self.n_distinct > 1

    @property
    def label(self) -> str:
        """The name, with the unit behind it where the name does not contain it."""
        if not self.unit or self.unit.casefold() in self.name.casefold():
            return self.name
        return f"{self.name} ({self.unit})"


def is_missing(cell: str) -> bool:
    """Whether a stripped cell stands for no value."""
    return cell.lower() in MISSING


def has_decimal_commas(cells: Sequence[str], separator: str) -> bool:
    """Whether these cells write 3.14 as "3,14".

    "1,234" and "1.234" may mean either: unambiguous cells decide, then the separator of the
    columns, for a semicolon comes with decimal commas.
    """
    votes: Counter[tuple[bool, bool]] = Counter()
    for cell in cells:
        match = _WITH_UNIT.fullmatch(cell)
        if match:
            text = match["number"].translate(_SPACES)
            votes[bool(re.fullmatch(_POINT, text)), bool(re.fullmatch(_COMMA, text))] += 1
    point, comma = votes[True, False], votes[False, True]
    return comma > point or (comma == point and separator == ";")


def is_value(cell: str) -> bool:
    """Whether a cell is a number or a date, whatever its decimal separator."""
    if any(number(cell, comma) is not None for comma in (False, True)):
        return True
    match = _WITH_UNIT.fullmatch(cell)
    has_unit = match is not None and any(
        number(match["number"], c) is not None for c in (False, True)
    )
    return has_unit or bool(_DATE.fullmatch(cell) or _TIME.fullmatch(cell))


def number(cell: str, decimal_comma: bool) -> float | None:
    """The number in a cell without a unit, infinite where it is too large; None: no number."""
    text = cell.translate(_SPACES)
    if len(text) < len(cell) and not _GROUPED.fullmatch(cell):  # "1 2 3" is no number
        return None
    pattern = _COMMA if decimal_comma else _POINT
    if not (text.isascii() and any(c.isdigit() for c in text) and re.fullmatch(pattern, text)):
        return None
    if decimal_comma:
        return _float(text.replace(".", "").replace(",", "."))
    return _float(text.replace(",", ""))


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # "e5" or "." match the pattern
        return None


def _with_unit(cell: str, decimal_comma: bool) -> tuple[float | None, str]:
    """A number and its unit, "" where there is none."""
    plain = number(cell, decimal_comma)
    if plain is not None:
        return plain, ""
    if cell.startswith("(") and cell.endswith(")"):  # of bookkeepers: less than zero
        amount, unit = _with_unit(cell[1:-1], decimal_comma)
        return (None if amount is None or amount < 0 else -amount), unit
    match = _WITH_UNIT.fullmatch(cell.replace("−", "-"))
    if match is None:
        return None, ""
    before, after = match["before"] or "", (match["after"] or "").strip()
    factor = MULTIPLES.get(after.casefold(), 1) if before else 1  # "$450k"
    if factor > 1:
        after = ""
    if bool(before) == bool(after) or len(before + after) > LONGEST_UNIT:
        return None, ""
    value = number(match["sign"] + match["number"].strip(), decimal_comma)
    return None if value is None else value * factor, before or after


def typed_column(
    name: str,
    cells: Sequence[str],
    lines: Sequence[int],
    decimal_comma: bool,
    is_named: bool = True,
) -> ColumnValues:
    """The column of stripped `cells`; `lines` are the lines of the file they stand in."""
    present = [cell for cell in dict.fromkeys(cells) if not is_missing(cell)]
    values, unit, units = _numbers(present, decimal_comma)
    note = ""
    if (None in values.values() or _may_be_days(present, unit)) and (
        dates := _dates(present)
    ) is not None:
        values, unit, note = dates
    elif len(units) > 1 and None not in values.values():
        note = f"{' and '.join(sorted(units))} were converted to {unit}."
    note = note and f"“{clean(name, 30)}”: {note}"
    numeric = {cell for cell, value in values.items() if value is not None}
    words = {cell for cell in set(cells) - set(present) if cell}
    huge = None
    if len(numeric) == len(present) and (len(present) > 1 or (present and not words)):
        # None, of a missing cell, becomes NaN.
        numbers = np.array([values.get(cell) for cell in cells], np.float64)
        beyond = np.flatnonzero(np.abs(numbers) > LARGEST)
        huge = int(beyond[0]) if len(beyond) else None
        if huge is None:
            codes = np.where(np.isnan(numbers), -1, 0).astype(np.int32)
            return ColumnValues(name, numbers, (), codes, "", unit, note, is_named)
    texts = sorted({cell for cell in cells if cell}, key=_natural)
    index = {text: i for i, text in enumerate(texts)}
    codes = np.fromiter((index.get(cell, -1) for cell in cells), np.int32, len(cells))
    problem = "" if texts and (present or len(texts) > 1) else "it is empty"
    count, n_present = (sum(cell in group for cell in cells) for group in (numeric, values))
    if huge is not None:
        problem = f"line {lines[huge]} holds {clean(cells[huge], 30)}, beyond ±{LARGEST:g}"
    elif numeric and len(numeric) < len(present) and count >= MOSTLY * n_present:
        odd = next(i for i, c in enumerate(cells) if c in values and values[c] is None)
        why = f"which is not a {'date' if note else 'number'}"
        if cells[odd] in units.values():
            why = f"in another unit than most (“{unit}”)"
        problem = f"line {lines[odd]} holds “{clean(cells[odd], 30)}”, {why}"
    note = ""
    if len(units) > 1 and not problem and all(map(_quantity, units)):
        held = [f"line {lines[cells.index(c)]} holds “{clean(c, 30)}”" for c in units.values()]
        note = (
            f"“{clean(name, 30)}” was read as text, for its numbers have different units "
            f"({', '.join(held[:3])}): convert them to one."
        )
    return ColumnValues(name, None, tuple(texts), codes, problem, note=note, is_named=is_named)


def _numbers(
    present: Sequence[str], decimal_comma: bool
) -> tuple[dict[str, float | None], str, dict[str, str]]:
    """Distinct cell → its number in the most frequent unit, None where it is none or cannot be
    converted; that unit; each unit that occurs, with its first cell."""
    if not decimal_comma and set("".join(present)) <= _PLAIN:
        return {cell: _float(cell) for cell in present}, "", {}
    pairs = {cell: _with_unit(cell, decimal_comma) for cell in present}
    count = Counter(unit for value, unit in pairs.values() if value is not None and unit)
    unit = max(count, key=count.__getitem__, default="")
    sizes = _quantity(unit)
    if count[unit] < MOSTLY * count.total() and not all(u.casefold() in sizes for u in count):
        unit = ""
    values = {
        cell: _converted(value, used, unit, sizes) if value is not None else None
        for cell, (value, used) in pairs.items()
    }
    first = {u: cell for cell, (_, u) in reversed(pairs.items()) if u}
    return values, unit, {u: first[u] for u in count}


def _quantity(unit: str) -> dict[str, float]:
    """The units of the same quantity, {} for an unknown one."""
    return next((units for units in QUANTITIES if unit.casefold() in units), {})


def _converted(value: float, unit: str, to: str, sizes: dict[str, float]) -> float | None:
    """A number in another unit of the same quantity, to 12 digits (51 mm are 5.1 cm)."""
    if unit in ("", to):
        return value
    if to == "" or unit.casefold() not in sizes:
        return None
    return float(f"{value * sizes[unit.casefold()] / sizes[to.casefold()]:.12g}")


def _dates(present: Sequence[str]) -> tuple[dict[str, float | None], str, str] | None:
    """Distinct cell → days, or hours of a time of day; the unit; how they were read. None: text."""
    times = {cell: _TIME.fullmatch(cell) for cell in present}
    if present and all(times.values()):
        hours = {
            cell: int(m[1]) + int(m[2]) / 60 + int(m[3] or 0) / 3600
            for cell, m in times.items()
            if m is not None
        }
        return dict(hours), "h", "times were read as hours."
    written = {cell: _english(cell) for cell in present}
    sample = [written[cell] for cell in present[:SAMPLE]]
    if sum(bool(_DATE.fullmatch(cell)) for cell in sample) < MOSTLY * len(sample) or not sample:
        return None

    def parse(cells: Sequence[str], form: str) -> pd.Series:
        return pd.to_datetime(pd.Series(cells, dtype=object), format=form, errors="coerce")

    fitting = [f for f in DATE_FORMATS if parse(sample, f).notna().sum() >= MOSTLY * len(sample)]
    if not fitting:
        return None
    cells = list(written.values())
    form = max(fitting, key=lambda f: parse(cells, f).notna().sum())
    parsed = parse(cells, form)
    if parsed.notna().sum() < MOSTLY * len(present):
        return None
    parsed = parsed.dt.tz_localize(None) if parsed.dt.tz is not None else parsed
    origin = pd.Timestamp(year=parsed.min().year, month=1, day=1)
    days = ((parsed - origin) / pd.Timedelta(days=1)).tolist()
    values = {cell: None if day != day else day for cell, day in zip(present, days, strict=True)}
    unit = f"days since {origin:%Y-%m-%d}"
    order = {"%m/%d/%Y": "month/day/year", "%d/%m/%Y": "day/month/year"}.get(form[:8])
    how = f", {order}," if order else ""
    return values, unit, f"dates{how} were read as {unit}."


def _may_be_days(present: Sequence[str], unit: str) -> bool:
    """Whether numbers may be days: "1 Jan 2025" … "31 Jan 2025", or 20250101 …"""
    compact = present and all(len(cell) == 8 and cell.isdecimal() for cell in present[:SAMPLE])
    return bool(compact) or bool(re.search(r"\d{4}$", unit))


def _english(cell: str) -> str:
    """A date with English names of months, and without the day of the week."""
    text = _WEEKDAY.sub("", cell)
    text = _WORD.sub(lambda word: _MONTHS.get(word[0].lower(), word[0]), text)
    return re.sub(r"(?<=\d)\. ?(?=[A-Z][a-z]{2} )", " ", text)


def _natural(text: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key by which "level 2" comes before "level 10"."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, float(p[:300]), "") if p.isdecimal() else (1, 0.0, p) for p in parts if p)


def merged_one_hot(columns: Sequence[ColumnValues], notes: list[str]) -> list[ColumnValues]:
    """The columns, with adjacent one-hot columns (one 1 per row, else 0) merged into one of text.

    Two columns are merged only if their names have a common beginning.
    """
    merged: list[ColumnValues] = []
    i = 0
    while i < len(columns):
        end = _one_hot_end(columns, i)
        if end - i < 2:
            merged.append(columns[i])
            i += 1
            continue
        names = [column.name for column in columns[i:end]]
        prefix = _prefix(names)
        texts = tuple(name[len(prefix) :].strip(" _-=.:") for name in names)
        ones = [c.numbers for c in columns[i:end] if c.numbers is not None]
        codes = np.argmax(ones, axis=0).astype(np.int32)
        name = prefix.strip(" _-=.:") or " / ".join(names[:3])
        order = sorted(range(len(texts)), key=lambda k: _natural(texts[k]))
        codes = np.argsort(order).astype(np.int32)[codes]
        merged.append(ColumnValues(clean(name), None, tuple(texts[k] for k in order), codes))
        notes.append(
            f"Columns {i + 1} to {end} have a single 1 in each row (one-hot): they were read as "
            f"one column “{clean(name, 30)}”."
        )
        i = end
    return merged


def _one_hot_end(columns: Sequence[ColumnValues], start: int) -> int:
    """The end of the longest one-hot group that begins with column `start`, else `start`."""
    if len(columns[start].codes) < 10:  # a truth table is no one-hot table
        return start
    total, end = np.zeros(len(columns[start].codes)), start
    best = start
    while end < len(columns):
        numbers = columns[end].numbers
        if numbers is None or not np.isin(numbers, (0, 1)).all() or not (numbers == 1).any():
            break
        total = total + numbers
        end += 1
        if total.max() > 1:
            break
        names = [column.name for column in columns[start:end]]
        if total.min() == 1 and (end - start > 2 or _prefix(names)):
            best = end
    return best


def _prefix(names: Sequence[str]) -> str:
    """The common beginning of names, up to a separator, as "kind_" of kind_a and kind_b."""
    first, last = min(names), max(names)
    same = next(
        (i for i, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]),
        len(first),
    )
    prefix = first[:same]
    cut = max((prefix.rfind(c) for c in "_-=.: "), default=-1) + 1
    return prefix[:cut]
