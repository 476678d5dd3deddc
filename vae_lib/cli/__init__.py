"""The commands of ``python -m vae_lib``: train, evaluate, figures, bench."""
