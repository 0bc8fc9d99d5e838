"""Search: by words and by meaning, filters, private words, near-duplicates, the engine away; page and API."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.reach import ALL_TICKETS
from apps.assistant import answers, finding
from apps.assistant.finding import MOST, Wish, find_sources
from apps.core.errors import BadInput, ExternalUnavailable, RateLimited
from apps.platforms.models import Article, Group, Ticket
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from tests.mirror import FIX, NOW, article_data, charging_case, fill, make_connection, message_data, ticket_data

EVERYTHING = ("public", "private", "restricted")
GERMAN = "Legen Sie beide Ohrhörer in das Case. Halten Sie die Taste 15 Sekunden gedrückt. Dann lädt der Hörer wieder."


@pytest.fixture
def mirror(acme):
    with bind_company(acme.binding()):
        charging_case()
        fill([], [article_data(15, "Laden nach einem Update", GERMAN, language="de")])
    return acme


@pytest.fixture
def inside(mirror):
    with bind_company(mirror.binding()):
        yield


def numbers(text: str, **wish) -> list[tuple[str, str]]:
    found = find_sources(wish=Wish(text, ALL_TICKETS, **{"visibilities": EVERYTHING} | wish))
    return [(one.passage.source.kind, one.passage.source.remote_id) for one in found.results]


def test_tickets_and_articles_come_once_each_with_their_words_marked(inside):
    found = find_sources(wish=Wish("left earbud stopped charging", ALL_TICKETS, visibilities=EVERYTHING))
    assert found.mode == "hybrid"
    keys = [(one.passage.source.kind, one.passage.source.remote_id) for one in found.results]
    assert len(set(keys)) == len(keys)
    assert {("message", "101"), ("message", "102"), ("article", "11")} <= set(keys)
    assert ("article", "13") not in keys  # delivery times
    for one in found.results:
        for start, end in one.marks:
            assert one.passage.text[start:end].lower()[:5] in ("left", "earbu", "charg", "stopp", "stops")
        assert (one.ticket is None) == (one.passage.source.kind == "article")
    assert any(one.marks for one in found.results)


def test_a_question_without_a_word_of_ours_finds_by_meaning_in_another_language(inside):
    assert ("article", "15") in numbers("my headphone does not load any more", kind="articles")
    assert ("article", "11") in numbers("Der Ohrhörer lädt nach der Aktualisierung nicht", kind="articles")


def test_nothing_is_an_answer(inside):
    assert numbers("Who won the chess tournament in Reykjavik?") == []


@pytest.mark.parametrize("text", ["FW-881", "fw-881", "the fault FW-881"])
def test_a_code_is_found_by_its_signs(inside, text):
    assert numbers(text)[0] in (("article", "12"), ("message", "101"))
    assert ("article", "12") not in numbers(text, visibilities=("public",))


def test_private_words_are_found_by_those_who_may_read_them_only(inside):
    private = {("article", "12")}
    assert private <= set(numbers("goodwill limit of fault FW-881"))
    found = find_sources(wish=Wish("goodwill limit of fault FW-881", ALL_TICKETS))
    assert all(one.passage.source.visibility == "public" for one in found.results)
    assert "FW-881" not in " ".join(one.passage.text for one in found.results)


def test_a_passage_whose_row_became_private_is_not_shown_while_the_engine_is_behind(inside):
    Article.objects.filter(remote_id="11").update(visibility="private")
    assert ("article", "11") not in numbers("restore charging after a firmware update", visibilities=("public",))
    assert ("article", "11") in numbers("restore charging after a firmware update")


def test_filters_narrow_and_a_status_or_a_group_means_tickets(inside):
    text = "earbud charging update"
    group = Group.objects.create(connection=make_connection(), remote_id="g1", name="Hardware")
    Ticket.objects.filter(remote_id="102").update(group=group)
    assert {kind for kind, _ in numbers(text, kind="articles")} == {"article"}
    assert {kind for kind, _ in numbers(text, kind="tickets")} == {"message"}
    assert numbers(text, status="open") == [("message", "102")]
    assert numbers(text, status="closed") == [("message", "101")]
    assert numbers(text, status="pending") == []
    assert numbers(text, group=group.pk) == [("message", "102")]
    assert numbers(text, group=group.pk, kind="articles") == []
    assert numbers("Laden nach dem Update", language="de") == [("article", "15")]
    later = NOW + timedelta(minutes=101, seconds=30)  # than the articles; ticket 101 has a reply of two hours after
    assert set(numbers(text, since=later)) == {("message", "101"), ("message", "102")}
    assert numbers(text, since=NOW + timedelta(days=1)) == []


def test_many_tickets_of_a_status_are_sorted_out_afterwards(inside, monkeypatch):
    monkeypatch.setattr(finding, "LISTED", 0)
    assert numbers("earbud charging update", status="open") == [("message", "102")]
    assert numbers("earbud charging update", status="closed") == [("message", "101")]


def test_near_duplicates_are_folded_and_counted(mirror):
    text = "The blue light of the case blinks three times and then the case goes dark again."
    with bind_company(mirror.binding()):
        fill([(ticket_data(number, "Case blinks", text), []) for number in range(201, 206)])
        found = find_sources(wish=Wish("blue light of the case blinks three times", ALL_TICKETS, kind="tickets"))
    assert found.results[0].folded == 4
    assert [one.passage.source.remote_id for one in found.results if one.passage.source.title == "Case blinks"] == [
        found.results[0].passage.source.remote_id
    ]


def test_of_a_ticket_the_words_that_speak_of_it_are_shown_and_a_thank_you_is_none(mirror):
    with bind_company(mirror.binding()):
        talk = [message_data(40, 210, "Got it, done now"), message_data(41, 210, "The hinge of the left side was screwed too tight; loosen it by a quarter turn.")]
        fill([(ticket_data(210, "How do I loosen the hinge?", "Hello, this is about my new case."), talk),
              (ticket_data(211, "How do I loosen the hinge?", "Thanks, done"), [])])  # fmt: skip
        found = find_sources(wish=Wish("loosen the hinge", ALL_TICKETS, visibilities=EVERYTHING, kind="tickets"))
    shown = {one.passage.source.remote_id: one.passage.text for one in found.results}
    assert shown["210"].startswith("The hinge of the left side")
    assert "211" not in shown


def test_a_deleted_or_trashed_ticket_is_not_found(inside):
    Ticket.objects.filter(remote_id="102").update(state="trashed")
    Ticket.objects.filter(remote_id="101").update(deleted=True)
    assert numbers("earbud charging update", kind="tickets") == []


def test_a_text_is_needed_and_not_too_long(inside):
    for bad in ("", "  \n", "x" * 401):
        with pytest.raises(BadInput):
            find_sources(wish=Wish(bad, ALL_TICKETS))
    numbers("?!")  # no word at all is no error


def test_a_company_searches_eight_times_at_once(inside):
    with ExitStack() as held:
        for _ in range(finding.SEARCHING.most):
            held.enter_context(finding.SEARCHING.held())
        with pytest.raises(RateLimited):
            find_sources(wish=Wish("earbud", ALL_TICKETS))
    assert numbers("earbud")


def test_another_company_finds_nothing_of_ours(mirror, globex):
    with bind_company(globex.binding()):
        assert numbers("left earbud stopped charging") == []


# the engine is away


@pytest.fixture
def no_engine(monkeypatch):
    """As retrieval.find tells it. A browser test stops the real one."""

    def away(**_):
        raise ExternalUnavailable("The vector engine did not answer.", code="index_unavailable")

    monkeypatch.setattr(finding, "find", away)


def test_words_alone_are_looked_for_with_the_same_filters(inside, no_engine):
    found = find_sources(wish=Wish("earbuds charging update", ALL_TICKETS, visibilities=EVERYTHING))
    assert found.mode == "words"
    keys = {(one.passage.source.kind, one.passage.source.remote_id) for one in found.results}
    assert {("message", "101"), ("message", "102"), ("article", "11")} <= keys
    assert numbers("earbuds charging update", status="open") == [("message", "102")]
    assert {kind for kind, _ in numbers("earbuds charging update", kind="articles")} == {"article"}
    assert numbers("Ohrhörer Case", language="de") == [("article", "15")]
    assert numbers("earbuds charging update", since=NOW + timedelta(days=1)) == []
    assert numbers("goodwill limit FW-881", visibilities=("public",)) == []
    assert ("article", "12") in numbers("goodwill limit FW-881")
    assert numbers("chess tournament in Reykjavik") == []
    assert numbers("100%_") == []


def test_the_page_says_that_meaning_does_not_count(mirror, client_of, no_engine):
    page = client_of(mirror).get("/search/?q=earbuds+charging").content.decode()
    assert "Search by meaning is not available right now." in page
    assert "Right earbud dead" in page


# over HTTP


@pytest.fixture
def browser(mirror, client_of):
    return client_of(mirror)


def test_the_page_shows_what_was_found_and_leads_to_it(mirror, browser):
    page = browser.get("/search/?q=left+earbud+stopped+charging").content.decode()
    with bind_company(mirror.binding()):
        ticket = Ticket.objects.get(remote_id="102")
    assert f'href="/tickets/{ticket.pk}/?at=1#m1"' in page
    assert re.search(r'href="/sources/articles/[0-9a-f-]{36}/\?start=0&amp;end=\d+&amp;mark=\w{12}#q"', page)
    assert re.search(r"<mark>earbuds?</mark>", page)
    assert re.search(r'<p role="status">\d+ results', page)
    assert '<span class="tag private">' in browser.get("/search/?q=fault+FW-881+goodwill+limit").content.decode()


def test_an_empty_page_a_page_without_results_and_one_of_filters(browser):
    assert "Search in tickets, notes and articles" in browser.get("/search/").content.decode()
    nothing = browser.get("/search/?q=chess+tournament+in+Reykjavik&status=open").content.decode()
    assert "Nothing was found." in nothing
    assert 'href="?q=chess+tournament+in+Reykjavik"' in nothing  # without filters
    narrowed = browser.get("/search/?q=earbud&kind=tickets&status=open&language=xx&since=9&group=x&show=abc").content.decode()
    assert '<input type="hidden" name="status" value="open">' in narrowed
    assert '<input type="hidden" name="language"' not in narrowed
    assert "Left earbud" in narrowed
    assert "Restore charging" not in narrowed


def test_what_somebody_searches_is_written_as_text(browser):
    page = browser.get("/search/", {"q": "<script>alert(1)</script>\0"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_number_from_the_bar_leads_to_its_ticket_and_everything_else_is_searched(mirror, browser):
    with bind_company(mirror.binding()):
        ticket = Ticket.objects.get(remote_id="102")
    for number in ("102", "#102", " 102 "):
        assert browser.get("/search/", {"q": number, "jump": "1"})["Location"] == f"/tickets/{ticket.pk}/"
    assert browser.get("/search/", {"q": "102"}).status_code == 200
    for other in ("999999", "earbud", "102 earbud", "#"):
        assert browser.get("/search/", {"q": other, "jump": "1"}).status_code == 200


def test_more_results_come_by_pages_up_to_an_end(mirror, browser):
    with bind_company(mirror.binding()):
        fill([(ticket_data(300 + number, f"Hinge {number} {chr(97 + number) * 9}", f"The hinge {chr(97 + number) * 30} squeaks {number}."), []) for number in range(25)])
    first = browser.get("/search/?q=hinge+squeaks").content.decode()
    assert first.count('class="result"') == 20
    assert 'href="?q=hinge+squeaks&amp;show=40#r21"' in first
    second = browser.get("/search/?q=hinge+squeaks&show=40").content.decode()
    assert second.count('class="result"') >= 25
    assert browser.get(f"/search/?q=hinge+squeaks&show={MOST * 10}").status_code == 200


def test_a_refusal_keeps_the_words_and_says_why(mirror, browser):
    long = browser.get("/search/", {"q": "x" * 401})
    assert (long.status_code, "The text is too long. Most characters allowed: 400" in long.content.decode()) == (400, True)
    with bind_company(mirror.binding()), ExitStack() as held:
        for _ in range(finding.SEARCHING.most):
            held.enter_context(finding.SEARCHING.held())
        busy = browser.get("/search/?q=earbud")
    assert (busy.status_code, busy["Retry-After"]) == (429, "2")
    assert 'value="earbud"' in busy.content.decode()


def test_the_api_gives_the_same_with_the_same_filters(mirror, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(mirror)}"})

    def ask(**given):
        answer = api.get("/api/v1/search/", given)
        assert answer.status_code == 200, answer.content
        return answers.SearchResults.model_validate_json(answer.content)

    found = ask(q="left earbud stopped charging")
    assert found.mode == "hybrid"
    assert {"102", "101", "11"} <= {one.number for one in found.results}
    for one in found.results:
        assert all(one.passage.text[start:end].strip() for start, end in one.marks)
    assert [one.number for one in ask(q="earbud charging update", status="open").results] == ["102"]
    assert ask(q="earbud charging update", limit=1).found > len(ask(q="earbud charging update", limit=1).results) == 1
    assert {one.kind for one in ask(q="earbud charging", kind="articles").results} == {"article"}
    assert ask(q="Laden nach dem Update", language="de").results[0].language == "de"
    assert ask(q="earbud charging", since="2027-01-01T00:00:00Z").results == []
    fix = next(one for one in ask(q=FIX[:100], kind="articles").results if one.number == "11")
    assert fix.passage.text[: fix.passage.end] == FIX[: fix.passage.end]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "query_empty"), ({"q": "x" * 401}, "query_too_long"), ({"q": "x", "kind": "people"}, "kind_invalid"),
        ({"q": "x", "status": "new"}, "status_invalid"), ({"q": "x", "group": "1"}, "group_invalid"),
        ({"q": "x", "language": "english"}, "language_invalid"), ({"q": "x", "since": "yesterday"}, "since_invalid"),
        ({"q": "x", "limit": "61"}, "limit_invalid"), ({"q": "x", "limit": "0"}, "limit_invalid"),
    ],
)  # fmt: skip
def test_the_api_refuses_what_it_does_not_know(mirror, token_of, given, code):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(mirror)}"})
    answer = api.get("/api/v1/search/", given)
    assert (answer.status_code, answers.Problem.model_validate_json(answer.content).code) == (400, code)


def test_the_api_says_when_to_come_back(mirror, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(mirror)}"})
    with bind_company(mirror.binding()), ExitStack() as held:
        for _ in range(finding.SEARCHING.most):
            held.enter_context(finding.SEARCHING.held())
        answer = api.get("/api/v1/search/", {"q": "earbud"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "3")


def test_chunks_of_a_passage_that_moved_are_left_out(inside):
    Chunk.objects.filter(remote_id="11").update(text="words that are nowhere")
    assert ("article", "11") not in numbers("restore charging after a firmware update", kind="articles")

