"""Products of an account, the portals of its categories, its canned answers. That a portal is a product's, no answer says."""

from __future__ import annotations

import random
from typing import Any

from simulators.freshdesk.world import World

Change = dict[str, Any]
FIRST = 77_000_000_101  # the product every account has, named like it


def products(world: World) -> dict[int, str]:
    """Every product by its id."""
    return {FIRST: world.profile.name, **world.brands}


def set_product(world: World, ticket_id: int, change: Change) -> None:
    """A ticket of that product, of none with null, or of any by `seed`."""
    ticket, known = world.move(ticket_id), [None, *products(world)]
    dice = random.Random(f"{change.get('seed', 0)}:{ticket_id}")
    value = change["value"] if "value" in change else dice.choice(known)
    if value not in known:
        raise KeyError(f"product {value}")
    ticket.product_id = value


def add_product(world: World, change: Change) -> int:
    """One more product, or another name of one: its id is FIRST and the number of those there were."""
    number = int(change.get("product", FIRST + 1 + len(world.brands)))
    world.brands[number] = str(change.get("name", f"Product {number - FIRST}"))
    return 1


def set_canned(world: World, change: Change) -> int:
    """Other words of the canned answer in a folder."""
    world.canned[str(change["folder"])] = str(change["text"])
    return 1


def set_portals(world: World, change: Change) -> int:
    """The portals a category is shown in; [] for an account with one."""
    category = int(change["category"])
    if category not in {row.id for row in world.profile.categories}:
        raise KeyError(f"category {category}")
    world.portals[category] = [int(one) for one in change["value"]]
    return 1
