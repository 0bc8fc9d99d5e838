"""What is left of sessions once they are over: first their content goes, in the end the row that lists them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.session_models import UserSession

BATCH = 2000  # rows of a kind a company and visit: a crowded one keeps no other waiting
KEPT = timedelta(days=30)  # how long admins see that somebody was signed in


def sweep_sessions() -> int:
    """In the bound company: mark what ran out as ended, delete its content, and what ended long ago. Rows touched."""
    now = timezone.now()
    out = UserSession.objects.filter(ended_at=None, expires_at__lte=now).values_list("pk", flat=True)[:BATCH]
    touched = UserSession.objects.filter(pk__in=list(out)).end()
    old = Session.objects.filter(expire_date__lte=now).values_list("pk", flat=True)[:BATCH]
    touched += Session.objects.filter(pk__in=list(old)).delete()[0]
    past = UserSession.objects.filter(ended_at__lte=now - KEPT).values_list("pk", flat=True)[:BATCH]
    return touched + UserSession.objects.filter(pk__in=list(past)).delete()[0]
