"""Lines of the log: declared events and fields, one line each, and nothing of what people wrote or keys say."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import orjson
import psycopg
import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from apps.core.events import EVERYWHERE, LOG_EVENTS
from apps.core.logging import LineFormatter

CANARIES = (
    "mara.kanari@kunde.example", "+49 30 901820-77", "010-2345-6789", "4111 1111 1111 1111", "090-1234-5678",
    "dsk_user_acme_KANARIkanariKANARIkanari_0", "acme.kanarisessionkey0123456789", "kanari horse battery",
    "Der linke KANARI-Ohrhörer lädt nicht", "왼쪽 카나리아 이어버드", "左のカナリアが鳴らない", "左边的金丝雀不叫", "Basic a2FuYXJpOlg=",
)  # fmt: skip
TEXT = "; ".join(CANARIES)
ALWAYS = {"timestamp", "level", "logger", "event", "error"} | EVERYWHERE


def written(record: logging.LogRecord, form: str = "json") -> str:
    found = LineFormatter(form).format(record)
    assert not any(canary in found for canary in CANARIES), found
    return found


def record(message: object, *args: object, name: str = "some.library", error: BaseException | None = None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.ERROR, __file__, 7, message, args, info, "somewhere")


def raised(fault) -> BaseException:
    with pytest.raises(BaseException) as caught:
        fault()
    return caught.value


@pytest.fixture(autouse=True)
def outside_of_requests() -> None:
    """What the request of a test before has left on this thread."""
    structlog.contextvars.clear_contextvars()


def test_a_library_s_line_tells_where_it_was_written_and_not_what_it_says():
    line = orjson.loads(written(record("no %s for %s", CANARIES[0], TEXT)))
    assert line.keys() == {"timestamp", "level", "logger", "event", "where"}
    assert (line["event"], line["where"]) == ("foreign", "tests/core/test_logging.py:7 somewhere")


def test_arguments_that_do_not_fit_their_message_are_not_printed_either(capfd):
    logging.getLogger("some.library").error("%d of %d", TEXT)
    assert not any(canary in capfd.readouterr().err for canary in CANARIES)
    written(record("%d of %d", TEXT))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT CAST(%s AS timestamptz)", "SELECT CAST(%s AS json)",
        "SELECT CAST(%s AS integer)", "SELECT CAST(%s AS uuid)", "SELECT * FROM \"%s\"",
    ],
)  # fmt: skip
def test_an_error_of_the_database_quotes_no_row_and_no_statement(in_acme, statement):
    def ask() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [TEXT])

    error = raised(ask)
    assert isinstance(error, DatabaseError)
    assert any(canary in str(error) for canary in CANARIES), "it would have been quoted"
    line = orjson.loads(written(record("it failed: %s", error, error=error)))
    assert line["event"] == "crashed"
    assert [one["type"].partition(".")[0] for one in line["error"]] == ["django", "psycopg"]
    assert line["error"][1]["code"] == error.__cause__.sqlstate
    assert all(" " in frame for one in line["error"] for frame in one["frames"])


def test_a_key_that_is_there_already_is_not_quoted(superuser_url):
    def ask() -> None:
        with psycopg.connect(superuser_url) as admin:
            admin.execute("CREATE TEMPORARY TABLE twice (email text UNIQUE)")
            for _ in range(2):
                admin.execute("INSERT INTO twice VALUES (%s)", [CANARIES[0]])

    error = raised(ask)
    assert f"Key (email)=({CANARIES[0]})" in str(error)
    assert orjson.loads(written(record("x", error=error)))["error"][0]["code"] == "23505"


def test_an_error_of_input_quotes_no_input_nor_what_led_to_it():
    class Payload(BaseModel):
        number: int

    def ask() -> None:
        secret = TEXT  # a local variable of the frame
        try:
            Payload.model_validate({"number": secret})
        except ValidationError as exc:
            raise KeyError(secret) from exc

    line = orjson.loads(written(record("x", error=raised(ask))))
    assert [one["type"] for one in line["error"]] == [
        "builtins.KeyError",
        "pydantic_core._pydantic_core.ValidationError",
    ]


def test_frames_are_ours_and_the_last_one(in_acme):
    from apps.platforms.models import Ticket

    frames = orjson.loads(written(record("x", error=raised(lambda: Ticket.objects.get(remote_id=TEXT)))))["error"][0]
    assert frames["type"] == "apps.platforms.models.Ticket.DoesNotExist"
    assert frames["frames"][-1].startswith("django/db/models/query.py:")


def test_only_declared_events_and_fields_of_their_shape_are_written():
    def say(**fields):
        return orjson.loads(written(record(fields, name="deskhand.test")))

    assert say(event="indexed", sources=3, chunks=TEXT, text=TEXT)["chunks"] == "<str>"
    assert "text" not in say(event="indexed", sources=3, text=TEXT)
    assert say(event="indexed", sources=3)["sources"] == 3
    assert say(event=TEXT, sources=3)["event"] == "undeclared"
    assert say(event="task_failed", task="ingest.sync_stream")["task"] == "ingest.sync_stream"
    assert say(event="task_failed", task=CANARIES[0])["task"] == "<str>"


def test_company_person_and_request_stand_on_every_line_and_nothing_else_of_the_context():
    who = "user:01890000-0000-7000-8000-000000000001"
    with structlog.contextvars.bound_contextvars(
        company="acme", principal=who, request_id="0123456789abcdef", mail=TEXT
    ):
        for name, message in (("deskhand.test", {"event": "cache_back"}), ("some.library", "x")):
            line = orjson.loads(written(record(message, name=name)))
            assert (line["company"], line["principal"], line["request_id"]) == ("acme", who, "0123456789abcdef")
            assert line.keys() <= ALWAYS | {"where"}
    with structlog.contextvars.bound_contextvars(principal=CANARIES[0]):
        assert orjson.loads(written(record("x")))["principal"] == "<str>"


anything = st.one_of(
    st.text(), st.integers(), st.floats(), st.binary(), st.booleans(), st.none(), st.lists(st.text()),
    st.sampled_from(CANARIES), st.text(alphabet="\n\r\x1b\x00\x85\u2028[31mABC"),
)  # fmt: skip


@pytest.mark.parametrize("form", ["json", "text"])
@given(
    event=st.one_of(st.sampled_from(sorted(LOG_EVENTS)), st.text()),
    fields=st.dictionaries(st.one_of(st.sampled_from(sorted({f for e in LOG_EVENTS.values() for f in e.fields})), st.text()), anything),
    name=st.one_of(st.just("deskhand.x"), st.text()),
)  # fmt: skip
def test_no_value_breaks_a_line_or_colours_a_terminal(form, event, fields, name):
    found = written(record(fields | {"event": event}, name=name), form)
    assert found.isprintable(), "a line break or an escape"
    if form == "json":
        declared = LOG_EVENTS[event].fields if event in LOG_EVENTS else set()
        assert orjson.loads(found).keys() <= ALWAYS | declared | {"where"}


WAYS = """
import asyncio, gc, logging, os, sys, threading, warnings
import uvicorn.config
uvicorn.config.Config("x:y")                       # a server sets its own handlers up before it loads us
server = logging.getLogger("gunicorn.error"); server.propagate = False
server.addHandler(logging.StreamHandler())
import django; django.setup()
from celery import signals
from config.celery import app; app.log.setup(loglevel="DEBUG")
CANARY = sys.argv[1]
class Broken:
    def __del__(self): raise ValueError(CANARY)
