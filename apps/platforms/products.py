"""Products of a helpdesk account: what belongs to one serves nobody of another (docs/decisions/0068)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.privacy import NONE, DataClass
from apps.tenancy.models import CompanyModel


class Product(CompanyModel):
    """A brand the account gives support for. Never removed: tickets of before still belong to it.

    `portals` is an admin's word, for no answer of a helpdesk says which portal is whose.
    """

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "name": NONE, "portals": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(
        "platforms.Connection", on_delete=models.CASCADE, db_index=False
    )  # the unique key begins with it
    remote_id = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=200, blank=True)  # "": known by a ticket alone
    portals = models.JSONField(_("portals"), default=list)  # the helpdesk's ids, as text

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_product_key")
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.remote_id}"


def serves(product: UUID | None, ticket: str = "") -> models.Q:
    """The condition that a ticket may serve this product: its own, or of none. `ticket` leads to it: "ticket__"."""
    if product is None:
        return models.Q()
    return models.Q(**{f"{ticket}product": None}) | models.Q(**{f"{ticket}product": product})


def article_serves(product: UUID | None) -> models.Q:
    """The same of an article, which may belong to several."""
    if product is None:
        return models.Q()
    return models.Q(products=[]) | models.Q(products__contains=[str(product)])


def portals_of(products: Sequence[Product]) -> dict[str, str]:
    """{portal: product} as admins have said."""
    return {portal: str(product.pk) for product in products for portal in product.portals}


def products_behind(portals: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """(pure) The products an article of these portals belongs to; [] = it serves everybody.

    So it does where a portal's product is not known, or it has none: what is not known to be another's is kept from nobody.
    """
    if not portals or any(one not in known for one in portals):
        return []
    return sorted({known[one] for one in portals})


def name_products(connection_id: UUID, named: Mapping[str, str]) -> dict[str, UUID]:
    """{remote id: our id} of these products, made where they are new; '' tells no name. In the caller's transaction."""
    rows = [Product(connection_id=connection_id, remote_id=key, name=name[:200]) for key, name in sorted(named.items())]
    told = [row for row in rows if row.name]
    Product.objects.bulk_create(
        told, update_conflicts=True, unique_fields=["connection", "remote_id"], update_fields=["name"]
    )
    Product.objects.bulk_create([row for row in rows if not row.name], ignore_conflicts=True)
    return dict(Product.objects.filter(connection=connection_id, remote_id__in=named).values_list("remote_id", "pk"))
