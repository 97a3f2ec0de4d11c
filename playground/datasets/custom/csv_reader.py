"""Reader of tables as text, from a file or the clipboard: encoding, separator, header, rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from playground.datasets.custom.cells import (
    ColumnValues,
    has_decimal_commas,
    is_value,
    merged_one_hot,
    typed_column,
)
from playground.datasets.custom.table import MOST_ROWS, TableError, clean, distinct

MOST_BYTES = 5 * 1024 * 1024
MOST_COLUMNS = 1_000
SEPARATORS = {
    ",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces",
}  # fmt: skip
SAMPLE_LINES = 50  # that decide the separator
SAMPLE_ROWS = 2_000  # that decide how numbers are written
ENCODINGS = {
    "cp1252": "Windows-1252", "mac_roman": "Mac Roman", "gb18030": "GB 18030 (GBK)",
    "big5": "Big5", "shift_jis": "Shift JIS", "euc_kr": "EUC-KR", "cp1251": "Windows-1251",
    "cp1250": "Windows-1250", "cp1253": "Windows-1253",
}  # fmt: skip

# First bytes of files that are no text → what the file is, and what to do.
OTHER_FILES = {
    b"PK\x03\x04": "an Excel (or zip) file: save it from the spreadsheet as CSV and choose that",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save it from the spreadsheet as CSV and choose that",
    b"%PDF": "a PDF: copy the table out of it and paste it instead",
    b"\x89PNG": "an image: a table of text is needed, with a line for each example",
    b"\xff\xd8\xff": "an image: a table of text is needed, with a line for each example",
    b"\x1f\x8b": "a compressed file: unpack it and choose the CSV file in it",
}
_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[;,]*\s*', re.IGNORECASE)
_YEAR = re.compile(r"(1[89]|20|21)\d\d")
Row = tuple[int, list[str]]  # the line it begins in, and its cells


@dataclass(frozen=True)
class Sheet:
    """Columns of the same length; `lines`: the line of the text in which each row begins.

    `notes` are sentences on what was assumed while reading.
    """

    columns: tuple[ColumnValues, ...]
    lines: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> ColumnValues:
        """The column of this name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
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
    text, notes = _decoded(content)
    sheet = parse(text)
    return replace(sheet, notes=(*notes, *sheet.notes))


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
    from charset_normalizer import from_bytes  # its import takes 0.1 s

    best = from_bytes(content, cp_isolation=list(ENCODINGS)).best()
    if best is None:
        raise TableError(
            f"Line {line} is not UTF-8 text: save the file as CSV UTF-8 and choose it again."
        )
    encoding = best.encoding
    if encoding in ("cp1250", "cp1252", "mac_roman"):
        # Accented letters are 80 to 9F in Mac Roman, C0 to FF in the others.
        low, high = (
            len(re.findall(rb"[A-Za-z]%b|%b[A-Za-z]" % (letters, letters), content))
            for letters in (rb"[\x80-\x9f]", rb"[\xc0-\xff]")
        )
        encoding = "mac_roman" if low > high else encoding.replace("mac_roman", "cp1252")
    if encoding == "euc_kr" and _IDEOGRAPH.search(content.decode(encoding, "replace")):
        encoding = "gb18030"  # Korean of today is written without Chinese characters
    text = content.decode(encoding, "replace")
    western = content.decode("cp1252", "replace") == text
    encoding = "Windows-1252" if western else ENCODINGS[encoding]
    return text, (f"Line {line} is not UTF-8: read as {encoding}, so check letters with accents.",)


def parse(text: str) -> Sheet:
    """The sheet in a text; TableError says in one sentence what is wrong with it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _refuse_other_text(text)
    notes: list[str] = []
    separator, text = _separator_line(text, notes)
    text, comment = _without_comments(text, notes)
    separator = separator or _separator(text)
    rows = list(_rows(text, separator))
    if not rows:
        raise TableError(
            "There is no text in it: a header line and a line for each row are needed."
        )
    rows = _with_row_names(_without_footer(_without_title(rows, notes), notes), notes)
    start, first = rows[0]
    if len(first) > MOST_COLUMNS:
        raise TableError(
            f"Line {start} has {len(first):,} columns, and at most {MOST_COLUMNS:,} are read: "
            "leave some out."
        )
    _refuse_other_lengths(rows, separator)
    width = len(first)
    while width > 1 and not any(cells[width - 1] for _, cells in rows):
        width -= 1
    if width < 2:
        raise TableError(
            "Only one column was found: at least two are needed, one to predict and one to learn "
            "from, separated by commas, semicolons or tabs."
        )
    return _sheet([(line, cells[:width]) for line, cells in rows], separator, comment, notes)


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


def _separator_line(text: str, notes: list[str]) -> tuple[str, str]:
    """The separator that Excel's first line "sep=;" names, or "", and the text without that line.

    A line that is left out becomes an empty one, so that line numbers stay.
    """
    first, newline, rest = text.partition("\n")
    match = _SEPARATOR_LINE.fullmatch(first)
    if match is None or match[1] not in SEPARATORS:
        return "", text
    notes.append(f"Line 1, “{clean(first, 10)}”, names the separator and is left out.")
    return match[1], newline + rest


def _without_comments(text: str, notes: list[str]) -> tuple[str, Row | None]:
    """The text without the lines above the table that begin with #, and the last of them."""
    lines = text.split("\n")
    comments = []
    for i, line in enumerate(lines):
        if line.startswith("#") and len(lines) > i + 1:
            comments.append((i + 1, [line.lstrip("# ")]))
            lines[i] = ""
        elif line.strip():
            break
    if not comments:
        return text, None
    notes.append(f"{_listed([line for line, _ in comments])} above the table: left out as comment.")
    return "\n".join(lines), comments[-1]


