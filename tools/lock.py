"""Resolve requirements.txt from pyproject.toml, check it, or cut constraints from it.

requirements.txt is the one place where versions are pinned: one resolution for Python
3.11 to 3.13 on Linux, macOS and Windows. Packages that only an optional extra needs
carry a marker such as `; extra == "jax"`, so that `pip install -r requirements.txt`
leaves them out; `--constraints jax mpi` prints every pin without these markers, for

    python tools/lock.py --constraints jax mpi > constraints.txt
    pip install -e ".[jax,mpi,test]" -c constraints.txt

Without an option the file is resolved anew, which needs the network and the program
`uv` (not a dependency of the project: `pip install uv`).
"""

import argparse
import itertools
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "linux": {"sys_platform": "linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "os_name": "nt"},
}
# Extras that requirements.txt installs; any other extra is pinned behind its marker.
INSTALLED_EXTRAS = ("test", "book")
HEADER = """\
# Every package, pinned, for Python 3.11 to 3.13 on Linux, macOS and Windows.
# Written by tools/lock.py from pyproject.toml: do not edit. Lines marked
# `extra == ...` are skipped by `pip install -r requirements.txt`; CONTRIBUTING.md
# says how they are used.
-e .
"""


def project() -> dict:
    """The `[project]` table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def resolve(extras, constraints: str = "") -> list[str]:
    """The pins, one a line, that uv finds for the package with these extras."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "constraints.txt"
        path.write_text(constraints, "utf-8")
        command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--quiet"]
        command += ["--fork-strategy", "fewest", "--python-version", PYTHONS[0]]
        command += ["--no-header", "--no-annotate", "--constraints", str(path)]
        command += [part for extra in extras for part in ("--extra", extra)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().splitlines()


def write() -> None:
    """Resolve everything once and mark what only the other extras need."""
    optional = extra_only()
    everything = resolve([*INSTALLED_EXTRAS, *optional])
    lines = list(everything)
    for extra in optional:
        others = [*INSTALLED_EXTRAS, *(other for other in optional if other != extra)]
        kept = resolve(others, "\n".join(everything))
        lines = [
            new if old in kept else with_extra(new, extra)
            for old, new in zip(everything, lines, strict=True)
        ]
    LOCK.write_text(HEADER + "\n".join(lines) + "\n", "utf-8")


def extra_only() -> list[str]:
    """The extras whose packages requirements.txt pins but does not install."""
    return [e for e in project()["optional-dependencies"] if e not in INSTALLED_EXTRAS]


def with_extra(line: str, extra: str) -> str:
    """Add the marker of an extra to a pin."""
    pin, _, marker = line.partition(" ; ")
    clause = f'extra == "{extra}"'
    return f"{pin} ; ({marker}) and {clause}" if marker else f"{pin} ; {clause}"


def without_extra(line: str, extra: str) -> str:
    """Remove the marker of an extra from a pin."""
    line = line.replace(f' ; extra == "{extra}"', "")
    return re.sub(rf' ; \((.*)\) and extra == "{extra}"$', r" ; \1", line)


def constraints(*extras: str) -> str:
    """Every pin that an installation with these extras may need, without `-e .`."""
    lines = pinned_lines()
    for extra in extras:
        lines = [without_extra(line, extra) for line in lines]
    return "\n".join(line for line in lines if "extra ==" not in line) + "\n"


def pinned_lines() -> list[str]:
    """The lines of requirements.txt that pin a package."""
    lines = LOCK.read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith(("#", "-"))]


def canonical(name: str) -> str:
    """A package name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_for(python: str, platform: str, extra: str = "") -> dict[str, list[Version]]:
    """The pins that apply to one Python on one platform."""
    environment = PLATFORMS[platform] | {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "extra": extra,
    }
    found: dict[str, list[Version]] = {}
    for line in pinned_lines():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (specifier,) = requirement.specifier
            version = Version(specifier.version)
            found.setdefault(canonical(requirement.name), []).append(version)
    return found


def problems() -> list[str]:
    """What is wrong with requirements.txt as a lock of pyproject.toml; no network."""
    found = []
    table = project()
    extras = table["optional-dependencies"]
    usual = [table["dependencies"], *(extras[e] for e in INSTALLED_EXTRAS)]
    wanted = {"": list(itertools.chain(*usual))}
    wanted |= {extra: extras[extra] for extra in extra_only()}
    for python, platform in itertools.product(PYTHONS, PLATFORMS):
        machine = PLATFORMS[platform]
        for extra, requirements in wanted.items():
            pins = pins_for(python, platform, extra)
            where = f"Python {python} on {platform}"
            found += [
                f"{name} is pinned {len(versions)} times for {where}"
                for name, versions in pins.items()
                if len(versions) > 1
            ]
            found += [
                f"{text!r} of pyproject.toml is not met for {where}: {versions}"
                for text in requirements
                for wish in [Requirement(text)]
                if wish.marker is None or wish.marker.evaluate(machine)
                for versions in [pins.get(canonical(wish.name), [])]
                if not any(v in wish.specifier for v in versions)
            ]
    if "-e ." not in LOCK.read_text("utf-8").splitlines():
        found.append("the package itself is missing: no line `-e .`")
    return found


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--check",
        action="store_true",
        help="only say whether the file satisfies pyproject.toml (no network)",
    )
    group.add_argument(
        "--constraints",
        metavar="EXTRA",
        nargs="+",
        choices=extra_only(),
        help="print the pins for an installation with these extras",
    )
    options = parser.parse_args(arguments)
    if options.constraints:
        print(constraints(*options.constraints), end="")
        return 0
    if not options.check:
        write()
    found = problems()
    print(
        "\n".join(found) or f"{LOCK.name}: {len(pinned_lines())} pins, all floors met"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
