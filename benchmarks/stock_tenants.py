"""django-tenants opening tenants its own way, for a benchmark that asks for one after the other.

python -m benchmarks.stock_tenants: for every line on stdin saves a tenant with auto_create_schema (CREATE SCHEMA, then
migrate_schemas for the same apps, without walls), answers with its CPU seconds, and drops the schema before the next.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class StockTenants:
    """The program's other end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.cpu: list[float] = []  # seconds of the program's own for each tenant

    def open_one(self) -> None:
        """Returns when the tenant is there. Raises RuntimeError when it is not."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self._ask("open")
        self.cpu.append(float(self._answer()))

    def drop_it(self) -> None:
        self._ask("drop")
        self._answer()

    def _ask(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("django-tenants did not open a tenant")
        return line


@contextmanager
def stock_tenants() -> Iterator[StockTenants]:
    """The program running, with the engine and settings django-tenants' documentation names (our migrating login)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stock_tenants"], cwd=ROOT, env=os.environ | {"DATABASE_LOGIN": "migrate"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield StockTenants(process)
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(30)


def main() -> None:
    import django

    django.setup()
    from apps.tenancy.models import Company

    Company.auto_create_schema = True
    number, tenant = 0, None
    for word in sys.stdin:
        began = time.process_time()
        if word.strip() == "open":
            number += 1
            facts: dict[str, Any] = {"company_id": f"stock-{number}", "schema_name": f"c_stock_{number}", "status": "active"}
            tenant = Company(name="Stock", region="local", **facts)
            tenant.save(verbosity=0)
        elif tenant is not None:
            tenant.delete(force_drop=True)
        sys.stdout.write(f"{time.process_time() - began}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
