"""What may not be written anywhere in the product: each line here has leaked one company's data to another somewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for room in ("apps", "config") for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)

# What is called or named -> the places (prefixes of a path) where it is at home.
CALLED = {
    # Where the migrating login runs Django's migrations, on the engine that has these.
    "set_schema": ("apps/tenancy/scripts.py",), "set_schema_to_public": ("apps/tenancy/scripts.py",),
    "set_tenant": (), "tenant_context": (), "schema_context": (),
    "raw": (), "extra": (),
    "execute": ("apps/tenancy/", "apps/core/health.py", "apps/*/sql.py"),
    "executemany": ("apps/tenancy/", "apps/*/sql.py"),
    # Ways to the network beside the one that checks addresses.
    "open_connection": ("apps/core/egress/events.py",), "create_connection": ("apps/tenancy/checks.py",), "create_datagram_endpoint": (), "open_unix_connection": (),
    "getaddrinfo": ("apps/core/egress/",), "gethostbyname": (), "urlopen": (), "urlretrieve": (), "send_mail": (),
    "AsyncClient": ("apps/core/egress/",), "AsyncHTTPTransport": ("apps/core/egress/",), "EmailMessage": ("apps/accounts/mails.py",),
    "QdrantClient": ("apps/search/index.py",), "Late": ("apps/search/index.py", "apps/llm/masking/libraries.py"), "import_module": ("apps/core/late.py",), "from_url": ("apps/tenancy/cacheserver.py", "apps/tenancy/queues.py", "apps/tenancy/sweeping.py"), "system": (), "popen": (),
    "Popen": ("apps/ingest/reading/",),
    "copy": ("apps/tenancy/", "apps/*/sql.py", "apps/core/chain.py"),  # there it is a hash that is copied
}  # fmt: skip
IMPORTED = {
    "requests": (), "aiohttp": (), "urllib.request": (), "http.client": (), "socket": ("apps/core/egress/",),
    "httpx2": ("apps/core/egress/",), "httpcore2": (), "httpx": ("apps/search/index.py",), "httpcore": (), "urllib3": (), "websockets": (),
    "ssl": ("apps/core/egress/",), "smtplib": ("apps/accounts/mails.py",), "ftplib": (), "poplib": (), "imaplib": (), "telnetlib": (),
    "xmlrpc": (), "socketserver": (), "anyio": (), "h11": (), "h2": (), "dns": (), "django.core.mail": ("apps/accounts/mails.py",),
    "boto3": (), "redis": ("apps/tenancy/",), "subprocess": ("apps/tenancy/management/commands/build_template.py", "apps/ingest/reading/"),
    "openai": ("apps/llm/providers/",), "qdrant_client": ("apps/search/index.py",),
    "django_tenants": ("apps/tenancy/", "config/"), "django.core.cache": ("apps/tenancy/",), "pickle": (),
    "concurrent.futures": (), "multiprocessing": (), "json": (),
}  # fmt: skip
NAMED = {
    "TENANT_LIMIT_SET_CALLS", "SHOW_PUBLIC_IF_NO_TENANT_FOUND", "PG_EXTRA_SEARCH_PATHS", "SESSION_COOKIE_DOMAIN",
    "CSRF_COOKIE_DOMAIN", "ATOMIC_REQUESTS",
}  # fmt: skip


def at_home(path: Path, homes: tuple[str, ...]) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return any(name.startswith(home) or ("*" in home and Path(name).match(home)) for home in homes)


def broken(path: Path, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            word = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if word in CALLED and not at_home(path, CALLED[word]):
                yield f"{node.lineno}: {word}()"
        names = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        for name in names:
            for banned, homes in IMPORTED.items():
                if (name == banned or name.startswith(f"{banned}.")) and not at_home(path, homes):
                    yield f"{node.lineno}: import {name}"
        if isinstance(node, ast.Name | ast.Attribute):
            word = node.id if isinstance(node, ast.Name) else node.attr
            if word in NAMED:
                yield f"{node.lineno}: {word}"
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if isinstance(item.context_expr, ast.Name) and item.context_expr.id in ("tenant", "company"):
                    yield f"{node.lineno}: with {item.context_expr.id}:"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_banned_is_written(path):
    found = list(broken(path, ast.parse(path.read_text(encoding="utf-8"))))
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "with tenant:\n    pass", "connection.set_tenant(x)", "from django_tenants.utils import schema_context",
        "Ticket.objects.raw('x')", "Ticket.objects.extra(where=[])", "cursor.execute('x')", "import requests",
        "from urllib import request", "import socket", "from django.core.cache import cache",
        "from qdrant_client import QdrantClient", "SESSION_COOKIE_DOMAIN = '.x'", "import json",
        "from concurrent.futures import ThreadPoolExecutor", "import pickle", "import httpx2", "import httpx",
        "from urllib3 import PoolManager", "import smtplib", "from django.core import mail", "import ssl", "import redis",
        "import subprocess", "await asyncio.open_connection(h, 1)", "loop.create_connection(p, h, 1)", "os.popen('x')",
        "socket.getaddrinfo(h, 1)", "EgressClientOfMine = httpx2.AsyncClient()", "from http.client import HTTPConnection",
    ],
)  # fmt: skip
def test_the_rules_find_what_they_are_for(text):
    assert list(broken(ROOT / "apps" / "assistant" / "services.py", ast.parse(text)))
