"""The walk over the solution tree: a list of errands, one call each, kept in the cursor."""

from __future__ import annotations

from typing import Literal

from apps.core.errors import NotFound
from apps.platforms.adapters.freshdesk import mapping
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.client import PER_PAGE, FreshdeskClient
from apps.platforms.base import ArticleData, Cursor, Page


class Errand(Cursor):
    """One list to read: the languages, a category's folders, a folder's sub-folders or its articles."""

    kind: Literal["tree", "folders", "subfolders", "articles"]
    id: int = 0
    category: str = ""
    folder: str = ""
    portals: tuple[int, ...] = ()  # of the category
    visibility: int | None = None
    language: str = ""  # Freshdesk's code; "" reads the primary language
    page: int = 1


class ArticleCursor(Cursor):
    """Errands still to run, next one first, and the account's languages as Freshdesk writes them."""

    primary: str = "en"
    others: tuple[str, ...] = ()
    errands: tuple[Errand, ...] = (Errand(kind="tree"),)


async def step(client: FreshdeskClient, cursor: ArticleCursor) -> Page[ArticleData]:
    """Run the next errand. After the last one the cursor is at the beginning again."""
    errand, rest = cursor.errands[0], cursor.errands[1:]
    items: list[ArticleData] = []
    found: list[Errand] = []
    if errand.kind == "tree":
        cursor, found = await _tree(client)
    elif errand.kind == "articles":
        items, found = await _articles(client, cursor, errand)
    else:
        found = await _folders(client, cursor, errand)
    left = (*found, *rest)
    if not left:
        return Page(items, ArticleCursor(), more=False)
    return Page(items, cursor.model_copy(update={"errands": left}), more=True)


async def _tree(client: FreshdeskClient) -> tuple[ArticleCursor, list[Errand]]:
    settings = await client.one("/settings/helpdesk", wire.HelpdeskSettings)
    others = tuple(code for code in settings.supported_languages if code != settings.primary_language)
    categories = [row async for row in client.every("/solutions/categories", wire.SolutionCategory)]
    errands = [Errand(kind="folders", id=row.id, category=row.name, portals=row.visible_in_portals) for row in categories]
    return ArticleCursor(primary=settings.primary_language, others=others), errands


async def _folders(client: FreshdeskClient, cursor: ArticleCursor, errand: Errand) -> list[Errand]:
    """Articles of each folder in each language, and its sub-folders."""
    path = f"/solutions/categories/{errand.id}/folders"
    if errand.kind == "subfolders":
        path = f"/solutions/folders/{errand.id}/subfolders"
    rows, more = await client.rows(path, wire.SolutionFolder, {"page": errand.page, "per_page": PER_PAGE})
    found = []
    for row in rows:
        base = Errand(
            kind="articles", id=row.id, category=errand.category, portals=errand.portals, folder=row.name,
            visibility=row.visibility,
        )  # fmt: skip
        found += [base.model_copy(update={"language": code}) for code in ("", *cursor.others)]
        if row.sub_folders_count:
            found.append(base.model_copy(update={"kind": "subfolders"}))
    if more:
        found.append(errand.model_copy(update={"page": errand.page + 1}))
    return found


async def _articles(
    client: FreshdeskClient, cursor: ArticleCursor, errand: Errand
) -> tuple[list[ArticleData], list[Errand]]:
    path = f"/solutions/folders/{errand.id}/articles" + (f"/{errand.language}" if errand.language else "")
    try:
        rows, more = await client.rows(path, wire.SolutionArticle, {"page": errand.page, "per_page": PER_PAGE})
    except NotFound:
        if not errand.language and errand.page == 1:
            raise  # the folder went away under us: this walk saw too little to say what is gone
        return [], []  # not translated
    items = [
        mapping.article(
            row,
            code=errand.language or cursor.primary,
            category=errand.category,
            folder=errand.folder,
            visibility=errand.visibility,
            portals=errand.portals,
        )
        for row in rows
    ]
    return items, [errand.model_copy(update={"page": errand.page + 1})] if more else []
