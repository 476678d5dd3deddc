"""From a notebook to the slides of its chapter.

A slide shows what one looks at: headings, the sentence a section begins with,
predictions, formulas, lists, figures, tables and the code that is not folded. The rest
of the prose is in the speaker's notes. Answers to exercises are left out, and so are
imports. tools/slides.py writes what is made here.
"""

import ast
import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import notebook_env
import notebooks
import student

CACHE = notebook_env.ROOT / "book" / "_ext" / "formulas.json"
TAG = re.compile(r"\s*\\tag\{([^}]*)\}")
ASKS = ("Predict", "Exercise")
ANSWER = "Show the answer"
# The end of a sentence, and not of an abbreviation.
END = re.compile(r"(?<!\bEq)(?<!\bEqs)(?<!\bal)(?<!\bvs)[.?!](?=\s)")
ROOM = 15  # lines of text on a slide
WIDTH = 72  # characters in a line
PRINTED = 16  # lines that a cell prints, at most, before the rest is cut


@dataclass
class Slide:
    """One slide: its heading, and what is shown and said."""

    heading: str = ""
    level: int = 2
    kind: str = "text"
    shown: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    lines: float = 0


class Formulas:
    """The book's formulas as MathML; MathJax has to set those that are not there."""

    def __init__(self) -> None:
        stored = json.loads(CACHE.read_text("utf-8"))
        self.known, self.macros = stored["formulas"], stored["macros"]
        self.missing: list[str] = []

    def set(self, tex: str, kind: str) -> str:
        r"""A formula as HTML, without its ``\tag``."""
        text = TAG.sub("", tex).strip()
        if kind == "display" and r"\\" in text and r"\begin" not in text:
            text = rf"\begin{{split}}{text}\end{{split}}"
        if mathml := self.known[kind].get(text):
            return mathml
        self.missing.append(text)
        bare = html.escape(text)
        return rf"\[{bare}\]" if kind == "display" else rf"\({bare}\)"

    def display(self, tex: str) -> str:
        """A formula on lines of its own, with its number."""
        tag = TAG.search(tex)
        number = f'<span class="number">({tag[1]})</span>' if tag else ""
        return f'<div class="formula">{self.set(tex, "display")}{number}</div>\n'


def reader(formulas: Formulas) -> MarkdownIt:
    """Markdown as the book reads it; of a link only its text, for no host is named."""
    markdown = MarkdownIt("commonmark").enable("table")
    markdown.use(dollarmath_plugin).use(amsmath_plugin)
    rules = markdown.renderer.rules
    rules["math_inline"] = lambda tokens, i, *_: formulas.set(
        tokens[i].content, "inline"
    )
    for name in ("math_block", "math_block_label", "amsmath"):
        rules[name] = lambda tokens, i, *_: formulas.display(tokens[i].content)
    for name in ("link_open", "link_close", "image", "html_block", "html_inline"):
        rules[name] = lambda *_: ""
    return markdown


def blocks(markdown: MarkdownIt, text: str) -> list[list[Token]]:
    """The paragraphs, lists, formulas and headings of a text, each as its tokens."""
    found: list[list[Token]] = []
    for token in markdown.parse(text):
        if token.level == 0 and token.nesting != -1:
            found.append([])
        found[-1].append(token)
    return found


def words(tokens: list[Token]) -> str:
    """What a block says, as plain text."""
    inline = [t.content for t in tokens if t.type == "inline"]
    return re.sub(r"[*_`]", "", "\n".join(inline)).strip()


def first_sentence(tokens: list[Token]) -> list[Token]:
    """The paragraph cut after its first sentence; whole if no end of one shows."""
    inline = tokens[1]
    depth, kept = 0, []
    for child in inline.children or []:
        depth += child.nesting
        plain = child.type == "text" and depth == 0
        if plain and (end := END.search(child.content + " ")):
            child.content = child.content[: end.end()]
            inline.children = [*kept, child]
            return tokens
        kept.append(child)
    return tokens


