"""The directive ``live``: a widget of the live pages, or its still without scripts.

.. code-block:: markdown

    ```{live} plane
    :form: small
    :still: _static/live/stills/plane_small.png
    :alt: What the still shows.
    One sentence for a reader whose browser runs no scripts.
    ```

The page gets a box with the still and the sentence. Where scripts run, live.js puts the
widget in their place; on paper the still comes back. Only pages with such a box load
live.js and live.css. Builders other than HTML print the still with its sentence.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

WIDGETS = ("plane", "draw", "latents", "train")
FORMS = ("full", "small")


class live_widget(nodes.General, nodes.Element):
    """The box of one widget; its children are what is seen without scripts."""


class Live(SphinxDirective):
    """Put a widget into a page."""

    required_arguments = 1
    has_content = True
    option_spec = {
        "form": lambda text: directives.choice(text, FORMS),
        "still": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "name": directives.unchanged,
    }

    def run(self):
        widget = self.arguments[0]
        if widget not in WIDGETS:
            known = ", ".join(WIDGETS)
            raise self.error(f"live: unknown widget {widget!r}: choose one of {known}.")
        if "still" in self.options and not self.options.get("alt"):
            raise self.error("live: a still needs :alt:, what it shows in words.")
        self.assert_has_content()
        form = self.options.get("form", "full")
        box = live_widget("", widget=widget, form=form)
        box["ids"].append(self.options.get("name", f"live-{widget}"))
        if still := self.options.get("still"):
            # Sphinx copies the file and reports one that is missing.
            image = nodes.image("", uri=still, alt=self.options["alt"])
            image["classes"].append("vae-live-still")
            box += image
        sentence = nodes.container(classes=["vae-live-sentence-without"])
        self.state.nested_parse(self.content, self.content_offset, sentence)
        box += sentence
        pages_of(self.env).add(self.env.docname)
        return [box]


def pages_of(env):
    """The pages that have a widget."""
    if not hasattr(env, "pages_with_widgets"):
        env.pages_with_widgets = set()
    return env.pages_with_widgets


def visit_html(self, node):
    # An identifier of the page, by which a link leads to the widget.
    data = {"data-widget": node["widget"], "data-form": node["form"]}
    self.body.append(self.starttag(node, "div", CLASS="vae-live", **data))


def depart_html(self, node):
    self.body.append("</div>\n")


def visit_other(self, node):
    """Nothing of its own: still and sentence are printed as they are."""


def add_files(app, pagename, templatename, context, doctree):
    """Let a page with a widget, and no other, load the widgets' script and look."""
    if pagename in pages_of(app.env):
        app.add_css_file("live/live.css")
        app.add_js_file("live/live.js", loading_method="defer")


def purge(app, env, docname):
    pages_of(env).discard(docname)


def merge(app, env, docnames, other):
    pages_of(env).update(pages_of(other) & set(docnames))


def setup(app):
    other = (visit_other, visit_other)
    app.add_node(
        live_widget, html=(visit_html, depart_html), latex=other, text=other, man=other
    )
    app.add_directive("live", Live)
    app.connect("html-page-context", add_files)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
