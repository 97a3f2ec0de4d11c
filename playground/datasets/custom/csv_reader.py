"""A column of text cells: numbers where it holds numbers, else the different texts it holds.

Text with rows and columns, a file or from the clipboard, read however it is written.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from playground.datasets.custom.table import LARGEST, MOST_ROWS, TableError, clean, distinct

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
class ColumnValues:
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


def column(
    name: str, cells: Sequence[str], lines: Sequence[int], decimal_comma: bool
) -> ColumnValues:
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
    return ColumnValues(name, None, tuple(place), codes, problem)


def _is_missing(cell: str) -> bool:
    return len(cell) <= LONGEST_MISSING and cell.lower() in MISSING


def _numeric(
    name: str, cells: Sequence[str], lines: Sequence[int], values: Mapping[str, float | None]
) -> ColumnValues:
    read = (values.get(cell) for cell in cells)  # None: missing, which NumPy makes NaN
    numbers = np.array(list(read), np.float64)
    codes = np.where(np.isnan(numbers), -1, 0).astype(np.int32)
    huge = np.flatnonzero(np.abs(numbers) > LARGEST)
    if len(huge):
        i = int(huge[0])
        what = f"line {lines[i]} holds {clean(cells[i], 30)}, beyond ±{LARGEST:g}"
        return ColumnValues(name, None, (), codes, what)
    return ColumnValues(name, numbers, (), codes)


MOST_BYTES = 5 * 1024 * 1024
MOST_COLUMNS = 1_000
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
LOOKED_AT = 50  # lines, to find the separator

# What a file begins with that is no text → what it is, and what to do.
OTHER_FILES = {
    b"PK\x03\x04": "an Excel (or zip) file: save it from the spreadsheet as CSV and choose that",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save it from the spreadsheet as CSV and choose that",
    b"%PDF": "a PDF: copy the table out of it and paste it instead",
    b"\x89PNG": "an image: a table of text is needed, with a line for each example",
    b"\xff\xd8\xff": "an image: a table of text is needed, with a line for each example",
    b"\x1f\x8b": "a compressed file: unpack it and choose the CSV file in it",
}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
Row = tuple[int, list[str]]  # the line it begins in, and its cells


@dataclass(frozen=True)
class Sheet:
    """Columns of the same length; `lines`: in which line of the text each row stands.

    `notes` say, a sentence each, what was taken for granted while reading.
    """

    columns: tuple[ColumnValues, ...]
    lines: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> ColumnValues:
        """The column of this name; KeyError where there is none."""
        for each in self.columns:
            if each.name == name:
                return each
        raise KeyError(name)


@lru_cache(maxsize=6)
def read(content: bytes) -> Sheet:
    """The sheet in a file; TableError says in one sentence what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise TableError(
            f"The table has {len(content):,} bytes, and at most 5 MB ({MOST_BYTES:,} bytes) are "
            "read: leave out rows or columns."
        )
    for start, what in OTHER_FILES.items():
        if content.startswith(start):
            raise TableError(f"This is {what}.")
    text, note = _decoded(content)
    sheet = parse(text)
    return Sheet(sheet.columns, sheet.lines, (*note, *sheet.notes))


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), ()
        except UnicodeDecodeError:
            raise TableError(
                "The file begins as UTF-16 text but is damaged: save it again as CSV UTF-8."
            ) from None
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise TableError(
            f"Line {line} is not UTF-8 text: save the file as CSV UTF-8 and choose it again."
        ) from None
    note = f"Line {line} is not UTF-8: read as Windows-1252 text, so check letters with accents."
    return text, (note,)


def parse(text: str) -> Sheet:
    """The sheet in a text; TableError says in one sentence what is wrong with it."""
    text = text.removeprefix("\ufeff")
    _refuse_other_text(text)
    separator = _separator(text)
    rows = _rows(text, separator)
    start, header = next(rows, (0, []))
    if not header:
        raise TableError(
            "There is no text in it: a header line and a line for each row are needed."
        )
    if len(header) > MOST_COLUMNS:
        raise TableError(
            f"Line {start} has {len(header):,} columns, and at most {MOST_COLUMNS:,} are read: "
            "leave some out."
        )
    kept = list(_same_length(rows, header, separator))
    while len(header) > 1 and not header[-1] and all(not cells[-1] for _, cells in kept):
        header = header[:-1]
        kept = [(line, cells[:-1]) for line, cells in kept]
    return _sheet(start, header, kept, separator)


