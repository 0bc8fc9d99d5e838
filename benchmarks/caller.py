"""Speaks to a running site as one company's host, by token or by session; keeps the times of named calls."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from selectolax.lexbor import LexborHTMLParser

PASSWORD = "many-hands-demo"


class Failed(RuntimeError):
    """Something a newcomer would see is not as it should be."""


def require(true: Any, what: str) -> None:
    """Raises Failed."""
    if not true:
        raise Failed(what)


class Caller:
    """One company's host; what comes back is judged by whoever asks."""

    def __init__(self, company: str, token: str = "", *, headers: dict[str, str] | None = None) -> None:
        self.host = f"{company}.localhost"
        self.port = urlsplit(os.environ["PUBLIC_URL"]).port
        self.headers = ({"Authorization": f"Bearer {token}"} if token else {}) | (headers or {})
        self.cookies: dict[str, str] = {}
        self.times: dict[str, list[float]] = {}

    def call(
        self, path: str, *, name: str = "", form: dict[str, str] | None = None, body: Any = None
    ) -> tuple[int, bytes]:
        headers = self.headers | {"Host": f"{self.host}:{self.port}"}
        data = None
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        if form is not None:
            data = urlencode(form | {"csrfmiddlewaretoken": self.cookies.get("csrf", "")}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if body is not None:
            data, headers["Content-Type"] = orjson.dumps(body), "application/json"
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST" if data is not None else "GET", path, body=data, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            key, _, value = line.split(";")[0].partition("=")
            self.cookies[key] = value
        connection.close()
        if name:
            self.times.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        return answer.status, content

    def json(self, path: str, *, name: str = "", body: Any = None) -> Any:
        status, content = self.call(path, name=name, body=body)
        require(status == 200, f"{path} answered {status}: {content[:200]!r}")
        return orjson.loads(content)

    def page(self, path: str) -> LexborHTMLParser:
        status, content = self.call(path)
        require(status == 200, f"{path} answered {status}")
        return LexborHTMLParser(content.decode())

    def tickets(self, status: str = "") -> Iterator[dict[str, Any]]:
        """Every ticket of the list, through all its pages."""
        cursor = ""
        while True:
            question = (
                {"limit": "100"} | ({"status": status} if status else {}) | ({"cursor": cursor} if cursor else {})
            )
            listed = self.json(f"/api/v1/tickets/?{urlencode(question)}")
            yield from listed["results"]
            cursor = listed["next"]
            if not cursor:
                return

    def sign_in(self, email: str) -> Caller:
        self.call("/sign-in/")
        status, _ = self.call("/sign-in/", form={"username": email, "password": PASSWORD})
        require(status == 302, f"signing in as {email} answered {status}")
        return self
