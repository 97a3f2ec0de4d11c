"""Files and pasted text: read however they are written, or refused in one sentence."""

import csv
import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, strategies

from playground.datasets.custom.cells import typed_column
from playground.datasets.custom.columns import prepare
from playground.datasets.custom.csv_reader import MOST_BYTES, Sheet, parse, read
from playground.datasets.custom.roles import default_choice
from playground.datasets.custom.table import MOST_ROWS, TableError


def numbers(sheet: Sheet, name: str) -> list[float]:
    found = sheet.column(name).numbers
    assert found is not None
    return found.tolist()


def texts(sheet: Sheet, name: str) -> list[str]:
    column = sheet.column(name)
    return [column.texts[code] if code >= 0 else "" for code in column.codes]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_separator_and_line_end_is_understood(separator: str, end: str) -> None:
    lines = ["size,kind", "1.5,cat", "2,dog", "", "-3e2,cat"]
    sheet = parse(end.join(lines).replace(",", separator))
    assert numbers(sheet, "size") == [1.5, 2.0, -300.0]
    assert texts(sheet, "kind") == ["cat", "dog", "cat"]
    assert sheet.lines == (2, 3, 5)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_are_understood(separator: str) -> None:
    sheet = parse("a,b\n3,14,-1\n1.234,5,1000,0\n".replace(",", ";", 1).replace("3,14,", "3,14;")
                  .replace("34,5,", "34,5;").replace(";", separator))  # fmt: skip
    assert numbers(sheet, "a") == [3.14, 1234.5]
    assert numbers(sheet, "b") == [-1.0, 1000.0]
    assert any("Decimal commas" in note for note in sheet.notes)


def test_thousands_stay_thousands_beside_decimal_points() -> None:
    sheet = parse("a\tb\n1,234\t0.5\n12,000.5\t1.25\n1 234\t7\n")
    assert numbers(sheet, "a") == [1234.0, 12000.5, 1234.0]


def test_a_header_with_commas_in_its_names_is_no_obstacle() -> None:
    sheet = parse("size, in cm;kind, if known;x\n1,5;cat;1\n2,5;dog;2\n")
    assert [column.name for column in sheet.columns] == ["size, in cm", "kind, if known", "x"]
    assert numbers(sheet, "size, in cm") == [1.5, 2.5]


def test_what_is_written_for_missing_is_missing() -> None:
    cells = ["1", "", "NA", "n/a", "NaN", "null", "?", "#N/A", "#DIV/0!", "-", "2"]
    sheet = parse("a,b\n" + "\n".join(f"{cell},x" for cell in cells))
    found = sheet.column("a")
    assert np.isnan(numbers(sheet, "a")).tolist() == [False] + [True] * 9 + [False]
    assert found.missing.tolist() == np.isnan(numbers(sheet, "a")).tolist()


def test_quotes_hold_separators_quotes_and_lines_together() -> None:
    sheet = parse('a,b\n"x, ""y""\nz",1\nw,2\n')
    assert texts(sheet, "a") == ['x, "y"\nz', "w"]
    assert sheet.lines == (2, 4)


def test_text_that_looks_like_a_formula_stays_text() -> None:
    sheet = parse("a,b\n=1+2,1\n@cmd,2\n+x,3\n")
    assert texts(sheet, "a") == ["=1+2", "@cmd", "+x"]


def test_empty_columns_at_the_end_and_empty_lines_of_a_spreadsheet_are_dropped() -> None:
    sheet = parse("a;b;;\n1;2;;\n3;4;;\n;;;\n;;;\n")
    assert [column.name for column in sheet.columns] == ["a", "b"]
    assert len(sheet.lines) == 2


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "身高,体重,运动\n165,53,是\n153,72,否\n176,90,是\n"),
        ("mac_roman", "prénom,âge,élève\nJosé,12,oui\nZoë,13,non\n"),
        ("mac_roman", "nom,âge,réponse\nZoë,1,été\nÉlise,2,hiver\nJosé,3,été\n"),
        ("cp1252", "nom,âge,réponse\nZoë,1,été\nÉlise,2,hiver\nJosé,3,été\n"),
        ("cp1251", "возраст,вес,класс\n12,40,да\n13,50,нет\n"),
        ("gbk", "年龄,性别,购买\n12,男,是\n33,女,否\n34,女,是\n"),
        ("euc_kr", "나이,성별,구매\n12,남,예\n33,여,아니요\n34,여,예\n"),
        ("shift_jis", "年齢,体重,答え\n1,40,はい\n2,50,いいえ\n"),
    ],
)
def test_other_encodings_are_recognized_and_told(encoding: str, text: str) -> None:
    sheet = read(text.encode(encoding))
    assert [column.name for column in sheet.columns] == text.split("\n")[0].split(",")
    assert "is not UTF-8: read as" in sheet.notes[0]


