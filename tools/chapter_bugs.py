"""The bugs of chapter 13, read from the chapter and put into a copy of the library.

The chapter is the only list: each of its calls of ``Bug`` names a function of the
library, a piece of a line, what stands there when the line is wrong, and the test that
catches it. The tests and the page's trainer read the same list.
"""

import ast
import contextlib
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from notebook_env import ROOT

CHAPTER = ROOT / "book" / "13_break_it.ipynb"


class Bug(NamedTuple):
    """One wrong line."""

    name: str
    place: str  # such as "layers.Sampling.call"
    right: str
    wrong: str
    test: str  # as pytest names it

    @property
    def function(self) -> Any:
        """The function of the library whose line it is."""
        module, *path = self.place.split(".")
        found = importlib.import_module(f"vae_lib.{module}")
        for name in path:
            found = getattr(found, name)
        return found

    def write(self, library: Path) -> Path:
        """Put the bug into the sources of a copy of ``vae_lib``; returns the file.

        Raises:
            ValueError: if the line is not found once in the function.
        """
        function = self.function
        file = Path(inspect.getsourcefile(function) or "")
        copy = library / file.relative_to(ROOT / "vae_lib")
        lines, first = inspect.getsourcelines(function)
        text = copy.read_text("utf-8").splitlines(keepends=True)
        last = first - 1 + len(lines)
        body = once("".join(text[first - 1 : last]), self.right, self.wrong)
        copy.write_text(
            "".join(text[: first - 1]) + body + "".join(text[last:]), "utf-8"
        )
        return copy


def once(text: str, right: str, wrong: str) -> str:
    """The text with a piece replaced that stands in it exactly once."""
    if text.count(right) != 1:
        raise ValueError(f"{right!r} must stand there once, not {text.count(right)}.")
    return text.replace(right, wrong)


def read(chapter: Path = CHAPTER) -> list[Bug]:
    """The bugs of the chapter, in its order."""
    cells = nbformat.read(chapter, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    found = []
    for node in ast.walk(ast.parse(code)):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        target, call = node.targets[0], node.value
        if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "bugs":
            words = [ast.literal_eval(each) for each in call.args[1:]]
            name = ast.literal_eval(target.slice)
            found.append(Bug(name, ast.unparse(call.args[0]), *words))
    return found


@contextlib.contextmanager
def switched_on(bug: Bug) -> Iterator[None]:
    """The library with the bug in it, for a while: as the chapter does it."""
    function = bug.function
    source = once(textwrap.dedent(inspect.getsource(function)), bug.right, bug.wrong)
    made: dict[str, Any] = {}
    exec(compile(source, bug.name, "exec"), dict(function.__globals__), made)
    healthy, function.__code__ = function.__code__, made[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = healthy
