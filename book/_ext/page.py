"""What the theme and the notebooks' reader leave to do on the finished page.

Images get the size at which they are drawn, so that nothing moves while a page loads; a
folded cell is named by its own words; and scripts that the book does not use, one of
them half a megabyte, are left out.
"""

import re
import struct
from pathlib import Path

from docutils import nodes

# Pixels of the page for one inch of a figure: STYLE["figure.dpi"] of the library. The
# file has more of them, for sharp screens, and says how many.
PIXELS_PER_INCH = 120
UNUSED = re.compile(
    r"thebe|togglebutton|toggleHint|toggleOpenOnPrint|sphinx-design|design-tabs"
)
# The icons come from the font that the style sheets name. The index of the search,
# which grows with the book, is for the page that searches. One tag for the screen is
# enough.
NOT_NEEDED = re.compile(
    r"\s*<script[^>]*/?(?:fontawesome|searchtools|language_data|searchindex)\.js[^>]*>"
    r"</script>|\s*<meta name=\"viewport\"[^>]*>"
)


def css_size(path):
    """Width and height of a PNG in pixels of the page, from its own resolution."""
    data = Path(path).read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    scale, at = 1.0, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            break
        if kind == b"pHYs" and body[8] == 1:  # pixels per metre
            per_inch = struct.unpack(">I", body[:4])[0] * 0.0254
            scale = PIXELS_PER_INCH / per_inch
        at += length + 12
    return round(width * scale), round(height * scale)


def visit_image(self, node):
    """Write an image as before, with its size; load it when it comes into view."""
    path = Path(self.builder.srcdir, node["uri"])
    size = 'loading="lazy"'
    if path.suffix == ".png" and path.is_file():
        width, height = css_size(path)
        size += f' width="{width}" height="{height}"'
        # As a style, which a notebook's output asks for, the height would not follow
        # where a phone makes the image narrower.
        for name in ("width", "height"):
            if not str(node.get(name, "")).endswith("%"):
                node.attributes.pop(name, None)
    type(self).visit_image(self, node)
    self.body[-1] = self.body[-1].replace("<img ", f"<img {size} ", 1)


def depart_image(self, node):
    type(self).depart_image(self, node)


def keep_one_menu(app, config):
    """Leave the theme's top bar without content, so that it is not made.

    It would hold a second search field and, hidden, a second button for each menu; the
    theme's script listens to the first of two only. Set here because _config.yml can
    only replace all options, those made from its own entries included.
    """
    config.html_theme_options["navbar_persistent"] = []


def finish(app, pagename, templatename, context, doctree):
    """Correct the page that is about to be written."""
    if "body" in context:
        body = context["body"]
        # A screen reader, and a voice command, use the words that are in sight.
        label = ' aria-label="Toggle hidden content"'
        body = body.replace(f"<summary{label}>", "<summary>")
        # Sphinx counts all figures of the book; the captions keep the report's numbers.
        body = re.sub(r'<span class="caption-number">[^<]*</span>', "", body)
        # The role that docutils gives them is withdrawn; the list they stand in stays.
        body = body.replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] = body
    context["script_files"] = [
        script for script in context["script_files"] if not UNUSED.search(said(script))
    ]
    context["css_files"] = [
        css for css in context["css_files"] if not UNUSED.search(said(css))
    ]
    context["without_unused"] = lambda html: NOT_NEEDED.sub("", html)


def said(asset):
    """The file name and the text of a script or a style sheet."""
    attributes = getattr(asset, "attributes", {})
    return f"{getattr(asset, 'filename', asset)} {attributes.get('body', '')}"


def setup(app):
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.connect("config-inited", keep_one_menu)
    app.connect("html-page-context", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
