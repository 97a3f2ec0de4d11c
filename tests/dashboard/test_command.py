"""The command `mlp-playground`: its settings, its options and the commands of `playground`."""

import logging
import platform
import sys
import threading
import tomllib
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.state import SafeSessionState, SessionState

import dashboard
from dashboard.__main__ import SETTINGS, main
from playground.experiment.model import Experiment
from playground.history.environment import versions_text

ROOT = Path(__file__).parents[2]


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"server": {"port": 1}} → {"server.port": 1}"""
    result: dict[str, Any] = {}
    for name, value in table.items():
        path = f"{prefix}{name}"
        result |= flat(value, f"{path}.") if isinstance(value, dict) else {path: value}
    return result


def test_streamlit_run_in_the_repository_has_the_same_settings() -> None:
    with (ROOT / ".streamlit" / "config.toml").open("rb") as file:
        assert flat(tomllib.load(file)) == SETTINGS


def test_the_server_gets_the_options_and_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.app import app

    started: list[dict[str, Any]] = []
    monkeypatch.setattr(app, "run", lambda config: started.append(config))
    monkeypatch.setattr("sys.argv", ["mlp-playground"])
    monkeypatch.setenv("PLAYGROUND_WORKERS", "3")
    options = ["--port", "8777", "--host", "0.0.0.0", "--base-path", "/mlp/", "--no-browser"]
    assert main([*options, "--workers", "2"]) == 0
    (config,) = started
    assert config == SETTINGS | {
        "server.port": 8777, "server.address": "0.0.0.0", "server.baseUrlPath": "mlp",
    }  # fmt: skip
    import os

    assert os.environ["PLAYGROUND_WORKERS"] == "2"


@pytest.mark.parametrize(
    ("cause", "is_ours"),
    [
        (lambda: BackMsg().ParseFromString(b"\xff\xff damaged"), False),
        (lambda: Experiment().replace(epochs=-1), True),
    ],
)
def test_what_a_client_sends_is_logged_in_one_line_and_our_faults_whole(
    cause: Callable[[], Any], is_ours: bool
) -> None:
    import_module("dashboard.app")  # adds the filter

    logger, handler = logging.getLogger("streamlit.error_util"), logging.StreamHandler(StringIO())
    logger.addHandler(handler)
    try:
        cause()
    except Exception as error:
        logger.error("Uncaught app execution", exc_info=error)
        name = type(error).__name__
    logger.removeHandler(handler)
    logged = handler.stream.getvalue()
    assert name in logged
    assert ("Traceback" in logged) == is_ours == (len(logged.splitlines()) > 1)


def test_ctrl_c_while_the_command_loads_is_one_line_and_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Loading:
        def __getattr__(self, name: str) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "dashboard.__main__", Loading())
    assert dashboard.main() == 130
    assert capsys.readouterr().out == "interrupted\n"


def test_two_script_runs_of_a_session_share_one_lock() -> None:
    import_module("dashboard.app")  # shares it

    state = SessionState()
    old, new = (SafeSessionState(state, lambda: None) for _ in range(2))
    click = threading.Thread(target=lambda: new.__setitem__("clicked", True))
    with old._lock:
        click.start()
        click.join(0.2)
        assert "clicked" not in old
    click.join(10)
    assert old["clicked"] is True
    assert SafeSessionState(SessionState(), lambda: None)._lock is not old._lock


def test_commands_of_playground_and_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--dataset", "moons"]) == 0
    assert capsys.readouterr().out == "v=1&dataset=moons\n"
    assert main(["--version"]) == 0
    printed = capsys.readouterr().out
    for package in ("keras", "tensorflow", "numpy", "pandas", "scikit-learn"):
        assert f"{package} {version(package)}" in printed
    assert f"python {platform.python_version()}" in printed
    assert printed == f"versions: {versions_text()}\n"  # the line of the footer
    assert main(["--port", "0"]) == 2
