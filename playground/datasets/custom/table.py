"""Custom tables: numbers and targets under the digest of their content; painted points."""

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

FEWEST_ROWS, MOST_ROWS = 2, 50_000
SPLIT_ROWS = 10  # fewer are all for training, as in a truth table
MOST_FEATURES = 500
MOST_CLASSES = 50
MOST_NUMBERS = 4_000_000  # rows times features: 16 MB
LARGEST = 1e30  # of a number: its square must still be a number for the network
LONGEST_NAME = 60  # characters
LONGEST_LABEL = 30
LONGEST_DESCRIPTION = 300

NAME = re.compile(r"own-[0-9a-f]{32}")
# Attribute → its name in an archive, which the digest depends on.
FIELDS = {
    "classes": "classes", "description": "description", "features": "features", "label": "label",
    "standardize": "standardise", "task": "task",
}  # fmt: skip
# Written only where they differ from these, so that older tables keep their digest.
OPTIONAL: dict[str, Any] = {"scale_target": False, "target": "y", "unit": ""}
# Characters that charts and pages may take for markup → look-alikes that never are.
HARMLESS = str.maketrans("<>[]*`$~\\", "‹›()∗ˋ＄∼∖")
_MARKUP = {re.compile(r"(?<!\w)_|_(?!\w)"): "‗", re.compile(r":(?=[\w/])"): "∶"}
_SIGNS = {"+": "+", "-": "−"}  # as the names of two classes
_HEADING = re.compile(r"^[#+=-](?=[ #+=-]|$)")
_ADDRESS = re.compile(r"(?i)\bwww\.")


class TableError(ValueError):
    """A table that cannot be used; the text says in one sentence why, and what to do."""


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """A typed name on one line, in characters that no chart or page takes for markup."""
    composed = unicodedata.normalize("NFC", text[: 4 * longest]).translate(HARMLESS)
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in composed)
    words = " ".join(visible.split())
    if words in _SIGNS:
        return _SIGNS[words]
    short = _ADDRESS.sub("www·", _HEADING.sub("·", words))
    for pattern, instead in _MARKUP.items():
        short = pattern.sub(instead, short)
    return short if len(short) <= longest else short[: longest - 1].rstrip() + "…"


def distinct(names: Sequence[str], longest: int = LONGEST_NAME) -> tuple[str, ...]:
    """The names, cleaned; equal or empty ones get a number."""
    taken: dict[str, None] = {}  # in order
    for name in names:
        short = unique = clean(name, longest)
        number = 1
        while not unique or unique in taken:
            number += 1
            unique = f"{short[: longest - 8]} ({number})".strip()
        taken[unique] = None
    return tuple(taken)


