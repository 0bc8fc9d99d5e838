"""A model that does everything wrong, and a router that always answers, in time, with two calls at most (F17-F22, F39)."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from apps.core.egress import EgressPolicy
from apps.core.errors import BadInput
from apps.llm import breaker as breakers
from apps.llm.base import Ask, Deadlines, Said, Token
from apps.llm.breaker import Breaker, Retries
from apps.llm.errors import ModelBusy, ModelGarbled
from apps.llm.providers.openai_compatible import OpenAICompatible
from apps.llm.router import Ended, Reason, Router, Spent, Target
from simulators.llm.faults import GARBAGE, INSTEAD, KINDS, PACE
from simulators.llm.manners import MANNERS
from simulators.llm.vectors import ODD
from tests.llm.models import SHORT, SOURCES, Answer, ask, asked, target
from tests.simulated_llm import LLM_KEY, SimulatedLlm

# What a whole answer comes out of all the same: only its wrapping or its words are odd.
READABLE = {"drip", "no_done", "twice_done", "null_content", "no_choices", "bad_citations", "obedient", "fenced"}


@pytest.fixture
def router() -> Router:
    return Router(deadlines=SHORT)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{one.getsockname()[1]}/v1"


def test_an_answer_of_a_form_with_its_counts(llm: SimulatedLlm) -> None:
    ended = ask(Router(), target(llm), schema=Answer)
    assert isinstance(ended.value, Answer) and ended.answered and not ended.cut
    assert [one.citations[0].quote in SOURCES for one in ended.value.sentences] == [True, True]
    (spent,) = ended.calls
    assert spent.usage.counted and spent.usage.prompt > 20 and spent.usage.answer > 20
    (call,) = llm.calls()
    assert call["asked"]["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert call["headers"]["user-agent"] == "deskhand" and call["headers"]["accept-encoding"] == "identity"


def test_without_a_model_nobody_is_asked(router: Router) -> None:
    assert ask(router) == Ended(reason=Reason.OFF)


def test_tokens_come_as_they_are_said_and_who_leaves_ends_the_call_within_a_second(llm: SimulatedLlm, router: Router) -> None:
    llm.tell("settings", gap=0.3)
    spent: list[Spent] = []

    async def leave() -> tuple[list[str], float]:
        stream, seen = router.stream([target(llm)], asked(), spent), []
        async for piece in stream:
            assert isinstance(piece, Token)
            seen.append(piece.text)
            if len(seen) == 2:
                break
        await stream.aclose()
        return seen, time.time()

    seen, left = asyncio.run(leave())
    (call,) = llm.ended()
    assert "".join(seen) == "The export" and call["outcome"] == "left" and call["tokens"] <= 3 and call["ended"] - left < 1
    assert spent[0].usage.answer >= 2 and spent[0].usage.prompt > 20


def test_a_cancelled_task_ends_the_call_too_even_before_the_first_token(llm: SimulatedLlm) -> None:
    llm.fault("slow", seconds=5)

    async def cancel() -> None:
        task = asyncio.create_task(Router().chat([target(llm)], asked()))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    (call,) = llm.ended(1)
    assert call["outcome"] == "left" and call["seconds"] < 1.3


@pytest.mark.verify
def test_whatever_comes_is_a_typed_outcome_in_time_and_with_two_calls_at_most(llm: SimulatedLlm) -> None:
    """All kinds of misbehaviour of the simulator, at every call (F17-F21)."""
    quick, wrong = Deadlines(connect=0.5, first=0.5, gap=0.5, total=1.5), []
    for kind in (kinds := [kind for kind in KINDS if kind not in ODD]):
        seconds = 4.0 if kind in ("slow", "stall_first", "stall") else 0.01
        llm.tell("faults", faults=[{"kind": kind, "seconds": seconds, "after": 2}])
        llm.control.delete("/__sim/log")
        form = None if kind in (*PACE, "wrong_language") else Answer
        began = time.monotonic()
        ended = ask(Router(deadlines=quick), target(llm, kind), schema=form, language="en")
        late = time.monotonic() - began > quick.total + 1
        calls = len(llm.calls())
        kept = ended.value is not None or (form is None and ended.answered)
        if late or not 1 <= calls <= 2 or len(ended.calls) != calls or kept is not (kind in READABLE):
            wrong.append((kind, ended.reason, ended.code, late, calls))
    assert wrong == []
    garbage = [kind for kind in kinds if kind in (*GARBAGE, *INSTEAD, *MANNERS)]
    assert len(garbage) + len(ODD) >= 40


@pytest.mark.parametrize(
    ("kind", "reason", "code", "calls"),
    [("401", Reason.REJECTED, "key_refused", 1), ("404", Reason.REJECTED, "model_gone", 1), ("403", Reason.REJECTED, "forbidden", 1),
     ("quota", Reason.REJECTED, "quota_spent", 1), ("filter", Reason.DECLINED, "content_filter", 1),
     ("filter_400", Reason.DECLINED, "content_filter", 1), ("refuse", Reason.DECLINED, "refused", 1),
     ("context", Reason.NOT_FITTING, "prompt_too_long", 1), ("utf8", Reason.GARBLED, "malformed_answer", 1),
     ("long_line", Reason.GARBLED, "answer_too_large", 1), ("endless", Reason.GARBLED, "answer_too_large", 1),
     ("tool_calls", Reason.GARBLED, "unasked_tool", 1), ("wrong_type", Reason.GARBLED, "malformed_answer", 1),
     ("schema_miss", Reason.GARBLED, "not_the_schema", 1), ("prose", Reason.GARBLED, "not_the_schema", 1),
     ("redirect", Reason.GARBLED, "malformed_answer", 1), ("wrong_encoding", Reason.GARBLED, "malformed_answer", 1),
     ("500", Reason.BUSY, "failing", 2), ("comments", Reason.BUSY, "too_slow", 2), ("reset", Reason.BUSY, "unreachable", 2)],
)  # fmt: skip
def test_each_failure_has_its_name_and_its_number_of_calls(
    llm: SimulatedLlm, router: Router, kind: str, reason: Reason, code: str, calls: int
) -> None:
    llm.fault(kind)
    ended = ask(router, target(llm), schema=Answer)
    assert (ended.reason, ended.code, len(llm.calls())) == (reason, code, calls) and ended.value is None


def test_another_language_than_asked_for_is_no_answer(llm: SimulatedLlm, router: Router) -> None:
    llm.fault("wrong_language")
    assert ask(router, target(llm), language="en").code == "wrong_language"
    assert ask(router, target(llm)).answered


@pytest.mark.parametrize("told", ["0.3", "date", "3600", "soon", "-5", "nan", None])
def test_a_busy_model_is_waited_for_where_it_fits(llm: SimulatedLlm, router: Router, told: str | None) -> None:
    """F17: also as a date, an hour, or nonsense."""
    said = formatdate(time.time() + 3600, usegmt=True) if told == "date" else told
    llm.fault("429", retry_after=said, most=1)
    began = time.monotonic()
    ended = ask(router, target(llm))
    long = told in ("date", "3600")
    assert ended.answered is not long and len(llm.calls()) == (1 if long else 2)
    assert not long or ended.reason is Reason.BUSY
    assert (0.3 if told == "0.3" else 0) <= time.monotonic() - began < 1.5


def test_the_second_call_goes_to_a_model_of_the_same_region_or_to_nobody(llm: SimulatedLlm, nowhere: str) -> None:
    """F18: refused, and a model elsewhere is never asked."""
    first = target(llm, "first", url=nowhere)
    near, far = target(llm, "near"), target(llm, "far", region="us")
    ended = ask(Router(deadlines=SHORT), first, far, near)
    assert ended.answered and ended.target is near and [one.target for one in ended.calls] == ["first", "near"]
    llm.control.delete("/__sim/log")
    ended = ask(Router(deadlines=SHORT), first, far)
    assert ended.reason is Reason.BUSY and ended.code == "unreachable" and llm.calls() == []


def test_names_that_lead_nowhere_and_no_tls_are_outcomes(llm: SimulatedLlm, router: Router) -> None:
    hosts = frozenset({"model.invalid:443", *llm.hosts})
    for url, reason in (("https://model.invalid/v1", Reason.BUSY), (llm.url.replace("http:", "https:"), Reason.BUSY),
                        ("https://10.0.0.1/v1", Reason.REJECTED)):  # fmt: skip
        one = Target(url, "eu", "sim-large", OpenAICompatible(url, EgressPolicy(allow_hosts=hosts), "k"))
        assert ask(router, one).reason is reason, url


def test_what_came_before_a_stall_or_a_cut_is_kept_and_marked_incomplete(llm: SimulatedLlm, router: Router) -> None:
    """F19: told within the gap, not asked again, and counted."""
    for kind, code in (("stall", "too_slow"), ("cut", "broken_off"), ("early_end", "broken_off"), ("error_event", "failing")):
        llm.fresh()
        llm.fault(kind, after=3, seconds=5)
        began = time.monotonic()
        ended = ask(router, target(llm, kind))
        assert ended.text and ended.reason is Reason.BUSY and ended.code == code, kind
        assert len(llm.calls()) == 1 and time.monotonic() - began < SHORT.gap + 0.7
        assert ended.calls[0].usage.prompt > 20 and not ended.calls[0].usage.counted


def test_no_first_token_is_asked_for_twice_and_no_longer(llm: SimulatedLlm, router: Router) -> None:
    llm.fault("stall_first", seconds=5)
    began = time.monotonic()
    ended = ask(router, target(llm))
    assert ended.reason is Reason.BUSY and ended.text == "" and 2 * SHORT.first <= time.monotonic() - began <= SHORT.total
    assert [one["outcome"] for one in llm.ended()] == ["left", "left"]


def test_a_model_that_fails_rests_and_one_call_looks_whether_it_is_back(llm: SimulatedLlm, router: Router) -> None:
    llm.fault("500")
    while len(llm.calls()) < 5:
        ask(router, target(llm))
    said = [ask(router, target(llm)).reason for _ in range(3)]
    assert said == [Reason.RESTING] * 3 and len(llm.calls()) <= 6
    assert ask(router, target(llm, "another")).reason is Reason.BUSY, "another company's is not touched"
    llm.fresh()
    router.breaker(target(llm))._opened -= breakers.PAUSE  # type: ignore[operator]
    assert ask(router, target(llm)).answered and not router.breaker(target(llm)).is_open


def test_a_breaker_opens_at_five_failures_and_half_and_lets_one_probe_through() -> None:
    now = [0.0]
    one = Breaker(clock=lambda: now[0])
    for failed in (False, False, False, False, True, True, True, True):
        one.tell(failed=failed)
    assert one.lets_through()
    one.tell(failed=True)
    assert not one.lets_through()
    now[0] = 15.0
    assert [one.lets_through() for _ in range(3)] == [True, False, False]
    one.tell(failed=True)
    assert not one.lets_through()
    now[0] = 30.0
    assert one.lets_through()
    one.tell(failed=False)
    assert one.lets_through() and not one.is_open
    for _ in range(4):
        one.tell(failed=True)
    now[0] = 61.0
    one.tell(failed=True)
    assert one.lets_through(), "what is older than the window does not count"


def test_at_most_a_tenth_of_calls_are_second_ones() -> None:
    one, taken = Retries(), 0
    for _ in range(200):
        one.called()
        taken += one.take()
    assert 20 <= taken <= 21


def test_vectors_are_of_unit_length_and_odd_ones_are_refused(llm: SimulatedLlm) -> None:
    """F20, F22: nothing that is no number, of another size or of another row comes through."""
    one = target(llm, model="sim-embedding")
    found = asyncio.run(Router().embed(one, ["one", "two"], size=256))
    assert [math.isclose(math.fsum(x * x for x in row), 1, rel_tol=1e-9) for row in found.rows] == [True, True]
    refused = []
    for kind in ODD:
        llm.fault(kind)
        try:
            odd = asyncio.run(Router(deadlines=SHORT).embed(one, ["one", "two"], size=256))
        except ModelGarbled:
            refused.append(kind)
        else:
            assert odd.rows == found.rows, kind
    assert set(refused) == set(ODD) - {"shuffled"}
    llm.fresh()
    with pytest.raises(ModelGarbled) as caught:
        asyncio.run(Router().embed(one, ["one"], size=512))
    assert caught.value.code == "dimension_changed"
    llm.fault("500")
    with pytest.raises(ModelBusy):
        asyncio.run(Router().embed(one, ["one"]))


def test_what_is_asked_is_bounded() -> None:
    for make in (lambda: Ask(()), lambda: Ask((Said("user", "x" * 200_001),)), lambda: Ask((Said("user", "x"),), most_tokens=5000)):
        with pytest.raises(BadInput):
            make()


def test_no_word_of_prompt_answer_or_key_is_logged(llm: SimulatedLlm, router: Router, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("openai").setLevel(logging.WARNING)  # as apps.core.logging has it
        ask(router, target(llm))
        llm.fault("500")
        ask(router, target(llm))
    assert "export" not in caplog.text and LLM_KEY not in caplog.text and LLM_KEY not in repr(target(llm))
