"""The agent's pages and the API on a mirrored case, end to end without a network."""

from __future__ import annotations

from datetime import datetime

import orjson
from django.test import Client

from apps.accounts.reach import ALL_TICKETS
from apps.assistant import answers, shapes
from apps.assistant.models import Brief
from apps.core.models import AuditEvent
from apps.platforms.models import Article, Message
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from tests.mirror import FIX, fill, ticket_data


def test_the_brief_holds_summary_fix_article_and_a_verified_draft(acme, case):
    with bind_company(acme.binding()):
        brief = Brief.objects.get(ticket=case).shape()
        article = Article.objects.get(remote_id="11")
    assert any("no longer charges" in line.text for line in brief.summary.request)
    assert any("cleaned the contacts" in line.text for line in brief.summary.tried)
    assert brief.similar[0].remote_id == "101"
    assert "Hold the button on the back" in brief.similar[0].fix.text
    assert brief.articles[0].title in {article.title, "Internal: fault FW-881"}
    assert brief.draft.outcome == "reply"
    assert brief.draft.greeting == "Hi Priya,"
    for quote in brief.draft.citations:
        assert quote.text in FIX


def test_private_words_stay_out_of_the_draft_and_are_marked_elsewhere(acme, case):
    with bind_company(acme.binding()):
        brief = Brief.objects.get(ticket=case).shape()
    draft = brief.draft.model_dump_json()
    assert "FW-881" not in draft
    assert "goodwill" not in draft
    assert any(one.visibility == "private" for one in brief.articles)


def test_an_agent_reads_queue_ticket_and_source(acme, case, client_of):
    browser = client_of(acme)
    queue = browser.get("/")
    assert queue.status_code == 200
    assert "Left earbud stopped charging" in queue.content.decode()
    page = browser.get(f"/tickets/{case.pk}/").content.decode()
    for words in (
        "Suggested reply",
        "Extractive mode",
        "Hold the button on the back",
        "Insert into reply",
        "Right earbud dead",
    ):
        assert words in page
    with bind_company(acme.binding()):
        quote = Brief.objects.get(ticket=case).shape().draft.citations[0]
    source = browser.get(f"/sources/{quote.source.kind}s/{quote.source.id}/?start={quote.start}&end={quote.end}")
    assert f'<mark id="q">{quote.text}</mark>' in source.content.decode()


def test_asking_gets_a_quote_or_an_honest_no(acme, case, client_of):
    browser = client_of(acme)
    yes = browser.post("/ask/", {"question": "How long do orders inside the EU take to arrive?"}).content.decode()
    assert "two to four working days" in yes
    no = browser.post("/ask/", {"question": "Who won the chess tournament in Reykjavik?"}).content.decode()
    assert "not enough evidence" in no


