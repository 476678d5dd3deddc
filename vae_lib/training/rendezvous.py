"""Processes find each other before JAX starts, where a mistake can still be explained.

JAX aborts a process whose coordinator does not answer or whose number is taken, with a
stack trace of its C++ code. So the processes first meet at the coordinator's address by
a few lines of JSON: who is missing, or came with another number, is then known by name.
"""

import contextlib
import json
import socket
import time

from vae_lib.training.config import check_positive, check_whole

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LONGEST = 10_000  # bytes of a line
_PATIENCE = 5.0  # seconds for a stranger to say who it is


def meet(processes, process_id, coordinator, timeout=45.0):
    """Wait until all processes have come to the coordinator's address.

    Args:
        processes: how many there are, at least 1.
        process_id: number of this one, from 0; process 0 listens at the address.
        coordinator: ``"host:port"`` of process 0, as the others reach it.
        timeout: seconds until it is given up.

    Raises:
        ValueError: if an argument is out of range, the port is taken, or another
            process has the same number or expects another number of processes.
        TimeoutError: if the coordinator does not answer or a process does not come.
    """
    host, port = parse_address(coordinator)
    check_process(processes, process_id)
    check_positive("timeout", timeout)
    deadline = time.monotonic() + timeout
    if processes == 1:
        return
    if process_id == 0:
        _receive(processes, host, port, deadline, timeout)
    else:
        hello = {"processes": processes, "process_id": process_id}
        _report(hello, host, port, deadline, timeout)


def parse_address(coordinator):
    """Split ``"host:port"``.

    Raises:
        ValueError: if it has another form or the port is none.
    """
    host, _, port = str(coordinator).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(
            f"coordinator must be HOST:PORT of the first process, such as "
            f"192.168.0.7:12345, got {coordinator!r}."
        )
    return host.strip("[]"), int(port)


def check_process(processes, process_id):
    """Raise ValueError unless ``process_id`` is one of ``0 ... processes - 1``."""
    check_whole("processes", processes, least=1)
    check_whole("process_id", process_id, least=0)
    if process_id >= processes:
        raise ValueError(
            f"process_id is {process_id}, but {processes} processes are numbered 0 to "
            f"{processes - 1}."
        )


def free_port():
    """A port of this machine that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _receive(processes, host, port, deadline, timeout):
    """Process 0: collect one hello of each other process, then answer all."""
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(_listen(host, port))
        waiting = {}
        while len(waiting) < processes - 1:
            server.settimeout(max(deadline - time.monotonic(), 1e-3))
            try:
                guest = opened.enter_context(server.accept()[0])
            except TimeoutError:
                missing = sorted({*range(1, processes)} - waiting.keys())
                raise TimeoutError(
                    f"Process {_join(missing)} of {processes} (numbered from 0) has "
                    f"not come to {host}:{port} within {timeout:g} s. Start every "
                    "process within that time, with the same number of processes and "
                    "the same coordinator, and check that no firewall closes the port."
                ) from None
            hello = _hello(guest)
            if hello is None:
                continue  # some other program
            waiting = {k: other for k, other in waiting.items() if _is_there(other)}
            problem = _problem(hello, processes, waiting)
            if problem:
                _say(guest, {"error": problem})
            else:
                waiting[hello["process_id"]] = guest
                _say(guest, {"wait": True})
        for guest in waiting.values():
            _say(guest, {"all": True})


def _hello(guest):
    """What a process says about itself; None if it is something else that knocks."""
    guest.settimeout(_PATIENCE)
    try:
        with guest.makefile("rb") as stream:
            hello = _read(stream)
    except OSError:  # it went away, or says nothing
        return None
    return hello if isinstance(hello, dict) else None


def _problem(hello, processes, waiting):
    """What keeps a process from joining, or None."""
    count, number = hello.get("processes"), hello.get("process_id")
    if count != processes:
        return (
            f"processes is {count} here, but {processes} where process 0 was started: "
            "give all of them the same number."
        )
    if not isinstance(number, int) or number in {0, *waiting}:
        return (
            f"process_id {number} is taken by another process: number them 0 to "
            f"{processes - 1}."
        )
    return None


def _is_there(line):
    """Whether the other side has not gone, as a process that was stopped has."""
    line.setblocking(False)
    try:
        return bool(line.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        line.settimeout(_PATIENCE)


def _listen(host, port):
    only_here = host in LOOPBACK
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    both = not only_here and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else family
    address = ("::1" if host == "::1" else "127.0.0.1") if only_here else ""
    try:
        return socket.create_server((address, port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise ValueError(
            f"Process 0 cannot listen at port {port} of this machine "
            f"({error.strerror}): choose another port for the coordinator."
        ) from error


def _report(hello, host, port, deadline, timeout):
    """Another process: say hello until there is an answer."""
    problem = "nobody was tried"
    while time.monotonic() < deadline:
        try:
            if _joins(hello, host, port, deadline):
                return
            problem = "what answers there is not process 0 of a run that begins"
        except _Waiting:
            raise TimeoutError(
                f"Process 0 answers at {host}:{port}, but not all of the "
                f"{hello['processes']} processes have come within {timeout:g} s."
            ) from None
        except OSError as error:
            problem = error.strerror or str(error)
        time.sleep(0.2)
    raise TimeoutError(
        f"The coordinator {host}:{port} could not be reached within {timeout:g} s "
        f"({problem}). Start process 0 there, check address and port, and that no "
        "firewall closes it."
    )


class _Waiting(Exception):
    """Process 0 is there and waits for others, but time is over."""


def _joins(hello, host, port, deadline):
    """Whether process 0 answered, and all are there."""
    left = max(deadline - time.monotonic(), 1e-3)
    address, patience = (host, port), min(left, _PATIENCE)
    with socket.create_connection(address, timeout=patience) as line:
        _say(line, hello)
        with line.makefile("rb") as stream:
            answer = _read(stream)
            if answer == {"wait": True}:
                line.settimeout(max(deadline - time.monotonic(), 1e-3))
                try:
                    answer = _read(stream)
                except TimeoutError:
                    raise _Waiting from None
    if isinstance(answer, dict) and "error" in answer:
        raise ValueError(answer["error"])
    return answer == {"all": True}


def _say(line, content):
    with contextlib.suppress(OSError):  # it will be missed, and named, later
        line.sendall(json.dumps(content).encode() + b"\n")


def _read(stream):
    """The JSON of one line; None if it is something else or nothing."""
    try:
        return json.loads(stream.readline(_LONGEST))
    except ValueError:
        return None


def _join(numbers):
    return ", ".join(map(str, numbers))
