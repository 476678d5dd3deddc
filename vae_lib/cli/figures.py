"""``figures``: every picture of a run, or of the report, as PNG and SVG."""

from pathlib import Path

from vae_lib.cli import setup
from vae_lib.cli.runs import RunFolder

N_SAMPLES = 40
N_RECONSTRUCTIONS = 16
N_GRID = 20  # images along each axis of the manifold
SEED = 0
REPORT_FOLDER = Path("report_figures")


def run(arguments):
    """The command; returns its exit status."""
    if arguments.run_folder is None:
        return _run_report(arguments)
    folder = RunFolder(arguments.run_folder).open()
    mnist = setup.load_images_like(folder, arguments)
    setup.start_backend(arguments.backend)
    vae = setup.load_run(folder)

    import matplotlib

    matplotlib.use("agg")  # files only, no window
    out = arguments.out or folder.path / "figures"
    out.mkdir(parents=True, exist_ok=True)
    for name, axes in draw(vae, mnist, folder.curves(), arguments):
        save(axes, out, name)
        setup.say(arguments, f"{out / name}.png, .svg")
    if vae.latent_dim != 2:
        setup.say(
            arguments,
            "Left out: latent_scatter and manifold, which need 2 latent dimensions "
            f"(this run has {vae.latent_dim}).",
        )
    return 0


def _run_report(arguments):
    """The figures of the report, both readings of it, from the published weights."""
    setup.start_backend(arguments.backend)
    mnist = setup.load_images(arguments.data, arguments.sample, allow_sample=True)

    import matplotlib

    from vae_lib import report

    matplotlib.use("agg")
    if mnist.is_sample and not arguments.sample:
        setup.say(arguments, "No full MNIST found: figures 5 and 10 show the sample.")
    out = arguments.out or REPORT_FOLDER
    out.mkdir(parents=True, exist_ok=True)
    figures = {**report.FIGURES, **report.FEATURE_MAP_FIGURES}
    for number, figure in figures.items():
        first, *rest = str(number).split("-", 1)
        name = "-".join(["figure", first.zfill(2), *rest])
        save(report.draw(number, mnist), out, name)
        setup.say(arguments, f"{out / name}.png, .svg  {figure.title}")
    return 0


def draw(vae, mnist, curves, arguments):
    """Yield ``(name, Axes)`` of one figure after the other."""
    from vae_lib import plotting, report

    yield "encoder", plotting.network_diagram(vae.encoder)
    yield "decoder", plotting.network_diagram(vae.decoder)
    if curves:
        yield "curves", plotting.training_curves(curves)[0]
    yield "samples", plotting.samples(*report.draw_samples(vae, N_SAMPLES, seed=SEED))
    yield "reconstructions", plotting.reconstructions(*reconstruct(vae, mnist.x_val))
    if vae.latent_dim == 2:
        yield from _draw_plane(vae, mnist, arguments)


def _draw_plane(vae, mnist, arguments):
    from vae_lib import evaluation, plotting

    verbose = 0 if arguments.quiet else "auto"
    z_mean, z_log_var = evaluation.encode(vae, mnist.x_val, verbose=verbose)
    title = f"Codes of {len(z_mean):,} validation images"
    ax = plotting.latent_scatter(
        z_mean, mnist.y_val, title=title, z_log_var=z_log_var, prior=True
    )
    yield "latent_scatter", ax
    grid = plotting.prior_grid(N_GRID)
    yield "manifold", plotting.manifold(_numpy(vae.decode(grid)), grid)


def reconstruct(vae, images):
    """Originals, decoded mean codes, and these with the likelihood's noise."""
    from vae_lib import evaluation, report

    x = images[:N_RECONSTRUCTIONS]
    z_mean, _ = evaluation.encode(vae, x, verbose=0)
    return x, *report.decode_with_noise(vae, z_mean.astype("float32"), seed=SEED)


def _numpy(tensor):
    from keras import ops

    return ops.convert_to_numpy(tensor)


def save(axes, folder, name):
    """Write a figure twice and close it; the same numbers give the same files."""
    import matplotlib
    from matplotlib import pyplot as plt

    from vae_lib._files import replacing
    from vae_lib.plotting import STYLE

    figure = axes.figure
    with matplotlib.rc_context(STYLE):
        for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
            with replacing(folder / f"{name}.{kind}") as stream:
                figure.savefig(stream, format=kind, metadata=metadata)
    plt.close(figure)
