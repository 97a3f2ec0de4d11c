"""Writing Python source: functions of this program without its imports, calls, quoted text."""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from types import CodeType, FunctionType
from typing import Any

Function = Callable[..., Any]


def listing(*functions: Function) -> str:
    """The source of `functions` and of what they use of their own modules, in dependency order.

    Annotations are removed; docstrings and comments stay. What comes from other modules (NumPy)
    must be imported by the script.
    """
    texts: dict[str, str] = {}
    for function in functions:
        _add(function, texts)
    return "\n\n\n".join(_joined(list(texts.values())))


def wrapped(opening: str, entries: Sequence[str], closing: str = ")", width: int = 96) -> str:
    """`opening`, entries and `closing` on one line, or one entry per line if this is too long."""
    line = f"{opening}{', '.join(entries)}{closing}"
    if len(line) <= width and "\n" not in line:
        return line
    return f"{opening}\n" + "".join(textwrap.indent(f"{e},\n", "    ") for e in entries) + closing


def import_block(*groups: Iterable[str]) -> str:
    """Import statements in groups, `import x` before `from x import y`."""
    ordered = [sorted(group, key=lambda line: (line.startswith("from"), line)) for group in groups]
    return "\n\n".join("\n".join(group) for group in ordered if group)


def quoted(text: str) -> str:
    """A string literal of any text, from which nothing becomes code."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else ascii(text)


def spaced(code: str) -> str:
    """Code with two empty lines around functions and classes."""
    before = re.sub(r"\n+(?=(?:def|class) )", "\n\n\n", code)
    return re.sub(r"(\n {4}[^\n]*)\n\n+(?=\S)", r"\1\n\n\n", before)


def _add(function: Function, texts: dict[str, str]) -> None:
    """Append what `function` uses, then the function itself, to `texts`."""
    module = sys.modules[function.__module__]
    for name in _names(function.__code__):
        value = getattr(module, name, None)
        if name in texts or value is None or inspect.ismodule(value) or inspect.isclass(value):
            continue
        if isinstance(value, FunctionType):
            if value is not function and value.__module__ == module.__name__:
                _add(value, texts)
        else:
            texts[name] = _assignment(inspect.getsource(module), name)
    texts.setdefault(function.__name__, _plain(function))


def _names(code: CodeType) -> tuple[str, ...]:
    """The global names that a function and its inner functions use."""
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
    """The lines of a module that assign `name`, with their comment."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    raise LookupError(f"{name} must be assigned in its module")


def _joined(texts: list[str]) -> list[str]:
    """Consecutive constants in one block."""
    blocks: list[str] = []
    for text in texts:
        if blocks and not text.startswith("def ") and not blocks[-1].startswith("def "):
            blocks[-1] += "\n" + text
        else:
            blocks.append(text)
    return blocks
