"""Judge the answers of one submission; tools/grade.py runs this in its own process.

    python tools/grade_one.py SUBMISSION gaussian_kl=check_gaussian_kl ...

Prints a line of JSON when an answer is begun and one when it is judged, and nothing
else: what the submission prints goes nowhere. A statement that fails is passed over, so
that the answers beside it are judged all the same.
"""

import ast
import json
import os
import sys
from pathlib import Path


def statements(path: Path) -> list[ast.stmt]:
    """The statements of a Python file, or of a notebook's cells that are Python."""
    if path.suffix == ".py":
        return ast.parse(path.read_bytes()).body
    cells = json.loads(path.read_text("utf-8"))["cells"]
    found: list[ast.stmt] = []
    for cell in cells:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            lines = [s for s in source.splitlines() if not s.startswith(("%", "!"))]
            try:
                found += ast.parse("\n".join(lines)).body
            except SyntaxError:
                continue
    return found


def run(path: Path) -> tuple[dict, str]:
    """The names that a submission makes, and its first error in words."""
    names: dict = {"__name__": "submission", "__file__": str(path)}
    try:
        body = statements(path)
    except SyntaxError as error:
        return names, f"line {error.lineno} is no Python: {error.msg}"
    except Exception as error:
        return names, f"the file cannot be read: {type(error).__name__}: {error}"
    first = ""
    for statement in body:
        code = compile(ast.Module([statement], []), str(path), "exec")
        try:
            exec(code, names)
        except BaseException as error:  # SystemExit too: the rest may still be right
            what = f"line {statement.lineno}: {type(error).__name__}: {error}"
            first = first or what.rstrip(": ")
    return names, first


def judge(check, names: dict, name: str, error: str) -> dict:
    """What a check says of an answer."""
    if name not in names:
        why = f" The file stopped: {error}." if error else ""
        message = f"Nothing here yet: no function is called {name}.{why}"
        return {"right": False, "near": False, "message": message}
    try:
        verdict = check(names[name])
    except BaseException as failure:  # what no check foresees, such as SystemExit
        message = f"Not yet: it stopped with {type(failure).__name__}."
        return {"right": False, "near": False, "message": message}
    near = any(verdict.message.startswith(f"Not yet: {m}.") for m in check.mistakes)
    return {"right": verdict.right, "near": near, "message": verdict.message}


def main(path: str, *pairs: str) -> None:
    """Judge each answer and tell of it."""
    from vae_lib import exercises

    tell = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")

    def say(**event) -> None:
        print(json.dumps(event), file=tell, flush=True)

    checks = {
        name: getattr(exercises, check)
        for name, check in (pair.split("=") for pair in pairs)
    }
    say(begin="")
    names, error = run(Path(path))
    for name, check in checks.items():
        say(begin=name)
        say(**judge(check, names, name, error))
    tell.flush()
    os._exit(0)  # whatever threads a submission has left


if __name__ == "__main__":
    main(*sys.argv[1:])
