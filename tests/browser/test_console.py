"""The operators' console and the company's side of support: every screen, narrow and wide, light and dark, four languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.fill_console import LONG_ID
from tests.browser.focus import tab_through
from tests.browser.reader import Reader, Variant, open_reader
from tests.browser.site import fill_more
from tests.browser.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.verify]
VARIANTS = [Variant("en", "dark", 320), Variant("de", "light", 320), Variant("ja", "light", 1280), Variant("ko", "dark", 1280)]


@pytest.fixture(scope="module")
def cookies(site) -> Any:
    """Sessions of operators and of globex's admins."""
    return fill_more(site, "tests.browser.fill_console")


def at(site: Any, company_id: str) -> Any:
    return replace(site, origin=site.origin.replace("//acme.", f"//{company_id}."))


def enter(reader: Reader, cookies: Any, role: str) -> Reader:
    value = cookies[role][reader.variant.language]
    reader.page.context.add_cookies([{"name": cookies["name"], "value": value, "url": reader.site.origin}])
    return reader


@pytest.fixture(scope="module", params=VARIANTS, ids=str)
def walk(request, chromium, site, cookies) -> Walk:
    found = Walk()
    with open_reader(chromium, at(site, "operator"), request.param) as reader:
        enter(reader, cookies, "operator")
        reader.watch.expected = {400, 409}
        doors: list[str] = []
        for screen in operator(reader, doors):
            found.measure(reader, screen)
        found.watched = reader.watch.report()
    with open_reader(chromium, at(site, "globex"), request.param) as reader:
        reader.watch.expected = {403}
        for screen in visitor(reader, doors):
            found.measure(reader, screen)
        found.watched |= reader.watch.report()
    with open_reader(chromium, at(site, "globex"), request.param) as reader:
        enter(reader, cookies, "admin")
        reader.go("/support-access/")
        expect(reader.page.locator("button[value=approve]").first).to_be_visible()
        found.measure(reader, "support access")
        found.watched |= reader.watch.report()
    return found


def operator(reader: Reader, doors: list[str]) -> Iterator[str]:
    page = reader.go("/console/")
    expect(page.locator(f"a[href='/console/companies/{LONG_ID}/']")).to_be_visible()
    yield "companies"
    reader.go("/console/?q=zzz")
    expect(page.locator("main .empty")).to_be_visible()
    yield "companies, nothing found"
    reader.go("/console/companies/globex/")
    page.locator("details.fold summary").click()
    expect(page.locator("#confirm")).to_be_visible()
    yield "company"
    page.locator("#confirm").fill("not its name")
    page.locator("button[value=close]").click()
    expect(page.locator("main [role=alert]")).to_be_visible()
    yield "company, closing refused"
    reader.go(f"/console/companies/{LONG_ID}/")
    expect(page.locator("button[value=resume]")).to_be_visible()
    yield "company, suspended"
    reader.go("/console/companies/quiet/")
    expect(page.locator("main [data-state=thin]").first).to_be_visible()
    yield "company, silent"
    reader.go("/console/orders/")
    expect(page.locator("main table")).to_be_visible()
    yield "orders"
    page.locator("#company").fill("api")
    page.locator("#name").fill("Reserved")
    page.locator("form[action='/console/orders/open/'] button[type=submit]").click()
    expect(page.locator("#refused")).to_be_visible()
    yield "orders, refused"
    reader.go("/console/companies/globex/")
    page.locator("form[action^='/console/support/'] button").first.click()
    expect(page.locator("#door")).to_be_visible()
    doors.append(page.locator("#door").get_attribute("href") or "")
    yield "door"


def visitor(reader: Reader, doors: list[str]) -> Iterator[str]:
    parts = urlsplit(doors[0])
    page = reader.go(f"{parts.path}?{parts.query}")
    expect(page.locator("form input[name=pass]")).to_have_count(1)
    yield "enter"
    page.locator("main button[type=submit]").click()
    expect(page.locator(".visit")).to_be_visible()
    yield "visit"
    reader.go(f"{parts.path}?{parts.query}")
    expect(page.locator("form input[name=pass]")).to_have_count(0)
    yield "enter, used up"


def test_every_screen_was_seen(walk):
    assert len(set(walk.screens)) == len(walk.screens) == 13


def test_no_screen_breaks_a_rule(walk):
    assert walk.rules == {}
    assert walk.wide == {}
    assert walk.cut == {}
    assert walk.torn == {}
    assert walk.languages == {}
    assert walk.watched == {}


@pytest.mark.parametrize("path", ["/console/", "/console/companies/globex/", "/console/orders/"])
def test_the_keyboard_reaches_everything(chromium, site, cookies, path):
    with open_reader(chromium, at(site, "operator"), Variant("en", "light", 320)) as reader:
        enter(reader, cookies, "operator").go(path)
        assert tab_through(reader.page) == {}
