"""The Chromium of this machine, the way every look at the pages starts it."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, Playwright

CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), "")
NO_CHROMIUM = "No Chromium on this machine (install it or set CHROMIUM=/path): nobody has looked at the pages."
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost, EXCLUDE localhost",
]  # fmt: skip


def launch(playwright: Playwright) -> Browser:
    """A browser that finds no host but this machine's."""
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *root])
