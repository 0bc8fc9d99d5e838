"""Small pieces every page uses: icons, initials, paragraphs, language names."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core.text import split_quoted

register = template.Library()
NATIVE = {"en": "English", "ko": "한국어", "ja": "日本語", "zh": "简体中文", "zh-hans": "简体中文", "de": "Deutsch", "fr": "Français", "es": "Español"}  # fmt: skip


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of icons.svg; decoration only, the words beside it speak."""
    link = f"{static('icons.svg')}#i-{name}"
    return format_html('<svg class="i {}" aria-hidden="true"><use href="{}"/></svg>', extra, link)


@register.filter
def initials(name: str) -> str:
    """At most two letters for an avatar."""
    parts = (name or "?").split()
    return ("".join(part[0] for part in parts[:2]) if len(parts) > 1 else (name or "?")[:2]).upper()


@register.filter
def native(code: str) -> str:
    """A language's name in itself."""
    return NATIVE.get(code, code)


@register.filter
def own_words(text: str) -> str:
    return split_quoted(text)[0]


@register.filter
def quoted_words(text: str) -> str:
    return split_quoted(text)[1]


@register.filter
def paragraphs(text: str) -> SafeString:
    """Plain text as escaped paragraphs; blank lines part them, single ends of line are kept."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    return format_html_join(
        "",
        "<p>{}</p>",
        ((format_html_join(SafeString("<br>"), "{}", ((line,) for line in block.split("\n"))),) for block in blocks if block),
    )


@register.filter
def at(items: list[object], number: int) -> object:
    """The item with a 1-based number, as citations count."""
    return items[number - 1]
