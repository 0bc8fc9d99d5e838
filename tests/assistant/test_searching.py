"""From a question to passages: both legs, articles whole, nobody else's."""

from __future__ import annotations

import pytest

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.searching import asked, search, search_articles
from apps.search.index import Wanted
from apps.search.ranking import blend
from apps.search.retrieval import find, measure_articles
from apps.tenancy.context import bind_company
from tests.mirror import article_data, charging_case, fill

GERMAN = (
    "Legen Sie beide Ohrhörer in das Case und lassen Sie den Deckel offen. Halten Sie die Taste auf der Rückseite 15 "
    "Sekunden gedrückt. Installieren Sie dann Update 2.4.2, das den Ladefehler behebt."
)
EVERYTHING = ("public", "private", "restricted")


@pytest.fixture
def charging(acme):
    with bind_company(acme.binding()):
        charging_case()
        fill([], [article_data(11, "Laden nach einem Firmware-Update wiederherstellen", GERMAN, language="de")])
    return acme


@pytest.fixture
def in_charging(charging):
    with bind_company(charging.binding()):
        yield


def test_an_article_comes_with_its_translations_as_one_family(in_charging):
    found = search_articles(asked("left earbud does not charge after the update", "en"), EVERYTHING, reach=ALL_TICKETS)
    restored = [one for one in found if one.source.remote_id == "11"]
    assert {one.source.language for one in restored} == {"en", "de"}
    assert len({one.family for one in restored}) == 1
    assert found[0].source.remote_id == "11"


def test_parts_that_were_not_found_are_measured_by_the_same_cosine(in_charging):
    question = asked("left earbud does not charge after the update", "en")
    hits = find(dense=question.dense, sparse=question.sparse, wanted=Wanted(ALL_TICKETS, kinds=("article",), visibilities=EVERYTHING))
    measured = measure_articles(question.dense, ["11"], known=[], visibilities=EVERYTHING)
    assert len(measured) == 2
    known = {hit.chunk.pk: hit.dense for hit in hits}
    assert all(hit.dense == pytest.approx(known[hit.chunk.pk], abs=1e-5) for hit in measured)
    assert measure_articles(question.dense, ["11"], known=hits, visibilities=EVERYTHING) == []


def test_what_somebody_may_not_see_is_not_measured(in_charging):
    question = asked("fault FW-881", "en")
    assert measure_articles(question.dense, ["12"], known=[], visibilities=("public",)) == []
    assert len(measure_articles(question.dense, ["12"], known=[], visibilities=EVERYTHING)) == 1


def test_the_other_company_measures_nothing_of_ours(charging, globex):
    with bind_company(globex.binding()):
        question = asked("left earbud does not charge after the update", "en")
        assert search(question, Wanted(ALL_TICKETS, kinds=("article", "message"), visibilities=EVERYTHING)) == []
        assert measure_articles(question.dense, ["11"], known=[], visibilities=EVERYTHING) == []


def test_a_subject_pulls_the_vector_towards_itself(in_acme):
    plain, titled = asked("It does not work.", "en"), asked("It does not work.", "en", subject="Invoice with a VAT ID")
    assert plain.dense != titled.dense
    assert sum(one * one for one in titled.dense) == pytest.approx(1.0)
    assert titled.sparse == plain.sparse


def test_a_blend_is_a_unit_vector_between_its_parts():
    assert blend([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5]) == pytest.approx([0.5**0.5, 0.5**0.5])
    assert blend([[0.0, 0.0]], [1.0]) == [0.0, 0.0]


def test_whose_a_row_is_comes_with_it_when_only_a_part_is_loaded(in_charging, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as asked_for:
        assert search(asked("left earbud does not charge", "en"), Wanted(ALL_TICKETS, visibilities=EVERYTHING))
    read = [one["sql"] for one in asked_for.captured_queries]
    for table in ("platforms_article", "platforms_message", "platforms_ticket", "search_chunk"):
        assert any(f'"{table}"."company_id"' in sql for sql in read), table
