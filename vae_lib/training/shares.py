"""How a batch is shared; imports no array library."""

from vae_lib.training.config import check_whole


def check_batch(batch_size, devices):
    """Raise ValueError unless a batch can be shared equally by ``devices``."""
    check_whole("devices", devices, least=1)
    if batch_size % devices:
        below = batch_size - batch_size % devices
        sizes = [str(size) for size in (below, below + devices) if size]
        raise ValueError(
            f"batch_size is {batch_size}, which {devices} devices cannot share "
            f"equally: use {' or '.join(sizes)}."
        )
