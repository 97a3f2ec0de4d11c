"""Link text: exact for every valid experiment, and something sensible for every text."""

from urllib.parse import quote

import pytest
from hypothesis import given, strategies

from playground.experiment.model import FIELDS, Experiment
from playground.experiment.url import MAX_LENGTH, decode, encode, with_current_names

NAMES = strategies.sampled_from([*FIELDS, "v", "nonsense"])
VALUES = (
    strategies.text(max_size=12)
    | strategies.integers().map(str)
    | strategies.floats().map(str)
    | strategies.lists(strategies.integers(-5, 3000), max_size=9).map(
        lambda units: ",".join(map(str, units))
    )
    | strategies.sampled_from(["adam", "spiral", "iris", "step", "relu,tanh", "huber", "true"])
)


@given(strategies.from_type(Experiment))
def test_every_valid_experiment_comes_back_exactly(experiment: Experiment) -> None:
    decoded = decode(encode(experiment))
    assert decoded.problems == ()
    assert decoded.experiment == experiment


@given(strategies.from_type(Experiment))
def test_link_text_needs_no_escaping_and_is_short(experiment: Experiment) -> None:
    text = encode(experiment)
    assert quote(text, safe="=&,") == text
    assert len(text) < MAX_LENGTH / 2


def test_default_experiment_is_the_version_alone() -> None:
    assert encode(Experiment()) == "v=1"
    assert decode("").experiment == decode("v=1").experiment == Experiment()


def test_only_what_differs_from_the_usual_is_written() -> None:
    experiment = Experiment().replace(dataset="mnist", hidden=(128,), optimizer="adam")
    assert encode(experiment) == "v=1&dataset=mnist&optimizer=adam&hidden=128"
    faster = experiment.replace(learning_rate=0.003)
    assert encode(faster) == "v=1&dataset=mnist&optimizer=adam&hidden=128&learning_rate=0.003"


def test_usual_values_follow_the_choice_they_belong_to() -> None:
    experiment = decode("optimizer=adam&dataset=sine&schedule=step").experiment
    assert experiment.training.learning_rate == 0.001
    assert experiment.training.loss == "mean_squared_error"
    assert experiment.training.milestones == (50.0, 75.0)


def test_a_whole_address_is_understood() -> None:
    assert decode("http://localhost:8501/?v=1&epochs=7").experiment.training.epochs == 7


@given(strategies.text(max_size=300))
def test_any_text_gives_a_valid_experiment(text: str) -> None:
    decoded = decode(text)
    assert decode(encode(decoded.experiment)).experiment == decoded.experiment


@given(strategies.lists(strategies.tuples(NAMES, VALUES), max_size=12))
def test_tampered_links_give_one_printable_sentence_a_problem(
    pairs: list[tuple[str, str]],
) -> None:
    decoded = decode("&".join(f"{name}={quote(value)}" for name, value in pairs))
    assert decode(encode(decoded.experiment)).problems == ()
    for problem in decoded.problems:
        assert problem.isprintable()
        assert " must be " in problem or " is not " in problem or problem.endswith("problems")


@pytest.mark.parametrize(
    ("text", "field", "problem", "nearest"),
    [
        ("epochs=0", "epochs", "between 1 and 10,000, got 0", 1),
        ("epochs=", "epochs", "a whole number, got nothing", 100),
        ("epochs=many", "epochs", "a whole number, got many", 100),
        ("epochs=2.6", "epochs", "a whole number, got 2.6", 3),
        ("epochs=" + "9" * 70, "epochs", f"between 1 and 10,000, got {'9' * 57}…", 10_000),
        ("epochs=5&epochs=6", "epochs", "given once, got 6 as well", 5),
        ("learning_rate=inf", "learning_rate", "a finite number, got inf", 10.0),
        ("learning_rate=nan", "learning_rate", "a finite number, got nan", 0.01),
        ("hidden=300,2000", "hidden", "layers of 1 to 1,024 units, got 2000", (300, 1024)),
        ("hidden=9,x", "hidden", "whole numbers separated by commas, got x", (300, 100)),
        ("hidden=1,1,1,1,1,1,1", "hidden", "at most 6 values, got 7", (1,) * 6),
        (
            "activations=relu",
            "activations",
            "one for each of the 2 hidden layers, or none, got relu",
            (),
        ),
        ("centered=perhaps", "centered", "true or false, got perhaps", False),
        (
            "milestones=3,2",
            "milestones",
            "rising numbers of epochs above 0 and up to 10,000, got 3.0,2.0",
            (),
        ),
        (
            "train_size=60000",
            "train_size",
            "at most 59,000 beside 1,000 for validation (Fashion-MNIST has 60,000), got 60000",
            59_000,
        ),
        (
            "dataset=sine&loss=cross_entropy",
            "loss",
            "one of mean_squared_error, mean_absolute_error, huber for regression, "
            "got cross_entropy",
            "mean_squared_error",
        ),
        ("clipping=x", "clipping", "one of none, value, norm, global_norm, got x", "none"),
    ],
)
def test_a_problem_names_field_rule_and_value_and_the_nearest_is_shown(
    text: str, field: str, problem: str, nearest: object
) -> None:
    decoded = decode(text)
    assert decoded.problems == (f"{field} must be {problem}",)
    assert decoded.experiment.to_dict()[field] == nearest


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour=red&epochs=5", "colour is not a field of an experiment, got red"),
        ("v=2&epochs=5", "v, the link's version, must be 1, got 2"),
    ],
)
def test_what_is_not_understood_is_said_and_the_rest_is_kept(text: str, problem: str) -> None:
    decoded = decode(text)
    assert decoded.problems == (problem,)
    assert decoded.experiment == Experiment().replace(epochs=5)


def test_an_oversized_link_is_refused_whole() -> None:
    decoded = decode("v=1&epochs=5&" + "x" * MAX_LENGTH)
    assert decoded.problems == ("link must be at most 4,000 characters, got 4,013",)
    assert decoded.experiment == Experiment()


def test_many_problems_are_counted_not_listed() -> None:
    decoded = decode("&".join(f"x{i}=1" for i in range(100)))
    assert len(decoded.problems) == 13
    assert decoded.problems[-1] == "and 88 more problems"


def test_one_bad_value_leaves_the_others_alone() -> None:
    decoded = decode("v=1&dataset=spiral&epochs=0&hidden=8,8&activation=tanh&optimizer=adamm")
    expected = Experiment().replace(dataset="spiral", epochs=1, hidden=(8, 8), activation="tanh")
    assert decoded.experiment == expected
    assert len(decoded.problems) == 2


@pytest.mark.parametrize(("dataset", "now"), [("circle", "target_noise"), ("iris", "input_noise")])
def test_noise_is_that_of_the_data_set(dataset: str, now: str) -> None:
    link = f"v=1&dataset={dataset}&noise=0.3"
    decoded = decode(link)
    assert decoded.problems == ()
    assert with_current_names(link) == encode(decoded.experiment)
    assert encode(decoded.experiment) == f"v=1&dataset={dataset}&{now}=0.3"
    assert Experiment().replace(noise=0.3, dataset=dataset) == decoded.experiment
    assert Experiment().replace(noise=0.3).replace(dataset=dataset) == decoded.experiment