@pytest.mark.parametrize(
    ("cells", "values", "unit"),
    [
        (["5.1 cm", "4 cm", "0.5cm"], [5.1, 4, 0.5], "cm"),
        (["$450,000", "$1,250", "$7"], [450_000, 1250, 7], "$"),
        (["$450k", "$1.2M", "$900"], [450_000, 1_200_000, 900], "$"),
        (["4.5%", "12 %", "100%"], [4.5, 12, 100], "%"),
        (["20 °C", "-3 °C", "7"], [20, -3, 7], "°C"),
        (["EUR 5", "EUR 7.25", "EUR 1"], [5, 7.25, 1], "EUR"),
        (["8:30", "12:00", "23:45"], [8.5, 12, 23.75], "h"),
        (["2025-01-03", "2025-02-01", "2024-12-31"], [368, 397, 365], "days since 2024-01-01"),
        (["3.1.2025", "1.2.2025", "31.1.2025"], [2, 31, 30], "days since 2025-01-01"),
        (["1/31/2025", "2/1/2025", "1/2/2025"], [30, 31, 1], "days since 2025-01-01"),
        (["31/1/2025", "2/1/2025", "1/2/2025"], [30, 1, 31], "days since 2025-01-01"),
        (["2025-01-01 12:00", "2025-01-02 00:00"] * 2, [0.5, 1] * 2, "days since 2025-01-01"),
    ],
)
def test_units_currencies_percent_and_dates_are_numbers(
    cells: list[str], values: list[float], unit: str
) -> None:
    sheet = parse("a\tb\n" + "".join(f"{cell}\tx\n" for cell in cells))
    assert numbers(sheet, "a") == pytest.approx(values)
    assert sheet.column("a").unit == unit


@pytest.mark.parametrize(
    ("cells", "values", "unit", "note"),
    [
        (["5.1 cm", "51 mm", "0.04 m", "3 cm"], [5.1, 5.1, 4, 3], "cm", "cm and m and mm"),
        (["1 kg", "800 g", "2 KG", "3"], [1, 0.8, 2, 3], "kg", "KG and g and kg"),
        (["90 min", "2 h", "30 min"], [90, 120, 30], "min", "h and min"),
        (["€ 4", "EUR 5", "€ 6"], [4, 5, 6], "€", "EUR and €"),
    ],
)
def test_units_of_one_quantity_are_converted_and_told(
    cells: list[str], values: list[float], unit: str, note: str
) -> None:
    sheet = parse("a\tb\n" + "".join(f"{cell}\tx\n" for cell in cells))
    assert numbers(sheet, "a") == values
    assert sheet.column("a").unit == unit
    assert f"“a”: {note} were converted to {unit}." in sheet.notes


def test_units_that_cannot_be_converted_are_told_with_their_lines() -> None:
    sheet = parse("a,b\n€ 4,x\n$ 5,x\n€ 6,y\n")
    assert sheet.column("a").numbers is None
    assert (
        "“a” was read as text, for its numbers have different units (line 2 holds “€ 4”, line 3 "
        "holds “＄ 5”): convert them to one."
    ) in sheet.notes
    parts = parse("a,b\n1 door,x\n2 wheel,x\n3 door,y\n")
    assert parts.column("a").texts == ("1 door", "2 wheel", "3 door")
    assert not any("units" in note for note in parts.notes)


def test_another_unit_is_an_error_with_its_line() -> None:
    sheet = parse("a,b\n" + "".join(f"{i} kg,x\n" for i in range(9)) + "800 €,x\n")
    assert sheet.column("a").problem == ("line 11 holds “800 €”, in another unit than most (“kg”)")


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("sep=;\na;b\n1;2\n3;4\n", ["a", "b"], 2),
        ("# made by hand\na,b\n1,2\n3,4\n", ["a", "b"], 2),
        ("# a b\n1 2\n3 4\n", ["a", "b"], 2),
        ("Our title\n\na,b\n1,2\n3,4\n", ["a", "b"], 2),
        ("Title, with comma\na,b,c\n1,2,x\n3,4,y\n", ["a", "b", "c"], 2),
        ("5.1,1.4,k\n4.9,1.3,k\n6.2,4.5,m\n", ["column 1", "column 2", "column 3"], 3),
        ("p,x,e\np,y,e\ne,x,e\ne,y,p\n", ["column 1", "column 2", "column 3"], 4),
        ("land,2019,2020\nA,1.5,2\nB,3,4\n", ["land", "2019", "2020"], 2),
        ("0,1,label\n1.5,2,x\n3,4,y\n", ["0", "1", "label"], 2),
        (",x\n0,1.5\n1,2.5\n", ["column 1", "x"], 2),
        ("a,a,b\n1,2,3\n4,5,6\n", ["a", "a (2)", "b"], 2),
    ],
)
def test_the_header_is_found(text: str, names: list[str], rows: int) -> None:
    sheet = parse(text)
    assert [column.name for column in sheet.columns] == names
    assert len(sheet.lines) == rows


