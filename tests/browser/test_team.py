"""The lead's page of feedback, and the tabs of a ticket: readable at every width, in long and in dense languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import checks

pytestmark = [pytest.mark.browser, pytest.mark.verify]


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_lead_reads_what_did_not_help_and_why(reader_of, theme, width):
    agent = reader_of()
    agent.sign_in()
    page = agent.go(agent.site.ticket("ready"))
    page.locator("#panel-summary").wait_for()
    thumb = page.locator("#draft .fb-thumbs button").nth(1)
    if thumb.get_attribute("aria-pressed") != "true":
        thumb.click()
    page.locator("#draft .fb-why summary").wait_for()
    if not page.locator("#draft .fb-why form").is_visible():
        page.locator("#draft .fb-why summary").click()
    page.locator("#draft .fb-why label", has_text="Wrong tone").click()
    page.locator("#draft .fb-why button").click()
    expect(page.locator("#draft .fb-why summary")).to_contain_text("Wrong tone")

    lead = reader_of(theme=theme, width=width)
    lead.sign_in("lea@acme.example")  # in German
    page = lead.go("/team/feedback/")
    expect(page.locator(".bars tbody tr")).not_to_have_count(0)
    assert [*checks.axe(page), *checks.wider(page), *checks.cut(page), *checks.torn(page), *checks.mismarked(page)] == []
    page.locator(".bars th a").first.click()
    expect(page.locator(".bars [aria-current]")).to_have_count(1)
    expect(page.locator(".things > li")).not_to_have_count(0)
    assert checks.axe(page) == []
    page.locator(".filters summary").first.click()
    expect(page.locator(".filters .pop").first).to_be_visible()
    assert [*checks.axe(page, within=".filters"), *checks.wider(page)] == []
    assert lead.watch.report() == {}


@pytest.mark.parametrize("language", ["en", "de", "ko", "ja"])
def test_the_tabs_of_a_ticket_stand_in_one_line(reader_of, language):
    for width in (1280, 1366, 1440, 1920):
        reader = reader_of(language=language, width=width)
        reader.sign_in()
        page = reader.go(reader.site.ticket("ready"))
        lines = page.evaluate("new Set([...document.querySelectorAll('#panels [role=tab]')].map((one) => one.offsetTop)).size")
        assert (width, lines) == (width, 1)