def fail(): raise ValueError(CANARY)
def told(name):
    try: fail()
    except ValueError: logging.getLogger(name).exception("failed with %s", CANARY)
for name in ("uvicorn.error", "gunicorn.error", "celery.app.trace", "celery.worker", "django.request", "django.db.backends",
             "httpx", "httpx2", "asyncio", "psycopg.pool", "some.library"):
    told(name)
from billiard.util import get_logger; get_logger(); told("multiprocessing")    # cut off from the root
warnings.warn(CANARY)
thread = threading.Thread(target=fail); thread.start(); thread.join()
async def loose(): task = asyncio.ensure_future(asyncio.to_thread(fail)); await asyncio.sleep(.05); del task; gc.collect()
asyncio.run(loose())
Broken(); gc.collect()
logging.getLogger("some.library").error("%d %d", CANARY)
fail()
"""


def test_no_way_out_of_a_process_says_more():
    """Servers', Celery's and libraries' loggers, warnings, threads, loops, finalisers, a crash: each a line of ours."""
    done = subprocess.run(
        [sys.executable, "-c", WAYS, TEXT], capture_output=True, text=True, env=os.environ | {"LOG_FORMAT": "json"}
    )
    assert done.returncode == 1
    assert done.stdout == ""
    lines = [orjson.loads(line) for line in done.stderr.splitlines()]
    assert not any(canary in done.stderr for canary in CANARIES)
    crashed = [line["logger"] for line in lines if line["event"] == "crashed"]
    assert {"uvicorn.error", "gunicorn.error", "celery.app.trace", "celery.worker", "django.request", "multiprocessing",
            "some.library", "asyncio"} <= set(crashed)  # fmt: skip
    assert crashed.count("deskhand.crash") == 3
    assert "py.warnings" in {line["logger"] for line in lines}
    assert all(line["error"][0]["type"] == "builtins.ValueError" for line in lines if line["event"] == "crashed")


CALLS = """
import django; django.setup()
import httpx, httpx2
for library in (httpx, httpx2):
    with library.Client(transport=library.MockTransport(lambda request, library=library: library.Response(200))) as web:
        web.get("http://vectors.example/collections")
import logging; logging.getLogger("some.library").info("a line of INFO is written")
"""


def test_a_call_of_ours_or_of_the_vector_store_writes_no_line():
    done = subprocess.run(
        [sys.executable, "-c", CALLS], capture_output=True, text=True, check=True,
        env=os.environ | {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO"},
    )  # fmt: skip
    assert [orjson.loads(line)["logger"] for line in done.stderr.splitlines()] == ["some.library"]
