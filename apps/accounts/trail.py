"""What is done to people and tokens, in the audit trail: whoever saves one, by a page, the admin or a command (AUD-2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save

from apps.accounts.models import ApiToken, User
from apps.core.audit import record_on_commit

# Not the password, which has an event of its own, and not the last sign-in, which is one.
WATCHED = ("email", "name", "role", "language", "theme", "keys_enabled", "is_active")


def _look(sender: Any, instance: User, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
    """Before a save: what is stored of the fields it writes. One question more, where somebody changes a person."""
    written = [name for name in WATCHED if update_fields is None or name in update_fields]
    held = {} if instance._state.adding or not written else User.objects.filter(pk=instance.pk).values(*written).first()
    instance._before = held or {}  # type: ignore[attr-defined]


def _saved(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    """Afterwards: what differs, by the names of the fields. Values are nobody's business here, but the role's."""
    subject = f"user:{instance.pk}"
    if created:
        record_on_commit("user_created", subject=subject, role=str(instance.role))
        return
    before = instance._before  # type: ignore[attr-defined]
    changed = [name for name, value in before.items() if value != getattr(instance, name)]
    if "role" in changed:
        record_on_commit("role_changed", subject=subject, old=before["role"], new=str(instance.role))
    words = [_word(name, instance) for name in changed if name != "role"]
    if words:
        record_on_commit("user_changed", subject=subject, change=".".join(words))


def _word(name: str, person: User) -> str:
    if name == "is_active":
        return "activated" if person.is_active else "deactivated"
    return name


def _deleted(sender: Any, instance: User, **kwargs: Any) -> None:
    record_on_commit("user_deleted", subject=f"user:{instance.pk}")


def _token_deleted(sender: Any, instance: ApiToken, **kwargs: Any) -> None:
    record_on_commit("token_changed", subject=f"token:{instance.pk}", change="deleted")


def watch() -> None:
    """Called once, when the apps are ready."""
    pre_save.connect(_look, sender=User, dispatch_uid="deskhand.trail.look")
    post_save.connect(_saved, sender=User, dispatch_uid="deskhand.trail.saved")
    post_delete.connect(_deleted, sender=User, dispatch_uid="deskhand.trail.deleted")
    post_delete.connect(_token_deleted, sender=ApiToken, dispatch_uid="deskhand.trail.token_deleted")
