"""Private words of a hundred notes, and of articles: never in a text for a customer, in seven languages."""

from __future__ import annotations

import pytest

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.models import Brief
from apps.assistant.pages import plain_text
from apps.platforms.models import Message, Ticket
from tests.mirror import CLOSED, FIX, article_data, fill, message_data, ticket_data

OPENINGS = (
    ("en", "The left earbud no longer charges since update 2.4.1, what can I do?"),
    ("de", "Der linke Ohrhörer lädt seit dem Update 2.4.1 nicht mehr, was kann ich tun?"),
    ("fr", "L’écouteur gauche ne charge plus depuis la mise à jour 2.4.1, que faire ?"),
    ("es", "El auricular izquierdo no carga desde la actualización 2.4.1, ¿qué puedo hacer?"),
    ("ko", "2.4.1 업데이트 이후 왼쪽 이어버드가 충전되지 않아요. 어떻게 해야 하나요?"),
    ("ja", "2.4.1の更新後、左のイヤホンが充電できません。どうすればよいですか。"),
    ("zh", "更新2.4.1之后左耳机无法充电，请问怎么办？"),
)
NOTES, ARTICLES, OPEN = 100, 20, 56


def canary(number: int) -> str:
    return f"KANARI{number:03}"


@pytest.fixture
def planted(in_acme):
    """Notes on solved cases, notes on the open cases themselves, and agent-only articles, all about the same fault."""
    tickets = []
    for number in range(1, NOTES // 2 + 1):
        language, opening = OPENINGS[number % len(OPENINGS)]
        note = f"{opening} {canary(number)} is the known cause, hold the button for 15 seconds."
        thread = [message_data(number * 10, number, note, private=True), message_data(number * 10 + 1, number, FIX)]
        tickets.append((ticket_data(number, f"Earbud {number} {language}", opening, status=CLOSED), thread))
    for number in range(1, OPEN + 1):
        language, opening = OPENINGS[number % len(OPENINGS)]
        hidden = canary(NOTES // 2 + number) if number <= NOTES // 2 else "nothing to hide"
        note = message_data(5000 + number, 900 + number, f"{hidden}: {FIX}", private=True)
        tickets.append((ticket_data(900 + number, f"Earbud dead {number}", opening), [note]))
    articles = [article_data(1, "Restore charging after a firmware update", FIX)]
    for number in range(ARTICLES):
        _, opening = OPENINGS[number % len(OPENINGS)]
        visibility = ("private", "restricted")[number % 2]
        words = f"{opening} {canary(NOTES + 1 + number)}. {FIX}"
        articles.append(article_data(100 + number, f"Internal {number}: charging fault", words, visibility=visibility))
    fill(tickets, articles)


def test_a_hundred_canaries_stay_out_of_every_text_for_a_customer(planted):
    assert Message.objects.filter(text__contains="KANARI", visibility="private").count() == NOTES
    briefs = list(Brief.objects.all())
    assert len(briefs) == OPEN == Ticket.objects.waiting().count()
    for brief in briefs:
        shape = brief.shape()
        assert "KANARI" not in plain_text(shape.draft)
        assert "KANARI" not in shape.draft.model_dump_json()
        assert all(quote.source.visibility == "public" for quote in shape.draft.citations)
    assert any(brief.outcome == "reply" for brief in briefs)  # something was said at all


def test_an_agent_sees_private_words_and_that_they_are_private(planted):
    found = [article for brief in Brief.objects.all() for article in brief.shape().articles]
    hidden = [article for article in found if "KANARI" in article.passage.text]
    assert hidden
    assert all(article.visibility != "public" for article in hidden)


def test_an_answer_that_rests_on_private_words_says_so(planted):
    from apps.assistant.services import ask_question

    answer = ask_question(question=f"What is {canary(31)}?", reach=ALL_TICKETS)
    assert any("KANARI" in quote.text for quote in answer.citations)
    assert answer.private
