"""``train --processes``: starts the processes of this machine and watches them.

The processes compute; this one waits. Whatever happens to one of them, the others are
stopped and one message says what it was: JAX alone would leave them waiting, or abort
them with a stack trace.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import vae_lib
from vae_lib.cli import setup
from vae_lib.cli.errors import CommandError
from vae_lib.training import rendezvous

TIMEOUT = 45.0  # seconds for processes on other machines to come
TIMEOUT_HERE = 600.0  # on this machine, where this one sees what they do
GRACE = 3.0  # seconds in which the others may say more, once one has failed


class Worker:
    """One process, and what it leaves behind.

    Args:
        settings: what ``vae_lib.cli.worker`` reads.
        threads: how many the processor's share for it has.
    """

    COMMAND = (sys.executable, "-m", "vae_lib.cli.worker")

    def __init__(self, settings, threads):
        self.number = settings["process_id"]
        self.report = Path(settings["report"])
        self.log = Path(settings["log"])
        self.stopped = False  # from here, not by itself
        self.process = subprocess.Popen(
            [*self.COMMAND, json.dumps(settings)],
            stdin=subprocess.PIPE,  # its end tells the worker that this one is gone
            stdout=None if self.number == 0 else subprocess.DEVNULL,
            stderr=None if self.number == 0 else subprocess.DEVNULL,
            env=_environment(threads),
            start_new_session=True,  # Ctrl-C comes here only
        )

    @property
    def status(self):
        """The exit status, or ``None`` while it runs."""
        return self.process.poll()

    def failure(self):
        """What it said about its end, or ``None``."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return json.loads(self.report.read_text(encoding="utf-8"))
        return None

    def stop(self):
        """End it, and wait until it has ended."""
        self.stopped = self.status is None
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    def last_words(self):
        """The last line of its log that is not part of a stack trace, or nothing."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        fatal = re.search(r"absl::Status: (.+)", text)
        lines = [fatal[1]] if fatal else text.splitlines()
        said = [line.strip() for line in lines if line[:1].strip()]
        return f" Its last words: {said[-1]}" if said else ""


def _environment(threads):
    """The variables of a worker."""
    root = str(Path(vae_lib.__file__).resolve().parent.parent)
    paths = [root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "JAX_ENABLE_PREEMPTION_SERVICE": "0",  # it would catch SIGTERM
    }
    if threads:
        environment.setdefault("NPROC", str(threads))  # XLA's number of threads
    return environment


def run(arguments, team, plan):
    """Train with several processes; returns the exit status.

    Args:
        arguments: those of ``train``, with the list they came from in ``argv``.
        team: a :class:`vae_lib.cli.team.Team`.
        plan: what the first process will do, or ``None`` where it is not here.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vae_lib-"))
        stack.enter_context(_ending_on(signal.SIGTERM))
        workers = []
        try:
            for settings in _settings(arguments, team, Path(folder)):
                workers.append(Worker(settings, _threads(team)))
            _wait(workers)
        except KeyboardInterrupt:
            if sys.stdout.isatty():
                print()  # leave the line of the progress bar
            raise CommandError(_interrupted(plan, team), status=130) from None
        finally:
            for worker in workers:
                worker.stop()
        failed = [w for w in workers if w.status and not w.stopped]
        if failed:
            raise _explained(failed, plan, team)
    return 0


def _settings(arguments, team, folder):
    """What each worker of this machine is told."""
    coordinator = team.coordinator or f"127.0.0.1:{rendezvous.free_port()}"
    for number in team.here:
        yield {
            "argv": arguments.argv,
            "process_id": number,
            "coordinator": coordinator,
            "timeout": TIMEOUT if team.coordinator else TIMEOUT_HERE,
            "report": str(folder / f"{number}.json"),
            "log": str(folder / f"{number}.log"),
        }


def _threads(team):
    """The processor's threads are shared equally by the processes of this machine."""
    if len(team.here) == 1:
        return None
    return max(1, setup.available_cpus() // len(team.here))


@contextlib.contextmanager
def _ending_on(number):
    """Let a signal that ends the process do so after the ``finally`` blocks."""

    def end(number, frame):
        raise SystemExit(128 + number)

    try:
        before = signal.signal(number, end)
    except ValueError:  # not in the main thread: then it comes to that one
        yield
        return
    try:
        yield
    finally:
        signal.signal(number, before)


def _wait(workers):
    """Return when all have ended well, or soon after the first that has not."""
    while any(worker.status is None for worker in workers):
        if any(worker.status for worker in workers):
            _wait_for_reasons(workers)
            return
        time.sleep(0.05)


def _wait_for_reasons(workers):
    """One failure brings down the others: the reason may be in any of them."""
    end = time.monotonic() + GRACE
    while time.monotonic() < end and any(w.status is None for w in workers):
        time.sleep(0.05)


def _explained(failed, plan, team):
    """A CommandError about the worker that failed first."""

    def rank(worker):  # those come last that JAX ended because of another one
        failure = worker.failure()
        if failure:
            return 2 if failure["lost"] else 0
        return 3 if worker.status == -signal.SIGABRT else 1

    worker = min(failed, key=rank)
    failure = worker.failure()
    if failure and not failure["lost"]:
        return CommandError(failure["message"], status=failure["status"])
    name = f"process {worker.number} of {team.processes} (numbered from 0)"
    if failure or worker.status == -signal.SIGABRT:
        text = f"{name} was stopped: {_lost()}.{worker.last_words()}"
    elif worker.status < 0:
        text = f"{name} was killed by {signal.Signals(-worker.status).name}"
        if worker.status == -signal.SIGKILL:
            text += ", as a user does, or the system for lack of memory"
    else:
        text = f"{name} ended with status {worker.status}.{worker.last_words()}"
    return CommandError(f"{text}.\n{_remedy(plan, team)}", status=1)


def _lost():
    from vae_lib.cli.worker import LOST

    return LOST


def _interrupted(plan, team):
    if plan is None:
        return f"interrupted. {_remedy(plan, team)}"
    return plan.run.interrupted(plan.config, team.options())


def _remedy(plan, team):
    """How to go on."""
    if plan is None:
        return (
            "The other processes stop, too. Start the same command on every machine "
            "again; with --resume on the first, the run continues."
        )
    if not plan.run.is_run:
        return "No epoch was begun: start the command again."
    return plan.run.to_be_continued(plan.config, team.options())
