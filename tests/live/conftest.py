"""Where the engine of the live pages runs: node, and a Chromium of this machine."""

import base64
import importlib.util
import json
import shutil
import subprocess

import numpy as np
import pytest

from notebook_env import ROOT

LIVE = ROOT / "live"
NODE = shutil.which("node")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)


def to_json(request):
    """A request with its arrays as ``{"float32": base64}``."""
    return {
        name: {"float32": base64.b64encode(value.astype("<f4").tobytes()).decode()}
        if isinstance(value, np.ndarray)
        else value
        for name, value in request.items()
    }


def from_json(answer):
    """The arrays of an answer, flat."""
    arrays = {}
    for name, value in answer.items():
        ((kind, text),) = value.items()
        arrays[name] = np.frombuffer(base64.b64decode(text), kind)
    return arrays


@pytest.fixture(scope="session")
def node():
    if NODE is None:
        pytest.skip("node is not installed")
    return NODE


@pytest.fixture(scope="session")
def ask_node(node, tmp_path_factory):
    """A function that has requests answered by the engine's modules in node."""
    folder = tmp_path_factory.mktemp("node")

    def ask(requests):
        source, target = folder / "requests.json", folder / "answers.json"
        source.write_text(json.dumps([to_json(request) for request in requests]))
        script = LIVE / "test" / "answer.js"
        run = subprocess.run(
            [node, script, source, target], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        return [from_json(answer) for answer in json.loads(target.read_text())]

    return ask


@pytest.fixture(scope="module")  # two of playwright at a time do not go together
def ask_chromium(tmp_path_factory):
    """The same of live.js, on a page that is opened from disk."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed: the extra `site`")
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    from playwright import sync_api

    script = (ROOT / "book" / "_static" / "live" / "live.js").as_uri()
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(f'<!doctype html><title>T</title><script src="{script}"></script>')
    compute = (LIVE / "test" / "compute.js").read_text("utf-8")
    call = f"request => {{ {compute.replace('export ', '')}"
    call += "; return compute(vaeLive, request); }"

    with sync_api.sync_playwright() as playwright:
        # Without a sandbox, which root may not use in a container; it sees this page.
        options = {"executable_path": BROWSER, "args": ["--no-sandbox"]}
        with playwright.chromium.launch(**options) as browser:
            page = browser.new_page()
            said = []
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.goto(path.as_uri())

            def ask(requests):
                answers = [page.evaluate(call, to_json(r)) for r in requests]
                assert not said
                return [from_json(answer) for answer in answers]

            yield ask


@pytest.fixture(scope="module", params=["node", "chromium"])
def ask(request):
    return request.getfixturevalue(f"ask_{request.param}")
