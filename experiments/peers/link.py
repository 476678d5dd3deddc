"""What a peer says to the benchmark that started it: JSON lines, one epoch at a time.

The benchmark sends ``matmul``, ``epoch`` or, once all epochs are done, ``score``. A
peer runs its usual loop and calls :meth:`Link.begin` before and :meth:`Link.end` after
each epoch; it sleeps in between, while the other peers have their turn.
"""

import json
import os
import sys
import time

from experiments.peers import matmul
from experiments.peers.memory import peak_memory

# What libraries print must not mix with the answers.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def send(**answer):
    """Answer the benchmark with one line of JSON."""
    print(json.dumps(answer), file=_answers, flush=True)


class Link:
    """The peer's side of the line.

    Args:
        product: a function that multiplies two float32 matrices of ``matmul.SIZE`` and
            waits for the result: the machine's peak as this framework reaches it.
    """

    def __init__(self, product):
        self.product = product
        self.started = 0.0
        send(ready=True)

    def begin(self):
        """Wait for the command to run an epoch, then start the clock."""
        command = sys.stdin.readline().strip()
        while command == "matmul":
            send(gflops=matmul.gflops(self.product))
            command = sys.stdin.readline().strip()
        if command != "epoch":  # the benchmark has gone
            raise SystemExit(1)
        self.started = time.perf_counter()

    def end(self, loss):
        """Stop the clock; ``loss`` becomes a number, so the epoch's work is done."""
        loss = float(loss)
        send(seconds=time.perf_counter() - self.started, loss=loss)

    def score(self, elbo):
        """Wait for the last command, then report memory and ``elbo()``, in nats."""
        if sys.stdin.readline().strip() != "score":
            raise SystemExit(1)
        memory = peak_memory()  # before the test images are loaded
        send(peak_mib=memory, test_elbo=float(elbo()))
