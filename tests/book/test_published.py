"""What is made of the built book: its address, and the archive to be read offline."""

import sys
import zipfile

import pytest

import pack_site
from notebook_env import ROOT

pytestmark = pytest.mark.book


@pytest.fixture
def published(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "book" / "_ext")])
    import published

    return published


@pytest.mark.parametrize(
    ("repository", "site"),
    [
        ("https://github.com/Some-One/book", "https://some-one.github.io/book/"),
        ("https://github.com/a/a.github.io", "https://a.github.io/"),
    ],
)
def test_a_fork_is_published_at_its_owners_address(
    published, monkeypatch, repository, site
):
    monkeypatch.delenv("BOOK_URL", raising=False)
    assert published.address(repository) == site
    monkeypatch.setenv("BOOK_URL", "https://example.org/vae")
    assert published.address(repository) == "https://example.org/vae/"


def test_the_archive_holds_what_a_reader_needs_and_no_clock(tmp_path):
    site = tmp_path / "html"
    for name in ("index.html", "book/a.html", "404.html", "_static/a.js.map"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(name)
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    assert pack_site.pack(site, first) == first.stat().st_size
    pack_site.pack(site, second)
    assert first.read_bytes() == second.read_bytes()
    names = set(zipfile.ZipFile(first).namelist())
    assert names == {"vae-book/index.html", "vae-book/book/a.html"}
