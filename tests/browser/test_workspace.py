"""An agent's whole work on a case, by mouse and by keyboard alone, in three languages: from the queue to a judged answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.reader import Reader, plain

pytestmark = [pytest.mark.browser, pytest.mark.verify]
QUESTION = "How long do I hold the button until the light turns amber?"
PATIENCE = 40_000  # milliseconds
WORDS = "It is 20 seconds by now."


@pytest.fixture(params=["en", "ko", "de"])
def reader(request, reader_of) -> Reader:
    made = reader_of(language=request.param)
    made.page.set_default_timeout(PATIENCE)  # the first question of a site waits for its model
    expect.set_options(timeout=PATIENCE)
    made.sign_in()
    return made


def test_with_the_mouse(reader):
    page = reader.open_from_queue("ready")
    _reads_the_brief(page, choose=lambda name: page.locator(f"#tab-{name}").click())
    cite = page.locator("#draft .cite").first
    cite.hover()
    quote = _quote(page)
    cite.click()
    _stands_at(page, quote)
    page.go_back()
    page.locator("#insert").click()
    expect(page.locator("#reply")).not_to_have_value("")
    answer = reader.ask(QUESTION)
    expect(answer.locator(".cite").first).to_be_visible()
    _down(answer).click()
    answer.locator(".fb-why label").nth(1).click()
    answer.locator(".fb-why textarea").fill(WORDS)
    answer.locator(".fb-why button").click()
    _is_kept(answer)
    up = page.locator("#draft .fb-thumbs button").first
    up.click()
    expect(page.locator("#draft .fb-thumbs button").first).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("#draft .fb-thumbs button").first).to_have_attribute("aria-pressed", "true")
    page.locator("#draft .fb-thumbs button").first.click()  # once more takes it back
    expect(page.locator("#draft .fb-thumbs button").first).to_have_attribute("aria-pressed", "false")
    assert reader.watch.requests > 10
    assert reader.watch.report() == {}


def test_with_the_keyboard_alone(reader):
    page = reader.page
    _open_by_keys(page, reader.site.ticket("ready"))
    _tab_to(page, "#tab-summary")
    _reads_the_brief(page, choose=lambda _: page.keyboard.press("ArrowRight"))
    page.keyboard.press("Home")
    _tab_to(page, "#draft .cite", back=True, first=True)
    quote = _quote(page)
    page.keyboard.press("Enter")
    _stands_at(page, quote)
    page.go_back()
    expect(page.locator("#draft")).to_be_visible()
    page.keyboard.press("i")
    expect(page.locator("#reply")).to_be_focused()
    expect(page.locator("#reply")).not_to_have_value("")
    page.keyboard.press("Tab")  # out of the field: letters are commands again
    page.keyboard.press("a")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    answer = page.locator("#ask-log .answer").last
    expect(answer.locator(".cite").first).to_be_visible()
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.press("Shift+Tab")  # the last thing of the answer
    expect(_down(answer)).to_be_focused()
    page.keyboard.press("Enter")
    expect(answer.locator(".fb-why form")).to_be_visible()
    expect(_down(answer)).to_be_focused()  # nothing moved under the hand
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(answer.locator(".fb-why input[type=radio]").nth(1)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type(WORDS)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    _is_kept(answer)
    expect(answer.locator(".fb-why summary")).to_be_focused()
    assert reader.watch.report() == {}


def _open_by_keys(page: Page, ticket: str) -> None:
    wanted = page.locator(f"a[data-move][href='{ticket}']")
    for _ in range(page.locator("[data-move]").count()):
        page.keyboard.press("j")
        if wanted.evaluate("(one) => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#draft")).to_be_visible()


def _tab_to(page: Page, selector: str, *, back: bool = False, first: bool = False) -> None:
    """With Tab, or Shift and Tab, until the focus is there. `first`: on the first of several."""
    wanted = page.locator(selector).first if first else page.locator(selector)
    for _ in range(80):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


def _reads_the_brief(page: Page, choose) -> None:
    """Every part of it comes into sight, alone, and holds something."""
    expect(page.locator("#panel-summary")).to_contain_text("the left earbud no longer charges in the case")
    for name, words in (
        ("similar", "#101 Right earbud dead after update 2.4.1"), ("articles", "Restore charging"),
        ("customer", "Priya Raman"), ("why", "Restore charging"),
    ):  # fmt: skip
        choose(name)
        expect(page.locator(f"#panel-{name}")).to_contain_text(words)
        expect(page.locator(".panel:visible")).to_have_count(1)


def _quote(page: Page) -> str:
    shown = page.locator("#draft .cite-wrap").first.locator(".q")
    expect(shown).to_be_visible()
    return plain(shown.inner_text())


def _stands_at(page: Page, quote: str) -> None:
    """The source is open at the quoted words."""
    expect(page.locator("mark#q")).to_be_in_viewport()
    assert quote and plain(page.locator("mark").first.inner_text()) == quote


def _down(answer: Locator) -> Locator:
    return answer.locator(".fb-thumbs button").nth(1)


def _is_kept(answer: Locator) -> None:
    expect(answer.locator(".fb-why form")).to_be_hidden()
    expect(_down(answer)).to_have_attribute("aria-pressed", "true")
    expect(answer.locator(".fb-why textarea")).to_have_value(WORDS)
    expect(answer.page.locator("#said")).not_to_be_empty()
