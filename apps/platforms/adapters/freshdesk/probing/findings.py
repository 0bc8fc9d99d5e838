"""What a probe has read, question by question: the open ones of the contract, each told or why it could not be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apps.core.egress import Answer
from apps.platforms.adapters.answers import date_of, number_of
from apps.platforms.adapters.freshdesk.probing import moves
from apps.platforms.adapters.freshdesk.probing.gather import Listing, Seen, time_of
from apps.platforms.adapters.freshdesk.probing.reader import json_of, word
from apps.platforms.probing import Evidence, Finding

_RECENT = 60.0  # seconds: a change so young that a list which lags would not show it yet
# What the document of the API and recorded answers show of a ticket in a list.
_KNOWN = frozenset({
    "id", "subject", "description", "description_text", "structured_description", "status", "priority", "source",
    "type", "group_id", "responder_id", "company_id", "product_id", "email_config_id", "internal_agent_id",
    "internal_group_id", "requester_id", "form_id", "to_emails", "cc_emails", "fwd_emails", "reply_cc_emails",
    "ticket_cc_emails", "ticket_bcc_emails", "support_email", "due_by", "fr_due_by", "nr_due_by", "is_escalated",
    "fr_escalated", "nr_escalated", "spam", "deleted", "archived", "urgent", "tags", "custom_fields", "attachments",
    "association_type", "associated_tickets_list", "associated_tickets_count", "stats", "requester", "company",
    "created_at", "updated_at",
})  # fmt: skip
_FIELD = re.compile(r"[a-z][a-z_]{0,39}")  # a name of the vendor's; others could be somebody's words
_REFUSED = (
    ("missing", 404, "body_404", "What body has the 404 of a number that does not exist?"),
    ("no_address", 404, "body_404_address", "What body has the 404 of an address that does not exist?"),
    ("wrong_verb", 405, "body_405", "What body has a 405?"),
)
_BY_WRITING = (
    ("merge_ids", "Do the entries of a merged ticket keep their ids?", "only a thread read before and after a merge shows it"),
    ("job_status", "With which status do calls that start a job answer?", "only a call that changes the account starts one"),
    ("export_job", "Where is the file of a finished export, and what shape has it?",
     "an export is started by a call that changes the account and mails its admin"),
    ("webhook_signature", "Is a webhook signed?", "only one that arrives shows it"),
    ("webhook_delete", "Can a rule call a webhook when a ticket is deleted or spam?", "only one that arrives shows it"),
    ("key_lockout", "How many wrong keys lock an account?", "a wrong key is never tried"),
)  # fmt: skip


def findings(seen: Seen, throttled: list[Answer]) -> Iterator[Finding]:
    """Every question, in the order of the contract's list."""
    yield _archived(seen)
    yield from moves.findings(seen)
    yield _deleted_entries(seen)
    yield from _refusals(seen, throttled)
    yield from _limits(seen)
    yield _lag(seen)
    yield _ties(seen)
    yield from _files(seen)
    yield _comments(seen)
    yield from _rights(seen)
    yield from _shapes(seen)
    for key, question, why in _BY_WRITING:
        yield Finding(key=key, question=question, told=False, why=why)


def _told(key: str, question: str, answer: str, why: str, **evidence: Any) -> Finding:
    return Finding(key=key, question=question, told=True, answer=answer, why=why, evidence=evidence)


def _open(key: str, question: str, why: str, **evidence: Any) -> Finding:
    return Finding(key=key, question=question, told=False, why=why, evidence=evidence)


def _archived(seen: Seen) -> Finding:
    key, question = "archived_listed", "Does the list of tickets show archived ones?"
    rows = seen.rows()
    marked = sum(row.get("archived") is True for row in rows)
    found = seen.archive.count(200)
    facts = {"rows": len(rows), "archived_rows": marked, "numbers_tried": len(seen.archive), "in_archive": found}
    if marked:
        return _told(key, question, "yes", "rows of a list say archived", **facts)
    if found:
        return _told(key, question, "no", "tickets of the archive are in no list that begins before them", **facts)
    return _open(key, question, "no archived ticket was met: none is old enough, or none is missing in the lists", **facts)


def _deleted_entries(seen: Seen) -> Finding:
    key, question = "deleted_entries_listed", "Does a thread still list deleted entries?"
    entries = [entry for view in seen.views for entry in moves.entries_of(view)]
    marked = sum(entry.get("deleted") is True for entry in entries)
    if marked:
        return _told(key, question, "yes", "entries say deleted", entries=len(entries), deleted=marked)
    viewed = {view["id"] for view in seen.views}
    gone = [row for row in seen.activities if row.get("ticket_id") in viewed and moves.kind_of(row.get("activity") or {}) == "note_delete"]
    if gone:
        why = "the file of activities names deleted notes of threads that were read, and these show none"
        return _told(key, question, "no", why, entries=len(entries), deletions=len(gone))
    return _open(key, question, "no thread that was read is known to have lost an entry", entries=len(entries))


