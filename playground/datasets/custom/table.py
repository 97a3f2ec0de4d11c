"""A table of one's own: its numbers, named by a digest of what it holds.

Points somebody has painted on a plane, of two classes.
"""

import hashlib
import io
import json
import re
import threading
import unicodedata
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from numbers import Real
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from playground.datasets.registry import DatasetInfo, Kind
from playground.nn.losses import CLASSIFICATION, REGRESSION

Pair = tuple[NDArray[Any], NDArray[Any]]

FEWEST_ROWS, MOST_ROWS = 10, 50_000
MOST_FEATURES = 500
MOST_CLASSES = 50
MOST_NUMBERS = 4_000_000  # rows times features: 16 MB
LARGEST = 1e30  # of a number: its square must still be a number for the network
LONGEST_NAME = 60  # characters
LONGEST_LABEL = 30
LONGEST_DESCRIPTION = 300

NAME = re.compile(r"own-[0-9a-f]{32}")
FIELDS = {"label", "description", "task", "features", "classes", "standardise"}
# What charts and pages might take for markup, and what looks like it and never is.
HARMLESS = str.maketrans("<>[]*`$~\\", "‹›()∗ˋ＄∼∖")
_MARKUP = {re.compile(r"(?<!\w)_|_(?!\w)"): "‗", re.compile(r":(?=[\w/])"): "∶"}
_HEADING = re.compile(r"^[#+=-](?=[ #+=-]|$)")
_ADDRESS = re.compile(r"(?i)\bwww\.")


class TableError(ValueError):
    """A table that cannot be learnt from; the text says in one sentence why, and what to do."""


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """A name a person has typed, on one line, as no chart or page can take it for markup."""
    composed = unicodedata.normalize("NFC", text[: 4 * longest]).translate(HARMLESS)
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in composed)
    short = _ADDRESS.sub("www·", _HEADING.sub("·", " ".join(visible.split())))
    for pattern, instead in _MARKUP.items():
        short = pattern.sub(instead, short)
    return short if len(short) <= longest else short[: longest - 1].rstrip() + "…"


def distinct(names: Sequence[str], longest: int = LONGEST_NAME) -> tuple[str, ...]:
    """The names, cleaned, with a number behind those that would be equal or empty."""
    taken: dict[str, None] = {}  # in order
    for name in names:
        short = each = clean(name, longest)
        number = 1
        while not each or each in taken:
            number += 1
            each = f"{short[: longest - 8]} ({number})".strip()
        taken[each] = None
    return tuple(taken)


