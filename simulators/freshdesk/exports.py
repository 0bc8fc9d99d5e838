"""Slow answers: jobs with progress, the export of the account, the activities of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from simulators.freshdesk.replies import Reply, body_object, forbidden, invalid, missing
from simulators.freshdesk.world import World
from simulators.web import Request

Json = dict[str, Any]
_READY_AFTER = 3600  # seconds after midnight until the file of the day before exists
_KEPT_DAYS = 30
_RESOURCES = {
    "tickets", "archive_tickets", "contacts", "companies", "groups", "canned_responses", "surveys", "solutions",
}  # fmt: skip


def read_job(world: World, request: Request, job: str) -> Reply:
    """GET /jobs/{id}"""
    found = world.jobs.read(job, world.clock.now())
    if found is None:
        raise missing()
    return Reply(found)


def export_account(world: World, request: Request) -> Reply:
    """POST /account/export: admins only. What a finished job looks like is not known: it has no link here."""
    if not world.switches.admin_key:
        raise forbidden()
    asked = body_object(request)
    names = [one.get("name") for one in asked.get("resources", []) if isinstance(one, dict)]
    if not names or set(names) - _RESOURCES:
        raise invalid("resources", f"It should be one of these values: '{','.join(sorted(_RESOURCES))}'")
    job = world.jobs.start("ACCOUNT::EXPORT", world.clock.now(), seconds=120)
    return Reply({"job": {"id": job["job_id"], "link": {"href": job["href"], "method": "GET"}}}, 202)


def ticket_activities(world: World, request: Request) -> Reply:
    """GET /export/ticket_activities?created_at=YYYY-MM-DD: 404 until the file of that day exists."""
    try:
        day = date.fromisoformat(request.query.get("created_at", ""))
    except ValueError:
        raise invalid("created_at", "It should be in the 'yyyy-mm-dd' format", "invalid_date") from None
    now = datetime.fromtimestamp(world.clock.now(), UTC)
    ready = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, seconds=_READY_AFTER)
    if not world.switches.activities_exported or not ready <= now <= ready + timedelta(days=_KEPT_DAYS):
        raise missing()
    first = int((ready - timedelta(days=1, seconds=_READY_AFTER)).timestamp())
    rows = [_activity(row) for row in world.activities if first <= row["at"] < first + 86400]
    url = world.storage.publish(f"activities-{day}.json", orjson.dumps({"activities_data": rows}))
    file = {"created_at": str(day), "url": url}
    return Reply({"export": {"url": url} if world.switches.activities_in_one else [file]})


def _activity(row: Json) -> Json:
    at = datetime.fromtimestamp(row["at"], UTC).strftime("%d-%m-%Y %H:%M:%S +0000")
    return {
        "performed_at": at, "ticket_id": row["ticket_id"], "performer_type": "user", "performer_id": 0,
        "activity": row["activity"],
    }  # fmt: skip
