"""Pictures of the demo's screens for docs/screens:

manage.py dev --data /tmp/shots --run '.venv/bin/python -m tests.browser.shots docs/screens'
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from playwright.sync_api import Browser, Page, expect, sync_playwright

from embedded.demo import PASSWORD
from tests.browser.chromium import launch

SHOWN = "Re: Left earbud not charging"
QUESTION = "Left earbud no longer charges after an update"
PATIENCE = 300  # seconds until the demo has read and understood its helpdesk
VARIANTS = {  # name -> language, theme, width
    "": ("en", "light", 1280),
    "-dark": ("en", "dark", 1280),
    "-ko": ("ko", "light", 1280),
    "-320": ("en", "light", 320),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.shots", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    _wait_for_first_sync()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name, variant in VARIANTS.items():
            with _page(browser, *variant) as page:
                _take(page, folder, name, variant[0])
        browser.close()
    return 0


def _wait_for_first_sync() -> None:
    until = time.monotonic() + PATIENCE
    command = [sys.executable, "manage.py", "sync_status", "acme", "--json"]
    while not orjson.loads(subprocess.run(command, check=True, capture_output=True).stdout)["done"]:
        if time.monotonic() > until:
            raise SystemExit("The first sync is not complete.")
        time.sleep(1)


@contextmanager
def _page(browser: Browser, language: str, theme: str, width: int) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 800 if width > 320 else 640}, color_scheme=theme, locale=language,
        reduced_motion="reduce", base_url=os.environ["PUBLIC_URL"].replace("//", "//acme.", 1),
    )  # fmt: skip
    yield context.new_page()
    context.close()


def _take(page: Page, folder: Path, variant: str, language: str) -> None:
    """Every screen once, the way an agent comes by."""

    def shoot(name: str) -> None:
        page.mouse.move(0, 0)
        page.screenshot(path=folder / f"{name}{variant}.png")

    page.goto("/sign-in/")
    page.locator(f"footer button[value={language}]").click()
    shoot("sign-in")
    page.locator("#id_username").fill("mara@acme.example")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("#rows")).to_be_visible()
    _speak(page, language)
    shoot("queue")
    page.goto("/?state=ready&language=en")
    page.get_by_role("link", name=SHOWN).click()
    expect(page.locator("#draft .cite").first).to_be_visible()
    shoot("ticket")
    ticket = page.url
    page.locator("#draft .cite").first.press("Enter")
    expect(page.locator("mark").first).to_be_in_viewport()
    shoot("source")
    page.goto("/search/?q=earbud+no+longer+charges+after+the+update")
    expect(page.locator(".result mark").first).to_be_visible()
    shoot("search")
    page.goto(ticket)
    page.locator("#tab-customer").click()
    page.locator("#draft .fb-thumbs button").nth(1).click()
    expect(page.locator("#draft .fb-why form")).to_be_visible()
    page.locator("#draft .fb-why").scroll_into_view_if_needed()
    shoot("feedback")
    page.locator("#draft .fb-thumbs button").nth(1).click()
    expect(page.locator("#draft .fb-why")).to_have_count(0)
    page.locator("#tab-summary").click()
    page.locator("#insert").click()
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    expect(page.locator("#ask-log .answer .cite").first).to_be_visible()
    shoot("answer")
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.locator("#id_username").fill("admin@acme.example")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("#rows")).to_be_visible()
    _speak(page, language)
    page.goto("/sync/")
    expect(page.locator("#sync-live")).to_be_visible()
    page.screenshot(path=folder / f"sync{variant}.png", full_page=variant != "-320")


def _speak(page: Page, language: str) -> None:
    page.locator("summary.who").click()
    page.locator(f".menu button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


if __name__ == "__main__":
    sys.exit(main())
