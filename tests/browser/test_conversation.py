"""A long conversation in a real browser: its parts come by keyboard and by the address, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import checks

pytestmark = [pytest.mark.browser, pytest.mark.verify]


def test_hidden_messages_come_by_the_address_and_by_the_keyboard_and_the_reply_stays(reader_of):
    reader = reader_of(width=320)
    reader.sign_in()
    page = reader.go(f"{reader.site.ticket('long')}#m60")
    assert page.locator("#m60").evaluate("(one) => new Promise((done) => setTimeout(() => done(one.matches(':target')), 50))")
    expect(page.locator("#m60")).to_be_in_viewport()
    page.locator("#reply").fill("A reply that is being written")
    control = page.locator(".gap a").last
    control.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#m101")).to_be_focused()
    page.evaluate("location.hash = '#m20'")
    expect(page.locator("#m20")).to_be_in_viewport()
    expect(page.locator("#reply")).to_have_value("A reply that is being written")
    page.wait_for_function("!document.querySelector('.htmx-settling')")
    for check in (checks.axe, checks.wider, checks.cut, checks.torn):
        assert check(page) == []
    assert reader.watch.report() == {}
