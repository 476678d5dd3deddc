"""The solutions in a chapter: where they stand, and the cell without them.

A solution is what stands between two lines of nbgrader's markers, in a code cell as
they are, in Markdown as comments:

    ### BEGIN SOLUTION                  <!-- ### BEGIN SOLUTION -->
    ### END SOLUTION                    <!-- ### END SOLUTION -->
"""

import ast
import re
from collections.abc import Iterator

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
PLACE = "# YOUR CODE HERE"
OPTIONAL = f"{PLACE}, if you want to try what you wrote"
EMPTY = 'raise NotImplementedError("your code goes here")'
WRITTEN = "*Your answer here.*"


class MarkerError(ValueError):
    """Markers that do not fit together, or a cell that is no Python without them."""


def _marker(line: str) -> str | None:
    """Which marker a line is; an error if it is one that nobody would find."""
    text = line.strip()
    bare = text.removeprefix("<!-- ").removesuffix(" -->")
    if bare in (BEGIN, END):
        return bare
    if re.search(r"#\s*(begin|end) solution", text, re.IGNORECASE):
        raise MarkerError(f"{text!r} is no marker: write {BEGIN!r} or {END!r}")
    return None


def parts(source: str) -> Iterator[tuple[bool, list[str]]]:
    """Split a cell: whether a part is a solution, and its lines, markers included.

    Raises:
        MarkerError: if a marker is missing, nested or misspelt, or a solution is empty.
    """
    part: list[str] = []
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        marker = _marker(line)
        if marker == (BEGIN if inside else END):
            reason = "inside a solution" if inside else f"without {BEGIN!r} before it"
            raise MarkerError(f"line {number}: {marker!r} {reason}")
        if marker == BEGIN:
            yield False, part
            part, inside = [], True
        part.append(line)
        if marker == END:
            _check_region(part, number)
            yield True, part
            part, inside = [], False
    if inside:
        raise MarkerError(f"{BEGIN!r} without {END!r} after it")
    yield False, part


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _check_region(region: list[str], number: int) -> None:
    """Refuse what would leave a hole, or code at a depth that nobody expects."""
    if not any(line.strip() for line in region[1:-1]):
        raise MarkerError(f"line {number}: the solution is empty")
    if _indent(region[0]) != _indent(region[-1]):
        raise MarkerError(f"line {number}: both markers are to be indented alike")


def regions(source: str) -> list[list[str]]:
    """The solutions of a cell, each the lines between its markers."""
    return [part[1:-1] for inside, part in parts(source) if inside]


def solved(source: str, looks: bool = True) -> str:
    """A cell with its solutions and without the markers.

    Args:
        source: the cell.
        looks: whether to keep the solutions that no check judges: those that only try
            out, or draw, what was written.
    """
    split = list(parts(source))
    lines: list[str] = []
    for i, (inside, part) in enumerate(split):
        if not inside:
            lines += part
        elif looks or _place(part, _text(split[i + 1 :])) != [OPTIONAL]:
            lines += part[1:-1]
    return "\n".join(lines)


def _text(split: list[tuple[bool, list[str]]]) -> str:
    """What is left of some parts in a student's notebook."""
    return "\n".join("\n".join(part) for inside, part in split if not inside)


def unsolved(source: str, is_code: bool = True) -> str:
    """A cell with empty places instead of its solutions.

    What a solution at the left margin assigns, and the cell uses further down, is there
    still, as ``...``: a check then answers that nothing is there yet. Elsewhere the
    place raises ``NotImplementedError``, unless that would hide what a check says.

    Raises:
        MarkerError: as :func:`parts`, or if the result is no Python.
    """
    split = list(parts(source))
    lines: list[str] = []
    for i, (inside, part) in enumerate(split):
        if not inside:
            lines += part
        else:
            lines += _place(part, _text(split[i + 1 :])) if is_code else [WRITTEN]
    text = "\n".join(lines)
    if is_code and len(split) > 1:
        for version in (solved(source), text):
            try:
                ast.parse(version)
            except SyntaxError as error:
                raise MarkerError(f"with or without its solution: {error}") from None
    return text


def _place(region: list[str], after: str) -> list[str]:
    """The empty place instead of a solution."""
    indent = _indent(region[0])
    if indent:
        return [indent + PLACE, indent + EMPTY]
    given = [f"{name} = ..." for name in _assigned_for("\n".join(region), after)]
    judged = re.search(r"\bcheck_\w+\(", after)  # which the reader is to see
    if judged and not given:
        return [OPTIONAL]
    return [PLACE, *(given or [EMPTY])]


def _assigned_for(code: str, after: str) -> list[str]:
    """The names that code at the left margin binds and that what follows uses."""
    try:
        body = ast.parse(code).body
        used = {n.id for n in ast.walk(ast.parse(after)) if isinstance(n, ast.Name)}
    except SyntaxError:  # such as an indented rest; unsolved() tells of it
        return []
    bound = [name for statement in body for name in _bound(statement)]
    return [name for name in dict.fromkeys(bound) if name in used]


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
