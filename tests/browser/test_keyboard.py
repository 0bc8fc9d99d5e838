"""Everything can be done without a pointer, and the reader always sees where they are (A11-2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.fill import PASSWORD
from tests.browser.focus import tab_through

pytestmark = [pytest.mark.browser, pytest.mark.verify]


def test_the_main_job_is_done_with_the_keyboard_alone(reader_of):
    reader = reader_of()
    page = reader.go("/sign-in/")
    page.keyboard.press("Tab")  # to the skip link
    page.keyboard.press("Enter")
    _type_into(page, "#id_username", "mara@acme.example")
    _type_into(page, "#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#rows")).to_be_visible()
    _walk_the_queue(page, reader.site)
    page.keyboard.press("i")
    expect(page.locator("#reply")).to_be_focused()
    expect(page.locator("#reply")).not_to_have_value("")
    page.keyboard.type("ja")  # letters go into the field now, they are no commands
    expect(page.locator("#reply")).to_have_value(page.locator("#reply").input_value().removesuffix("ja") + "ja")
    page.locator("#reply").blur()
    page.keyboard.press("a")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("How long do I hold the button until the light turns amber?")
    page.keyboard.press("Enter")
    expect(page.locator("#ask-log .answer .cite").first).to_be_visible()
    expect(page.locator("#question")).to_be_focused()
    assert reader.watch.report() == {}


def _type_into(page, field, words):
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", field):
            break
    expect(page.locator(field)).to_be_focused()
    page.keyboard.type(words)


def _walk_the_queue(page, site):
    """j to the second row, k back, ? and Escape, then down to the ticket and Enter."""
    rows = page.locator("[data-move]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    wanted = page.locator(f"a[data-move][href='{site.ticket('ready')}']")
    for _ in range(rows.count()):
        if wanted.evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#draft")).to_be_visible()


def test_j_and_k_go_through_the_messages_of_a_ticket(reader_of):
    reader = reader_of()
    reader.sign_in()
    page = reader.go(reader.site.ticket("solved"))
    for name in ("#m1", "#m2", "#m3"):
        page.keyboard.press("j")
        expect(page.locator(name)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#m2")).to_be_focused()


def test_slash_leads_to_a_ticket_by_its_number(reader_of):
    reader = reader_of()
    page = reader.sign_in()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    expect(page.locator("#find")).to_have_value("")
    page.keyboard.type("#104")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{reader.site.origin}{reader.site.ticket('ask')}")


def test_arrow_keys_go_through_the_tabs_and_the_choice_is_kept(reader_of):
    reader = reader_of()
    reader.sign_in()
    page = reader.go(reader.site.ticket("ready"))
    page.locator("#tab-summary").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-similar")).to_be_focused()
    expect(page.locator("#panel-similar")).to_be_visible()
    page.keyboard.press("End")
    expect(page.locator("#panel-why")).to_be_visible()
    page.reload()
    expect(page.locator("#panel-why")).to_be_visible()
    expect(page.locator("#panel-summary")).to_be_hidden()


def test_escape_puts_a_quote_away_until_the_focus_leaves(reader_of):
    reader = reader_of()
    reader.sign_in()
    page = reader.go(reader.site.ticket("ready"))
    cite, quote = page.locator("#draft .cite").first, page.locator("#draft .quote").first
    cite.focus()
    expect(quote).to_be_visible()
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()
    expect(cite).to_be_focused()
    cite.blur()
    cite.focus()
    expect(quote).to_be_visible()


def test_single_letters_do_nothing_once_they_are_switched_off(reader_of):
    reader = reader_of()
    page = reader.sign_in()
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch keys off").click()
    expect(page.locator("body")).not_to_have_attribute("data-keys", "on")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.evaluate("() => document.activeElement === document.body")
    page.locator(".help").click()
    page.get_by_role("button", name="Switch keys on").click()
    expect(page.locator("body")).to_have_attribute("data-keys", "on")


@pytest.mark.parametrize("width", [1280, 320])
def test_tab_reaches_everything_and_the_focus_is_always_seen(reader_of, width):
    reader = reader_of(width=width)
    page, found = reader.go("/sign-in/"), {}
    found["sign-in"] = tab_through(page)
    reader.sign_in("admin@acme.example")
    for path in ("/", reader.site.ticket("ready"), reader.site.ticket("stale"), "/ask/", "/search/?q=earbud", "/nothing/here/",
                 "/admin/", "/admin/accounts/user/", "/admin/platforms/connection/"):  # fmt: skip
        reader.go(path)
        found[path] = tab_through(page)
    reader.go(reader.site.ticket("ready"))
    page.locator("#draft .cite").first.press("Enter")
    expect(page.locator("mark#q")).to_be_visible()
    reader.go(page.url.partition("#")[0])  # with the fragment, Tab goes on from the quote
    found["source"] = tab_through(page)
    assert {path: what for path, what in found.items() if what} == {}
