"""constraints.txt pins each package once, on every system, and all that is needed."""

import importlib.metadata
import itertools
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from notebook_env import ROOT

pytestmark = pytest.mark.book

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [*PROJECT["dependencies"], *itertools.chain(*EXTRAS.values())]
PINS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "linux": {"sys_platform": "linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "os_name": "nt"},
}


def problems(wanted, pins, machine):
    """What is wrong with the pins for one machine."""
    applies = {
        canonicalize_name(pin.name): [
            str(other.specifier).removeprefix("==")
            for other in pins
            if other.name == pin.name
            and (other.marker is None or other.marker.evaluate(machine))
        ]
        for pin in pins
    }
    found = [
        f"{name} is pinned to {versions}"
        for name, versions in applies.items()
        if len(versions) > 1
    ]
    for text in wanted:
        wish = Requirement(text)
        if wish.marker is None or wish.marker.evaluate(machine):
            versions = applies.get(canonicalize_name(wish.name), [])
            if not any(version in wish.specifier for version in versions):
                found.append(f"{text!r} of pyproject.toml is not met by {versions}")
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("machine", PLATFORMS.values(), ids=PLATFORMS)
def test_every_wish_of_pyproject_is_met_by_one_pin(machine, python):
    full = {"python_version": python, "python_full_version": f"{python}.9"}
    assert problems(WANTED, PINS, machine | full) == []


def test_the_check_finds_what_is_wrong():
    pins = [Requirement(text) for text in ("keras==3.1", "numpy==2.0", "numpy==2.1")]
    found = problems(["keras>=3.10", "jax>=0.7", "numpy>=2"], pins, PLATFORMS["linux"])
    assert found == [
        "numpy is pinned to ['2.0', '2.1']",
        "'keras>=3.10' of pyproject.toml is not met by ['3.1']",
        "'jax>=0.7' of pyproject.toml is not met by []",
    ]


def test_pins_are_versions():
    assert len(PINS) > 150
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in PINS)


def test_what_the_pinned_packages_need_is_pinned_too():
    """By the metadata of what is installed here, with no network."""
    pinned = {canonicalize_name(pin.name) for pin in PINS}
    todo, seen = [("vae_lib", extra) for extra in EXTRAS], set()
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of an extra that is not installed
        for need in map(Requirement, needs):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                assert canonicalize_name(need.name) in pinned, f"{name} needs {need}"
                todo += [(need.name, wished) for wished in ("", *need.extras)]
    assert len(seen) > 100
