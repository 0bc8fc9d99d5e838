"""What is done with API tokens: made, replaced with an overlap, revoked. Each is in the audit trail."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import DEFAULT_DAYS, MOST_DAYS, ApiToken, User
from apps.core.audit import record, record_on_commit
from apps.core.errors import Conflict

OVERLAP = timedelta(days=7)  # how long a replaced token still works: time to put the new one everywhere


def create(*, user: User, name: str, scopes: list[str] | None = None, days: int = DEFAULT_DAYS) -> tuple[ApiToken, str]:
    """A token and its clear text, which is shown once. Raises as ApiToken.issue(); not inside a transaction."""
    token, clear = ApiToken.issue(user=user, name=name, scopes=scopes, days=days)
    record("token_created", subject=f"token:{token.pk}")
    return token, clear


def replace(*, token: ApiToken) -> tuple[ApiToken, str]:
    """A new token of the same person, purpose, scopes and length of life; the old one works a week more at most.

    Raises Conflict when the old one works no more, or when it is being replaced already. Not inside a transaction.
    """
    with transaction.atomic():
        old = ApiToken.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=token.pk)
        if not old.is_active:
            raise Conflict("This token works no more: make a new one.", code="token_ended")
        days = min(MOST_DAYS, max(1, round((old.expires_at - old.created_at) / timedelta(days=1))))
        new, clear = ApiToken.issue(user=old.user, name=old.name, scopes=old.scopes, days=days)
        old.expires_at = min(old.expires_at, timezone.now() + OVERLAP)
        old.save(update_fields=["expires_at"])
    record("token_created", subject=f"token:{new.pk}")
    record("token_changed", subject=f"token:{old.pk}", change="replaced")
    return new, clear


def revoke(*, token: ApiToken) -> bool:
    """The token is refused from the next request on. False when it was revoked already."""
    changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        record_on_commit("token_changed", subject=f"token:{token.pk}", change="revoked")
    return bool(changed)
