"""A model field for sealed secrets. Key rotation finds what to seal again by this type, so nothing can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

_SEALED = re.compile(r"v[12]\.[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9+/]{38,}={0,2}")


class SealedField(models.TextField):
    """Holds what crypto.seal() returned, and refuses any other text: a secret cannot be stored in clear by mistake.

    The attribute is the sealed text; crypto.unseal() opens it where it is needed. `place` is the `field` both were
    given and part of the encryption: by default 'app.model.field'. Name it when a model or field is renamed.
    """

    def __init__(self, *args: Any, place: str = "", **options: Any) -> None:
        self._place = place
        super().__init__(*args, **{"editable": False} | options)

    @property
    def place(self) -> str:
        return self._place or f"{self.model._meta.label_lower}.{self.name}"

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        options.pop("editable", None)
        return name, path, args, options | ({"place": self._place} if self._place else {})

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, str) and value and not _SEALED.fullmatch(value):
            # The value may be the secret itself: it is not repeated here.
            raise ValueError(f"{self.place} takes only what crypto.seal() returned")
        return super().get_db_prep_save(value, connection)


def sealed_fields() -> Iterator[tuple[type[models.Model], SealedField]]:
    """Every sealed field of every model that has a table of its own."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            for field in model._meta.local_concrete_fields:
                if isinstance(field, SealedField):
                    yield model, field
