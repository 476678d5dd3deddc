"""Mark the submissions of an assignment, each in a process of its own.

    python tools/grade.py submissions/          writes submissions/marks/
    python tools/grade.py submissions/ --seconds 30 --near 0 --out marks

A submission is a Python file or a notebook in the folder, or the only one in a folder
of its own; its name is that of the file or folder. Written are marks.csv, a line a
submission, and for each submission a page that says what every lost mark was lost for.
What is asked, and for how many marks, stands in teaching/assignment.yml.

A right answer earns its marks and one that makes a known mistake half of them (--near).
A submission that crashes or never ends loses what it did not answer, and no more; the
others are not touched. This is no sandbox: a submission may do what you may do. Mark
those of people you do not trust in an account that has nothing to lose.
"""

import argparse
import contextlib
import csv
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import yaml

import notebook_env

ASSIGNMENT = notebook_env.ROOT / "teaching" / "assignment.yml"
ATTEMPT = Path(__file__).with_name("grade_one.py")
KINDS = (".py", ".ipynb")
START = 120  # seconds for a process to begin, before a submission's own time counts


@dataclass(frozen=True)
class Mark:
    """What one answer earned, and why."""

    name: str
    earned: float
    of: float
    why: str


def submissions(folder: Path) -> dict[str, Path | None]:
    """The file of each submission by its name; None where it cannot be told which."""
    found: dict[str, Path | None] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")) or path.name == "marks":
            continue
        if path.is_file() and path.suffix in KINDS:
            name = path.stem if path.stem not in found else path.name
            found[name] = path
        elif path.is_dir():
            files = [f for f in sorted(path.iterdir()) if f.suffix in KINDS]
            found[path.name] = files[0] if len(files) == 1 else None
    return found


def _end(process: subprocess.Popen) -> None:
    """End a process and those it has started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _read(pipe, lines: queue.Queue) -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)


def attempt(path: Path, tasks: list[dict], seconds: float) -> dict[str, dict]:
    """Judge the answers of one submission until it ends, or no longer answers.

    Returns:
        What was said of each answer that was reached. One that was begun and never
        judged is told to have taken too long, or to have ended the process.
    """
    pairs = [f"{task['name']}={task['check']}" for task in tasks]
    process = subprocess.Popen(
        [sys.executable, str(ATTEMPT), str(path.resolve()), *pairs],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        cwd=path.parent,
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=os.name == "posix",
    )
    lines: queue.Queue = queue.Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    said: dict[str, dict] = {}
    doing, limit = "", float(START)
    why = "its process ended at once"
    try:
        while (line := lines.get(timeout=limit)) is not None:
            event = json.loads(line)
            if "begin" in event:
                doing, limit = event["begin"], seconds
                why = "it ended the process in which it was marked"
            else:
                said[doing], doing = event, ""
    except queue.Empty:
        why = f"it took longer than {limit:g} seconds"
    except json.JSONDecodeError:
        why = "it wrote where only the marks are written"
    finally:
        _end(process)
        reader.join(timeout=5)
        if not reader.is_alive():
            process.stdout.close()
    if doing or not said:
        said[doing] = {"right": False, "near": False, "message": f"Not yet: {why}."}
    return said


def mark(path: Path | None, tasks: list[dict], seconds: float, near: float):
    """The marks of one submission."""
    if path is None:
        why = "The folder has to hold one Python file or one notebook."
        return [Mark(task["name"], 0, task["marks"], why) for task in tasks]
    said: dict[str, dict] = {}
    left = tasks
    while left:
        new = attempt(path, left, seconds)
        if "" in new:  # before the first answer: the file itself does not end
            new = {task["name"]: new[""] for task in left}
        said |= new
        left = [task for task in left if task["name"] not in said]
    made = []
    for task in tasks:
        verdict = said[task["name"]]
        share = 1 if verdict["right"] else near if verdict["near"] else 0
        earned = share * task["marks"]
        made.append(Mark(task["name"], earned, task["marks"], verdict["message"]))
    return made


def in_words(name: str, marks: list[Mark]) -> str:
    """A page for the author of a submission."""
    total, of = sum(m.earned for m in marks), sum(m.of for m in marks)
    lines = [f"# {name}: {total:g} of {of:g} marks", ""]
    for one in marks:
        lost = "" if one.earned == one.of else f", {one.of - one.earned:g} lost"
        lines += [f"**{one.name}**: {one.earned:g} of {one.of:g}{lost}. {one.why}", ""]
    return "\n".join(lines)


def write(all_marks: dict[str, list[Mark]], out: Path) -> None:
    """Write marks.csv and a page for each submission."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "marks.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        names = [one.name for one in next(iter(all_marks.values()))]
        table.writerow(["submission", *names, "total"])
        for name, marks in all_marks.items():
            earned = [one.earned for one in marks]
            table.writerow([name, *(f"{e:g}" for e in earned), f"{sum(earned):g}"])
    for name, marks in all_marks.items():
        (out / f"{name}.md").write_text(in_words(name, marks), "utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("folder", type=Path, help="where the submissions lie")
    add("--out", type=Path, help="where the marks go; default: FOLDER/marks")
    add("--seconds", type=float, default=20, help="for one answer; default: 20")
    add("--near", type=float, default=0.5, help="share of the marks for a known slip")
    add("--tasks", type=Path, default=ASSIGNMENT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    found = submissions(options.folder)
    if not found:
        parser.error(f"{options.folder} holds neither Python files nor notebooks")
    tasks = yaml.safe_load(options.tasks.read_text("utf-8"))
    all_marks = {}
    for name, path in found.items():
        all_marks[name] = mark(path, tasks, options.seconds, options.near)
        total = sum(one.earned for one in all_marks[name])
        print(f"{name}: {total:g}", flush=True)
    out = options.out or options.folder / "marks"
    write(all_marks, out)
    print(f"of {sum(task['marks'] for task in tasks):g}; more in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
