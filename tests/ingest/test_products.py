"""Products of an account through the whole way: told by tickets and lists, learnt late, kept apart without the right to list them."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist

from apps.ingest.models import Outbox, Stream
from apps.ingest.streams import hurry
from apps.platforms.models import Article, Connection, Ticket
from apps.platforms.products import Product
from tests.ingest.test_sync import allow, comparable, join, mirror, read_threads, run_feeds
from tests.simulated import Simulator, running

FIRST, SECOND = 77_000_000_101, 77_000_000_102
SMALL = ("--account", "generated", "--tickets", "30", "--plan", "unlimited")


def owner(number: int) -> str | None:
    try:
        return str(Ticket.objects.get(remote_id=str(number)).product)
    except ObjectDoesNotExist:
        return None


def again(connection: Connection) -> None:
    hurry(connection, full=True)
    run_feeds()


def test_products_come_with_tickets_and_names_with_the_lists_and_articles_by_the_word_of_an_admin(in_acme, settings, client_of):
    with running(*SMALL) as simulator:
        allow(settings, simulator)
        simulator.tell("switches", admin_key=False)  # nobody lists products: tickets are kept apart all the same
        simulator.update(op="add_product", name="Bruno")
        simulator.update(op="product", tickets=[1, 2], value=SECOND)
        simulator.update(op="product", tickets=[3], value=FIRST)
        connection = join(simulator)
        run_feeds()
        assert {owner(1), owner(2), owner(3)} == {f"#{SECOND}", f"#{FIRST}"}
        assert owner(4) == "None"
        read_threads()
        Outbox.objects.all().delete()
        simulator.tell("switches", admin_key=True)
        simulator.update(op="product", tickets=[2], value=None)
        again(connection)
        assert (owner(1), owner(2)) == ("Bruno", "None")
        assert mirror()[0] == comparable(simulator.told("truth"))[0]
        _say_whose_portals(simulator, connection, client_of(in_acme, "admin"))


def _say_whose_portals(simulator: Simulator, connection: Connection, admin: object) -> None:
    categories = [row["id"] for row in simulator.get("/solutions/categories").json()]
    simulator.update(op="portals", category=categories[0], value=[1, 2])
    simulator.update(op="portals", category=categories[1], value=[2])
    again(connection)
    assert set(map(str, Article.objects.values_list("products", flat=True))) == {"[]"}  # nobody has said whose they are
    names = {row.name: str(row.pk) for row in Product.objects.all()}
    sent = {"portal-2": names["Bruno"]}
    assert admin.post(f"/products/{connection.pk}/", sent).status_code == 302  # type: ignore[attr-defined]
    by_portals = {tuple(row.portals): row.products for row in Article.objects.all()}
    assert by_portals == {("1", "2"): [], ("2",): [names["Bruno"]]}
    again(connection)  # a walk over the articles leaves an admin's word alone
    assert {tuple(row.portals): row.products for row in Article.objects.all()} == by_portals


def test_the_first_products_of_an_account_are_learnt_by_one_more_look_at_the_list_and_no_thread(in_acme, settings):
    with running(*SMALL) as simulator:
        allow(settings, simulator)
        simulator.tell("switches", products=False)
        simulator.update(op="add_product", name="Bruno")
        simulator.update(op="product", tickets=[1], value=SECOND)
        simulator.tell("clock", advance=60)  # what changes in the second it is read in is read once more
        connection = join(simulator)
        run_feeds()
        read_threads()
        Ticket.objects.update(product=None)  # as a release that mirrored none has left it
        Product.objects.all().delete()
        Outbox.objects.all().delete()
        simulator.tell("switches", products=True)
        simulator.control.delete("/__sim/log")
        Stream.objects.filter(kind=Stream.Kind.REFERENCE).update(next_at=connection.created_at)
        run_feeds()
        assert owner(1) == "Bruno"
        calls = [row["path"] for row in simulator.told("log")["requests"]]
        assert [path for path in calls if path.endswith("/conversations")] == []
        assert set(Outbox.objects.values_list("kind", flat=True)) == {Outbox.Kind.INDEX_TICKET}
