"""Which product tickets and articles belong to, kept as the helpdesk and an admin say: words stay, and are placed anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from apps.core.audit import record_on_commit
from apps.core.errors import BadInput
from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.ingest.streams import begin_again
from apps.platforms.base import TicketData
from apps.platforms.models import Article, Connection, Ticket
from apps.platforms.products import Product, name_products, portals_of, products_behind

PLACED, BRIEFS = 3, 4  # priorities


def follow_products(connection: Connection, items: Sequence[TicketData]) -> None:
    """After the tickets of an answer were stored, in the same transaction: what it tells of their products. A product
    that nobody named is one all the same. No thread is read again; where it is said anew, index and brief follow."""
    told = {item.remote_id: item for item in items if item.product_id is not None}
    named = {item.product_id for item in told.values() if item.product_id}
    products = dict(Product.objects.filter(connection=connection).values_list("remote_id", "pk"))
    if fresh := {str(one): "" for one in named if one not in products}:
        products |= name_products(connection.pk, fresh)
    if not products:
        return
    rows = Ticket.objects.filter(connection=connection, remote_id__in=told)
    moved: dict[UUID | None, list[UUID]] = defaultdict(list)
    for pk, remote_id, held, at in rows.values_list("pk", "remote_id", "product_id", "updated_at"):
        wanted = products.get(told[remote_id].product_id or "")
        if wanted != held and at == told[remote_id].updated_at:  # an older answer says nothing
            moved[wanted].append(pk)
    for product, ids in moved.items():
        Ticket.objects.filter(pk__in=ids).update(product=product)
        read = Ticket.objects.filter(pk__in=ids).exclude(thread_version="")  # others are indexed with their thread
        owe(Outbox.Kind.INDEX_TICKET, list(read.values_list("pk", flat=True)), priority=PLACED)


def learn_products(connection: Connection, before: int) -> None:
    """The account's first products have come while its tickets were here already: their list is read once more, which
    costs three credits a hundred and no thread."""
    first = before == 0 and Product.objects.filter(connection=connection).exists()
    if first and Ticket.objects.filter(connection=connection).exists():
        begin_again(connection, "live")


def seen_portals(connection: Connection) -> dict[str, list[str]]:
    """{portal: names of the categories shown there} of the articles we hold."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = Article.objects.filter(connection=connection, deleted=False).exclude(portals=[])
    for portals, category in rows.values_list("portals", "category").distinct():
        for one in portals:
            found[one].add(category)
    return {one: sorted(found[one]) for one in sorted(found, key=lambda one: (len(one), one))}


def set_portals(*, connection: Connection, chosen: Mapping[str, UUID | None]) -> int:
    """An admin says whose portal is whose: {portal: product or none}. Returns how many articles belong elsewhere now.

    Raises BadInput for a portal nobody has seen, or a product of another account.
    """
    products = {row.pk: row for row in Product.objects.filter(connection=connection)}
    if unknown := [one for one in chosen.values() if one is not None and one not in products]:
        raise BadInput(f"product: this account has no {unknown[0]}.", code="product_unknown")
    if strange := chosen.keys() - seen_portals(connection).keys():
        raise BadInput(f"portal: no article is shown in {min(strange)}.", code="portal_unknown")
    with transaction.atomic():
        for row in products.values():
            kept = [one for one in row.portals if one not in chosen]
            row.portals = sorted({*kept, *(portal for portal, product in chosen.items() if product == row.pk)})
        Product.objects.bulk_update(products.values(), ["portals"])
        moved = place_articles(connection)
        record_on_commit("portals_set", subject=f"connection:{connection.pk}", count=moved)
    return moved


def place_articles(connection: Connection) -> int:
    """Make articles belong where their portals say now. Returns how many moved."""
    known = portals_of(list(Product.objects.filter(connection=connection)))
    moved = []
    for row in Article.objects.filter(connection=connection).only("company_id", "portals", "products"):
        wanted = products_behind(row.portals, known)
        if wanted != row.products:
            row.products = wanted
            moved.append(row)
    Article.objects.bulk_update(moved, ["products"], batch_size=500)
    owe(Outbox.Kind.INDEX_ARTICLE, [row.pk for row in moved], priority=PLACED)
    if moved:
        brief_again(connection)
    return len(moved)


def brief_again(connection: Connection) -> None:
    """What is written down for waiting tickets of products may rest on what is another's now."""
    waiting = Ticket.objects.waiting().filter(connection=connection).exclude(product=None)
    owe(Outbox.Kind.BRIEF, list(waiting.values_list("pk", flat=True)), priority=BRIEFS)
