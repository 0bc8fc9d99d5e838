"""The vector engine holds points of all companies side by side: what one asks never meets another's, nor moves a score."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.accounts.reach import ALL_TICKETS, Reach
from apps.core.errors import NoCompany, TenantLeak
from apps.search import index
from apps.search.index import DENSE_SIZE, PROFILE, Point, Sparse, Wanted, ensure_collection, open_index, point_id
from apps.search.placing import PLACE
from apps.tenancy.alarms import ALARMS
from apps.tenancy.context import bind_company

SAME = [1.0] + [0.0] * (DENSE_SIZE - 1)
SOURCE = UUID("0198c0de-0000-7000-8000-00000000000a")


def point(**payload: Any) -> Point:
    return Point(uuid4(), SAME, Sparse([7], [1.0]), {"kind": "message", "visibility": "public"} | payload)


@pytest.fixture
def both(acme, globex):
    """One equal point in each company, and the companies' ways to open their index."""
    ensure_collection()
    points = {}
    for company in (acme, globex):
        with bind_company(company.binding()):
            points[company.company_id] = point()
            open_index().put([points[company.company_id]])
    yield points
    for company in (acme, globex):
        with bind_company(company.binding()):
            index.erase_company()


def test_equal_points_are_found_by_their_own_company_only(acme, both):
    with bind_company(acme.binding()):
        own, found = both["acme"].id, open_index()
        assert found.count() == 1
        assert [hit.id for hit in found.nearest(SAME, Wanted(ALL_TICKETS), 10)] == [own]
        assert [hit.id for hit in found.matching(Sparse([7], [1.0]), Wanted(ALL_TICKETS), 10)] == [own]
        assert [hit.id for hit in found.closeness(SAME, [one.id for one in both.values()])] == [own]


def test_another_company_s_points_are_neither_changed_nor_deleted_by_id(acme, globex, both):
    with bind_company(acme.binding()):
        open_index().place([both["globex"].id], dict.fromkeys(PLACE, "private"))
        open_index().doubt([both["globex"].id])
        open_index().delete([both["globex"].id])
    with bind_company(globex.binding()):
        assert "content_hash" not in open_index().page(None, 9)[0][both["globex"].id]
        assert [hit.id for hit in open_index().nearest(SAME, Wanted(ALL_TICKETS), 10)] == [both["globex"].id]


def test_a_score_does_not_move_when_another_company_writes(acme, globex, both):
    def score() -> float:
        with bind_company(acme.binding()):
            return open_index().matching(Sparse([7], [1.0]), Wanted(ALL_TICKETS), 10)[0].score

    before = score()
    with bind_company(globex.binding()):
        open_index().put([point() for _ in range(40)])
    assert score() == before


def test_a_point_that_comes_back_from_another_company_is_a_leak_and_an_alarm(acme, both, monkeypatch):
    """As if the engine had lost the filter on the way."""
    send = index._engine
    before = ALARMS.labels("vector")._value.get()
    with bind_company(acme.binding()), monkeypatch.context() as lost:
        lost.setattr(
            index, "_engine", lambda call, *args, **kwargs: send(call, *args, **kwargs | {"query_filter": None})
        )
        with pytest.raises(TenantLeak):
            open_index().nearest(SAME, Wanted(ALL_TICKETS), 10)
    assert ALARMS.labels("vector")._value.get() == before + 1


def test_no_point_can_be_written_for_another_company(acme, globex, both):
    with bind_company(acme.binding()):
        open_index().put([point(company_id="globex")])
        assert open_index().count() == 2
    with bind_company(globex.binding()):
        assert open_index().count() == 1


def test_equal_remote_ids_are_different_points(acme, globex):
    made = set()
    for company in (acme, globex):
        with bind_company(company.binding()):
            made |= {point_id(PROFILE, SOURCE, "message", position) for position in (0, 1)}
    assert len(made) == 4
    with pytest.raises(NoCompany):
        point_id(PROFILE, SOURCE, "message", 0)


def test_what_is_not_wanted_is_not_found(acme, both):
    with bind_company(acme.binding()):
        found = open_index()
        found.put([point(visibility="private"), point(kind="article"), point(ticket_id="1")])
        shown = lambda wanted: len(found.nearest(SAME, wanted, 10))  # noqa: E731
        assert shown(Wanted(ALL_TICKETS)) == 3
        assert shown(Wanted(ALL_TICKETS, visibilities=("public", "private"))) == 4
        assert shown(Wanted(ALL_TICKETS, kinds=("article",))) == 1
        assert shown(Wanted(ALL_TICKETS, kinds=())) == 0
        assert shown(Wanted(ALL_TICKETS, not_ticket="1")) == 2


def test_both_legs_leave_out_what_belongs_to_another_product(acme, both):
    one, other = uuid4(), uuid4()
    told: list[list[str] | None] = [[str(one)], [str(other)], sorted([str(one), str(other)]), [index.EVERY_PRODUCT], None]
    with bind_company(acme.binding()):
        found, points = open_index(), [point(**({"products": products} if products else {})) for products in told]
        found.put(points)
        names = {one.id: number for number, one in enumerate(points)}
        for product, expected in ((one, [0, 2, 3]), (other, [1, 2, 3]), (uuid4(), [3])):  # a point that does not tell serves none
            wanted = Wanted(ALL_TICKETS, product=product)
            assert sorted(names[hit.id] for hit in found.nearest(SAME, wanted, 10)) == expected
            assert sorted(names[hit.id] for hit in found.matching(Sparse([7], [1.0]), wanted, 10)) == expected


def test_both_legs_leave_out_what_is_out_of_reach(acme, both):
    home, other, group, agent = (uuid4() for _ in range(4))
    told = [
        {"connection": home}, {"connection": other}, {"connection": home, "group": group}, {"connection": home, "agent": agent},
        {"connection": home, "group": uuid4(), "agent": uuid4()}, {"connection": home, "kind": "article"},
    ]  # fmt: skip
    with bind_company(acme.binding()):
        found, points = open_index(), [point(**{key: str(value) for key, value in one.items()}) for one in told]
        found.put(points)
        found.delete([both["acme"].id])
        names = {one.id: number for number, one in enumerate(points)}
        for reach, expected in (
            (ALL_TICKETS, [0, 1, 2, 3, 4, 5]), (Reach((home,)), [1, 5]), (Reach((home,), (group,)), [1, 2, 5]),
            (Reach((home,), (group,), (agent,)), [1, 2, 3, 5]), (Reach((home, other), (), (agent,)), [3, 5]),
        ):  # fmt: skip
            wanted = Wanted(reach, kinds=("message", "article"))
            assert sorted(names[hit.id] for hit in found.nearest(SAME, wanted, 10)) == expected
            assert sorted(names[hit.id] for hit in found.matching(Sparse([7], [1.0]), wanted, 10)) == expected
