"""The public page of the engine: its names exist, and all examples of its documentation run."""

import doctest
import json
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import playground

ROOT = Path(__file__).parents[2]
DOCUMENTED = ("playground.experiment.model", "playground.api.runs", "playground.api.estimators")


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A database without runs of other tests."""
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", f"sqlite:///{tmp_path / 'runs.sqlite'}")


def test_the_examples_of_the_package_run(dask: Client) -> None:
    run_examples("playground")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_examples_of_docstrings_run(name: str) -> None:
    run_examples(name)


def run_examples(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert tried > 0
    assert failed == 0


def run_code(code: str, name: str, values: dict[str, Any]) -> None:
    exec(compile(code, name, "exec"), values)


def test_the_examples_for_python_run(dask: Client) -> None:
    values: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.S):
        run_code(code, "docs/python.md", values)
    assert values["again"].evaluate() == values["result"].evaluate()


def test_an_unknown_data_set_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"dataset must be one of fashion_mnist, .*, got nope"):
        playground.DATASETS["nope"]


def test_the_notebook_runs() -> None:
    notebook = json.loads((ROOT / "docs/example.ipynb").read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    values: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            run_code("".join(cell["source"]), f"docs/example.ipynb {cell['id']}", values)
    assert values["accuracy"] > 0.8


@pytest.mark.parametrize("name", playground.__all__)
def test_every_public_name_exists_and_explains_itself(name: str) -> None:
    assert getattr(playground, name).__doc__
    assert name in dir(playground)


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        playground.nope  # noqa: B018


def test_the_version_is_that_of_the_project() -> None:
    assert f'version = "{playground.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_types_are_shipped() -> None:
    assert Path(playground.__file__).with_name("py.typed").exists()


SCRIPT = """\
from playground import Experiment, History, list_runs, load, open_run, train

result = train(Experiment().replace(dataset="iris", epochs=3), log=True)
history: History = result.history
scores: dict[str, float] = result.evaluate("test")
again = [open_run(row) for row in list_runs()]
shape = result.predict(load("iris").test.x).shape
"""


@pytest.mark.exhaustive
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_strict_types_of_a_users_script(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    options = ["--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", *options, str(script)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_importing_the_package_loads_nothing_else_of_it() -> None:
    """Ctrl-C in the first second of a command comes to `__main__`, which imports the rest."""
    code = "import sys, playground; print({'numpy', 'pydantic', 'tensorflow'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n"


def test_settings_without_an_effect_are_told_in_one_warning() -> None:
    experiment = playground.Experiment().replace(momentum=0.9, patience=3)
    told = pytest.warns(UserWarning, match="momentum has no effect .*; patience has no effect")
    with told, pytest.raises(LookupError):  # before it looks for a run that is not there
        playground.train(experiment, log="no run")
