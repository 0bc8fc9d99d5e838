"""Change keys while everybody reads (SEC-2). Every step of one bound company; each may be cut anywhere and repeated.

    rewrap()   puts the newest master key around every data key, beside those already there
    renew()    makes a new data key; the old one still opens what it sealed
    reseal()   seals every value again that is not under the active data key
    retire()   takes away what nothing needs: old wrappings, data keys no value names

What there is to do follows from what is stored, so nothing has to remember how far a run came. Old wrappings and old
data keys stay until retire(), so processes with the old ring, and values read a moment ago, open at any time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from apps.core.crypto import (
    active_key,
    master_keys,
    open_key,
    retire_active,
    seal_with,
    unseal,
    wrap_with,
)
from apps.core.errors import SealBroken
from apps.core.fields import SealedField, sealed_fields
from apps.core.models import AuditEvent, CompanyKey

BATCH = 100  # values of one transaction; whoever wants to seal waits for it
ROUNDS = 3


@dataclass(slots=True)
class Resealed:
    """How many values were sealed again, and where one could not be opened ('place id: code')."""

    done: int = 0
    broken: list[str] = field(default_factory=list)


def rewrap(company_id: str) -> int:
    """Put the newest master key around every data key that lacks it. Returns how many did."""
    newest, done = master_keys().names[0], 0
    with transaction.atomic():
        for key in CompanyKey.objects.select_for_update().order_by("id"):
            if newest not in key.wrapped:
                data_key = open_key(company_id, key.pk, key.wrapped)
                key.wrapped[newest] = wrap_with(newest, company_id, key.pk, data_key)
                key.save(update_fields=["wrapped"])
                done += 1
    return done


def renew(company_id: str, *, older_than: timedelta) -> bool:
    """Make a new data key when the active one is older; True when it did. A company that seals nothing has none."""
    with transaction.atomic():
        before = timezone.now() - older_than
        if not CompanyKey.objects.filter(active=True, created_at__lte=before).exists():
            return False
        retire_active(company_id)
    return True


def reseal(company_id: str) -> Resealed:
    """Seal every value anew that is not under the active data key, batch by batch. What cannot be opened is left.

    A row that somebody else holds is passed over and met again in the next round: waiting for it with the key locked
    could block both for ever. state() tells what is left after the last.
    """
    result = Resealed()
    for number in range(ROUNDS):
        if number:
            time.sleep(0.2 * number)
        result.broken.clear()
        for model, column in sealed_fields():
            last: Any = None
            while (last := _reseal_batch(company_id, model, column, last, result)) is not None:
                pass
        if not _left():
            break
    return result


def _reseal_batch(company_id: str, model: type[models.Model], column: SealedField, last: Any, result: Resealed) -> Any:
    """The next values after `last`; returns the last key looked at, or None when there are no more."""
    values = stale(model, column, _active()).order_by("pk")
    keys = list((values if last is None else values.filter(pk__gt=last)).values_list("pk", flat=True)[:BATCH])
    if not keys:
        return None
    with transaction.atomic():
        key_id, data_key = active_key(company_id)
        rows = model._base_manager.select_for_update(skip_locked=True, of=("self",), no_key=True).filter(pk__in=keys)
        for pk, old in rows.values_list("pk", column.attname):
            try:
                plain = unseal(old, company_id=company_id, field=column.place)
            except SealBroken as exc:
                result.broken.append(f"{column.place} {pk}: {exc.code}")
                continue
            new = seal_with(key_id, data_key, plain, company_id=company_id, field=column.place)
            result.done += model._base_manager.filter(pk=pk).update(**{column.attname: new})
    return keys[-1]


def _left() -> int:
    """Values that are not under the active data key."""
    active = _active()
    return sum(stale(model, column, active).count() for model, column in sealed_fields())


def retire(company_id: str, *, grace: timedelta) -> tuple[int, int]:
    """Drop wrappings other than the newest, and data keys that no value names and that were retired `grace` ago.

    Returns (wrappings, data keys) that went. Only for when every process has the newest master key. Raises SealBroken
    when the newest wrapping does not open: nothing is dropped then.
    """
    newest, wrappings, removed = master_keys().names[0], 0, 0
    with transaction.atomic():
        for key in CompanyKey.objects.select_for_update().order_by("id"):
            retired = not key.active and key.retired_at and key.retired_at <= timezone.now() - grace
            if retired and not _named(key):
                key.delete()
                removed += 1
                continue
            kept = {newest: key.wrapped[newest]} if newest in key.wrapped else {}
            open_key(company_id, key.pk, kept)
            if kept != key.wrapped:
                wrappings += len(key.wrapped) - 1
                key.wrapped = kept
                key.save(update_fields=["wrapped"])
    return wrappings, removed


def state(company_id: str) -> dict[str, Any]:
    """Counts of keys and values, and of what old master keys are still needed for."""
    newest = master_keys().names[0]
    wrapped = list(CompanyKey.objects.values_list("wrapped", flat=True))
    columns = list(sealed_fields())
    old: dict[str, int] = {}
    for one in wrapped:
        for name in set(one) - {newest}:
            old[name] = old.get(name, 0) + 1
    for model, column in columns:
        for text in model._base_manager.filter(**{f"{column.attname}__startswith": "v1."}).values_list(
            column.attname, flat=True
        ):
            name = str(text).split(".", 2)[1]
            old[name] = old.get(name, 0) + 1
    return {
        "keys": len(wrapped),
        "keys_under_newest": sum(newest in one for one in wrapped),
        "values": sum(_sealed(model, column).count() for model, column in columns),
        "values_to_seal_again": _left(),
        "old_master_keys": old,
        "audit_master_keys": sorted(
            AuditEvent.objects.filter(key_id__startswith="master-")
            .order_by()
            .values_list("key_id", flat=True)
            .distinct()
        ),
    }


def stale(model: type[models.Model], column: SealedField, active: CompanyKey | None) -> models.QuerySet[Any]:
    """Values that are not under the active data key."""
    sealed = _sealed(model, column)
    return sealed.exclude(**{f"{column.attname}__startswith": f"v2.{active}."}) if active else sealed


def _sealed(model: type[models.Model], column: SealedField) -> models.QuerySet[Any]:
    return model._base_manager.exclude(**{column.attname: ""}).exclude(**{f"{column.attname}__isnull": True})


def _active() -> CompanyKey | None:
    return CompanyKey.objects.filter(active=True).first()


def _named(key: CompanyKey) -> bool:
    """Whether any value is sealed with this data key."""
    return any(
        model._base_manager.filter(**{f"{column.attname}__startswith": f"v2.{key}."}).exists()
        for model, column in sealed_fields()
    )
