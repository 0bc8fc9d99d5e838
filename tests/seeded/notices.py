"""Faults of what admins are told by mail."""

from __future__ import annotations

from tests.seeded.running import Fault

NOTICES, TESTS = "apps/ingest/notices.py", "tests/ingest/test_notices.py"
ONCE = f"{TESTS}::test_a_revoked_key_is_told_once_to_each_active_admin_in_their_language_and_a_new_key_once"

FAULTS = (
    Fault("a notice goes to an admin of another company", NOTICES,
          "            mail.person,\n", '            globals().setdefault(f"_{word}", mail.person),\n',
          (f"{TESTS}::test_each_company_s_notice_goes_to_its_own_admins_and_names_its_own_pages",)),
    Fault("whoever finds a refused key says so again", NOTICES,
          "if held is not None and held.reason in (reason, Notice.Reason.REFUSED):", "if False:", (ONCE,)),
    Fault("a notice that was sent is sent again", NOTICES, "            _mark(mail, word)\n", "            break\n", (ONCE,)),
)  # fmt: skip
