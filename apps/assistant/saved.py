"""Saved views of the queue: a person keeps filters under a name, in an order of their own."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import QueryDict

from apps.accounts.models import User
from apps.assistant.models import SavedView
from apps.assistant.queues import Filters
from apps.core.errors import BadInput, Conflict
from apps.core.text import normalise, visible

NAME_LIMIT = 60


def clean_query(given: str) -> str:
    """The filters of a query string, as the queue writes them; what it does not know is left out."""
    return Filters.read(QueryDict(given[:2000])).query()


def save_view(*, user: User, name: str, query: str) -> SavedView:
    """A new view at the end of the list. Raises BadInput without a name, Conflict at the twenty-first or a name in use."""
    name = _name(name)
    with transaction.atomic():
        views = _own(user)
        if len(views) >= SavedView.MOST:
            raise Conflict("20 views are the most a person keeps.", code="views_full")
        _must_be_new(name, views)
        return SavedView.objects.create(user=user, name=name, query=clean_query(query), position=len(views))


def rename_view(*, user: User, view_id: UUID, name: str) -> None:
    """Raises BadInput without a name, Conflict for a name in use, SavedView.DoesNotExist for what is not theirs."""
    name = _name(name)
    with transaction.atomic():
        views = _own(user)
        view = _find(view_id, views)
        _must_be_new(name, [one for one in views if one.pk != view.pk])
        view.name = name
        view.save(update_fields=["name"])


def move_view(*, user: User, view_id: UUID, up: bool) -> None:
    """One place up or down; at the end of the list nothing moves. Raises SavedView.DoesNotExist."""
    with transaction.atomic():
        views = _own(user)
        at = views.index(_find(view_id, views))
        to = at - 1 if up else at + 1
        if 0 <= to < len(views):
            views[at], views[to] = views[to], views[at]
            _renumber(views)


def delete_view(*, user: User, view_id: UUID) -> str:
    """Returns the name it had. Raises SavedView.DoesNotExist."""
    with transaction.atomic():
        views = _own(user)
        view = _find(view_id, views)
        views.remove(view)
        view.delete()
        _renumber(views)
    return view.name


def _own(user: User) -> list[SavedView]:
    """The person's views in order; nobody else changes them until the transaction ends."""
    User.objects.select_for_update().get(pk=user.pk)
    return list(SavedView.objects.filter(user=user))


def _find(view_id: UUID, views: list[SavedView]) -> SavedView:
    found = next((one for one in views if one.pk == view_id), None)
    if found is None:
        raise SavedView.DoesNotExist
    return found


def _renumber(views: list[SavedView]) -> None:
    for place, view in enumerate(views):
        view.position = place
    SavedView.objects.bulk_update(views, ["position"])  # the key is checked when the transaction ends


def _name(given: str) -> str:
    name = normalise(visible(given))
    if not name or len(name) > NAME_LIMIT:
        raise BadInput(f"name: 1 to {NAME_LIMIT} characters.", code="view_name_invalid")
    return name


def _must_be_new(name: str, views: list[SavedView]) -> None:
    if any(one.name.casefold() == name.casefold() for one in views):
        raise Conflict("You have a view of this name.", code="view_name_taken")
