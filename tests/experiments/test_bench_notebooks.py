"""The benchmark of the notebooks' time: what pytest says it took, by part."""

import json
import shutil

import nbformat
import pytest

from notebook_env import ROOT

CELLS = (
    "a = 1",
    "import sys\nfrom vae_lib import __version__",
    "print(a + 1)",
    "import time; time.sleep(0.3)",
)


@pytest.fixture
def book(tmp_path):
    """A repository with one short notebook and the true conftest.py."""
    for name in (
        "conftest.py",
        "pyproject.toml",
        "tests/allowed.toml",
        "tests/nbval_sanitize.cfg",
        "tools/notebook_env.py",
    ):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / "vae_lib").mkdir()
    (tmp_path / "vae_lib" / "__init__.py").write_text('__version__ = "0"\n')
    (tmp_path / "book").mkdir()
    return tmp_path


def write(path, printed="2\n"):
    cells = [nbformat.v4.new_code_cell(source, execution_count=1) for source in CELLS]
    cells[2].outputs = [nbformat.v4.new_output("stream", text=printed)]
    cells[3].metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.mark.book
def test_notebook_time_adds_up(load_experiment, book, tmp_path, capsys):
    write(book / "book" / "01_a.ipynb")
    tool, path = load_experiment("bench_notebooks"), tmp_path / "times.json"
    assert tool.main(["--quick", "--json", str(path)], root=book) == 0
    result = json.loads(path.read_text())["ways"]["sequential"]
    parts = result["notebooks"]["book/01_a.ipynb"]
    assert sum(parts[name] for name in tool.PARTS) == pytest.approx(
        parts["total"], abs=0.03
    )
    assert parts["total"] < result["median_seconds"]
    assert parts["training"] >= 0.3  # the cell that sleeps
    assert parts["kernel"] > 0.0  # a process had to start
    slowest, seconds = next(iter(result["slowest_cells"].items()))
    assert slowest == "book/01_a.ipynb, code cell 3: import time; time.sleep(0.3)"
    assert seconds == parts["training"]
    assert "book/01_a.ipynb" in capsys.readouterr().out


@pytest.mark.book
def test_notebook_time_refuses_notebooks_that_fail(load_experiment, book):
    write(book / "book" / "01_a.ipynb", printed="3\n")
    with pytest.raises(SystemExit, match="do not pass: not timed"):
        load_experiment("bench_notebooks").main(["--quick"], root=book)


@pytest.mark.book
def test_notebook_time_refuses_what_is_not_there(load_experiment, capsys):
    with pytest.raises(SystemExit):
        load_experiment("bench_notebooks").main(["none.ipynb"])
    assert "no such notebook: none.ipynb" in capsys.readouterr().err


@pytest.mark.book
def test_every_cell_has_a_kind(load_experiment):
    """In the real chapters imports end with the first cell that imports vae_lib."""
    sources = load_experiment("bench_notebooks").sources
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        kinds = [kind for kind, _ in sources(path)]
        n_imports = kinds.count("imports")
        assert 1 <= n_imports <= 3
        assert set(kinds[:n_imports]) == {"imports"}
