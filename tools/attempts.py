"""Attempt a chapter's exercises: with its solution, with likely mistakes, with nothing.

    python tools/attempts.py book/03_elbo.ipynb

Only the cells that an exercise needs are run: those that make the names it uses, the
names that these use, and so on. ``tools/student.py --check`` does it for every chapter.
"""

import ast
import builtins
import contextlib
import io
import re
import symtable
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

import solutions

CHECK = re.compile(r"check_[a-z0-9_]+")
# Calls that change what they are called on, or given: a model that is trained, a list.
CHANGES = re.compile(
    r"fit|train|compile|assign|append|update|standardi[sz]e|add|extend|pop"
    r"|set_\w+|load_\w+|warm\w*",
)


@dataclass(frozen=True)
class Attempt:
    """What a check said of one answer, and how its message should begin."""

    check: str
    answer: str
    message: str
    expected: str

    @property
    def good(self) -> bool:
        return self.message.startswith(self.expected)

    def __str__(self) -> str:
        got = f"{self.message!r} instead of {self.expected!r}"
        return f"{self.check}, {self.answer}: {got}"


@dataclass
class Cell:
    """The names that a cell of code binds, changes and uses."""

    source: str
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    functions: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: str) -> "Cell":
        cell = cls(source)
        for statement in ast.parse(source).body:
            cell._see(statement)
        cell.uses -= set(dir(builtins))
        return cell

    def _see(self, statement: ast.stmt) -> None:
        table = symtable.symtable(ast.unparse(statement), "<cell>", "exec")
        inside = _globals_of(table)
        own = {n.get_name() for n in table.get_symbols() if n.is_referenced()}
        if isinstance(statement, ast.AugAssign):
            own |= _root(statement.target)
        targets = set()
        if isinstance(statement, ast.For):
            targets = {n.id for n in ast.walk(statement.target) if hasattr(n, "id")}
        self.uses |= (own | inside) - targets - self.binds
        bound = [n for n in table.get_symbols() if n.is_assigned() or n.is_imported()]
        self.binds |= {n.get_name() for n in bound}
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            self.functions[statement.name] = inside | own
        for node in ast.walk(statement):
            self.changes |= _changed(node)


def _globals_of(table: symtable.SymbolTable) -> set[str]:
    """The names of the module that the functions inside a piece of code look up."""
    found = set()
    for child in table.get_children():
        names = [n for n in child.get_symbols() if n.is_global() and n.is_referenced()]
        found |= {n.get_name() for n in names} | _globals_of(child)
    return found


def _root(node: ast.AST) -> set[str]:
    """The name at the left end of ``a.b[c].d``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _changed(node: ast.AST) -> set[str]:
    """The names of the objects that a node writes into, as far as one can see."""
    if isinstance(node, ast.Attribute | ast.Subscript):
        return _root(node) if isinstance(node.ctx, ast.Store) else set()
    if not isinstance(node, ast.Call):
        return set()
    function = node.func
    name = getattr(function, "attr", getattr(function, "id", ""))
    if not CHANGES.fullmatch(name):
        return set()
    given = [_root(a) for a in [*node.args, *(k.value for k in node.keywords)]]
    return _root(function).union(*given)


def needed(cells: list[Cell], wanted: list[int]) -> list[int]:
    """The cells to run, in order, for some of them to find what they use."""
    run = set()
    for last in wanted:
        run.add(last)
        names = _with_functions(cells, last, cells[last].uses)
        for i in range(last - 1, -1, -1):
            if names & (cells[i].binds | cells[i].changes):
                run.add(i)
                names -= cells[i].binds - cells[i].uses
                names |= _with_functions(cells, i, cells[i].uses)
    return sorted(run)


def _with_functions(cells: list[Cell], at: int, names: set[str]) -> set[str]:
    """Some names, and those that the functions among them will look up."""
    found, todo = set(names), list(names)
    while todo:
        name = todo.pop()
        holders = [c for c in cells[: at + 1] if name in c.functions]
        new = (holders[-1].functions[name] if holders else set()) - found
        found |= new
        todo += new
    return found


class _Watch(ast.NodeTransformer):
    """Hands each call of a check to ``_watch`` before it is made."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and CHECK.fullmatch(node.func.id):
            called = ast.Constant(node.func.id)
            watch = ast.Name("_watch", ast.Load())
            node = ast.Call(watch, [called, node.func, *node.args], node.keywords)
        return node


def _run(source: str, names: dict, watch=None) -> None:
    """Execute a cell's source, quietly."""
    tree = ast.fix_missing_locations(_Watch().visit(ast.parse(source)))
    names["_watch"] = watch or (lambda name, check, *answers: check(*answers))
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(tree, "<cell>", "exec"), names)


def _attempt(source: str, solved: str, names: dict) -> list[Attempt]:
    """Give the checks of a cell no answer, each mistake, and the solution."""
    made = []

    def wrongly(name, check, *answers):
        verdict = check(*answers)
        made.append(Attempt(name, "empty", verdict.message, "Nothing here yet."))
        for said, mistake in check.mistakes.items():
            verdict = check(mistake() if check.lazy else mistake)
            made.append(Attempt(name, said, verdict.message, f"Not yet: {said}."))
        return verdict

    def rightly(name, check, *answers):
        verdict = check(*answers)
        made.append(Attempt(name, "solution", verdict.message, "Right."))
        return verdict

    with contextlib.suppress(NotImplementedError):  # an empty place at the left margin
        _run(solutions.unsolved(source), dict(names), wrongly)
    _run(solved, names, rightly)
    return made


def attempts(path: Path, looks: bool = True) -> list[Attempt]:
    """Run the exercises of a chapter, and what they need.

    Args:
        path: the chapter.
        looks: whether to run what a solution only tries out or draws, besides what the
            checks judge, which is much quicker.

    Raises:
        Exception: whatever a cell raises, with a note of which cell it was.
    """
    notebook = nbformat.read(path, as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    exercises = [i for i, c in enumerate(code) if solutions.regions(c.source)]
    cells = [Cell.of(solutions.solved(c.source, looks)) for c in code]
    names: dict = {"__name__": "__main__"}
    made = []
    for i in needed(cells, exercises):
        try:
            if i in exercises:
                made += _attempt(code[i].source, cells[i].source, names)
            else:
                _run(cells[i].source, names)
        except Exception as error:
            error.add_note(f"in code cell {i} of {path.name}:\n{code[i].source}")
            raise
    for value in names.values():  # which would warn if it were left to be collected
        if isinstance(value, tempfile.TemporaryDirectory):
            value.cleanup()
    return made


def main(path: str) -> int:
    """Attempt a chapter's exercises and print what went otherwise than it should."""
    start = time.perf_counter()
    made = attempts(Path(path))
    bad = [attempt for attempt in made if not attempt.good]
    checks = {attempt.check for attempt in made}
    seconds = time.perf_counter() - start
    print(
        f"{len(checks)} checks, {len(made)} attempts in {seconds:.1f} s", *bad, sep="\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
