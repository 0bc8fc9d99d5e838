"""reconcile_index: compare the index of a company with its chunks, and repair."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apps.ingest.reconciling import reconcile
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Compare every point of the company in the vector engine with the chunks in the database and owe what differs to "
        "the workers: points without a chunk, chunks without a point, other words, another visibility, articles without "
        "their second meaning. Beat does the same once a day. Safe to repeat; what workers are changing meanwhile may be "
        "counted and is indexed once more."
    )

    def perform(self, **options: Any) -> dict[str, Any]:
        difference, _ = reconcile()
        return asdict(difference)
