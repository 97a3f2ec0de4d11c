"""What a sweep varies: what people type becomes values, and what breaks a rule a sentence."""

from datetime import UTC, datetime

import pytest

from playground.experiment.model import FIELDS, Experiment
from playground.experiment.url import encode
from playground.runs.race import Competitor, GroupPlan
from playground.runs.search_space import (
    default_range,
    default_values,
    format_values,
    grid_search,
    is_number,
    options,
    parse_values,
    random_search,
    sweepable_fields,
)
from playground.storage.records import RunRow

BASE = Experiment()


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("learning_rate", "0.001, 1e-2,,0.1 ", [0.001, 0.01, 0.1]),
        ("learning_rate", "0.1, 0.10", [0.1]),
        ("batch_size", "16, 32", [16, 32]),
        ("hidden", "300-100, 512, none", [(300, 100), (512,), ()]),
        ("milestones", "3-7.5, 5", [(3.0, 7.5), (5.0,)]),
        ("seed", "1,2", [1, 2]),
    ],
)
def test_typed_values_are_read(name: str, text: str, values: list[object]) -> None:
    found = parse_values(name, text, BASE)
    assert found == values
    assert parse_values(name, format_values(found), BASE) == values


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("learning_rate", "0.1, fast", "Learning rate η must be a number, got fast"),
        ("learning_rate", "0.1, 99", "Learning rate η must be between 1e-06 and 10, got 99"),
        ("batch_size", "3.5", "Batch size must be a whole number, got 3.5"),
        ("hidden", "300-0", "Hidden layers must be layers of 1 to 1,024 units, got 0"),
        ("hidden", "wide", "Hidden layers must be"),
        ("dropout", " , ", "Dropout must have at least one value, got none"),
        ("seed", ",".join(map(str, range(51))), "Seed must have at most 50 values, got 51"),
    ],
)
def test_what_cannot_be_tried_is_a_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"must") as error:
        parse_values(name, text, BASE)
    assert str(error.value).startswith(sentence)


def test_every_field_can_be_varied_and_begins_with_values_that_are_valid() -> None:
    names = sweepable_fields()
    assert set(names) == FIELDS.keys() - {"activations"}
    assert len(names) == len(set(names))
    for name in names:
        values = default_values(name, BASE)
        assert values, name
        assert grid_search(BASE, {name: values}).experiments, name
        if is_number(name):
            span = default_range(name, BASE)
            assert span.low <= span.high
            assert random_search(BASE, {name: span}, 3, 0).experiments, name
        elif not options(name, BASE):
            assert parse_values(name, format_values(values), BASE) == values


def saved(experiment: Experiment, state: str) -> RunRow:
    return RunRow(
        id="a", group="g", kind="sweep", label="", name="", note="", tags=(),
        link=encode(experiment), dataset="", task="", state=state, epoch=1, epochs=1, loss=None,
        metric=None, val_loss=None, val_metric=None, best_metric=None, parameters=1, seconds=0.0,
        created=datetime(2026, 1, 1, tzinfo=UTC), compile_seconds=None,
    )  # fmt: skip


def test_after_a_restart_a_sweep_knows_what_is_missing() -> None:
    each = [BASE.replace(learning_rate=rate) for rate in (0.1, 0.2, 0.3, 0.4)]
    plan = GroupPlan.of([Competitor("", tuple(each))], ["learning_rate"])
    planned = GroupPlan.from_text(plan.to_text())
    assert planned == plan
    assert planned.n_runs == 4
    assert planned.fields == ("learning_rate",)
    states = ("finished", "interrupted", "diverged")
    runs = [saved(one, state) for one, state in zip(each, states, strict=False)]
    assert planned.unfinished(runs) == (each[1], each[3])
    assert planned.unfinished([*runs, saved(each[1], "finished")]) == (each[3],)
    assert planned.unfinished([*runs, saved(each[3], "stopped")]) == ()


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "null", '{"fields": 1, "links": []}', "[" * 9999]
)
def test_a_plan_that_is_none_plans_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="a plan must"):
        GroupPlan.from_text(text)