class Deck:
    """The slides of a chapter, in stacks: one stack a section."""

    def __init__(self, markdown: MarkdownIt) -> None:
        self.markdown = markdown
        self.stacks: list[list[Slide]] = []
        self.fresh = False

    @property
    def slide(self) -> Slide:
        return self.stacks[-1][-1]

    def render(self, tokens: list[Token]) -> str:
        return self.markdown.renderer.render(tokens, self.markdown.options, {})

    def text(self, source: str) -> None:
        """Add the Markdown of a cell."""
        for tokens in blocks(self.markdown, source):
            kind = tokens[0].type
            if kind == "heading_open":
                self.head(tokens)
            elif kind in ("bullet_list_open", "ordered_list_open"):
                self.items(tokens)
            elif kind == "paragraph_open":
                self.paragraph(tokens)
            elif kind not in ("hr", "html_block"):
                self.show(self.render(tokens), _height(tokens))

    def head(self, tokens: list[Token]) -> None:
        level = int(tokens[0].tag[1])
        heading = self.render(tokens[1:2])
        slide = Slide(heading, min(level, 3), "title" if level == 1 else "text")
        if level <= 2:
            self.stacks.append([slide])
        elif not self.slide.shown and not self.slide.said:
            self.show(f"<h3>{heading}</h3>", 2)
        else:
            self.stacks[-1].append(slide)
        self.fresh = True

    def paragraph(self, tokens: list[Token]) -> None:
        """Show what asks or what a section begins with; the rest is for the notes."""
        said, plain = self.render(tokens), words(tokens)
        if plain.startswith("Open in Colab"):
            return
        if plain.startswith(ASKS):
            # A question stands alone, so that nobody reads the answer below it.
            self.more()
            inner = said.replace("<p>", '<p class="ask">', 1)
            self.show(inner, _lines(plain) + 1)
        elif self.fresh:
            lead = self.render(first_sentence(tokens))
            self.show(lead, _lines(plain))
            self.slide.said.append(said)
        else:
            self.slide.said.append(said)
        self.fresh = False

    def items(self, tokens: list[Token]) -> None:
        """A list, its points on as many slides as they need."""
        opening, closing = tokens[0], tokens[-1]
        points: list[list[Token]] = []
        for token in tokens[1:-1]:
            if token.type == "list_item_open" and token.level == 1:
                points.append([])
            points[-1].append(token)
        part: list[Token] = []
        used = 0.0
        for point in points:
            need = _height(point)
            if part and used + need + self.slide.lines > ROOM:
                self.show(self.render([opening, *part, closing]), used)
                self.more()
                part, used = [], 0.0
            part += point
            used += need
        self.show(self.render([opening, *part, closing]), used)

    def code(self, cell) -> None:
        """Add a cell: its source unless it is folded, and what it put out."""
        tags = cell.metadata.get("tags", [])
        prompt = cell.metadata.get("mystnb", {}).get("code_prompt_show", "")
        if prompt.startswith(ANSWER) or "### BEGIN SOLUTION" in cell.source:
            return
        answers = prompt.startswith(student.PREDICTED)
        if answers:
            self.more()
        if not {"hide-cell", "hide-input"} & set(tags) and not _imports(cell.source):
            self.listing(cell.source)
        for output in cell.get("outputs", []):
            self.output(output, cell)
        self.fresh = False

    def listing(self, source: str) -> None:
        count = source.count("\n") + 1
        shown = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
        self.show(f"<pre><code>{shown}</code></pre>", 0.72 * count + 1)

    def output(self, output, cell) -> None:
        data = output.get("data", {})
        if "image/png" in data:
            self.figure(data["image/png"], cell.metadata)
        elif "text/markdown" in data:
            self.text_block(data["text/markdown"])
        elif output.output_type == "stream" or "text/plain" in data:
            if output.get("name") == "stderr":
                return
            lines = (output.get("text") or data["text/plain"]).rstrip().split("\n")
            if len(lines) > PRINTED:
                lines = [*lines[:PRINTED], "…"]
            printed = html.escape("\n".join(lines))
            self.show(f'<pre class="printed">{printed}</pre>', 0.72 * len(lines) + 1)

    def text_block(self, source: str) -> None:
        for tokens in blocks(self.markdown, source):
            self.show(self.render(tokens), _height(tokens))

    def figure(self, png: str, metadata) -> None:
        """A picture on a slide of its own, with its alternative text and caption."""
        if self.slide.shown:
            self.more()
        caption = metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        caption = self.markdown.renderInline(caption)
        alt, data = html.escape(metadata.get("alt", "")), png.replace("\n", "")
        image = f'<img src="data:image/png;base64,{data}" alt="{alt}">'
        self.slide.kind = "figure"
        self.show(
            f"<figure>{image}<figcaption>{caption}</figcaption></figure>", ROOM, True
        )

    def more(self) -> None:
        """Go on with the section on a new slide, unless this one is still empty."""
        if self.slide.shown:
            last = self.slide
            level = 2 if last.level == 1 else last.level
            self.stacks[-1].append(Slide(last.heading, level))

    def show(self, block: str, lines: float, figure: bool = False) -> None:
        """Put a block on the slide, or on the next one if this one is full."""
        if self.slide.kind == "figure" and not figure:
            self.more()
        if self.slide.shown and self.slide.lines + lines > ROOM:
            self.more()
        self.slide.shown.append(block)
        self.slide.lines += lines


def _imports(source: str) -> bool:
    """Whether a cell makes ready what others use; nobody looks at that in a lecture."""
    return isinstance(ast.parse(source).body[0], ast.Import | ast.ImportFrom)


def _lines(text: str) -> float:
    """How many lines a text takes, and the space below it."""
    return sum(1 + len(line) // WIDTH for line in text.split("\n")) + 0.5


def _height(tokens: list[Token]) -> float:
    """How many lines a block of Markdown takes."""
    if tokens[0].type in ("math_block", "math_block_label", "amsmath"):
        return 3.0 + 1.5 * tokens[0].content.count(r"\\")
    if tokens[0].type == "fence":
        return 0.72 * tokens[0].content.count("\n") + 1
    if tokens[0].type == "table_open":
        return 1.4 * sum(token.type == "tr_open" for token in tokens) + 1
    return sum(_lines(t.content) for t in tokens if t.type == "inline")


def deck(path: Path, formulas: Formulas) -> list[list[Slide]]:
    """The slides of a chapter."""
    made = Deck(reader(formulas))
    notebook = nbformat.read(path, as_version=4)
    setup = notebooks.setup_cell(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            made.text(cell.source)
        elif cell is not setup:
            made.code(cell)
    return [[s for s in stack if s.shown] or stack[:1] for stack in made.stacks]