def test_the_api_gives_tickets_brief_draft_and_answers(acme, case, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    listed = api.get("/api/v1/tickets/?status=open").json()
    assert [row["number"] for row in listed["results"]] == ["102"]
    base = f"/api/v1/tickets/{case.pk}"
    assert len(api.get(f"{base}/").json()["messages"]) == 1
    assert api.get(f"{base}/brief/").json()["state"] == "ready"
    assert api.get(f"{base}/draft/").json()["outcome"] == "reply"
    brief = api.get(f"{base}/brief/").json()
    for part, number in (("similar", "101"), ("articles", "11")):
        found = api.get(f"{base}/{part}/").json()
        assert (found["state"], found["results"]) == ("ready", brief[part])
        assert number in {one["remote_id"] for one in found["results"]}
    answer = api.post("/api/v1/ask/", {"question": "delivery time EU orders"}, content_type="application/json").json()
    assert answer["outcome"] == "answer"


def test_the_stored_brief_passes_through_whole_with_its_state(acme, case, token_of, django_capture_on_commit_callbacks):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    base = f"/api/v1/tickets/{case.pk}"
    with bind_company(acme.binding()):
        stored = Brief.objects.get(ticket=case)
    with django_capture_on_commit_callbacks() as uses:
        read = api.get(f"{base}/brief/").json()
    assert len(uses) == 1
    assert datetime.fromisoformat(read.pop("made_at")) == stored.made_at
    assert read == {"state": "ready", **stored.data}
    assert api.get(f"{base}/draft/").json() == stored.data["draft"]
    with bind_company(acme.binding()):
        Brief.objects.update(thread_version="before")
        assert api.get(f"{base}/brief/").json()["state"] == "stale"
        Brief.objects.update(thread_version=case.thread_version, outcome="not_enough_evidence")
        with django_capture_on_commit_callbacks() as uses:
            assert api.get(f"{base}/brief/").json()["state"] == "thin"
        assert uses == []  # nothing was handed over
        Brief.objects.all().delete()
    for part in ("brief", "draft"):
        refused = api.get(f"{base}/{part}/")
        assert (refused.status_code, refused.json()["code"]) == (404, "brief_missing")


def test_every_answer_of_the_api_is_what_its_description_says(acme, case, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    base = f"/api/v1/tickets/{case.pk}"
    for path, shape in (
        ("/api/v1/tickets/", answers.TicketPage), (f"{base}/", answers.TicketThread),
        (f"{base}/similar/", answers.SimilarTickets), (f"{base}/articles/", answers.RelevantArticles),
        (f"{base}/brief/", answers.StoredBrief), (f"{base}/draft/", shapes.Draft),
        ("/api/v1/tickets/?limit=1000", answers.Problem),
    ):  # fmt: skip
        shape.model_validate_json(api.get(path).content)
    asked = api.post("/api/v1/ask/", {"question": "delivery time EU orders"}, content_type="application/json")
    shapes.Answer.model_validate_json(asked.content)
    wrong = api.post("/api/v1/ask/", {"ticket": "x"}, content_type="application/json")
    assert answers.Problem.model_validate_json(wrong.content).errors


def test_the_description_names_the_shape_of_every_answer_and_refusal(acme, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    found = orjson.loads(api.get("/api/v1/schema/?format=json", headers={"accept": "application/json"}).content)
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            answered = operation["responses"]
            assert {"401", "404"} <= set(answered) and {"200", "202"} & set(answered), (path, method)
            for answer in answered.values():
                for content in answer["content"].values():
                    assert content["schema"]["$ref"].startswith("#/components/schemas/"), (path, method)
    assert {"TicketPage", "TicketThread", "StoredBrief", "Draft", "Answer", "Problem"} <= set(found["components"]["schemas"])


def test_api_refusals_are_problem_documents(acme, case, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    for path, status, code in (
        ("/api/v1/tickets/?limit=1000", 400, "limit_invalid"),
        ("/api/v1/tickets/?status=nonsense", 400, "status_invalid"),
        ("/api/v1/tickets/?cursor=xx", 400, "cursor_invalid"),
        ("/api/v1/tickets/00000000-0000-7000-8000-000000000000/", 404, "not_found"),
    ):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer["Content-Type"].startswith("application/problem+json")
        assert answer.json()["request_id"]
    empty = api.post("/api/v1/ask/", {"question": " "}, content_type="application/json")
    assert empty.status_code == 400


def test_a_page_read_again_changes_nothing_and_embeds_nothing(acme, case, monkeypatch):
    from apps.ingest import indexing

    calls = []
    with bind_company(acme.binding()):
        before = list(Chunk.objects.order_by("id").values_list("id", "content_hash"))
        monkeypatch.setattr(indexing, "embeddings", lambda: calls.append(1))
        fill(
            [
                (
                    ticket_data(
                        102,
                        "Left earbud stopped charging after update 2.4.1",
                        "Hi,\n\nsince the update to 2.4.1 the left earbud no longer charges in the case. I already cleaned the contacts. What can I do?",
                    ),
                    [],
                )
            ]
        )
        assert list(Chunk.objects.order_by("id").values_list("id", "content_hash")) == before
    assert calls == []


def test_a_message_made_private_leaves_public_search_at_once(acme, case):
    with bind_company(acme.binding()):
        fix = Message.objects.get(text=FIX)
        chunk = Chunk.objects.filter(source_id=fix.pk).first()
        assert chunk.visibility == "public"
        Chunk.objects.filter(pk=chunk.pk).update(visibility="private")
        from apps.llm.registry import embeddings
        from apps.search.index import Sparse, Wanted
        from apps.search.lexical import query_vector
        from apps.search.retrieval import find

        words = query_vector(FIX, "en")
        hits = find(
            dense=embeddings().embed([FIX])[0],
            sparse=Sparse(list(words.indices), list(words.values)),
            wanted=Wanted(ALL_TICKETS, visibilities=("public",)),
        )
        assert chunk.pk not in {hit.chunk.pk for hit in hits}


def test_signing_in_with_the_form_and_out_again(acme, make_user):
    make_user(acme, email="mara@acme.example")
    browser = Client(headers={"host": "acme.localhost"})
    assert browser.get("/").status_code == 302
    wrong = browser.post("/sign-in/", {"username": "mara@acme.example", "password": "wrong"})
    assert "not right" in wrong.content.decode()
    right = browser.post("/sign-in/", {"username": "mara@acme.example", "password": "correct horse battery"})
    assert right.status_code == 302
    assert browser.cookies["session"].value.startswith("acme.")
    assert browser.get("/").status_code == 200
    assert browser.post("/sign-out/").status_code == 302
    assert browser.get("/").status_code == 302


def test_the_bare_host_leads_to_a_company(acme):
    browser = Client(headers={"host": "localhost"})
    assert browser.get("/").status_code == 200
    answer = browser.post("/", {"company": "Acme"})
    assert answer["Location"] == "http://acme.localhost:8000/"
    assert browser.post("/", {"company": "../x"}).status_code == 400


def test_parts_of_a_brief_that_is_not_made_are_missing_and_no_use_of_the_reply(acme, case, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    for part in ("similar", "articles"):
        assert api.get(f"/api/v1/tickets/{case.pk}/{part}/").status_code == 200
    with bind_company(acme.binding()):
        assert not AuditEvent.objects.filter(event="draft_used").exists()
        Brief.objects.all().delete()
    for part in ("similar", "articles"):
        answer = api.get(f"/api/v1/tickets/{case.pk}/{part}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "brief_missing")
