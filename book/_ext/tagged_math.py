r"""Lets ``\tag`` stand in a displayed equation of several lines, with an address.

A notebook numbers its equations with ``\tag{3.1}``, which every renderer understands.
Sphinx wraps each block that holds a line break in a ``split`` environment, where
MathJax forbids the tag; a block with a tag is passed on as it is instead. The equation
becomes ``#eq-3-1`` on its page, and ``env.tagged_equations`` says which page that is.
"""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

TAG = re.compile(r"\\tag\{(\d+)\.(\d+)\}")


class KeepTaggedMath(SphinxTransform):
    default_priority = 800

    def apply(self):
        for node in self.document.findall(nodes.math_block):
            text = node.astext()
            if r"\tag" in text and not node.get("nowrap"):
                node["nowrap"] = True
                node.children = [nodes.Text(rf"\[{text}\]")]
            if found := TAG.search(text):
                name = f"eq-{found[1]}-{found[2]}"
                node["ids"].append(name)
                tags = equations(self.env)
                tags[f"{found[1]}.{found[2]}"] = (self.env.docname, name)


def equations(env):
    """The page and the identifier of each tagged equation, by its number."""
    if not hasattr(env, "tagged_equations"):
        env.tagged_equations = {}
    return env.tagged_equations


def purge(app, env, docname):
    kept = {tag: at for tag, at in equations(env).items() if at[0] != docname}
    env.tagged_equations = kept


def merge(app, env, docnames, other):
    equations(env).update(
        {tag: at for tag, at in equations(other).items() if at[0] in docnames}
    )


def setup(app):
    app.add_transform(KeepTaggedMath)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    return {
        "version": "2",  # a change makes Sphinx read every page again
        "env_version": 2,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
