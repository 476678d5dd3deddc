"""One attempt at a download, bounded in time from the first look-up to the last byte.

A time-out given to a socket bounds each wait, not their sum: looking up a name, trying
a second address or reading a header that trickles in can each add more. Hence the
thread around the connection and the clock around the body.
"""

import queue
import sys
import threading
import time
import urllib.error
import urllib.request

from vae_lib._streams import rewrites_lines

CHUNK = 1 << 16


def connect(url, seconds):
    """Ask for a URL and wait for the answer's header.

    Args:
        url: what to ask for.
        seconds: how long the name, the connection and the header may take together.

    Returns:
        The open response, to be used in a ``with`` statement.

    Raises:
        TimeoutError: there was no answer in time.
        OSError: there is no connection, or the answer is an error such as 404.
    """
    answers = queue.SimpleQueue()
    given_up = threading.Event()

    def ask():
        try:
            response = urllib.request.urlopen(url, timeout=seconds)
        except Exception as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it carries the server's page
            answers.put(error)
            return
        answers.put(response)
        if given_up.is_set():
            response.close()

    # A daemon, so that a name server that never answers cannot hold the program.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        given_up.set()
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def save(response, file, seconds):
    """Copy a response's body to an open binary file.

    Args:
        response: what :func:`connect` returned.
        file: where the bytes go.
        seconds: how long the whole body may take.

    Raises:
        TimeoutError: the body did not end in time.
        ConnectionError: the body ended before the length that the header announced.
    """
    expected = int(response.headers.get("Content-Length") or 0)
    deadline = time.monotonic() + seconds
    received = 0
    try:
        # read1 returns what has come; read would wait until the chunk is full.
        while chunk := response.read1(CHUNK):
            received += len(chunk)
            file.write(chunk)
            _show_progress(received, expected)
            if time.monotonic() > deadline:
                message = f"not finished within {seconds:g} s ({received:,} bytes came)"
                raise TimeoutError(message)
    finally:
        _show_progress(received, expected, end="\n")
    if received < expected:
        message = f"the connection broke after {received:,} of {expected:,} bytes"
        raise ConnectionError(message)


def _show_progress(received, expected, end=""):
    """One line that is rewritten, for a person at a terminal only."""
    if rewrites_lines(sys.stderr):
        of = f" of {expected / 1e6:.1f}" if expected else ""
        line = f"\rDownloading MNIST: {received / 1e6:.1f}{of} MB"
        print(line, end=end, file=sys.stderr, flush=True)
