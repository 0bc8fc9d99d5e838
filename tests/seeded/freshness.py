"""Faults of what an agent works with: hints and their address, the page of a ticket, feedback and who reads it."""

from __future__ import annotations

from tests.seeded.running import Fault

HOOKS, HINTS, VIEWS = "tests/ingest/test_webhooks.py::test_", "tests/ingest/test_hints.py::test_", "tests/assistant/test_views.py::test_"
WEBHOOKS, READING = "apps/ingest/webhooks.py", "apps/ingest/hints.py"
WRONG = (f"{HOOKS}whatever_is_wrong_is_answered_like_an_address_that_is_not_there",)
RENEWED = (f"{HOOKS}new_secrets_end_the_old_when_they_are_heard_or_after_a_week",)
APART = (f"{HOOKS}what_is_told_while_it_is_read_is_read_once_more_ten_seconds_after_that_began",)

FAULTS = (
    Fault("whoever knows the address of a helpdesk that signs is heard", "apps/platforms/adapters/servicenow/push.py",
          ' or not _is_signed(given.get(SIGNATURE, ""), timestamp, body, key)', "",
          ("tests/ingest/test_signed_push.py::test_the_script_of_the_page_makes_calls_that_are_heard_and_nothing_else_is",)),
    Fault("one of two secrets opens a webhook", WEBHOOKS, "return all(both) and all(held)", "return any(both) and all(held)", WRONG),
    Fault("an old secret works for ever", WEBHOOKS, "until is not None and now < until", "until is not None", RENEWED),
    Fault("old secrets stay when the new ones are heard", WEBHOOKS, "if rows.exclude(old_until=None).update(", "if rows.none().update(", RENEWED),
    Fault("the company in a webhook's address is not asked", "apps/ingest/hook_views.py",
          "if company_id == caller[0] else None", "if company_id else None", WRONG),
    Fault("who guesses addresses is looked up for ever", "apps/ingest/hook_views.py", "time.monotonic() < _silenced.get(caller, 0.0)", "False",
          (f"{HOOKS}who_guesses_is_not_even_looked_up_after_some_tries_and_other_networks_are_heard",)),
    Fault("a hook that was ended is known for a minute", WEBHOOKS, "    HOOKS.clear()\n    transaction", "    transaction", RENEWED),
    Fault("the marks of a call's tickets are taken for each other", WEBHOOKS, "list(compress(numbers, news))", "numbers[: sum(news[: len(numbers)])]",
          (f"{HOOKS}of_the_tickets_of_a_call_those_that_wait_are_left_and_the_others_are_due",)),
    Fault("a ticket is read again as soon as it is told again", READING, "priority=priority, seconds=APART_SECONDS)", "priority=priority, seconds=0)", APART),
    Fault("what is told during a read is thought to wait", READING,
          "        looks.begin(company_id, *mark(hint.connection_id, hint.remote_id), {})\n", "        pass\n", APART),
    Fault("a read that is late overwrites a newer thread", READING,
          'if one.thread_version not in ("", held.get(one.remote_id, ""))]', "if False]",
          (f"{HINTS}a_thread_stored_by_others_since_the_read_began_is_not_overwritten",)),
    Fault("a thread that another worker reads is not read again", READING, "if one in moved or one.pk in under_way]", "if one in moved]",
          (f"{HINTS}a_thread_that_is_read_elsewhere_meanwhile_is_owed_once_more",)),
    Fault("every opening asks the helpdesk", READING, "heard_at__gt=timezone.now() - timedelta(seconds=OPENED_SECONDS)", "heard_at__gt=timezone.now()",
          (f"{HINTS}a_ticket_is_asked_for_once_a_minute_however_often_it_is_opened",)),
    Fault("the pace of a feed takes whatever the account allows", "apps/ingest/pacing.py", "return max(bounded, least)", "return bounded",
          ("tests/ingest/test_pacing.py",)),
    Fault("a lead reads feedback on tickets out of reach", "apps/assistant/team_pages.py", 'for ticket in ("ticket", "similar"):', "for ticket in ():",
          ("tests/assistant/test_team_feedback.py::test_a_lead_of_limited_reach_meets_neither_words_nor_counts_of_other_tickets",)),
    Fault("a question without the engine gives no reason", "apps/assistant/views.py", "if delay_code(problem.code) == INDEX:", "if False:",
          ("tests/assistant/test_degraded.py::test_without_the_vector_engine_a_question_is_refused_with_the_reason_and_kept",)),
    # The three that tests/browser/test_workspace.py notices in a browser too.
    Fault("the draft is not inserted without script", "apps/assistant/views.py", 'request.GET.get("insert") == "draft"', 'request.GET.get("insert") == "reply"',
          (f"{VIEWS}insert_works_without_script_and_says_that_nothing_was_sent",)),
    Fault("a citation opens another place", "apps/assistant/templatetags/assistant.py", '{"start": quote.start, "end": quote.end,', '{"start": quote.start + 1, "end": quote.end,',
          ("tests/assistant/test_views.py",)),
    Fault("feedback of a page is not kept", "apps/assistant/feedback_pages.py", "given=_keep(request,", "given=(lambda *_: None)(request,",
          ("tests/assistant/test_feedback.py::test_a_page_without_script_keeps_a_word_and_asks_for_a_reason",)),
)  # fmt: skip
