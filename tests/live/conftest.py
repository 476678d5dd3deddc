"""Where the engine of the live pages runs: node, and a Chromium of this machine."""

import base64
import json
import shutil
import subprocess

import browsing
import numpy as np
import pytest

from notebook_env import ROOT

LIVE = ROOT / "live"
NODE = shutil.which("node")


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
    for need in browsing.NEEDS_BROWSER:
        if need.args[0]:
            pytest.skip(need.kwargs["reason"])
    script = (ROOT / "book" / "_static" / "live" / "live.js").as_uri()
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(f'<!doctype html><title>T</title><script src="{script}"></script>')
    compute = (LIVE / "test" / "compute.js").read_text("utf-8")
    call = f"request => {{ {compute.replace('export ', '')}"
    call += "; return compute(vaeLive, request); }"

    with browsing.chromium() as browser:
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


@pytest.fixture
def visit(browser, address):
    """A function that opens a page of the book, in a new profile, and waits for it."""
    contexts = []

    def visit(
        name, size=browsing.LAPTOP, where=address, fragment="", block=None, **profile
    ):
        width, height = size
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, **profile)
        contexts.append(context)
        page = context.new_page()
        page.requested, page.said = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("console", lambda message: page.said.append(message.text))
        if block:
            page.route(block, lambda route: route.abort())
        page.goto(f"{where}/{name}.html{fragment}", wait_until="load")
        return page

    yield visit
    for context in contexts:
        context.close()
