"""Answers of the instance that are no rows: errors, and pages for people."""

from __future__ import annotations

from typing import Any

import orjson

from simulators.web import Response

CANCELLED = "Transaction cancelled: maximum execution time exceeded"
_PAGES = {
    "hibernating": "<!DOCTYPE html><html><head><title>Instance Hibernating page</title></head><body><h1>Your instance is hibernating."
    "</h1></body></html>",
    "login": "<!DOCTYPE html><html><head><title>Log in</title></head><body><form action=\"login.do\"></form></body></html>",
}  # fmt: skip


class Refused(Exception):
    """The call ends with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(str(response.status))
        self.response = response


def error(status: int, message: str, detail: str | None) -> Response:
    """The body that every error has."""
    body = {"error": {"message": message, "detail": detail}, "status": "failure"}
    return Response(status, orjson.dumps(body), headers={})


def refuse(status: int, message: str, detail: str | None) -> Refused:
    return Refused(error(status, message, detail))


def unauthorised() -> Refused:
    response = error(401, "User Not Authenticated", "Required to provide Auth information")
    response.headers["WWW-Authenticate"] = 'BASIC realm="Service-now"'
    return Refused(response)


def missing() -> Refused:
    """Deleted, forbidden and never there look the same."""
    return refuse(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def forbidden() -> Refused:
    return refuse(403, "Operation Failed", "ACL Exception Insert Failed due to security constraints")


def unreadable() -> Refused:
    return refuse(403, "Insufficient rights to query records", "Field(s) present in the query do not have permission to be read")


def page(kind: str) -> Response:
    """What a sleeping instance shows."""
    if kind == "redirect":
        return Response(302, b"", headers={"Location": "https://developer.service-now.example/hibernated"})
    return Response(200, _PAGES[kind].encode(), content_type="text/html;charset=UTF-8")


def result(payload: Any, status: int = 200) -> Response:
    return Response(status, orjson.dumps({"result": payload}), content_type="application/json;charset=UTF-8", headers={})
