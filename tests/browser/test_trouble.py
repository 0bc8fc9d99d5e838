"""When something fails the reader is told what and what to do, and nothing they wrote is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import checks

pytestmark = [pytest.mark.browser, pytest.mark.verify]
QUESTION = "How long do I hold the button until the light turns amber?"


@pytest.fixture
def reader(reader_of):
    made = reader_of()
    made.sign_in()
    made.go(made.site.ticket("ready"))
    return made


def test_a_question_asked_while_offline_stays_in_its_field(reader):
    page = reader.page
    page.context.set_offline(True)
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Connection lost.")
    expect(page.locator("#question")).to_have_value(QUESTION)
    assert checks.axe(page) == []
    page.context.set_offline(False)
    page.locator("#question").press("Enter")
    expect(page.locator("#ask-log .answer .cite").first).to_be_visible()


def test_a_question_without_the_vector_engine_is_refused_and_can_be_asked_again(reader):
    page = reader.page
    reader.site.vectors.stop()
    try:
        page.locator("#question").fill(QUESTION)
        page.locator("#question").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("No answer came back.")
        expect(page.locator("#question")).to_have_value(QUESTION)
        assert checks.axe(page) == []
        reader.go(reader.site.ticket("ready"))  # a ticket's page needs no engine
        expect(page.locator("#draft")).to_have_attribute("data-state", "ready")
    finally:
        reader.site.vectors.start()
    expect(reader.ask(QUESTION).locator(".cite").first).to_be_visible()


def test_search_goes_on_by_words_without_the_vector_engine_and_says_so(reader):
    reader.site.vectors.stop()
    try:
        page = reader.go("/search/?q=earbud+charging")
        expect(page.locator(".banner[data-tone=warn]")).to_contain_text("Search by meaning is not available right now.")
        expect(page.locator(".result mark").first).to_be_visible()
        assert [*checks.axe(page), *checks.wider(page)] == []
    finally:
        reader.site.vectors.start()
    page = reader.go("/search/?q=earbud+charging")
    expect(page.locator(".banner[data-tone=warn]")).to_have_count(0)
    expect(page.locator(".result").first).to_be_visible()
    assert reader.watch.report() == {}


def test_feedback_given_while_offline_says_so_and_can_be_given_again(reader):
    page = reader.page
    page.context.set_offline(True)
    page.locator("#draft .fb-thumbs button").nth(1).click()
    expect(page.get_by_role("alert")).to_contain_text("Connection lost.")
    page.context.set_offline(False)
    page.locator("#draft .fb-thumbs button").nth(1).click()
    expect(page.locator("#draft .fb-why")).to_be_visible()
    page.locator("#draft .fb-thumbs button").nth(1).click()
    expect(page.locator("#draft .fb-why")).to_have_count(0)


def test_a_form_that_has_expired_says_so(reader_of):
    reader = reader_of(width=320)
    page = reader.go("/sign-in/")
    page.context.clear_cookies()
    reader.watch.expected = {403}
    page.locator("#id_username").fill("mara@acme.example")
    page.locator("#id_password").fill("whatever it is")
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This form has expired")
    assert [*checks.axe(page), *checks.wider(page)] == []
    assert reader.watch.report() == {}


def test_an_address_of_another_company_leads_nowhere(reader):
    reader.watch.expected = {404}
    page = reader.go("/tickets/01890000-0000-7000-8000-000000000000/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    page.get_by_role("link", name="To the start page").click()
    expect(page.locator("#rows")).to_be_visible()
    assert reader.watch.report() == {}
