"""An agent's way through a case, in a real browser: from signing in to a reply with its evidence."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.reader import plain
from tests.mirror import FIX

pytestmark = pytest.mark.browser


def test_an_agent_gets_from_signing_in_to_a_cited_reply_and_a_cited_answer(reader_of):
    reader = reader_of()
    page = reader.sign_in()
    expect(page.get_by_role("heading", level=1)).to_have_text("All open tickets")
    reader.open_from_queue("ready")
    _reads_the_brief(reader)
    _follows_a_citation_and_returns(reader)
    _inserts_the_draft(reader)
    _asks(reader)
    assert reader.watch.requests > 10
    assert reader.watch.report() == {}


def _reads_the_brief(reader):
    page = reader.page
    expect(page.locator("#draft")).to_have_attribute("data-state", "ready")
    expect(page.locator("#panel-summary")).to_contain_text("the left earbud no longer charges in the case")
    similar = reader.open_tab("similar")
    expect(similar.get_by_role("link", name="#101 Right earbud dead after update 2.4.1")).to_be_visible()
    expect(reader.open_tab("articles").get_by_role("link", name="Restore charging")).to_be_visible()
    expect(reader.open_tab("why").get_by_role("row").filter(has_text="Yes").first).to_be_visible()
    expect(page.locator("#panel-summary")).to_be_hidden()


def _follows_a_citation_and_returns(reader):
    """The quote the number stands for is the marked text of its source, in its place, on the screen."""
    page = reader.page
    cite = page.locator("#draft .cite").first
    cite.focus()
    quote = plain(page.locator("#draft .cite-wrap").first.locator(".q").inner_text())
    assert quote and quote in FIX
    cite.press("Enter")
    mark = page.locator("mark#q")
    expect(mark).to_be_in_viewport()
    assert plain(page.locator("mark").first.inner_text()) == quote
    source = page.locator(".read")
    before, _, after = plain(source.inner_text()).partition(quote)
    assert f"{before}{quote}{after}" == FIX
    page.go_back()
    expect(page.locator("#draft .cite").first).to_be_visible()


def _inserts_the_draft(reader):
    page = reader.page
    shown = page.locator(".draft-text > p").evaluate_all(
        """paragraphs => paragraphs.map((paragraph) => {
             const copy = paragraph.cloneNode(true);
             copy.querySelectorAll(".cite-wrap").forEach((one) => one.remove());
             return copy.textContent.replace(/\\s+/g, " ").trim();
           })"""
    )
    with page.expect_response("**/draft/used/") as noted:
        page.get_by_role("link", name="Insert into reply").click()
    assert noted.value.status == 204
    expect(page.locator("#reply")).to_have_value("\n\n".join(shown))
    expect(page.locator("#reply")).to_be_focused()
    expect(page.locator("#reply-note")).to_have_text("Inserted into the reply. Nothing has been sent yet.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#reply")).to_have_value("")


def _asks(reader):
    answer = reader.ask("How long do I hold the button until the light turns amber?")
    expect(answer.locator(".cite").first).to_be_visible()
    expect(answer).to_contain_text("Hold the button on the back for 15 seconds")
    expect(reader.page.locator("#question")).to_have_value("")
