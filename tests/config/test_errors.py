"""A database that is away: a page that says so, quickly, and the same answer for the API."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "postgresql://deskhand_app@127.0.0.1:1/deskhand"
ASK = """
import asyncio, sys, orjson, django
django.setup()
from django.test import AsyncClient, Client
address, kind = sys.argv[1:]
if kind == "wsgi":
    answer = Client(raise_request_exception=False, headers={"host": "acme.localhost"}).get(address)
else:
    client = AsyncClient(raise_request_exception=False, headers={"host": "acme.localhost"})
    answer = asyncio.run(client.get(address))
sys.stdout.buffer.write(orjson.dumps([answer.status_code, dict(answer.headers), answer.content.decode()]))
"""


def asked(address: str, kind: str) -> tuple[int, dict[str, str], str]:
    environment = dict(os.environ) | {"DATABASE_URL": NOBODY, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run(
        [sys.executable, "-c", ASK, address, kind], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    return tuple(orjson.loads(done.stdout))  # type: ignore[return-value]


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_a_page_says_come_back_while_the_database_is_away(kind):
    status, headers, body = asked("/", kind)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert "Not available right now" in body
    assert headers["X-Request-ID"] in body
    assert "127.0.0.1" not in body


def test_the_api_says_so_as_a_problem_document():
    status, headers, body = asked("/api/v1/tickets/", "wsgi")
    assert (status, headers["Content-Type"], headers["Retry-After"]) == (503, "application/problem+json", "5")
    assert orjson.loads(body)["code"] == "unavailable"
