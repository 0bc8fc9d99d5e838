"""Every page of an admin, asked by an admin of another company and by nobody. A page that is nobody's fails."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import get_resolver, path

from apps.platforms.models import Person
from apps.tenancy.context import bind_company
from apps.tenancy.models import CompanyModel
from tests.isolation.declared import ADMIN_PAGES, COMPANY, PUBLIC
from tests.isolation.test_routes import SECRET_WORDS, routes
from tests.mirror import charging_case

FILLED = {"<path:content_type_id>": "1", "<app_label>": "accounts", "<url>": "x"}
OBJECT = "<path:object_id>"
NO_ROW = "0198c0de-0000-7000-8000-00000000000a"


def pages() -> list[str]:
    """As in ADMIN_PAGES: the parts of a regular expression by their names only."""
    found = (
        re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", one).replace("^", "").rstrip("$")
        for one in routes(get_resolver().url_patterns)
    )
    return [one for one in found if one.startswith("admin/")]


def undeclared(found: Iterable[str], registered: Iterable[Any]) -> list[str]:
    """What to do about each page that belongs to nobody."""
    own = {f"admin/{one.model._meta.app_label}/{one.model._meta.model_name}/": one.model for one in registered}
    foreign = [model for model in own.values() if not issubclass(model, CompanyModel)]
    return [
        *(
            f"{model.__name__} is in the admin and is no company's: let it inherit tenancy.models.CompanyModel"
            for model in foreign
        ),
        *(
            f'add to ADMIN_PAGES in tests/isolation/declared.py: "{one}": COMPANY,'
            for one in found
            if one not in ADMIN_PAGES and not one.startswith(tuple(own))
        ),
    ]


def test_every_admin_page_is_somebody_s():
    assert undeclared(pages(), admin.site._registry.values()) == []
    assert sorted(set(ADMIN_PAGES) - set(pages())) == []


def test_an_admin_page_of_nobody_is_found():
    site = admin.AdminSite()
    site.register(ContentType)
    site.get_urls = lambda: [path("everything/", lambda request: None)]  # type: ignore[method-assign]
    new = [f"admin/{one.pattern}" for one in site.get_urls()]
    told = undeclared([*pages(), *new], [*admin.site._registry.values(), *site._registry.values()])
    assert [line.split()[0] for line in told] == ["ContentType", "add"]
    assert '"admin/everything/"' in told[1]


@pytest.fixture
def rows(acme: Any, client_of: Any) -> dict[str, str]:
    """The id of a row of acme for every model in the admin that has one, by the start of its pages."""
    client_of(acme)
    with bind_company(acme.binding()):
        helpdesk = charging_case()
        Person.objects.create(connection=helpdesk, remote_id="7", kind=Person.Kind.AGENT, name="Ingrid of the helpdesk")
        return {
            f"admin/{model._meta.app_label}/{model._meta.model_name}/": str(first.pk)
            for model, pages in admin.site._registry.items()
            if (first := pages.get_queryset(None).first()) is not None
        }


def addresses(ids: dict[str, str]) -> Iterator[SimpleNamespace]:
    for page in pages():
        address = page.replace(OBJECT, next((pk for start, pk in ids.items() if page.startswith(start)), NO_ROW))
        for place, value in FILLED.items():
            address = address.replace(place, value)
        yield SimpleNamespace(page=page, address=f"/{address}")


def test_the_admin_of_another_company_finds_nothing_of_acme(rows, acme, globex, client_of):
    assert {"admin/accounts/user/", "admin/platforms/ticket/", "admin/platforms/person/"} <= set(rows)
    own, foreign = client_of(acme, "admin"), client_of(globex, "admin")
    shown = 0
    for one in addresses(rows):
        answer = foreign.get(one.address)
        assert answer.status_code < 500, one.page
        text = b"".join(answer) if answer.streaming else answer.content
        assert not any(word in text.decode() for word in SECRET_WORDS), one.page
        if OBJECT in one.page and one.page.endswith("/change/"):
            assert answer.status_code == 302, one.page  # as for an id that never was: back to the start, with a note
            shown += own.get(one.address).status_code == 200
    assert shown == len(rows), "the same addresses show their rows to whom they belong"


def test_nobody_is_sent_to_sign_in(acme):
    browser = Client(headers={"host": "acme.localhost"})
    for one in addresses({}):
        answer = browser.get(one.address)
        if ADMIN_PAGES.get(one.page, COMPANY) == PUBLIC:
            assert answer.status_code in (200, 302, 405), one.page
        else:
            assert answer.status_code == 302, one.page
            assert re.search("login|sign-in", answer["Location"]), one.page