@dataclass(frozen=True, eq=False)
class Table:
    """Examples from a file, a pasted table or painted points, before they are split.

    x: float32 (n, n_features), NaN where a value is missing. y: int32 class numbers from 0, all of
    which occur, or float32 for regression, (n,). Both are read-only. Equal content makes equal
    tables. `scale_target`: train on (y − mean) / standard deviation of the training targets.
    """

    label: str
    description: str
    task: str
    features: tuple[str, ...]
    classes: tuple[str, ...]  # () for regression
    standardize: bool
    x: NDArray[np.float32]
    y: NDArray[Any]
    scale_target: bool = False
    target: str = "y"
    unit: str = ""  # of the target

    def __post_init__(self) -> None:
        _check(self)
        self.x.setflags(write=False)
        self.y.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> Any:
        return _unpickled, (self.archive(),)

    @cached_property
    def name(self) -> str:
        """The name in `Data.dataset`: "own-" and 32 hexadecimal digits of its SHA-256."""
        sha = hashlib.sha256(self._meta())
        for array in (self.x, self.y):
            sha.update(np.ascontiguousarray(array).data)
        return f"own-{sha.hexdigest()[:32]}"

    @cached_property
    def source(self) -> DatasetInfo:
        """Its registry entry; a fifth of the rows is for the test, and a fifth of the others for
        validation, but of fewer than SPLIT_ROWS none."""
        rows = len(self.y) - self.n_test
        validation = max(1, rows // 5) if self.n_test else 0
        return DatasetInfo(
            self.label, self.description, self.kind, self.task, self.features, self.classes,
            rows, rows - validation, validation, self.standardize,
            target=self.target, unit=self.unit, n_test=self.n_test,
        )  # fmt: skip

    @property
    def n_test(self) -> int:
        """Examples in the test split."""
        return -(-len(self.y) // 5) if len(self.y) >= SPLIT_ROWS else 0

    @property
    def kind(self) -> Kind:
        """Two features and two classes (or a value) are a plane, one feature and a value a line.

        A binary feature makes no axis, except in a truth table, which has binary features only.
        """
        count = len(self.features)
        binary = [bool(((v == 0) | (v == 1) | np.isnan(v)).all()) for v in self.x.T]
        if any(binary) and not (all(binary) and len(self.y) < SPLIT_ROWS):
            return "table"
        if count == 2 and len(self.classes) <= 2:
            return "plane"
        return "line" if count == 1 and self.task == REGRESSION else "table"

    def _meta(self) -> bytes:
        values = {key: getattr(self, name) for name, key in FIELDS.items()}
        for name, default in OPTIONAL.items():
            if getattr(self, name) != default:
                values[name] = getattr(self, name)
        return json.dumps(values, ensure_ascii=False, sort_keys=True).encode()

    def archive(self) -> bytes:
        """A NumPy archive that `read` reads."""
        file = io.BytesIO()
        meta = np.frombuffer(self._meta(), np.uint8)
        np.savez_compressed(file, meta=meta, x=self.x, y=self.y)
        return file.getvalue()


class Arrays(Table):
    """Examples that a program gives as arrays: all to train or validate on, without limits."""

    def __post_init__(self) -> None:
        self.x.setflags(write=False)
        self.y.setflags(write=False)

    @property
    def n_test(self) -> int:
        """None."""
        return 0


def shape_of(source: DatasetInfo) -> Table:
    """A table of two examples that stands for all with as many features and classes."""
    texts = "shape", "as many features and classes"
    features = tuple(f"x{i}" for i in range(source.n_features))
    classes = tuple(map(str, range(len(source.classes))))
    x = np.zeros((2, source.n_features), np.float32)
    return interned(Arrays(*texts, source.task, features, classes, False, x, x[:, 0]))


def read(content: bytes) -> Table:
    """The table in an archive; ValueError, KeyError or zipfile.BadZipFile where it has none."""
    most = 4 * MOST_NUMBERS + 4 * MOST_ROWS + 1_000_000
    with ZipFile(io.BytesIO(content)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > most:
        raise ValueError(f"a table must have at most {most:,} bytes, got {size:,}")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        meta, x, y = (archive[name] for name in ("meta", "x", "y"))
    values = json.loads(bytes(meta.astype(np.uint8)))
    required = set(FIELDS.values())
    if not isinstance(values, dict) or not required <= values.keys() <= required | set(OPTIONAL):
        raise ValueError(f"a table must be described by {', '.join(sorted(required))}")
    values = {
        name: values[key]
        for name, key in (FIELDS | {k: k for k in OPTIONAL}).items()
        if key in values
    }
    for name in ("features", "classes"):
        values[name] = tuple(values[name])
    return Table(**values, x=x, y=y)


def _check(table: Table) -> None:
    """ValueError where a table is inconsistent or too large."""
    x, y, classes = table.x, table.y, table.classes
    is_class = table.task == CLASSIFICATION
    texts = (table.label, table.description, table.target, *table.features, *classes)
    rules = {
        "known task": table.task in (CLASSIFICATION, REGRESSION),
        "texts": all(isinstance(text, str) and text for text in texts)
        and isinstance(table.unit, str),
        "short names": all(len(text) <= LONGEST_DESCRIPTION for text in (*texts, table.unit)),
        "switches": isinstance(table.standardize, bool) and isinstance(table.scale_target, bool),
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
    if (np.abs(x) > LARGEST).any() or not (np.abs(y) <= LARGEST).all():
        raise ValueError(f"a table must have finite numbers up to {LARGEST:g}")
    if np.isnan(x).all(axis=0).any():
        raise ValueError("a table must have a value in each feature")
    if is_class and not np.array_equal(np.unique(y), np.arange(len(classes))):
        raise ValueError(f"a table of {len(classes)} classes must have examples of each")


@cache
def _live() -> "weakref.WeakValueDictionary[str, Table]":
    """Tables that are referenced in this process."""
    return weakref.WeakValueDictionary()


@cache
def _lock() -> threading.Lock:
    return threading.Lock()


def in_use(name: str) -> Table | None:
    """The table of this name, if it is referenced in this process."""
    return _live().get(name)


def interned(table: Table) -> Table:
    """The one object of this table in this process."""
    with _lock():
        return _live().setdefault(table.name, table)


def _unpickled(content: bytes) -> Table:
    """A table from another process: a pickled experiment contains its table."""
    return interned(read(content))


RANGE = 6.0  # the painted plane goes from −RANGE to RANGE on both axes, as the synthetic ones do
FEWEST_POINTS, MOST_POINTS = 10, 2_000
FEATURES = ("x₁", "x₂")
CLASSES = ("orange", "blue")

Points = NDArray[np.float64]


def points(received: object) -> Points:
    """A browser's list of painted points as (n, 3): x₁, x₂, class; ValueError if it is none."""
    if not isinstance(received, Sequence) or isinstance(received, str):
        raise ValueError("painted points must be a list")
    if len(received) > MOST_POINTS:
        raise ValueError(f"painted points must be a list of at most {MOST_POINTS:,}")
    rows = np.zeros((len(received), 3))
    for row, point in zip(rows, received, strict=True):
        if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 3:
            raise ValueError("a painted point must be x₁, x₂ and its class")
        if not all(isinstance(v, Real) and not isinstance(v, bool) for v in point):
            raise ValueError("a painted point must consist of numbers")
        if not (abs(point[0]) <= RANGE and abs(point[1]) <= RANGE and point[2] in (0, 1)):
            raise ValueError(f"a painted point must be within ±{RANGE:g} and of class 0 or 1")
        row[:] = point
    return rows


def painted(rows: Points) -> Table:
    """The table of painted points; TableError where there are too few to train on."""
    orange, blue = (int((rows[:, 2] == i).sum()) for i in (0, 1))
    if len(rows) < FEWEST_POINTS or min(orange, blue) < 2:
        raise TableError(
            f"Paint at least {FEWEST_POINTS} points, and at least 2 of each class: so far there "
            f"are {orange} orange and {blue} blue ones."
        )
    return Table(
        "Painted points", f"Own data: {len(rows):,} painted points in two classes",
        CLASSIFICATION, FEATURES, CLASSES, False,
        rows[:, :2].astype(np.float32), rows[:, 2].astype(np.int32),
    )  # fmt: skip


def painted_points(table: Table) -> list[list[float]]:
    """The points of a painted table, to continue painting; none of any other table."""
    if (table.features, table.classes) != (FEATURES, CLASSES):
        return []
    if len(table.y) > MOST_POINTS or not np.abs(table.x).max() <= RANGE:
        return []
    x = table.x.astype(float).round(3)
    return [[*point, int(kind)] for point, kind in zip(x.tolist(), table.y, strict=True)]
