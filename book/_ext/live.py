"""Puts a widget of the live pages into a page; without scripts its still is seen.

In a page of MyST, a directive:

.. code-block:: markdown

    ```{live} plane
    :form: small
    One sentence for a reader whose browser runs no scripts.
    ```

In a notebook, where a reader in Colab would see a directive's source, a comment; the
paragraph after it is the sentence:

.. code-block:: markdown

    <!-- live: plane small -->
    One sentence for a reader whose browser runs no scripts, or who reads in Colab.

The page gets a box with a still, ``_static/live/stills/plane_small.png`` unless the
directive names another, and the sentence. Where scripts run, live.js puts the widget in
their place; on paper the still comes back. Only pages with a box load live.js and
live.css. Builders other than HTML print the still and its sentence.
"""

import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

STILLS = "book/_static/live/stills"
COMMENT = re.compile(r"<!--\s*live:\s*(\w+)(?:\s+(\w+))?\s*-->")
FORMS = ("full", "small")
# The widgets, each with what its still shows.
WIDGETS = {
    "plane": (
        "The latent plane of the multilayer perceptron with the codes of 500 test "
        "digits, coloured by digit, and a cross; beside it the digit that is decoded "
        "at the cross."
    ),
    "draw": (
        "A test digit and the digit decoded from its code. Below, the exact posterior "
        "of the code as three contours, with the encoder's Gaussian as two ellipses "
        "that miss its middle; and a table of log p(x), ELBO and gap in nats."
    ),
    "latents": (
        "A test digit, the digit decoded from ten sliders, one for each latent, and a "
        "table of what the digit costs in bytes under the model, as PNG and as gzip."
    ),
    "loss": (
        "A loss as code, the mean of the squares over 784 pixels plus the KL, and on a "
        "logarithmic ruler the standard deviation of a pixel that it stands for, 19.8: "
        "far to the right of black to white, 1, and of what digits need, 0.19."
    ),
    "gradients": (
        "Two hundred estimates of one gradient as dots, by two estimators on one axis: "
        "the pathwise ones in a narrow cloud around the exact value, a dashed line; "
        "those of the score function in a cloud about five times as wide."
    ),
    "train": (
        "A network in training: codes of training digits in the latent plane, the grid "
        "of digits that it draws, and the rate of each latent as a bar."
    ),
    "gap": (
        "The posterior of the sensor's reading, with two modes, and a wide Gaussian q "
        "over both; a bar for the ELBO of -9.91 nats, and from its end a bar for the "
        "gap of 7.71 nats, up to log p(x) = -2.19 nats."
    ),
    "kl": (
        "The standard normal density p and a narrower Gaussian q to its right. Beside "
        "them two shaded areas: that of q log(q / p), which is KL(q || p), 1.00 nats, "
        "and that of p log(p / q), which is KL(p || q), 4.83 nats."
    ),
}


class live_widget(nodes.General, nodes.Element):
    """The box of one widget; its children are what is seen without scripts."""


def box(env, widget, form, still=None, alt=None):
    """The box of a widget with its still, if there is one; without the sentence."""
    node = live_widget("", widget=widget, form=form)
    name = f"{widget}_small" if form == "small" else widget
    standard = f"{STILLS}/{name}.png"
    if not still and Path(env.srcdir, standard).is_file():
        still = f"/{standard}"
    if still:
        image = nodes.image("", uri=still, alt=alt or WIDGETS[widget])
        image["classes"].append("vae-live-still")
        node += image
    return node


class Live(SphinxDirective):
    """The directive of the module's docstring."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict] = {
        "form": lambda text: directives.choice(text, FORMS),
        "still": directives.unchanged_required,
        "alt": directives.unchanged_required,
    }

    def run(self):
        widget = self.arguments[0]
        if widget not in WIDGETS:
            known = ", ".join(WIDGETS)
            raise self.error(f"live: unknown widget {widget!r}: choose one of {known}.")
        self.assert_has_content()
        still, alt = self.options.get("still"), self.options.get("alt")
        if still and not alt:
            raise self.error("live: another still needs :alt:, what it shows in words.")
        node = box(self.env, widget, self.options.get("form", "full"), still, alt)
        sentence = nodes.container(classes=["vae-live-without"])
        self.state.nested_parse(self.content, self.content_offset, sentence)
        node += sentence
        return [node]


class LiveComment(SphinxTransform):
    """Makes a box of a comment and of the paragraph after it."""

    default_priority = 400

    def apply(self):
        for comment in list(self.document.findall(nodes.raw)):
            found = COMMENT.fullmatch(comment.astext().strip())
            if not found:
                continue
            widget, form = found[1], found[2] or "full"
            after = comment.next_node(siblings=True, descend=False)
            sound = widget in WIDGETS and form in FORMS
            if not sound or not isinstance(after, nodes.paragraph):
                logging.getLogger(__name__).warning(
                    "live: write <!-- live: WIDGET small --> before a paragraph",
                    location=comment,
                )
                continue
            node = box(self.env, widget, form)
            comment.parent.replace(comment, node)
            after.parent.remove(after)
            node += nodes.container("", after, classes=["vae-live-without"])


def visit_html(self, node):
    data = {"data-widget": node["widget"], "data-form": node["form"]}
    self.body.append(self.starttag(node, "div", CLASS="vae-live", **data))


def depart_html(self, node):
    self.body.append("</div>\n")


def visit_other(self, node):
    """Nothing of its own: still and sentence are printed as they are."""


def add_files(app, pagename, templatename, context, doctree):
    """Let a page with a widget, and no other, load the widgets' script and look."""
    if doctree is not None and any(doctree.findall(live_widget)):
        app.add_css_file("live/live.css")
        app.add_js_file("live/live.js", loading_method="defer")


def setup(app):
    other = (visit_other, visit_other)
    writers = dict.fromkeys(("latex", "text", "man", "texinfo"), other)
    app.add_node(live_widget, html=(visit_html, depart_html), **writers)
    app.add_directive("live", Live)
    app.add_transform(LiveComment)
    app.connect("html-page-context", add_files)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
