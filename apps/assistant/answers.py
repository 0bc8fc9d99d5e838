"""Shapes of the API's answers, for its description: what the views send, field by field. Knows no Django."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from apps.assistant.shapes import Brief, Quote, RelevantArticle, Shape, SimilarTicket, Visibility
from apps.core.answers import Problem as Problem
from apps.platforms.abilities import AbilityName

Category = Literal["open", "pending", "solved", "closed"]
Outcome = Literal["reply", "ask_customer", "not_enough_evidence"]


class TicketRow(Shape):
    """A ticket in the list. `status` is the platform's own word, `category` what it amounts to; draft: null before
    there is a brief. priority: 1 low to 4 urgent."""

    id: UUID
    number: str
    subject: str
    status: str
    category: Category
    priority: int
    language: str
    customer: str | None
    customer_company: str | None
    group: str | None
    product: str | None
    draft: Outcome | None
    created_at: datetime
    updated_at: datetime


class TicketPage(Shape):
    """One page; `next` goes into the parameter `cursor`, null on the last page."""

    results: list[TicketRow]
    next: str | None


class ThreadEntry(Shape):
    """One entry of the thread; number 1 is the description."""

    id: UUID
    number: int
    kind: str
    author: Literal["customer", "agent", "system"]
    author_name: str
    visibility: Visibility
    text: str
    language: str
    created_at: datetime


class LinkedTicket(Shape):
    """Another ticket and what it is to this one; none that is out of reach. `merged_from`: it went into this one."""

    kind: Literal["merged_into", "merged_from", "parent", "child", "tracker", "related"]
    id: UUID
    number: str


class TicketRating(Shape):
    """What a customer said of how the case was handled. `score`: -3 extremely unhappy, 0 neutral, 3 extremely happy; null for a
    value of no scale we know."""

    id: UUID
    score: int | None
    comment: str
    created_at: datetime


class TimeSpent(Shape):
    """Time that an agent noted. `running`: a timer, the minutes are those up to the last look."""

    id: UUID
    agent: str | None
    minutes: int
    billable: bool
    running: bool
    note: str
    spent_at: datetime


class TicketThread(Shape):
    """One ticket with its thread."""

    id: UUID
    number: str
    subject: str
    status: str
    category: Category
    priority: int
    language: str
    customer: str | None
    customer_company: str | None
    group: str | None
    product: str | None
    created_at: datetime
    updated_at: datetime
    messages: list[ThreadEntry]
    ratings: list[TicketRating]
    time_entries: list[TimeSpent]
    links: list[LinkedTicket]


class ArticleRow(Shape):
    """One language of a published article. `visibility`: who may read it in the helpdesk; only public is for customers."""

    id: UUID
    number: str
    title: str
    language: str
    visibility: Visibility
    category: str
    folder: str
    tags: list[str]
    created_at: datetime
    updated_at: datetime


class ArticlePage(Shape):
    """One page; `next` goes into the parameter `cursor`, null on the last page."""

    results: list[ArticleRow]
    next: str | None


class Translation(Shape):
    """The same article in another language."""

    id: UUID
    language: str


class WholeArticle(ArticleRow):
    """An article with its text, as the helpdesk gives it without markup."""

    text: str
    translations: list[Translation]


class FeedState(Shape):
    """One feed of a connection. `reading`: by somebody now; `lag_seconds`: since it was last read to its end, null before
    the first time; `next_at`: not read before; `failures`: in a row; `last_error`: a stable code, '' for none; `held`:
    removals too many to be believed."""

    feed: str
    pages: int
    items: int
    reading: bool
    completed_at: datetime | None
    first_completed_at: datetime | None
    lag_seconds: int | None
    next_at: datetime
    failures: int
    last_error: str
    held: int


class AbilityState(Shape):
    """One thing the account may let us do. `reason`: a stable code, how we know or why not; `value`: a cost, else null."""

    name: AbilityName
    state: Literal["yes", "no", "unknown"]
    reason: str
    value: int | None


class AccountCheck(Shape):
    """The last look at what the key sees and the account lets us do. `own_statuses`: of `statuses`, those it defined;
    `tickets`: live ones by the helpdesk's own count, null where it does not tell."""

    checked_at: datetime
    scope: Literal["all", "group", "restricted", "unknown"]
    calls_per_minute: float | None
    languages: list[str]
    statuses: int
    own_statuses: int
    warnings: list[str]
    tickets: int | None = None
    abilities: list[AbilityState]


