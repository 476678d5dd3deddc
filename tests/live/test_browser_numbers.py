"""What the widgets print, against vae_lib with the page's rounded weights."""

import gzip
import re

import browsing
import numpy as np
import pytest
from scipy import stats
from widgets import body

pytestmark = browsing.MARKS


@pytest.fixture(scope="module")
def vae():
    """The multilayer perceptron with two latents and the page's rounded weights."""
    import export_live

    return export_live.read_model("mlp_2")[0]


def printed(widget):
    """The numbers of the table of the widget "draw", by their words; nats."""
    rows = widget.locator("table tr").all_inner_texts()
    found = {}
    for row in rows:
        words, _, value = row.rpartition("\t")
        if re.fullmatch(r"[−\d.]+", value.strip()):
            found[words.strip()] = float(value.replace("−", "-"))
    return found


def even_noise(side=16):
    """The page's noise: side x side normal quantiles, scaled to variance 1."""
    axis = stats.norm.ppf((np.arange(side) + 0.5) / side)
    axis /= np.sqrt(np.mean(axis**2))
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)


def elbo(vae, x, z_mean, deviation):
    """The ELBO of one image in nats, by vae_lib's parts, for the page's noise."""
    from keras import ops

    from vae_lib.distributions import gaussian_kl

    z = (z_mean + deviation * even_noise()).astype("float32")
    table = vae.likelihood.log_prob_table(x, vae.decoder(z))
    z_log_var = 2 * np.log(deviation)
    rate = gaussian_kl(
        z_mean[None].astype("float32"), z_log_var[None].astype("float32")
    )
    return float(ops.mean(table) - ops.sum(rate))


# A 3 in two strokes, as test_the_sheet_keeps_strokes draws them.
THREE = "5a4d70338844885f66705e70.707088808a9f70b050b0"


@pytest.mark.parametrize("fragment", [f"#draw.strokes={THREE}", "#draw.digit=0"])
def test_printed_numbers_are_those_of_vae_lib(visit, vae, fragment):
    from vae_lib import data, evaluation

    if "digit" in fragment:  # one of the fifty that the menu offers
        labels = data.load_sample().y_test
        index = int(np.flatnonzero(labels == 8)[1])
        fragment = f"#draw.digit={index}"
    page = visit("book/live", fragment=fragment)
    widget = body(page, "draw")
    numbers = printed(widget)
    pixels = widget.evaluate("body => [...body.widget.x]")
    x = np.array(pixels, "float32").reshape(1, 28, 28, 1)
    if "digit" in fragment:
        np.testing.assert_array_equal(x, data.load_sample().x_test[[index]])
    z_mean, z_log_var = (np.asarray(a)[0] for a in evaluation.encode(vae, x, verbose=0))
    own = elbo(vae, x, z_mean, np.exp(z_log_var / 2))
    # Half a unit of the last printed place, and float32 sums of 784 squares.
    assert numbers["ELBO with the encoder’s q"] == pytest.approx(own, abs=0.05)
    exact = evaluation.quadrature(vae, x, verbose=0).log_px[0]
    assert numbers["log p(x), exact"] == pytest.approx(exact, abs=0.1)
    gap = numbers["gap between them: KL(q ‖ p(z | x))"]
    assert gap == pytest.approx(exact - own, abs=0.15) and gap > 0


def test_a_scribble_is_improbable_and_a_cross_has_a_wide_gap(visit):
    # As the page says. The ELBO of a test digit is 173 nats in the mean.
    rows = (30, 220) * 9
    zigzag = "".join(f"{20 + 12 * i:02x}{y:02x}" for i, y in enumerate(rows))
    page = visit("book/live", fragment=f"#draw.strokes={zigzag}")
    assert printed(body(page, "draw"))["log p(x), exact"] < -300
    page = visit("book/live", fragment="#draw.strokes=1414f0f0.f01414f0")
    assert printed(body(page, "draw"))["gap between them: KL(q ‖ p(z | x))"] > 50


def test_a_q_by_hand_and_the_descent_are_scored_as_vae_lib_does(visit, vae):
    page = visit("book/live")
    widget = body(page, "draw")
    x = widget.evaluate("body => [...body.widget.x]")
    x = np.array(x, "float32").reshape(1, 28, 28, 1)
    slider = widget.get_by_label("Mean of z₁")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    mine = widget.evaluate("body => body.widget.mine")
    deviation = np.exp(np.array(mine["logVar"]) / 2)
    score = elbo(vae, x, np.array(mine["mean"]), deviation)
    assert printed(widget)["ELBO with your q"] == pytest.approx(score, abs=0.05)
    widget.get_by_role("button", name="Descend").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "b => !b.widget.sliders.descend.disabled",
        arg=widget.element_handle(),
        timeout=60_000,
    )
    numbers = printed(widget)
    best = numbers["ELBO with the best q"]
    assert numbers["log p(x), exact"] > best > numbers["ELBO with your q"]
    assert best > numbers["ELBO with the encoder’s q"]


def test_a_digit_costs_what_the_page_prints(visit):
    from vae_lib import data

    page = visit("book/live")
    widget = body(page, "latents")
    page.wait_for_function(
        "b => !b.querySelector('table').textContent.includes('\u2026')",
        arg=widget.element_handle(),
    )
    rows = [row.split("\t") for row in widget.locator("tr").all_inner_texts()]
    cost = {words: float(value) for words, value in rows}
    together = [value for words, value in cost.items() if words.startswith("together")]
    parts = list(cost.values())
    assert together == pytest.approx(
        [parts[1] + parts[2], parts[1] + parts[4]], abs=0.11
    )
    index = widget.evaluate("body => body.widget.chosen()")
    levels = np.round(data.load_sample().x_test[index] * 255).astype("uint8").tobytes()
    assert parts[7] == pytest.approx(len(gzip.compress(levels, 6)), abs=4)
