"""Faults of what is written into audit trails, and of how a company is suspended, walked past and visited."""

from __future__ import annotations

from tests.seeded.running import Fault

MATRIX = ("tests/compliance/test_event_matrix.py",)
WALKS = ("tests/tenancy/test_walks.py",)

FAULTS = (
    Fault("a refused token stands in no trail", "apps/accounts/authentication.py",
          'record_sparingly_on_commit("token_refused", subject=_ended(token))', "_ended(token)", MATRIX),
    Fault("an API refusal by role stands in no trail", "apps/core/api.py",
          "if code_status == status.HTTP_403_FORBIDDEN:", "if False:", MATRIX),
    Fault("a deleted person stands in no trail", "apps/accounts/trail.py",
          'post_delete.connect(_deleted, sender=User, dispatch_uid="deskhand.trail.deleted")', "pass", MATRIX),
    Fault("a running sync does not ask whether its company is suspended", "apps/ingest/tasks.py",
          "return spent < BUDGET_SECONDS and is_open() and not", "return spent < BUDGET_SECONDS and not",
          ("tests/ingest/test_suspended_sync.py",)),
    Fault("a slow read of the registry makes a suspension late", "apps/tenancy/registry.py",
          "_loaded_at = hosts, companies, began", "_loaded_at = hosts, companies, time.monotonic()",
          ("tests/tenancy/test_suspension_seen.py",)),
    Fault("a company that is broken ends the walk for all behind it", "apps/tenancy/tasks.py",
          'log.exception("company_failed", company_id=company.company_id, code=type(exc).__name__)', "raise", WALKS),
    Fault("an operator who is switched off stays inside", "apps/console/tasks.py",
          'end_gone(message.get("gone", ()))', "pass", ("tests/console/test_gone_operators.py",)),
)  # fmt: skip
