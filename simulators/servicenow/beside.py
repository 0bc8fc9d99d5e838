"""What a generated instance holds beside incidents: customer service cases with their threads, problems, companies."""

from __future__ import annotations

import random
from collections.abc import Iterator

from simulators import phrases
from simulators.dice import mix
from simulators.servicenow.facts import AGENTS, Facts
from simulators.servicenow.records import file_row, named_id, row
from simulators.servicenow.setup import system
from simulators.servicenow.shelves import Row
from simulators.servicenow.times import stamp

_DAY = 86400
_CASES_MOST = 200
_STATES = ("1", "10", "10", "18", "6", "3")


def rows(facts: Facts) -> Iterator[tuple[str, Row]]:
    """A case for every twentieth incident, 12 to 200; three problems; two companies."""
    for name in ("Boxeo", "Cormorant"):
        yield "core_company", row("core_company", system(named_id("company", name), facts.now) | {"name": name})
    for number in range(1, 4):
        yield "problem", row("problem", system(named_id("problem", str(number)), facts.now) | {
            "number": f"PRB{number:07d}", "short_description": f"Problem {number}", "state": "1", "active": "true", "priority": "4",
            "impact": "3", "opened_by": facts.agents[0], "opened_at": stamp(facts.now - _DAY), "cmdb_ci": named_id("ci", "mail")})  # fmt: skip
    yield "cmdb_ci", row("cmdb_ci", system(named_id("ci", "mail"), facts.now) | {"name": "Mail server"})
    for number in range(1, max(12, min(_CASES_MOST, facts.count // 20)) + 1):
        yield from _case(facts, number)


def _case(facts: Facts, number: int) -> Iterator[tuple[str, Row]]:
    dice = random.Random(mix(facts.seed, number, 60))
    created = facts.now - 300 * _DAY + 290 * _DAY * number // (_CASES_MOST + 1)
    language, sys_id = dice.choice(phrases.LANGUAGES), named_id("case", f"{facts.seed}:{number}")
    caller, entries = dice.randrange(facts.people), dice.randrange(6)
    updated = created + entries * 3600 + 60
    order = f"{number:04d}-{dice.randrange(10**5):05d}"
    subject, state = dice.choice(phrases.SUBJECTS[language]).format(n=order), dice.choice(_STATES)
    yield "sn_customerservice_case", row("sn_customerservice_case", {
        "sys_id": sys_id, "number": f"CS{number:07d}", "short_description": subject, "case": f"{subject}\u200bCS{number:07d}",
        "description": dice.choice(phrases.CUSTOMER[language]).format(n=order), "state": state, "priority": str(dice.randint(1, 4)),
        "contact": facts.person_ids.at(caller), "account": named_id("company", "Boxeo"), "active": "false" if state == "3" else "true",
        "assigned_to": dice.choice(facts.agents), "assignment_group": facts.groups[number % 3], "opened_by": facts.person_ids.at(caller),
        "opened_at": stamp(created), "closed_at": stamp(updated) if state == "3" else "", "category": "1", "contact_type": "email",
        "impact": "3", "urgency": "3", "escalation": "0", "sys_created_on": stamp(created), "sys_updated_on": stamp(updated),
        "sys_created_by": f"person{caller}", "sys_updated_by": "system", "sys_mod_count": str(entries + 1), "hierarchical_variables":
        "variable_pool"})  # fmt: skip
    for entry in range(entries):
        theirs = dice.random() < 0.5
        pool = phrases.CUSTOMER if theirs else phrases.AGENT
        yield "sys_journal_field", row("sys_journal_field", {
            "sys_id": named_id("entry", f"{sys_id}:{entry}"), "name": "sn_customerservice_case", "element_id": sys_id,
            "element": "work_notes" if not theirs and dice.random() < 0.3 else "comments",
            "value": dice.choice(pool[language]).format(n=order), "sys_created_on": stamp(created + (entry + 1) * 3600),
            "sys_created_by": f"person{caller}" if theirs else f"agent{dice.randrange(AGENTS)}"})  # fmt: skip
    if number % 4 == 0:
        at = stamp(created)
        yield "sys_attachment", file_row({
            "sys_id": named_id("file", sys_id), "table_name": "sn_customerservice_case", "table_sys_id": sys_id, "sys_created_on": at,
            "sys_updated_on": at}, "log.txt", "text/plain", 900, "system")  # fmt: skip
