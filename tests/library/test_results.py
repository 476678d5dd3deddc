"""results: recorded numbers are compared, printed as recorded, and never retyped."""

import json

import pytest

from vae_lib import results


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of recorded results with one chapter in it."""
    monkeypatch.setattr(results, "folder", lambda: tmp_path)
    monkeypatch.delenv("VAE_LIB_RECORD", raising=False)
    content = {"ELBO": {"value": -12.3456, "tol": 0.05, "unit": "nats per image"}}
    (tmp_path / "01_test.json").write_text(json.dumps(content))
    return tmp_path


@pytest.mark.parametrize("value", [-12.3456, -12.3, -12.39])
def test_within_the_tolerance_the_recorded_number_is_printed(folder, capsys, value):
    record = results.Recorder("01_test")
    record("ELBO", value, tol=0.05, unit="nats per image")
    assert capsys.readouterr().out == "ELBO: \N{MINUS SIGN}12.35 nats per image\n"


@pytest.mark.parametrize("value", [-12.29, -12.40, 12.3456])
def test_outside_the_tolerance_both_are_printed(folder, capsys, value):
    record = results.Recorder("01_test")
    record("ELBO", value, tol=0.05, unit="nats per image")
    out = capsys.readouterr().out
    assert out.startswith("ELBO: \N{MINUS SIGN}12.35 nats per image recorded, but ")
    here = f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
    assert f"{here} here (tolerance 0.05)" in out


@pytest.mark.parametrize(
    ("value", "tol", "text"),
    [
        (0.123456, 0.5, "0.1"),
        (0.123456, 0.05, "0.12"),
        (0.123456, 0.01, "0.12"),
        (0.123456, 0.004, "0.123"),
        (1234.5678, 3, "1235"),
        (7, 0.5, "7.0"),
    ],
)
def test_the_tolerance_decides_the_decimals(
    folder, capsys, monkeypatch, value, tol, text
):
    monkeypatch.setenv("VAE_LIB_RECORD", "1")
    results.Recorder("02_new")("number", value, tol=tol)
    assert capsys.readouterr().out == f"number: {text}\n"


def test_recording_writes_what_the_next_run_compares(folder, capsys, monkeypatch):
    monkeypatch.setenv("VAE_LIB_RECORD", "1")
    record = results.Recorder("02_new")
    record("rate", 3.21987, tol=0.1, unit="nats")
    record("share", 0.5, tol=0.01)
    stored = json.loads((folder / "02_new.json").read_text())
    assert stored == {
        "rate": {"value": 3.21987, "tol": 0.1, "unit": "nats"},
        "share": {"value": 0.5, "tol": 0.01, "unit": ""},
    }
    printed = capsys.readouterr().out
    monkeypatch.delenv("VAE_LIB_RECORD")
    again = results.Recorder("02_new")
    again("rate", 3.25, tol=0.1, unit="nats")
    again("share", 0.505, tol=0.01)
    assert capsys.readouterr().out == printed


def test_recording_starts_from_nothing(folder, monkeypatch):
    monkeypatch.setenv("VAE_LIB_RECORD", "1")
    results.Recorder("01_test")("rate", 1.0, tol=0.1)
    assert list(json.loads((folder / "01_test.json").read_text())) == ["rate"]


def test_numbers_of_any_array_library_are_taken(folder, capsys):
    import numpy as np

    results.Recorder("01_test")("ELBO", np.float32(-12.33), tol=0.05)
    assert "recorded, but" not in capsys.readouterr().out


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_must_be_finite(folder, value):
    with pytest.raises(ValueError, match="ELBO: the value must be finite, got"):
        results.Recorder("01_test")("ELBO", value, tol=0.05)


@pytest.mark.parametrize("tol", [0.0, -1.0, float("inf"), float("nan")])
def test_a_tolerance_must_be_positive(folder, tol):
    with pytest.raises(ValueError, match="ELBO: tol must be positive and finite, got"):
        results.Recorder("01_test")("ELBO", -12.3, tol=tol)


def test_an_unknown_label_or_chapter_is_named(folder):
    with pytest.raises(KeyError, match=r"recorded for 'KL' in 01_test.json: execute"):
        results.Recorder("01_test")("KL", 1.0, tol=0.1)
    message = "No recorded results named '09_none'; there are: 01_test"
    with pytest.raises(FileNotFoundError, match=message):
        results.Recorder("09_none")


def test_the_book_has_its_folder_of_results():
    assert results.folder().is_dir()


def test_a_table_is_text_for_print_and_markdown_for_jupyter():
    rows = [["vae_lib", 1.25, -3], ["plain fit", 12.5, 40]]
    table = results.Table(["trained by", "seconds", "nats"], rows, ["", ".1f", "+d"])
    assert repr(table).splitlines() == [
        "trained by  seconds  nats",
        "vae_lib         1.2    \N{MINUS SIGN}3",
        "plain fit      12.5   +40",
    ]
    assert table._repr_markdown_().splitlines() == [
        "| trained by | seconds | nats |",
        "| :-- | --: | --: |",
        "| vae_lib | 1.2 | \N{MINUS SIGN}3 |",
        "| plain fit | 12.5 | +40 |",
    ]


def test_a_table_of_words_is_aligned_as_told():
    table = results.Table(["a", "b"], [["long", "long"], ["x", "x"]], sides="rl")
    assert repr(table).splitlines() == ["   a  b", "long  long", "   x  x"]
    assert table._repr_markdown_().splitlines()[1] == "| --: | :-- |"
    for sides, message in (("l", "sides has 1 entries"), ("lc", "letters l and r")):
        with pytest.raises(ValueError, match=message):
            results.Table(["a", "b"], [], sides=sides)


@pytest.mark.parametrize(
    ("rows", "formats", "message"),
    [
        ([["a", 1, 2]], None, "a row has 3 entries for 2 columns"),
        ([["a", 1]], [""], "formats has 1 entries for 2 columns"),
    ],
)
def test_a_table_with_ragged_rows_is_refused(rows, formats, message):
    with pytest.raises(ValueError, match=message):
        results.Table(["name", "value"], rows, formats)
