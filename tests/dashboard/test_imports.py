"""What may be loaded where: TensorFlow only in workers, Streamlit only in the dashboard."""

import subprocess
import sys

import pytest

LOAD_ALL = """
import importlib, pathlib, sys
folder = pathlib.Path(importlib.import_module({package!r}).__path__[0])
for path in sorted(folder.rglob("*.py")):
    name = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
    if not name.startswith({skip}):
        importlib.import_module(name.removesuffix(".__init__"))
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def loaded_with(package: str, *skip: str) -> set[str]:
    """The top-level packages that are loaded after every module of `package`."""
    code = LOAD_ALL.format(package=package, skip=(*skip, "-"))
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("package", "skip", "never"),
    [
        ("dashboard", ("dashboard.navigation",), {"tensorflow", "keras"}),
        (
            "playground",
            ("playground.training", "playground.labs.keras."),
            {"tensorflow", "keras", "streamlit"},
        ),
    ],
)
def test_no_module_loads_what_belongs_elsewhere(
    package: str, skip: tuple[str, ...], never: set[str]
) -> None:
    loaded = loaded_with(package, *skip)
    assert package in loaded
    assert not loaded & never


def test_importing_the_package_is_light() -> None:
    code = "import playground, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    heavy = {"tensorflow", "keras", "streamlit", "sklearn", "pandas", "distributed"}
    assert not heavy & {name.partition(".")[0] for name in run.stdout.split()}
