"""What test_book.py measures in a page: prose, code, figures and equations."""

import ast
import re

import nbformat

import notebooks
from notebook_env import ROOT

COLON_FENCES = "note|tip|important|warning|admonition"
# Colab opens one notebook without the book's folder, MyST or the macros of _config.yml.
NOT_IN_COLAB = {
    "a directive (Colab shows its source)": r"^(?:```+|~~~+)\{.*",
    "a colon fence that is not a simple note": rf"^:::+\{{(?!(?:{COLON_FENCES})\}}).*",
    "a role (use plain text or a link)": r"\{[a-zA-Z:_-]+\}`[^`]*`",
    "a target": r"^\([\w:.-]+\)=",
    "a label after a formula (use \\tag)": r"\$\$ *\([\w:.-]+\)",
    "a relative or remote image": r"!\[[^\]]*\]\([^)]*\)|<img\b",
    "a relative link": r"(?<!!)\[[^\]]*\]\((?!https?://|#)[^)]*\)",
    "a macro of the book": r"\\(?:E|KL|elbo|R|N)(?![A-Za-z])",
    "an amsmath environment outside $$": r"^\\begin\{(?:align|equation|gather)\*?\}",
}
AMERICAN = re.compile(
    r"\b\w*(?:normaliz|parameteriz|regulariz|initializ|summariz|visualiz|factoriz"
    r"|generaliz|minimiz|maximiz|optimiz|organiz|recogniz|penaliz|discretiz|binariz"
    r"|marginaliz|standardiz|realiz|analyz|behavior|neighbor|color|favor|labeled"
    r"|labeling|modeled|modeling|center|gray|catalog(?!ue)|artifact)\w*",
    re.IGNORECASE,
)

# Words that this book once used for things that have a name: a reader who searches for
# one finds nothing. Each with the field's term, which is to be used instead.
PRIVATE = {
    r"prices? of the (?:rate|code)": "KL weight",
    r"company": "batch: the images that are normalised together",
    r"heaps?": "prior",
    r"far-fetched": "far from every digit, with the measure that is meant",
    r"fees?": "log normaliser",
    r"bargains?": "say what is gained and what it costs, in nats",
    r"forg[eo]t(?:s|ten|ting)? (?:its|their|the) codes?": "posterior collapse",
    r"tugs?[- ]of[- ]war": "trade-off between rate and distortion",
}


class Chapter:
    """A notebook with its prose and its code cells at hand."""

    def __init__(self, path):
        self.path = path
        self.notebook = nbformat.read(path, as_version=4)
        cells = self.notebook.cells
        self.code = [cell for cell in cells if cell.cell_type == "code"]
        self.prose = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")

    @property
    def figures(self):
        """The names of its figures."""
        found = [c.metadata.get("mystnb", {}).get("figure", {}) for c in self.code]
        return [figure["name"] for figure in found if "name" in figure]

    @property
    def captions(self):
        """The captions and the alternative texts of its figures."""
        shown = [cell.metadata.get("mystnb", {}) for cell in self.code]
        texts = [m.get("figure", {}).get("caption", "") for m in shown]
        return texts + [m.get("image", {}).get("alt", "") for m in shown]

    @property
    def html(self):
        """All that its cells show as HTML."""
        data = [o.get("data", {}) for cell in self.code for o in cell.outputs]
        return "\n".join(d.get("text/html", "") for d in data)


def is_image(output):
    """Whether an output is a picture."""
    return any(kind.startswith("image/") for kind in output.get("data", {}))


def is_ignored(cell):
    """Whether nbval does not compare a cell's outputs."""
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def printed_lines(cell):
    """The lines of text that nbval compares."""
    for output in cell.outputs:
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        if not is_image(output):
            yield from text.splitlines()


def code_lines(cell):
    """The number of lines that are neither empty nor a comment."""
    lines = [line.strip() for line in cell.source.splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def words(prose):
    """The number of words in Markdown, without formulas, code and addresses."""
    return len(re.findall(r"[A-Za-z][A-Za-z'-]*", without_code(prose)))


def without_code(text):
    """Markdown without code, formulas and addresses; what a directive holds stays."""
    directive = r"^```\{(?!eval-rst)[\w-]+\}[^\n]*\n(.*?)^```"
    text = re.sub(directive, r"\1", text, flags=re.DOTALL | re.MULTILINE)
    for pattern in (
        r"^```.*?^```",
        r"\$\$.*?\$\$",
        r"`[^`\n]*`",
        r"\$[^$\n]*\$",
        r"https?://\S+",
        r"<[^>\n]*>",
    ):
        text = re.sub(pattern, " ", text, flags=re.DOTALL | re.MULTILINE)
    return text


def american(text):
    """The American spellings in a text, those in quotations and names excepted."""
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", without_code(text))  # a line a paragraph
    text = re.sub(r'"[^"\n]*"|“[^”]*”|\w[\w.-]*/[\w.-]+#\d+', " ", text)
    return sorted({match.group(0) for match in AMERICAN.finditer(text)})


def private(text):
    """The words of ``PRIVATE`` in a text, each with the term that belongs there."""
    prose = " ".join(without_code(text).split()).lower()
    return sorted(
        f"{match}: {term}"
        for word, term in PRIVATE.items()
        for match in set(re.findall(rf"\b{word}\b", prose))
    )


def displayed_math(text):
    """The formulas between double dollars."""
    return re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)


def equation_references(text):
    """The numbers in phrases such as "Eq. (3.1)" and "Eqs. (3.1) and (3.4)"."""
    number = r"\(\d+\.\d+\)"
    phrase = rf"Eq(?:s?\.|uations?)[\s~]+{number}(?:(?:,| and| to|, and)\s+{number})*"
    found = re.findall(phrase, text)
    return [n for match in found for n in re.findall(r"\((\d+\.\d+)\)", match)]


def page_text(path):
    """The Markdown of a page."""
    is_notebook = path.suffix == ".ipynb"
    return Chapter(path).prose if is_notebook else path.read_text("utf-8")


def read_aloud(path):
    """The words of a page, those that a figure is described by included."""
    captions = Chapter(path).captions if path.suffix == ".ipynb" else []
    return "\n\n".join([page_text(path), *captions])


def prose_files():
    """Everything that a reader reads."""
    named = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return named + sorted((ROOT / "book").glob("*.md")) + notebooks.all_notebooks()


def function_bodies(source):
    """Name and statements of each function of two statements or more."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if len(body) > 1:
                yield node.name, "\n".join(map(ast.dump, body))


def library_bodies():
    """The functions of vae_lib by what they do, the answers of exercises excepted."""
    found = {}
    paths = sorted((ROOT / "vae_lib").rglob("*.py"))
    for path in (path for path in paths if path.parent.name != "exercises"):
        for name, body in function_bodies(path.read_text("utf-8")):
            found[body] = f"{path.relative_to(ROOT)}:{name}"
    return found
