"""The knowledge of a generated instance: versions, retired and expired articles, translations, templates, criteria."""

from __future__ import annotations

import random
from collections.abc import Iterator

from simulators import phrases
from simulators.dice import mix
from simulators.servicenow.records import named_id, row
from simulators.servicenow.setup import system
from simulators.servicenow.shelves import Row
from simulators.servicenow.times import stamp

_DAY = 86400
NEVER = "2100-01-01"


def criteria(key: str, name: str, now: int, **lists: str) -> Row:
    """Who: lists of users, groups, roles, or a script that only the instance can run."""
    return row("user_criteria", system(named_id("criteria", key), now) | {
        "name": name, "active": "true", "match_all": "false", "advanced": "true" if lists.get("script") else "false"} | lists)  # fmt: skip


def base(key: str, title: str, now: int, active: str = "true") -> Row:
    return row("kb_knowledge_base", system(named_id("base", key), now) | {"title": title, "active": active, "kb_version": "3"})


def category(key: str, label: str, home: str, now: int) -> Row:
    return row("kb_category", system(named_id("category", key), now) | {
        "label": label, "value": key, "parent_id": named_id("base", home), "parent_table": "kb_knowledge_base", "active": "true",
        "full_category": label})  # fmt: skip


def article(key: str, number: str, home: str, title: str, text: str, now: int, **more: str) -> Row:
    """A published article in English; `more` are other fields."""
    at = stamp(now - 40 * _DAY - mix(len(key), now) % _DAY)
    made: Row = {
        "number": number, "short_description": title, "text": text, "article_type": "text", "kb_knowledge_base": named_id("base", home),
        "workflow_state": "published", "language": "en", "valid_to": NEVER, "published": at[:10], "active": "true",
        "latest": "true", "author": named_id("user", "agent0"), "sys_created_on": at, "sys_updated_on": at,
        "version": named_id("version", "1.0"), "article_id": named_id("article", number), "sys_class_name": "kb_knowledge",
    }  # fmt: skip
    return row("kb_knowledge", system(named_id("knowledge", key), now) | made | more)


def generated(now: int) -> Iterator[tuple[str, Row]]:
    """Three bases: for all, for the desk, and one that is switched off."""
    yield "kb_knowledge_base", base("it", "IT", now)
    yield "kb_knowledge_base", base("desk", "Service desk", now)
    yield "kb_knowledge_base", base("old", "Old intranet", now, "false")
    yield "kb_category", category("devices", "Devices", "it", now)
    yield "user_criteria", criteria("desk", "Service desk only", now, group=named_id("group", "Service Desk"))
    yield "user_criteria", criteria("managers", "Managers", now, role=named_id("role", "admin"))
    yield "user_criteria", criteria("one", "One person", now, user=named_id("user", "agent1"))
    yield "user_criteria", criteria("scripted", "By a script", now, script="answer = gs.getUser().isMemberOf('x');")
    yield "kb_uc_can_read_mtom", row("kb_uc_can_read_mtom", system(named_id("can", "desk"), now) | {
        "kb_knowledge_base": named_id("base", "desk"), "user_criteria": named_id("criteria", "desk")})  # fmt: skip
    for number in range(1, 25):
        yield from _family(number, now)
    for version in ("1.0", "2.0"):
        yield "kb_version", row("kb_version", system(named_id("version", version), now) | {"version": version})


def _family(number: int, now: int) -> Iterator[tuple[str, Row]]:
    dice = random.Random(mix(number, 77))
    name, home = f"KB{number:07d}", "it" if number % 4 else "desk"
    who = {5: {"can_read_user_criteria": named_id("criteria", "managers")}, 6: {"cannot_read_user_criteria": named_id("criteria", "one")},
           7: {"can_read_user_criteria": named_id("criteria", "scripted")}}.get(number, {})  # fmt: skip
    state = {9: "retired", 10: "draft", 11: "pending_retirement", 12: "review"}.get(number, "published")
    more = who | {"workflow_state": state, "valid_to": "2020-01-01" if number == 13 else NEVER,
                  "kb_category": named_id("category", "devices") if home == "it" else ""}  # fmt: skip
    if number == 14:
        more |= {"sys_class_name": "kb_template_how_to", "kb_introduction": "<p>What this is for.</p>",
                 "kb_instructions": "<ol><li>Do this</li><li>and that</li></ol>"}  # fmt: skip
        more["text"] = ""
    if number == 15:
        more |= {"article_type": "wiki", "text": "", "wiki": "== Wiki ==\nA text in ''wiki'' marks."}
    if number == 3:
        yield "kb_knowledge", article(f"{number}-old", name, home, f"Old {number}", "<p>As it was.</p>", now,
                                      workflow_state="outdated", latest="false")  # fmt: skip
        more["version"] = named_id("version", "2.0")
    languages = phrases.LANGUAGES[: dice.choice((1, 1, 2, 7))]
    for language in languages:
        body = "".join(f"<p>{line.format(n=number)}</p>" for line in phrases.AGENT[language])
        title = phrases.SUBJECTS[language][number % 3].format(n=f"{home} {number}")
        own = {"language": language} | ({} if language == "en" else {"parent": named_id("knowledge", f"{number}-en")})
        values = {"text": body} | more | own
        text = values.pop("text")
        key = name if language == "en" else f"KB1{number:03d}{phrases.LANGUAGES.index(language):03d}"
        yield "kb_knowledge", templated(article(f"{number}-{language}", key, home, title, text, now), values)


def templated(made: Row, values: Row) -> Row:
    """Fields of a child table are there too, whichever table the row is in."""
    return made | values
