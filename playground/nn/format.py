"""Text of numbers and lists, the same in messages, tables, figures and on the command line."""

import math
from collections.abc import Sequence


def format_number(value: float, digits: int | None = None) -> str:
    """A number as people write it: "60,000", "0.001", "1e-06".

    Without `digits` a float is exact: two numbers never look the same. With `digits` it is rounded
    to so many significant digits, with a minus sign (−) and without a negative zero.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if digits is None:
        return f"{value:g}" if float(f"{value:g}") == value else repr(float(value))
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "∞" if value > 0 else "−∞"
    return f"{float(f'{value:.{digits}g}') + 0.0:.{digits}g}".replace("-", "−")


def format_quantity(value: float, digits: int = 4) -> str:
    """A measured value rounded to significant digits, without an exponent: "52,340", "0.0123"."""
    rounded = float(f"{value:.{digits}g}") + 0.0
    return (f"{rounded:,.12g}" if abs(rounded) < 1e12 else f"{rounded:g}").replace("-", "−")


def format_score(value: float | None, is_accuracy: bool, digits: int = 3) -> str:
    """An accuracy in percent, "87.9%", or an error, "0.123" or "52,300"; "–" for None."""
    if value is None:
        return "–"
    if is_accuracy:
        return f"{value:.{digits - 2}%}"
    number = format_quantity if math.isfinite(value) else format_number
    return number(float(value), digits)


def join_words(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def truncate(value: object, length: int = 60) -> str:
    """At most `length` printable characters of a value, on one line; "nothing" if it is empty."""
    text = str(value)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return (text if len(text) <= length else text[: length - 3] + "…") or "nothing"


# A spreadsheet computes a cell that begins with one of these; the last four are full-width.
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def escape_formula(text: str) -> str:
    """A text that no spreadsheet computes: after an apostrophe if it begins like a formula."""
    return f"'{text}" if text.startswith(_FORMULA_PREFIXES) else text
