"""Which folders hold companies, and what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core.errors import BadInput, NotFound
from apps.platforms.adapters.json_store.checking import Examined, examine
from apps.platforms.adapters.json_store.lines import ARTICLES, THREADS, TICKETS
from apps.platforms.adapters.json_store.problems import KINDS, Problem
from apps.platforms.adapters.json_store.store import COMPANY

PLATFORM = "json_store"


def find_folders(directory: str, only: Sequence[str]) -> list[str]:
    """Companies' folders below JSON_STORE_ROOT, as paths from there. `directory` is one of them or holds them.

    Raises BadInput outside the root, NotFound where there is none, or not one that was asked for.
    """
    below = below_root(directory)
    place = os.path.normpath(os.path.join(settings.JSON_STORE_ROOT, below))
    if below != os.curdir and Path(place, COMPANY).exists():
        found = [below]
    else:
        names = [one.name for one in os.scandir(place) if Path(place, one.name, COMPANY).exists()] if Path(place).is_dir() else []
        found = [os.path.normpath(os.path.join(below, name)) for name in sorted(names)]
    known = {one.rpartition("/")[2]: one for one in found}
    if missing := [name for name in only if name not in known]:
        raise NotFound(f"There is no folder of {', '.join(missing)} in {directory}.", code="folder_missing")
    if not found:
        raise NotFound(f"No folder in {directory} holds a {COMPANY}.", code="folder_missing")
    return [known[name] for name in only] if only else found


def below_root(directory: str) -> str:
    """The folder as a path from JSON_STORE_ROOT; "." is the root itself. Raises BadInput outside of it."""
    root = settings.JSON_STORE_ROOT
    if not root:
        raise BadInput("No folder may be read here.", code="store_refused")
    below = os.path.relpath(os.path.join(os.getcwd(), directory), os.path.normpath(root))
    if below.split(os.sep)[0] == os.pardir:
        raise BadInput("This folder is not below JSON_STORE_ROOT.", code="store_refused")
    return below


def look(folder: str) -> Examined:
    return examine(settings.JSON_STORE_ROOT, folder)


def told(found: Examined) -> dict[str, Any]:
    """The look as a report holds it."""
    return {
        "folder": found.folder,
        "stopped": _problem(found.stopped) if found.stopped else None,
        "files": {name: {"ids": count, "sha256": found.hashes[name]} for name, count in found.counts.items()},
        "tickets": found.counts.get(TICKETS, 0),
        "threads": found.counts.get(THREADS, 0),
        "messages": found.messages,
        "articles": found.counts.get(ARTICLES, 0),
        "found": dict(sorted(found.found.items())),
        "skipped": sum(count for code, count in found.found.items() if KINDS[code][0] == "skip"),
        "problems": [_problem(one) for one in found.problems],
    }


def _problem(one: Problem) -> dict[str, Any]:
    return {"place": one.place, "code": one.code, "weight": one.weight, "field": one.field, "mend": KINDS[one.code][1]}
