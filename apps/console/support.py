"""Support access: asked by an operator, answered by an admin of the company, opened by a pass that works once.

Each half runs bound to its own company. Whether somebody is inside is asked of the company's own row on every request,
so an end or the end of the time counts from the next request on.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.console.models import (
    LONGEST,
    REASON_LENGTH,
    AccessState,
    SupportAccess,
    SupportRequest,
    UsedPass,
    latest_asked,
)
from apps.core.audit import record
from apps.core.errors import BadInput, Conflict, Forbidden, NotFound
from apps.tenancy.context import current_company
from apps.tenancy.models import Company
from apps.tenancy.names import OPERATOR_COMPANY
from apps.tenancy.registry import Known, company_named

MINUTES = (15, 30, 60)
PASS_SECONDS = 60
TOLD = ("state", "until", "entered_at", "ended_at")  # what the company tells of an access


class PassRefused(Forbidden):
    """The link was used, is too old, of another company, or the access is over: one answer for all."""

    code = "pass_refused"


# --- in the operators' company


def find_company(company_id: str) -> Known:
    """A company other than the operators' own. Raises NotFound."""
    known = company_named(company_id)
    if known is None or company_id == OPERATOR_COMPANY:
        raise NotFound(f"There is no company {company_id!r}.", code="company_unknown")
    return known


def request_access(*, company_id: str, reason: str, minutes: int, person: User) -> SupportRequest:
    """Keep a request. Raises NotFound, BadInput without a reason or for a wrong time, Conflict when one is open."""
    if find_company(company_id).status != Company.Status.ACTIVE:
        raise Conflict("The company is not active.", code="company_not_active")
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH:
        raise BadInput(f"reason: 1 to {REASON_LENGTH} characters.", code="reason_invalid")
    if minutes not in MINUTES:
        raise BadInput(f"minutes: one of {MINUTES}.", code="minutes_invalid")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # who clicks twice asks once
        asked = SupportRequest.objects.filter(target=company_id, requested_by=person)
        if any(one.is_open or one.is_waiting for one in asked):
            raise Conflict("You have asked already.", code="support_asked")
        made = SupportRequest.objects.create(target=company_id, requested_by=person, reason=reason, minutes=minutes)
    record("support_requested", subject=f"access:{made.pk}", minutes=minutes, company_id=company_id)
    return made


def waiting_requests(company_id: str) -> list[dict[str, Any]]:
    """The requests a company has not answered, as they travel. Told again until it answers: nothing gets lost."""
    rows = SupportRequest.objects.filter(
        target=company_id, state=AccessState.PENDING, requested_at__gt=latest_asked(), requested_by__is_active=True
    ).select_related("requested_by")
    return [
        {
            "id": str(one.pk), "reason": one.reason, "minutes": one.minutes, "requested_at": one.requested_at.isoformat(),
            "operator_id": str(one.requested_by_id), "operator_name": one.requested_by.name,
            "language": one.requested_by.language,
        }
        for one in rows
    ]  # fmt: skip


def gone_accesses(company_id: str) -> list[str]:
    """Open accesses of operators who are switched off, for the company to end. Told again until it says it has."""
    rows = SupportRequest.objects.filter(
        target=company_id, state=AccessState.APPROVED, until__gt=timezone.now(), requested_by__is_active=False
    )
    return [str(one) for one in rows.values_list("pk", flat=True)]


def companies_entered(person: User) -> list[str]:
    """Companies whose door is open to the operator."""
    rows = SupportRequest.objects.filter(requested_by=person, state=AccessState.APPROVED, until__gt=timezone.now())
    return sorted(set(rows.values_list("target", flat=True)))


def hear_accesses(company_id: str, told: Sequence[dict[str, Any]]) -> None:
    """Keep what a company told of the accesses it was asked for; each change stands in the operators' trail."""
    for news in told:
        values = {name: _moment(news[name]) for name in TOLD[1:]} | {"state": AccessState(news["state"])}
        with transaction.atomic():
            row = SupportRequest.objects.select_for_update().filter(pk=UUID(news["id"]), target=company_id).first()
            if row is None:
                continue
            before = (row.state, row.entered_at)
            SupportRequest.objects.filter(pk=row.pk).update(**values)
        for event in _changes(before, values):
            _note(event, subject=f"access:{row.pk}", company_id=company_id)


def _changes(before: tuple[str, datetime | None], now: dict[str, Any]) -> list[str]:
    """The events between two states. They may come late and together: an answer and the end of the access."""
    events = []
    if before[0] == AccessState.PENDING and now["state"] in (AccessState.APPROVED, AccessState.ENDED):
        events.append("support_approved")
    if before[0] == AccessState.PENDING and now["state"] == AccessState.DENIED:
        events.append("support_denied")
    if before[1] is None and now["entered_at"] is not None:
        events.append("support_entered")
    if before[0] != AccessState.ENDED and now["state"] == AccessState.ENDED:
        events.append("support_ended")
    return events


def _note(event: str, *, subject: str, company_id: str) -> None:
    match event:
        case "support_approved":
            record("support_approved", subject=subject, company_id=company_id)
        case "support_denied":
            record("support_denied", subject=subject, company_id=company_id)
        case "support_entered":
            record("support_entered", subject=subject, company_id=company_id)
        case "support_ended":
            record("support_ended", subject=subject, company_id=company_id)


