"""A company that has mirrored and indexed an authored account through the simulated helpdesk, the adapter and the sync."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from django.test.utils import override_settings

from apps.ingest.models import Outbox
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.streams import due_streams, ensure_streams
from apps.ingest.sync import sync_page
from apps.platforms.connecting import connect
from apps.tenancy.context import bind_company
from apps.tenancy.provisioning import create_company
from benchmarks.evaluation.knowledge import tick
from benchmarks.site import ROOT

KEY = "the-key-of-the-account"
INDEXED = {
    Outbox.Kind.THREAD, Outbox.Kind.INDEX_TICKET, Outbox.Kind.INDEX_ARTICLE, Outbox.Kind.SECOND_ARTICLE,
}  # fmt: skip - briefs are not asked for


@contextmanager
def mirroring(company_id: str, account: str) -> Iterator[None]:
    """Inside a new company that holds this account."""
    company = create_company(company_id=company_id, name="Evaluation")
    with bind_company(company.binding()):
        mirror(account)
        yield


def mirror(account: str) -> None:
    """Read every feed of the account to its end and index it, into the bound company."""
    command = [sys.executable, "-m", "simulators.freshdesk", "--api-key", KEY, "--account", account, "--plan", "unlimited"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            url = orjson.loads(process.stdout.readline())["api"]
            with override_settings(EGRESS_ALLOW_HOSTS=frozenset({url.removeprefix("http://")})):
                connection, _ = connect(platform="freshdesk", options={"base_url": url, "api_key": KEY})
                ensure_streams(connection)
                _read()
        finally:
            process.terminate()


def _read() -> None:
    while due := due_streams():
        for stream_id in due:
            while sync_page(stream_id=stream_id):
                tick()
    while kinds := INDEXED & set(due_kinds()):
        for kind in kinds:
            work_off(kind)
            tick()
