"""Qdrant's filters as the engine's objects."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from qdrant_edge import (
    FieldCondition,
    Filter,
    HasIdCondition,
    HasVectorCondition,
    IsEmptyCondition,
    IsNullCondition,
    MatchAny,
    MatchExcept,
    MatchPrefix,
    MatchValue,
    MinShould,
    RangeDateTime,
    RangeFloat,
)

from embedded.vectors.errors import BadCall, Unsupported, mapping, needed, read, sequence

MATCHES = {"value": MatchValue, "any": MatchAny, "except": MatchExcept, "prefix": MatchPrefix}
Id = int | UUID | str  # of a point
BOUNDS = ("gte", "gt", "lte", "lt")
PARTS = ("must", "should", "must_not")


def point_id(value: Any) -> Id:
    """A point is named by an unsigned integer or a UUID. Raises BadCall."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            pass
    raise BadCall(f"{value!r} is no point id: an unsigned integer or a UUID")


def filter_of(value: Any) -> Filter | None:
    """A filter, or None where there is none. No conditions at all match everything, as in Qdrant."""
    if value is None:
        return None
    body = read(value, "filter", known=(*PARTS, "min_should"))
    parts = {name: _conditions(body[name]) for name in PARTS if name in body}
    return Filter(**parts, min_should=_min_should(body["min_should"]) if "min_should" in body else None)


def _min_should(value: Any) -> MinShould:
    body = read(value, "min_should", known=("conditions", "min_count"))
    return MinShould(_conditions(needed(body, "conditions", "min_should")), needed(body, "min_count", "min_should"))


def narrowing_filter(value: Any, what: str) -> Filter:
    """A filter that names something: what deletes or changes must not mean everything by accident."""
    found = filter_of(value)
    if found is None or not (found.must or found.should or found.must_not or found.min_should):
        raise BadCall(f"{what} needs points or a filter with at least one condition")
    return found


def _conditions(value: Any) -> list[Any]:
    return [_condition(mapping(one, "condition")) for one in (value if isinstance(value, list) else [value])]


def _condition(one: dict[str, Any]) -> Any:
    if "key" in one:
        return _field(one)
    if "has_id" in one:
        return HasIdCondition({point_id(name) for name in sequence(one["has_id"], "has_id")})
    if "has_vector" in one:
        return HasVectorCondition(one["has_vector"])
    if "is_empty" in one:
        return IsEmptyCondition(needed(mapping(one["is_empty"], "is_empty"), "key", "is_empty"))
    if "is_null" in one:
        return IsNullCondition(needed(mapping(one["is_null"], "is_null"), "key", "is_null"))
    if {*PARTS, "min_should"} & one.keys():
        return filter_of(one)
    raise Unsupported(f"condition {', '.join(sorted(one))}")


def _field(one: dict[str, Any]) -> FieldCondition:
    body = read(one, "condition", known=("key", "match", "range"))
    if "match" in body:
        match = read(body["match"], "match", known=MATCHES)
        if len(match) != 1:
            raise BadCall(f"match takes one of {', '.join(MATCHES)}")
        (name, value), *_ = match.items()
        return FieldCondition(body["key"], match=MATCHES[name](value))
    if "range" in body:
        bounds = read(body["range"], "range", known=BOUNDS)
        kind = RangeDateTime if any(isinstance(bound, str) for bound in bounds.values()) else RangeFloat
        return FieldCondition(body["key"], range=kind(**bounds))
    raise BadCall(f"condition on {body['key']!r} needs match or range")
