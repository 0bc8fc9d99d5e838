"""Every field of every model of ours says what kind of data it holds."""

from __future__ import annotations

import pytest
from django.apps import apps

from apps.core.privacy import CONTACT, CONTENT, NONE, SECRET, DataClass

MODELS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
PERSONAL = ("email", "name", "phone", "address")  # a field so named is somebody's contact unless the list below knows better
NOT_PERSONS = {
    "tenancy.Domain.domain", "platforms.Group.name", "platforms.Product.name", "platforms.Article.folder", "accounts.ApiToken.name",
    "tenancy.Company.schema_name", "core.AuditEvent.subject", "ingest.DeadLetter.key", "accounts.User.email_verified_at",
}  # fmt: skip


def name(model) -> str:
    return f"{model._meta.app_label}.{model.__name__}"


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_every_field_declares_its_class_and_nothing_else_is_declared(model):
    declared = model.__dict__.get("data_classes")
    assert declared is not None, "declare data_classes on the model itself"
    assert {field.name for field in model._meta.get_fields() if field.concrete} == set(declared)
    assert all(isinstance(one, DataClass) for one in declared.values())


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_no_contact_or_text_passes_for_nothing_personal(model):
    for field, kind in model.data_classes.items():
        if f"{name(model)}.{field}" in NOT_PERSONS:
            continue
        if any(word in field.split("_") for word in PERSONAL):
            assert kind in (CONTACT, CONTENT, SECRET), field
        if field in ("text", "html", "subject", "title", "description_text", "description_html", "data"):
            assert kind == CONTENT, field
        if field in ("credentials", "password", "digest", "key"):
            assert kind == SECRET, field


def test_the_table_of_exceptions_names_only_what_exists():
    fields = {f"{name(model)}.{field}" for model in MODELS for field in model.data_classes}
    assert fields >= NOT_PERSONS
    assert NONE in {kind for model in MODELS for kind in model.data_classes.values()}
