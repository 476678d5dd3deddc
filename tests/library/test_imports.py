"""The direction of imports in vae_lib, those inside of functions included."""

import ast
import graphlib
import re

import pytest

from notebook_env import ROOT

pytestmark = pytest.mark.book

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): (
        path.read_text("utf-8")
    )
    for path in sorted((ROOT / "vae_lib").rglob("*.py"))
}


def imports(name):
    """The modules of vae_lib that a module imports anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & FILES.keys() or {node.module}
    return found & FILES.keys() - {name}


def test_no_module_imports_itself_in_a_circle():
    graph = {name: imports(name) for name in FILES}
    assert graph["vae_lib.cli.train"] and graph["vae_lib.training.loop"]
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names it


def test_only_the_command_line_imports_the_command_line():
    own = "vae_lib.cli", "vae_lib.__main__"
    found = {
        f"{name} imports {other}"
        for name in FILES
        if not name.startswith(own)
        for other in imports(name)
        if other.startswith(own)
    }
    assert not found


def test_the_drawing_of_the_package_is_true():
    """Each room stands in one line and imports only from the lines above it."""
    text = ast.get_docstring(ast.parse(FILES["vae_lib"]))
    lines = [line.split(", ") for line in re.findall(r"^    ([a-z_, ]+)$", text, re.M)]
    floors = {room: i for i, line in enumerate(lines) for room in line}
    public = {name.split(".")[1] for name in FILES if "." in name}
    assert floors.keys() == {room for room in public if not room.startswith("_")}
    for name in FILES:
        room = name.split(".")[1] if "." in name else "_"
        if room.startswith("_"):
            continue
        above = {other for other in floors if floors[other] < floors[room]}
        used = {other.split(".")[1] for other in imports(name) if "." in other}
        wrong = (used & floors.keys()) - above - {room}
        assert not wrong, f"{name} imports {wrong}"