def _listed(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"Line {lines[0]}"
    between = "to" if lines[-1] - lines[0] == len(lines) - 1 or len(lines) > 2 else "and"
    return f"Lines {lines[0]} {between} {lines[-1]}"


def _separator(text: str) -> str:
    """The separator by which most lines have the same number of columns."""
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:SAMPLE_LINES]

    def score(separator: str) -> tuple[float, int, int]:
        try:
            counts = [len(cells) for _, cells in _rows("\n".join(lines), separator)]
        except TableError:
            return 0.0, 0, 0
        width, same = Counter(counts).most_common(1)[0] if counts else (0, 0)
        header = counts[0] if counts else 0
        return (same / len(counts) if width > 1 else 0.0), width, header

    scores = {separator: score(separator) for separator in SEPARATORS if separator != " "}
    best = max(scores, key=lambda separator: scores[separator][:2])
    same, width, _ = score(" ")
    if (scores[best][0] == 0 and same > 0.5) or (
        same == 1 and width > 2 * scores[best][1] and _are_mostly_values(lines[-1].split())
    ):
        return " "
    # A header of many columns above lines of other lengths is an error to report.
    widest = max(scores, key=lambda separator: scores[separator][2])
    return widest if scores[best][0] < 0.5 else best


def _are_mostly_values(cells: Sequence[str]) -> bool:
    return 2 * sum(map(is_value, cells)) >= len(cells)


def _rows(text: str, separator: str) -> Iterator[Row]:
    """Rows that are not empty, their cells stripped."""
    if separator == " ":
        text = "\n".join(line.strip().replace("\t", " ") for line in text.split("\n"))
    reader = csv.reader(
        io.StringIO(text), delimiter=separator, strict=True, skipinitialspace=separator != "\t"
    )
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


