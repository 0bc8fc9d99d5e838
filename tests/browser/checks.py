"""What is measured on a screen as it stands; checks.js looks, here is what each look is for."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


@cache
def _looks() -> str:
    return Path(__file__).with_name("checks.js").read_text(encoding="utf-8")


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def look(page: Page, name: str, argument: Any = None) -> Any:
    """The answer of one function of checks.js, which is brought along: pages come and go."""
    page.evaluate(_looks())
    return page.evaluate(f"(argument) => looks.{name}(argument)", argument)


def axe(page: Page, within: str = "") -> list[str]:
    """Broken rules of WCAG 2.2 A and AA with the place of each. `within`: of that part alone, where an open menu lies over
    the rest: what it covers is not too small."""
    page.evaluate(_axe())
    return look(page, "axeRules", [TAGS, within])


def wider(page: Page) -> list[str]:
    """What reaches beyond the right edge of the window."""
    return look(page, "wider")


def cut(page: Page) -> list[str]:
    """Labels whose words do not fit their box."""
    return look(page, "cut")


def torn(page: Page) -> list[str]:
    """Short words of labels that stand on two lines."""
    return look(page, "torn")


def mismarked(page: Page) -> list[str]:
    """Texts whose lang attribute is not the language they are written in."""
    return look(page, "mismarked")
