"""kill -9 of an import at twenty random moments: run again it goes on, nothing is lost, doubled or left half."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.ingest import streams
from apps.ingest.models import Outbox, Stream
from apps.platforms.adapters.json_store import adapter
from apps.platforms.management.commands.export_mirror import Command as Export
from apps.platforms.models import Message
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from apps.tenancy.registry import forget_hosts
from simulators.json_store.writing import append, write_company
from tests.faults.test_sync_kills import let_go
from tests.ingest.stores import mirrored, truth
from tests.isolation.companies import drop

KILLS, TICKETS, MOST, SEED = 20, 240, 240, int(os.environ.get("KILLS_SEED", "4"))


def imported(root: Path, statements: int | None = None, *options: str) -> bool:
    """The command in a process of its own, which dies by kill -9 in place of the statement after so many. True when it ended
    well before."""
    let_go()
    child = os.fork()
    if child == 0:
        left = None if statements is None else iter(range(statements))

        def counted(execute: Any, *args: Any) -> Any:
            if left is not None and next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*args)

        try:
            sys.stdout = (root / "report.json").open("w")
            with connection.execute_wrapper(counted):
                call_command("import_json", str(root), "--json", *options)
            sys.stdout.flush()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def pass_time(company) -> None:
    """Leases and claims of the dead run out."""
    with bind_company(company.binding()):
        Stream.objects.update(lease_until=None)
        Outbox.objects.update(claimed_until=None, due_at=timezone.now())


@pytest.mark.verify
def test_an_import_killed_at_twenty_moments_ends_equal_to_its_files(
    django_db_setup, django_db_blocker, superuser_url, settings, monkeypatch, tmp_path
):
    monkeypatch.setattr(streams, "LEASE_SECONDS", 1)
    monkeypatch.setattr(adapter, "PAGE", 40)
    folder = tmp_path / "stores" / "moved"
    write_company(folder, tickets=TICKETS)
    settings.JSON_STORE_ROOT = str(folder.parent)
    dice, kills = random.Random(SEED), 0
    with django_db_blocker.unblock():
        try:
            assert imported(folder.parent, None, "--dry-run") and not Company.objects.filter(company_id="moved").exists()
            while not Company.objects.filter(company_id="moved").exists():  # killed while it has the company opened
                imported(folder.parent, dice.randint(1, 30))
            company = Company.objects.get(company_id="moved")
            while kills < KILLS:
                pass_time(company)
                if imported(folder.parent, dice.randint(5, MOST)):
                    append(folder, 30, seed=kills, deletions=2)  # there is something to do again
                else:
                    kills += 1
            pass_time(company)
            assert imported(folder.parent), (folder.parent / "report.json").read_text()
            report = orjson.loads((folder.parent / "report.json").read_bytes())["companies"][0]
            with bind_company(company.binding()):
                assert report["import"]["equal"], report
                assert mirrored(Export().perform()) == truth(folder)
                numbers = list(Message.objects.values_list("ticket", "number"))
                assert len(numbers) == len(set(numbers))
            for statements in (12, 30, 48, None):
                pass_time(company)
                assert imported(folder.parent, statements, "--rollback") is (statements is None)
            with bind_company(company.binding()):
                assert not Message.objects.exists() and not Stream.objects.exists()
        finally:
            let_go()
            drop(superuser_url, "moved")
            forget_hosts()