class ConnectionState(Shape):
    """One account at a helpdesk. `calls_left` of `calls_per_minute`: as it told `told_seconds` ago, null when it has not;
    `rests_seconds`: nobody calls it for so long; `slow`: it does not answer, or late; `check`: null
    for one that was connected before there were checks."""

    account: str
    state: Literal["active", "paused", "rejected"]
    last_error: str
    calls_per_minute: float | None
    calls_left: float | None
    told_seconds: float | None
    rests_seconds: float
    slow: bool
    check: AccountCheck | None
    feeds: list[FeedState]


class FailedWork(Shape):
    """Work that failed, by kind and code."""

    kind: str
    code: str
    count: int


class SyncState(Shape):
    """How far mirror and index are. `owed`: work that waits, by kind, the oldest of it due since `owed_seconds`;
    `failing`: of it, what has failed already, in `failures` by kind and code; `dead`: what was set aside; `held`: removals
    that wait for somebody's word; `done`: every feed was read to its end once and nothing is owed."""

    tickets: int
    messages: int
    articles: int
    chunks: int
    owed: dict[str, int]
    owed_seconds: float | None
    failing: int
    failures: list[FailedWork]
    dead: list[FailedWork]
    held: int
    done: bool
    connections: list[ConnectionState]


class StoredBrief(Brief):
    """The brief and whether it still speaks of the whole thread."""

    state: Literal["ready", "ask", "thin", "stale"]
    made_at: datetime


class SimilarTickets(Shape):
    """The similar tickets of the brief, best first, and whether it still speaks of the whole thread."""

    state: Literal["ready", "ask", "thin", "stale"]
    made_at: datetime
    results: list[SimilarTicket]


class RelevantArticles(Shape):
    """The articles of the brief, best first, and whether it still speaks of the whole thread."""

    state: Literal["ready", "ask", "thin", "stale"]
    made_at: datetime
    results: list[RelevantArticle]


class SearchResult(Shape):
    """One ticket or article with the passage of it that fits best. `marks`: spans [start, end] of the passage's text that
    hold words of the search; `message`: its place in the ticket's thread; `folded`: how many more say nearly the same and
    are not listed; status and category: null for an article."""

    kind: Literal["ticket", "article"]
    id: UUID
    number: str
    title: str
    language: str
    visibility: Visibility
    status: str | None
    category: Category | None
    message: int | None
    updated_at: datetime
    passage: Quote
    marks: list[tuple[int, int]]
    folded: int


class SavedReply(Shape):
    """Of the helpdesk, for its agents; `text` with the placeholders the helpdesk would fill. Nothing is quoted from it."""

    id: UUID
    title: str
    folder: str
    text: str


class SearchResults(Shape):
    """Best first. `found`: how many there are, `limit` or not; `mode`: words while the vector engine is away, so that
    meaning does not count. `saved_replies`: up to three that hold more than half of the words, when no filter is given, of
    those the caller may use."""

    results: list[SearchResult]
    saved_replies: list[SavedReply]
    found: int
    mode: Literal["hybrid", "words"]


class GivenFeedback(Shape):
    """A person's word on one thing as it is kept; `none`: nothing is kept, and `updated_at` is null."""

    kind: Literal["draft", "answer", "similar", "article"]
    ticket: UUID | None
    thing: str
    value: Literal["up", "down", "none"]
    reason: Literal["", "wrong", "outdated", "not_relevant", "missing", "tone", "private", "other"]
    comment: str
    updated_at: datetime | None