def _body(answer: Answer) -> tuple[str, Evidence]:
    """How a refusal's body looks, without its words."""
    value, kind = json_of(answer), answer.headers.get("content-type", "").partition(";")[0][:60]
    shape = "empty" if not answer.body.strip() else "JSON" if value is not None else "HTML" if "html" in kind else "other"
    names = sorted(name for name in value if _FIELD.fullmatch(str(name)))[:10] if isinstance(value, dict) else []
    code = word(value, "code")
    facts: Evidence = {"status": answer.status, "bytes": len(answer.body), "content_type": kind, "fields": names}
    return shape, facts | ({"code": code} if code else {})


def _refusals(seen: Seen, throttled: list[Answer]) -> Iterator[Finding]:
    for name, status, key, question in _REFUSED:
        answer = seen.answers.get(name)
        if answer is None:
            yield _open(key, question, "not come to")
            continue
        shape, facts = _body(answer)
        if answer.status == status:
            yield _told(key, question, shape, "as answered", **facts)
        else:
            yield _open(key, question, f"the account answered {answer.status} instead", **facts)
    question, after = "What body has a 429?", "Does a 429 say how long to wait?"
    if not throttled:
        why = "none came, and the account's budget is not used up on purpose"
        yield _open("body_429", question, why)
        yield _open("retry_after", after, why)
        return
    shape, facts = _body(throttled[0])
    wait = throttled[0].headers.get("retry-after")
    yield _told("body_429", question, shape, "as answered", **facts)
    yield _told("retry_after", after, "no" if wait is None else "yes", "as answered", seconds=number_of(wait) or 0)


def _limits(seen: Seen) -> Iterator[Finding]:
    """The budget as the headers tell it. The limit of the list alone is in no header."""
    priced, me = seen.answers.get("includes"), seen.answers.get("/agents/me")
    used = number_of(priced.headers.get("x-ratelimit-used-currentrequest")) if priced else None
    total = me.headers.get("x-ratelimit-total") if me else None
    facts = {"credits_of_two_includes": used if used is not None else "not told", "total": number_of(total) or 0}
    why = "no header tells that limit, and it is not used up on purpose"
    yield _open("list_limit", "Does the limit of the ticket list count calls or credits?", why, **facts)
    question = "Is the account's total written as a whole number?"
    if total is None:
        yield _open("total_spelling", question, "no header tells the total")
    else:
        spelled = "yes" if total.isdecimal() else "no"
        yield _told("total_spelling", question, spelled, "as written in X-RateLimit-Total", headers=_rate_headers(me))


def _rate_headers(answer: Answer | None) -> list[str]:
    return sorted(name for name in answer.headers if "ratelimit" in name.lower()) if answer else []


def _lag(seen: Seen) -> Finding:
    """The list, single tickets, the list again: a ticket alone that is newer than the later list is ahead of it."""
    key, question = "list_lag", "Does the list lag behind what was written?"
    again = {row["id"]: time_of(row, "updated_at") for row in seen.again.rows}
    behind, current, youngest = 0, 0, None
    now = date_of(seen.newest.answer.headers.get("date")) if seen.newest.answer else None
    for view in seen.views[:2]:
        listed, alone = again.get(view["id"]), time_of(view, "updated_at")
        if listed is None or alone is None or now is None:
            continue
        behind += listed < alone
        age = (now - alone).total_seconds()
        if listed >= alone and age <= _RECENT:
            current, youngest = current + 1, age if youngest is None else min(age, youngest)
    beyond = seen.beyond == 200 and not _has_later(seen)
    facts = {"rows": len(seen.again.rows), "behind": behind, "current": current, "unlisted_newest": int(beyond)}
    if behind or beyond:
        return _told(key, question, "yes", "a ticket alone is newer than the list that was read after it", **facts)
    if current:
        why = f"what was written {youngest:.0f} s before is in the list as it is alone"
        return _told(key, question, "no lag seen", why, **facts)
    return _open(key, question, f"nothing was written within {_RECENT:.0f} s before the list was read", **facts)


def _has_later(seen: Seen) -> bool:
    """Whether the number after the first list's highest is in the later list, or hidden in spam or trash."""
    top = max((row["id"] for row in seen.newest.rows), default=0)
    return any(row["id"] == top + 1 for one in (seen.again, seen.trash, seen.spam) for row in one.rows)


