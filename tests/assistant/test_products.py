"""Two products with all but equal articles and cases: nothing of the one is ever shown for a ticket of the other."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from apps.accounts.reach import ALL_TICKETS, Reach
from apps.assistant import finding, reaching
from apps.assistant.finding import Wish, find_sources
from apps.assistant.models import Brief
from apps.assistant.searching import asked
from apps.assistant.services import EVERYTHING, ask_question
from apps.ingest.models import Outbox
from apps.ingest.products import set_portals
from apps.ingest.sync import store_articles, store_tickets
from apps.platforms.models import Article, Ticket
from apps.platforms.products import Product, name_products
from apps.search.index import SECOND, Wanted, open_index
from apps.search.models import Chunk
from tests.mirror import (
    CLOSED,
    FIX,
    NOW,
    article_data,
    fill,
    make_connection,
    message_data,
    ticket_data,
    work_off_everything,
)

A, B = "1001", "1002"
MARK = re.compile(r"mark (aria|bruno|common)")
QUESTION = "The left earbud does not charge in the case after update 2.4.1. What can I do?"


def article(number: int, mark: str, portals: tuple[str, ...]) -> Any:
    made = article_data(number, f"Restore charging, mark {mark}", f"{FIX} This is mark {mark}.")
    return made.model_copy(update={"portals": portals})


def asking(number: int, product: str, *, minutes: int = 0) -> Any:
    later = {"updated_at": NOW + timedelta(minutes=number + minutes)}
    return ticket_data(number, "Left earbud stopped charging after update 2.4.1", f"Hello,\n\n{QUESTION}", product_id=product, **later)


def solved(number: int, mark: str, product: str) -> tuple[Any, list[Any]]:
    case = ticket_data(
        number, f"Earbud dead after update 2.4.1, mark {mark}", f"{QUESTION} Mine has mark {mark}.", status=CLOSED, product_id=product
    )
    return case, [message_data(number * 10, number, f"{FIX} Said of mark {mark}.")]


@pytest.fixture
def desk(in_acme: Any) -> Any:
    """Articles 11 to 14 of product A, B, none and both; solved cases 101 to 103 of A, B and none; 201 to 203 ask."""
    connection = make_connection()
    with transaction.atomic():
        ids = name_products(connection.pk, {A: "Aria", B: "Bruno"})
    for remote_id, portals in ((A, ["1"]), (B, ["2"])):
        Product.objects.filter(remote_id=remote_id).update(portals=portals)
    fill(
        [
            solved(101, "aria", A), solved(102, "bruno", B), solved(103, "common", ""),
            *((asking(number, product), []) for number, product in ((201, A), (202, B), (203, ""))),
        ],
        [
            article(11, "aria", ("1",)), article(12, "bruno", ("2",)), article(13, "common", ()),
            article(14, "common", ("1", "2")), article(15, "common", ("1", "9")),
        ],
    )  # fmt: skip
    return ids


def marks(told: Any) -> set[str]:
    return set(MARK.findall(told if isinstance(told, str) else told.model_dump_json()))


def ticket(number: int) -> Ticket:
    return Ticket.objects.select_related("customer").get(remote_id=str(number))


def shown(client: Client, number: int) -> set[str]:
    """What every address says of a ticket, read by somebody who sees all tickets."""
    pk = ticket(number).pk
    found = ""
    for path in (f"/tickets/{pk}/", f"/api/v1/tickets/{pk}/brief/"):
        found += client.get(path).content.decode()
    for part in ("draft", "similar", "articles"):
        found += client.get(f"/api/v1/tickets/{pk}/{part}/").content.decode()
    return set(MARK.findall(found))


@pytest.fixture
def reader(acme: Any, client_of: Any) -> Client:
    return client_of(acme, "admin")


def test_nothing_of_another_product_is_in_what_is_made_for_a_ticket(desk, reader):
    assert sorted(Article.objects.values_list("remote_id", "products")) == [
        ("11", [str(desk[A])]), ("12", [str(desk[B])]), ("13", []), ("14", sorted(map(str, desk.values()))), ("15", [])
    ]  # fmt: skip
    for number, own, foreign in ((201, "aria", "bruno"), (202, "bruno", "aria")):
        stored = Brief.objects.get(ticket=ticket(number)).shape()
        assert own in marks(stored)
        assert marks(stored) <= {own, "common"}
        assert own in (told := shown(reader, number))
        assert foreign not in told
        answer = ask_question(question=QUESTION, reach=ALL_TICKETS, ticket=ticket(number))
        assert own in marks(answer)
        assert foreign not in marks(answer)
        limited = Reach((uuid4(),))  # of another account: composed for its own key, over the whole of this one
        brief = reaching.brief_for(ticket(number), limited)
        assert brief is not None
        assert foreign not in marks(brief.shape())
    assert marks(Brief.objects.get(ticket=ticket(203)).shape()) == {"aria", "bruno", "common"}  # no product: all serve
    assert {"aria", "bruno"} <= marks(ask_question(question=QUESTION, reach=ALL_TICKETS))


def test_the_engine_leaves_them_out_in_every_leg(both_meanings, desk):
    question = asked(QUESTION, "en")
    belongs = {
        row.pk: set(MARK.findall(f"{row.header} {row.text}")) for row in Chunk.objects.filter(kind__in=["article", "message"])
    }  # fmt: skip
    for product, foreign in ((desk[A], "bruno"), (desk[B], "aria")):
        wanted = Wanted(ALL_TICKETS, visibilities=EVERYTHING, product=product)
        for leg in (open_index().nearest(question.dense, wanted, 100), open_index().matching(question.sparse, wanted, 100)):
            found = set.union(*(belongs[hit.id] for hit in leg))
            assert found == {"aria", "bruno", "common"} - {foreign}
        assert question.second is not None
        second = open_index(SECOND).nearest(question.second, wanted, 100)
        assert {mark for hit in second for mark in belongs[hit.id]} == {"aria", "bruno", "common"} - {foreign}
        for wish in (Wish(QUESTION, ALL_TICKETS, product=product), Wish(QUESTION, ALL_TICKETS, product=product, status="closed")):
            found = {mark for one in find_sources(wish=wish).results for mark in MARK.findall(f"{one.passage.source.title} {one.passage.text}")}
            assert found
            assert foreign not in found
            words = finding._by_words(wish, "en")  # while the engine is away
            assert words
            assert foreign not in {mark for one in words for mark in MARK.findall(f"{one.source.title} {one.text}")}


def test_a_ticket_that_changes_its_product_takes_nothing_along(desk, reader):
    connection = make_connection()
    assert "aria" in shown(reader, 201)
    with transaction.atomic():
        store_tickets(connection, [asking(201, B, minutes=5)])
    assert Ticket.objects.get(remote_id="201").product_id == desk[B]
    assert shown(reader, 201) <= {"bruno", "common"}  # of what was kept, before anything was made anew
    Outbox.objects.filter(kind=Outbox.Kind.THREAD).delete()
    work_off_everything()
    assert "bruno" in marks(Brief.objects.get(ticket=ticket(201)).shape())
    assert shown(reader, 201) <= {"bruno", "common"}
    with transaction.atomic():  # the case it was shown as an example goes to the other product
        store_tickets(connection, [ticket_data(102, "Earbud dead after update 2.4.1, mark bruno", QUESTION, status=CLOSED, product_id=A)])
    assert not [one for one in reaching.brief_for(ticket(201), ALL_TICKETS).shape().similar if one.remote_id == "102"]
    with transaction.atomic():  # an older answer says nothing
        store_tickets(connection, [asking(201, A, minutes=-5)])
    assert Ticket.objects.get(remote_id="201").product_id == desk[B]


def test_a_category_that_moves_and_a_word_of_an_admin_s_reach_index_and_briefs(desk, reader):
    connection = make_connection()
    with transaction.atomic():  # the article of the one product is shown in the portal of the other from now on
        moved = article(11, "aria", ("2",)).model_copy(update={"raw_hash": "moved"})
        store_articles(connection, [moved], sweep=2)
    assert not [one for one in reaching.brief_for(ticket(201), ALL_TICKETS).shape().articles if one.remote_id == "11"]
    work_off_everything()
    assert not [one for one in Brief.objects.get(ticket=ticket(201)).shape().articles if one.remote_id == "11"]
    assert [one for one in Brief.objects.get(ticket=ticket(202)).shape().articles if one.remote_id == "11"]
    answer = reader.post(f"/products/{connection.pk}/", {"portal-2": "", "portal-9": ""})
    assert answer.status_code == 302
    assert Article.objects.get(remote_id="11").products == Article.objects.get(remote_id="12").products == []
    work_off_everything()
    assert {"aria", "bruno"} <= marks(Brief.objects.get(ticket=ticket(201)).shape())
    page = reader.get("/products/").content.decode()
    assert all(words in page for words in ("Portal 1", "Portal 9", "Aria", "Bruno"))
    assert reader.post(f"/products/{connection.pk}/", {"portal-77": str(desk[A])}).status_code == 400
    assert reader.post(f"/products/{connection.pk}/", {"portal-2": str(uuid4())}).status_code == 400
    assert set_portals(connection=connection, chosen={"9": desk[A]}) == 1  # article 15 is of the one product alone now
    assert Article.objects.get(remote_id="15").products == [str(desk[A])]


def test_products_are_named_and_filtered_by_on_pages_and_api(desk, reader):
    page = reader.get(f"/tickets/{ticket(201).pk}/").content.decode()
    assert '<span class="tag">Aria</span>' in page
    queue = reader.get("/", {"product": str(desk[A])}).content.decode()
    assert "#201, Aria" in queue
    assert "#202" not in queue
    rows = {row["number"]: row["product"] for row in reader.get("/api/v1/tickets/").json()["results"]}
    assert (rows["201"], rows["202"], rows["203"]) == ("Aria", "Bruno", None)
    assert reader.get(f"/api/v1/tickets/{ticket(202).pk}/").json()["product"] == "Bruno"
    found = reader.get("/api/v1/search/", {"q": "earbud charging", "product": str(desk[A])}).json()["results"]
    assert found  # cases that say the same are folded into one
    assert not {"102", "12", "202"} & {one["number"] for one in found}
    assert "Any product" in reader.get("/search/", {"q": "earbud"}).content.decode()
    assert "mark bruno" not in reader.get("/search/", {"q": "earbud charging", "product": str(desk[A])}).content.decode()
    assert reader.get("/api/v1/search/", {"q": "x", "product": "y"}).status_code == 400
