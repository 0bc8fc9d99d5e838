"""Who goes from company to company: one that is broken is told of and keeps no other from its turn."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

import orjson
import psycopg
import pytest
import redis
from django.core.management import call_command

from apps.accounts.finding import companies_of
from apps.accounts.models import User
from apps.assistant.tasks import brief_renew
from apps.compliance.heads import read_store
from apps.compliance.tasks import keep_heads
from apps.core.audit import record
from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.ingest.tasks import sync_due
from apps.tenancy.context import bind_company, current_company
from apps.tenancy.queues import PREFIX, company_of
from apps.tenancy.tasks import for_each_company
from tests.isolation.companies import companies

NAMES = ("walk-one", "walk-three", "walk-two")  # in the order of the registry: the broken one in the middle


@pytest.fixture(scope="module")
def walked(django_db_setup, django_db_blocker, superuser_url):
    """walk-three lost its schema; before that each had a person, an entry and owed work."""
    with django_db_blocker.unblock(), companies(superuser_url, *NAMES) as found:
        for company in found:
            with bind_company(company.binding()):
                User.objects.make(email="walker@example.org", name="Walker", role="agent")
                owe(Outbox.Kind.INDEX_TICKET, [uuid4()])
        with psycopg.connect(superuser_url) as admin:
            admin.execute("ALTER SCHEMA c_walk_three RENAME TO c_away")
        try:
            yield dict(zip(NAMES, found, strict=True))
        finally:
            with psycopg.connect(superuser_url) as admin:
                admin.execute("ALTER SCHEMA c_away RENAME TO c_walk_three")
                admin.execute("SET session_replication_role = replica")  # the trail only grows: what all were told in it goes
                for name in ("acme", "globex"):
                    admin.execute(f"DELETE FROM c_{name}.core_auditevent")


@pytest.fixture
def broken(walked, django_db_blocker, settings, tmp_path):
    settings.AUDIT_HEADS_DIR = str(tmp_path / "heads")
    redis.Redis.from_url(settings.BROKER_URL).flushdb()
    with django_db_blocker.unblock():
        yield walked
    redis.Redis.from_url(settings.BROKER_URL).flushdb()


def ours(found) -> list[str]:
    return [one for one in found if one in NAMES]


def test_work_for_each_company_is_done_for_the_others(broken, caplog):
    seen: list[str] = []

    def work() -> None:
        User.objects.count()
        seen.append(current_company().company_id)

    assert for_each_company(work) == 1
    assert ours(seen) == ["walk-one", "walk-two"]
    told = [one.msg for one in caplog.records if isinstance(one.msg, dict) and one.msg.get("event") == "company_failed"]
    assert [(one["company_id"], one["code"]) for one in told] == [("walk-three", "ProgrammingError")]


def test_scheduled_tasks_reach_the_others(broken, settings):
    sync_due()
    queue = redis.Redis.from_url(settings.BROKER_URL)
    sent = [company_of(orjson.loads(raw)) for key in queue.scan_iter(f"{PREFIX}*", _type="list") for raw in queue.lrange(key, 0, -1)]
    assert sorted(ours(sent)) == ["walk-one", "walk-two"]
    brief_renew()  # the same walk: it would raise


def test_the_heads_of_the_others_are_kept(broken, settings):
    keep_heads()
    assert ours(sorted(path.stem for path in Path(settings.AUDIT_HEADS_DIR).iterdir())) == ["walk-one", "walk-two"]
    with bind_company(broken["walk-two"].binding()):
        assert len(read_store().heads) == 1


def test_the_others_are_verified_and_the_broken_one_is_named(broken, capsys):
    with bind_company(broken["walk-two"].binding()):
        record("signed_in", mode="password")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", all=True, json=True)
    assert ended.value.code == 1
    told = {one["company"]: one for one in orjson.loads(capsys.readouterr().out)["companies"]}
    assert [told[name]["ok"] for name in NAMES] == [True, False, True]
    assert [one["kind"] for one in told["walk-three"]["findings"]] == ["unreadable"]
    assert told["walk-two"]["entries"] >= 2


def test_the_others_get_new_keys_and_the_broken_one_is_named(broken, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys", json=True, stderr=io.StringIO())
    assert ended.value.code == 1
    told = orjson.loads(capsys.readouterr().out)
    assert told["trouble"].keys() == {"walk-three"}
    assert told["companies"] >= len(NAMES)


def test_a_person_is_found_in_the_others(broken):
    assert [one.company_id for one in companies_of("walker@example.org")] == ["walk-one", "walk-two"]
