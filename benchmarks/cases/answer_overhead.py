"""From a question to its answer ready, models at 0 ms: what is ours, beside the bare calls of engine and database."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import httpx2
import orjson
import psycopg
from django.test.utils import override_settings

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.services import EVERYTHING, ask_question
from apps.core.text import detect_language, normalise
from apps.llm.registry import embeddings, second_embeddings
from apps.search.index import CHUNKS, SECOND, SPARSE
from apps.search.lexical import query_vector
from apps.search.retrieval import LEG
from apps.tenancy.context import bind_company
from benchmarks.company import company_named
from benchmarks.index import running_index
from benchmarks.knowledge import Library, fill_company
from benchmarks.measure import Server, ran_threads
from benchmarks.texts import PROVIDERS, Hashed
from embedded.vectors.process import VectorsProcess

GOAL_MS = 50.0
COMPANIES = 20
KINDS = ("article", "message")


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Milliseconds a question, and CPU of all who work for it. Every question is new: nothing of it is cached."""
    companies, articles, tickets, asked = (2, 20, 20, 5) if short else (COMPANIES, 500, 1_000, 300)
    names = [f"bench-ask-{number}" for number in range(companies)]
    with override_settings(**PROVIDERS), running_index() as engine:
        library = Library.of(articles, tickets)
        chunks = sum(fill_company(engine, name, library) for name in names)
        with psycopg.connect(urls["superuser"], autocommit=True) as admin:
            admin.execute("ANALYZE")
        return _line(*_ask(engine, urls, names, library.questions(asked + companies)), chunks, companies)


def _ask(engine: VectorsProcess, urls: dict[str, str], names: list[str], questions: list[str]) -> tuple[Any, ...]:
    """Milliseconds of each question, those of its bare parts, CPU milliseconds by side, how many were answered."""
    assert engine.process is not None
    server, pid, asked = Server(urls["superuser"]), engine.process.pid, len(questions) - len(names)
    bindings = [company_named(name).binding() for name in names]
    own, bare, cpu, answered = [], [], dict.fromkeys(("client", "server", "engine"), 0.0), 0
    with (
        psycopg.connect(urls["app"]) as raw,
        httpx2.Client(base_url=engine.url, headers={"api-key": engine.token}, timeout=30) as client,
    ):
        for place, question in enumerate(questions, -len(names)):  # each company has been asked once before it counts
            binding = bindings[place % len(names)]
            # looking at others' CPU costs some of ours: ours is looked at last, and first afterwards
            before = {"server": server.cpu(), "engine": ran_threads(pid), "client": time.process_time()}
            models, began = _of_models(), time.perf_counter()
            with bind_company(binding):
                answer = ask_question(question=question, reach=ALL_TICKETS)
            spent = (time.perf_counter() - began - (_of_models() - models)) * 1000
            after = {"client": time.process_time(), "server": server.cpu(), "engine": ran_threads(pid)}
            least = _bare(client, raw, binding.company_id, question)
            if place >= 0:
                own.append(spent)
                bare.append(least)
                answered += answer.outcome == "answer"
                cpu = {name: cpu[name] + (after[name] - before[name]) * 1000 / asked for name in cpu}
    return own, bare, cpu, answered


def _of_models() -> float:
    """Seconds the embedders have worked: little, and not ours."""
    return sum(one.seconds for one in (embeddings(), second_embeddings()) if isinstance(one, Hashed))


def _bare(client: httpx2.Client, raw: psycopg.Connection, company_id: str, question: str) -> float:
    """The three legs and the rows they lead to, each by itself, without anything made of them."""
    text = normalise(question)
    other, words = second_embeddings(), query_vector(text, detect_language(text))
    assert other is not None
    own = {"key": "company_id", "match": {"value": company_id}}
    among = {"must": [own, {"key": "kind", "match": {"any": KINDS}}, {"key": "visibility", "match": {"any": EVERYTHING}}]}
    dense, second = embeddings().embed([text])[0], other.embed([text])[0]
    sparse = {"indices": words.indices, "values": words.values}
    began = time.perf_counter()
    ids: set[UUID] = set()
    for space, using, vector, params in (
        (CHUNKS, CHUNKS.vector, dense, None), (SECOND, SECOND.vector, second, None),
        (CHUNKS, SPARSE, sparse, {"idf": {"corpus": {"must": [own]}}}),
    ):  # fmt: skip
        body = {"query": vector, "using": using, "filter": among, "limit": LEG, "params": params}
        answer = client.post(f"/collections/{space.alias}/points/query", content=orjson.dumps(body))
        ids |= {UUID(one["id"]) for one in orjson.loads(answer.raise_for_status().content)["result"]["points"]}
    with raw.transaction(), raw.cursor() as cursor:
        schema = f"c_{company_id.replace('-', '_')}"
        cursor.execute(f"SET LOCAL search_path TO {schema}, pg_temp; SET LOCAL app.company_id TO '{company_id}'")
        rows = cursor.execute("SELECT source_id, text FROM search_chunk WHERE id = ANY(%s)", [list(ids)]).fetchall()
        sources = [row[0] for row in rows]
        cursor.execute("SELECT id, text FROM platforms_article WHERE id = ANY(%s)", [sources]).fetchall()
        cursor.execute(
            "SELECT m.id, m.text, t.subject FROM platforms_message m JOIN platforms_ticket t ON t.id = m.ticket_id"
            " WHERE m.id = ANY(%s)",
            [sources],
        ).fetchall()
    return (time.perf_counter() - began) * 1000


def _at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _line(own: list[float], bare: list[float], cpu: dict[str, float], answered: int, chunks: int, companies: int) -> dict[str, Any]:
    ours, least = _at(own, 0.95), _at(bare, 0.95)
    return {
        "name": "answer_overhead", "ours": round(ours, 2), "unit": "ms from a question to its answer, p95, models at 0 ms",
        "reference": round(least, 2), "reference_name": "p95 of the bare parts: three legs, and the rows they lead to",
        "ratio": round(ours / least, 2), "goal": f"p95 <= {GOAL_MS} ms", "ok": ours <= GOAL_MS,
        "p50_ms": round(_at(own, 0.5), 2), "reference_p50_ms": round(_at(bare, 0.5), 2),
        **{f"cpu_{name}_ms": round(value, 2) for name, value in cpu.items()}, "cpu_ms": round(sum(cpu.values()), 2),
        "questions": len(own), "answered": answered, "chunks": chunks, "companies": companies,
    }  # fmt: skip
