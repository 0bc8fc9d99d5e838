"""Keys of the cache: a company's own, and none without one."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from apps.core.errors import NoCompany
from apps.tenancy.cache import make_key, reverse_key
from apps.tenancy.context import bind_company


def test_without_a_company_nothing_is_read_or_written():
    for act in (lambda: cache.get("colour"), lambda: cache.set("colour", "red"), lambda: cache.delete("colour")):
        with pytest.raises(NoCompany):
            act()


def test_two_companies_never_meet_under_one_key(acme, globex):
    with bind_company(acme.binding()):
        cache.set("colour", "red", 30)
    with bind_company(globex.binding()):
        assert cache.get("colour") is None
        cache.set("colour", "blue", 30)
    with bind_company(acme.binding()):
        assert cache.get("colour") == "red"
        assert reverse_key(make_key("a:b:c", "p", 1)) == "a:b:c"
        cache.delete("colour")
