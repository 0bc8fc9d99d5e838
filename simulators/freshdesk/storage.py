"""The storage host: files behind signed links that die, which know nothing of the account's keys (contract 2.5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode

import orjson

from simulators.clock import Clock, stamp
from simulators.freshdesk.records import Attachment
from simulators.web import Request, Response

Json = dict[str, Any]
LINK_SECONDS = 300
_SECRET = b"the storage host's own"
_PATH = re.compile(r"/data/helpdesk/attachments/production/(?P<id>\d+)/original/(?P<name>.+)")
_INLINE = "/inline/attachment"
_BLOCK = 4096
_KNOWN_MOST = 50_000


@dataclass(slots=True)
class Storage:
    """Signs links and answers them. Whoever sends an Authorization header gets 400, as S3 does."""

    clock: Clock
    base_url: str = "http://127.0.0.1:9"  # set when it listens
    seconds: int = LINK_SECONDS
    known: dict[int, Attachment] = field(default_factory=dict)  # files whose links were given out
    published: dict[str, bytes] = field(default_factory=dict)  # exports by path
    log: deque[Json] = field(default_factory=lambda: deque(maxlen=10_000))

    def link(self, one: Attachment) -> str:
        """A fresh link that lives `seconds` by the account's clock."""
        if len(self.known) >= _KNOWN_MOST:
            self.known.pop(next(iter(self.known)))
        self.known[one.id] = one
        path = f"/data/helpdesk/attachments/production/{one.id}/original/{quote(one.name, safe='')}"
        return self._signed(path)

    def inline(self, one: Attachment) -> str:
        """What a message's HTML shows: it does not die, and opens for whoever holds it."""
        self.known[one.id] = one
        told = base64.urlsafe_b64encode(b'{"id":%d}' % one.id).decode().rstrip("=")
        token = f"eyJhbGciOiJIUzI1NiJ9.{told}"
        return f"{self.base_url}{_INLINE}?token={token}.{_signature(token, '', '')}"

    def publish(self, name: str, body: bytes) -> str:
        """A link to bytes that are no attachment."""
        path = f"/data/helpdesk/exports/{quote(name)}"
        self.published[path] = body
        return self._signed(path)

    def _signed(self, path: str) -> str:
        date = datetime.fromtimestamp(self.clock.second(), UTC).strftime("%Y%m%dT%H%M%SZ")
        query = {
            "response-content-type": "application/octet-stream",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"AKIAEXAMPLEEXAMPLE/{date[:8]}/us-east-1/s3/aws4_request",
            "X-Amz-Date": date,
            "X-Amz-Expires": str(self.seconds),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": _signature(unquote(path), date, str(self.seconds)),
        }
        return f"{self.base_url}{path}?{urlencode(query)}"

    async def __call__(self, request: Request) -> Response:
        """GET or HEAD of a link."""
        response = self._answer(request)
        row = {
            "at": stamp(self.clock.second()), "method": request.method, "path": request.path,
            "status": response.status, "authorization": "authorization" in request.headers,
        }  # fmt: skip
        self.log.append(row)
        if request.method == "HEAD":
            response.headers["Content-Length"] = str(len(response.body))
            response.body = b""
        response.headers |= {"Date": self.clock.http_date(), "Server": "AmazonS3"}
        return response

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        if "authorization" in request.headers:
            text = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string"
            return _error(400, "InvalidArgument", f"{text} parameter or the Authorization header should be specified")
        if request.path == _INLINE:
            return self._image(request.query.get("token", ""))
        found = _PATH.fullmatch(request.path)
        date, seconds = request.query.get("X-Amz-Date", ""), request.query.get("X-Amz-Expires", "")
        sound = hmac.compare_digest(_signature(request.path, date, seconds), request.query.get("X-Amz-Signature", ""))
        export = self.published.get(request.path)
        if (found is None and export is None) or not date:
            return _error(403, "AccessDenied", "Access Denied")
        if not sound:
            text = "The request signature we calculated does not match the signature you provided."
            return _error(403, "SignatureDoesNotMatch", text)
        signed = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        if self.clock.now() >= signed + int(seconds):
            return _error(403, "AccessDenied", "Request has expired")
        if found is None:
            return Response(200, export or b"", content_type="application/json")
        return self._file(self.known.get(int(found["id"])), moved="moved" in request.query)

    def _image(self, token: str) -> Response:
        head, _, sign = token.rpartition(".")
        if not hmac.compare_digest(_signature(head, "", ""), sign):
            return _error(403, "AccessDenied", "Access Denied")
        told = head.partition(".")[2]
        number = orjson.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))["id"]
        return self._file(self.known.get(number), moved=False)

    def _file(self, one: Attachment | None, *, moved: bool) -> Response:
        if one is None:
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        if one.trouble == "away":
            return Response(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
        if one.trouble == "redirect" and not moved:
            return Response(302, headers={"Location": f"{self.link(one)}&moved=1"})
        body = content(one)
        if one.trouble == "short":
            body = body[: len(body) // 2]
        elif one.trouble == "long":
            body += body + b"more than was said"
        return Response(200, body, content_type=one.content_type, headers={"ETag": f'"{one.id}"'})


def content(one: Attachment) -> bytes:
    """The bytes of a file, always the same: those of a text can be read, those of others are only of the right size."""
    if one.body is not None:
        return one.body
    if one.content_type.startswith("text/"):
        block = f"{one.name}, line by line.\n".encode()
    else:
        block = hashlib.shake_256(str(one.id).encode()).digest(_BLOCK)
    return (block * (one.size // len(block) + 1))[: one.size]


def _signature(path: str, date: str, seconds: str) -> str:
    return hmac.new(_SECRET, f"{path}\n{date}\n{seconds}".encode(), hashlib.sha256).hexdigest()


def _error(status: int, code: str, message: str) -> Response:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
        "<RequestId>0123456789ABCDEF</RequestId><HostId>example</HostId></Error>"
    )
    return Response(status, body.encode(), content_type="application/xml")
