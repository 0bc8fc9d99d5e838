"""Products of an account that serves several brands, as the port tells them; knows no Django."""

from __future__ import annotations

from apps.platforms.items import Item


class ProductData(Item):
    """What an account offers under a name of its own. No helpdesk's answer says which portal is its (decision 0068)."""

    remote_id: str
    name: str
