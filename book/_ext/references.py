"""Makes a link of each reference that a page writes as plain text.

The chapters say "Eq. (3.4)", "chapters 3 and 5", "figure 5" (the report's count, whose
figures are named fig-1 to fig-14), "the appendix *Expected results*" or "the appendix
on speed", because a notebook opened in Colab or on GitHub knows no other way. In the
book each of them leads to the thing it names, if that is written already.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from tagged_math import equations

AND = r"(?:,\s+and\s+|,\s+|\s+and\s+|\s+or\s+|\s+to\s+)"
EQUATION, NUMBER = r"\(\d+\.\d+\)", r"\d+\b(?!\.\d)"
PATTERN = re.compile(
    rf"\bEqs?\.\s+{EQUATION}(?:{AND}{EQUATION})*"
    rf"|\b[Cc]hapters\s+{NUMBER}(?:{AND}{NUMBER})*|\b[Cc]hapter\s+{NUMBER}"
    rf"|\b[Ff]igures\s+{NUMBER}(?:{AND}{NUMBER})*|\b[Ff]igure\s+{NUMBER}"
    r"|\b[Aa]ppendix\s+on\s+(?:the\s+)?(?:report|speed|training|equations"
    r"|expected\s+results)\b"
)
# The first number takes the word before it into its link.
PART = re.compile(r"(?:[A-Z]?[a-z]+\.?\s+)?\(?(\d+(?:\.\d+)?)\)?")
# A link in a link is not allowed, a heading is copied into the menus, and code is code.
NOT_IN = (
    nodes.reference,
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.target,
)


class LinkReferences(SphinxPostTransform):
    default_priority = 500  # after references and outputs have been resolved
    formats = ("html",)

    def run(self, **kwargs):
        self.here = self.env.docname
        for text in list(self.document.findall(nodes.Text)):
            if not inside(text, NOT_IN):
                self.link_text(text)
        for emphasis in list(self.document.findall(nodes.emphasis)):
            title = " ".join(emphasis.astext().split())
            target = self.appendices().get(title)
            if target and not inside(emphasis, NOT_IN):
                wrap(emphasis, self.reference(target))
        for table in self.document.findall(nodes.table):
            self.link_table(table)

    def link_text(self, text):
        """Replace one text by itself with links in it."""
        source, parts, end = text.astext(), [], 0
        for start, stop, target in self.found(source):
            link = target and self.reference(target, text)
            if not link:
                continue
            link += nodes.Text(source[start:stop])
            parts += [nodes.Text(source[end:start]), link]
            end = stop
        if parts:
            parts.append(nodes.Text(source[end:]))
            text.parent.replace(text, [part for part in parts if part.astext()])

    def found(self, source):
        """Each reference in a text: where it begins and ends, and what it names."""
        for match in PATTERN.finditer(source):
            words, start = match.group(), match.start()
            kind = words[:2].lower()
            if kind == "ap":
                yield start, match.end(), self.appendix(words)
                continue
            find = {"eq": self.equation, "ch": self.chapter, "fi": self.figure}[kind]
            for part in PART.finditer(words):
                yield start + part.start(), start + part.end(), find(part.group(1))

    def equation(self, tag):
        return equations(self.env).get(tag)

    def chapter(self, number):
        pages = (re.fullmatch(r"book/0*(\d+)_\w+", d) for d in self.env.found_docs)
        names = [page.group() for page in pages if page and page.group(1) == number]
        return (names[0], "") if names else None

    def figure(self, number):
        return self.env.get_domain("std").anonlabels.get(f"fig-{number}")

    def appendices(self):
        """The appendices by their titles."""
        names = (d for d in self.env.found_docs if re.fullmatch(r"book/app_\w+", d))
        return {self.env.titles[name].astext(): (name, "") for name in names}

    def appendix(self, words):
        name = re.split(r"\s+", words)[-1]
        name = {"results": "expected"}.get(name, name)
        page = f"book/app_{name}"
        return (page, "") if page in self.env.found_docs else None

    def reference(self, target, text=None):
        """An empty link to a page or a place in it; none to where the text stands."""
        docname, name = target[:2]
        if docname == self.here:
            if not name or (text and name in ids_around(text)):
                return None
            uri = f"#{name}"
        else:
            uri = self.app.builder.get_relative_uri(self.here, docname)
            uri += f"#{name}" if name else ""
        title = self.env.titles[docname].astext()
        return nodes.reference("", "", internal=True, refuri=uri, reftitle=title)

    def link_table(self, table):
        """Link the numbers of a column "Eq." and functions of the library in code."""
        head = next(iter(table.findall(nodes.thead)), None)
        if head is None or not head.astext().startswith("Eq."):
            return
        objects = self.env.get_domain("py").objects
        for body in table.findall(nodes.tbody):
            for row in body.findall(nodes.row):
                first = next(iter(row.children[0].findall(nodes.Text)), None)
                target = first and self.equation(first.astext().strip())
                if target and not inside(first, NOT_IN):
                    wrap(first, self.reference(target))
            for code in list(body.findall(nodes.literal)):
                found = objects.get(f"vae_lib.{code.astext()}")
                if found and not inside(code, (nodes.reference,)):
                    wrap(code, self.reference((found.docname, found.node_id)))


def inside(node, kinds):
    """Whether a node stands in one of these."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def ids_around(node):
    """The identifiers of everything that a node stands in."""
    found = set()
    while node.parent is not None:
        node = node.parent
        if not isinstance(node, nodes.section | nodes.document):
            found |= set(node.get("ids", []))
    return found


def wrap(node, link):
    """Put a node into a link."""
    if link is not None:
        node.parent.replace(node, link)
        link += node


def rewrite(app, env):
    """Write every page again when the things that they name have moved."""
    places = (
        dict(equations(env)),
        sorted(env.found_docs),
        {k: v for k, v in env.get_domain("std").anonlabels.items() if k[:4] == "fig-"},
    )
    before = getattr(env, "places_of_references", None)
    env.places_of_references = places
    return [] if before in (None, places) else sorted(env.found_docs)


def setup(app):
    app.add_post_transform(LinkReferences)
    app.connect("env-updated", rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
