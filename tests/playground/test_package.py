"""The public page of the engine: its examples run, its names exist, and importing it is light."""

import doctest
import subprocess
import sys
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


def test_importing_the_package_loads_neither_tensorflow_nor_dask() -> None:
    code = "import playground, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    heavy = {"tensorflow", "keras", "streamlit", "sklearn", "pandas", "distributed", "dask"}
    assert not heavy & {name.partition(".")[0] for name in run.stdout.split()}
