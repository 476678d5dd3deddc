"""How fast the live pages are: training and decoding in a headless Chromium.

    python -m experiments.bench_live --install       once: fetch the peers from npm
    python -m experiments.bench_live                 about 10 minutes
    python -m experiments.bench_live --quick         one short round, nothing written

Needs node with `npm ci` done in live/, the package playwright (the extra `site`) and a
Chromium of the machine. Peers train the same VAE from the same start, on the same 4,000
digits in batches of 64, with Adam: TensorFlow.js (wasm and cpu backends) and jax-js
(wasm), each in a page of its own and with one thread, since a page without special
headers has no more. A peer that is not installed is skipped with a line that says so.

The peers take turns, and the medians of the rounds count; the first round, in which the
browser compiles, is not one of them. `seconds` of a training are those of an epoch of
4,000 digits; of slow peers a part of the epoch is measured and scaled, see `steps`.
Writes book/results/bench_live.json.
"""

import contextlib
import functools
import http.server
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import threading
from statistics import median
from typing import NamedTuple

from experiments import _harness as harness

BENCH = harness.ROOT / "live" / "bench"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A tab that is not in front is slowed down otherwise.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
)
EPOCH = 63  # steps: 4,000 digits in batches of 64
DISTURBED = 1.5  # slowest round over fastest, beyond which a median says little
LONGEST = 300_000  # milliseconds that one measurement may take


class Peer(NamedTuple):
    """A page of the benchmark."""

    bundle: str  # a module of live/bench
    backend: str
    part: int = 1  # an epoch over what is measured of it


class Task(NamedTuple):
    """What is measured, and the goal, in seconds."""

    work: str
    size: object  # hidden units, or a model
    steps: int  # measured at once
    each: int  # of these steps, what the seconds are for
    goal: float


