"""Forget what was tried too often: the server's counts outlive a test's rollback."""

from __future__ import annotations

from redis import Redis

from tests import engines

HOMES = ("acme", "globex", "operator")


def forget_limits(*homes: str) -> None:
    from apps.tenancy import limits
    from apps.tenancy.cache import stems_of

    limits._own.forget()
    with Redis.from_url(f"{engines.valkey.url}/1") as client:
        keys = [stems_of(limits.SPACE, limits.VERSION, home)[:2] for home in (*HOMES, limits.PUBLIC, *homes)]
        client.unlink(*(key for pair in keys for key in pair))
