"""``figures``: every picture of a run, or of the report, as PNG and SVG."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vae_lib.cli import setup
from vae_lib.cli.console import log, progress
from vae_lib.cli.errors import CommandError
from vae_lib.cli.runs import RunFolder

if TYPE_CHECKING:  # they need Keras and NumPy, which load when a command works
    from vae_lib.data import MNIST, ImageSet
    from vae_lib.models import VAE

N_SAMPLES = 40
N_RECONSTRUCTIONS = 16
N_GRID = 20  # images along each axis of the manifold
N_COLOURS = 10  # classes that the map of the codes can tell apart
SEED = 0
REPORT_FOLDER = Path("report_figures")

Figure = tuple[Any, ...]  # the file's name, Axes, and in the report a title


def run(
    run_folder: Path | None,
    *,
    out: Path | None,
    data: Path | None,
    sample: bool,
    backend: str | None,
) -> int:
    """The command; returns its exit status."""
    if run_folder is None:
        setup.start_backend(backend)
        mnist = setup.load_images(data, sample, allow_sample=True)
        if mnist.source == "images":
            raise CommandError(
                f"the report's figures show digits, and {data} is not MNIST: train a "
                "model on it, and give its RUN_FOLDER."
            )
        if mnist.source == "sample" and not sample:
            log.info("No full MNIST found: figures 5 and 10 show the sample.")
        write(_draw_report(mnist), out or REPORT_FOLDER)
        return 0
    folder = RunFolder(run_folder).open()
    mnist = setup.load_images_like(folder.environment().get("images", {}), data, sample)
    setup.start_backend(backend)
    vae = setup.load_run(folder)
    setup.refuse_shape(vae, mnist)
    write(draw(vae, mnist, folder.curves()), out or folder.path / "figures")
    if vae.latent_dim != 2:
        log.info(
            "Left out: latent_scatter and manifold, which need 2 latent dimensions "
            f"(this run has {vae.latent_dim})."
        )
    return 0


def write(figures: Iterable[Figure], out: Path) -> None:
    """Save one figure after the other, as PNG and SVG."""
    import matplotlib

    matplotlib.use("agg")  # files only, no window
    out.mkdir(parents=True, exist_ok=True)
    for name, axes, *title in figures:
        save(axes, out, name)
        log.info("  ".join([f"{out / name}.png, .svg", *title]))


def _draw_report(mnist: Any) -> Iterator[Figure]:
    """The figures of the report, both readings of it, from the published weights."""
    from vae_lib import report

    for number, figure in (report.FIGURES | report.FEATURE_MAP_FIGURES).items():
        first, *rest = str(number).split("-", 1)
        name = "-".join(["figure", first.zfill(2), *rest])
        yield name, report.draw(number, mnist), figure.title


def draw(
    vae: "VAE", mnist: "MNIST | ImageSet", curves: dict[str, list[float]]
) -> Iterator[Figure]:
    """One figure of a run after the other."""
    from vae_lib import plotting, report

    yield "encoder", plotting.network_diagram(vae.encoder)
    yield "decoder", plotting.network_diagram(vae.decoder)
    if curves:
        yield "curves", plotting.training_curves(curves)[0]
    look: dict[str, Any] = (
        {"cmap": "gray"} if mnist.source == "images" else {}
    )  # 0 is black there
    drawn = report.draw_samples(vae, N_SAMPLES, seed=SEED)
    yield "samples", plotting.samples(*drawn, **look)
    rebuilt = reconstruct(vae, mnist.x_val)
    yield "reconstructions", plotting.reconstructions(*rebuilt, **look)
    if vae.latent_dim == 2:
        yield from _draw_plane(vae, mnist, **look)


def _draw_plane(vae: "VAE", mnist: "MNIST | ImageSet", **look: Any) -> Iterator[Figure]:
    from vae_lib import evaluation, plotting

    if mnist.y_val.max() < N_COLOURS:
        z_mean, z_log_var = evaluation.encode(vae, mnist.x_val, verbose=progress())
        title = f"Codes of {len(z_mean):,} validation images"
        ax = plotting.latent_scatter(
            z_mean, mnist.y_val, title=title, z_log_var=z_log_var, prior=True
        )
        yield "latent_scatter", ax
    else:
        log.info(f"Left out: latent_scatter, which knows {N_COLOURS} colours.")
    grid = plotting.prior_grid(N_GRID)
    yield "manifold", plotting.manifold(_numpy(vae.decode(grid)), grid, **look)


def reconstruct(vae: "VAE", images: Any) -> tuple[Any, Any, Any]:
    """Originals, decoded mean codes, and these with the likelihood's noise."""
    from vae_lib import evaluation, report

    x = images[:N_RECONSTRUCTIONS]
    z_mean, _ = evaluation.encode(vae, x, verbose=0)
    return x, *report.decode_with_noise(vae, z_mean.astype("float32"), seed=SEED)


def _numpy(tensor: Any) -> Any:
    from keras import ops

    return ops.convert_to_numpy(tensor)


def save(axes: Any, folder: Path, name: str) -> None:
    """Write a figure twice and close it; the same numbers give the same files."""
    import matplotlib
    from matplotlib import pyplot as plt

    from vae_lib._files import replacing
    from vae_lib.plotting import STYLE

    figure = axes.figure
    with matplotlib.rc_context(cast(Any, STYLE)):
        for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
            with replacing(folder / f"{name}.{kind}") as stream:
                figure.savefig(stream, format=kind, metadata=metadata)
    plt.close(figure)
