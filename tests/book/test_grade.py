"""The grader gives right, wrong, empty and broken submissions the marks they earn."""

import csv

import nbformat
import pytest
import yaml

import grade

pytestmark = pytest.mark.book
TASKS = yaml.safe_load(grade.ASSIGNMENT.read_text("utf-8"))
TOTAL = sum(task["marks"] for task in TASKS)
MARKS = {task["name"]: task["marks"] for task in TASKS}
EMPTY = (grade.ASSIGNMENT.with_suffix(".py")).read_text("utf-8")
RIGHT = """
import numpy as np

def log_normal(x, mean, std):
    return -0.5 * np.log(2 * np.pi) - np.log(std) - 0.5 * ((x - mean) / std) ** 2

def line_kl(q_mean, q_std, p_mean, p_std):
    squares = q_std**2 + (q_mean - p_mean) ** 2
    return np.log(p_std / q_std) + squares / (2 * p_std**2) - 0.5

def line_posterior(x, w_0, w_1, blur):
    variance = 1 / (w_1 @ w_1 / blur**2 + 1)
    return variance * (x - w_0) @ w_1 / blur**2, np.sqrt(variance)

def gaussian_kl(z_mean, z_log_var):
    return 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=-1)

def log_weight(x, z, q_mean, q_std):
    log_joint = log_normal(x, z, 0.5) + log_normal(z, 0, 1)
    return log_joint - log_normal(z, q_mean, q_std)

def cube_gradients(mean, log_var, noise):
    std = np.exp(0.5 * log_var)
    slope = 3 * (mean + std * noise) ** 2
    return np.mean(slope), np.mean(slope * 0.5 * std * noise)

def antithetic(slope, mean, std, noise):
    return (slope(mean + std * noise) + slope(mean - std * noise)) / 2

def compute_loss(x, x_mean, variance, z_mean, z_log_var):
    distortion = -log_normal(x, x_mean, np.sqrt(variance)).sum(axis=1)
    rate = 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=1)
    return np.mean(distortion + rate)

def ppca_posterior(x, x_bar, W, variance):
    inverse = np.linalg.inv(W.T @ W + variance * np.eye(W.shape[1]))
    return (x - x_bar) @ W @ inverse, variance * inverse
"""
# The body of gaussian_kl in each, and what of its marks is left.
KL = {
    "sign": ("return -0.5 * np.sum(m**2 + np.exp(v) - 1 - v, axis=-1)", 0.5),
    "wrong": ("return np.sum(m, axis=-1) + 17.0", 0),
    "crashing": ("return 1 / 0", 0),
    "leaving": ("raise SystemExit", 0),
    "killing": ("import os; os._exit(3)", 0),
    "endless": ("while True: pass", 0),
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """The marks by submission and exercise, and the pages in words."""
    folder = tmp_path_factory.mktemp("submissions")
    files = {"right": RIGHT, "empty": EMPTY, "nothing": "", "no_python": "def f(:\n"}
    for name, (body, _) in KL.items():
        files[name] = f"{RIGHT}\ndef gaussian_kl(m, v):\n    {body}\n"
    files["stops_half_way"] = f"1 / 0\n{RIGHT}"
    files["never_ends"] = f"{RIGHT}\nwhile True:\n    pass\n"
    files["chatty"] = f"print('{{}}')\n{RIGHT}"
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    cells = ["%matplotlib inline\n!pip list", *RIGHT.split("\n\n"), "what is this?"]
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    made.insert(0, nbformat.v4.new_markdown_cell("# My answers"))
    nbformat.write(nbformat.v4.new_notebook(cells=made), folder / "notebook.ipynb")
    (folder / "two_files").mkdir()
    for name in "ab":
        (folder / "two_files" / f"{name}.py").write_text(RIGHT, "utf-8")
    assert grade.main([str(folder), "--seconds", "5"]) == 0
    with (folder / "marks" / "marks.csv").open(encoding="utf-8") as file:
        rows = {row.pop("submission"): row for row in csv.DictReader(file)}
    marks = {n: {k: float(v) for k, v in row.items()} for n, row in rows.items()}
    words = {n: (folder / "marks" / f"{n}.md").read_text("utf-8") for n in marks}
    return marks, words


@pytest.mark.parametrize("name", ["right", "notebook", "stops_half_way", "chatty"])
def test_a_right_submission_gets_every_mark(marked, name):
    assert marked[0][name] == {**MARKS, "total": TOTAL}, marked[1][name]


@pytest.mark.parametrize(
    "name", ["empty", "nothing", "no_python", "never_ends", "two_files"]
)
def test_a_submission_without_answers_gets_none(marked, name):
    assert set(marked[0][name].values()) == {0}


@pytest.mark.parametrize("name", KL)
def test_one_bad_answer_costs_its_own_marks_only(marked, name):
    left = KL[name][1] * MARKS["gaussian_kl"]
    lost = MARKS["gaussian_kl"] - left
    assert marked[0][name] == {**MARKS, "gaussian_kl": left, "total": TOTAL - lost}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sign", "1 lost. Not yet: the sign is turned round"),
        ("crashing", "ZeroDivisionError"),
        ("leaving", "it stopped with SystemExit"),
        ("killing", "it ended the process"),
        ("endless", "it took longer than 5 seconds"),
        ("never_ends", "it took longer than 5 seconds"),
        ("no_python", "line 1 is no Python"),
        ("empty", "Nothing here yet."),
        ("two_files", "one Python file or one notebook"),
    ],
)
def test_the_page_says_what_the_marks_were_lost_for(marked, name, said):
    assert said in marked[1][name]


def test_each_exercise_of_the_assignment_has_its_function_and_its_check():
    from vae_lib import exercises

    for task in TASKS:
        assert f"def {task['name']}(" in EMPTY
        assert f"Chapter {task['chapter']}." in EMPTY
        assert hasattr(exercises, task["check"])