def _refuse_other_text(text: str) -> None:
    odd = _UNPRINTABLE.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        raise TableError(
            f"Line {line} holds a character that no text has (code {ord(odd[0])}): save the table "
            "as CSV and choose that file."
        )
    begins = text.lstrip()[:15].lower()
    if begins.startswith(("<!doctype", "<html", "<?xml")):
        raise TableError("This is a web page or XML: save the table as CSV and choose that file.")
    if begins.startswith(("{", "[{")):
        raise TableError("This is JSON: write it as CSV, a header line and a line for each row.")


def _separator(text: str) -> str:
    """What separates the columns: the one by which most lines have as many as the first."""
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:LOOKED_AT]

    def score(separator: str) -> tuple[float, int]:
        try:
            counts = [len(cells) for cells in csv.reader(lines, delimiter=separator)]
        except csv.Error:
            return 0.0, 0
        first = counts[0] if counts else 0
        return (sum(n == first for n in counts) / len(counts) if first > 1 else 0.0), first

    scores = {separator: score(separator) for separator in SEPARATORS}
    best = max(scores, key=lambda separator: scores[separator])
    widest = max(scores, key=lambda separator: scores[separator][1])
    # A header of many columns above lines that do not fit is a mistake to tell, not another table.
    return widest if scores[best][0] < 0.5 else best


def _rows(text: str, separator: str) -> Iterator[Row]:
    """Rows that are not empty, their cells stripped."""
    reader = csv.reader(
        io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")),
        delimiter=separator, strict=True, skipinitialspace=separator != "\t",
    )  # fmt: skip
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            raise TableError(
                f"In the row that begins in line {line} a quotation mark is not closed, or text "
                'follows a closed one: write "…" around whole cells, and "" for " inside.'
            ) from None
        if any(cells):
            yield line, cells


def _same_length(rows: Iterator[Row], header: list[str], separator: str) -> Iterator[Row]:
    for count, (line, cells) in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise TableError(
                f"There are more than {MOST_ROWS:,} rows (line {line} is one more): leave some out."
            )
        if len(cells) != len(header):
            values = "1 value" if len(cells) == 1 else f"{len(cells):,} values"
            raise TableError(
                f"Line {line} has {values} where the header names {len(header):,} columns "
                f"(separated by {SEPARATORS[separator]}): add what is missing, or put text that "
                'holds a separator in "…".'
            )
        yield line, cells


def _sheet(start: int, header: list[str], rows: list[Row], separator: str) -> Sheet:
    notes = []
    commas = has_decimal_commas([cell for _, cells in rows[:SAMPLE] for cell in cells], separator)
    if len(header) < 2:
        raise TableError(
            "Only one column was found: at least two are needed, one to predict and one to learn "
            "from, separated by commas, semicolons or tabs."
        )
    named = [column("", [cell], [start], commas).numbers is None for cell in header]
    if not any(named):
        rows = [(start, header), *rows][:MOST_ROWS]
        header = [f"column {i}" for i in range(1, len(header) + 1)]
        notes.append("The first line holds numbers only: it was taken for a row without names.")
    if not rows:
        raise TableError("There is a header line but no row below it: add a line for each example.")
    names = _names(header, start)
    lines = tuple(line for line, _ in rows)
    if separator != ",":
        notes.append(f"Columns are separated by {SEPARATORS[separator]}.")
    if commas and any("," in cell for _, cells in rows[:SAMPLE] for cell in cells):
        notes.append("Decimal commas: 3,14 was read as 3.14.")
    columns = tuple(
        column(name, [cells[i] for _, cells in rows], lines, commas) for i, name in enumerate(names)
    )
    return Sheet(columns, lines, tuple(notes))


def _names(header: list[str], line: int) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for i, name in enumerate(header, 1):
        if name and name in seen:
            raise TableError(
                f"Columns {seen[name]} and {i} are both named “{clean(name, 30)}” (line {line}): "
                "give each a name of its own."
            )
        seen[name] = i
    return distinct([name or f"column {i}" for i, name in enumerate(header, 1)])
