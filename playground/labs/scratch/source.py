"""The code of a module's functions as it stands there, read without running it."""

import ast
from functools import cache
from importlib.resources import files


@cache
def _modules(path: str) -> tuple[str, dict[str, ast.stmt]]:
    text = files("playground").joinpath(path).read_text(encoding="utf-8")
    named = (ast.FunctionDef, ast.ClassDef)
    return text, {node.name: node for node in ast.parse(text).body if isinstance(node, named)}


def code(path: str, *names: str) -> str:
    """The functions and classes `names` of the file `path` below the package, one after another.

    What `inspect.getsource` gives, for modules that load TensorFlow too. KeyError where there is no
    such name.
    """
    text, found = _modules(path)
    return "\n\n".join(ast.get_source_segment(text, found[name]) or "" for name in names)
