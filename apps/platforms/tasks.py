"""Celery's side of what people ordered: a message says 'look', the rows say what is to be done."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.platforms import sending
from apps.tenancy.registry import is_open
from apps.tenancy.tasks import CompanyTask, OperatorTask, for_each_company

EXPIRES = 60


@shared_task(base=OperatorTask, name="platforms.send_due")
def send_due() -> None:
    """Beat's question to every company: is something to be sent, looked at or sent again?"""
    for_each_company(_send_due)


def _send_due() -> None:
    for order_id in sending.due_orders():
        send_order.apply_async([str(order_id)], expires=EXPIRES)


@shared_task(base=CompanyTask, name="platforms.send_order", look=True)
def send_order(order_id: str) -> None:
    """One turn of one order."""
    if is_open():
        sending.send(UUID(order_id))


def hand_over(order_id: UUID) -> None:
    """Send the message at once. A queue that does not answer costs seconds: the beat finds the row."""
    with suppress(OperationalError):
        send_order.apply_async([str(order_id)], expires=EXPIRES)