def test_lines_are_counted_from_the_top_of_the_file_whatever_is_left_out() -> None:
    assert parse("sep=;\n\nTitle\na;b\n1;2\n3;4\n").lines == (5, 6)
    with pytest.raises(TableError, match="Line 6 has 1 value"):
        parse("# note\n\nTitle\na,b\n1,2\n3\n4,5\n")


def test_one_hot_columns_are_one_column_of_text() -> None:
    rows = "".join(f"{i},{i % 3 == 0:d},{i % 3 == 1:d},{i % 3 == 2:d}\n" for i in range(12))
    sheet = parse("a,kind_cat,kind_dog,kind_owl\n" + rows)
    assert texts(sheet, "kind") == ["cat", "dog", "owl"] * 4
    assert "Columns 2 to 4 have a single 1 in each row (one-hot)" in sheet.notes[-1]
    rows = "".join(f"{i % 2},{i // 2 % 2},{i % 5}\n" for i in range(20))
    assert len(parse("a,b,y\n" + rows).columns) == 3


def test_words_for_nothing_are_classes_among_texts_and_gaps_among_numbers() -> None:
    cells = ["none", "NA", "null", "?", "-", "+", "mild", ""]
    column = parse("a,b\n" + "".join(f"{cell},1\n" for cell in cells)).column("a")
    assert column.missing.tolist() == [False] * 7 + [True]
    assert column.gaps.tolist() == [True] * 5 + [False] * 2 + [True]


def test_numbers_without_names_get_names() -> None:
    sheet = parse("1,2\n3,4\n5,6\n")
    assert [column.name for column in sheet.columns] == ["column 1", "column 2"]
    assert numbers(sheet, "column 1") == [1, 3, 5]
    assert any("has no header" in note for note in sheet.notes)


def test_names_are_shortened_kept_apart_and_harmless() -> None:
    long = "n" * 5_000
    sheet = parse(
        f"{long}a,{long}b,<b>x</b>,[l](http://e.org),$x^2$,*c*,\n" + "1,2,3,4,5,6,7\n" * 2
    )
    names = [column.name for column in sheet.columns]
    assert len(set(names)) == 7
    assert max(map(len, names)) <= 60
    assert not set("".join(names)) & set("<>[]*$`\\")
    assert "://" not in "".join(names)
    assert names[-1] == "column 7"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_usual_encodings_are_understood(encoding: str) -> None:
    sheet = read("größe,art\n1,kätzchen\n2,hund\n".encode(encoding))
    assert [column.name for column in sheet.columns] == ["größe", "art"]
    assert texts(sheet, "art") == ["kätzchen", "hund"]
    assert bool(sheet.notes) == (encoding == "cp1252")


