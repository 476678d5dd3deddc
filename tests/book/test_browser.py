"""The built book in a browser: its menus, its widths, its dark figures and its print.

What this needs, and what is skipped without it, stands in browsing.py.
"""

import browsing
import pytest
from browsing import LAPTOP, PHONE, TABLET

import notebooks

pytestmark = browsing.MARKS
each_page = pytest.mark.parametrize("name", notebooks.toc())


def in_sight(page, selector):
    """How many elements a reader sees or can scroll to, not off to a side."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].filter(element => {
            const box = element.getBoundingClientRect();
            return element.checkVisibility({visibilityProperty: true})
                && box.width > 0 && box.left >= 0 && box.right <= innerWidth;
        }).length""",
        selector,
    )


CHAPTERS = ".bd-sidebar-primary li a"
SECTIONS = ".bd-sidebar-secondary .page-toc li a"


@pytest.mark.parametrize("size", [PHONE, TABLET])
def test_menu_of_the_book_opens(visit, size):
    page = visit("book/03_elbo", size)
    assert in_sight(page, CHAPTERS) == 0
    page.click(".primary-toggle")
    page.wait_for_timeout(500)
    assert in_sight(page, CHAPTERS) == len(notebooks.toc())
    page.click(f"{CHAPTERS}[href='05_gaussian_decoder.html']")
    page.wait_for_url("**/05_gaussian_decoder.html")


def test_menu_of_the_book_folds_away_on_a_laptop(visit):
    page = visit("book/03_elbo", LAPTOP)
    seen = []
    for _ in range(2):
        seen.append(in_sight(page, CHAPTERS))
        page.click(".primary-toggle")
        page.wait_for_timeout(500)
    seen.append(in_sight(page, CHAPTERS))
    assert seen == [len(notebooks.toc()), 0, len(notebooks.toc())]


@pytest.mark.parametrize("size", [PHONE, TABLET, LAPTOP])
def test_menu_of_the_page_opens(visit, size):
    page = visit("book/03_elbo", size)
    button = page.locator(".secondary-toggle")
    if button.is_visible():  # else the menu stands beside the text
        assert in_sight(page, SECTIONS) == 0
        button.click()
        page.wait_for_timeout(500)
    assert button.is_visible() == (size != LAPTOP)
    assert in_sight(page, SECTIONS) >= 5


@each_page
def test_page_fits_a_phone(visit, name):
    page = visit(name, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


@each_page
def test_search_is_in_sight_on_a_laptop(visit, name):
    page = visit(name, LAPTOP)
    page.wait_for_timeout(200)  # the theme scrolls its menu to the current page
    seen = page.evaluate(
        """() => [...document.querySelectorAll('.search-button-field')].some(field => {
            const box = field.getBoundingClientRect();
            const x = box.left + box.width / 2, y = box.top + box.height / 2;
            return box.width > 0 && field.contains(document.elementFromPoint(x, y));
        })"""
    )
    assert seen


def test_a_line_of_88_columns_fits_on_a_laptop(visit):
    page = visit("book/03_elbo", LAPTOP)
    wide, room = page.evaluate(
        """() => {
            const pre = document.querySelector('div.cell_input pre:not(details pre)');
            const style = getComputedStyle(pre), line = document.createElement('span');
            line.textContent = '0'.repeat(88);
            pre.append(line);
            const wide = line.getBoundingClientRect().width;
            line.remove();
            const padding = parseFloat(style.paddingLeft);
            return [wide, pre.clientWidth - padding];
        }"""
    )
    assert wide <= room


def test_wide_tables_scroll_by_keyboard(visit):
    page = visit("book/app_expected", PHONE)
    page.wait_for_timeout(200)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('article table')].map(table => {
            const box = table.parentElement;
            return [getComputedStyle(table).display, box.tabIndex,
                    box.scrollWidth > box.clientWidth];
        })"""
    )
    wide = [(display, stop) for display, stop, scrolls in boxes if scrolls]
    assert len(wide) >= 2 and set(wide) == {("table", 0)}


@pytest.mark.parametrize("name", ["book/03_elbo", "book/07_conv_vae", "book/intro"])
def test_dark_figures_are_as_drawn(visit, name):
    page = visit(name, LAPTOP, color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    looks = page.evaluate(
        """() => [...document.querySelectorAll('article img')].map(image => {
            const style = getComputedStyle(image);
            return [style.filter, style.backgroundColor];
        })"""
    )
    assert looks and {tuple(look) for look in looks} == {("none", "rgb(255, 255, 255)")}


def test_print_shows_what_is_folded_and_cuts_no_line(visit):
    page = visit("book/03_elbo", (800, 1000))
    page.wait_for_function(
        "[...document.querySelectorAll('article img')].every(i => i.naturalWidth)"
    )
    folded = page.locator("article details:not([open])").count()
    assert folded >= 5
    page.evaluate(
        """window.addEventListener('beforeprint', () => {
            window.folded = document.querySelectorAll('details:not([open])').length;
        })"""
    )
    page.pdf()
    assert page.evaluate("window.folded") == 0
    assert page.locator("article details:not([open])").count() == folded
    page.set_viewport_size({"width": 690, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(100)
    blocks = page.evaluate(
        """() => [...document.querySelectorAll('article pre')]
            .filter(pre => pre.textContent)  // what an exercise prints is not there yet
            .map(pre => [
                pre.scrollWidth - pre.clientWidth, pre.clientHeight,
                pre.checkVisibility({opacityProperty: true}),
            ])"""
    )
    assert len(blocks) >= 20
    assert all(over <= 0 and height > 0 and seen for over, height, seen in blocks)
    answer = page.locator("details", has_text="answer to exercise 1").first
    assert answer.locator("pre").first.is_visible()
    label = "getComputedStyle(document.querySelectorAll('details')[0].firstElementChild"
    assert "Show" not in page.evaluate(label + ", '::before').content")
