r"""Lets ``\tag`` stand in a displayed equation of several lines.

A notebook numbers its equations with ``\tag{3.1}``, which every renderer understands.
Sphinx wraps each block that holds a line break in a ``split`` environment, where
MathJax forbids the tag; a block with a tag is passed on as it is instead.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform


class KeepTaggedMath(SphinxTransform):
    default_priority = 800

    def apply(self):
        for node in self.document.findall(nodes.math_block):
            text = node.astext()
            if r"\tag" in text and not node.get("nowrap"):
                node["nowrap"] = True
                node.children = [nodes.Text(rf"\[{text}\]")]


def setup(app):
    app.add_transform(KeepTaggedMath)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
