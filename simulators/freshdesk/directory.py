"""People, groups, fields, settings and the solution tree."""

from __future__ import annotations

from simulators.clock import parse_time
from simulators.freshdesk import wire
from simulators.freshdesk.records import Article, Folder
from simulators.freshdesk.replies import Reply, forbidden, invalid, missing, window
from simulators.freshdesk.world import World
from simulators.web import Request


def ticket_fields(world: World, request: Request) -> Reply:
    """GET /ticket_fields[?type=]"""
    kind = request.query.get("type")
    return Reply([row for row in wire.ticket_fields(world.profile) if kind in (None, row["type"])])


def agents(world: World, request: Request) -> Reply:
    """GET /agents"""
    if not world.switches.admin_key:
        raise forbidden()
    return window(request).cut([wire.agent(row) for row in world.agents.values()])


def me(world: World, request: Request) -> Reply:
    """GET /agents/me: the owner of the key."""
    return Reply(wire.agent(world.owner))


def agent(world: World, request: Request, agent_id: int) -> Reply:
    """GET /agents/{id}"""
    row = world.agents.get(agent_id)
    if row is None:
        raise missing()
    return Reply(wire.agent(row))


def groups(world: World, request: Request) -> Reply:
    """GET /groups"""
    return window(request).cut([wire.group(row) for row in world.profile.groups])


def group(world: World, request: Request, group_id: int) -> Reply:
    """GET /groups/{id}"""
    row = next((row for row in world.profile.groups if row.id == group_id), None)
    if row is None:
        raise missing()
    return Reply(wire.group(row))


_PERSON = {"email", "mobile", "phone", "company_id", "state", "updated_since", "_updated_since", "page", "per_page"}


def contacts(world: World, request: Request) -> Reply:
    """GET /contacts by email, phone, mobile, company, state, updated_since (or _updated_since, its old name)."""
    if not world.switches.contacts_readable:
        raise forbidden()
    asked = request.query
    if unknown := asked.keys() - _PERSON:
        raise invalid(min(unknown), "Unexpected/invalid field in request", "invalid_field")
    since = asked.get("updated_since", asked.get("_updated_since"))
    after = parse_time(since) if since is not None else 0
    if after is None:
        raise invalid("updated_since", "It should be in the 'combined date and time ISO8601' format", "invalid_date")
    none = {"mobile", "phone", "company_id"} & asked.keys() or asked.get("state") in ("blocked", "deleted")
    found = [
        row for row in world.contacts()
        if not none and asked.get("email") in (None, row.email) and row.created_at >= after
    ]  # fmt: skip
    page = window(request).cut(found)
    page.payload = [wire.contact(row) for row in page.payload]
    return page


def contact(world: World, request: Request, contact_id: int) -> Reply:
    """GET /contacts/{id}"""
    if not world.switches.contacts_readable:
        raise forbidden()
    row = world.contact(contact_id)
    if row is None:
        raise missing()
    return Reply(wire.contact(row))


def account(world: World, request: Request) -> Reply:
    """GET /account"""
    return Reply(wire.account(world.profile))


def helpdesk_settings(world: World, request: Request) -> Reply:
    """GET /settings/helpdesk"""
    return Reply(wire.helpdesk_settings(world.profile))


def categories(world: World, request: Request, language: str = "") -> Reply:
    """GET /solutions/categories[/{language}]"""
    rows = [
        row
        for row in world.profile.categories
        if not language or any(_translated(world, folder, language) for folder in _folders(world, category=row.id))
    ]
    if language and not rows:
        raise missing()
    return window(request).cut([wire.category(world, row) for row in rows])


def folders(world: World, request: Request, category_id: int, language: str = "") -> Reply:
    """GET /solutions/categories/{id}/folders[/{language}]: top level only."""
    if category_id not in {row.id for row in world.profile.categories}:
        raise missing()
    rows = [row for row in _folders(world, category=category_id) if row.parent_id is None]
    return _folder_page(world, request, rows, language)


def subfolders(world: World, request: Request, folder_id: int, language: str = "") -> Reply:
    """GET /solutions/folders/{id}/subfolders[/{language}]"""
    _folder(world, folder_id)
    return _folder_page(world, request, [row for row in _folders(world) if row.parent_id == folder_id], language)


def _folder_page(world: World, request: Request, rows: list[Folder], language: str) -> Reply:
    if language:
        rows = [row for row in rows if _translated(world, row, language)]
        if not rows:
            raise missing()
    return window(request).cut([_folder_payload(world, row) for row in rows])


def _folder_payload(world: World, row: Folder) -> wire.Json:
    inside = sum(one.parent_id == row.id for one in _folders(world))
    return wire.folder(row, articles=len(_articles(world, row)), sub_folders=inside)


def view_category(world: World, request: Request, category_id: int, language: str = "") -> Reply:
    """GET /solutions/categories/{id}[/{language}]"""
    row = next((row for row in world.profile.categories if row.id == category_id), None)
    inside = _folders(world, category=category_id)
    if row is None or (language and not any(_translated(world, one, language) for one in inside)):
        raise missing()
    return Reply(wire.category(world, row))


def view_folder(world: World, request: Request, folder_id: int, language: str = "") -> Reply:
    """GET /solutions/folders/{id}[/{language}]"""
    row = _folder(world, folder_id)
    if language and not _translated(world, row, language):
        raise missing()
    return Reply(_folder_payload(world, row))


def articles(world: World, request: Request, folder_id: int, language: str = "") -> Reply:
    """GET /solutions/folders/{id}/articles[/{language}]: drafts too; 404 when nothing is translated."""
    home = _folder(world, folder_id)
    short = wire.language(language) if language else world.profile.primary_language
    rows = [row for row in _articles(world, home) if short in row.texts]
    if language and not rows:
        raise missing()
    page = window(request).cut(rows)
    page.payload = [wire.article(world, row, short) for row in page.payload]
    return page


def article(world: World, request: Request, article_id: int, language: str = "") -> Reply:
    """GET /solutions/articles/{id}[/{language}]"""
    short = wire.language(language) if language else world.profile.primary_language
    row = world.articles.get(article_id)
    if row is None or short not in row.texts:
        raise missing()
    return Reply(wire.article(world, row, short))


def _folders(world: World, category: int | None = None) -> list[Folder]:
    return [row for row in world.profile.folders if category in (None, row.category_id)]


def _folder(world: World, folder_id: int) -> Folder:
    row = next((row for row in world.profile.folders if row.id == folder_id), None)
    if row is None:
        raise missing()
    return row


def _articles(world: World, home: Folder) -> list[Article]:
    return [row for row in world.articles.values() if row.folder_id == home.id]


def _translated(world: World, home: Folder, language: str) -> bool:
    return any(wire.language(language) in row.texts for row in _articles(world, home))
