"""What smoke looks at: panels with real content, quotes that stand in their sources, and the outsider who sees nothing."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from apps.core.text import normalise
from benchmarks.caller import Caller, Failed, require

LEAST = 15  # letters of something that says something


def words(node: LexborNode | None) -> str:
    return normalise(node.text()) if node is not None else ""


def telling(page: LexborHTMLParser, where: str, what: str) -> list[str]:
    """The texts found there, of which at least one must say something."""
    found = [text for text in map(words, page.css(where)) if len(text) >= LEAST]
    require(found, f"the ticket page shows no {what}")
    return found


def best_ticket(acme: Caller) -> tuple[dict[str, Any], dict[str, Any]]:
    """An open ticket of which everything was found."""
    for row in acme.tickets("open"):
        if row["draft"] != "reply":
            continue
        brief = acme.json(f"/api/v1/tickets/{row['id']}/brief/")
        fixes = [one for one in brief["similar"] if one["fix"]]
        if fixes and brief["articles"] and brief["summary"]["request"] and brief["draft"]["citations"]:
            return row, brief
    raise Failed("no open ticket with summary, similar case, article and suggested reply")


def queue_numbers(browser: Caller) -> set[str]:
    """The numbers of all tickets in the queue, of every status, page by page."""
    found: set[str] = set()
    for status in ("open", "pending", "solved", "closed"):
        path = f"/?status={status}"
        while path:
            page = browser.page(path)
            for row in page.css("td.subj .sub > span:first-child"):  # who wrote, and the number
                found.update(re.findall(r"#(\d+)$", words(row)))
            following = page.css_first("a[rel=next]")
            path = f"/{following.attributes['href']}" if following is not None else ""
    return found


def look_at_page(browser: Caller, ticket: dict[str, Any], brief: dict[str, Any]) -> None:
    """Every panel as a reader finds it: text, not headings."""
    page = browser.page(f"/tickets/{ticket['id']}/")
    thread = words(page.css_first("#thread"))
    require(len(thread) > 100, "the ticket page shows no conversation")
    for bullet in telling(page, "#panel-summary li > span:first-child", "summary"):
        require(bullet in thread, f"a line of the summary is not in the conversation: {bullet!r}")
    telling(page, "#panel-similar li h3 a", "similar case")
    telling(page, "#panel-similar li .fix span", "passage of a similar case")
    telling(page, "#panel-articles li h3 a", "article")
    telling(page, "#panel-articles li .fix", "passage of an article")
    draft = " ".join(telling(page, "#draft .draft-text p", "suggested reply"))
    for paragraph in brief["draft"]["paragraphs"]:
        for sentence in paragraph:
            require(normalise(sentence["text"]) in draft, f"the page leaves out {sentence['text']!r}")
            require(sentence["supported"] and sentence["citations"], f"no source for {sentence['text']!r}")
    links = {link.attributes.get("href") for link in page.css("#draft a[href*='/sources/']")}
    require(
        len(links) >= len({quote["source"]["id"] for quote in brief["draft"]["citations"]}), "citations lead nowhere"
    )
    for row in page.css("#panel-why tbody tr"):
        require(all(words(cell) for cell in row.css("td")), "a line of the trace is empty")
    telling(page, "#panel-why tbody tr", "trace")


def verify(browser: Caller, quotes: list[dict[str, Any]]) -> int:
    """Every quote is marked, word for word, in the page of its source. Returns how many."""
    require(quotes, "nothing is quoted")
    for quote in quotes:
        source = quote["source"]
        page = browser.page(f"/sources/{source['kind']}s/{source['id']}/?start={quote['start']}&end={quote['end']}")
        marked = normalise(" ".join(piece.text() for piece in page.css("article mark")))
        wanted = normalise(quote["text"])
        require(marked.replace(" ", "") == wanted.replace(" ", ""), f"{source['title']}: {marked!r} is not {wanted!r}")
        require(
            wanted.replace(" ", "") in words(page.css_first("article")).replace(" ", ""), "the span is not the text"
        )
    return len(quotes)


def ask(acme: Caller, question: str) -> list[dict[str, Any]]:
    """The quotes of an answer."""
    answer = acme.json("/api/v1/ask/", name="ask", body={"question": question})
    require(answer["outcome"] == "answer", f"no answer to {question!r}")
    for passage in answer["passages"]:
        quote = answer["citations"][passage["citation"] - 1]
        require(normalise(passage["text"]) in normalise(quote["text"]), "a passage says more than its quote")
    citations: list[dict[str, Any]] = answer["citations"]
    return citations


def outsider(
    globex: Caller, browser: Caller, acme: Caller, ticket: dict[str, Any], quotes: list[dict[str, Any]], question: str
) -> None:
    """globex asks for everything acme has: lists, tickets, briefs, sources, answers."""
    theirs = {row["id"] for row in acme.tickets()}
    ours = {row["id"] for row in globex.tickets()}
    require(theirs and ours and not theirs & ours, "the companies' lists share a ticket")
    paths = [
        f"/api/v1/tickets/{ticket['id']}/",
        f"/api/v1/tickets/{ticket['id']}/brief/",
        f"/api/v1/tickets/{ticket['id']}/draft/",
    ]
    for path in paths:
        status, _ = globex.call(path)
        require(status == 404, f"globex got {status} for {path} of acme")
    pages = [
        f"/tickets/{ticket['id']}/",
        *(f"/sources/{one['source']['kind']}s/{one['source']['id']}/" for one in quotes),
    ]
    for path in pages:
        status, content = browser.call(path)
        require(status == 404, f"globex got {status} for the page {path} of acme")
        require(ticket["subject"].encode() not in content, "a refusal tells a subject of acme")
    _, queue = browser.call("/")
    require(not any(one.encode() in queue for one in theirs), "the queue of globex shows a ticket of acme")
    _outsiders_question(globex, browser, quotes, question)


def _outsiders_question(globex: Caller, browser: Caller, quotes: list[dict[str, Any]], question: str) -> None:
    status, content = globex.call("/api/v1/ask/", body={"question": question})
    require(status == 200, f"globex's question answered {status}")
    known = {one["source"]["id"] for one in quotes}
    require(not any(one.encode() in content for one in known), "an answer to globex names a source of acme")
    require(not any(one["text"].encode() in content for one in quotes), "an answer to globex quotes acme")
    answer = globex.json("/api/v1/ask/", body={"question": question})
    for quote in answer["citations"]:  # whatever it found is globex's own
        browser.page(f"/sources/{quote['source']['kind']}s/{quote['source']['id']}/")