def _ties(seen: Seen) -> Finding:
    key, question = "tie_order", "Do tickets of one second stand in the same order at every call?"
    walks = [_seconds(one) for one in (seen.newest, seen.again, *seen.oldest)]
    pairs = [walks[:2], *zip(walks[2:], walks[3:], strict=False)]  # newest beside newest, oldest beside oldest
    compared = differ = 0
    for one, other in pairs:
        for second, ids in one.items():
            both = set(ids) & set(other.get(second, []))
            if len(both) > 1:
                compared += 1
                differ += [x for x in ids if x in both] != [x for x in other[second] if x in both]
    facts = {"calls": len(walks), "seconds_compared": compared, "differing": differ}
    if not compared:
        return _open(key, question, "no two of the newest or oldest tickets show the same second", **facts)
    answer = "no" if differ else "yes, as far as seen"
    return _told(key, question, answer, "the newest and the oldest tickets, listed again", **facts)


def _seconds(one: Listing) -> dict[datetime, list[int]]:
    found: dict[datetime, list[int]] = {}
    for row in one.rows:
        at = time_of(row, "updated_at")
        if at is not None:
            found.setdefault(at, []).append(row["id"])
    return found


def _files(seen: Seen) -> Iterator[Finding]:
    rows = [*seen.newest.rows, *seen.numbered.rows]
    carried = sum("attachments" in row for row in rows)
    key, question = "list_attachments", "Do rows of the list carry attachments?"
    if rows:
        yield _told(key, question, "yes" if carried else "no", "as listed", rows=len(rows), with_field=carried)
    else:
        yield _open(key, question, "the list is empty")
    key, question = "link_life", "How long does a link to a file live?"
    links = [link for view in seen.views for link in _links(view)]
    lives = Counter(str(parse_qs(urlsplit(link).query).get("X-Amz-Expires", ["not told"])[0]) for link in links)
    told = sorted(life for life in lives if life.isdecimal() and len(life) < 8)
    if told:
        words = " or ".join(f"{life} s" for life in told)
        yield _told(key, question, words, "as the links say", links=len(links), telling=sum(lives[life] for life in told))
    else:
        why = "no link says it" if links else "no ticket that was read has a file"
        yield _open(key, question, why, links=len(links))


def _links(view: dict[str, Any]) -> list[str]:
    holders = [view, *moves.entries_of(view)]
    files = [one for holder in holders for one in (holder.get("attachments") or []) if isinstance(one, dict)]
    return [one["attachment_url"] for one in files if isinstance(one.get("attachment_url"), str)]


def _comments(seen: Seen) -> Finding:
    key, question = "comments_stripped", "Are hidden HTML comments of written entries lost?"
    written = [e for view in seen.views for e in moves.entries_of(view) if e.get("incoming") is False]
    kept = sum("<!--" in str(entry.get("body")) for entry in written)
    if kept:
        return _told(key, question, "no", "entries that agents wrote hold some", entries=len(written), with_comment=kept)
    return _open(key, question, "no entry that an agent wrote holds one; nobody may have written one", entries=len(written))


def _rights(seen: Seen) -> Iterator[Finding]:
    """What the key may see, and what is said of the rest."""
    agents = seen.answers.get("/agents")
    key, question = "agents_readable", "May this key read the list of agents?"
    if agents is None:
        yield _open(key, question, "not come to")
    else:
        yield _told(key, question, "yes" if agents.status == 200 else "no", "as answered", status=agents.status)
    translated = seen.answers.get("translated")
    key, question = "translations", "Does the plan have articles in other languages?"
    if translated is None:
        yield _open(key, question, "the account names no second language")
    else:
        code = word(json_of(translated), "code")
        has = translated.status in (200, 404)  # 404: has them, and none of this one
        yield _told(key, question, "yes" if has else "no", "as answered", status=translated.status, code=code)
    key, question = "scope_answer", "What is answered for a ticket outside the key's scope?"
    statuses = [f"{status} x {count}" for status, count in sorted(Counter(seen.alone).items())]
    if seen.scope == 1:
        yield _open(key, question, "this key sees all tickets", scope=seen.scope)
    elif 403 in seen.alone:
        yield _told(key, question, "403", "for numbers that no list shows", scope=seen.scope, statuses=statuses)
    else:
        why = "numbers that no list shows answer as if they were not there, which deleted ones do too"
        yield _open(key, question, why, scope=seen.scope, statuses=statuses)


def _shapes(seen: Seen) -> Iterator[Finding]:
    rows = seen.rows()
    key, question = "new_fields", "Has a ticket fields that nobody described?"
    if rows:
        names = {name for row in rows for name in row} - _KNOWN
        plain = sorted(name for name in names if _FIELD.fullmatch(name))[:20]
        yield _told(key, question, "yes" if names else "no", "as listed", rows=len(rows), fields=plain, count=len(names))
    else:
        yield _open(key, question, "the list is empty")
    key, question = "time_spelling", "Are times written in UTC?"
    if rows:
        utc = all(str(row.get("updated_at")).endswith("Z") for row in rows)
        yield _told(key, question, "yes" if utc else "no, with an offset", "as listed", rows=len(rows))
    else:
        yield _open(key, question, "the list is empty")
