"""Text that a person wrote in a file and a page shows: plain Markdown with formulas, bounded."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from playground.values import fail

LINE, TEXT = 200, 2_000  # characters

_REFUSED = {
    "HTML": re.compile(r"<[A-Za-z/!?]"),
    "images": re.compile(r"!\["),
    "links": re.compile(r"\]\(|\]\[|\]:|://"),
    "control characters": re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"),
}


def _plain(text: str) -> str:
    """`text`, if it is plain Markdown: words, lists, emphasis, `code` and $formulas$."""
    for what, pattern in _REFUSED.items():
        found = pattern.search(text)
        if found is not None:
            start = max(found.start() - 5, 0)
            rule = f"plain Markdown without {what}"
            raise fail(rule, ascii(text[start : found.end() + 15])[1:-1])
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise fail("one line", text)
    return text


Text = Annotated[str, Field(min_length=1, max_length=TEXT), AfterValidator(_plain)]
Line = Annotated[
    str, Field(min_length=1, max_length=LINE), AfterValidator(_plain), AfterValidator(_one_line)
]
