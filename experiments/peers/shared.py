"""vae_lib's VAE on JAX, shared as ``bench_devices.py`` says."""

import os


def run(settings, link_class):
    """Set up the devices, then train an epoch at a time."""
    if settings.threads is not None:
        os.environ["NPROC"] = str(settings.threads)  # XLA reads it when it starts

    from experiments.peers import keras_vae
    from vae_lib.training import distributed, sharding

    if settings.processes > 1:
        os.environ["JAX_LOCAL_DEVICE_IDS"] = str(settings.process_id)  # its own GPU
        distributed.initialize(
            settings.coordinator, settings.processes, settings.process_id
        )
    elif settings.devices > 1:
        sharding.use_devices(settings.devices)
    keras_vae.run(settings, link_class)
