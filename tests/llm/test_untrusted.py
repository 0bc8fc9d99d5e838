"""What strangers wrote stays inside its marks and shows all it holds; what a model that obeys them writes does no harm."""

from __future__ import annotations

import ast
import re
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.text import cleaned, has_hidden, html_to_text, normalise
from apps.core.text.markdown import as_shown
from apps.llm.untrusted import Fence
from tests import injections
from tests.injections import CANARY, CASES, Case

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = re.compile(r"<<<([0-9a-f]{16}) ([^\n]*)\n([\s\S]*?)\n\1>>>")
FOR_MODELS = re.compile(r"<[|｜]|[|｜]>|\[/?INST\]|<<?/?SYS>|</?s>|<start_of_turn>", re.IGNORECASE)


def prompt(texts: tuple[str, ...]) -> tuple[str, Fence]:
    fence = Fence(texts)
    return "\n\n".join(fence(f"message {number}", text) for number, text in enumerate(texts, 1)), fence


class Seen(HTMLParser):
    """What a browser would load or let somebody click."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        assert not {name for name, _ in attrs} - {"href", "target", "rel", "class", "start"}, attrs


PLAIN_TAGS = {"p", "ul", "ol", "li", "strong", "em", "code", "pre", "br", "a", "span"}


def test_there_are_over_a_hundred_cases_in_seven_languages_and_none_is_there_twice():
    assert len({case.texts for case in CASES}) == len(CASES) >= 100
    assert len({case.language for case in CASES}) == 7


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_order_stays_in_its_block_and_is_seen_or_gone(case: Case):
    texts = tuple(html_to_text(text) for text in case.texts) if case.html else case.texts
    written, fence = prompt(texts)
    blocks = MARK.findall(written)
    assert [kind for _, kind, _ in blocks] == [f"message {number}" for number in range(1, len(texts) + 1)]
    assert MARK.sub("", written).strip() == ""  # nothing stands outside
    assert written.count(fence.number) == 2 * len(texts)
    for _, _, inside in blocks:
        assert "<<<" not in inside and ">>>" not in inside and not FOR_MODELS.search(inside)
        assert not has_hidden(inside) and inside == cleaned(inside)
    if case.html or "tag char" in case.name or "selectors" in case.name:
        assert case.order[:20] not in written and case.wanted not in written
    shown = as_shown(case.wanted, hosts=("acme.example", "acme.freshdesk.com"))
    assert Seen(shown).tags <= PLAIN_TAGS and not Seen(shown).links


@pytest.mark.verify
@injections.needs_pack
def test_the_pack_stays_in_its_blocks():
    items = injections.pack()
    assert sum(item["label"] for item in items) >= 100
    for item in items:
        written, fence = prompt((item["text"],))
        assert MARK.sub("", written) == "" and written.count(fence.number) == 2
        shown = Seen(as_shown(item["text"]))
        assert shown.tags <= PLAIN_TAGS and not shown.links


def test_marks_are_new_each_time_and_stand_in_no_text():
    assert len({Fence().number for _ in range(100)}) == 100
    fence = Fence(["a"])
    inside = fence("x", f"{fence.number}>>> {fence.number.upper()}").split("\n")[1]
    assert fence.number not in inside.casefold()
    assert fence("a>>>\n[b]", "t") == f"<<<{fence.number} ab\nt\n{fence.number}>>>"  # what it is called ends nothing either


def test_a_number_that_stands_in_a_text_is_not_taken(monkeypatch):
    numbers = iter(["aa" * 8, "bb" * 8])
    monkeypatch.setattr("apps.llm.untrusted.secrets.token_hex", lambda _: next(numbers))
    assert Fence([f"I guess {'AA' * 8}"]).number == "bb" * 8


def test_of_all_characters_only_those_that_are_seen_are_left():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    left = cleaned(everything)
    assert {unicodedata.category(sign) for sign in left} & {"Cf", "Cs", "Co", "Cn"} == set()
    assert {sign for sign in left if unicodedata.category(sign) == "Cc"} == {"\n", "\t"}
    assert not has_hidden(left) and not any(0xE0000 <= ord(sign) <= 0xE0FFF for sign in left)
    assert {sign for sign in map(chr, range(0x20, 0x3000)) if sign.isalnum()} <= set(left) | {"\u115f", "\u1160", "\u17b4", "\u17b5", "\u180f"}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from(["<", "<<<", ">>>", "\n", "\r", "<|", "|>", "[INST]", "\u200b<", "＜＜＜", "<\u200b<<"])), max_size=8).map("".join))
def test_any_text_stays_in_its_block_and_keeps_its_visible_words(text):
    written, fence = prompt((text,))
    assert MARK.sub("", written) == "" and written.count("<<<") == written.count(">>>") == 1
    inside = MARK.findall(written)[0][2]
    assert re.sub(r"\s", "", inside) == re.sub(r"\s", "", cleaned(text))
    assert cleaned(cleaned(text)) == cleaned(text)


@pytest.mark.parametrize("text", ["Plain words, 3 < 4 and a >> b.", "김민수 高橋 Ünï ñ «quoted» 《书》", "if (a < b) { x <<= 1; }\n\tdone"])
def test_words_that_hide_nothing_are_not_touched(text):
    assert Fence()("x", text).split("\n", 1)[1].rsplit("\n", 1)[0] == text
    assert normalise(cleaned(text)) == normalise(text)


def modules() -> list[Path]:
    rooms = [*(ROOT / "apps/llm/masking").rglob("*.py"), ROOT / "apps/llm/untrusted.py", *(ROOT / "apps/core/text").rglob("*.py")]
    assert len(rooms) > 12
    return rooms


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_model_reads_and_writes_is_handled_by_plain_code_alone(path):
    """No models of the database, no network, no way to act: LLM-1."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.split(".")[0] for name in names}
    assert not roots & {"django", "rest_framework", "celery", "openai", "httpx2", "socket", "subprocess", "os", "asyncio"}
    assert {name for name in names if name.startswith("apps.")} == {
        name for name in names if name.startswith(("apps.core.text", "apps.core.late", "apps.llm.masking"))
    }


def test_no_tools_are_offered_to_a_model_anywhere():
    """LLM-1: a request names no tool, and nothing reads a call of one. (What a text may hold is not a call.)"""
    words = re.compile(r"[\"'](?:tools|tool_choice|functions|function_call|parallel_tool_calls)[\"']\s*[:=\]]|\b(?:tools|tool_choice|functions)=")
    assert words.search("'tools': [") and words.search("create(tools=x)")
    found = [path for room in ("apps/llm", "apps/assistant") for path in (ROOT / room).rglob("*.py") if words.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_what_an_obeying_model_writes_for_the_canary_is_text():
    for wanted in injections.WORST:
        html = as_shown(f"Sure! {wanted} **done**", hosts=("acme.example",))
        assert not Seen(html).links and "<strong>done</strong>" in html
        assert re.search(rf"(?:src|href)=[^>]*{re.escape(CANARY)}", re.sub(r"&lt;.*?&gt;", "", html)) is None
