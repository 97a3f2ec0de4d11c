"""Experiment: limits in one place, messages that name field, rule and value, faithful copies."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies
from pydantic import ValidationError

from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    SECTION_OF,
    SECTIONS,
    TUNABLE_WHILE_TRAINING,
    Data,
    Experiment,
    Network,
    Training,
    explain,
    format_value,
    help_text,
    label,
    limits,
)
from playground.nn.optimizers import OPTIMIZERS

NUMBERS = [name for name in FIELDS if limits(name) != (None, None)]
CHOSEN = [*CHOICES]
SWITCHES = [name for name in FIELDS if FIELDS[name].annotation is bool]


def problems(**changes: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Experiment().replace(**changes)
    return explain(caught.value)


@given(strategies.from_type(Experiment))
def test_json_comes_back_exactly(experiment: Experiment) -> None:
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


@given(strategies.from_type(Experiment))
def test_equal_experiments_are_one_dictionary_key(experiment: Experiment) -> None:
    assert hash(experiment) == hash(experiment.model_copy(deep=True))


def test_the_default_is_the_network_of_the_sources() -> None:
    experiment = Experiment()
    assert experiment.data.dataset == "fashion_mnist"
    assert experiment.layer_sizes == (784, 300, 100, 10)
    assert experiment.network.layer_activations == ("relu", "relu")
    assert experiment.data.train_size == 5_000
    assert experiment.data.validation_size == 1_000


def test_values_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Experiment().training.epochs = 3


def test_own_data_are_called_by_their_label() -> None:
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    table = own.Table("Rents", "Own", "regression", ("a", "b"), (), True, x, x[:, 0])
    assert format_value("dataset", storage.put(table).name) == "Rents"
    assert format_value("dataset", "own-" + "0" * 32) == "own data"
    assert format_value("dataset", "mnist") == "MNIST"


def test_every_field_has_a_name_of_its_own_and_explains_itself() -> None:
    assert sum(len(part.model_fields) for part in SECTIONS.values()) == len(FIELDS)
    assert all(field.title and field.description for field in FIELDS.values())
    assert all(help_text(name).count("Try ") == 1 for name in FIELDS)
    assert len({label(name) for name in FIELDS}) == len(FIELDS)
    assert {*NUMBERS, *CHOSEN, *SWITCHES, "hidden", "activations", "milestones"} == set(FIELDS)
    assert set(TUNABLE_WHILE_TRAINING) <= set(FIELDS)


def test_a_label_tells_what_the_field_counts() -> None:
    counted = ("period_epochs", "plateau_patience", "patience", "time_limit")
    assert [label(name) for name in counted] == [
        "Period (epochs)",
        "Plateau patience (epochs)",
        "Patience (epochs)",
        "Time limit (seconds)",
    ]


@pytest.mark.parametrize("name", NUMBERS)
def test_limits_are_valid_and_one_beyond_is_not(name: str) -> None:
    low, high = limits(name)
    part = SECTIONS[SECTION_OF[name]]
    for value in (low, high):
        if name in ("train_size", "validation_size"):  # these share the rows there are
            given = {"dataset": "spiral", name: value}
        else:
            given = {name: value}
        assert getattr(part.model_validate(given), name) == value
    for value in (low - 1, high + 1):
        (problem,) = problems(**{name: value})
        assert problem.startswith(f"{name} must be between ")
        assert problem.endswith(f", got {value}")


@pytest.mark.parametrize("name", CHOSEN)
def test_an_unknown_choice_is_answered_with_the_list(name: str) -> None:
    (problem,) = problems(**{name: "magic"})
    assert problem == f"{name} must be one of {', '.join(CHOICES[name])}, got magic"


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [None, "x", float("nan"), {"a": 1}, [[]], object()])
def test_a_value_of_another_kind_is_explained_in_one_sentence(name: str, value: Any) -> None:
    for problem in problems(**{name: value}):
        assert problem.startswith(f"{name} must be ")
        assert ", got " in problem
        assert problem.isprintable()


@pytest.mark.parametrize(
    ("part", "given", "problem"),
    [
        (Experiment, {"model": 1}, "model is not a field of an experiment, got 1"),
        (
            Experiment,
            {"epochs": 3},
            "epochs must be in training, or be set by Experiment().replace(epochs=…), got 3",
        ),
        (Experiment, "adam", "the experiment must be a table of fields, got adam"),
        (Experiment, {"data": 3}, "data must be a table of fields, got 3"),
        (Experiment, {"data": {"color": 3}}, "data.color is not a field of an experiment, got 3"),
        (Network, {"hidden": [0]}, "hidden must be layers of 1 to 1,024 units, got 0"),
        (
            Training,
            {"clip_limit": 0},
            "clip_limit must be between 1e-06 and 1000, got 0",
        ),
        (
            Data,
            {"dataset": "iris", "validation_size": 120},
            "validation_size must be at most 119 (Iris has 120, and one must be left to train on), "
            "got 120",
        ),
    ],
)
def test_messages(part: Any, given: Any, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        part.model_validate(given)
    assert explain(caught.value) == [problem]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Experiment().replace(nope=1), "nope is not a field of an experiment, got 1"),
        (lambda: Experiment(nope=1), "nope is not a field of an experiment, got 1"),
        (lambda: Data(train_size=-1), "train_size must be between 1 and 60,000, got -1"),
        (lambda: Data().replace(train_size=-1), "train_size must be between 1 and 60,000, got -1"),
        (
            lambda: Experiment(data={"train_size": -1}),
            "train_size must be between 1 and 60,000, got -1",
        ),
        (
            lambda: Training(learning_rate=-3),
            "learning_rate must be between 1e-06 and 10, got -3",
        ),
    ],
)
def test_in_python_an_error_carries_the_sentence_of_the_command_line(
    make: Callable[[], object], sentence: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        make()
    assert caught.value.__notes__ == [sentence]
    with pytest.raises(ValidationError) as caught:
        Experiment().replace(epochs=0, hidden="0")
    assert explain(caught.value, labels=True) == [
        "Hidden layers must be layers of 1 to 1,024 units, got 0",
        "Epochs must be between 1 and 10,000, got 0",
    ]


def test_broken_json_is_explained() -> None:
    with pytest.raises(ValidationError) as caught:
        Experiment.model_validate_json("{")
    assert explain(caught.value) == ["the experiment must be valid JSON, got {"]


def test_a_long_or_unprintable_value_is_shown_short_and_on_one_line() -> None:
    (problem,) = problems(optimizer="a\nb" + "c" * 100)
    assert problem.endswith(r", got a\nb" + "c" * 53 + "…")


def test_another_data_set_takes_its_sizes_and_loss_along() -> None:
    experiment = Experiment().replace(train_size=2_000, epochs=7).replace(dataset="plane")
    assert experiment == Experiment(
        data=Data(dataset="plane", train_size=250, validation_size=250),
        training=Training(loss="mean_squared_error", epochs=7),
    )


def test_another_optimizer_takes_its_usual_parameters_along() -> None:
    experiment = Experiment().replace(learning_rate=0.5).replace(optimizer="adam")
    assert experiment.training.learning_rate == 0.001
    assert Experiment().replace(optimizer="adam", learning_rate=0.5).training.learning_rate == 0.5


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_choosing_what_is_chosen_already_changes_nothing(optimizer: str) -> None:
    experiment = Experiment().replace(optimizer=optimizer, learning_rate=0.123, epochs=3)
    assert experiment.replace(optimizer=optimizer) == experiment


@given(strategies.from_type(Experiment), strategies.sampled_from([*FIELDS]))
def test_changing_a_field_to_its_value_changes_nothing(experiment: Experiment, name: str) -> None:
    assert experiment.replace(**{name: experiment.to_dict()[name]}) == experiment


def test_steps_per_epoch_counts_the_smaller_last_batch() -> None:
    data = Data(train_size=55_000, validation_size=5_000)
    assert Experiment(data=data).steps_per_epoch == 1719


@pytest.mark.parametrize("text", ["128-64", "128 64", "128, 64", "128,64", "128 – 64", "128x64"])
def test_hidden_layers_are_read_as_people_write_them(text: str) -> None:
    assert Network(hidden=text).hidden == (128, 64)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["-5", "8--8", "8-", "8.5", "a-b"])
def test_what_is_no_list_of_layers_is_refused(text: str) -> None:
    (problem,) = problems(hidden=text)
    assert problem.startswith("hidden must be ")


def test_small_numbers_in_a_list_keep_their_exponent() -> None:
    assert Training(milestones="1e-05, 2").milestones == (1e-5, 2)  # type: ignore[arg-type]


def test_several_values_can_be_written_with_commas() -> None:
    assert Network(hidden="300, 100").hidden == (300, 100)  # type: ignore[arg-type]
    assert Network(hidden="").hidden == ()  # type: ignore[arg-type]
    assert Network(hidden="None").hidden == ()  # type: ignore[arg-type]
