"""Shapes of what the assistant shows: plain data, no Django. Offsets are code points into the normalised source text."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Visibility = Literal["public", "private", "restricted"]


class Source(Shape):
    """Where words come from: one message of a ticket, a file of one, or one article."""

    kind: Literal["message", "article", "attachment"]
    id: str  # our UUID of the Message, Article or Attachment
    ticket_id: str | None = None  # our UUID, of messages and their files
    remote_id: str  # ticket number for messages and files, article id for articles
    title: str  # subject, article title or name of the file
    language: str
    visibility: Visibility
    updated_at: datetime


class Quote(Shape):
    """Words found in a stored source after whitespace normalisation; source text[start:end] == text."""

    source: Source
    text: str
    start: int
    end: int


class SummaryLine(Shape):
    text: str
    message_id: str
    number: int  # 1-based place of the message in the thread
    private: bool
    language: str
    start: int
    end: int


Mood = Literal["calm", "worried", "upset"]


class Summary(Shape):
    """Quoted sentences of the thread by what they tell; empty lists are shown as nothing."""

    request: list[SummaryLine] = []
    tried: list[SummaryLine] = []
    state: list[SummaryLine] = []
    last_ask: list[SummaryLine] = []
    open_questions: list[SummaryLine] = []
    dates: list[SummaryLine] = []  # future dates only
    mood: Mood = "calm"


class SimilarTicket(Shape):
    """A solved ticket like this one, with the passage that holds the fix."""

    ticket_id: str
    remote_id: str
    subject: str
    status: str
    language: str
    solved_at: datetime | None
    score: float  # 0..1
    seen: int  # tickets collapsed into this one, itself included
    also: list[str] = []  # the others of them
    fix: Quote | None
    terms: list[str]  # words both share: why it matched


class RelevantArticle(Shape):
    article_id: str
    remote_id: str
    title: str
    language: str
    visibility: Visibility
    updated_at: datetime
    score: float
    passage: Quote


class DraftSentence(Shape):
    text: str
    citations: list[int]  # 1-based into Draft.citations
    supported: bool


Missing = Literal[
    "no_source", "no_source_in_language", "weak_match", "customer_detail", "no_customer_message",
    "private_source", "other_language", "unsupported",
]  # fmt: skip


class Draft(Shape):
    """A suggested reply, or honestly none. greeting and closing state no facts and carry no citation."""

    outcome: Literal["reply", "ask_customer", "not_enough_evidence"]
    language: str
    greeting: str = ""
    paragraphs: list[list[DraftSentence]] = []
    closing: str = ""
    citations: list[Quote] = []
    missing: list[Missing] = []
    question: str = ""  # what to ask the customer, in their language
    score: float = 0.0
    threshold: float = 0.0


class Candidate(Shape):
    """One line of the run trace: what was considered and why it was kept or dropped."""

    kind: Literal["message", "article", "attachment", "resolution"]
    ticket_id: str | None = None  # of a message or its file
    title: str
    remote_id: str
    language: str
    visibility: Visibility
    dense: float
    lexical: float
    score: float
    kept: bool
    reason: str  # stable code: kept, below_threshold, other_language, duplicate, private, personal_data, no_fix, limit


class Brief(Shape):
    """Everything shown for a ticket, for one version of its thread."""

    thread_version: str
    mode: Literal["extractive"] = "extractive"
    language: str
    summary: Summary
    similar: list[SimilarTicket] = []
    articles: list[RelevantArticle] = []
    draft: Draft
    why: list[Candidate] = []


class AnswerPassage(Shape):
    text: str
    citation: int  # 1-based into Answer.citations


class Answer(Shape):
    """Reply to a question: cited passages, or an honest no. private: rests on agents-only words; name: for feedback."""

    name: str = ""
    outcome: Literal["answer", "not_enough_evidence"]
    question: str
    language: str
    passages: list[AnswerPassage] = []
    citations: list[Quote] = []
    private: bool = False
    missing: list[Missing] = []
    why: list[Candidate] = []
