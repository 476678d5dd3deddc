"""One of several processes that train: started and watched by ``train --processes``.

It runs ``train`` itself, says what went wrong in a file, where no stack trace of JAX
gets in between, and ends when the process that started it does.
"""

import json
import os
import signal
import sys
import threading
import traceback

from vae_lib.cli import team as teams
from vae_lib.cli.errors import CommandError, reported
from vae_lib.cli.parser import build_parser

LOST = (
    "the connection to another process was lost: it was stopped, or its machine or the "
    "network failed"
)


def main(settings):
    """Train, then end the process with the status of the command."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that watches
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _redirect(settings["log"], visible=settings["process_id"] == 0)
    failure = _failure(settings)
    if failure:
        with open(settings["report"], "w", encoding="utf-8") as stream:
            json.dump(failure, stream)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not by sys.exit: JAX would wait there for processes that have gone.
    os._exit(failure["status"] if failure else 0)


def _end_with_the_parent():
    """Standard input is a pipe that nobody writes to: its end is that of the parent."""
    os.read(0, 1)
    os._exit(1)


def _redirect(path, visible):
    """Send what libraries print to a file; what Python prints is shown if visible."""
    shown = [os.dup(1), os.dup(2)]
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if visible:
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        sys.stdout, sys.stderr = (
            os.fdopen(number, "w", buffering=1, encoding=encoding, errors=errors)
            for number in shown
        )


def _failure(settings):
    """Train; returns what went wrong, or None."""
    try:
        _train(settings)
    except CommandError as error:
        if _is_lost(error.__cause__):
            return {"status": 1, "message": LOST, "lost": True}
        return {"status": error.status, "message": str(error), "lost": False}
    except OSError as error:
        return {"status": 2, "message": str(error), "lost": False}
    except Exception as error:
        text = traceback.format_exc()
        if _is_lost(error):
            os.write(2, text.encode())  # into the log
            return {"status": 1, "message": LOST, "lost": True}
        return {"status": 1, "message": text, "lost": False}
    return None


def _is_lost(error):
    """Whether it is what JAX raises when another process does not answer."""
    text = str(error)
    if "RESOURCE_EXHAUSTED" in text:
        return False
    from_jax = type(error).__name__ in ("JaxRuntimeError", "XlaRuntimeError")
    return from_jax or "Gloo" in text or "NCCL" in text


def _train(settings):
    arguments = build_parser().parse_args(settings["argv"])
    team = teams.read(arguments)

    def join():
        from vae_lib.training import processes

        with reported():
            processes.join(
                team.processes,
                settings["process_id"],
                settings["coordinator"],
                settings["timeout"],
                local_devices=team.local_devices(settings["process_id"]),
            )

    from vae_lib.cli import train

    if settings["process_id"] == 0:
        train.lead(arguments, team, join)
    else:
        train.follow(arguments, team, join)
    from vae_lib.training import processes

    processes.leave()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
