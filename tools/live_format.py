"""How the live pages store arrays: what `live/src/format.js` reads.

All arrays of a file are packed one behind the other, deflated (the zlib format, whose
checksum finds damage) and written in base64. Numbers of two bytes are split into all
low bytes, then all high bytes: the high ones repeat themselves, and deflate better.

    uint8     a byte a number
    float32   four bytes, the low one first
    float16   half precision, split
    columns   one float32 scale for each column, then whole numbers of 10 bits, split:
              the number is the whole number times the scale of its column, in float32

The published weights are of half precision, so what is stored as float16 is exact.
"""

import base64
import math
import zlib

import numpy as np

LEVELS = 511  # of each sign; with 0 they fill 10 bits
MOST_ROWS = 20  # a matrix with more is rounded: thin ones and vectors weigh little


def pack(arrays, exact=()):
    """The payload of named arrays: ``{"arrays": [[name, kind, shape]], "data": ...}``.

    Args:
        arrays: dictionary of arrays, uint8 or float32. Matrices are rounded.
        exact: names of float arrays that are not.

    Raises:
        ValueError: if a number is not finite.
    """
    table, parts = [], []
    for name, array in arrays.items():
        array = np.asarray(array)
        if not np.all(np.isfinite(array)):
            raise ValueError(f"{name} holds NaN or infinity: train the model again.")
        kind = _kind(array, name in exact)
        table.append([name, kind, list(array.shape)])
        parts.append(_write(kind, array))
    packed = zlib.compress(b"".join(parts), 9)
    return {"arrays": table, "data": base64.b64encode(packed).decode("ascii")}


def rounded(array):
    """The values of a float array once it is packed and unpacked, float32."""
    array = np.asarray(array)
    kind = _kind(array, exact=False)
    return _read(kind, _write(kind, array), array.shape)


def unpack(payload):
    """The arrays of a payload, by name; whole numbers as they are, others float32."""
    data = zlib.decompress(base64.b64decode(payload["data"], validate=True))
    arrays, start = {}, 0
    for name, kind, shape in payload["arrays"]:
        end = start + _size(kind, shape)
        arrays[name] = _read(kind, data[start:end], shape)
        start = end
    if start != len(data):
        raise ValueError(f"{len(data)} bytes, {start} expected: export again.")
    return arrays


def _kind(array, exact):
    if array.dtype == np.uint8:
        return "uint8"
    if not exact and array.ndim > 1 and math.prod(array.shape[:-1]) > MOST_ROWS:
        return "columns"
    half = array.astype("float16").astype("float32")
    return "float16" if np.array_equal(half, array) else "float32"


def _size(kind, shape):
    """Bytes of an array."""
    width = {"uint8": 1, "float32": 4, "float16": 2, "columns": 2}[kind]
    return width * math.prod(shape) + (4 * shape[-1] if kind == "columns" else 0)


def _write(kind, array):
    if kind == "uint8":
        return array.tobytes()
    if kind == "float32":
        return array.astype("<f4").tobytes()
    if kind == "float16":
        return _split(array.astype("<f2"))
    matrix = array.reshape(-1, array.shape[-1])
    largest = np.abs(matrix).max(axis=0)
    scale = (largest / LEVELS).astype("<f4")
    whole = np.round(matrix / np.where(scale > 0, scale, 1))
    return scale.tobytes() + _split(whole.astype("<i2"))


def _read(kind, data, shape):
    if kind == "uint8":
        return np.frombuffer(data, "u1").reshape(shape)
    if kind == "float32":
        return np.frombuffer(data, "<f4").astype("float32").reshape(shape)
    if kind == "float16":
        return _join(data, "<f2").astype("float32").reshape(shape)
    n = 4 * shape[-1]
    scale = np.frombuffer(data[:n], "<f4").astype("float32")
    whole = _join(data[n:], "<i2").astype("float32").reshape(-1, shape[-1])
    return (whole * scale).reshape(shape)


def _split(array):
    both = array.reshape(-1).view("u1").reshape(-1, 2)
    return both.T.tobytes()


def _join(data, dtype):
    both = np.frombuffer(data, "u1").reshape(2, -1)
    return np.ascontiguousarray(both.T).reshape(-1).view(dtype)
