"""The markup, styles and scripts of the components, as text."""

from pathlib import Path


def text(name: str) -> str:
    """What the file `name` beside this one holds."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
