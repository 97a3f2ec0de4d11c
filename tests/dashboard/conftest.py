"""The pages as the web process runs them: without Keras."""

import sys

import pytest

from playground.runs import leased


@pytest.fixture(autouse=True)
def no_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide Keras, which the tests of the engine have loaded in this process.

    The web process never loads it. Where it is loaded, Streamlit resets it after each script run,
    which takes ten times as long as most pages.
    """
    monkeypatch.delitem(sys.modules, "keras", raising=False)


@pytest.fixture(autouse=True)
def open_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs go on however slow the machine is: pages without a server have no open tab."""
    monkeypatch.setattr(leased, "TAB_LEASE", 1e6)
