"""Rules of every template: it runs under the strict policy, and every word of it can be translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NAMES = {"Deskhand"}  # never translated
SPOKEN = {"aria-label", "title", "placeholder", "alt"}
_BLOCK = re.compile(
    r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}|{#.*?#}"
    r"|{%\s*block (?:body_class|bodyclass|coltype)\b.*?{%\s*endblock\s*%}",  # class names, not words
    re.DOTALL,
)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


class Words(HTMLParser):
    """Collects what a reader would see or hear that is not inside a translate tag."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN and value and _letters(value)]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "kbd" not in self.open and _letters(data):
            self.found.append(data.strip())


def _letters(text: str) -> bool:
    return any(word not in NAMES for word in re.findall(r"[^\W\d_]+", text))


def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_no_template_has_inline_style_script_or_handlers(path):
    text = source(path)
    assert not re.search(r"\sstyle\s*=", text)
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\s(?:on[a-z]+|hx-on[^=\s]*)\s*=", text)
    assert "javascript:" not in text
    assert "js:" not in text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)  # nothing from elsewhere


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_every_word_of_a_template_is_inside_a_translate_tag(path):
    words = Words()
    words.feed(_TAG.sub("", _BLOCK.sub("", source(path))))
    words.close()
    assert words.found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_every_icon_of_a_template_is_in_the_sprite(path):
    sprite = set(re.findall(r'id="i-([\w-]+)"', source(ROOT / "static" / "icons.svg")))
    assert set(re.findall(r'{%\s*icon "([\w-]+)"', source(path))) <= sprite


def test_numbers_in_addresses_are_not_grouped():
    """{{ 1234 }} prints 1,234 in a sentence; in an address it must not."""
    for path in TEMPLATES:
        for address in re.findall(r'(?:href|hx-get|hx-post|action)="([^"]*)"', source(path)):
            for name in re.findall(r"{{\s*([\w.]+)\s*}}", address):
                assert not name.endswith((".number", ".start", ".end", ".count")), (path, name)


def test_our_own_script_stays_small():
    assert len(source(ROOT / "static" / "app.js").splitlines()) < 300


def test_the_checks_see_what_they_look_for():
    words = Words()
    words.feed(
        _TAG.sub(
            "",
            _BLOCK.sub("", '<p>{% translate "Fine" %} Bare</p><a aria-label="Spoken">{{ x }}</a><kbd>j</kbd>Deskhand'),
        )
    )
    assert sorted(words.found) == ["Bare", "Spoken"]
