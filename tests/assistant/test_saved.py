"""Saved views: one's own, at most twenty, in order; nobody else's, not of another company, not for visitors."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.assistant.models import SavedView
from apps.assistant.saved import clean_query, delete_view, move_view, rename_view, save_view
from apps.core.errors import BadInput, Conflict
from apps.platforms.models import Ticket
from apps.tenancy.context import bind_company
from tests.mirror import charging_case


@pytest.fixture
def person(in_acme, make_user):
    return make_user(in_acme)


def names(user: User) -> list[str]:
    return list(SavedView.objects.filter(user=user).values_list("name", flat=True))


def save(user: User, *given: str) -> list[SavedView]:
    return [save_view(user=user, name=name, query=f"tag={name}") for name in given]


def test_views_keep_the_order_they_were_given(person):
    one, two, three = save(person, "one", "two", "three")
    move_view(user=person, view_id=three.pk, up=True)
    assert names(person) == ["one", "three", "two"]
    move_view(user=person, view_id=one.pk, up=True)  # the first stays
    move_view(user=person, view_id=two.pk, up=False)
    assert names(person) == ["one", "three", "two"]
    assert delete_view(user=person, view_id=three.pk) == "three"
    move_view(user=person, view_id=one.pk, up=False)
    assert names(person) == ["two", "one"]
    assert [view.position for view in SavedView.objects.filter(user=person)] == [0, 1]


def test_the_twenty_first_is_refused_by_the_verb_and_by_the_database(person):
    save(person, *(f"view {number}" for number in range(20)))
    with pytest.raises(Conflict, match="20"):
        save(person, "one more")
    with pytest.raises(IntegrityError, match="assistant_view_most"), transaction.atomic():
        SavedView.objects.create(user=person, name="past the verb", position=20)
    with pytest.raises(IntegrityError, match="assistant_view_place"), transaction.atomic():
        SavedView.objects.create(user=person, name="past the verb", position=3)
        connection.check_constraints()
    assert len(names(person)) == 20


def test_a_name_is_needed_short_visible_and_new(person):
    (view,) = save(person, "Urgent hardware")
    for bad in ("", "   ", "\u200b\u202e", "x" * 61):
        with pytest.raises(BadInput):
            save_view(user=person, name=bad, query="")
        with pytest.raises(BadInput):
            rename_view(user=person, view_id=view.pk, name=bad)
    with pytest.raises(Conflict):
        save_view(user=person, name=" urgent   HARDWARE ", query="")
    rename_view(user=person, view_id=view.pk, name="urgent hardware")  # its own name in other letters
    assert names(person) == ["urgent hardware"]


def test_what_the_queue_does_not_know_is_not_kept(person):
    given = "status=solved&view=mine&after=2026-11-20T00:00:00Z&id=x&evil=<script>&priority=9&tag=a%26b&sort=due"
    assert clean_query(given) == "status=solved&view=mine&tag=a%26b&sort=due"
    assert clean_query("%" * 5000) == ""
    long = save_view(user=person, name="long", query="tag=" + "%E6%97%A5" * 200 + "&language=" + "%E6%97%A5" * 20)
    assert len(long.query) <= 1500


def test_another_persons_view_is_out_of_reach(person, in_acme, make_user):
    (theirs,) = save(make_user(in_acme, "lead"), "theirs")
    for act in (
        lambda: rename_view(user=person, view_id=theirs.pk, name="mine"), lambda: delete_view(user=person, view_id=theirs.pk),
        lambda: move_view(user=person, view_id=theirs.pk, up=True),
    ):  # fmt: skip
        with pytest.raises(SavedView.DoesNotExist):
            act()
    theirs.refresh_from_db()
    assert (theirs.name, theirs.position) == ("theirs", 0)


def test_a_person_takes_their_views_along(person):
    save(person, "one")
    person.delete()
    assert not SavedView.objects.exists()


# over HTTP


@pytest.fixture
def browser(acme, client_of):
    with bind_company(acme.binding()):
        charging_case()
        Ticket.objects.filter(remote_id="102").update(tags=["charging"], priority=4)
    return client_of(acme)


def mine(acme) -> list[SavedView]:
    with bind_company(acme.binding()):
        return list(SavedView.objects.filter(user__role="agent"))


def test_filters_become_a_view_that_is_one_click_away(acme, browser):
    queue = browser.get("/?priority=4&tag=charging").content.decode()
    assert 'href="/views/?priority=4&amp;tag=charging"' in queue
    form = browser.get("/views/?priority=4&tag=charging").content.decode()
    assert 'name="query" value="priority=4&amp;tag=charging"' in form
    assert "All open tickets · Urgent · charging" in form
    kept = browser.post("/views/", {"name": "Hot <b>charging</b>", "query": "priority=4&tag=charging"})
    assert (kept.status_code, kept["Location"]) == (302, "/?priority=4&tag=charging")
    queue = browser.get(kept["Location"]).content.decode()
    assert "<h1>Hot &lt;b&gt;charging&lt;/b&gt;</h1>" in queue
    assert re.search(r'<a href="\?priority=4&amp;tag=charging" aria-current="true"><span>Hot &lt;b&gt;', queue)
    assert "Left earbud" in queue
    elsewhere = browser.get("/").content.decode()
    assert "<h1>All open tickets</h1>" in elsewhere
    assert "Hot &lt;b&gt;" in elsewhere


def test_a_view_is_renamed_moved_and_deleted_by_forms(acme, browser):
    for name in ("one", "two"):
        browser.post("/views/", {"name": name, "query": f"tag={name}"})
    one, two = mine(acme)
    assert browser.post(f"/views/{two.pk}/", {"action": "up"})["Location"] == "/views/"
    assert browser.post(f"/views/{one.pk}/", {"action": "rename", "name": "uno"})["Location"] == "/views/"
    assert [view.name for view in mine(acme)] == ["two", "uno"]
    page = browser.post(f"/views/{two.pk}/", {"action": "delete"}, follow=True).content.decode()
    assert "View deleted: two" in page
    assert [view.name for view in mine(acme)] == ["uno"]


def test_a_refusal_says_why_and_changes_nothing(acme, browser):
    browser.post("/views/", {"name": "one", "query": ""})
    (one,) = mine(acme)
    for path, form, status, words in (
        ("/views/", {"name": "", "query": "tag=x"}, 400, "Give the view a name of at most 60 characters."),
        ("/views/", {"name": "ONE", "query": "tag=x"}, 409, "You already have a view with this name."),
        (f"/views/{one.pk}/", {"action": "rename", "name": ""}, 400, "Give the view a name"),
        (f"/views/{one.pk}/", {"action": "explode"}, 400, "Nothing was changed."),
        (f"/views/{one.pk}/", {}, 400, "Nothing was changed."),
        (f"/views/{uuid4()}/", {"action": "delete"}, 404, ""),
    ):  # fmt: skip
        answer = browser.post(path, form)
        assert (path, answer.status_code) == (path, status)
        assert words in answer.content.decode()
    assert 'value="tag=x"' in browser.post("/views/", {"name": "", "query": "tag=x"}).content.decode()
    assert [view.name for view in mine(acme)] == ["one"]


def test_views_of_another_company_and_of_another_person_are_not_there(acme, globex, client_of, browser):
    browser.post("/views/", {"name": "Acme only", "query": "tag=x"})
    (view,) = mine(acme)
    for other in (client_of(globex), client_of(acme, "lead")):
        assert "Acme only" not in other.get("/views/").content.decode()
        assert "Acme only" not in other.get("/").content.decode()
        assert other.post(f"/views/{view.pk}/", {"action": "delete"}).status_code == 404
    assert [one.name for one in mine(acme)] == ["Acme only"]
    with bind_company(globex.binding()):
        assert not SavedView.objects.exists()


def test_a_full_list_offers_no_new_one(acme, browser):
    with bind_company(acme.binding()):
        save(User.objects.get(role="agent"), *(f"view {number}" for number in range(20)))
    page = browser.get("/views/").content.decode()
    assert 'id="id_name"' not in page
    assert "You have 20 views, the most a person keeps." in page
    assert browser.post("/views/", {"name": "more", "query": ""}).status_code == 409
