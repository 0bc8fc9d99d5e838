"""The walk over the knowledge base: all of it by sys_id, then what changed; once a day, and when an article has run out, all
again.

A version is a record of its own: the one before it is outdated. A translation is one too. Who may read an article is said
by criteria, and the Table API does not apply them: they go with the article (contract 3.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from pydantic import AwareDatetime

from apps.core.errors import CredentialsRejected, ExternalError, NotFound
from apps.core.text import html_to_text
from apps.platforms.adapters.answers import digest
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.client import FIRST_SIZE, ServiceNowClient
from apps.platforms.adapters.servicenow.tickets import is_absent, row_of
from apps.platforms.adapters.servicenow.walk import OVERLAP, Keyset, Told, Window
from apps.platforms.base import ArticleData, Cursor, Page, Visibility

TABLE, TEMPLATES = "kb_knowledge", "kb_template_"
SHOWN = "published"
ALL_AGAIN = timedelta(days=1)
_LANGUAGES = {"zh": "zh", "zt": "zh-TW", "pb": "pt-BR", "fq": "fr-CA"}  # ServiceNow's codes where ours differ
CLOSED = "unknown"  # a criterion that nobody is known to meet


class ArticleCursor(Cursor):
    """Either `keys` of a walk over everything, or the `window` of what changed."""

    keys: Keyset | None = Keyset()
    window: Window | None = None
    began: AwareDatetime | None = None
    again: AwareDatetime | None = None  # when all is read again
    size: int = FIRST_SIZE


class Readers:
    """Who may read an article, by its own criteria and those of its knowledge base. `may`, `may_not`: {base: criteria}, None
    where the instance does not tell; `judged`: criteria of which we know who meets them and who does not."""

    def __init__(
        self, may: Mapping[str, tuple[str, ...]] | None, may_not: Mapping[str, tuple[str, ...]] | None, judged: Mapping[str, bool | None]
    ) -> None:
        self._may, self._may_not, self._judged = may, may_not, judged

    def of(self, row: wire.Article) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Criteria of which one must be met, and of which none may be met. Base and article must both let somebody in:
        where both ask, only those named by both count. What cannot be judged lets nobody in."""
        base = row.kb_knowledge_base.value
        barred = [one for one in (*_list(row.cannot_read_user_criteria), *(self._may_not or {}).get(base, ())) if self._judged.get(one) is not False]
        if self._may is None or self._may_not is None or any(self._judged.get(one) is None for one in barred):
            return (CLOSED,), tuple(dict.fromkeys(barred))
        own, whole = _list(row.can_read_user_criteria), self._may.get(base, ())
        readers = (tuple(one for one in own if one in whole) or (CLOSED,)) if own and whole else own or whole
        return readers, tuple(dict.fromkeys(barred))


async def step(client: ServiceNowClient, at: ArticleCursor) -> Page[ArticleData]:
    return await (_all(client, at) if at.keys is not None else _changed(client, at, at.window or Window.of(client.server_time)))


async def _all(client: ServiceNowClient, at: ArticleCursor) -> Page[ArticleData]:
    keys = at.keys or Keyset()
    full = query.joined(f"workflow_state={SHOWN}", keys.query())
    rows = await client.page(TABLE, full, wire.Article, limit=at.size, offset=keys.offset, counted=keys.counts(at.size), display="all")
    now = client.server_time
    after = keys.past(Told([row_of(one) for one in rows.all], rows.total, rows.limit))
    began = at.began or now
    again = min([at.again or began + ALL_AGAIN, *_ends(rows.good, now)])
    items = await _articles(client, [row for row in rows.good if _is_shown(row, now)])
    odd = tuple(row.sys_id for row in rows.odd)
    kept = {"began": began, "again": again, "size": rows.next_limit}
    if not after.done:
        return Page(items, at.model_copy(update={**kept, "keys": after}), True, odd)
    return Page(items, ArticleCursor(keys=None, window=Window.of(began - OVERLAP), again=again, size=rows.next_limit), False, odd)


