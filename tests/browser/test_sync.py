"""An admin's pages of the helpdesk in every width and language that is hard: Sync, webhooks, products, AI label."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import checks
from tests.browser.site import fill_more

pytestmark = [pytest.mark.browser, pytest.mark.verify]
VARIANTS = [("en", "light", 1280), ("de", "dark", 320), ("ko", "dark", 1280), ("ja", "light", 320)]
PAGES = ("/sync/", "/webhooks/", "/products/", "/ai-label/")


def found(page) -> list:
    every = (checks.axe, checks.wider, checks.cut, checks.torn, checks.mismarked)
    return [result for check in every for result in check(page)]


@pytest.fixture(scope="module")
def trouble(site):
    fill_more(site, "tests.browser.fill_sync")


@pytest.fixture
def admin_of(reader_of):
    """An admin who reads in that language; the same person, so the menu is used as people do."""

    def make(language, theme, width):
        admin = reader_of(language=language, theme=theme, width=width)
        page = admin.sign_in("admin@acme.example")
        page.locator("summary.who").click()
        page.locator(f".menu button[name=language][value={language}]").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        return admin

    return make


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: "-".join(map(str, one)))
def test_what_an_admin_reads_of_the_helpdesk(admin_of, trouble, variant):
    admin = admin_of(*variant)
    for path in PAGES:
        page = admin.go(path)
        expect(page.locator("main h1")).to_be_visible()
        assert (path, found(page)) == (path, [])
    assert admin.watch.report() == {}


def test_an_admin_tries_again_what_was_set_aside_and_pauses_and_goes_on(admin_of, trouble):
    admin = admin_of("en", "light", 1280)
    page = admin.go("/sync/")
    aside = page.locator("button[id^=retry-][name=kind]")
    before = aside.count()
    assert before
    aside.first.click()
    expect(aside).to_have_count(before - 1)
    page.locator("button[id^=pause-]").click()
    page.locator("button[id^=resume-]").click()
    expect(page.locator("button[id^=pause-]")).to_be_visible()
    assert found(page) == []
    assert admin.watch.report() == {}


def test_own_words_of_the_label_are_kept_and_an_empty_field_gives_ours_back(admin_of):
    admin = admin_of("en", "light", 1280)

    def keep(words: str, *, note: bool) -> None:
        page = admin.go("/ai-label/")
        page.locator("input[name=note]").set_checked(note)
        page.locator("input[name=text-en]").fill(words)
        page.locator("main form button").click()
        expect(page.locator("main [role=status]")).to_be_visible()
        expect(page.locator("input[name=text-en]")).to_have_value(words)
        assert page.locator("input[name=note]").is_checked() == note
        assert found(page) == []

    keep("A machine helped with this note.", note=True)
    keep("", note=False)
    assert admin.watch.report() == {}
