"""Answers of a form: what the provider is told of it, and what becomes of what it says."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from apps.llm.errors import ModelGarbled

Form = TypeVar("Form", bound=BaseModel)
_FENCE = re.compile(r"```(?:json)?\s*\n(?P<body>[^`]*)```")


def response_format(form: type[BaseModel]) -> dict[str, Any]:
    """The request's `response_format`. In strict mode every property must be required and no other allowed."""
    schema = _strict(form.model_json_schema())
    return {"type": "json_schema", "json_schema": {"name": form.__name__, "strict": True, "schema": schema}}


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _strict(one) for name, one in schema.items() if name != "default"}
    if made.get("type") == "object" and "properties" in made:
        made |= {"required": list(made["properties"]), "additionalProperties": False}
    return made


def read_form(form: type[Form], text: str) -> Form:
    """The answer as the form; a fence around it, and what stands before that, is forgiven. Raises ModelGarbled(code="not_the_schema")."""
    found = _FENCE.search(text)
    try:
        return form.model_validate_json(found["body"] if found else text)
    except (ValidationError, RecursionError) as exc:
        raise ModelGarbled("the answer has not the form it was asked for", code="not_the_schema") from exc
