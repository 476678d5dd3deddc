"""Where the engine of the live pages runs: node, and a Chromium of this machine."""

import base64
import functools
import http.server
import importlib.util
import json
import shutil
import subprocess
import threading

import numpy as np
import pytest
import widgets

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


@pytest.fixture(scope="module")
def address():
    """The site, served on this machine for the time of the tests."""
    handler = functools.partial(widgets.Quiet, directory=widgets.SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    """A browser for the built book; without site, playwright or Chromium a skip."""
    if not (widgets.SITE / "book" / "live.html").is_file():
        pytest.skip("the book is not built: jupyter-book build .")
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed: the extra `site`")
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        # Without a sandbox, which root may not use in a container; it sees this site.
        options = {"executable_path": BROWSER, "args": ["--no-sandbox"]}
        chromium = playwright.chromium.launch(**options)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, address):
    """A function that opens a page of the book, in a new profile, and waits for it."""
    contexts = []

    def visit(
        name, size=widgets.LAPTOP, where=address, fragment="", block=None, **profile
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
        page.route("**/mathjax/**", lambda route: route.abort())
        if block:
            page.route(block, lambda route: route.abort())
        page.goto(f"{where}/{name}.html{fragment}", wait_until="load")
        return page

    yield visit
    for context in contexts:
        context.close()
