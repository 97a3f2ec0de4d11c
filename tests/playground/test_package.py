"""The public page of the engine: its examples run and its names exist."""

import doctest
from pathlib import Path

import pytest
from distributed import Client

import playground
from playground.experiment import model


def failures(module: object) -> int:
    failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS)  # type: ignore[arg-type]
    assert tried > 0
    return failed


def test_the_examples_of_the_package_run(dask: Client) -> None:
    assert failures(playground) == 0


def test_the_example_of_an_experiment_runs() -> None:
    assert failures(model) == 0


@pytest.mark.parametrize("name", playground.__all__)
def test_every_public_name_exists_and_explains_itself(name: str) -> None:
    assert getattr(playground, name).__doc__


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        playground.nope  # noqa: B018


def test_types_are_shipped() -> None:
    assert Path(playground.__file__).with_name("py.typed").exists()
