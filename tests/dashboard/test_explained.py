"""Every control says what it is and what to try; of charts and handles the type checker asks it."""

import ast
from pathlib import Path

import pytest

PAGES = sorted(Path(__file__).parents[2].glob("dashboard/views/**/*.py"))
CONTROLS = {
    "button", "checkbox", "download_button", "file_uploader", "form_submit_button",
    "multiselect", "number_input", "pills", "radio", "segmented_control", "select_slider",
    "selectbox", "slider", "text_area", "text_input", "toggle",
}  # fmt: skip
EXPLAINED = ("help", "label_visibility")  # without a label, what stands beside it is the help


def controls(page: Path) -> list[ast.Call]:
    """The calls in a module that draw a control of Streamlit."""
    calls = (node for node in ast.walk(ast.parse(page.read_text())) if isinstance(node, ast.Call))
    return [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in CONTROLS
        and any(keyword.arg == "key" for keyword in call.keywords)
    ]


def test_there_are_controls() -> None:
    assert sum(len(controls(page)) for page in PAGES) > 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_control_explains_itself(page: Path) -> None:
    silent = [
        f"line {call.lineno}"
        for call in controls(page)
        if not any(keyword.arg in EXPLAINED for keyword in call.keywords)
    ]
    assert silent == []