async def _changed(client: ServiceNowClient, at: ArticleCursor, window: Window) -> Page[ArticleData]:
    """What changed, in every state: a version that is outdated now must go."""
    crowd = window.crowd
    offset = crowd.offset if crowd is not None else window.offset
    rows = await client.page(
        TABLE, window.query("sys_updated_on"), wire.Article, limit=at.size, offset=offset, display="all", least=wire.Changed
    )
    told = Told([row_of(one) for one in rows.all], rows.total, rows.limit)
    after, more = window.past(told, client.server_time)
    fresh = window.fresh(told.rows)
    items = await _articles(client, [row for row in rows.good if row.sys_id in fresh])
    again = min([at.again or client.server_time, *_ends(rows.good, client.server_time)])
    odd = tuple(row.sys_id for row in rows.odd if row.sys_id in fresh)
    if not more and client.server_time >= again:  # all again, as a pass of its own: what it does not bring is gone
        return Page(items, ArticleCursor(size=rows.next_limit), False, odd, whole=False)
    return Page(items, at.model_copy(update={"window": after, "again": again, "size": rows.next_limit}), more, odd, whole=False)


def _ends(rows: Sequence[wire.Article], now: datetime) -> list[datetime]:
    """When the articles that are still good run out."""
    days = [_day(row.valid_to) for row in rows]
    return [datetime(day.year, day.month, day.day, tzinfo=now.tzinfo) + timedelta(days=1) for day in days if day is not None and day >= now.date()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _is_shown(row: wire.Article, now: datetime) -> bool:
    """Published, and not run out: valid to a day means to its end."""
    day = _day(row.valid_to)
    return row.workflow_state == SHOWN and row.active != "false" and (day is None or day >= now.date())


async def _articles(client: ServiceNowClient, rows: list[wire.Article]) -> list[ArticleData]:
    if not rows:
        return []
    readers = Readers(
        await _criteria(client, "kb_uc_can_read_mtom"), await _criteria(client, "kb_uc_cannot_read_mtom"), await _judged(client)
    )
    texts = await _template_texts(client, rows)
    return [article(row, readers, texts.get(row.sys_id, ""), client.server_time) for row in rows]


async def _criteria(client: ServiceNowClient, table: str) -> dict[str, tuple[str, ...]] | None:
    """{knowledge base: criteria}. None: it is not for us to know."""
    found: dict[str, list[str]] = defaultdict(list)
    try:
        async for row in client.every(table, "", wire.BaseCriteria):
            found[row.kb_knowledge_base].append(row.user_criteria or CLOSED)
    except CredentialsRejected as exc:
        if exc.code != "access_denied":
            raise
        return None
    except (ExternalError, NotFound) as exc:
        if not is_absent(exc):
            raise
    return {base: tuple(ids) for base, ids in found.items()}


async def _judged(client: ServiceNowClient) -> dict[str, bool | None]:
    """{criterion: whether lists of people and groups alone decide it}; False: nobody meets it, None: something else decides."""
    try:
        return {row.sys_id: row.judged async for row in client.every("user_criteria", "", wire.Criteria)}
    except (ExternalError, NotFound) as exc:
        if not is_absent(exc):
            raise
        return {}


async def _template_texts(client: ServiceNowClient, rows: list[wire.Article]) -> dict[str, str]:
    """What articles of templates say beside their text, which is mostly empty: in fields of their own tables."""
    of: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.sys_class_name not in ("", TABLE) and query.is_id(row.sys_class_name):
            of[row.sys_class_name].append(row.sys_id)
    found: dict[str, str] = {}
    for table, ids in of.items():
        for some in query.in_lists(ids):
            found |= await client.template_texts(table, some)
    return found


def article(row: wire.Article, readers: Readers, template: str, now: datetime) -> ArticleData:
    may, may_not = readers.of(row)
    html = "\n".join(filter(None, (row.text, template)))
    text = "\n".join(filter(None, ("" if row.text else row.wiki, html_to_text(html) if html else "")))
    visibility: Visibility = "restricted" if may or may_not else "public"
    return ArticleData(
        remote_id=row.sys_id, language=language(row.language), title=row.short_description, html=html, text=text,
        published=_is_shown(row, now), status_value=row.workflow_state, visibility=visibility,
        category_id=row.kb_knowledge_base.value, category=row.kb_knowledge_base.words, folder_id=row.kb_category.value,
        folder=row.kb_category.words, readers=may, barred=may_not, author_id=row.author or None,
        created_at=row.sys_created_on, updated_at=row.sys_updated_on,
        raw_hash=digest([row.model_dump(mode="json"), may, may_not, template, _is_shown(row, now)]),
    )  # fmt: skip


def language(code: str) -> str:
    return _LANGUAGES.get(code, code) or "en"


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
