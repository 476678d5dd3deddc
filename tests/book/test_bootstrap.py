"""The setup cell of every chapter, in each of its three ways to find vae_lib."""

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile

import nbformat
import pytest

import notebooks
from notebook_env import ROOT

pytestmark = pytest.mark.book

NOWHERE = "file:///no/such/repository"
REPORT = "\nimport vae_lib\nprint(vae_lib.__file__)"


def run_cell(
    python, folder, repository=NOWHERE, path=None, report=REPORT, extras=None, pip=None
):
    """Run the cell as a kernel would, in a folder, with nothing of this checkout."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["VAE_LIB_REPOSITORY"] = repository
    if path:
        environment["PYTHONPATH"] = str(path)
    environment |= pip or {}
    code = notebooks.setup_text(extras) + report
    return subprocess.run(
        [*python, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def fake(tmp_path):
    """A folder that holds a package named vae_lib."""
    package = tmp_path / "somewhere" / "vae_lib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    return package


def test_takes_the_library_that_is_installed(fake, tmp_path):
    done = run_cell([sys.executable, "-S"], tmp_path, path=fake.parent)
    assert done.stdout.strip() == str(fake / "__init__.py"), done.stderr


def test_finds_the_library_in_a_folder_above(fake):
    below = fake.parent / "book" / "deeper"
    below.mkdir(parents=True)
    # -S: without site-packages, where vae_lib may be installed
    done = run_cell([sys.executable, "-S"], below)
    assert done.stdout.strip() == str(fake / "__init__.py"), done.stderr


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    """A Python with pip and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    return [str(scripts / "python")]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The files that an installation needs, committed to a Git repository."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-text"):
        shutil.copy(ROOT / name, folder)
    for name in ("vae_lib", "book/results"):
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    commands = (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "test"])
    for command in commands:
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder.as_uri()


def test_says_what_could_not_be_installed(bare_python, tmp_path):
    done = run_cell(bare_python, tmp_path)
    assert f"vae_lib cannot be installed: git+{NOWHERE}" in done.stderr


def test_installs_the_library_with_its_data_and_nothing_else(
    bare_python, repository, tmp_path
):
    report = REPORT + (
        "\nfrom importlib.metadata import distributions"
        "\nfrom pathlib import Path"
        "\nprint(*sorted(d.name for d in distributions()))"
        "\nfolder = Path(vae_lib.__file__).parent"
        "\npaths = (p for p in folder.rglob('*') if p.is_file())"
        "\nnames = (p.relative_to(folder).as_posix() for p in paths)"
        "\nprint(*sorted(n for n in names if not n.endswith(('.py', '.pyc'))))"
    )
    done = run_cell(bare_python, tmp_path, repository, report=report)
    assert done.returncode == 0, done.stderr
    place, installed, data = done.stdout.splitlines()
    assert "site-packages" in place
    # Colab's own versions of everything else must stay: no dependency is touched.
    assert set(installed.split()) <= {"pip", "setuptools", "vae_lib"}
    library = [p for p in (ROOT / "vae_lib").rglob("*") if p.is_file()]
    expected = {p.relative_to(ROOT / "vae_lib").as_posix() for p in library}
    expected |= {f"_results/{p.name}" for p in (ROOT / "book/results").glob("*.json")}
    expected = {name for name in expected if not name.endswith((".py", ".pyc"))}
    assert set(data.split()) == expected


@pytest.fixture
def wheel(tmp_path):
    """A folder with the wheel of a package that wants another one, which is nowhere."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "besides-1.0.dist-info"
    files = {
        "besides.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: besides\nVersion: 1.0\n"
        "Requires-Dist: no-such-package-anywhere\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / "besides-1.0-py3-none-any.whl", "w") as archive:
        for name, content in (*files.items(), (f"{info}/RECORD", record)):
            archive.writestr(name, content)
    return folder


def test_installs_a_chapters_extras_and_not_what_they_want(fake, wheel, tmp_path):
    venv.create(tmp_path / "own", with_pip=True, symlinks=os.name != "nt")
    scripts = tmp_path / "own" / ("Scripts" if os.name == "nt" else "bin")
    python = [str(scripts / "python")]
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel)}
    settings = dict(path=fake.parent, extras={"besides": "besides>=1"}, pip=pip)
    report = (
        "\nimport besides"
        "\nfrom importlib.metadata import distributions"
        "\nprint(*sorted(d.name for d in distributions()))"
    )
    done = run_cell(python, tmp_path, report=report, **settings)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"besides", "pip", "setuptools"}
    # What is there already is not installed again, and needs no network.
    again = run_cell(python, tmp_path, report=report, **settings | {"pip": {}})
    assert again.stdout == done.stdout, again.stderr


def test_extras_are_named_in_pyproject_as_well():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    tested = project["optional-dependencies"]["test"]
    named = [
        wish
        for path in notebooks.all_notebooks()
        for cell in [notebooks.setup_cell(nbformat.read(path, as_version=4))]
        for wish in notebooks.extras_of(cell.source).values()
    ]
    assert named and set(named) <= set(tested)
