"""The Batch API: many calls in one, thirty seconds for all of them (contract 3.4)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from simulators.servicenow import answers
from simulators.servicenow.world import World
from simulators.web import Request, Response, json_response

MOST_SECONDS = 30.0
_IN_MOST, _OUT_MOST = 5 * 2**20, 10 * 2**20


def run(world: World, request: Request, call: Callable[[Request], Response]) -> Response:
    """POST /v1/batch. `call` answers one request; each answer costs at least the switch's seconds."""
    try:
        body = request.json()
        asked = list(body["rest_requests"])
    except (ValueError, KeyError, TypeError):
        raise answers.refuse(400, "Invalid batch request", "The payload is not valid JSON.") from None
    serviced, unserviced, spent = [], [], 0.0
    for one in asked:
        if spent + world.switches.batch_seconds > MOST_SECONDS:
            unserviced.append(str(one.get("id", "")))
            continue
        began = time.monotonic()
        response = _one(request, one, call)
        spent += max(world.switches.batch_seconds, time.monotonic() - began)
        serviced.append(_told(one, response, world.switches.batch_seconds))
    return json_response({
        "batch_request_id": str(body.get("batch_request_id", "")), "serviced_requests": serviced, "unserviced_requests": unserviced})  # fmt: skip


def _one(outer: Request, one: dict[str, Any], call: Callable[[Request], Response]) -> Response:
    target = str(one.get("url", ""))
    split = urlsplit(target)
    body = base64.b64decode(one.get("body") or "")
    if len(body) > _IN_MOST:
        return answers.error(413, "Request too large", None)
    kept = {name: value for name, value in outer.headers.items() if name in ("authorization", "x-sn-apikey", "host")}
    headers = kept | {str(pair["name"]).lower(): str(pair["value"]) for pair in one.get("headers", [])}
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    path = split.path if split.path.startswith("/") else f"/{split.path}"
    return call(Request(str(one.get("method", "GET")).upper(), unquote(path), query, headers, body, target))


def _told(one: dict[str, Any], response: Response, seconds: float) -> dict[str, Any]:
    if len(response.body) > _OUT_MOST:
        response = answers.error(413, "Response too large", None)
    made = {
        "id": str(one.get("id", "")), "status_code": response.status, "status_text": HTTPStatus(response.status).phrase,
        "body": base64.b64encode(response.body).decode(), "execution_time": int(seconds * 1000), "headers": [],
    }  # fmt: skip
    if not one.get("exclude_response_headers"):
        told = {"Content-Type": response.content_type} | response.headers
        made["headers"] = [{"name": name, "value": value} for name, value in told.items()]
    return made
