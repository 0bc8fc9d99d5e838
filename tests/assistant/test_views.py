"""Every state of the agent's pages, asked over HTTP at a company's own host."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.assistant import views
from apps.assistant.models import Brief
from apps.assistant.templatetags.assistant import source_url
from apps.core.errors import ExternalUnavailable
from apps.core.models import AuditEvent
from apps.platforms.models import Article, Message, Ticket
from apps.tenancy.context import bind_company
from tests.mirror import FIX, fill, message_data, ticket_data

HTMX = {"hx-request": "true"}


@pytest.fixture
def browser(acme, client_of):
    return client_of(acme)


def change_brief(acme, ticket, **changes):
    with bind_company(acme.binding()):
        Brief.objects.filter(ticket=ticket).update(**changes)


def change_draft(acme, ticket, outcome, **changes):
    with bind_company(acme.binding()):
        stored = Brief.objects.get(ticket=ticket)
        stored.data["draft"] |= {"outcome": outcome} | changes
        stored.outcome = outcome
        stored.save()


def page_of(browser: Client, ticket: Ticket, query: str = "") -> str:
    answer = browser.get(f"/tickets/{ticket.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def draft_of(page: str) -> str:
    return page[page.index('<section class="draft"') : page.index('<section class="composer"')]


def test_a_ready_draft_shows_its_evidence_and_can_be_inserted(browser, case):
    draft = draft_of(page_of(browser, case))
    assert 'data-state="ready"' in draft
    assert re.search(r"Sentences verified: (\d) of \1", draft)
    assert "Extractive mode: no language model is connected." in draft
    assert draft.count('class="cite"') == draft.count('role="tooltip"') >= 1
    assert 'hx-trigger="every 30s, fresh from:body"' in draft
    plain = re.search(r'<template id="draft-plain">(.*?)</template>', draft, re.DOTALL)[1]
    assert plain.startswith("Hi Priya,\n\n")
    assert FIX[:40] in plain
    assert "<" not in plain


def test_a_number_of_a_citation_follows_its_sentence_without_a_gap(browser, case):
    draft = draft_of(page_of(browser, case))
    text = draft[draft.index('<div class="draft-text"') :]
    assert re.search(r'\.<span class="cite-wrap"><a class="cite"', text)
    assert not re.search(r'\s<span class="cite-wrap">', text)


def test_insert_works_without_script_and_says_that_nothing_was_sent(browser, case):
    page = page_of(browser, case, "?insert=draft")
    reply = re.search(r'<textarea id="reply"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1]
    assert reply.startswith("Hi Priya,")
    assert re.search(r'role="status"[^>]*>Inserted into the reply\. Nothing has been sent yet\.<', page)
    assert "Inserted" not in re.sub(r'data-inserted="[^"]*"', "", page_of(browser, case))


def test_a_missing_brief_is_awaited_by_polling_and_204_means_no_news(acme, browser, case):
    with bind_company(acme.binding()):
        Brief.objects.filter(ticket=case).delete()
    draft = draft_of(page_of(browser, case))
    assert 'aria-busy="true"' in draft
    assert 'hx-trigger="every 2s, fresh from:body"' in draft
    assert 'class="skel' in draft
    assert "data-insert" not in draft
    waiting = browser.get(f"/tickets/{case.pk}/draft/?seen=none", headers=HTMX)
    assert (waiting.status_code, waiting.content) == (204, b"")


def test_news_brings_the_card_the_panels_and_the_conversation(browser, case):
    news = browser.get(f"/tickets/{case.pk}/draft/?seen=none", headers=HTMX).content.decode()
    assert news.lstrip().startswith('<section class="draft" id="draft" data-state="ready"')
    assert re.search(r'id="panels" hx-swap-oob="true"', news)
    assert re.search(r'id="newest" hx-swap-oob="true"', news)
    assert "<html" not in news
    seen = re.search(r"\?seen=([\w-]+)", news)[1]
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(f"/tickets/{case.pk}/draft/?seen={seen}", headers=HTMX).status_code == 204
    assert not [one["sql"] for one in asked if "platforms_message" in one["sql"]]  # a long thread costs a look nothing
    with CaptureQueriesContext(connection) as asked:
        browser.get(f"/tickets/{case.pk}/draft/?seen=other", headers=HTMX)
    assert [one["sql"] for one in asked if "platforms_message" in one["sql"]]


def test_a_draft_of_an_older_conversation_says_so_and_steps_back(acme, browser, case):
    change_brief(acme, case, thread_version="older")
    draft = draft_of(page_of(browser, case))
    assert 'data-state="stale"' in draft
    assert "The conversation has changed since this draft was created." in draft
    assert "Update draft" in draft
    assert re.search(r'class="btn" id="insert"[^>]*>.*?Insert anyway', draft, re.DOTALL)
    assert "hx-trigger" not in draft  # the text under the reader stays
    fresh = browser.get(f"/tickets/{case.pk}/draft/?fresh=1", headers=HTMX).content.decode()
    assert 'data-state="live"' in fresh
    assert FIX[:40] not in draft_of(fresh + '<section class="composer"')


def test_without_evidence_there_is_no_draft_but_what_was_missing(acme, browser, case):
    change_draft(acme, case, "not_enough_evidence", paragraphs=[], citations=[], missing=["weak_match"], score=0.31)
    draft = draft_of(page_of(browser, case))
    assert "data-empty" in draft
    assert "The closest source is too far from the question." in draft
    assert "Closest match: 0.31" in draft
    assert "data-insert" not in draft
    assert "See what was found" in draft


def test_asking_the_customer_shows_the_question_in_their_language(acme, browser, case):
    question = "Bitte nennen Sie uns die Seriennummer."
    change_draft(acme, case, "ask_customer", paragraphs=[], citations=[], question=question, language="de")
    draft = draft_of(page_of(browser, case))
    assert f'<blockquote class="question" lang="de">{question}</blockquote>' in draft
    assert "In the customer’s language: German" in draft.replace("\n", "")
    assert "Insert question" in draft
    assert question in re.search(r'<template id="draft-plain">(.*?)</template>', draft, re.DOTALL)[1]


def test_a_sentence_without_a_source_is_marked_with_a_word(acme, browser, case):
    with bind_company(acme.binding()):
        stored = Brief.objects.get(ticket=case)
        stored.data["draft"]["paragraphs"][0][0] |= {"supported": False, "citations": []}
        stored.save()
    draft = draft_of(page_of(browser, case))
    assert 'class="unsupported"' in draft
    assert "No source" in draft
    assert "Underlined statements have no source. Check or remove them." in draft


def test_a_solved_ticket_gets_no_suggestion_and_is_not_awaited(acme, browser, case):
    with bind_company(acme.binding()):
        solved = Ticket.objects.get(remote_id="101")
    page = page_of(browser, solved)
    assert 'data-state="off"' in draft_of(page)
    assert "hx-trigger" not in draft_of(page)
    assert "Private note, agents only" in page
    assert 'data-visibility="private"' in page


def test_text_of_a_message_is_escaped_and_quoted_mail_is_folded(acme, browser, case):
    evil = (
        'Look <img src=x onerror="alert(1)"> here\n\nAm 3. März schrieb Mara Lind:\n> <script>alert(1)</script>\n> alt'
    )
    with bind_company(acme.binding()):
        message = Message.objects.get(ticket=case)
        Message.objects.filter(pk=message.pk).update(text=evil, html="")
    page = page_of(browser, case)
    assert "<img" not in page
    assert "&lt;img src=x" in page
    assert "<script>alert" not in page
    fold = page[page.index('<details class="fold">') :]
    assert "Quoted mail: 3 lines" in " ".join(fold[:600].split())
    assert "&lt;script&gt;" in fold


def test_words_of_another_language_carry_their_lang(acme, browser, case):
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=case.pk).update(language="ja", subject="充電できません")
        Message.objects.filter(ticket=case).update(language="zh", text="不能充电", html="")
    page = page_of(browser, case)
    assert '<h1 lang="ja">充電できません</h1>' in page
    assert '<div class="text" lang="zh-Hans"><p>不能充电</p></div>' in page
    assert '<abbr class="tag lang" title="Japanese">JA</abbr>' in page


def test_a_citation_opens_its_source_at_the_quoted_words(acme, browser, case):
    with bind_company(acme.binding()):
        quote = Brief.objects.get(ticket=case).shape().draft.citations[0]
    answer = browser.get(source_url(quote))
    page = answer.content.decode()
    assert f'<mark id="q">{quote.text}</mark>' in page
    assert "Go to the quoted words" in page
    assert answer["Cache-Control"] == "no-store"


def test_a_source_that_changed_since_says_so_and_marks_nothing(acme, browser, case):
    with bind_company(acme.binding()):
        quote = Brief.objects.get(ticket=case).shape().draft.citations[0]
        model = Article if quote.source.kind == "article" else Message
        model.objects.filter(pk=quote.source.id).update(text="Everything was rewritten. " * 20, html="")
    page = browser.get(source_url(quote)).content.decode()
    assert "<mark" not in page
    assert "This source has changed since it was quoted." in page


@pytest.mark.parametrize(
    "span", ["start=5&end=2", "start=x&end=9", "start=-1&end=4", "start=0&end=99999999", "start=9"]
)
def test_a_nonsense_span_shows_the_source_without_a_mark(acme, browser, case, span):
    with bind_company(acme.binding()):
        message = Message.objects.filter(ticket=case).get()
    answer = browser.get(f"/sources/messages/{message.pk}/?{span}")
    assert answer.status_code == 200
    assert b"<mark" not in answer.content


def test_a_private_source_is_sand_and_says_agents_only(acme, browser, case):
    with bind_company(acme.binding()):
        note = Message.objects.get(visibility="private")
    page = browser.get(f"/sources/messages/{note.pk}/").content.decode()
    assert 'class="card read private"' in page
    assert "Agents only" in page


def test_a_question_by_script_gets_the_answer_alone_and_empties_the_field(browser, case):
    answer = browser.post(
        f"/tickets/{case.pk}/ask/", {"question": "How long do EU orders take to arrive?"}, headers=HTMX
    )
    part = answer.content.decode()
    assert answer.status_code == 200
    assert answer["HX-Trigger"] == "answered"
    assert "<html" not in part
    assert part.lstrip().startswith('<p class="me" lang="en">How long do EU orders take to arrive?</p>')
    assert "two to four working days" in part
    assert "Insert as reply" in part


def test_a_question_without_script_gets_the_whole_ticket_page(browser, case):
    page = browser.post(
        f"/tickets/{case.pk}/ask/", {"question": "How long do EU orders take to arrive?"}
    ).content.decode()
    assert "<html" in page
    assert 'id="draft"' in page
    assert "two to four working days" in page


def test_an_answer_from_private_words_cannot_be_inserted(browser, case):
    part = browser.post(
        f"/tickets/{case.pk}/ask/", {"question": "goodwill limit of fault FW-881"}, headers=HTMX
    ).content.decode()
    assert "Private, uses agents’ notes" in part
    assert 'aria-disabled="true"' in part
    assert "data-insert" not in part


def test_an_empty_question_is_refused_and_a_dead_search_keeps_the_question(browser, case, monkeypatch):
    empty = browser.post(f"/tickets/{case.pk}/ask/", {"question": "  "}, headers=HTMX)
    assert empty.status_code == 400
    assert "HX-Trigger" not in empty
    assert "Write a question." in empty.content.decode()

    def down(**_: object) -> None:
        raise ExternalUnavailable("the vector engine does not answer")

    monkeypatch.setattr(views, "ask_question", down)
    dead = browser.post(f"/tickets/{case.pk}/ask/", {"question": "Is it charged?"})
    assert dead.status_code == 503
    page = dead.content.decode()
    assert 'value="Is it charged?"' in page
    assert "No answer came back." in page
    assert dead["X-Request-ID"] in page


def test_a_person_whose_session_ended_keeps_the_page_and_its_text(acme, case):
    nobody = Client(headers={"host": "acme.localhost"})
    headers = HTMX | {"hx-current-url": f"http://acme.localhost/tickets/{case.pk}/"}
    part = nobody.get(f"/tickets/{case.pk}/draft/", headers=headers)
    assert part.status_code == 401
    assert "<html" not in part.content.decode()
    assert f"/sign-in/?next=%2Ftickets%2F{case.pk}%2F" in part.content.decode()
    whole = nobody.get(f"/tickets/{case.pk}/")
    assert whole.status_code == 302
    assert whole["Location"] == f"/sign-in/?next=/tickets/{case.pk}/"


def test_errors_are_pages_for_people_and_cards_for_script(browser, case):
    missing = "/tickets/0198c0de-0000-7000-8000-000000000000/"
    page, card = browser.get(missing), browser.get(missing, headers=HTMX)
    assert page.status_code == card.status_code == 404
    assert "<html" in page.content.decode()
    assert "<html" not in card.content.decode()
    assert page["X-Request-ID"] in page.content.decode()
    assert card["X-Request-ID"] in card.content.decode()


def test_every_page_is_clean_under_the_strict_policy(browser, case):
    with_source = source = None
    for path in ("/", f"/tickets/{case.pk}/", "/ask/", "/nowhere/", "/sign-in/"):
        answer = browser.get(path)
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        page = answer.content.decode()
        with_source = with_source or re.search(r'href="(/sources/[^"]+)"', page)
        assert not re.search(r"\s(style|on[a-z]+)=\"|<style|<script(?![^>]* src=\"/static/)", page)
    source = browser.get(with_source[1].replace("&amp;", "&"))
    assert source.status_code == 200


def test_the_queue_says_what_syncs_and_what_is_not_connected(acme, client_of):
    page = client_of(acme).get("/").content.decode()
    assert "No helpdesk is connected" in page


def test_the_ticket_page_speaks_the_persons_language_and_wears_their_theme(acme, browser, case):
    with bind_company(acme.binding()):
        User.objects.filter(role="agent").update(language="de", theme="dark")
    page = page_of(browser, case)
    assert '<html lang="de" data-theme="dark">' in page


def test_queries_of_a_ticket_page_do_not_grow_with_its_conversation(acme, browser, case, django_assert_max_num_queries):
    long = ticket_data(300, "Long conversation", "First words of the customer, who asks about charging.")
    with bind_company(acme.binding()):
        fill([(long, [message_data(1000 + number, 300, f"Answer number {number}.") for number in range(30)])])
        ticket = Ticket.objects.get(remote_id="300")
    with django_assert_max_num_queries(35):
        page = page_of(browser, ticket)
    assert page.count('<article class="msg"') == 31


def test_a_use_is_told_of_a_draft_that_is_there_and_in_words_of_ours(browser, case, acme):
    where = f"/tickets/{case.pk}/draft/used/"
    page = browser.get(f"/tickets/{case.pk}/").content.decode()
    assert f'data-used="{where}"' in page
    assert browser.post(where, {"mode": "inserted"}).status_code == 204
    for wrong in ("", "read", "CNRY the draft itself"):
        answer = browser.post(where, {"mode": wrong})
        assert (answer.status_code, answer.content) == (400, b"mode: one of inserted, copied.")
    assert browser.get(where).status_code == 405
    strict = Client(enforce_csrf_checks=True, headers={"host": "acme.localhost"})
    strict.cookies = browser.cookies
    assert strict.post(where, {"mode": "inserted"}).status_code == 403
    change_brief(acme, case, outcome="not_enough_evidence")
    assert browser.post(where, {"mode": "inserted"}).status_code == 404
    with bind_company(acme.binding()):
        assert [row.facts for row in AuditEvent.objects.filter(event="draft_used")] == [{"mode": "inserted"}]
