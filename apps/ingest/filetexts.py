"""Read the words of files: a credit and a call of the storage host each, and a child process that may die of one.

The row of the file says what became of it; the index follows as for a message, whose visibility is the file's.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.db import transaction
from django.utils import timezone

from apps.core.errors import AppError, CredentialsRejected, NotFound, RateLimited
from apps.core.text import detect_language
from apps.ingest.models import Outbox
from apps.ingest.outbox import Claimed, owe, put_off, settle, still_ours
from apps.ingest.reading import Reading, read_text
from apps.ingest.threads import may_read
from apps.platforms.connecting import refuse, stops_connection
from apps.platforms.fetching import fetch_file
from apps.platforms.filedata import TOO_LARGE
from apps.platforms.models import Attachment

SECONDS = 30.0  # for the bytes of one
STOPPED_SECONDS = 600  # until a connection that was refused is looked at again

log = structlog.get_logger("deskhand.ingest")


def may_read_files() -> bool:
    """Threads come first, however many there are: a file never takes the credit of one."""
    now = timezone.now()
    threads = Outbox.objects.filter(kind__in=[Outbox.Kind.HINT, Outbox.Kind.THREAD, Outbox.Kind.LOOK], due_at__lte=now)
    return not threads.exists() and may_read()


def read_files(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.FILE, one at a time. What cannot be asked now is put off by whoever called."""
    for one in claimed:
        file = (
            Attachment.objects.select_related("message__ticket__connection").defer("text")
            .filter(pk=one.object_id, outcome="", message__ticket__deleted=False).first()
        )  # fmt: skip
        try:
            reading = _read(file) if file is not None and file.message.ticket.connection.reads_files else None
        except CredentialsRejected as exc:
            put_off([one], code=exc.code, seconds=STOPPED_SECONDS)
            continue
        with transaction.atomic():
            if not still_ours([one]):
                continue
            if file is not None and reading is not None:
                _store(file, reading)
            settle([one])


def _read(file: Attachment) -> Reading:
    """The words, or why there are none. Raises what passes by itself, and CredentialsRejected when nothing is read now."""
    try:
        data = fetch_file(file, urgent=False, seconds=SECONDS)
    except NotFound:
        return Reading("not_readable")
    except RateLimited:
        raise
    except CredentialsRejected as exc:
        if not stops_connection(exc):
            return Reading("not_readable")
        refuse(file.message.ticket.connection_id, exc.code)
        raise
    except AppError as exc:
        if exc.retryable:
            raise
        return Reading("too_large" if exc.code == TOO_LARGE else "not_readable")
    return read_text(data.body)


def _store(file: Attachment, reading: Reading) -> None:
    language = detect_language(reading.text[:2000], hint=file.message.language or "en") if reading.text else ""
    changed = Attachment.objects.filter(pk=file.pk, outcome="")
    changed.update(outcome=reading.outcome, text=reading.text, language=language)
    if reading.text:
        owe(Outbox.Kind.INDEX_TICKET, [file.message.ticket_id], priority=4)
    log.info("file_read", outcome=reading.outcome)
