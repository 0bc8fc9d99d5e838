"""Somebody at a browser: a page with a watch on it, and the steps people take on every screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.fill import PASSWORD
from tests.browser.site import Site
from tests.browser.watch import Watch

PEOPLE = {"en": "mara@acme.example", "ko": "jisoo@acme.example", "ja": "yuki@acme.example", "de": "jonas@acme.example"}
PATIENCE = 10_000  # milliseconds the slowest step may take on a busy machine


@dataclass(frozen=True, slots=True)
class Variant:
    """How the reader sees the site."""

    language: str = "en"
    theme: str = "light"
    width: int = 1280

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{self.width}"


@dataclass(frozen=True, slots=True)
class Reader:
    site: Site
    page: Page
    watch: Watch
    variant: Variant

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def sign_in(self, email: str = "") -> Page:
        """By the form; ends on the queue."""
        page = self.go("/sign-in/")
        page.locator("#id_username").fill(email or PEOPLE[self.variant.language])
        page.locator("#id_password").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        expect(page.locator("#rows")).to_be_visible()
        return page

    def open_from_queue(self, name: str) -> Page:
        """Click the ticket's row; ends on its page."""
        self.page.locator(f".queue-table a[href='{self.site.ticket(name)}']").click()
        expect(self.page.locator("#draft")).to_be_visible()
        return self.page

    def open_tab(self, name: str) -> Locator:
        self.page.locator(f"#tab-{name}").click()
        panel = self.page.locator(f"#panel-{name}")
        expect(panel).to_be_visible()
        return panel

    def ask(self, question: str) -> Locator:
        """Ends when the answer stands in the log."""
        answers = self.page.locator("#ask-log .answer")
        before = answers.count()
        self.page.locator("#question").fill(question)
        self.page.locator("#question").press("Enter")
        expect(answers).to_have_count(before + 1)
        return answers.last


@contextmanager
def open_reader(browser: Browser, site: Site, variant: Variant) -> Iterator[Reader]:
    context = browser.new_context(
        viewport={"width": variant.width, "height": 900},
        color_scheme="dark" if variant.theme == "dark" else "light",
        locale=variant.language,
        reduced_motion="reduce",
        base_url=site.origin,
    )
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    watch = Watch.on(context, site.origin)
    yield Reader(site, context.new_page(), watch, variant)
    context.close()


def plain(text: str) -> str:
    """Words without their line breaks and numbers of citations apart."""
    return re.sub(r"\s+", " ", text).strip()
