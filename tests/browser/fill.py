"""python -m tests.browser.fill: people and cases of acme, one for every state a page can have; prints their ids."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import django
import orjson

PASSWORD = "a long pass phrase"
PEOPLE = (
    ("mara@acme.example", "Mara Lind", "agent", "en"),
    ("jisoo@acme.example", "한지수", "agent", "ko"),
    ("yuki@acme.example", "佐藤 美咲", "agent", "ja"),
    ("jonas@acme.example", "Jonas Weidner-Schulze", "agent", "de"),
    ("lea@acme.example", "Lea Brandt", "lead", "de"),
    ("admin@acme.example", "Acme Admin", "admin", "en"),
)
# One for every way the site is looked at: they set a second factor up on the way, which can be done once.
NEWCOMERS = tuple(
    (f"noor.{language}-{theme}-{width}@acme.example", "Noor Haddad", "privacy", language)
    for language in ("en", "ko", "ja", "de") for theme in ("light", "dark") for width in (1280, 320)
)  # fmt: skip
FIX_KO = "이어버드 두 개를 케이스에 넣고 뚜껑을 열어 두세요. 불빛이 주황색이 될 때까지 뒷면 버튼을 15초 동안 누르세요. 그런 다음 충전 오류를 고친 업데이트 2.4.2를 설치하세요."  # fmt: skip
REPLACE = "To replace a cracked charging case we need to find the purchase. Send us the order number and a photo of the case. The new case is shipped within two working days."  # fmt: skip
GERMAN = "Rechnungsanschriftsänderungsbestätigung für Ladeschalenersatzlieferung fehlt"
TOKEN = "https://eucattachment.freshdesk.com/inline/attachment?token=eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.x"
FORMATTED = f"""<p>Since the update:</p><ol><li>left is dead</li><li>right is fine</li></ol><table><tr><th>Part</th><th>Serial number of the part</th></tr>
<tr><td>Case</td><td>HA-2093-5518</td></tr></table><script>alert(1)</script><p><a href="https://evil.example/go">Your invoice</a></p>
<img src="https://photos.example/1.png" alt="Photo of the case" onerror="alert(1)"><img src="{TOKEN}" alt="Inline shot">"""
HOSTILE = "<img src=x onerror=alert(1)> " + "Abcdefghij" * 30


def main() -> int:
    django.setup()
    from apps.accounts.models import User
    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company

    acme = Company.objects.get(company_id="acme")
    with bind_company(acme.binding()):
        for email, name, role, language in (*PEOPLE, *NEWCOMERS):
            User.objects.make(email=email, name=name, role=role, password=PASSWORD, language=language)
        names = put_cases()
    sys.stdout.buffer.write(orjson.dumps(names))
    return 0


def put_cases() -> dict[str, str]:
    """Everything whose brief is made, then what happened after the workers stopped."""
    from apps.platforms.models import Ticket
    from tests.mirror import charging_case

    charging_case()
    _store(_settled(), _articles(), work=True)
    _store(_news(), [], work=False)
    _synced()
    _attach()
    _lengthen()
    names = {"101": "solved", "102": "ready", "103": "german", "104": "ask", "105": "korean", "106": "stale",
             "107": "preparing", "108": "hostile", "109": "formatted", "110": "long"}  # fmt: skip
    return {names[row.remote_id]: str(row.pk) for row in Ticket.objects.all()}


def _settled() -> list[Any]:
    from tests.mirror import CLOSED, NOW, message_data, ticket_data

    korean = "2.4.1 업데이트 후 왼쪽 이어버드가 충전되지 않아요"
    due = {"due_by": NOW + timedelta(days=3650), "priority": 3}
    return [
        (ticket_data(103, GERMAN, "Guten Tag, die Bestätigung der neuen Rechnungsanschrift ist bisher nicht angekommen."), []),
        (ticket_data(104, "Charging case cracked", "Hello, my charging case is cracked after a fall. Can I get the case replaced?", **due), []),
        (ticket_data(105, korean, f"안녕하세요. {korean}. 케이스에 넣어도 불이 안 들어옵니다. 어떻게 해야 하나요?"), []),
        (ticket_data(106, "Earbud not charging any more", "Since update 2.4.1 one earbud is not charging any more. What can I do?"), []),
        (ticket_data(109, "Which part has failed?", "Since the update: left is dead, right is fine.", description_html=FORMATTED, status=CLOSED), []),
        (ticket_data(110, "A case of many letters", "This began long ago.", status=CLOSED), []),
        (ticket_data(108, HOSTILE, "<script>alert(1)</script> " + "unbroken" * 40), [message_data(3, 108, "Look at this with care.", private=True)]),
    ]  # fmt: skip


def _news() -> list[Any]:
    from tests.mirror import message_data, ticket_data

    again = ticket_data(106, "Earbud not charging any more", "Since update 2.4.1 one earbud is not charging any more. What can I do?")  # fmt: skip
    return [
        (again, [message_data(4, 106, "It still does not charge. I fly on Friday!!", author="customer")]),
        (ticket_data(107, "Hinge of the case is loose", "The hinge of my case is loose."), []),
    ]


def _articles() -> list[Any]:
    from tests.mirror import article_data

    return [
        article_data(11, "펌웨어 업데이트 후 충전 복구하기", FIX_KO, language="ko"),
        article_data(14, "Replace a cracked charging case", REPLACE),
    ]


def _store(tickets: Sequence[Any], articles: Sequence[Any], *, work: bool) -> None:
    """As the sync stores it; `work`: as the workers index it and make briefs."""
    from django.db import transaction

    from apps.ingest.sync import store_tickets
    from apps.ingest.threads import store_threads
    from apps.platforms.models import Ticket
    from tests.mirror import fill, make_connection

    if work:
        fill(list(tickets), list(articles))
        return
    connection = make_connection()
    with transaction.atomic():
        store_tickets(connection, [ticket for ticket, _ in tickets])
        rows = {row.remote_id: row for row in Ticket.objects.select_related("customer")}
        store_threads([(rows[ticket.remote_id], thread) for ticket, thread in tickets])


def _attach() -> None:
    from apps.platforms.models import Attachment, Message

    message = Message.objects.get(ticket__remote_id="109")
    files = (("photo of the case, taken from above.png", "image/png", 1_258_291), ("update.exe", "", 2048), ("notes", "", 0))
    for number, (name, content_type, size) in enumerate(files):
        Attachment.objects.create(message=message, remote_id=str(number), name=name, content_type=content_type, size=size)


def _lengthen() -> None:
    """200 messages, of which a page shows a part."""
    from apps.platforms.models import Message, Ticket
    from tests.mirror import NOW

    long = Ticket.objects.get(remote_id="110")
    common = {"company_id": "acme", "ticket": long, "kind": "reply", "author": "agent", "author_name": "Tomasz Zielinski",
              "visibility": "public", "language": "en", "updated_at": NOW, "raw_hash": "x"}  # fmt: skip
    Message.objects.bulk_create(
        Message(remote_id=f"r{number}", number=number, text=f"These are the words of letter {number}.", created_at=NOW + timedelta(hours=number), **common)
        for number in range(2, 201)
    )


def _synced() -> None:
    """The feeds were read to their end."""
    from django.utils import timezone

    from apps.ingest.models import Stream
    from tests.mirror import make_connection

    connection, now = make_connection(), timezone.now()
    for kind in Stream.Kind.values:
        Stream.objects.create(connection=connection, kind=kind, next_at=now, completed_at=now, first_completed_at=now)


if __name__ == "__main__":
    sys.exit(main())
