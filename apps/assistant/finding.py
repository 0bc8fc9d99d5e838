"""Search over tickets and articles: both legs of the index, each source once, near-duplicates folded. No model.

While the vector engine is away the words alone are looked for, in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import add
from typing import Literal
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When

from apps.accounts.reach import Reach
from apps.assistant.extractive.gate import DEFAULTS, passes
from apps.assistant.extractive.inputs import Passage
from apps.assistant.highlighting import Place, places, query_terms, shared, word_beginnings
from apps.assistant.loading import load_passages
from apps.assistant.searching import Asked, alike, asked, by_source, scored
from apps.core.errors import BadInput, ExternalUnavailable
from apps.core.text import detect_language, normalise
from apps.platforms.models import Article, Attachment, Message, Ticket
from apps.platforms.products import article_serves, serves
from apps.search.index import Wanted
from apps.search.lexical import codes
from apps.search.models import Chunk
from apps.search.ranking import Ranked, fuse, same_text_groups
from apps.search.retrieval import Hit, find
from apps.tenancy.slots import Slots

QUERY_LIMIT = 400  # characters
MOST = 60  # results of one search
LEG = 100  # candidates a leg
LISTED = 1000  # tickets that are named to the engine one by one; of more its candidates are sorted out afterwards
WIDE = 400  # candidates a leg then
LOADED = 90  # sources whose words are read: some of them are folded, or too far
SAYING = 40  # characters: shorter words say little by themselves
TERMS = 12  # that are looked for without the engine
OF_TICKETS = ("message", "attachment")
KINDS = {"": ("article", *OF_TICKETS), "tickets": OF_TICKETS, "articles": ("article",)}
SEARCHING = Slots(
    "assistant.search", most=8, seconds=60
)  # searches of a company at the same time: web threads are shared
Mode = Literal["hybrid", "words"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for. A status or a group is of tickets, so with either no article is found.

    `reach`: of whoever looks; `status`: a category; `since`: messages and articles changed at that time or later;
    `product`: what serves it, its own and what belongs to none.
    """

    text: str
    reach: Reach
    kind: str = ""  # tickets | articles
    status: str = ""
    group: UUID | None = None
    language: str = ""
    since: datetime | None = None
    visibilities: tuple[str, ...] = ("public",)
    product: UUID | None = None

    @property
    def of_tickets(self) -> bool:
        return bool(self.status or self.group)

    @property
    def kinds(self) -> tuple[str, ...]:
        found = KINDS[self.kind]
        return tuple(one for one in found if one in OF_TICKETS) if self.of_tickets else found


@dataclass(frozen=True, slots=True)
class Result:
    """One source with its best passage. `marks`: spans of the passage's text; `folded`: others that say the same."""

    passage: Passage
    marks: list[Place]
    folded: int = 0
    ticket: Ticket | None = None  # None for an article
    number: int = 0  # of the message in its thread


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought, best first. `words`: the vector engine was away, so meaning did not count."""

    results: list[Result]
    mode: Mode = "hybrid"


def find_sources(*, wish: Wish, language: str = "") -> Found:
    """Tickets and articles that speak of it; none is an answer too. `language`: the reader's, a hint.

    No transaction is open: the engine is asked over the network. Raises BadInput for an empty or too long text,
    RateLimited while the company searches much at the same time.
    """
    text = normalise(wish.text)
    if not text:
        raise BadInput("q: write what you look for.", code="query_empty")
    if len(text) > QUERY_LIMIT:
        raise BadInput(f"q: at most {QUERY_LIMIT} characters.", code="query_too_long")
    if not wish.kinds:
        return Found([])
    wish = replace(wish, text=text)
    spoken = detect_language(text, hint=language or None)
    with SEARCHING.held():
        mode: Mode = "hybrid"
        try:
            found = _by_both(wish, asked(text, spoken))
        except ExternalUnavailable:
            found, mode = _by_words(wish, spoken), "words"
    return Found(_results(_distinct(found), text, spoken), mode)


def _by_both(wish: Wish, question: Asked) -> list[Passage]:
    """Passages near enough, the best one of each source, best source first."""
    tickets = list(_tickets(wish).values_list("pk", flat=True)[: LISTED + 1]) if wish.of_tickets else None
    many = tickets is not None and len(tickets) > LISTED
    wanted = Wanted(
        wish.reach, kinds=wish.kinds, visibilities=wish.visibilities, language=wish.language, since=wish.since,
        product=wish.product, tickets=None if tickets is None or many else tuple(str(one) for one in tickets),
    )  # fmt: skip
    limit = WIDE if many else LEG
    hits = alike(find(dense=question.dense, sparse=question.sparse, wanted=wanted, second=question.second, limit=limit))
    if many:
        ids = {hit.chunk.ticket_id for hit in hits}
        fitting = set(_tickets(wish).filter(pk__in=ids).values_list("pk", flat=True))
        hits = [hit for hit in hits if hit.chunk.ticket_id in fitting]
    hits = [hit for hit in hits if _tells(hit, wish.text)]
    passages = load_passages(_best_each(hits, question), wish.reach, wish.product)
    return _near((one for one in passages if one.source.visibility in wish.visibilities), wish.text)


def _tells(hit: Hit, text: str) -> bool:
    """Whether its own words say anything: those of a thank-you are near only for the subject they stand under."""
    words = hit.chunk.text
    return len(words) >= SAYING or bool(shared(words, query_terms(text, hit.chunk.language), hit.chunk.language))


def _best_each(hits: Sequence[Hit], question: Asked) -> list[Ranked[Hit]]:
    """Sources by their nearest and wordiest parts; of each the passage with most of the words, then the nearest."""
    fused = {one.item.chunk.pk: one.fused for one in fuse(scored(hits), question.language)}
    own = {hit.chunk.pk: (_held(hit, question), fused[hit.chunk.pk]) for hit in hits}
    best: dict[UUID, Ranked[Hit]] = {}
    for one in by_source(hits, question, _source_of):
        held = best.setdefault(_source_of(one.item), one)
        if own[one.item.chunk.pk] > own[held.item.chunk.pk]:
            best[_source_of(one.item)] = one
    return list(best.values())[:LOADED]


def _held(hit: Hit, question: Asked) -> int:
    """How many of the question's words the passage holds."""
    language = hit.chunk.language
    return len(shared(hit.chunk.text, query_terms(question.text, language, question.language), language))


