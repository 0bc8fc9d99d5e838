"""Ask for a company to be opened, suspended, resumed or closed. Rows say what is wanted; the provisioning worker does it.

Everything here runs with the serving login, bound to the operators' company: no other company may see an order.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.core.errors import BadInput, Conflict, NotFound
from apps.tenancy.context import Binding, bind_company
from apps.tenancy.models import Company, Order
from apps.tenancy.names import OPERATOR_COMPANY, check_company_id, schema_of

Kind, State, Status = Order.Kind, Order.State, Company.Status
_FROM = {Kind.SUSPEND: (Status.ACTIVE,), Kind.RESUME: (Status.SUSPENDED,),
         Kind.CLOSE: (Status.ACTIVE, Status.SUSPENDED, Status.CLOSING)}  # fmt: skip


def operators() -> Binding:
    """The binding under which orders are given and seen; the company itself need not be open yet."""
    return Binding(schema_of(OPERATOR_COMPANY), OPERATOR_COMPANY, settings.REGION)


def ask_open(*, company_id: str, name: str = "", language: str = "en", region: str = "", asked_by: str = "") -> Order:
    """Order a company to be opened. Raises BadInput for a bad id, Conflict when it exists or has existed."""
    check_company_id(company_id)
    if Company.objects.filter(company_id=company_id).exists():
        raise Conflict(f"Company {company_id!r} exists already, or has existed.", code="company_exists")
    return _ask(Kind.OPEN, company_id, {"name": name or company_id, "language": language, "region": region}, asked_by)


def ask_suspend(*, company_id: str, asked_by: str = "") -> Order:
    """Order a company to be suspended: nobody gets in, its tasks stop, its data stay. Raises NotFound, Conflict."""
    _check(Kind.SUSPEND, company_id)
    return _ask(Kind.SUSPEND, company_id, {}, asked_by)


def ask_resume(*, company_id: str, asked_by: str = "") -> Order:
    """Order a suspended company to go on where it was. Raises NotFound, Conflict."""
    _check(Kind.RESUME, company_id)
    return _ask(Kind.RESUME, company_id, {}, asked_by)


def ask_close(*, company_id: str, confirm: str, asked_by: str = "") -> Order:
    """Order a company to be closed and everything of it erased, for good.

    `confirm` must be the company's id once more: BadInput otherwise. Raises NotFound, Conflict.
    """
    _check(Kind.CLOSE, company_id)
    if confirm != company_id:
        raise BadInput(f"To close {company_id!r} for good, confirm with its name.", code="confirmation_missing")
    return _ask(Kind.CLOSE, company_id, {}, asked_by)


def find_order(order_id: UUID) -> Order:
    """The order as it stands now. Raises NotFound."""
    with bind_company(operators()):
        found = Order.objects.filter(pk=order_id).first()
    if found is None:
        raise NotFound("There is no such order.", code="order_unknown")
    return found


def was_opened_by(company_id: str, asked_by: str) -> bool:
    """Whether the company was opened by an order of this one's."""
    with bind_company(operators()):
        return Order.objects.filter(kind=Kind.OPEN, company_id=company_id, asked_by=asked_by, state=State.DONE).exists()


def newest_orders(limit: int = 50) -> list[Order]:
    """The last orders, newest first."""
    with bind_company(operators()):
        return list(Order.objects.order_by("-asked_at", "-id")[:limit])


def _check(kind: Order.Kind, company_id: str) -> None:
    company = Company.objects.filter(company_id=company_id).first()
    if company is None:
        raise NotFound(f"There is no company {company_id!r}.", code="company_unknown")
    if company_id == OPERATOR_COMPANY:
        raise BadInput("The operators' own company stays open.", code="operator_company_stays")
    if company.status not in _FROM[kind]:
        raise Conflict(f"Company {company_id!r} is {company.status}.", code=f"company_{company.status}")


def _ask(kind: Order.Kind, company_id: str, facts: dict[str, Any], asked_by: str) -> Order:
    """A new order, or the open one of the same kind. Raises Conflict when another is open for the company."""
    with bind_company(operators()):
        try:
            with transaction.atomic():
                return Order.objects.create(kind=kind, company_id=company_id, facts=facts, asked_by=asked_by)
        except IntegrityError:
            found = Order.objects.filter(company_id=company_id, state__in=[State.ASKED, State.RUNNING]).first()
    if found is None:  # it ended between our two looks
        return _ask(kind, company_id, facts, asked_by)
    if found.kind != kind:
        raise Conflict(f"Company {company_id!r} has another order to wait for.", code="company_busy")
    return found
