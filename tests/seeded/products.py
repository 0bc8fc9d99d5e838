"""Faults of products: ways to serve a ticket with what belongs to another brand alone."""

from __future__ import annotations

from tests.seeded.running import Fault

MADE = "tests/assistant/test_products.py::test_"
LEGS = (f"{MADE}the_engine_leaves_them_out_in_every_leg", "tests/search/test_walls.py::test_both_legs_leave_out_what_belongs_to_another_product")
MOVED = (f"{MADE}a_ticket_that_changes_its_product_takes_nothing_along",)
WORD = (f"{MADE}a_category_that_moves_and_a_word_of_an_admin_s_reach_index_and_briefs",)
READING = "apps/assistant/reaching.py"

FAULTS = (
    Fault("the vector engine does not hear of the product", "apps/search/index.py", "if wanted.product is not None:", "if False:", LEGS),
    Fault("a brief for another product is shown as it is stored", READING, "if stored is None or (reach.everything and ticket.product_id is None):",
          "if stored is None or reach.everything:", MOVED),
    Fault("the API hands out a brief for another product", "apps/assistant/api.py", "not (reach.everything and place.product is None):",
          "not reach.everything:", MOVED),
    Fault("an older answer moves a ticket to another product", "apps/ingest/products.py", "if wanted != held and at == told[remote_id].updated_at:",
          "if wanted != held:", MOVED),
    Fault("a portal that nobody knows counts as of none of the products", "apps/platforms/products.py", "any(one not in known for one in portals)",
          "all(one not in known for one in portals)", (f"{MADE}nothing_of_another_product_is_in_what_is_made_for_a_ticket",)),
    Fault("an article that belongs elsewhere stays where it was in the index", "apps/ingest/products.py",
          "    owe(Outbox.Kind.INDEX_ARTICLE, [row.pk for row in moved], priority=PLACED)\n", "", WORD),
    Fault("briefs are kept when articles move between products", "apps/ingest/sync.py",
          "if any(before[key][2] != now[key][2] for key in moved & before.keys()):", "if False:", WORD),
)  # fmt: skip
