"""The one ContextVar that says whose data may be touched; empty means nothing resolves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import structlog
from django.db import connections

from apps.core.errors import NoCompany

__all__ = [
    "Binding",
    "CompanySwitch",
    "bind_company",
    "current_binding",
    "current_company",
    "name_principal",
    "read_only",
]


class CompanySwitch(RuntimeError):
    """Code bound to one company tried to bind another: a bug, never an answer."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Schema comes from the host or the job, company_id from the credential (tenancy.md 2.1, W1 and W2)."""

    schema: str
    company_id: str
    region: str
    principal: str = ""
    read_only: bool = False  # the database refuses writes (support access); see the backend


_current: ContextVar[Binding | None] = ContextVar("deskhand_company", default=None)


def current_binding() -> Binding | None:
    """The binding, or None outside one. Only stores that must fail closed by themselves use this."""
    return _current.get()


def current_company() -> Binding:
    """The bound company. Raises NoCompany outside a binding."""
    binding = _current.get()
    if binding is None:
        raise NoCompany("No company is bound here; bind_company() at the edge, in a task or in a command.")
    return binding


@contextmanager
def bind_company(binding: Binding) -> Iterator[Binding]:
    """Bind for the block. Binding another company inside raises CompanySwitch; the same one may nest.

    On the way out an open transaction (a test's, a caller's) forgets the company again.
    """
    outer = _current.get()
    if outer is not None:
        if (outer.schema, outer.company_id) != (binding.schema, binding.company_id):
            raise CompanySwitch(f"{outer.company_id} is bound here, {binding.company_id} cannot be")
        yield outer
        return
    token = _current.set(binding)
    structlog.contextvars.bind_contextvars(company=binding.company_id, principal=binding.principal)
    try:
        yield binding
    finally:
        _current.reset(token)
        structlog.contextvars.unbind_contextvars("company", "principal")
        for connection in connections.all(initialized_only=True):
            unbind = getattr(connection, "unbind", None)
            if unbind is not None:
                unbind()


def read_only() -> None:
    """From here on, and as long as the binding lasts, every transaction of it may only read. There is no way back."""
    _current.set(replace(current_company(), read_only=True))


def name_principal(principal: str) -> None:
    """Say who acts, once the credential is verified. Lasts as long as the binding."""
    _current.set(replace(current_company(), principal=principal))
    structlog.contextvars.bind_contextvars(principal=principal)
