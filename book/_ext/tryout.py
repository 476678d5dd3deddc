"""Puts an exercise into a page, to be written and judged there, without installing.

In a notebook, where a reader in Colab has Python anyway, a comment that is not seen:

.. code-block:: markdown

    <!-- try: gaussian_kl -->

The exercise is ``book/_exercises/gaussian_kl.py``: its title and its task (the
docstring), its solution between nbgrader's markers, the cases and the mistakes. Without
scripts the page has the task, the code to complete and the folded solution. With them
tryout.js puts a text area and two buttons in the place of the code. When the reader
asks for a check, and not before, it loads python.js, which is packed here: MicroPython,
the judge, and the exercises.
"""

import base64
import json
import re
import zlib
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

EXERCISES = Path(__file__).parents[1] / "_exercises"
PYTHON = EXERCISES / "micropython"
COMMENT = re.compile(r"<!--\s*try:\s*(\w+)\s*-->")
SOLUTION = re.compile(r"( *)### BEGIN SOLUTION\n(.*?) *### END SOLUTION\n", re.DOTALL)
EMPTY = "# YOUR CODE HERE\n{0}raise NotImplementedError()\n"


def names():
    """The exercises that there are."""
    files = sorted(EXERCISES.glob("*.py"))
    return [path.stem for path in files if path.stem != "judge"]


def source(name):
    return (EXERCISES / f"{name}.py").read_text("utf-8")


def parts(name):
    """Title, task, code to complete, and solution of an exercise."""
    text = source(name)
    _, words, code = text.split('"""', 2)
    title, task = words.strip().split("\n\n", 1)
    code = code[: SOLUTION.search(code).end()].strip("\n") + "\n"
    stub = SOLUTION.sub(lambda found: found[1] + EMPTY.format(found[1]), code)
    solution = SOLUTION.sub(lambda found: found[2], code)
    return title.rstrip("."), task.replace("\n", " "), stub, solution


def packed():
    """The script python.js: what the page needs in order to judge."""
    binary = {
        name: base64.b64encode(zlib.compress((PYTHON / name).read_bytes(), 9)).decode()
        for name in ("micropython.mjs", "micropython.wasm")
    }
    texts = {name: source(name) for name in ["judge", *names()]}
    licence = (PYTHON / "LICENSE").read_text("utf-8")
    about = f"/* Packed by tryout.py. MicroPython, unchanged:\n\n{licence}*/\n"
    return f"{about}vaeTryout({json.dumps({'binary': binary, 'texts': texts})});\n"


class tryout(nodes.General, nodes.Element):
    """The box of one exercise; its children are what is seen without scripts."""


class tryout_solution(nodes.General, nodes.Element):
    """What is folded."""


def with_code(text):
    """A text with `code` in it, as nodes."""
    for i, part in enumerate(text.split("`")):
        yield nodes.literal("", part) if i % 2 else nodes.Text(part)


def box(name):
    title, task, stub, solution = parts(name)
    node = tryout("", name=name)
    start = nodes.paragraph("", "", nodes.strong("", f"Try it here. {title}."))
    start["classes"].append("vae-try-task")
    start += [nodes.Text(" "), *with_code(task)]
    node += start
    node += nodes.literal_block(stub, stub, language="python", classes=["vae-try-stub"])
    block = nodes.literal_block(solution, solution, language="python")
    node += tryout_solution("", block)
    return node


class TryComment(SphinxTransform):
    """Makes a box of a comment."""

    default_priority = 400

    def apply(self):
        for comment in list(self.document.findall(nodes.raw)):
            found = COMMENT.fullmatch(comment.astext().strip())
            if not found:
                continue
            if found[1] not in names():
                known = ", ".join(names())
                logging.getLogger(__name__).warning(
                    f"try: no exercise {found[1]!r}: choose one of {known}",
                    location=comment,
                )
                continue
            for path in (f"{found[1]}.py", "judge.py"):
                self.env.note_dependency(str(EXERCISES / path))
            comment.parent.replace(comment, box(found[1]))


def visit_html(self, node):
    data = {"data-name": node["name"]}
    self.body.append(self.starttag(node, "div", CLASS="vae-try", **data))


def visit_solution(self, node):
    self.body.append('<details class="vae-try-solution">\n')
    self.body.append("<summary>Show a solution</summary>\n")


def depart_solution(self, node):
    self.body.append("</details>\n")


def depart_html(self, node):
    self.body.append("</div>\n")


def visit_other(self, node):
    """Nothing of its own: task, code and solution are printed as they are."""


def add_files(app, pagename, templatename, context, doctree):
    """Let a page with an exercise, and no other, load the script and the look."""
    if doctree is not None and any(doctree.findall(tryout)):
        app.add_css_file("tryout/tryout.css")
        app.add_js_file("tryout/tryout.js", loading_method="defer")


def write_python(app, exception):
    """Pack Python beside the script that loads it."""
    if exception is None and app.builder.format == "html":
        target = Path(app.outdir, "_static", "tryout", "python.js")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(packed(), "utf-8")


def setup(app):
    other = (visit_other, visit_other)
    writers = dict.fromkeys(("latex", "text", "man", "texinfo"), other)
    app.add_node(tryout, html=(visit_html, depart_html), **writers)
    html = (visit_solution, depart_solution)
    app.add_node(tryout_solution, html=html, **writers)
    app.add_transform(TryComment)
    app.connect("html-page-context", add_files)
    app.connect("build-finished", write_python)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
