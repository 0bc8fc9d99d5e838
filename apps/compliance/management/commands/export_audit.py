"""export_audit: a company's audit trail as JSON lines."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import orjson
from django.core.management.base import CommandParser

from apps.compliance.sql import Row, entries, extent
from apps.core.audit import EPOCH, record
from apps.tenancy.commands import CompanyCommand

PROGRESS_EVERY = 50_000


class Command(CompanyCommand):
    help = (
        "Write the audit trail as JSON lines, oldest first, with its seals; persons are pseudonyms. Progress goes to "
        "standard error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--output", type=Path, help="file to write (default: standard output)")

    def perform(self, **options: Any) -> dict[str, Any]:
        total, count = extent(), 0
        target = options["output"]
        with target.open("wb") if target else nullcontext(sys.stdout.buffer) as output:
            for row in entries():
                _write(output, row)
                count += 1
                if count % PROGRESS_EVERY == 0:
                    self.stderr.write(f"{count}/{max(count, total.count)}")
            output.flush()
        last = int(row[0]) if count else 0
        record("audit_exported", entries=count, first=total.first, last=last)
        return {"entries": count, "first": total.first, "last": last}

    def handle(self, *args: Any, **options: Any) -> None:
        """The lines are the output: what was done is told beside it."""
        if options["output"]:
            super().handle(*args, **options)
            return
        self.stdout, kept = self.stderr, self.stdout
        try:
            super().handle(*args, **options | {"json": False})
        finally:
            self.stdout = kept


def _write(output: IO[bytes], row: Row) -> None:
    seq, entry_id, at, event, principal, subject, request_id, facts, key_id, prev, mac = row
    line = {
        "seq": int(seq), "id": entry_id, "at": (EPOCH + timedelta(microseconds=int(at))).isoformat(), "event": event,
        "principal": principal, "subject": subject, "request_id": request_id, "facts": orjson.loads(facts),
        "key_id": key_id, "prev": prev, "mac": mac,
    }  # fmt: skip
    output.write(orjson.dumps(line) + b"\n")
