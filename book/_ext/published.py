"""What a published site has beside its pages.

Each page gets a description, what a shared link shows, and what it teaches in the terms
of schema.org, so that collections of courses can list it. Beside the pages are written
a start page that leads to the book, the page for an address that does not exist, and
the list of pages for search engines. Their absolute addresses begin with the variable
BOOK_URL, which the workflow that publishes a fork sets, or else with the address at
which GitHub publishes the repository of _config.yml.
"""

import html
import json
import os
import re
from pathlib import Path

from docutils import nodes

PICTURE = "_static/readme.png"
PICTURE_SIZE = (1350, 720)
PICTURE_TEXT = (
    "The plane of digits that a variational autoencoder has learned, and the codes of "
    "test digits"
)
LONGEST = 200
AIMS = "What you will be able to do"
TEMPLATES = Path(__file__).parents[1] / "_templates"


def address(repository: str) -> str:
    """Where the site is published, with a slash at the end."""
    if given := os.environ.get("BOOK_URL"):
        return given.rstrip("/") + "/"
    owner, name = repository.rstrip("/").split("/")[-2:]
    site = f"{owner.lower()}.github.io"
    return f"https://{site}/" + ("" if name.lower() == site else f"{name}/")


def set_address(app, config):
    config.html_baseurl = address(config.html_theme_options["repository_url"])


def description(doctree) -> str:
    """The first paragraph of text, as far as whole words go."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        formula = any(paragraph.findall(nodes.math))
        if len(text) >= 60 and not formula and not text.startswith("Open"):
            break
    else:
        return "A book and a library about the variational autoencoder."
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def aims(doctree) -> list[str]:
    """What a chapter says that its reader will be able to do."""
    for section in doctree.findall(nodes.section):
        if section.next_node(nodes.title).astext() != AIMS:
            continue
        points = [point.astext() for point in section.findall(nodes.list_item)]
        if not points:  # some chapters say it in one sentence
            sentence = section.next_node(nodes.paragraph).astext()
            aim = re.split(r"(?<=\w)\.\s", sentence.partition(" you can ")[2])[0]
            points = re.split(r";\s+(?:and\s+)?", aim)
        return [" ".join(point.split()).rstrip(".;,") for point in points]
    return []


def learning(app, pagename: str, doctree, what: str) -> str:
    """The page as a LearningResource of schema.org, in a script that nothing runs."""
    base = app.config.html_baseurl
    author = {"@type": "Organization", "name": app.config.author}
    book = {"@type": "Book", "name": app.config.html_title, "url": base}
    resource = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "name": app.env.titles[pagename].astext(),
        "description": what,
        "url": f"{base}{pagename}.html",
        "image": base + PICTURE,
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "author": author,
        "isPartOf": book,
    }
    if taught := aims(doctree):
        resource["learningResourceType"] = "interactive lesson"
        resource["teaches"] = taught
    # "</script>" in a text would end the script.
    text = json.dumps(resource, ensure_ascii=False).replace("</", "<\\/")
    return f'\n<script type="application/ld+json">{text}</script>'


def describe(app, pagename, templatename, context, doctree):
    """Add to a page's head what it is about, and what it shows when it is shared."""
    if doctree is None:
        return
    base, title = app.config.html_baseurl, app.env.titles[pagename].astext()
    what = description(doctree)
    properties = {
        "og:title": title,
        "og:description": what,
        "og:type": "article",
        "og:site_name": app.config.html_title,
        "og:url": f"{base}{pagename}.html",
        "og:image": base + PICTURE,
        "og:image:width": PICTURE_SIZE[0],
        "og:image:height": PICTURE_SIZE[1],
        "og:image:alt": PICTURE_TEXT,
    }
    tags = [
        ("name", "description", what),
        ("name", "twitter:card", "summary_large_image"),
    ]
    tags += [("property", name, value) for name, value in properties.items()]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<meta {kind}="{name}" content="{html.escape(str(value))}" />'
        for kind, name, value in tags
    )
    context["metatags"] += learning(app, pagename, doctree, what)


def write_files(app, exception):
    """Write the files beside the pages, and keep the theme's scripts silent."""
    if exception or app.builder.format != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    for name in ("index.html", "404.html"):
        text = (TEMPLATES / f"plain_{name}").read_text("utf-8")
        text = text.replace("BASE/", base if name == "404.html" else "")
        (out / name).write_text(text, "utf-8", newline="\n")
    pages = sorted(app.env.found_docs)
    places = "".join(f"<url><loc>{base}{page}.html</loc></url>\n" for page in pages)
    (out / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{places}</urlset>\n",
        "utf-8",
    )
    # The theme reports what it does in the console of every page.
    for name in ("_static/scripts/pydata-sphinx-theme.js", "search.html"):
        path = out / name
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"console\.log\(", "void(", text), "utf-8")


def setup(app):
    app.connect("config-inited", set_address)
    app.connect("html-page-context", describe)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
