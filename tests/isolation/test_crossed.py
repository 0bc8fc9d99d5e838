"""ISO-3: a schema of one company with the id of the other shows no row of either, and each time the operator is told."""

from __future__ import annotations

import psycopg
import pytest
import structlog
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from psycopg import sql

from apps.accounts.models import User
from apps.core.errors import TenantLeak
from apps.tenancy.alarms import ALARMS
from apps.tenancy.context import Binding, bind_company

ROOMS = {name.rpartition(".")[2] for name in settings.TENANT_APPS}
MODELS = sorted(
    (model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in ROOMS),
    key=lambda model: model._meta.label,
)  # the companies' models, those of others included


def alarms(kind: str = "schema_company") -> float:
    return ALARMS.labels(kind)._value.get()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_row_of_a_model_shows_and_the_alarm_rings(standing, db, superuser_url, model):
    table = sql.Identifier("c_north", model._meta.db_table)
    with psycopg.connect(superuser_url) as admin:
        assert admin.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()[0] > 0, "nothing could be seen"
    for schema, company in (("c_north", "south"), ("c_south", "north")):
        before = alarms()
        with structlog.testing.capture_logs() as lines, bind_company(Binding(schema, company, "local")):
            assert list(model._default_manager.all()) == []
        told = [line for line in lines if line["event"] == "isolation_alarm"]
        assert [(line["kind"], line["schema"], line["log_level"]) for line in told] == [("schema_company", schema, "critical")]
        assert alarms() == before + 1


def test_no_alarm_rings_where_both_agree(standing, db):
    before = alarms()
    for company in standing:
        with bind_company(company.binding()):
            assert User.objects.count() == 1
            assert Session.objects.count() == 1
    assert alarms() == before


def test_a_row_of_another_company_that_came_through_all_the_same_is_an_alarm_too(standing, db):
    before = alarms("row")
    north, south = standing[:2]
    with bind_company(north.binding()):
        values = User.objects.values_list().first()
        names = [field.attname for field in User._meta.concrete_fields]
    with bind_company(south.binding()), pytest.raises(TenantLeak):
        User.from_db("default", names, values)
    assert alarms("row") == before + 1


def test_the_edge_hands_schema_and_credential_on_apart(standing, db, monkeypatch):
    """Were the comparison at the edge lost, the database would still show nothing."""
    from apps.tenancy import middleware

    verdict = middleware.decide(host="north.localhost", path="/", claimed="north", sent=True, header=None)
    assert (verdict.schema, verdict.company_id) == ("c_north", "north")
    at_host = middleware.company_at("north.localhost")
    crossed = middleware._open(at_host, "south")
    assert (crossed.schema, crossed.company_id) == ("c_north", "south")
    with bind_company(crossed):
        assert User.objects.count() == 0