@dataclass(frozen=True, eq=False)
class Table:
    """Examples somebody has brought along, ready to be divided.

    x: float32 (n, n_features), finite. y: int32 class numbers from 0, all of which occur, or
    float32 for regression, (n,). Both are read-only. Two tables that hold the same are equal.
    """

    label: str
    description: str
    task: str
    features: tuple[str, ...]
    classes: tuple[str, ...]  # () for regression
    standardise: bool
    x: NDArray[np.float32]
    y: NDArray[Any]

    def __post_init__(self) -> None:
        _check(self)
        self.x.setflags(write=False)
        self.y.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> Any:
        return _arrived, (self.archive(),)

    @cached_property
    def name(self) -> str:
        """What `Data.dataset` calls it: "own-" and 32 hexadecimal digits of its SHA-256."""
        sha = hashlib.sha256(self._meta())
        for array in (self.x, self.y):
            sha.update(np.ascontiguousarray(array).data)
        return f"own-{sha.hexdigest()[:32]}"

    @cached_property
    def source(self) -> DatasetInfo:
        """What there is to know before it is loaded; a fifth is kept for the test."""
        rows = len(self.y) - self.n_test
        validation = max(1, rows // 5)
        return DatasetInfo(
            self.label, self.description, self.kind, self.task, self.features, self.classes,
            rows, rows - validation, validation, self.standardise,
        )  # fmt: skip

    @property
    def n_test(self) -> int:
        """Examples in the test part."""
        return -(-len(self.y) // 5)

    @property
    def kind(self) -> Kind:
        """Two numbers and two classes (or a value) lie in a plane, a number and a value on a line.

        A feature that is only ever 0 or 1 is none to draw a plane or a line over.
        """
        count = len(self.features)
        if not _graded(self.x):
            return "table"
        if count == 2 and len(self.classes) <= 2:
            return "plane"
        return "line" if count == 1 and self.task == REGRESSION else "table"

    def _meta(self) -> bytes:
        values = {name: getattr(self, name) for name in sorted(FIELDS)}
        return json.dumps(values, ensure_ascii=False, sort_keys=True).encode()

    def archive(self) -> bytes:
        """A NumPy archive that `read` reads."""
        file = io.BytesIO()
        meta = np.frombuffer(self._meta(), np.uint8)
        np.savez_compressed(file, meta=meta, x=self.x, y=self.y)
        return file.getvalue()


def read(content: bytes) -> Table:
    """The table in an archive; ValueError, KeyError or zipfile.BadZipFile where it holds none."""
    most = 4 * MOST_NUMBERS + 4 * MOST_ROWS + 1_000_000
    with ZipFile(io.BytesIO(content)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > most:
        raise ValueError(f"a table must have at most {most:,} bytes, got {size:,}")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        meta, x, y = (archive[name] for name in ("meta", "x", "y"))
    values = json.loads(bytes(meta.astype(np.uint8)))
    if not isinstance(values, dict) or values.keys() != FIELDS:
        raise ValueError(f"a table must be described by {', '.join(sorted(FIELDS))}")
    for name in ("features", "classes"):
        values[name] = tuple(values[name])
    return Table(**values, x=x, y=y)


def _check(table: Table) -> None:
    """ValueError where a table is not what it says it is, or too large."""
    x, y, classes = table.x, table.y, table.classes
    is_class = table.task == CLASSIFICATION
    texts = (table.label, table.description, *table.features, *classes)
    rules = {
        "known task": table.task in (CLASSIFICATION, REGRESSION),
        "texts": all(isinstance(text, str) and text for text in texts),
        "short names": all(len(text) <= LONGEST_DESCRIPTION for text in texts),
        "switch": isinstance(table.standardise, bool),
        "names without repetition": len(set(table.features)) == len(table.features)
        and len(set(classes)) == len(classes),
        "types": x.dtype == np.float32 and y.dtype == (np.int32 if is_class else np.float32),
        "shapes": x.ndim == 2 and y.shape == x.shape[:1] and x.shape[1:] == (len(table.features),),
        "sizes": FEWEST_ROWS <= len(y) <= MOST_ROWS and 1 <= len(table.features) <= MOST_FEATURES,
        "numbers": x.size <= MOST_NUMBERS,
        "classes": 2 <= len(classes) <= MOST_CLASSES if is_class else classes == (),
    }
    broken = next((rule for rule, kept in rules.items() if not kept), None)
    if broken is not None:
        raise ValueError(f"a table must have its {broken}")
    if not (np.abs(x) <= LARGEST).all() or not (np.abs(y) <= LARGEST).all():
        raise ValueError(f"a table must have finite numbers up to {LARGEST:g}")
    if is_class and not np.array_equal(np.unique(y), np.arange(len(classes))):
        raise ValueError(f"a table of {len(classes)} classes must have examples of each")


def _graded(x: NDArray[np.float32]) -> bool:
    """Whether every feature takes other values than 0 and 1."""
    return all(bool(((column != 0) & (column != 1)).any()) for column in x.T)


@cache
def _live() -> "weakref.WeakValueDictionary[str, Table]":
    """Tables in use in this process; whoever holds one keeps it here."""
    return weakref.WeakValueDictionary()


@cache
def _lock() -> threading.Lock:
    return threading.Lock()


def in_use(name: str) -> Table | None:
    """The table of this name, if somebody in this process holds it."""
    return _live().get(name)


def held(table: Table) -> Table:
    """The one object that stands for this table in this process."""
    with _lock():
        return _live().setdefault(table.name, table)


def _arrived(content: bytes) -> Table:
    """A table sent by another process; an experiment takes its own along."""
    return held(read(content))


RANGE = 6.0  # the plane goes from −RANGE to RANGE on both axes, as those of the other planes do
MOST_POINTS = 2_000
FEATURES = ("x₁", "x₂")
CLASSES = ("orange", "blue")

Points = NDArray[np.float64]


def points(told: object) -> Points:
    """What a browser told as points: (n, 3), x₁, x₂ and the class; ValueError if it is none."""
    if not isinstance(told, Sequence) or isinstance(told, str) or len(told) > MOST_POINTS:
        raise ValueError(f"painted points must be a list of at most {MOST_POINTS:,}")
    found = np.zeros((len(told), 3))
    for row, point in zip(found, told, strict=True):
        if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 3:
            raise ValueError("a painted point must be x₁, x₂ and its class")
        if not all(isinstance(v, Real) and not isinstance(v, bool) for v in point):
            raise ValueError("a painted point must consist of numbers")
        if not (abs(point[0]) <= RANGE and abs(point[1]) <= RANGE and point[2] in (0, 1)):
            raise ValueError(f"a painted point must be within ±{RANGE:g} and of class 0 or 1")
        row[:] = point
    return found


def painted(found: Points) -> Table:
    """The table of painted points; TableError where there are too few to learn from."""
    orange, blue = (int((found[:, 2] == i).sum()) for i in (0, 1))
    if len(found) < FEWEST_ROWS or min(orange, blue) < 2:
        raise TableError(
            f"Paint at least {FEWEST_ROWS} points, and at least 2 of each class: so far there are "
            f"{orange} orange and {blue} blue ones."
        )
    return Table(
        "Painted points", f"Own data: {len(found):,} painted points in two classes",
        CLASSIFICATION, FEATURES, CLASSES, False,
        found[:, :2].astype(np.float32), found[:, 2].astype(np.int32),
    )  # fmt: skip


def repainted(table: Table) -> list[list[float]]:
    """The points of a painted table, to go on painting; none of any other."""
    if (table.features, table.classes) != (FEATURES, CLASSES):
        return []
    if len(table.y) > MOST_POINTS or np.abs(table.x).max() > RANGE:
        return []
    x = table.x.astype(float).round(3)
    return [[*point, int(kind)] for point, kind in zip(x.tolist(), table.y, strict=True)]
