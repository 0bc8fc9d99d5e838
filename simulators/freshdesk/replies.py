"""How Freshdesk says yes and no: answers of the API before they become HTTP (contract 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from simulators.web import Request

PER_PAGE, PER_PAGE_MOST = 30, 100
FILES_MOST = 20 * 1024 * 1024  # of one ticket or entry together


@dataclass(slots=True)
class Reply:
    """Status, payload (None = empty body) and extra headers. `link` asks for a next-page header."""

    payload: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    more: bool = False


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, payload: Any = None) -> None:
        super().__init__(status)
        self.reply = Reply(payload, status)


def invalid(field_name: str, message: str, code: str = "invalid_value") -> Refused:
    """400 with one fault."""
    fault = {"field": field_name, "message": message, "code": code}
    return Refused(400, {"description": "Validation failed", "errors": [fault]})


def missing() -> Refused:
    """404 has no body."""
    return Refused(404)


def unauthorised() -> Refused:
    return Refused(401, {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."})


def forbidden(code: str = "access_denied") -> Refused:
    return Refused(403, {"code": code, "message": "You are not authorized to perform this action."})


@dataclass(frozen=True, slots=True)
class Window:
    """One page of a list."""

    page: int
    per_page: int

    @property
    def start(self) -> int:
        return (self.page - 1) * self.per_page

    def cut(self, rows: Sequence[Any]) -> Reply:
        """The page of rows that are all at hand."""
        stop = self.start + self.per_page
        return Reply(rows[self.start : stop], more=len(rows) > stop)


def window(request: Request) -> Window:
    """`page` and `per_page` of a call. Raises Refused(400)."""
    return Window(
        _whole(request, "page", 1, 1_000_000),
        _whole(request, "per_page", PER_PAGE, PER_PAGE_MOST),
    )


def _whole(request: Request, name: str, default: int, most: int) -> int:
    value = request.query.get(name, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise invalid(name, f"It should be a Positive Integer less than or equal to {most}")
    return int(value)


def body_object(request: Request) -> dict[str, Any]:
    """The fields of a write, from JSON or a form; files under `attachments`. Raises Refused."""
    kind = request.headers.get("content-type", "application/json")
    if kind.startswith("multipart/form-data"):
        return _form(request, kind)
    if "json" not in kind:
        raise Refused(415)
    try:
        found = request.json()
    except ValueError:
        raise Refused(400, {"code": "invalid_json", "message": "Request body has invalid json format"}) from None
    if not isinstance(found, dict):
        raise Refused(400, {"code": "invalid_json", "message": "Request body has invalid json format"})
    return found


def _form(request: Request, kind: str) -> dict[str, Any]:
    parts = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
    fields: dict[str, Any] = {}
    files = []
    for part in parts.iter_parts():  # type: ignore[attr-defined]
        name = str(part.get_param("name", "", header="content-disposition"))
        value = part.get_payload(decode=True) or b""
        if part.get_filename():
            files.append((part.get_filename(), part.get_content_type(), len(value)))
        elif name.endswith("[]"):
            fields.setdefault(name[:-2], []).append(value.decode())
        else:
            fields[name] = {b"true": True, b"false": False}.get(value, value.decode())
    if sum(size for _, _, size in files) > FILES_MOST:
        raise invalid("attachments", "Cumulative attachment size of 20 MB exceeded")
    return fields | ({"attachments": files} if files else {})
