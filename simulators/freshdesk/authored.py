"""An authored account, moved in time so that its newest message is one hour old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from simulators import mail
from simulators.accounts import load, shapes
from simulators.accounts.dated import dated
from simulators.freshdesk.records import (
    Agent,
    Article,
    Attachment,
    Category,
    Contact,
    Entry,
    Feed,
    Folder,
    Group,
    Planted,
    Profile,
    Stamp,
    Ticket,
    Translation,
    entry_id,
    stable_id,
)

_HOUR, _DAY = 3600, 86400
_FEEDS: dict[str, Feed] = {"live": "live", "spam": "spam", "trash": "deleted", "archived": "archived"}
_SOURCES = {"email": 1, "portal": 2, "phone": 3, "chat": 7}
_AGE = 900 * _DAY  # people and groups are older than any ticket


class AuthoredOrigin:
    """The account of a folder; small enough to be held whole."""

    def __init__(self, account: load.Account, now: int) -> None:
        self.now = now
        self.profile = _profile(account, now)
        self._contacts = {c.id: c for c in (_contact(one, now) for one in account.head.customer)}
        cases = dated(account.cases, now)
        builder = _Builder(account, f"support@{account.key}.example")
        made = [builder.build(number, case, times) for number, (case, times) in enumerate(cases, 1)]
        self._tickets = {ticket.id: (ticket, entries) for ticket, entries in made}
        self._planted = {number: _planted(number, case) for number, (case, _) in enumerate(cases, 1)}

    def stamps(self) -> Iterator[Stamp]:
        return map(self.stamp, self._tickets)

    def stamp(self, ticket_id: int) -> Stamp:
        ticket = self._tickets[ticket_id][0]
        return Stamp(ticket.id, ticket.created_at, ticket.updated_at, ticket.feed)

    def planted(self, ticket_id: int) -> list[Planted]:
        return self._planted.get(ticket_id, [])

    def ticket(self, ticket_id: int) -> Ticket:
        return self._tickets[ticket_id][0]

    def entries(self, ticket_id: int) -> list[Entry]:
        return self._tickets[ticket_id][1]

    def contact(self, contact_id: int) -> Contact | None:
        return self._contacts.get(contact_id)

    def contacts(self) -> Iterator[Contact]:
        return iter(sorted(self._contacts.values(), key=lambda contact: contact.id))


def in_order(account: load.Account) -> list[shapes.Case]:
    """The cases as the account numbers its tickets, from 1: by creation."""
    return [case for case, _ in dated(account.cases, 0)]


@dataclass(frozen=True, slots=True)
class _Builder:
    """Turns cases into tickets with threads."""

    account: load.Account
    support: str

    def build(self, number: int, case: shapes.Case, times: list[int]) -> tuple[Ticket, list[Entry]]:
        first = self._markup(case, 0, times)
        solved = case.status in ("resolved", "closed")
        updated = times[-1] + (90 if solved else 1)  # the status is set a little after the last word
        ticket = Ticket(
            id=number,
            subject=case.subject,
            description=first,
            description_text=mail.plain(first),
            status=shapes.STATUS_IDS[case.status],
            priority=case.priority,
            source=_SOURCES[case.channel],
            type="Incident" if case.priority > 2 else "Question",
            group_id=stable_id("group", case.group),
            responder_id=stable_id("agent", case.agent) if case.agent else None,
            requester_id=stable_id("contact", case.customer),
            tags=list(case.tags),
            created_at=times[0],
            updated_at=updated,
            status_at=updated if solved else times[0],
            feed=_FEEDS[case.state],
            attachments=_files(number, 0, case.message[0], times[0]),
            custom_fields={name: None for name in self.account.head.custom_fields} | case.custom_fields,
        )
        return ticket, [self._entry(number, case, index, times) for index in range(1, len(case.message))]

    def _entry(self, number: int, case: shapes.Case, index: int, times: list[int]) -> Entry:
        message = case.message[index]
        body = self._markup(case, index, times)
        by_customer, note = message.by == "customer", message.by == "note"
        speaker = self._speaker(case, message)
        return Entry(
            id=entry_id(number, index),
            user_id=stable_id("contact", case.customer) if by_customer else stable_id("agent", case.agent),
            incoming=by_customer,
            private=note,
            source=2 if note else 0,
            body=body,
            body_text=mail.plain(body),
            created_at=times[index],
            updated_at=times[index],
            from_email=None if note else f"{speaker[0]} <{speaker[1]}>",
            to_emails=[] if note else [self.support if by_customer else case.customer],
            has_quoted_text=message.quoted,
            attachments=_files(number, index, message, times[index]),
        )

    def _speaker(self, case: shapes.Case, message: shapes.Message) -> tuple[str, str]:
        """Name and mail address of who wrote it; agents answer from the support address."""
        if message.by == "customer":
            return next((c.name, c.email) for c in self.account.head.customer if c.email == case.customer)
        name = next(a.name for a in self.account.head.agent if a.email == case.agent)
        return name, self.support

    def _markup(self, case: shapes.Case, index: int, times: list[int]) -> str:
        message = case.message[index]
        client: mail.Client = "agent"
        if message.by == "customer":
            # A form knows neither signatures nor quotes, so who uses them went on by mail.
            mailed = case.channel == "email" or message.quoted or message.signature
            client = mail.client_of(case.customer) if mailed else "form"
        quoted = self._quoted(case, index, times) if message.quoted else None
        return mail.render(message.text, client, message.lang or case.lang, message.signature, quoted)

    def _quoted(self, case: shapes.Case, index: int, times: list[int]) -> mail.Quoted | None:
        """The last mail before this one. A private note was never mailed, so it is never quoted."""
        for before in range(index - 1, -1, -1):
            message = case.message[before]
            if message.by != "note":
                name, email = self._speaker(case, message)
                to = self.support if message.by == "customer" else case.customer
                return mail.Quoted(message.text.strip(), name, email, times[before], to, case.subject)
        return None


def _files(number: int, index: int, message: shapes.Message, at: int) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            id=stable_id("attachment", f"{number}/{index}/{file.name}"),
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            created_at=at,
            trouble=file.trouble,
        )
        for file in message.file
    )


def _planted(number: int, case: shapes.Case) -> list[Planted]:
    return [
        Planted(entry_id(number, index) if index else None, one.kind, one.text)
        for index, message in enumerate(case.message)
        for one in message.planted
    ]


def _contact(one: shapes.Customer, now: int) -> Contact:
    return Contact(stable_id("contact", one.email), one.name, one.email, one.language, now - _AGE)


def _profile(account: load.Account, now: int) -> Profile:
    head = account.head
    born = now - _AGE
    groups = tuple(Group(stable_id("group", one.name), one.name, born) for one in head.group)
    ids = {group.name: group.id for group in groups}
    agents = tuple(
        Agent(stable_id("agent", one.email), one.name, one.email, head.primary_language,
              (ids[one.group],) if one.group else (), born)
        for one in head.agent
    )  # fmt: skip
    categories, folders, articles = _solutions(account, now, agents[0].id)
    return Profile(
        name=head.name,
        key=account.key,
        primary_language=head.primary_language,
        languages=tuple(head.supported_languages),
        statuses=tuple((one.id, one.label) for one in head.status),
        groups=groups,
        agents=agents,
        categories=categories,
        folders=folders,
        articles=articles,
        custom_fields=head.custom_fields,
    )


def _solutions(
    account: load.Account, now: int, author: int
) -> tuple[tuple[Category, ...], tuple[Folder, ...], tuple[Article, ...]]:
    born = now - _AGE
    names = dict.fromkeys(folder.category for folder in account.folders)
    categories = tuple(Category(stable_id("category", name), name, born) for name in names)
    folders, articles = [], []
    for one in account.folders:
        key = f"{one.category}/{one.folder}"
        parent = stable_id("folder", f"{one.category}/{one.parent}") if one.parent else None
        category = stable_id("category", one.category)
        folder = Folder(stable_id("folder", key), one.folder, category, one.visibility, parent, born)
        folders.append(folder)
        articles += [_article(article, folder.id, author, now) for article in one.article]
    return categories, tuple(folders), tuple(articles)


def _article(one: shapes.Article, folder_id: int, author: int, now: int) -> Article:
    age = 20 + crc32(one.slug.encode()) % 400
    texts: dict[str, Translation] = {
        language: Translation(text.title, text.body.strip(), mail.plain(text.body), now - age * _DAY + number * _HOUR)
        for number, (language, text) in enumerate(one.texts.items())
    }
    return Article(
        id=stable_id("article", one.slug),
        folder_id=folder_id,
        status=2 if one.status == "published" else 1,
        agent_id=author,
        tags=[*one.tags, *one.products],
        created_at=now - (age + 30) * _DAY,
        texts=dict(texts),
    )
