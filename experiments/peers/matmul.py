"""A large matrix product: the machine's peak as a framework reaches it."""

import statistics
import time

SIZE = 2048
REPEATS = 3


def keras_product():
    """A function that multiplies two float32 matrices of ``SIZE`` and waits."""
    from keras import ops

    a = ops.ones((SIZE, SIZE))
    # One number of the result: reading it waits for all of them.
    return lambda: float(ops.matmul(a, a)[0, 0])


def gflops(product):
    """GFLOP/s of such a function, the median of a few calls after the first."""
    product()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        product()
        seconds.append(time.perf_counter() - start)
    return 2e-9 * SIZE**3 / statistics.median(seconds)
