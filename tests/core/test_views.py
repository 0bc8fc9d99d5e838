"""API views that live from the database: one transaction for who calls and the answer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from apps.assistant import api
from apps.core.views import DatabaseView


@pytest.fixture
def bindings(monkeypatch):
    """How often a transaction was bound."""
    from apps.tenancy.backend import base

    seen = []
    real = base.bind
    monkeypatch.setattr(base, "bind", lambda *args: seen.append(args) or real(*args))
    return seen


def test_token_and_answer_share_one_bound_transaction(acme, token_of, bindings):
    client = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    client.get("/api/v1/tickets/")
    bindings.clear()
    assert client.get("/api/v1/tickets/").status_code == 200
    assert len(bindings) == 1


def test_a_refusal_does_not_undo_the_transaction(acme, token_of):
    headers = {"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"}
    assert Client(headers=headers).get("/api/v1/tickets/?limit=0").status_code == 400
    assert not connection.needs_rollback


def test_a_view_that_waits_for_a_network_holds_no_transaction():
    assert not issubclass(api.AskView, DatabaseView)


@pytest.mark.parametrize(
    ("accept", "status"),
    [(None, 200), ("*/*", 200), ("application/json", 200), ("text/html, */*;q=0.5", 200), ("application/xml", 406)],
)
def test_json_goes_to_whoever_takes_it(acme, token_of, accept, status):
    headers = {"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"} | ({"accept": accept} if accept else {})
    answer = Client(headers=headers).get("/api/v1/tickets/")
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/json" if status == 200 else "application/problem+json")


@pytest.mark.parametrize(
    ("host", "path"),
    [("acme.localhost", "/sign-in/"), ("acme.localhost", "/nowhere/"), ("acme.localhost", "/api/v1/tickets/"), ("localhost", "/"),
     ("unknown.localhost", "/"), ("acme.localhost", "/static/app.css")],
)  # fmt: skip
def test_every_answer_has_the_policy(acme, host, path):
    policy = Client(headers={"host": host}).get(path)["Content-Security-Policy"]
    assert policy == "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
