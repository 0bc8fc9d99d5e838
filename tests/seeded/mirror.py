"""Faults of the mirror's walls: what keeps it from losing, doubling, believing or showing too much."""

from __future__ import annotations

from tests.seeded.running import Fault

SYNC, OUTBOX, SQL = "apps/ingest/sync.py", "apps/ingest/outbox.py", "apps/ingest/sql.py"
DELETIONS, BUDGET, MAPPING = (
    "apps/ingest/deletions.py",
    "apps/platforms/budget.py",
    "apps/platforms/adapters/freshdesk/mapping.py",
)
DEAD, LEASES = "tests/ingest/test_dead_letters.py::test_", "tests/ingest/test_leases.py::test_"
RATINGS, RATED = "apps/ingest/walks.py", "tests/ingest/test_ratings.py::test_"
OF_TICKET = (f"{RATED}a_rating_is_of_a_ticket_of_its_own_account_and_goes_with_the_ticket_and_with_the_person",)

FAULTS = (
    Fault("an older page replaces a newer row", SQL,
          '" AND t.updated_at <= excluded.updated_at) OR', '") OR',
          (f"{LEASES}a_page_of_the_past_does_not_bring_a_ticket_back_to_what_it_was",)),
    Fault("a reader that lost its lease writes", "apps/ingest/streams.py",
          "if stream.fence != lease.fence:\n        raise", "if stream is None:\n        raise",
          ("tests/ingest/test_sync.py::test_a_lost_lease_writes_nothing",)),
    Fault("a feed is taken while somebody reads it", SQL,
          "WHERE id = %s AND next_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())",
          "WHERE id = %s AND next_at <= clock_timestamp()",
          (f"{LEASES}a_copy_that_comes_while_the_page_is_read_leaves_and_one_after_the_lease_takes_over",)),
    Fault("the cursor moves before the rows are there", SYNC,
          "_store_items(connection, stream, page.items, lease.deliveries if apart else 0)",
          "transaction.on_commit(lambda: _store_items(connection, stream, page.items, lease.deliveries if apart else 0))",
          (f"{LEASES}a_page_that_breaks_every_delivery_is_stored_row_by_row_and_the_bad_one_is_set_aside",)),
    Fault("a thread is owed after the transaction of its ticket", SYNC,
          "owe(Outbox.Kind.THREAD, open_ones, priority=OPEN_FIRST)",
          "transaction.on_commit(lambda: owe(Outbox.Kind.THREAD, open_ones, priority=OPEN_FIRST))",
          (f"{DEAD}a_thread_that_nobody_owes_any_more_is_owed_again_unless_it_was_set_aside",)),
    Fault("what was found under a lost claim is written", OUTBOX,
          "return [one for one in claimed if one.id in held]", "return list(claimed)",
          (f"{LEASES}what_a_reader_found_before_it_lost_its_claim_is_not_written",)),
    Fault("a suspect is claimed with others", SQL,
          "(_CLAIM_SUSPECT, 1)", "(_CLAIM_SUSPECT, limit)", (f"{DEAD}a_suspect_is_claimed_alone",)),
    Fault("the most suspected is tried again before those that were near it", SQL,
          'first="aside, deliveries, ",\n)', 'first="",\n)',
          (f"{DEAD}those_that_were_near_when_a_worker_died_are_done_before_what_killed_it_is_tried_again",)),
    Fault("poison is delivered for ever", OUTBOX,
          "if claimed[0].deliveries > claimed[0].most:", "if claimed[0].deliveries > 10**9:",
          (f"{DEAD}poison_is_delivered_three_times_and_set_aside_and_the_others_are_done",)),
    Fault("a thread whose worker was killed waits for the next day", "apps/ingest/deadletters.py",
          "if code == LOST else RETRY_AFTER\n\n\ndef row_key", "if not code else RETRY_AFTER\n\n\ndef row_key",
          (f"{DEAD}what_lost_its_workers_is_tried_again_after_minutes_and_ever_more_rarely_with_one_alert",)),
    Fault("many removals at once are believed", DELETIONS,
          "return count <= max(FEW, SHARE *", "return True or count <= max(FEW, SHARE *",
          ("tests/ingest/test_deletions.py::test_too_many_removals_wait_for_a_word_and_then_happen",)),
    Fault("a refused key is tried again", BUDGET,
          "if get('refused') then return {4, 0} end", "",
          ("tests/ingest/test_budget.py::test_a_refused_key_is_not_used_again_until_there_is_a_new_one",)),
    Fault("without the store of the budget everybody calls", BUDGET,
          'raise ExternalUnavailable("the account\'s budget is not known", code="budget_unavailable") from exc',
          "return 0, 0",
          ("tests/ingest/test_budget.py::test_without_the_store_nobody_calls",)),
    Fault("a message that does not say whether it is private is public", MAPPING,
          'visibility="public" if row.private is False else "private"',
          'visibility="private" if row.private else "public"',
          ("tests/platforms/test_freshdesk_payloads.py::test_a_message_without_the_private_flag_is_private",)),
    Fault("a folder of an unknown audience is public", MAPPING,
          'return _FOLDER_VISIBILITIES.get(value, "restricted" if 2 <= value <= 7 else "private")',
          'return _FOLDER_VISIBILITIES.get(value, "restricted" if 2 <= value <= 7 else "public")',
          ("tests/platforms/test_freshdesk_payloads.py::test_only_a_folder_for_everybody_is_public",)),
    Fault("a rating goes to the ticket of that number in another account", RATINGS,
          "Ticket.objects.filter(connection=connection, remote_id__in=set(numbers), deleted=False)",
          "Ticket.objects.filter(remote_id__in=set(numbers), deleted=False)", OF_TICKET),
    Fault("a rating is stored again after its ticket was erased", RATINGS, "remote_id__in=set(numbers), deleted=False)", "remote_id__in=set(numbers))", OF_TICKET),
    Fault("a rating outlives the person who gave it", "apps/platforms/ratings.py",
          'models.ForeignKey("platforms.Person", on_delete=models.CASCADE', 'models.ForeignKey("platforms.Person", on_delete=models.SET_NULL', OF_TICKET),
    Fault("one walk by numbers is believed that a rating is gone", RATINGS, "unseen.filter(missed=True).delete()", "unseen.delete()", (f"{RATED}ratings_follow_the_helpdesk_for_few_credits",)),
    Fault("ratings that the key may not read any more stay", RATINGS, "            rows.delete()\n", "", (f"{RATED}a_plan_without_ratings_keeps_none_is_asked_once_a_day_and_stops_nothing",)),
)  # fmt: skip
