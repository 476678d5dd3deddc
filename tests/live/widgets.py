"""What the tests of the built book's widgets share."""

from browsing import WCAG

TAGS = (*WCAG, "best-practice")


def body(page, name, nth=0):
    """The body of a widget, once it has started."""
    root = page.locator(f".vae-live[data-widget={name}]").nth(nth)
    root.scroll_into_view_if_needed()
    found = root.locator(".vae-live-body[data-ready=true]")
    found.wait_for()
    return found


def picture(canvas):
    """What a canvas shows, once it has been painted."""
    canvas.page.wait_for_timeout(100)
    return canvas.evaluate("canvas => canvas.toDataURL()")


def code(page, widget):
    return widget.evaluate("body => body.widget.state.numbers('z')")


def errors(page):
    """What the page wrote to the console, without what a test blocks."""
    return [t for t in page.said if not t.startswith("[PST]") and "ERR_FAILED" not in t]
