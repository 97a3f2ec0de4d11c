"""Text of numbers and lists: exact, short, and the same everywhere."""

import math

import pytest
from hypothesis import given, strategies

from playground.nn.format import format_number, format_score, join_words, truncate


@given(strategies.floats(allow_nan=False, allow_infinity=False))
def test_two_numbers_never_look_the_same(value: float) -> None:
    assert float(format_number(value)) == value


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (60_000, None, "60,000"), (0.001, None, "0.001"), (1e-6, None, "1e-06"), (10.0, None, "10"),
        (1234.5678, 3, "1.23e+03"), (-0.12345, 3, "−0.123"), (-1e-300 * 1e-300, 3, "0"),
        (math.nan, 3, "not a number"), (math.inf, 3, "∞"), (-math.inf, 3, "−∞"),
    ],
)  # fmt: skip
def test_numbers(value: float, digits: int | None, text: str) -> None:
    assert format_number(value, digits) == text


def test_scores() -> None:
    assert format_score(0.8786, True) == "87.9%"
    assert format_score(0.8786, True, 4) == "87.86%"
    assert format_score(0.12345, False) == "0.123"
    assert format_score(None, True) == "–"


def test_lists() -> None:
    assert [join_words(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def test_long_and_unprintable_text_is_short_and_on_one_line() -> None:
    assert truncate("a\nb" + "c" * 100) == r"a\nb" + "c" * 53 + "…"
    assert truncate("") == "nothing"
