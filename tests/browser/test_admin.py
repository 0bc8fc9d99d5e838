"""The company's admin is Django's own, under the strict policy, as readable as every other page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import checks

pytestmark = [pytest.mark.browser, pytest.mark.verify]
PAGES = ["/admin/", "/admin/accounts/user/", "/admin/platforms/ticket/?q=earbud", "/admin/accounts/apitoken/"]


@pytest.fixture(
    params=[("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)], ids=lambda one: f"{one[0]}-{one[1]}"
)
def admin(request, reader_of):
    theme, width = request.param
    reader = reader_of(theme=theme, width=width)
    reader.sign_in("admin@acme.example")
    return reader


def test_lists_and_forms_of_the_admin_break_no_rule(admin):
    page, found = admin.page, {}
    for path in [*PAGES, "form", "refused form", "delete"]:
        _open(admin, path)
        expect(page.locator(".topbar [aria-current=page]", has_text="Admin")).to_have_count(2)
        wrong = [*checks.axe(page), *checks.wider(page), *checks.cut(page), *checks.torn(page)]
        if wrong:
            found[path] = wrong
    assert found == {}
    assert admin.watch.report() == {}


def _open(reader, path):
    page = reader.page
    if path.startswith("/"):
        reader.go(path)
        return
    reader.go("/admin/accounts/user/")
    page.get_by_role("link", name="jonas@acme.example").click()
    expect(page.locator("#id_email")).to_have_value("jonas@acme.example")
    if path == "refused form":
        page.locator("#id_email").fill("not an address")
        page.locator("input[name=_save]").click()
        expect(page.locator(".errornote")).to_be_visible()
    elif path == "delete":
        page.locator(".deletelink").click()
        expect(page.locator(".delete-confirmation")).to_have_count(1)


def test_an_admin_changes_a_name_and_is_told(reader_of):
    reader = reader_of()
    reader.sign_in("admin@acme.example")
    reader.go("/admin/accounts/user/")
    reader.page.get_by_role("link", name="yuki@acme.example").click()
    name = reader.page.locator("#id_name")
    name.fill("佐藤 美咲 (Audio)")
    reader.page.locator("input[name=_save]").click()
    expect(reader.page.locator(".messagelist")).to_contain_text("佐藤 美咲 (Audio)")
    expect(reader.page.get_by_role("row", name="yuki@acme.example")).to_contain_text("佐藤 美咲 (Audio)")
    assert reader.watch.report() == {}


def test_the_theme_a_person_chose_holds_in_the_admin_too(reader_of):
    reader = reader_of(theme="light")
    page = reader.sign_in("admin@acme.example")
    page.locator("summary.who").click()
    page.locator("button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    reader.go("/admin/")
    expect(page.locator("body")).to_have_css("background-color", "rgb(13, 18, 19)")
    page.locator("summary.who").click()
    page.locator("button[name=theme][value=system]").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(243, 245, 245)")


def test_an_agent_is_told_that_the_admin_is_not_theirs(reader_of):
    reader = reader_of()
    reader.sign_in()
    reader.watch.expected = {403}
    page = reader.go("/admin/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not available to you")
    expect(page.get_by_role("main")).to_contain_text("Your role does not include this page. An admin can change it.")
    assert checks.axe(page) == []
    assert reader.watch.report() == {}
