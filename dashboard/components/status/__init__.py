"""Progress bar and plain table, updated in place or by a stream."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.components import register

_progress = register("status", "progress", streamed=True)
_table = register("status", "table", streamed=True)

Data = Mapping[str, Any]


def progress_data(share: float, text: str) -> Data:
    """Data of a progress bar; share: 0 to 1."""
    return {"share": round(min(max(share, 0.0), 1.0), 4), "text": text}


def progress(data: Data, key: str, stream: str = "") -> None:
    """Draw a progress bar."""
    _progress(key=key, data={**data, "stream": stream, "part": key})


def table_data(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> Data:
    """Data of a table of text; the first column is as wide as it needs."""
    return {"columns": list(columns), "rows": [list(row) for row in rows], "caption": caption}


def table(data: Data, key: str, stream: str = "", share: float = 0.0) -> None:
    """Draw a table of text; share: of the window's height, beyond which its rows scroll."""
    _table(key=key, data={**data, "stream": stream, "part": key, "share": share})
