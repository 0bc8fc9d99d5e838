"""Faults of writing back: ways to send twice, not at all, in silence, or for somebody who may not."""

from __future__ import annotations

from tests.seeded.running import Fault

SENDING, ORDERING, VIEWS = "apps/platforms/sending.py", "apps/platforms/ordering.py", "apps/platforms/write_views.py"
SENT, PAGES = "tests/platforms/test_sending.py::test_", "tests/platforms/test_write_pages.py::test_"
LOOKED = (f"{SENT}what_went_wrong_is_looked_at_before_it_is_repeated",)
LABELLED = ("tests/platforms/test_labels.py::test_a_reply_with_a_suggestion_in_it_carries_the_line_that_was_confirmed",)
OLDER = (f"{SENT}older_words_and_words_of_others_are_not_taken_for_ours",)

FAULTS = (
    Fault("what may have been sent is sent again without a look", SENDING,
          "doubtful = order.state != State.QUEUED", "doubtful = False", LOOKED),
    Fault("an answer nobody can read passes for a refusal", "apps/platforms/adapters/answers.py",
          "if not 400 <= status < 500 or status == 408:", "if not 400 <= status < 600 or status == 408:",
          ("tests/platforms/test_freshdesk_writing.py::test_what_nobody_can_know_is_said_to_be_unknown",)),
    Fault("what may still arrive is repeated at once", SENDING,
          "if found is not None or not _may_repeat(turn.order):", "if found is not None:",
          (f"{SENT}a_call_that_may_still_arrive_is_not_repeated_before_its_time",)),
    Fault("words said before the order pass for it", SENDING, " and one.created_at >= since", "", OLDER),
    Fault("another order's message passes for this one", SENDING, " and one.remote_id not in turn.others", "",
          (f"{SENT}equal_words_of_two_orders_are_two_messages",)),
    Fault("an old turn goes on", SENDING, "rows = Outgoing.objects.filter(pk=turn.order.pk, fence=turn.fence, state__in=Outgoing.OPEN)\n    if",
          "rows = Outgoing.objects.filter(pk=turn.order.pk, state__in=Outgoing.OPEN)\n    if",
          (f"{SENT}a_turn_that_lasted_too_long_writes_nothing_down",)),
    Fault("a key may stand for other words", ORDERING, "if (known.ticket_id, known.kind, known.text, known.change) != (ticket.pk, kind, text, change):", "if False:",
          (f"{PAGES}two_windows_send_once_and_other_words_from_the_second_are_kept_and_not_sent",)),
    Fault("who is no agent of the helpdesk writes all the same", ORDERING, 'if agent is None:\n        return "agent_unmapped"', 'if False:\n        return "agent_unmapped"',
          (f"{PAGES}who_is_no_agent_there_reads_and_is_told_why_they_cannot_write",)),
    Fault("something is written to a ticket out of reach", VIEWS, "Ticket.objects.shown().within(reach_of(request.user))", "Ticket.objects.shown()",
          (f"{PAGES}a_ticket_of_others_is_not_there",)),
    Fault("what was written is not in the mirror before the next poll", SENDING,
          "written.send(sender=Outgoing, ticket=ticket, message=made, changed=None)", "pass",
          (f"{SENT}a_reply_is_sent_once_and_is_in_the_mirror_at_once",)),
    Fault("a label is added after the reply was confirmed", VIEWS, '"text": labelled(text, _line(request, ticket, Kind.REPLY)), "from_draft"', '"text": text, "from_draft"', LABELLED),
    Fault("a reply that lost its label is sent without", VIEWS, "if text and labelled(text, _line(request, ticket, Kind.REPLY)) != text:", "if False:", LABELLED),
    Fault("a reply is sent with a placeholder in it", "apps/platforms/ordering.py", "if kind == Kind.REPLY and LEFT.search(text):", "if False:",
          ("tests/ingest/test_canned.py",)),
    Fault("saved replies of a group are everybody's", "apps/platforms/canned.py",
          "rows.filter(everybody | (models.Q(audience=ReadyAnswer.Audience.GROUPS) & mine) if groups else everybody)", "rows",
          ("tests/ingest/test_canned.py",)),
    Fault("saved replies that do not say whose they are are mirrored", "apps/platforms/adapters/freshdesk/canned.py",
          "if row.visibility in (_ALL, _GROUPS)]", "if row.visibility != 1]", ("tests/ingest/test_canned.py",)),
)  # fmt: skip
