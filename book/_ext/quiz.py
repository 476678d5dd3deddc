"""Puts the questions of a chapter on its page, before its exercises.

They come from ``book/quizzes.yml``, whose first lines say how one is written; the
notebooks do not hold them. A question is a fieldset with a legend and radio buttons,
and its explained answers fold out below without any script. Where scripts run, quiz.js
shows a button that judges the choice in words. Only pages with questions load quiz.js
and quiz.css. Other builders write the same texts one after the other.
"""

import html
import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

sys.path.append(str(Path(__file__).parents[2] / "tools"))
import quizzes

TITLE, NAME = "Check yourself", "check-yourself"
BEFORE = "Exercises"
MARKUP = re.compile(r"`([^`]+)`|\$([^$]+)\$|\*([^*]+)\*")
INLINE = (nodes.literal, nodes.math, nodes.emphasis)


class quiz_question(nodes.General, nodes.Element):
    """A fieldset: a legend, the choices, and the explained answers."""


class quiz_legend(nodes.General, nodes.TextElement):
    """What is asked."""


class quiz_choice(nodes.General, nodes.TextElement):
    """A radio button and its words."""


class quiz_answers(nodes.General, nodes.Element):
    """A fold with the explanation of each choice."""


def inline(text):
    """The nodes of a text with `code`, $formulas$ and *emphasis*."""
    found, end = [], 0
    for match in MARKUP.finditer(text):
        found.append(nodes.Text(text[end : match.start()]))
        kind, content = INLINE[match.lastindex - 1], match[match.lastindex]
        found.append(kind(content, content))
        end = match.end()
    return [node for node in [*found, nodes.Text(text[end:])] if node.astext()]


def question_node(question, number, chapter, address):
    """The fieldset of one question; the address is the section that answers it."""
    node = quiz_question(number=number)
    legend = quiz_legend()
    legend += [nodes.strong("", f"{number}."), nodes.Text(" ")]
    legend += inline(question.question)
    node += legend
    answers, explained = quiz_answers(number=number), nodes.bullet_list(bullet="-")
    for letter, choice in zip(quizzes.LETTERS, question.choices, strict=False):
        words = quiz_choice(group=f"{NAME}-{chapter}-{number}", letter=letter)
        words += [nodes.strong("", f"{letter}."), nodes.Text(" ")]
        words += inline(choice.text)
        node += words
        reason = nodes.paragraph()
        reason += [nodes.strong("", quizzes.verdict(letter, choice)), nodes.Text(" ")]
        reason += inline(choice.why)
        explained += nodes.list_item("", reason)
    answers += explained
    link = nodes.reference("", "", internal=True, refuri=f"#{address}")
    heading = quizzes.plain(question.section)
    link += nodes.emphasis("", heading)
    answers += nodes.paragraph("", "", nodes.Text("The section: "), link)
    node += answers
    return node


class AddQuiz(SphinxTransform):
    """Adds the section "Check yourself" to a chapter that has questions."""

    default_priority = 700

    def apply(self):
        chapter = Path(self.env.docname).name
        if chapter not in quizzes.chapters() or self.env.docname != f"book/{chapter}":
            return
        # Noted without questions too, so that the page is read again when it gets some.
        self.env.note_dependency(str(quizzes.FILE))
        questions = self.app.quizzes.get(chapter)
        if not questions:
            return
        titles = {
            quizzes.plain(title.astext()): title.parent
            for title in self.document.findall(nodes.title)
        }
        section = nodes.section(ids=[NAME], names=[NAME])
        section += nodes.title("", TITLE)
        section += nodes.paragraph("", quizzes.INTRODUCTION)
        for number, one in enumerate(questions, 1):
            heading = quizzes.plain(one.section)
            if heading not in titles:
                raise ExtensionError(
                    f"{quizzes.FILE.name}: chapter {chapter!r}, question {number}: the "
                    f"page has no heading {heading!r}: copy one of the notebook."
                )
            address = titles[heading]["ids"][0]
            section += question_node(one, number, chapter, address)
        exercises = titles.get(BEFORE)
        if exercises is None:
            raise ExtensionError(f"{chapter}: no section {BEFORE!r} to stand after.")
        place = exercises.parent.index(exercises)
        exercises.parent.insert(place, section)


def visit_question(self, node):
    self.body.append('<fieldset class="vae-quiz">')


def depart_question(self, node):
    self.body.append("</fieldset>\n")


def visit_legend(self, node):
    self.body.append("<legend>")


def depart_legend(self, node):
    self.body.append("</legend>\n")


def visit_choice(self, node):
    group, letter = html.escape(node["group"]), node["letter"]
    button = f'<input type="radio" name="{group}" value="{letter}">'
    self.body.append(f"<label>{button}<span>")


def depart_choice(self, node):
    self.body.append("</span></label>\n")


def visit_answers(self, node):
    # The script shows the button; the region must be there before words come into it.
    self.body.append(
        '<button type="button" hidden>Check my answer</button>\n'
        '<div class="vae-quiz-says" role="status"></div>\n'
        f"<details><summary>{quizzes.label(node['number'])}</summary>\n"
    )


def depart_answers(self, node):
    self.body.append("</details>\n")


def pass_by(self, node):
    """Other builders write what stands in it."""


def read(app):
    """Check the file before any page is read."""
    try:
        app.quizzes = quizzes.load(quizzes.FILE)
    except ValueError as error:
        raise ExtensionError(str(error)) from error


def add_files(app, pagename, templatename, context, doctree):
    """Load quiz.js and quiz.css on the pages with questions."""
    if doctree is not None and any(doctree.findall(quiz_question)):
        app.add_css_file("quiz.css")
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app):
    other = dict.fromkeys(("latex", "text", "man", "texinfo"), (pass_by, pass_by))
    app.add_node(quiz_question, html=(visit_question, depart_question), **other)
    app.add_node(quiz_legend, html=(visit_legend, depart_legend), **other)
    app.add_node(quiz_choice, html=(visit_choice, depart_choice), **other)
    app.add_node(quiz_answers, html=(visit_answers, depart_answers), **other)
    app.connect("builder-inited", read)
    app.add_transform(AddQuiz)
    app.connect("html-page-context", add_files)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
