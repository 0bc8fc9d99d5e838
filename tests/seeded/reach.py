"""Faults of the reach: ways to show an agent what their helpdesk does not show them."""

from __future__ import annotations

from tests.seeded.running import Fault

WHOSE, MET = ("tests/platforms/test_reach.py",), "tests/assistant/test_reach.py::test_"
STORED = "tests/assistant/test_reach_kept.py::test_"
REACH, READING, SQL, API = "apps/platforms/reach.py", "apps/assistant/reaching.py", "apps/assistant/sql.py", "apps/assistant/api.py"
RANDOM = (f"{MET}the_narrow_scopes_show_what_is_assigned_and_a_change_counts_both_ways_on_warm_caches",)
LIKE_NOTHING = (f"{MET}what_is_out_of_reach_is_answered_like_what_does_not_exist",)
COUNTED = (f"{MET}counts_tell_of_tickets_within_reach_only",)
ANEW = (f"{STORED}a_draft_that_rests_on_a_foreign_case_is_made_anew_and_the_rest_is_left_out",)
KEPT = (f"{STORED}what_was_composed_for_one_reach_is_not_shown_to_another",)
LINKED = ("tests/assistant/test_linked.py::test_what_is_out_of_reach_is_as_if_it_were_not_there",)
LATE = (f"{STORED}points_that_are_late_show_nothing_and_follow_without_new_vectors",)

FAULTS = (
    Fault("a scope that nobody knows counts as all", REACH,
          "all(one.scope != Person.Scope.ALL for one in rows)",
          "all(one.scope in (Person.Scope.GROUP, Person.Scope.RESTRICTED) for one in rows)", WHOSE),
    Fault("who sees their own tickets only sees those of their groups", REACH,
          "if row.scope == Person.Scope.GROUP for one in row.groups", "if row.scope != Person.Scope.ALL for one in row.groups", WHOSE),
    Fault("who is limited in one helpdesk is not where another shows everything", REACH,
          "limited = {home: rows for home, rows in homes.items() if", "limited = {home: rows for home, rows in homes.items() if len(homes) == 1 and", WHOSE),
    Fault("leads read everything", REACH, "{Role.ADMIN, Role.PRIVACY, VISITOR}", "{Role.ADMIN, Role.PRIVACY, Role.LEAD, VISITOR}", WHOSE),
    Fault("a number of a scope nobody told us of is all tickets", "apps/platforms/adapters/freshdesk/mapping.py",
          'return _SCOPES.get(value, "unknown")', 'return _SCOPES.get(value, "all")', WHOSE),
    Fault("an agent keeps the scope they were first read with", "apps/platforms/connecting.py",
          '"language", "scope", "groups"]', '"language"]', WHOSE),
    Fault("rows are not asked whether they are within reach", "apps/platforms/models.py", "return ~limited | own", "return models.Q()", WHOSE),
    Fault("the vector engine does not hear of the reach", "apps/search/index.py",
          "if not wanted.reach.everything:", "if False:", ("tests/search/test_walls.py",)),
    Fault("the vector engine does not hear whom an article is for", "apps/search/index.py",
          "should += [article] if reach.met is None else _read_articles(article, reach.met)", "should += [article]",
          ("tests/assistant/test_criteria.py::test_the_engine_itself_leaves_out_what_its_reader_may_not_see",)),
    Fault("what the engine finds is not asked of the rows again", "apps/assistant/loading.py",
          'in_reach(reach, "ticket__"), ', "", LATE),
    Fault("the engine is not told when a ticket moves", "apps/ingest/indexing.py", "for place, ids in _by_place(moved):", "for place, ids in ():", LATE),
    Fault("points of before are never told whose they are", "apps/ingest/sweeping.py", "+ _owe_unplaced()", "",
          (f"{STORED}points_of_before_are_told_by_the_sweep",)),
    Fault("a ticket is found by its id whatever the reach", API, "Ticket.objects.shown().within(reach).select_related", "Ticket.objects.shown().select_related", LIKE_NOTHING),
    Fault("the API shows a ticket out of reach", API,
          "if not place.within(reach):", "if False:", LIKE_NOTHING),
    Fault("the API names linked tickets out of reach", API, "if reach.holds(one.connection, one.group, one.agent)", "if True", LINKED),
    Fault("the page names linked tickets out of reach", "apps/assistant/linked.py",
          "Ticket.objects.shown().within(reach).filter(connection=", "Ticket.objects.shown().filter(connection=", LINKED),
    Fault("the API hands a brief to whomever as it is stored", API, "if stored.outcome and not (reach.everything and place.product is None):", "if False:",
          (f"{STORED}a_brief_that_cannot_be_composed_is_awaited_on_the_page_and_refused_by_the_api",)),
    Fault("the API lists tickets out of reach", SQL, 'reach=_REACH if limited else "",', 'reach="AND (true OR t.id = ANY(%s::uuid[]) OR t.id = ANY(%s::uuid[]) OR t.id = ANY(%s::uuid[]))" if limited else "",', RANDOM),
    Fault("a ticket is found by its number whatever the reach", "apps/assistant/views.py",
          "Ticket.objects.shown().within(reach_of(request.user)).named(number)", "Ticket.objects.shown().named(number)", RANDOM),
    Fault("the queue shows what waits out of reach", "apps/assistant/queues.py", "return Ticket.objects.waiting().within(reach)", "return Ticket.objects.waiting()", COUNTED),
    Fault("other tickets of a customer are told whatever the reach", "apps/assistant/customers.py",
          "Ticket.objects.shown().within(reach).filter(customer_id", "Ticket.objects.shown().filter(customer_id",
          (f"{MET}what_is_told_of_a_customer_is_of_tickets_within_reach",)),
    Fault("a similar ticket may be judged whatever the reach", "apps/assistant/feedback.py",
          "if thing.reach.everything:\n        return {one.ticket_id", "if True:\n        return {one.ticket_id",
          (f"{MET}feedback_is_given_on_what_is_within_reach",)),
    Fault("a question is answered from all tickets", "apps/assistant/services.py",
          'search(wish, Wanted(reach, kinds=("article", "message", "attachment")', 'search(wish, Wanted(ALL_TICKETS, kinds=("article", "message", "attachment")',
          (f"{MET}an_answer_comes_from_what_is_within_reach",)),
    Fault("a draft that rests on a foreign case is shown", READING,
          "quote.source.kind != \"article\" and quote.source.ticket_id not in held for quote", "False for quote", ANEW),
    Fault("the trace names foreign tickets", READING, 'if one.ticket_id in held or (one.kind == "article" and', "if (True or", ANEW),
    Fault("similar tickets are shown whatever the reach", READING, "for one in brief.similar if one.ticket_id in held]", "for one in brief.similar]", ANEW),
    Fault("how often it was seen counts foreign tickets", READING, "also = [one for one in similar.also if one in held]", "also = similar.also",
          (f"{STORED}how_often_a_case_was_seen_counts_what_the_reader_may_see",)),
    Fault("the queue counts similar tickets out of reach", READING, "return {ticket: sum(one in held for one in ids)", "return {ticket: len(ids)", COUNTED),
    Fault("what was composed for one reach is found by another", READING, "stored.made_at.isoformat(), str(product or \"\"), *reach.key)", "stored.made_at.isoformat())", KEPT),
    Fault("what was kept is not held against the rows", READING,
          "kept = within(shapes.Brief.model_validate(COMPOSED.get_or_make(*key, make=made)), reach, product)",
          "kept = shapes.Brief.model_validate(COMPOSED.get_or_make(*key, make=made))", KEPT),
)  # fmt: skip
