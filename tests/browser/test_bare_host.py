"""The page of the bare host, where people find their company: narrow, light and dark, long words and none."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import checks

pytestmark = [pytest.mark.browser, pytest.mark.verify]


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("de", "light"), ("ja", "light")])
def test_finding_ones_company_breaks_no_rule_at_320_px(reader_of, language, theme):
    reader = reader_of(language=language, theme=theme, width=320)
    page, found = reader.page, {}

    def measure(state: str) -> None:
        wrong = [*checks.axe(page), *checks.wider(page), *checks.cut(page), *checks.torn(page), *checks.mismarked(page)]
        if wrong:
            found[state] = wrong

    page.goto(reader.site.origin.replace("//acme.", "//") + "/")
    measure("asked")
    page.locator("#id_email").fill("nobody@acme.example")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_be_visible()
    measure("sent")
    page.locator("#company").fill("-x-")
    page.keyboard.press("Enter")
    expect(page.locator("#company[aria-invalid=true]")).to_be_focused()
    measure("refused")
    assert found == {}
