"""Jobs that are under way for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Jobs:
    """By id: kind, when it began and ends, how many of its parts failed."""

    rows: dict[str, tuple[str, float, float, int]] = field(default_factory=dict)

    def start(self, kind: str, now: float, *, seconds: float = 5.0, failed: int = 0) -> Json:
        """A new job. Returns what the call that began it answers."""
        job = sha256(f"{kind}/{len(self.rows)}".encode()).hexdigest()[:24]
        self.rows[job] = (kind, now, now + seconds, failed)
        return {"job_id": job, "href": f"/api/v2/jobs/{job}"}

    def read(self, job: str, now: float) -> Json | None:
        """How far it is."""
        if job not in self.rows:
            return None
        kind, began, ends, failed = self.rows[job]
        progress = min(100, int(100 * (now - began) / (ends - began)))
        status = "IN PROGRESS" if progress < 100 else "PARTIAL" if failed else "COMPLETED"
        return {"id": job, "name": kind, "status": status, "progress": progress}
