"""An agent sends a reply in a real browser, by keyboard: the helpdesk has exactly the text that was on the screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from apps.platforms.markup import to_html
from tests.browser import desk
from tests.browser.checks import axe, wider
from tests.browser.reader import Variant, open_reader
from tests.browser.site import fill_more
from tests.simulated import NOW, running

pytestmark = pytest.mark.browser

TEXT = "Hello <you> & \"all\",\n\nhold the button for 15 seconds:\n  - keep the lid open\n  - see https://help.example.org/?a=1&b=2\n\n고맙습니다, Mara"


def faults(page: Page) -> list[str]:
    """What a reader with a screen reader or a small window would trip over."""
    return [*axe(page), *wider(page)]


@pytest.mark.parametrize("width", [1280, 320])
def test_the_helpdesk_gets_the_text_that_was_seen(chromium, site, monkeypatch, width):
    account = ("--account", "generated", "--tickets", "5", "--now", NOW, "--plan", "unlimited")
    with running(*account) as simulator:
        monkeypatch.setenv("EGRESS_ALLOW_HOSTS", simulator.url.removeprefix("http://"))
        monkeypatch.setenv("DESK_URL", simulator.url)

        def step(name: str):
            monkeypatch.setenv("DESK_STEP", name)
            return fill_more(site, "tests.browser.desk")

        told = step("join")
        there = replace(site, origin=site.origin.replace("//acme.", "//globex."), tickets={"one": told["ticket"]})
        with open_reader(chromium, there, Variant(width=width)) as reader:
            page = reader.sign_in(desk.EMAIL)
            reader.go(there.ticket("one"))
            page.locator("#reply").fill(TEXT)
            page.locator("#send-reply").press("Enter")
            expect(page.locator("#recipient")).to_contain_text(told["customer"])
            seen = page.locator("#as-written").inner_text()
            assert seen == TEXT
            assert simulator.told("mails") == [], "nothing is sent before it is confirmed"
            assert faults(page) == []
            page.keyboard.press("Enter")  # the button has the focus
            expect(page.locator("#outgoing")).to_contain_text("Sending")
            page.locator("#change > summary").press("Enter")
            expect(page.locator("#to-status")).to_be_visible()
            assert faults(page) == []
            assert step("send") == 1
            expect(page.locator("#outgoing")).to_contain_text("Reply sent.")  # the page looks by itself
            thread = simulator.get(f"/tickets/{told['number']}/conversations", per_page=100).json()
            assert [row["body"] for row in thread].count(to_html(seen)) == 1
            assert [mail["ticket_id"] for mail in simulator.told("mails")] == [int(told["number"])]
            page.reload()
            expect(page.locator("#reply")).to_have_value("")
            expect(page.locator("#thread")).to_contain_text("keep the lid open")
            assert reader.watch.report() == {}
