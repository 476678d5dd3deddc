r"""Puts formulas on the page that ``tools/render_formulas.py`` has set beforehand.

A formula is looked up by its TeX in ``formulas.json``, which holds it as MathML: every
browser draws that by itself, screen readers read it, and nothing moves or blocks while
a page loads. On a page with a formula that is not there yet, MathJax sets that one in
the browser. The build leaves a list of all formulas for the tool in
``_build/.doctrees/formulas.json``.
"""

import functools
import html
import json
import re
from pathlib import Path

from docutils import nodes
from page import said

CACHE = Path(__file__).with_name("formulas.json")
TAG = re.compile(r"\s*\\tag\{([^}]*)\}")
OPENING, CLOSING = re.compile(r"[(\[“\u2018]*$"), re.compile(r"[,.;:?!)\]”\u2019]*")
KINDS = {nodes.math: "inline", nodes.math_block: "display"}


@functools.cache
def cache():
    """The MathML of each formula, by its kind and its TeX."""
    return json.loads(CACHE.read_text("utf-8"))["formulas"] if CACHE.exists() else {}


def tex(node):
    r"""What a formula says, without its number, and as MathJax would get it."""
    text = re.sub(r"^\\\[|\\\]$", "", node.astext().strip())
    text = TAG.sub("", text).strip()
    if isinstance(node, nodes.math_block) and r"\\" in text and r"\begin" not in text:
        text = rf"\begin{{split}}{text}\end{{split}}"  # as Sphinx does
    return text


def drawn(node):
    """The MathML of a formula, or None where the tool has not set it yet."""
    return cache().get(KINDS[type(node)], {}).get(tex(node))


def visit_math(self, node):
    if not (mathml := drawn(node)):
        return type(self).visit_math(self, node)
    self.body.append(f'<span class="math notranslate nohighlight">{mathml}</span>')
    raise nodes.SkipNode


def visit_math_block(self, node):
    """The formula in a box of its own, which may scroll, and its number beside it."""
    if not (mathml := drawn(node)):
        return type(self).visit_math_block(self, node)
    found = TAG.search(node.astext())
    number = found[1] if found else node.get("number")
    start = self.starttag(node, "div", CLASS="math formula notranslate nohighlight")
    self.body.append(f'{start.rstrip()}<div class="formula-body">{mathml}</div>')
    if number:
        number = html.escape(str(number))
        self.body.append(f'<span class="formula-number">({number})</span>')
    self.body.append("</div>\n")
    raise nodes.SkipNode


def keep_together(doctree):
    """Bind an inline formula to the brackets and stops that touch it.

    A browser may break a line on either side of a formula, and would begin the next
    one with a comma.
    """
    for node in list(doctree.findall(nodes.math)):
        parent, at = node.parent, node.parent.index(node)
        before, after = (
            str(parent[i]) if 0 <= i < len(parent) and is_text(parent[i]) else ""
            for i in (at - 1, at + 1)
        )
        opening, closing = OPENING.search(before)[0], CLOSING.match(after)[0]
        if not opening + closing:
            continue
        bound = nodes.inline("", opening, classes=["together"])
        parent[at] = bound
        bound += [node, nodes.Text(closing)]
        if closing:
            parent[at + 1] = nodes.Text(after[len(closing) :])
        if opening:
            parent[at - 1] = nodes.Text(before[: -len(opening)])


def is_text(node):
    return isinstance(node, nodes.Text)


def is_formula(node):
    return type(node) in KINDS


def collect(app, doctree):
    """Remember what a page has to say in formulas, and keep each with its stop."""
    keep_together(doctree)
    here = {(KINDS[type(node)], tex(node)) for node in doctree.findall(is_formula)}
    by_page(app.env)[app.env.docname] = here


def by_page(env):
    if not hasattr(env, "formulas_of_pages"):
        env.formulas_of_pages = {}
    return env.formulas_of_pages


def purge(app, env, docname):
    by_page(env).pop(docname, None)


def merge(app, env, docnames, other):
    by_page(env).update({name: by_page(other).get(name, set()) for name in docnames})


def list_all(app, exception):
    """Leave the list of formulas to the tool that sets them."""
    if exception is None:
        found = sorted(set().union(*by_page(app.env).values()))
        Path(app.doctreedir, "formulas.json").write_text(json.dumps(found), "utf-8")


def without_mathjax(app, pagename, templatename, context, doctree):
    """MathJax is for the pages with a formula that only it can set."""
    formulas = doctree.findall(is_formula) if doctree else ()
    if all(drawn(node) for node in formulas):
        context["script_files"] = [
            script
            for script in context["script_files"]
            if "mathjax" not in said(script).lower()
        ]


def setup(app):
    block = {"override": True, "html": (visit_math_block, None)}
    app.add_node(nodes.math, override=True, html=(visit_math, None))
    app.add_node(nodes.math_block, **block)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", list_all)
    app.connect("html-page-context", without_mathjax, priority=901)
    return {
        "version": "1",
        "env_version": 2,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
