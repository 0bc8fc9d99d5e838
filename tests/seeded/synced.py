"""Faults of what an admin reads of the sync, and of what hangs together with a ticket: links, companies, times."""

from __future__ import annotations

from tests.seeded.running import Fault

PAGE, LINKED, FIRMS = "tests/ingest/test_sync_page.py::test_", "tests/assistant/test_linked.py::test_", "tests/ingest/test_firms.py::test_"
OUT_OF_REACH = (f"{LINKED}what_is_out_of_reach_is_as_if_it_were_not_there",)

FAULTS = (
    Fault("whoever reads the sync page may pause it", "apps/ingest/sync_views.py",
          '@allow("sync.run")\n@require_POST\ndef change_sync', '@allow("sync.read")\n@require_POST\ndef change_sync',
          (f"{PAGE}a_lead_reads_and_changes_nothing_an_agent_does_not_even_read",)),
    Fault("a connection whose key was refused goes on at a click", "apps/ingest/pausing.py",
          "rows = Connection.objects.filter(pk=connection.pk, state=Connection.State.PAUSED)", "rows = Connection.objects.filter(pk=connection.pk)",
          (f"{PAGE}an_admin_pauses_goes_on_and_looks_now",)),
    Fault("held removals are made by whoever found the browser open", "apps/ingest/sync_views.py",
          "if (first := confirm_first(request)) is not None:", "if (first := None) is not None:",
          (f"{PAGE}whoever_has_a_second_factor_shows_who_they_are_before_removals_and_before_secrets",)),
    Fault("secrets of a webhook are shown to whoever found the browser open", "apps/ingest/hook_views.py",
          "if (first := confirm_first(request)) is not None:", "if (first := None) is not None:",
          (f"{PAGE}whoever_has_a_second_factor_shows_who_they_are_before_removals_and_before_secrets",)),
    Fault("times of one company are kept beside another's progress", "apps/ingest/timing.py",
          "noted = _noted.pop(current_company().company_id, None)", "noted = _noted.pop(next(iter(_noted), ''), None)",
          ("tests/ingest/test_timing.py::test_figures_are_of_the_company_that_worked_and_the_metric_names_none",)),
    Fault("a link shows a ticket out of reach", "apps/assistant/linked.py",
          "rows = Ticket.objects.shown().within(reach).filter(connection=", "rows = Ticket.objects.shown().filter(connection=", OUT_OF_REACH),
    Fault("a merged ticket is offered as one out of reach", "apps/assistant/linked.py",
          "rows = Ticket.objects.shown().within(reach).filter(wanted)", "rows = Ticket.objects.shown().filter(wanted)",
          (f"{LINKED}a_merged_ticket_is_offered_as_itself_to_whoever_may_not_read_the_one_it_went_into",)),
    Fault("links that are not told any more stay", "apps/ingest/links.py", "    if stale:\n", "    if False:\n", ("tests/ingest/test_links.py",)),
    Fault("companies nobody's ticket names are stored", "apps/ingest/firms.py",
          'Firm.objects.bulk_update(changed, ["name", "named"])',
          'Firm.objects.bulk_update(changed, ["name", "named"])\n    Firm.objects.bulk_create([Firm(connection=connection, remote_id=key, name=name) for key, name in told.items()], ignore_conflicts=True)',
          (f"{FIRMS}companies_are_named_after_the_tickets_and_only_those_of_tickets_are_kept",)),
)  # fmt: skip
