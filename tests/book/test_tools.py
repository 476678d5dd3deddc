"""The contributor's tools: execute notebooks, set the URL."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

import notebook_env
import notebooks
import random_lines
import set_repository

ROOT = notebook_env.ROOT

pytestmark = pytest.mark.book

SLUG = set_repository.current()


def write_notebook(path, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["execution"] = {"iopub.status.busy": "2020-01-01T00:00:00Z"}
    cells[0].metadata["mystnb"] = {"image": {"alt": "kept"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def execute(*arguments):
    command = [sys.executable, str(ROOT / "tools" / "execute.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_execute_writes_outputs_and_drops_what_changes_with_the_hour(tmp_path):
    path = write_notebook(
        tmp_path / "a.ipynb",
        "import os, vae_lib",
        "print(os.environ['VAE_LIB_RECORD'])",
    )
    done = execute("--record", path)
    assert done.returncode == 0, done.stderr
    assert "a.ipynb ... " in done.stdout and done.stdout.endswith(" s\n")
    notebook = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[1].outputs[0].text == "1\n"
    assert notebook.cells[0].metadata == {"mystnb": {"image": {"alt": "kept"}}}
    assert "version" not in notebook.metadata.language_info
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("options", "source", "code"),
    [
        (["--check"], "1 + 1", 0),
        ([], "1 / 0", 1),
        (["--timeout", "1"], "while 1: 0", 1),
    ],
    ids=["check", "error", "timeout"],
)
def test_execute_leaves_the_file_alone(options, source, code, tmp_path):
    path = write_notebook(tmp_path / "a.ipynb", source)
    before = path.read_bytes()
    assert execute(*options, path).returncode == code
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_execute_refuses_what_is_not_there(tmp_path):
    done = execute(tmp_path / "none.ipynb")
    assert done.returncode == 2 and "no such notebook" in done.stderr


def test_execute_refuses_to_keep_outputs_made_elsewhere():
    done = execute("--alone")
    assert done.returncode == 2 and "--alone needs --check" in done.stderr


def test_notebook_environment_leaves_the_readers_choices_alone(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("VAE_LIB_MNIST", "mnist.npz")
    monkeypatch.delenv("VAE_LIB_OFFLINE", raising=False)
    notebook_env.apply()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert os.environ["VAE_LIB_OFFLINE"] == "1"
    assert os.environ["VAE_LIB_MNIST"] == str(tmp_path / "mnist.npz")
    paths = os.environ["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(ROOT), "elsewhere"]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """The files with the repository's URL, in a folder where they may change."""
    for path in filter(lambda p: p.is_file(), set_repository.texts()):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    link = set_repository.colab_link(ROOT / "book" / "99_a.ipynb", SLUG)
    text = f"# A\n\n[Open in Colab]({link})\n\nhttps://github.com/{SLUG}-other"
    title = nbformat.v4.new_markdown_cell(text)
    setup = nbformat.v4.new_code_cell(notebooks.setup_text())
    chapter = nbformat.v4.new_notebook(cells=[title, setup])
    (tmp_path / "book").mkdir(exist_ok=True)
    nbformat.write(chapter, tmp_path / "book" / "99_a.ipynb")
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "SETUP", tmp_path / "tools" / "bootstrap_cell.py")
    monkeypatch.setattr(set_repository, "ROOT", tmp_path)
    return tmp_path


def test_set_repository_changes_every_place(copy, capsys):
    assert set_repository.main(["https://github.com/some-one/a.book.git"]) == 0
    assert "some-one/a.book" in capsys.readouterr().out
    chapter = nbformat.read(copy / "book" / "99_a.ipynb", as_version=4)
    assert "github/some-one/a.book/blob/main/book/99_a.ipynb" in chapter.cells[0].source
    assert f"github.com/{SLUG}-other" in chapter.cells[0].source
    assert '"https://github.com/some-one/a.book"' in chapter.cells[1].source
    for name in set_repository.REQUIRED:
        text = (copy / name).read_text("utf-8")
        assert "github.com/some-one/a.book" in text
        assert f"github.com/{SLUG}" not in text


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("_config.yml", SLUG, "some/fork"),
        ("CITATION.cff", SLUG, "some/fork"),
        ("README.md", f"{SLUG}/blob", "some/fork/blob"),
        ("book/99_a.ipynb", f"{SLUG}/blob", "some/fork/blob"),
        ("book/99_a.ipynb", "book/99_a.ipynb)", "book/98_b.ipynb)"),
        ("book/99_a.ipynb", "import subprocess", "import  subprocess"),
    ],
)
def test_set_repository_check_finds_a_place_that_differs(copy, name, old, new, capsys):
    assert set_repository.main(["--check"]) == 0
    path = copy / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert set_repository.main(["--check"]) == 1
    assert name in capsys.readouterr().out


def test_set_repository_of_a_workflow(copy, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_REPOSITORY", "some-one/fork")
    assert set_repository.main(["--environment"]) == 0
    assert "https://github.com/some-one/fork" in capsys.readouterr().out
    monkeypatch.delenv("GITHUB_REPOSITORY")
    with pytest.raises(SystemExit):
        set_repository.main(["--environment"])
    assert "GITHUB_REPOSITORY" in capsys.readouterr().err


def test_set_repository_refuses_what_colab_cannot_open(capsys):
    with pytest.raises(SystemExit):
        set_repository.main(["https://example.org/a/b"])
    assert "https://github.com/OWNER/NAME" in capsys.readouterr().err


def test_random_lines_keep_their_files_to_themselves(capsys):
    assert random_lines.main(["-n", "5", "--seed", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5 and not any(re.search(r"\.py:\d", line) for line in lines)
    assert random_lines.main(["-n", "5", "--seed", "1", "--answers"]) == 0
    for line, answer in zip(lines, capsys.readouterr().out.splitlines(), strict=True):
        place = answer.removeprefix(line).strip(" []")
        name, number = place.split(":")
        text = (ROOT / "vae_lib" / name).read_text("utf-8").splitlines()
        assert text[int(number) - 1].strip() == line[4:]


def test_random_lines_are_lines_of_code():
    source = '"""Title."""\nimport os\n\nx = 1\nname = 2  # a\n# b\n"""more"""\n)'
    assert random_lines.code_lines(source[:-1]) == [(5, "name = 2  # a")]
