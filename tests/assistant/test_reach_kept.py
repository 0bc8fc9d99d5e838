"""What was made or indexed for others holds nothing for who may not read it: briefs, drafts, points."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.assistant import reaching
from apps.assistant.loading import load_threads
from apps.assistant.models import Brief
from apps.assistant.searching import asked, search
from apps.assistant.services import EVERYTHING, compose, make_brief
from apps.core.errors import ExternalUnavailable
from apps.ingest.models import Outbox
from apps.ingest.sweeping import sweep_owed
from apps.platforms.models import Group, Ticket
from apps.platforms.reach import reach_of
from apps.search.index import Wanted, open_index
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from tests.assistant.reader import FAULTS, TICKETS, group_of, mark
from tests.mirror import (
    make_connection,
    work_off_everything,
)


def test_a_draft_that_rests_on_a_foreign_case_is_made_anew_and_the_rest_is_left_out(mara):
    with bind_company(mara.company.binding()):
        resting = [
            row for row in Brief.objects.select_related("ticket")
            if any(quote.source.kind == "message" for quote in row.shape().draft.citations)
        ]  # fmt: skip
        assert resting  # some of the stored drafts quote the fix of a case
        mara.scope("group", "1")
        reach, foreign = reach_of(mara.person), mara.foreign("group", "1")
        anew = 0
        for row in resting:
            if int(row.ticket.remote_id) in foreign:
                continue
            shown = reaching.brief_for(row.ticket, reach)
            assert shown is not None
            assert not mara.met(shown.shape().model_dump_json()) & foreign
            if mara.met(row.shape().draft.model_dump_json()) & foreign:
                anew += 1
                assert shown.data["draft"] != row.data["draft"]
            assert Brief.objects.get(pk=row.pk).data == row.data  # what is stored is everybody's
        assert anew


def test_how_often_a_case_was_seen_counts_what_the_reader_may_see(mara):
    mara.scope("group", "1")
    foreign = mara.foreign("group", "1")
    ids = {own: [str(pk) for number, pk in mara.tickets.items() if (number in foreign) is not own] for own in (True, False)}
    with bind_company(mara.company.binding()):
        stored = next(shape for row in Brief.objects.all() if (shape := row.shape()).similar)
        assert all(one.seen == 1 + len(one.also) for row in Brief.objects.all() for one in row.shape().similar)
        case = stored.similar[0].model_copy(update={"ticket_id": ids[True][0], "seen": 4, "also": [*ids[False][:2], ids[True][1]]})
        draft = stored.draft.model_copy(update={"citations": [], "outcome": "not_enough_evidence"})
        shown = reaching.within(stored.model_copy(update={"similar": [case], "draft": draft}), reach_of(mara.person))
    assert shown is not None
    assert [(one.seen, one.also) for one in shown.similar] == [(2, [ids[True][1]])]


def test_what_was_composed_for_one_reach_is_not_shown_to_another(mara, monkeypatch):
    with bind_company(mara.company.binding()):
        ticket = Ticket.objects.get(remote_id="18")  # hers, in whatever scope
        make_brief(ticket=ticket)
        stored = Brief.objects.get(ticket=ticket)
        seen, made_for = [], []

        def noted(thread: Any, *, now: Any, reach: Any) -> Any:
            made_for.append(reach)
            return compose(thread, now=now, reach=reach)

        monkeypatch.setattr(reaching, "compose", noted)
        for groups in (("1",), ("2",), ("1",), ("2",)):
            mara.scope("group", *groups)
            reach = reach_of(mara.person)
            made = reaching._composed(ticket, stored, reach)
            assert made is not None
            assert not mara.met(made.model_dump_json()) & mara.foreign("group", *groups)
            fresh = compose(load_threads([ticket])[str(ticket.pk)], now=timezone.now(), reach=reach)
            assert [one.ticket_id for one in made.similar] == [one.ticket_id for one in fresh.similar]
            seen.append(mara.met(made.model_dump_json()))
        assert seen[0] != seen[1]
        assert len(made_for) == len(set(made_for)) == 2  # the second time each finds its own
        mara.scope("group", "1")  # what was kept is held against the rows once more
        reach = reach_of(mara.person)
        ticket = next(row for row in Ticket.objects.waiting() if group_of(int(row.remote_id)) == "1")
        stored = Brief.objects.get(ticket=ticket)
        first = reaching._composed(ticket, stored, reach)
        assert first is not None
        assert first.similar
        gone = Ticket.objects.get(pk=first.similar[0].ticket_id)
        Ticket.objects.filter(pk=gone.pk).update(group=None, agent=None)
        again = reaching._composed(ticket, stored, reach)
        assert again is not None
        assert str(gone.pk) not in again.model_dump_json()


def test_points_that_are_late_show_nothing_and_follow_without_new_vectors(mara, monkeypatch):
    with bind_company(mara.company.binding()):
        mara.scope("group", "1")
        reach = reach_of(mara.person)
        question = asked(f"{FAULTS[0][0]} {mark(1)}", "en")
        foreign, own = Ticket.objects.get(remote_id="6"), Ticket.objects.get(remote_id="5")
        groups = {row.remote_id: row for row in Group.objects.all()}
        assert (foreign.group, own.group) == (groups["1"], groups["2"])
        wanted = Wanted(reach, kinds=("message",), visibilities=EVERYTHING)

        def tickets() -> set[str]:
            return {one.source.remote_id for one in search(question, wanted)}

        assert "6" in tickets()
        assert "5" not in tickets()
        Ticket.objects.filter(pk=foreign.pk).update(group=groups["2"])  # the rows have moved, the engine has not heard
        Ticket.objects.filter(pk=own.pk).update(group=groups["1"])
        assert not {"5", "6"} & tickets()
        monkeypatch.setattr("apps.ingest.indexing.embeddings", lambda: pytest.fail("words were embedded again"))
        from apps.ingest.outbox import owe

        with transaction.atomic():
            owe(Outbox.Kind.INDEX_TICKET, [foreign.pk, own.pk])
        work_off_everything()
        assert "5" in tickets()
        assert "6" not in tickets()


def test_points_of_before_are_told_by_the_sweep(mara):
    with bind_company(mara.company.binding()):
        mara.scope("restricted")
        reach = reach_of(mara.person)
        wanted = Wanted(reach, kinds=("message",), visibilities=EVERYTHING)
        question = asked(FAULTS[0][1], "en")
        hers = {one.source.remote_id for one in search(question, wanted)}
        assert hers
        ids = list(Chunk.objects.values_list("pk", flat=True))
        open_index().place(ids, dict.fromkeys(("connection", "group", "agent", "customer"), "") | {"visibility": "public"})
        open_index().place(ids, {"connection": str(make_connection().pk), "group": "", "agent": "", "customer": "", "visibility": "public"})
        Chunk.objects.update(placed="")
        assert search(question, wanted) == []
        assert sweep_owed() > TICKETS  # tickets, and the article
        work_off_everything()
        assert {one.source.remote_id for one in search(question, wanted)} == hers
        assert not Chunk.objects.filter(placed="").exists()
        assert sweep_owed() == 0


def test_a_brief_that_cannot_be_composed_is_awaited_on_the_page_and_refused_by_the_api(mara, monkeypatch):
    def broken(*_: Any, **__: Any) -> Any:
        raise ExternalUnavailable("The vector engine did not answer.", code="index_unavailable")

    mara.scope("group", "1")
    monkeypatch.setattr(reaching, "compose", broken)
    monkeypatch.setattr(reaching, "within", lambda brief, reach, product=None: None)
    number = next(one for one in set(mara.tickets) - mara.foreign("group", "1") if one % 4 >= 2)
    page = mara.browser.get(f"/tickets/{mara.tickets[number]}/")
    assert page.status_code == 200
    assert 'aria-busy="true"' in page.content.decode()
    assert mara.api.get(f"/api/v1/tickets/{mara.tickets[number]}/brief/").status_code == 503
