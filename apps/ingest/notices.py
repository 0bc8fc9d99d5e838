"""Word to a company's admins that a connection is not read, and when it is again (docs/decisions/0073-notices.md).

The row of a notice is the claim: it is made with what it tells, in one transaction, and once while it lasts. One piece of
owed work an admin mails it: at least once, in order, however long the mail server is away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.mails import refused_for_good, write_to
from apps.accounts.models import Role, User
from apps.core.audit import record_on_commit
from apps.core.errors import ExternalUnavailable
from apps.ingest.models import Notice, NoticeMail, Outbox
from apps.ingest.outbox import Claimed, owe, put_off, settle, still_ours
from apps.ingest.sync_words import trouble_words
from apps.tenancy.addresses import company_url
from apps.tenancy.context import current_company

OVER = "over"  # what is told when the trouble has ended
log = structlog.get_logger("deskhand.ingest")


def note_refused(*, connection_id: UUID, code: str, **_: Any) -> None:
    """Receiver of platforms.signals.refused."""
    open_notice(connection_id, Notice.Reason.REFUSED, code=code, since=timezone.now())


def note_accepted(*, connection_id: UUID, **_: Any) -> None:
    """Receiver of platforms.signals.accepted. A sync that stood still for another reason has to move first."""
    end_notice(Notice.objects.filter(connection=connection_id, ended_at=None, reason=Notice.Reason.REFUSED).first())


def open_notice(connection_id: UUID, reason: Notice.Reason, *, code: str, since: datetime) -> None:
    """Say it to every active admin, unless it is said already. In the caller's transaction, the connection's row locked.

    A refused key is news to whoever knows only that the sync stands still; that one is over then, without a word.
    """
    held = Notice.objects.filter(connection=connection_id, ended_at=None).first()
    if held is not None and held.reason in (reason, Notice.Reason.REFUSED):
        return
    now = timezone.now()
    if held is not None:
        held.mails.all().delete()
        Notice.objects.filter(pk=held.pk).update(ended_at=now)
    notice = Notice.objects.create(
        connection_id=connection_id, reason=reason, code=code[:60], began_at=since, opened_at=now
    )
    admins = User.objects.active().filter(role=Role.ADMIN) if settings.MAIL.sends else User.objects.none()
    mails = NoticeMail.objects.bulk_create([NoticeMail(notice=notice, person=one) for one in admins])
    owe(Outbox.Kind.NOTICE, [one.pk for one in mails])
    log.warning("notice_opened", kind=str(reason), connection=str(connection_id), code=code[:60], count=len(mails))


def end_notice(notice: Notice | None) -> None:
    """It works again: those who were told of the trouble are told so. In the caller's transaction, as above."""
    now = timezone.now()
    if notice is None or not Notice.objects.filter(pk=notice.pk, ended_at=None).update(ended_at=now):
        return
    owe(Outbox.Kind.NOTICE, notice.mails.values_list("pk", flat=True))
    lasted = round((now - notice.began_at).total_seconds(), 1)
    log.info("notice_ended", kind=notice.reason, connection=str(notice.connection_id), seconds=lasted)


def mail_notices(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.NOTICE. Raises ExternalUnavailable while the mail server takes nothing.

    Killed between sending and marking, that one mail is sent again with the same number; all others are not.
    """
    for one in claimed:
        while (told := _next(one)) is not None:
            mail, word = told
            try:
                _send(mail, word)
            except OSError as exc:
                if not refused_for_good(exc):
                    raise ExternalUnavailable("the mail server takes nothing", code="mail_unavailable") from None
                put_off([one], code="mail_refused", passes=False)
                break
            _mark(mail, word)


def _next(one: Claimed) -> tuple[NoticeMail, str] | None:
    """What this admin is still to be told; settled when that is nothing. Asked under the claim, so shortly before it is sent."""
    with transaction.atomic():
        if not still_ours([one]):
            return None
        rows = NoticeMail.objects.select_related("notice__connection", "person")
        mail = rows.filter(pk=one.object_id, person__is_active=True, person__role=Role.ADMIN).first()
        if mail is not None and mail.told_at is None:
            return mail, mail.notice.reason
        if mail is not None and mail.notice.ended_at is not None and mail.over_at is None:
            return mail, OVER
        settle([one])
    return None


def _mark(mail: NoticeMail, word: str) -> None:
    """It was sent, whoever has the claim by now."""
    with transaction.atomic():
        NoticeMail.objects.filter(pk=mail.pk).update(**{"over_at" if word == OVER else "told_at": timezone.now()})
        record_on_commit("notice_sent", subject=mail.person.principal, kind=word)


def _send(mail: NoticeMail, word: str) -> None:
    """Plain text in the reader's language: whose account, since when, why, and where to look. Raises OSError."""
    notice, company_id = mail.notice, current_company().company_id
    with translation.override(mail.person.language):
        subject = {
            Notice.Reason.REFUSED: _("Sync stopped: the helpdesk has refused the key"),
            Notice.Reason.STUCK: _("Sync stopped: nothing new arrives from the helpdesk"),
            OVER: _("The sync works again"),
        }[word]
        context = {
            "account": notice.connection.account,
            "since": notice.began_at,
            "until": notice.ended_at,
            "why": trouble_words(notice.code) if notice.code else "",
            "link": company_url(company_id, reverse("ingest:sync")),
        }
        write_to(
            mail.person,
            subject=subject,
            template=f"mail/notice_{word}.txt",
            context=context,
            number=f"{mail.pk}.{word}",
        )
