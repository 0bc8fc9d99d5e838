"""Going through a page with the Tab key: what can be reached, and whether the reader sees where they are."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.checks import look

MOST = 400  # stops on the longest page


def tab_through(page: Page) -> dict[str, list[str]]:
    """From the top to the end. Stops without an outline, stops under something, stops never reached; {} is right."""
    wanted = dict(look(page, "stops"))
    reached: set[str] = set()
    found: dict[str, list[str]] = {"unseen": [], "covered": []}
    for _ in range(MOST):
        page.keyboard.press("Tab")
        here = look(page, "here")
        if here is None or here["stop"] in reached:
            break
        reached.add(here["stop"])
        if not here["outlined"]:
            found["unseen"].append(here["what"])
        if not here["free"]:
            found["covered"].append(here["what"])
    found["missed"] = [what for stop, what in wanted.items() if stop not in reached]
    return {name: places for name, places in found.items() if places}
