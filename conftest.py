"""Settings for both kinds of test: the unit tests and `pytest --nbval book`."""

import tomllib
from pathlib import Path

import pytest

import notebook_env

ROOT = Path(__file__).resolve().parent

notebook_env.apply(kernels=False)


def pytest_addoption(parser):
    """Add our own option."""
    parser.addoption(
        "--forbid-skip",
        action="store_true",
        help="a skipped test fails: for a run that exists to test all of them",
    )


def pytest_configure(config):
    """Read the allowed warnings; for notebooks, set their environment."""
    allowed = tomllib.loads((ROOT / "tests" / "allowed.toml").read_text("utf-8"))
    for entry in allowed.get("warning", []):
        config.addinivalue_line("filterwarnings", entry["filter"])
    option = config.option
    if getattr(option, "nbval", False) or getattr(option, "nbval_lax", False):
        notebook_env.apply()
        # The kernel is the interpreter that runs pytest, whatever kernels the
        # machine has registered.
        option.nbval_current_env = True
        # An ini setting would be read relative to the current folder.
        sanitize = str(ROOT / "tests" / "nbval_sanitize.cfg")
        option.nbval_sanitize_with = option.nbval_sanitize_with or sanitize


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With --forbid-skip a skipped test fails."""
    report = (yield).get_result()
    expected = hasattr(report, "wasxfail")
    if report.skipped and not expected and item.config.option.forbid_skip:
        report.outcome = "failed"
        report.longrepr = f"skipped, which --forbid-skip forbids: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    """With --forbid-skip a skipped file fails."""
    report = (yield).get_result()
    if report.skipped and collector.config.option.forbid_skip:
        report.outcome = "failed"
        report.longrepr = f"skipped, which --forbid-skip forbids: {report.longrepr}"
