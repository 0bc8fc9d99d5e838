"""Chromium against a served site; where there is no Chromium these tests say so and skip."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import CHROMIUM, NO_CHROMIUM, launch
from tests.browser.reader import Reader, Variant, open_reader
from tests.browser.site import Site, served


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """One for all browser tests. PostgreSQL copies only a database nobody is in."""
    if not CHROMIUM:
        warnings.warn(NO_CHROMIUM, stacklevel=1)
        pytest.skip(NO_CHROMIUM)
    from django.db import connections

    with django_db_blocker.unblock():
        connections.close_all()
        connections["default"].close_pool()
    with served() as one:
        yield one
        assert "Traceback" not in one.log.read_text()


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Browser]:
    """A browser for one file: while it runs, nothing else in this process may use an event loop."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def reader_of(chromium: Browser, site: Site) -> Iterator[Callable[..., Reader]]:
    """reader_of(language="en", theme="light", width=1280) -> somebody at a fresh browser, not signed in."""
    with ExitStack() as stack:

        def make(**given: Any) -> Reader:
            return stack.enter_context(open_reader(chromium, site, Variant(**given)))

        yield make
