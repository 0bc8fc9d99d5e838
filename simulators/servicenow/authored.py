"""An authored account as an instance, moved in time so that its newest message is one hour old."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.accounts import shapes
from simulators.accounts.dated import dated
from simulators.accounts.load import Account
from simulators.servicenow import knowledge, setup
from simulators.servicenow.records import file_row, named_id, row
from simulators.servicenow.setup import Person, system
from simulators.servicenow.shelves import Row, Shelf
from simulators.servicenow.times import stamp

_DAY = 86400
_STATES = {"open": "2", "pending": "3", "resolved": "6", "closed": "7", "waiting": "3", "engineering": "2", "parts": "27",
           "callback": "-5"}  # fmt: skip
_CATEGORIES = ("network", "hardware", "software", "database")
_CHANNELS = {"email": "email", "portal": "self-service", "phone": "phone", "chat": "self-service"}
_TABLE = "incident"


class AuthoredOrigin:
    """The account of a folder; small enough to be held whole. A person signs in with what stands before the @."""

    def __init__(self, account: Account, now: int) -> None:
        self.account, self.now = account, now
        self.cases = dated(account.cases, now)

    def shelves(self) -> dict[str, Shelf]:
        return {}

    def rows(self) -> Iterator[tuple[str, Row]]:
        head = self.account.head
        staff = [Person(_login(one.email), one.name, one.email, (one.group,) if one.group else ()) for one in head.agent]
        callers = [Person(_login(one.email), one.name, one.email, (), (), language=one.language) for one in head.customer]
        yield from setup.rows((*staff, *callers), [group.name for group in head.group], self.now)
        yield from self._knowledge()
        for number, (case, times) in enumerate(self.cases, 1):
            yield from self._ticket(number, case, times)

    def planted(self, sys_id: str) -> list[tuple[int | None, str, str]]:
        for number, (case, _) in enumerate(self.cases, 1):
            if self._id(number) == sys_id:
                return [(place - 1 if place else None, one.kind, one.text)
                        for place, message in enumerate(case.message) for one in message.planted]  # fmt: skip
        return []

    def _id(self, number: int) -> str:
        return named_id(_TABLE, f"{self.account.key}:{number}")

    def _ticket(self, number: int, case: shapes.Case, times: list[int]) -> Iterator[tuple[str, Row]]:
        solved, sys_id = case.status in ("resolved", "closed"), self._id(number)
        ended = times[-1] + (90 if solved else 0)  # the state is set a little after the last word
        caller, agent = _login(case.customer), _login(case.agent)
        answers = [one.text.strip() for one in case.message[1:] if one.by == "agent"]
        archived = case.state == "archived"
        yield ("ar_incident" if archived else _TABLE), row(_TABLE, {
            "sys_id": sys_id, "number": f"INC{10000 + number:07d}", "short_description": case.subject,
            "description": _text(case.message[0]), "state": _STATES[case.status], "incident_state": _STATES[case.status],
            "active": "false" if case.status == "closed" else "true", "priority": str(5 - case.priority), "impact": "3",
            "urgency": str(min(3, 5 - case.priority)), "severity": "3", "escalation": "0", "notify": "1", "knowledge": "false",
            "category": next((tag for tag in case.tags if tag in _CATEGORIES), "inquiry"), "contact_type": _CHANNELS[case.channel],
            "caller_id": named_id("user", caller), "opened_by": named_id("user", caller),
            "assigned_to": named_id("user", agent) if agent else "", "assignment_group": named_id("group", case.group),
            "opened_at": stamp(times[0]), "resolved_at": stamp(ended) if solved else "", "made_sla": "true",
            "closed_at": stamp(ended) if case.status == "closed" else "", "reopen_count": "0",
            "close_code": "Solved (Permanently)" if solved else "", "close_notes": answers[-1] if solved and answers else "",
            "hold_reason": "1" if case.status == "pending" else "4" if case.status == "waiting" else "",
            "sys_created_on": stamp(times[0]), "sys_updated_on": stamp(ended), "sys_created_by": caller,
            "sys_updated_by": agent or caller, "sys_mod_count": str(len(case.message) - 1 + solved),
        })  # fmt: skip
        for place, (message, at) in enumerate(zip(case.message, times, strict=True)):
            if place:
                yield "sys_journal_field", row("sys_journal_field", {
                    "sys_id": named_id("entry", f"{sys_id}:{place}"), "name": _TABLE, "element_id": sys_id,
                    "element": "work_notes" if message.by == "note" else "comments", "value": _text(message),
                    "sys_created_on": stamp(at), "sys_created_by": caller if message.by == "customer" else agent})  # fmt: skip
            for file, one in enumerate(message.file):
                known = {"sys_id": named_id("file", f"{sys_id}:{place}:{file}"), "table_name": _TABLE, "table_sys_id": sys_id,
                         "sys_created_on": stamp(at), "sys_updated_on": stamp(at)}  # fmt: skip
                yield "sys_attachment", file_row(known, one.name, one.content_type, one.size, caller)

    def _knowledge(self) -> Iterator[tuple[str, Row]]:
        """A base for each category, restricted to the first group where its folder is for the desk alone."""
        desk = self.account.head.group[0].name
        for group in self.account.head.group:
            yield "user_criteria", knowledge.criteria(group.name, f"{group.name} only", self.now, group=named_id("group", group.name))
        for text in ("1.0", "2.0"):
            yield "kb_version", row("kb_version", system(named_id("version", text), self.now) | {"version": text})
        bases: set[str] = set()
        number = 0
        for folder in self.account.folders:
            if folder.category not in bases:
                bases.add(folder.category)
                yield "kb_knowledge_base", knowledge.base(folder.category, folder.category, self.now)
                if folder.visibility == 3:
                    yield "kb_uc_can_read_mtom", row("kb_uc_can_read_mtom", system(named_id("can", folder.category), self.now) | {
                        "kb_knowledge_base": named_id("base", folder.category), "user_criteria": named_id("criteria", desk)})  # fmt: skip
            yield "kb_category", knowledge.category(folder.folder, folder.folder, folder.category, self.now)
            for article in folder.article:
                number += 1
                yield from self._article(number, folder, article)

    def _article(self, number: int, folder: shapes.Folder, article: shapes.Article) -> Iterator[tuple[str, Row]]:
        first = self.account.head.primary_language
        readers = ",".join(named_id("criteria", name) for name in article.readers)
        common = {"kb_category": named_id("category", folder.folder), "workflow_state": article.status, "meta": ",".join(article.tags),
                  "active": "false" if article.status == "retired" else "true", "can_read_user_criteria": readers,
                  "author": named_id("user", _login(self.account.head.agent[0].email))}  # fmt: skip
        if article.previous:
            old = article.texts[first]
            yield "kb_knowledge", knowledge.article(f"{article.slug}-old", f"KB{number:07d}", folder.category, old.title, article.previous.strip(),
                self.now, **common | {"workflow_state": "outdated", "latest": "false"})  # fmt: skip
        for language in sorted(article.texts, key=lambda one: one != first):
            text = article.texts[language]
            own: Row = {"language": language}
            if language != first:
                own["parent"] = named_id("knowledge", article.slug)
            elif article.previous:
                own |= {"version": named_id("version", "2.0"), "base_version": named_id("knowledge", f"{article.slug}-old")}
            key = article.slug if language == first else f"{article.slug}-{language}"
            name = f"KB{number:07d}" if language == first else f"KB{number:04d}{shapes.LANGUAGES.index(language):03d}"
            yield "kb_knowledge", knowledge.article(key, name, folder.category, text.title, text.body.strip(), self.now, **common | own)


def _text(message: shapes.Message) -> str:
    """What was written, with the signature below."""
    signature = message.signature.strip()
    return message.text.strip() + (f"\n\n{signature}" if signature else "")


def _login(email: str) -> str:
    return email.partition("@")[0]
