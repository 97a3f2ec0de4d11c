"""From columns to features and targets, by value; and what cannot be learnt from, in a sentence."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, strategies

from playground.datasets.custom.columns import (
    ColumnChoice,
    PreparedTable,
    detected_task,
    prepare,
    use,
    usual,
)
from playground.datasets.custom.csv_reader import Sheet, parse
from playground.datasets.custom.table import MOST_CLASSES, Table, TableError
from playground.nn.losses import CLASSIFICATION, REGRESSION


def sheet(**columns: object) -> Sheet:
    """A sheet of columns, each a list or one cell for all of 12 rows."""
    cells = [c if isinstance(c, list) else [c] * 12 for c in columns.values()]
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*cells, strict=True))]
    return parse("\n".join(lines))


TWELVE = list(range(12))
KINDS = ["cat", "dog"] * 6


def prepared(of: Sheet, **changes: object) -> PreparedTable:
    choice = usual(of, changes.pop("target", None))  # type: ignore[arg-type]
    return prepare(of, ColumnChoice(**{**vars(choice), **changes}))  # type: ignore[arg-type]


def test_texts_are_targets_of_classification_in_alphabetical_order() -> None:
    found = prepared(sheet(a=TWELVE, kind=KINDS)).table
    assert (found.task, found.classes, found.features) == (CLASSIFICATION, ("cat", "dog"), ("a",))
    assert found.y.tolist() == [0, 1] * 6
    assert found.x.tolist() == [[i] for i in TWELVE]


def test_a_column_named_as_a_target_is_the_target() -> None:
    assert usual(sheet(species=KINDS, a=TWELVE, b=TWELVE)).target == "species"
    assert usual(sheet(a=TWELVE, b=KINDS)).target == "b"
    assert usual(sheet(a=TWELVE, b=[f"id{i}" for i in TWELVE]), None).target == "b"


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        ([0, 1] * 6, CLASSIFICATION),
        ([0.0, 1.0] * 6, CLASSIFICATION),
        ([0.5, 1] * 6, REGRESSION),
        (TWELVE, REGRESSION),
        (KINDS, CLASSIFICATION),
    ],
)
def test_the_task_is_detected_and_can_be_corrected(cells: list[object], task: str) -> None:
    of = sheet(a=TWELVE, y=cells)
    assert detected_task(of.column("y")) == task
    if cells is not KINDS:
        other = ({CLASSIFICATION, REGRESSION} - {task}).pop()
        assert prepared(of, task=other).table.task == other


def test_each_text_becomes_a_feature_that_is_1_where_it_stands() -> None:
    of = sheet(colour=["red", "blue", "", "red"] * 3, y=[0, 1, 0, 1] * 3)
    found = prepared(of)
    assert found.table.features == ("colour = missing", "colour = blue", "colour = red")
    assert found.table.x[:4].tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert found.mapping == (
        ("colour", "missing", "colour = missing"),
        ("colour", "blue", "colour = blue"),
        ("colour", "red", "colour = red"),
    )
    assert any("one-hot" in note for note in found.notes)
    assert any("missing counts as a text" in note for note in found.notes)


def test_gaps_are_filled_with_the_median_or_their_rows_left_out() -> None:
    of = sheet(a=[1, 2, "", 10] * 3, b=TWELVE, y=KINDS)
    filled = prepared(of)
    assert filled.table.x[:4, 0].tolist() == [1, 2, 2, 10]
    assert "“a”: 3 gaps are filled with the median, 2." in filled.notes
    with pytest.raises(TableError, match="Only 9 rows can be used"):
        prepared(of, missing="drop")
    long = parse("a,y\n" + "1,x\n,y\n2,y\n" * 6)
    dropped = prepared(long, missing="drop")
    assert dropped.table.x[:, 0].tolist() == [1, 2] * 6
    assert "6 rows with gaps are left out." in dropped.notes


def test_rows_without_a_target_are_left_out_and_told() -> None:
    of = parse("a,y\n" + "".join(f"{i},{'' if i == 3 else i % 2}\n" for i in range(20)))
    found = prepared(of)
    assert len(found.table.y) == 19
    assert "Line 5 has no target (“y” is empty) and is left out." in found.notes


def test_a_scaled_target_has_mean_0_and_deviation_1_and_says_what_they_stand_for() -> None:
    prices = [100_000 + 1_000 * i for i in TWELVE]
    of = sheet(a=TWELVE, price=prices)
    assert usual(of).scale_target
    found = prepared(of).table
    assert found.y.mean() == pytest.approx(0, abs=1e-6)
    assert found.y.std() == pytest.approx(1, abs=1e-6)
    assert f"0 stands for {np.mean(prices):g}" in found.description
    raw = prepared(of, scale_target=False).table
    assert raw.y.tolist() == prices


def test_what_a_column_holds_is_said() -> None:
    of = sheet(
        constant="x", empty="", name=[f"n{i}" for i in TWELVE], number=[1, *[2] * 10, ""],
        odd=[*range(11), "many"], huge=["1e31", *range(11)], endless=["1e999", *range(11)],
        infinite=["inf", *range(11)], y=KINDS,
    )  # fmt: skip
    holds = {column.name: use(column) for column in of.columns}
    assert holds["constant"].objection == "it always holds the same"
    assert holds["empty"].objection == "it is empty"
    assert holds["number"].holds == "numbers from 1 to 2; 1 missing"
    assert holds["odd"].objection == "line 13 holds “many”, which is not a number"
    assert holds["huge"].objection == "line 2 holds 1e31, beyond ±1e+30"
    assert holds["endless"].objection == "line 2 holds 1e999, beyond ±1e+30"
    assert holds["infinite"].objection == "line 2 holds “inf”, which is not a number"
    assert usual(of).features == ("name", "number")


MANY = [f"t{i}" for i in range(60)]

REFUSED: list[tuple[str, Callable[[], object]]] = [
    ("one class only", lambda: prepared(sheet(a=TWELVE, y="x"), target="y")),
    ("always is 5", lambda: prepared(sheet(a=TWELVE, y=5), target="y", task=REGRESSION)),
    (
        f"60 different values, and at most {MOST_CLASSES} classes",
        lambda: prepared(parse("a,y\n" + "".join(f"{i},{t}\n" for i, t in enumerate(MANY))),
                         target="y"),
    ),
    ("regression needs numbers", lambda: prepared(sheet(a=TWELVE, y=KINDS), task=REGRESSION)),
    ("No column is left to learn “y” from", lambda: prepared(sheet(a="1", y=KINDS), target="y")),
    ("“y” is the target", lambda: prepared(sheet(a=TWELVE, y=KINDS), features=("y",))),
    ("There is no column “z”", lambda: prepared(sheet(a=TWELVE, y=KINDS), features=("z",))),
    (
        "“a” cannot be a feature (it always holds the same)",
        lambda: prepared(sheet(a=1, b=TWELVE, y=KINDS), features=("a",)),
    ),
    (
        "60 different texts, and at most 50",
        lambda: prepared(parse("a,y\n" + "".join(f"{t},{i % 2}\n" for i, t in enumerate(MANY))),
                         features=("a",)),
    ),
    (
        "“y” cannot be the target (line 13 holds “x”, which is not a number)",
        lambda: prepared(sheet(a=TWELVE, y=[*range(11), "x"]), target="y"),
    ),
    ("Only 3 rows can be used, and at least 10", lambda: prepared(parse("a,y\n1,x\n2,y\n3,x\n"))),
]  # fmt: skip


@pytest.mark.parametrize(("said", "ask"), REFUSED)
def test_what_cannot_be_learnt_from_is_said_in_one_sentence(
    said: str, ask: Callable[[], object]
) -> None:
    with pytest.raises(TableError) as refused:
        ask()
    assert said in str(refused.value)
    assert str(refused.value).endswith(".")


def test_too_many_one_hot_features_are_refused() -> None:
    names = [f"c{i}" for i in range(12)]
    rows = [[f"v{(i * (k + 1)) % 47}" for k in range(12)] + [str(i % 2)] for i in range(100)]
    of = parse("\n".join(",".join(row) for row in [[*names, "y"], *rows]))
    with pytest.raises(TableError, match="more than 500 features"):
        prepared(of, features=tuple(names))


def test_too_many_numbers_are_refused() -> None:
    rows = [",".join([*(f"v{(i + k) % 40}" for k in range(3)), str(i % 2)]) for i in range(40_000)]
    of = parse("\n".join(["a,b,c,y", *rows]))
    with pytest.raises(TableError, match="more than 4,000,000 numbers"):
        prepared(of, features=("a", "b", "c"))


def test_a_number_with_too_many_digits_is_told() -> None:
    times = [1_600_000_000 + i for i in range(40)]
    of = parse("time,y\n" + "".join(f"{t},{t % 2}\n" for t in times))
    assert any("more digits than the 7" in note for note in prepared(of).notes)


@given(
    strategies.lists(
        strategies.tuples(
            strategies.sampled_from(["", "1", "2.5", "x", "-7", "1e9", "NA"]),
            strategies.text(alphabet="ab1<*_", max_size=2),
            strategies.sampled_from(["0", "1", "yes", ""]),
        ),
        max_size=40,
    ),
    strategies.sampled_from(["a", "b", "c", "none"]),
    strategies.sampled_from([CLASSIFICATION, REGRESSION]),
    strategies.sampled_from(["fill", "drop"]),
)
def test_any_choice_gives_a_sound_table_or_one_sentence(
    rows: list[tuple[str, str, str]], target: str, task: str, missing: str
) -> None:
    text = "\n".join(["a,b,c", *(",".join(row) for row in rows)])
    try:
        of = parse(text)
        found = prepare(of, ColumnChoice(target, usual(of).features, task, missing))  # type: ignore[arg-type]
    except TableError:
        return
    assert isinstance(found.table, Table)  # its own checks have passed
    assert found.table.name.startswith("own-")