def rows(count: int) -> str:
    return "a,b\n" + "1,2\n" * count


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no text"),
        (b" \n\r\n\t", "no text"),
        (b"\xef\xbb\xbf", "no text"),
        (b"a,b\n", "no row below it"),
        (b"a\n1\n2\n", "Only one column"),
        (b"a,b\n1,2\n1,2,3\n", "Line 3 has 3 values where the header names 2 columns"),
        (b"a,b\n1,2\n\n5\n", "Line 4 has 1 value where"),
        (b'a,b\n1,2\n"x,3\n4,5\n', "the row that begins in line 3 a quotation mark is not closed"),
        (b"a,b\n1,2\n\x00,3\n", "Line 3 holds a character that no text has (code 0)"),
        (b"a,b\n1," + bytes(range(128, 256)) * 2, "Line 2 is not UTF-8 text"),
        (b"\xff\xfea", "damaged"),
        (b"PK\x03\x04\x00rest", "an Excel (or zip) file"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel file"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "image"),
        (b"<!DOCTYPE html><p>", "web page"),
        (b'{"a": 1}', "JSON"),
        (rows(MOST_ROWS + 1).encode(), f"more than 50,000 rows (line {MOST_ROWS + 2:,}"),
        (b"a,b\n" + b" " * MOST_BYTES, "at most 5 MB"),
        ((",".join(f"c{i}" for i in range(1_001)) + "\n").encode(), "1,001 columns"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(TableError) as refused:
        read(content)
    text = str(refused.value)
    assert said.replace(",", "") in text.replace(",", "")
    assert text.endswith(".")
    assert "\n" not in text


def test_the_largest_file_is_read() -> None:
    text = rows(MOST_ROWS)
    assert len(read((text + " " * (MOST_BYTES - len(text))).encode()).lines) == MOST_ROWS


@given(strategies.text() | strategies.text(alphabet='ab,;\t\n"1.\x00', max_size=60))
@example("a,b\n1,\ufeff2")
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        sheet = parse(text)
    except TableError:
        return
    assert all(len(column.codes) == len(sheet.lines) for column in sheet.columns)


@given(strategies.binary())
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with suppress(TableError):
        read(content)


CELLS = strategies.text(alphabet=strategies.characters(exclude_categories=["C", "Z"]), min_size=1)


@given(strategies.lists(strategies.tuples(CELLS, CELLS), min_size=1, max_size=20))
def test_what_the_csv_module_writes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("left", "right"), *pairs])
    sheet = parse(out.getvalue())
    assert len(sheet.lines) == len(pairs)
    for i, name in enumerate(("left", "right")):
        column = sheet.column(name)
        for code, pair in zip(column.codes, pairs, strict=True):
            if column.numbers is None and code >= 0:
                assert column.texts[code] == pair[i]


@given(strategies.lists(strategies.floats(-1e29, 1e29), min_size=1, max_size=20))
def test_numbers_are_read_exactly(values: list[float]) -> None:
    for separator, comma in ((",", "."), (";", ",")):
        cells = [repr(value).replace(".", comma) for value in values]
        sheet = parse(f"a{separator}b\n" + "\n".join(f"{cell}{separator}x" for cell in cells))
        assert numbers(sheet, "a") == values


@pytest.mark.parametrize(
    ("text", "rows", "note"),
    [
        ("a,b\n1,x\n# day 2\n2,y\n", 2, "Line 3 in the table: left out as comment."),
        ("a,b\n1,x\n2,y\n\nSource: the office\n", 2, "Line 5, “Source: the office”, below"),
        ("a,b\n1,x\n2,y\nTotal,2\n", 2, "Line 4, “Total”, below the table: left out."),
        ("a;b\n1;4;x\n2;5;y\n", 2, "Line 1 names a column less than the rows have"),
    ],
)
def test_what_stands_beside_the_table_is_left_out_and_told(text: str, rows: int, note: str) -> None:
    sheet = parse(text)
    assert len(sheet.lines) == rows
    assert any(note in each for each in sheet.notes)
    assert [c.numbers is None for c in sheet.columns[-2:]] == [False, True]


def test_decimal_commas_between_commas_are_no_row_names() -> None:
    with pytest.raises(TableError, match="Line 2 has 3 values where the header names 2"):
        parse("a,b\n1,5,x\n1,7,y\n2,5,x\n")


@pytest.mark.parametrize(
    "cells",
    [
        ("1 Jan 2025", "31 Jan 2025"),
        ("1. Januar 2025", "31. Januar 2025"),
        ("1 janvier 2025", "31 janvier 2025"),
        ("Wednesday, January 1, 2025", "Friday, January 31, 2025"),
        ("01-Jan-25", "31-Jan-25"),
        ("20250101", "20250131"),
    ],
)
def test_a_date_is_a_number_of_days_however_it_is_written(cells: tuple[str, str]) -> None:
    column = typed_column("day", cells, (1, 2), False)
    assert column.unit == "days since 2025-01-01"
    assert column.numbers is not None
    assert column.numbers.tolist() == [0, 30]


def test_bookkeepers_write_less_than_zero_in_parentheses() -> None:
    column = typed_column("profit", ("($16.50)", "$3"), (1, 2), False)
    assert column.numbers is not None
    assert (column.numbers.tolist(), column.unit) == ([-16.5, 3.0], "$")


def test_why_no_column_is_left_to_learn_from_is_said() -> None:
    sheet = parse("mass,kind\nkg,\n" + "".join(f"{i},{'uv'[i % 2]}\n" for i in range(10)))
    with pytest.raises(TableError, match="“mass” is left out: line 2 holds “kg”, which is not"):
        prepare(sheet, default_choice(sheet, "kind"))