def _without_title(rows: list[Row], notes: list[str]) -> list[Row]:
    """The rows without a title: short rows above a header, or single cells above the table."""
    sample = rows[:SAMPLE_LINES]
    width = Counter(len(cells) for _, cells in sample).most_common(1)[0][0]
    start = 0
    for _, cells in sample:
        if width < 2 or (len(cells) == width and sum(map(bool, cells)) > max(1, width // 3)):
            break
        start += 1
    single = all(len(cells) == 1 for _, cells in sample[:start])
    if not start or start + 1 >= len(sample) or not (single or _is_header(sample, start, width)):
        return rows
    lines = _listed([line for line, _ in rows[:start]])
    notes.append(f"{lines}, “{clean(' '.join(rows[0][1]), 30)}”, above the header: left out.")
    return rows[start:]


_SUMMARY = re.compile(
    r"(total|sum|summe|gesamt|insgesamt|average|mean|median|mittelwert|durchschnitt|somme|moyenne"
    r"|suma|media|合计|总计|平均)\b.*",
    re.IGNORECASE,
)


def _without_footer(rows: list[Row], notes: list[str]) -> list[Row]:
    """The rows without comments between them, and without text or sums below the table."""
    width = len(rows[0][1])
    comments = {line for line, cells in rows[1:] if cells[0].startswith("#") and len(cells) == 1}
    if width > 1 and comments:
        notes.append(f"{_listed(sorted(comments))} in the table: left out as comment.")
        rows = [row for row in rows if row[0] not in comments]
    end = len(rows)
    while width > 1 and end > 3 and _is_footer(rows[end - 1][1], width):
        end -= 1
    if end < len(rows):
        lines = _listed([line for line, _ in rows[end:]])
        notes.append(f"{lines}, “{clean(rows[end][1][0], 30)}”, below the table: left out.")
    return rows[:end]


def _is_footer(cells: Sequence[str], width: int) -> bool:
    text = cells[0]
    if not any(cells[1:]):
        return len(cells) <= width and not is_value(text) and bool(re.search(r"[\s:]", text))
    return bool(_SUMMARY.fullmatch(text)) and len(cells) == width


def _with_row_names(rows: list[Row], notes: list[str]) -> list[Row]:
    """With a first column that has no name where the header lacks one, as R writes tables."""
    (start, header), *body = rows
    names = [cells[0] for _, cells in body]
    numbered = [[str(i + first) for i in range(len(names))] for first in (0, 1)]
    if (
        any(len(cells) != len(header) + 1 for _, cells in body)
        or len(names) < 2
        or not (names in numbered or len({n for n in names if not is_value(n)}) == len(names))
    ):
        return rows
    notes.append(f"Line {start} names a column less than the rows have: the first has no name.")
    return [(start, ["", *header]), *body]


def _is_header(rows: Sequence[Row], i: int, width: int) -> bool:
    """Whether row i consists of names only, and the row below has a value."""
    if i + 1 >= len(rows):
        return False
    names, below = rows[i][1], rows[i + 1][1]
    return (
        len(names) == width
        and all(names)
        and not any(map(is_value, names))
        and any(map(is_value, below))
    )


def _refuse_other_lengths(rows: Sequence[Row], separator: str) -> None:
    width = len(rows[0][1])
    for count, (line, cells) in enumerate(rows):
        if count > MOST_ROWS:
            raise TableError(
                f"There are more than {MOST_ROWS:,} rows (line {line} is one more): leave some out."
            )
        if len(cells) != width:
            values = "1 value" if len(cells) == 1 else f"{len(cells):,} values"
            raise TableError(
                f"Line {line} has {values} where the header names {width:,} columns "
                f"(separated by {SEPARATORS[separator]}): add what is missing, or put text that "
                'holds a separator in "…".'
            )


def _sheet(rows: list[Row], separator: str, comment: Row | None, notes: list[str]) -> Sheet:
    start, header = rows[0]
    body = [cells for _, cells in rows[:SAMPLE_ROWS]]
    commas = has_decimal_commas([cell for cells in body for cell in cells], separator)
    if _is_data(header, body[1:]):
        header = [""] * len(header)
        if comment is not None:
            ((_, names_in_comment),) = _rows(comment[1][0], separator)
            if len(names_in_comment) == len(header):
                header = names_in_comment
        if not any(header):
            notes.append(f"Line {start} is a row of values: the table has no header.")
        rows = rows[:MOST_ROWS]
    else:
        rows = rows[1:]
    if not rows:
        raise TableError("There is a header line but no row below it: add a line for each example.")
    if separator != ",":
        notes.append(f"Columns are separated by {SEPARATORS[separator]}.")
    if commas and any("," in cell for cells in body for cell in cells):
        notes.append("Decimal commas: 3,14 was read as 3.14.")
    names = _names(header, start, notes)
    lines = tuple(line for line, _ in rows)
    columns = [
        typed_column(name, [cells[i] for _, cells in rows], lines, commas, is_named=bool(header[i]))
        for i, name in enumerate(names)
    ]
    merged = merged_one_hot(columns, notes)
    notes += [column.note for column in merged if column.note]
    return Sheet(tuple(merged), lines, tuple(notes))


def _is_data(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is no header: its numbers stand above numbers, its texts recur below.

    Years in a row of names (country, 2019, 2020) are names.
    """
    if all(map(is_value, first)):
        return True
    if not below:
        return False
    columns = list(zip(*below, strict=True))
    texts = [i for i, cell in enumerate(first) if cell and not is_value(cell)]
    values = [i for i, cell in enumerate(first) if cell and is_value(cell)]
    recurring = [first[i] in columns[i] for i in texts]
    if not values:
        return len(texts) > 1 and all(recurring)
    if not any(recurring) and _are_names([first[i] for i in values]):
        return False
    return any(is_value(cell) for i in values for cell in columns[i] if cell)


def _are_names(numbers: Sequence[str]) -> bool:
    """Whether numbers in a header are names: years, or 0, 1, 2 … or 1, 2, 3 …"""
    counted = [[str(i + first) for i in range(len(numbers))] for first in (0, 1)]
    return all(map(_YEAR.fullmatch, numbers)) or (len(numbers) > 1 and numbers in counted)


def _names(header: Sequence[str], line: int, notes: list[str]) -> tuple[str, ...]:
    names = distinct([name or f"column {i}" for i, name in enumerate(header, 1)])
    first: dict[str, int] = {}
    for i, name in enumerate(header):
        if name and name in first:
            notes.append(
                f"Columns {first[name] + 1} and {i + 1} are both named “{clean(name, 30)}” (line "
                f"{line}): the second one is “{names[i]}” here."
            )
        elif name:
            first[name] = i
    return names