PEERS = {
    "live page": Peer("ours", "wasm"),
    "live page, no wasm": Peer("ours", "js", 8),
    "tfjs-wasm": Peer("tfjs", "wasm"),
    "tfjs-cpu": Peer("tfjs", "cpu", 8),
    "jax-js": Peer("jaxjs", "wasm"),
}
OURS = next(iter(PEERS))
TASKS = {
    "784-512-2, an epoch": Task("train", 512, EPOCH, EPOCH, 1.2),
    "784-64-2, an epoch": Task("train", 64, EPOCH, EPOCH, 0.25),
    "mlp_2, 400 decodes": Task("decode", "mlp_2", 20, 1, 0.016),
    "conv_feature_map_2, a decode": Task(
        "decodeOne", "conv_feature_map_2", 50, 1, 0.004
    ),
    "mlp_2, an exact posterior": Task("posterior", "mlp_2", 10, 1, 1.0),
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves without a line for each request."""

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served(folder):
    """The address at which a folder is served while the context lasts."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def chromium():
    """A headless browser, and its version."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise SystemExit("No Chromium or Chrome on this machine: install one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def install():
    """Fetch the peers, into live/bench/node_modules alone."""
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
    subprocess.run([*command, "--ignore-scripts"], cwd=BENCH, check=True)


def build(bundles, folder):
    """Bundle peers into a folder; those whose packages are missing are skipped."""
    built = set()
    for bundle in sorted(bundles):
        command = ["node", "build.js", folder, bundle]
        done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True)
        if done.returncode == 0:
            built.add(bundle)
            continue
        lines = [line for line in done.stderr.splitlines() if "rror" in line]
        say(f"{bundle} is skipped: {(lines or ['it does not build'])[0].strip()}")
    return built


class Page:
    """A peer in a tab of its own."""

    def __init__(self, browser, address, peer):
        self.peer = peer
        self.tab = browser.new_context().new_page()
        self.tab.set_default_timeout(LONGEST)
        self.tab.goto(f"{address}/{peer.bundle}/index.html")

    def prepare(self, task):
        """Make what the task needs; an error says what the peer cannot do."""
        call = "([backend, work, size]) => vaeLive.prepare(backend, work, size)"
        self.tab.evaluate(call, [self.peer.backend, task.work, task.size])

    def measure(self, task, quick):
        """Seconds, and the loss at the end of what is measured."""
        steps = max(1, task.steps // (8 if quick else self.peer.part))
        self.tab.bring_to_front()
        call = "([work, size, steps]) => vaeLive.measure(work, size, steps)"
        taken = self.tab.evaluate(call, [task.work, task.size, steps])
        seconds = taken["milliseconds"] / 1000 * task.each / steps
        return {"seconds": seconds, "loss": taken["loss"], "steps": steps}


def measure(browser, address, peers, arguments):
    """All tasks of all peers, in turns; results by task and peer."""
    pages = {name: Page(browser, address, peer) for name, peer in peers.items()}
    taken = {}
    for task_name, task in TASKS.items():
        taking = [n for n in pages if task.work == "train" or n == OURS]
        for name in taking:
            pages[name].prepare(task)
        taken[task_name] = {name: [] for name in taking}
    for i in range(1 + arguments.rounds):
        for task_name, task in TASKS.items():
            for name, found in taken[task_name].items():
                found.append(pages[name].measure(task, arguments.quick))
        say(f"round {i}{'' if i else ' (not counted)'} of {arguments.rounds}")
    return {name: summarise(TASKS[name], found) for name, found in taken.items()}


def summarise(task, found):
    """Medians of the counted rounds, and the goal with what was reached."""
    results = {}
    for name, rounds in found.items():
        seconds = [each["seconds"] for each in rounds[1:]]
        results[name] = {
            "seconds": median(seconds),
            "spread": max(seconds) / min(seconds),
            "all_seconds": [round(each["seconds"], 6) for each in rounds],
            "steps": rounds[0]["steps"],
        }
        if task.work == "train":
            results[name]["loss"] = rounds[-1]["loss"]
    return {"goal": task.goal, "peers": results}


def table(results):
    """The lines for standard output, fastest first."""
    for task, content in results.items():
        yield f"\n{task}: goal {content['goal']} s"
        yield f"{'peer':<20}{'seconds':>10}{'ratio':>8}{'train loss':>12}"
        peers = content["peers"].items()
        fastest = min(row["seconds"] for _, row in peers)
        for name, row in sorted(peers, key=lambda item: item[1]["seconds"]):
            loss = f"{row['loss']:>12.1f}" if "loss" in row else ""
            ratio = row["seconds"] / fastest
            yield f"{name:<20}{row['seconds']:>10.4f}{ratio:>8.2f}{loss}"
        disturbed = [name for name, row in peers if row["spread"] > DISTURBED]
        if disturbed:
            yield (
                f"Disturbed, measure again before quoting: {', '.join(disturbed)} took "
                f"over {DISTURBED} times as long in the slowest round as in the fastest"
            )


def parse(argv):
    """The arguments of the command."""
    parser = harness.make_parser(__doc__, rounds=5)
    add = parser.add_argument
    add("--install", action="store_true", help="fetch the peers from npm, and end")
    text = "which take part (default all that are installed)"
    add("--peers", nargs="+", choices=PEERS, default=list(PEERS), help=text)
    return harness.parse(parser, argv)


def main(argv=None):
    """Run what was asked for; returns the exit status."""
    arguments = parse(argv)
    if shutil.which("node") is None:
        raise SystemExit("bench_live needs node and npm: install node 20 or newer.")
    if arguments.install:
        install()
        return 0
    if importlib.util.find_spec("playwright") is None:
        raise SystemExit("bench_live needs the package playwright: the extra `site`.")
    chosen = {name: PEERS[name] for name in arguments.peers}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        built = build({peer.bundle for peer in chosen.values()}, folder)
        peers = {name: peer for name, peer in chosen.items() if peer.bundle in built}
        if not peers:
            raise SystemExit("No peer can run: see the lines above.")
        browser = stack.enter_context(chromium())
        address = stack.enter_context(served(folder))
        results = measure(browser, address, peers, arguments)
        content = {"rounds": arguments.rounds, "chromium": browser.version}
    print(*table(results), sep="\n")
    harness.write("bench_live", {**content, "tasks": results}, arguments)
    return 0


def say(text):
    """Tell what goes on, apart from the table."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
