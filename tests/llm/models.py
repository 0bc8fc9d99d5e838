"""A provider of the simulator behind a router, with short deadlines: what tests of models share."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import BaseModel

from apps.core.egress import EgressPolicy
from apps.llm.base import Ask, Deadlines, Said
from apps.llm.providers.openai_compatible import OpenAICompatible
from apps.llm.router import Ended, Router, Target
from tests.simulated_llm import LLM_KEY, SimulatedLlm

SHORT = Deadlines(connect=0.5, first=0.5, gap=0.5, total=2.0)
SOURCES = "[1] The export stops at 10,000 rows. Split the period.\n[2] Since March the limit is 50,000 rows."


class Citation(BaseModel):
    source: int
    quote: str


class Sentence(BaseModel):
    text: str
    citations: list[Citation]


class Answer(BaseModel):
    sentences: list[Sentence]


def asked(**more: Any) -> Ask:
    return Ask((Said("system", "Answer from the sources."), Said("user", f"{SOURCES}\n\nWhy?")), **more)


def target(llm: SimulatedLlm, key: str = "one", *, url: str = "", region: str = "eu", api_key: str = LLM_KEY, model: str = "sim-large") -> Target:
    hosts = llm.hosts | ({url.split("//")[1].split("/")[0]} if url else set())
    return Target(key, region, model, OpenAICompatible(url or llm.url, EgressPolicy(allow_hosts=hosts), api_key))


def ask(router: Router, *targets: Target, **more: Any) -> Ended:
    return asyncio.run(router.chat(targets, asked(**more)))