def make_pass(*, request: SupportRequest, person: User) -> str:
    """A signed pass into the company for the operator who asked, for 60 seconds. Raises Conflict when it is not open."""
    if request.requested_by_id != person.pk or not request.is_open:
        raise Conflict("The access is not open.", code="support_not_open")
    facts = {"access": str(request.pk), "operator": str(person.pk), "nonce": str(uuid4())}
    return signing.dumps(facts, salt=_salt(request.target))


# --- in the company that is asked


def arrive(asked: Sequence[dict[str, Any]]) -> None:
    """Keep requests that are new here, for the admins to answer. Repeating it changes nothing."""
    for one in asked:
        minutes, requested_at = int(one["minutes"]), _moment(one["requested_at"])
        if minutes not in MINUTES or requested_at is None:
            raise BadInput("A request for support that cannot be.", code="support_request_invalid")
        _access, made = SupportAccess.objects.get_or_create(
            pk=UUID(one["id"]),
            defaults={
                "operator_id": UUID(one["operator_id"]), "operator_name": one["operator_name"][:120],
                "language": one["language"][:12], "reason": one["reason"][:REASON_LENGTH], "minutes": minutes,
                "requested_at": requested_at,
            },
        )  # fmt: skip
        if made:
            principal = f"operator:{UUID(one['operator_id'])}"
            record("support_requested", principal=principal, subject=f"access:{one['id']}", minutes=minutes)


def answer(*, access_id: UUID, approve: bool, person: User) -> None:
    """Let support in, or not. The time runs from now. Raises Conflict when there is nothing to answer any more."""
    now = timezone.now()
    waiting = SupportAccess.objects.filter(pk=access_id, state=AccessState.PENDING, requested_at__gt=latest_asked())
    minutes = waiting.values_list("minutes", flat=True).first()
    values: dict[str, Any] = {"answered_at": now, "answered_by": person}
    if approve and minutes is not None:
        values |= {"state": AccessState.APPROVED, "until": now + min(timedelta(minutes=minutes), LONGEST)}
    else:
        values |= {"state": AccessState.DENIED, "ended_at": now}
    if minutes is None or not waiting.update(**values):  # another admin was quicker, or it is too old
        raise Conflict("This request waits no longer.", code="support_answered")
    if approve:
        record("support_approved", subject=f"access:{access_id}", minutes=minutes)
    else:
        record("support_denied", subject=f"access:{access_id}")


def end(*, access_id: UUID, reason: str) -> None:
    """Close the door at once. `reason`: admin | operator | operator_gone. Raises Conflict when it is closed."""
    now = timezone.now()
    live = SupportAccess.objects.filter(pk=access_id, state=AccessState.APPROVED, until__gt=now)
    if not live.update(state=AccessState.ENDED, ended_at=now):
        raise Conflict("This access is over.", code="support_over")
    record("support_ended", subject=f"access:{access_id}", reason=reason)


def end_gone(told: Sequence[str]) -> None:
    """Close the doors of operators who are none any more. Repeating it changes nothing."""
    for access_id in told:
        with suppress(Conflict):
            end(access_id=UUID(access_id), reason="operator_gone")


def told_accesses() -> list[dict[str, Any]]:
    """The accesses of the last two days, as the company tells the operators."""
    rows = SupportAccess.objects.filter(requested_at__gt=latest_asked() - timedelta(days=1))
    return [
        {"id": str(one.pk), "state": one.state}
        | {name: moment.isoformat() if (moment := getattr(one, name)) else None for name in TOLD[1:]}
        for one in rows
    ]


def look_at_pass(token: str) -> tuple[SupportAccess, UUID]:
    """The access a pass opens, and the pass's own number; nothing is used up. Raises PassRefused."""
    try:
        facts = signing.loads(token, salt=_salt(current_company().company_id), max_age=PASS_SECONDS)
        access_id, operator_id, nonce = (UUID(facts[name]) for name in ("access", "operator", "nonce"))
    except (signing.BadSignature, KeyError, TypeError, ValueError) as exc:
        raise PassRefused("This link does not work (any more).") from exc
    access = SupportAccess.objects.filter(pk=access_id, operator_id=operator_id).first()
    if access is None or not access.is_open or UsedPass.objects.filter(pk=nonce).exists():
        raise PassRefused("This link does not work (any more).")
    return access, nonce


def use_pass(token: str) -> SupportAccess:
    """Use a pass up and name the access it opens. Raises PassRefused; of two who come at once, one gets in."""
    access, nonce = look_at_pass(token)
    try:
        with transaction.atomic():
            UsedPass.objects.create(pk=nonce, access=access)
            SupportAccess.objects.filter(pk=access.pk, entered_at=None).update(entered_at=timezone.now())
    except IntegrityError as exc:
        raise PassRefused("This link does not work (any more).") from exc
    record("support_entered", principal=f"operator:{access.operator_id}", subject=f"access:{access.pk}")
    return access


def _salt(company_id: str) -> str:
    return f"deskhand.support:{company_id}"  # a pass for one company is noise in every other


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
