"""Functions of this program as plain text, to stand in a script that runs without it."""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

Function = Callable[..., Any]


def listing(*functions: Function) -> str:
    """The source of `functions` and of whatever of their own modules they need, in that order.

    Annotations are left out; docstrings and comments stay. What comes from other modules (NumPy)
    is to be imported by the script.
    """
    texts: dict[str, str] = {}
    for function in functions:
        _add(function, texts)
    return "\n\n\n".join(_together(list(texts.values())))


def quoted(text: str) -> str:
    """A text that anybody may have typed, as Python reads it: nothing in it becomes code."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else ascii(text)


def spaced(code: str) -> str:
    """Code with two empty lines around functions and classes, as is usual."""
    before = re.sub(r"\n+(?=(?:def|class) )", "\n\n\n", code)
    return re.sub(r"(\n {4}[^\n]*)\n\n+(?=\S)", r"\1\n\n\n", before)


def _add(function: Function, texts: dict[str, str]) -> None:
    """Put what `function` needs, then the function itself, at the end of `texts`."""
    module = sys.modules[function.__module__]
    for name in _names(function.__code__):
        value = getattr(module, name, None)
        if name in texts or value is None or inspect.ismodule(value):
            continue
        if isinstance(value, FunctionType):
            if value is not function and value.__module__ == module.__name__:
                _add(value, texts)
        else:
            texts[name] = _assignment(inspect.getsource(module), name)
    texts.setdefault(function.__name__, _plain(function))


def _names(code: CodeType) -> tuple[str, ...]:
    """The global names a function uses, in the functions within it as well."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return code.co_names + tuple(name for c in inner for name in _names(c))


def _plain(function: Function) -> str:
    """The source of a function without its annotations."""
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)  # noqa: S101  what getsource of a function gives
    body = source.splitlines()[node.body[0].lineno - 1 :]
    names = ", ".join(inspect.signature(function).parameters)
    return "\n".join([f"def {node.name}({names}):", *body])


def _assignment(source: str, name: str) -> str:
    """The line or lines of a module that give `name` its value, with the comment behind them."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    raise LookupError(f"{name} must be assigned in its module")


def _together(texts: list[str]) -> list[str]:
    """Constants that follow one another in one block."""
    blocks: list[str] = []
    for text in texts:
        if blocks and not text.startswith("def ") and not blocks[-1].startswith("def "):
            blocks[-1] += "\n" + text
        else:
            blocks.append(text)
    return blocks
