"""From columns to features and targets, by value; and what cannot be learnt from, in a sentence."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, strategies

from playground.datasets.custom.columns import PreparedTable, prepare
from playground.datasets.custom.csv_reader import Sheet, parse
from playground.datasets.custom.roles import (
    ColumnChoice,
    default_choice,
    detected_task,
    guess_target,
    holds,
    left_out,
    objection,
)
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
    choice = default_choice(of, changes.pop("target", None))  # type: ignore[arg-type]
    return prepare(of, ColumnChoice(**{**vars(choice), **changes}))  # type: ignore[arg-type]


def test_texts_are_targets_of_classification_in_alphabetical_order() -> None:
    found = prepared(sheet(a=TWELVE, kind=KINDS)).table
    assert (found.task, found.classes, found.features) == (CLASSIFICATION, ("cat", "dog"), ("a",))
    assert found.y.tolist() == [0, 1] * 6
    assert found.x.tolist() == [[i] for i in TWELVE]


def test_a_column_named_as_a_target_is_the_target() -> None:
    assert default_choice(sheet(species=KINDS, a=TWELVE, b=TWELVE)).target == "species"
    assert default_choice(sheet(a=TWELVE, b=KINDS)).target == "b"
    assert default_choice(sheet(a=TWELVE, b=[f"id{i}" for i in TWELVE]), None).target == "a"


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
    found = prepared(of, target="y")
    assert found.table.features == ("colour = missing", "colour = blue", "colour = red")
    assert found.table.x[:4].tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert found.mapping == (
        ("colour", "missing", "colour = missing"),
        ("colour", "blue", "colour = blue"),
        ("colour", "red", "colour = red"),
    )
    assert any("one-hot" in note for note in found.notes)
    assert any("missing values are a category" in note for note in found.notes)


def test_gaps_are_filled_with_the_median_or_their_rows_left_out() -> None:
    of = sheet(a=[1, 2, "", 10] * 3, b=TWELVE, y=KINDS)
    filled = prepared(of)
    assert np.isnan(filled.table.x[:4, 0]).tolist() == [False, False, True, False]
    assert "“a”: 3 gaps are filled with the median of the training rows." in filled.notes
    assert len(prepared(of, missing="drop").table.y) == 9
    long = parse("a,y\n" + "1,x\n,y\n2,y\n" * 6)
    dropped = prepared(long, missing="drop")
    assert dropped.table.x[:, 0].tolist() == [1, 2] * 6
    assert "6 rows with gaps are left out." in dropped.notes


def test_rows_without_a_target_are_left_out_and_told() -> None:
    of = parse("a,y\n" + "".join(f"{i},{'' if i == 3 else i % 2}\n" for i in range(20)))
    found = prepared(of)
    assert len(found.table.y) == 19
    assert "Line 5 has no target (“y” is empty) and is left out." in found.notes


def test_a_target_of_large_numbers_is_scaled_by_default_and_keeps_its_name_and_unit() -> None:
    prices = [f"${100_000 + 1_000 * i * i}" for i in TWELVE]
    of = sheet(a=TWELVE, price=prices)
    assert default_choice(of).scale_target
    found = prepared(of).table
    assert found.y.tolist() == [100_000 + 1_000 * i * i for i in TWELVE]
    assert (found.scale_target, found.target, found.unit) == (True, "price", "＄")
    assert not prepared(of, scale_target=False).table.scale_target


def test_what_a_column_holds_is_said() -> None:
    of = sheet(
        constant="x", empty="", name=[f"n{i}" for i in TWELVE], number=[1, *[2] * 10, ""],
        odd=[*range(11), "many"], huge=["1e31", *range(11)], endless=["1e999", *range(11)],
        infinite=["inf", *range(11)], y=KINDS,
    )  # fmt: skip
    why = {column.name: objection(column) for column in of.columns}
    assert why["constant"] == "it always holds the same"
    assert why["empty"] == "it is empty"
    assert holds(of.column("number")) == "numbers from 1 to 2; 1 missing"
    assert why["odd"] == "line 13 holds “many”, which is not a number"
    assert why["huge"] == "line 2 holds 1e31, beyond ±1e+30"
    assert why["endless"] == "line 2 holds 1e999, beyond ±1e+30"
    assert why["infinite"] == "line 2 holds “inf”, which is not a number"
    assert default_choice(of).features == ("number",)
    assert left_out(of, of.column("y"))["name"] == "it holds another text in each row"


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
    ("Only 1 row can be used, and at least 2", lambda: prepared(parse("a,y\n1,x\n"))),
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


def guessed(header: str, *rows: str) -> str:
    return guess_target(parse("\n".join([header, *rows])))[0]


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("PassengerId,Survived,Fare,Embarked", "Survived"),
        ("id,diagnosis,radius,size_mean", "diagnosis"),
        ("Klasse,a,b,c", "Klasse"),
        ("a,Farbe,b,c", "Farbe"),
        ("tenure,churn,calls,plan", "churn"),
        ("id,survived,fare,class", "survived"),
        ("age,default,balance,y", "y"),
        ("x,y,w,colour", "colour"),
        ("x1,group,w,z", "z"),
        ("a,b,c,whatever", "whatever"),
        ("y,b,c,group", "group"),
    ],
)
def test_the_target_is_guessed_by_usual_names_then_by_the_last_column(
    header: str, target: str
) -> None:
    rows = [f"{i},{'uv'[i % 2]},{i * 0.37},{'pqr'[i % 3]}" for i in range(30)]
    if target in ("Klasse", "whatever", "group"):
        rows = [f"{'uv'[i % 2]},{i * 1.5},{i * 0.37},{'pqr'[i % 3]}" for i in range(30)]
    assert guessed(header, *rows) == target


def test_y_is_the_target_where_no_column_has_classes() -> None:
    rows = [f"{i * 1.5},{i * i * 0.1},{-i * 2.5}" for i in range(20)]
    assert guessed("y,b,c", *rows) == "y"


@pytest.mark.parametrize(
    ("name", "cells", "is_left_out"),
    [
        ("PassengerId", [*range(1, 13)], True),
        ("order_id", [1003, 1017, 1009, *range(2000, 2009)], True),
        ("", [*range(12)], True),
        ("", [7, 3, 11, 0, 5, 1, 9, 2, 4, 6, 8, 10], True),
        ("Kunde", [*range(1, 13)], True),
        ("day", [*range(1, 13)], False),
        ("weight", [7, 3, 11, 0, 5, 1, 9, 2, 4, 6, 8, 10], False),
        ("same", ["u", "v"] * 6, True),
        ("coded", [5, 9] * 6, True),
        ("other", [5, 9, 9] * 4, False),
    ],
)
def test_running_numbers_and_copies_of_the_target_are_left_out_with_a_word(
    name: str, cells: list[object], is_left_out: bool
) -> None:
    rows = [f"{cell},{i * 0.3},{KINDS[i]}" for i, cell in enumerate(cells)]
    of = parse("\n".join([f"{name},a,kind", *rows]))
    column = of.columns[0].name
    assert (column not in default_choice(of).features) == is_left_out
    notes = " ".join(prepare(of, default_choice(of)).notes)
    assert (f"“{column}” is left out: it" in notes) == is_left_out


def test_whole_numbers_can_be_categories() -> None:
    of = sheet(code=[10, 20, 30] * 4, a=[0.5 * i for i in TWELVE], y=KINDS)
    found = prepared(of, categories=("code",)).table
    assert found.features == ("code = 10", "code = 20", "code = 30", "a")
    assert found.x[:3, :3].tolist() == np.eye(3).tolist()


def test_a_far_target_value_is_pointed_at() -> None:
    of = sheet(a=TWELVE, price=[1.5 * i for i in range(11)] + [9_999.5])
    notes = " ".join(prepared(of, task=REGRESSION).notes)
    assert "1 value lies far from the others (line 13 holds 9,999.5, the median is 8.25)" in notes
    assert "far from" not in " ".join(prepared(sheet(a=TWELVE, price=TWELVE)).notes)


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
        found = prepare(of, ColumnChoice(target, default_choice(of).features, task, missing))  # type: ignore[arg-type]
    except TableError:
        return
    assert isinstance(found.table, Table)  # its own checks have passed
    assert found.table.name.startswith("own-")
