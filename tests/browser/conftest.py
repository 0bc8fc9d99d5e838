"""Chromium against a served site; where there is no Chromium these tests say so and skip."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.reader import Reader, Variant, open_reader
from tests.browser.site import Site, served

CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), "")
NO_CHROMIUM = "No Chromium on this machine (install it or set CHROMIUM=/path): nobody has looked at the pages."
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost",
]  # fmt: skip


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
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *root])
        yield browser
        browser.close()


@pytest.fixture
def reader_of(chromium: Browser, site: Site) -> Iterator[Callable[..., Reader]]:
    """reader_of(language="en", theme="light", width=1280) -> somebody at a fresh browser, not signed in."""
    with ExitStack() as stack:

        def make(**given: Any) -> Reader:
            return stack.enter_context(open_reader(chromium, site, Variant(**given)))

        yield make
