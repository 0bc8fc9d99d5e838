"""How values leave the instance: three modes, links of references, journals as one text (contract 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulators.servicenow import times
from simulators.servicenow.schema import JOURNALS, TABLES, Field, target
from simulators.servicenow.shelves import Handle, Row
from simulators.servicenow.world import World

Value = str | dict[str, str | None] | None
_LABELS = {
    "en": ("Additional comments", "Work notes"), "de": ("Zusätzliche Kommentare", "Arbeitsnotizen"),
    "fr": ("Commentaires supplémentaires", "Notes de travail"), "es": ("Comentarios adicionales", "Notas de trabajo"),
    "ja": ("追加コメント", "作業メモ"), "ko": ("추가 설명", "작업 노트"), "zh": ("其他注释", "工作注释"),
}  # fmt: skip
GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Dress:
    """`mode` false (as in the database), true (as people see it) or all; `prefix` is where links lead."""

    world: World
    mode: str
    links: bool
    prefix: str
    labels: dict[tuple[str, str, str], str] = field(default_factory=dict)  # looked up for this answer
    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)  # fields that exist, by table

    def row(self, table: str, one: Handle, names: list[str] | None) -> dict[str, Any]:
        """The fields that were asked for and exist, or all. What a field ACL hides is missing or empty."""
        read = self.world.reader(table, one)
        hidden = self.world.hidden_fields.get(table, set())
        empty = self.world.switches.hidden_field == "empty"
        if table not in self.asked:
            self.asked[table] = [name for name in names if self.world.known(table, name)] if names else list(TABLES[table].fields)
        made: dict[str, Any] = {}
        for name in self.asked[table]:
            if name in hidden and not empty:
                continue
            if name in hidden:
                made[name] = {"display_value": "", "value": ""} if self.mode == "all" else ""
            else:
                made[name] = self._value(table, one, name, read)
        return made

    def _value(self, table: str, one: Handle, name: str, read: Callable[[str], str | None]) -> Value:
        if name in JOURNALS and table != "sys_journal_field":
            return self._journal(one, name)
        value = read(name) or ""
        home, kind = self._kind(table, name)
        to = target(name.rpartition(".")[2], kind)
        linked = kind.kind == "reference" and bool(value)
        if self.mode == "false":
            return {"link": self._link(to, value), "value": value} if linked and self.links else value
        shown = self.display(home, name.rpartition(".")[2], kind, value)
        if name == "number" and one.get("version"):  # articles that have versions show which one it is
            shown = f"{value} v{self.title('kb_version', one.get('version'))}"
        if self.mode == "true":
            return {"display_value": shown, "link": self._link(to, value)} if linked and self.links else shown
        both: dict[str, str | None] = {"display_value": shown, "value": value}
        if kind.kind == "reference" and not value:
            both["display_value"] = None
        return both | ({"link": self._link(to, value)} if linked and self.links else {})

    def _kind(self, table: str, name: str) -> tuple[str, Field]:
        """The table and type of the field at the end of a dot-walk."""
        first, _, rest = name.partition(".")
        fields = TABLES[table].fields
        if not rest:
            return table, fields[first]
        return self._kind(target(first, fields[first]), rest)

    def _link(self, to: str, value: str) -> str:
        return f"{self.prefix}/table/{to}/{value}"

    def display(self, table: str, name: str, kind: Field, value: str) -> str:
        """As people see it."""
        if not value:
            return ""
        switches = self.world.switches
        if kind.kind == "datetime":
            return times.shown(value, switches.time_zone, switches.date_format)
        if kind.kind == "duration":
            return times.spoken(value)
        if kind.kind == "choice":
            return self.label(table, name, value)
        if kind.kind in ("reference", "list"):
            return ", ".join(self.title(target(name, kind), one) for one in value.split(","))
        return value

    def label(self, table: str, name: str, value: str) -> str:
        """Of a choice, in the user's language where there is one."""
        key = table, name, value
        if key not in self.labels:
            found: dict[str, str] = {}
            while table:
                for row in self.world.stores["sys_choice"].rows.values():
                    if (row["name"], row["element"], row["value"]) == (table, name, value):
                        found.setdefault(row["language"], row["label"])
                table = TABLES[table].parent
            self.labels[key] = found.get(self.world.switches.language) or found.get("en") or value
        return self.labels[key]

    def title(self, to: str, sys_id: str) -> str:
        """What stands for a row where it is referred to."""
        if sys_id == GLOBAL or to not in TABLES:
            return sys_id
        if (to, sys_id) not in self.titles:
            row = self.world.get(to, sys_id)
            self.titles[to, sys_id] = row.get(TABLES[to].shown, "") if row is not None else ""
        return self.titles[to, sys_id]

    def _journal(self, one: Handle, name: str) -> Value:
        """Nothing in the database; for people one text, newest first."""
        if self.mode == "false" or self.world.switches.journals_in_display is False:
            return "" if self.mode != "all" else {"display_value": "", "value": ""}
        elements = ("comments", "work_notes") if name == "comments_and_work_notes" else (name,)
        entries = [row for row in self.world.entries(one.sys_id) if row["element"] in elements]
        text = "".join(self._entry(row) for row in reversed(entries))
        return text if self.mode == "true" else {"display_value": text, "value": ""}

    def _entry(self, row: Row) -> str:
        switches = self.world.switches
        at = times.shown(row["sys_created_on"], switches.time_zone, switches.date_format)
        label = _LABELS.get(switches.language, _LABELS["en"])[row["element"] == "work_notes"]
        return f"{at} - {self.world.person(row['sys_created_by'])} ({label})\n{row['value']}\n\n"