def _source_of(hit: Hit) -> UUID:
    """A ticket, or one language of an article."""
    return hit.chunk.ticket_id or hit.chunk.source_id


def _near(passages: Iterable[Passage], text: str) -> list[Passage]:
    """Those near by meaning, those that hold a code of the text, and those that hold more than half of its words."""
    named = codes(text)
    kept = []
    for one in passages:
        wanted = query_terms(text, one.source.language)
        least = DEFAULTS.listed if one.source.kind == "article" else DEFAULTS.related
        spoken = f"{one.source.title} {one.text}"
        held = len(shared(spoken, wanted, one.source.language))
        if passes(one.dense, one.lexical, least) or held > len(wanted) // 2 or named & codes(spoken):
            kept.append(one)
    return kept


def _by_words(wish: Wish, language: str) -> list[Passage]:
    """Passages that hold more than half of the words, those with most of them first, then the newest."""
    terms = sorted(word_beginnings(wish.text, language), key=lambda one: (-len(one), one))[:TERMS]
    if not terms:
        return []
    rows = Chunk.objects.filter(kind__in=wish.kinds, visibility__in=wish.visibilities)
    if wish.language:
        rows = rows.filter(language=wish.language)
    if wish.since is not None:
        rows = rows.filter(updated_at__gte=wish.since)
    if wish.of_tickets or wish.product is not None or not wish.reach.everything:
        held = Q(ticket_id__in=_tickets(wish).values("pk"))
        others = Q(ticket_id=None)
        if wish.product is not None or wish.reach.met is not None:
            others &= Q(source_id__in=Article.objects.within(wish.reach).filter(article_serves(wish.product)).values("pk"))
        rows = rows.filter(held if wish.of_tickets else held | others)
    holds = [_one_if(Q(text__icontains=term) | Q(header__icontains=term)) for term in terms]
    rows = rows.annotate(held=reduce(add, holds)).filter(held__gt=len(terms) // 2).order_by("-held", "-updated_at")
    best: dict[UUID, Ranked[Hit]] = {}
    for row in rows[:LEG]:
        hit = Hit(row, 0.0, float(row.held))
        best.setdefault(_source_of(hit), Ranked(hit, 0.0, hit.lexical, hit.lexical / len(terms)))
    return load_passages(list(best.values()), wish.reach, wish.product)


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0))


def _tickets(wish: Wish) -> QuerySet[Ticket]:
    tickets = Ticket.objects.shown().within(wish.reach).filter(serves(wish.product))
    if wish.status:
        tickets = tickets.filter(status_category=wish.status)
    return tickets.filter(group_id=wish.group) if wish.group else tickets


def _distinct(passages: Sequence[Passage]) -> list[tuple[Passage, int]]:
    """One passage a source, with how many others were folded into it: tickets that say the same, or articles."""
    firsts = list({one.family: one for one in reversed(passages)}.values())[::-1][:MOST]
    folded: dict[int, int] = {}  # place of a passage that stands for others -> how many
    for kind in KINDS[""]:
        held = [place for place, one in enumerate(firsts) if one.source.kind == kind]
        for leader in same_text_groups([firsts[place].text for place in held]):
            folded[held[leader]] = folded.get(held[leader], -1) + 1
    return [(firsts[place], folded[place]) for place in sorted(folded)]


def _results(found: Sequence[tuple[Passage, int]], text: str, language: str) -> list[Result]:
    sources = [one.source for one, _ in found]
    tickets = Ticket.objects.select_related("group", "product").in_bulk([one.ticket_id for one in sources if one.ticket_id])
    messages, files = ([one.id for one in sources if one.kind == kind] for kind in OF_TICKETS)
    numbers = dict(Message.objects.filter(pk__in=messages).values_list("pk", "number"))
    if files:
        numbers |= dict(Attachment.objects.filter(pk__in=files).values_list("pk", "message__number"))
    made = []
    for passage, folded in found:
        source = passage.source
        marks = places(passage.text, query_terms(text, source.language, language), source.language)
        ticket = tickets.get(UUID(source.ticket_id)) if source.ticket_id else None
        made.append(Result(passage, marks, folded, ticket, numbers.get(UUID(source.id), 0)))
    return made
