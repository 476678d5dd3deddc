"""Print the built book into one PDF, each page by a browser of the machine.

    pip install -e ".[site]" pypdf
    jupyter-book build . && python tools/print_book.py      # writes _build/vae-book.pdf

Links within the book lead to the place in the PDF; its bookmarks are the pages.
"""

import io
import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import notebooks
from notebook_env import ROOT

SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))
TARGET = SITE.parent / "vae-book.pdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MARGIN = {"top": "15mm", "bottom": "18mm", "left": "15mm", "right": "15mm"}
NUMBER = (
    '<div style="font: 8pt sans-serif; width: 100%; text-align: center">'
    '<span class="title"></span>, <span class="pageNumber"></span></div>'
)
PAPER = {
    "format": "A4",
    "scale": 0.8,
    "print_background": True,
    "display_header_footer": True,
    "header_template": "<div></div>",
    "footer_template": NUMBER,
}


def printed():
    """The title, the address and the PDF of each page, in the order of the book."""
    from playwright import sync_api

    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        raise SystemExit("no Chromium or Chrome on this machine")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox"]
        )
        page = chromium.new_page(color_scheme="light")
        for name in notebooks.toc():
            page.goto((SITE / f"{name}.html").as_uri(), wait_until="load")
            page.wait_for_function(
                "[...document.querySelectorAll('article img')]"
                ".every(image => image.complete && image.naturalWidth)"
            )
            data = page.pdf(margin=MARGIN, **PAPER)
            yield page.title().split(" — ")[0], name, data
            print(name, flush=True)


def places(reader, first):
    """Where the named places of one page's PDF are: page of the book, and height."""
    found = {}
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        found[str(name).lstrip("/")] = (first + number, place.top)
    return found


def target_of(link, name, book):
    """The place that a link within the book leads to: page and height, or None."""
    if "/Dest" in link:
        return book[name][1].get(str(link["/Dest"]).lstrip("/"))
    url = urlsplit(str(link.get("/A", {}).get("/URI", "")))
    if url.scheme != "file":
        return None
    path = Path(unquote(url.path)).relative_to(SITE.resolve())
    page = book.get(path.with_suffix("").as_posix())
    return page and page[1].get(unquote(url.fragment), (page[0], None))


def mend_links(writer, book):
    """Lead the links within the book to its pages; take out those to other files."""
    from pypdf import generic as pdf

    starts = sorted((first, name) for name, (first, _) in book.items())
    for number, page in enumerate(writer.pages):
        name = [name for first, name in starts if first <= number][-1]
        kept = pdf.ArrayObject()
        for reference in page.get("/Annots", ()):
            link = reference.get_object()
            found = target_of(link, name, book)
            inside = "/Dest" in link or "file:" in str(link.get("/A", {}).get("/URI"))
            if inside and not found:
                continue
            if found:
                link.pop("/A", None)
                top = pdf.NullObject() if found[1] is None else found[1]
                at = writer.pages[found[0]].indirect_reference
                fit = [pdf.NameObject("/XYZ"), pdf.NullObject(), top, pdf.NullObject()]
                link[pdf.NameObject("/Dest")] = pdf.ArrayObject([at, *fit])
            kept.append(reference)
        page[pdf.NameObject("/Annots")] = kept


def main() -> None:
    """Print and merge the pages."""
    import pypdf

    writer, book = pypdf.PdfWriter(), {}
    for title, name, data in printed():
        reader, first = pypdf.PdfReader(io.BytesIO(data)), len(writer.pages)
        book[name] = (first, places(reader, first))
        writer.append(reader, outline_item=title, import_outline=False)
    mend_links(writer, book)
    writer.add_metadata({"/Title": "The VAE book", "/Author": "The VAE book authors"})
    writer.compress_identical_objects()
    writer.write(TARGET)
    size = TARGET.stat().st_size / 1e6
    print(f"{TARGET}: {len(writer.pages)} pages, {size:.1f} MB")


if __name__ == "__main__":
    main()
