"""An answer of the form a JSON schema asks for, whose quotes stand in the prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.llm.prompts import Json, Source

MOST = 3  # entries of an array
_SOURCE = ("source", "id", "ref", "citation", "passage")
Spoil = Callable[[str, str], tuple[Any, str]]  # id and quote as they should be, to what is said instead


@dataclass(slots=True)
class Filler:
    """Fills one schema from sources. `say` makes a text of a source, `spoil` what is cited of it."""

    schema: Json
    sources: list[Source]
    say: Callable[[Source | None], str]
    spoil: Spoil

    def fill(self) -> Any:
        return self._value(self.schema, "", 0)

    def _value(self, schema: Json, name: str, at: int) -> Any:
        schema = self._looked_up(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        kind = schema.get("type", "object" if "properties" in schema or not schema else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        makers: dict[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, at),
            "array": lambda: self._array(schema, name, at),
            "string": lambda: self._string(name, at)[: schema.get("maxLength", 1_000_000)],
            "integer": lambda: self._number(schema, name, at),
            "number": lambda: self._number(schema, name, at),
            "boolean": lambda: bool(self.sources),
            "null": lambda: None,
        }
        return makers[kind]()

    def _looked_up(self, schema: Json) -> Json:
        if "$ref" in schema:
            return self._looked_up(self.schema["$defs"][schema["$ref"].rpartition("/")[2]])
        for one in schema.get("anyOf") or schema.get("oneOf") or ():
            if one.get("type") != "null":
                return self._looked_up(one)
        return schema

    def _object(self, schema: Json, at: int) -> Json:
        if not schema.get("properties"):
            return {"text": self.say(self._source(at))}
        return {name: self._value(one, name, at) for name, one in schema["properties"].items()}

    def _array(self, schema: Json, name: str, at: int) -> list[Any]:
        """An entry a source; inside the entry of one (its citations) just that one."""
        most = min(MOST, schema.get("maxItems", MOST))
        nested = name.startswith(_SOURCE) or name in ("quotes", "evidence")
        count = max(schema.get("minItems", 0), min(1 if nested else most, len(self.sources)))
        return [self._value(schema.get("items", {}), name.removesuffix("s"), at if nested else one) for one in range(count)]

    def _string(self, name: str, at: int) -> str:
        source = self._source(at)
        if source is None:
            return self.say(None)
        if name.startswith("quote") or name == "span":
            return self.spoil(source.id, source.quote())[1]
        if self._names_a_source(name):
            return str(self.spoil(source.id, source.quote())[0])
        return self.say(source)

    def _number(self, schema: Json, name: str, at: int) -> Any:
        source = self._source(at)
        if source is not None and self._names_a_source(name):
            cited = self.spoil(source.id, source.quote())[0]
            digits = str(cited).lstrip("SsKkTt[").rstrip("]")
            return int(digits) if digits.lstrip("-").isdigit() else cited
        return min(schema.get("maximum", 1), max(schema.get("minimum", 0), 1))

    def _names_a_source(self, name: str) -> bool:
        return name.startswith(_SOURCE) or name.endswith(("_id", "_source"))

    def _source(self, at: int) -> Source | None:
        return self.sources[at % len(self.sources)] if self.sources else None
