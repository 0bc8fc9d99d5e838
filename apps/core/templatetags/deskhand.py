"""Small pieces every page uses: icons, names of languages, times, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from apps.core import names, times
from apps.core.text.languages import detect_language

register = template.Library()
NATIVE = {
    "en": "English", "ko": "한국어", "ja": "日本語", "zh": "简体中文", "zh-hans": "简体中文", "de": "Deutsch",
    "fr": "Français", "es": "Español",
}  # fmt: skip
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_NOT_LATIN = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
SENTENCE = 4  # words
THEMES = ("light", "dark")

register.filter("age", times.age)
register.filter("day", times.day)
register.filter("moment", times.moment_in_words)
register.filter("exact", times.exact)
register.filter("numbered", names.numbered)


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of icons.svg; decoration only, the words beside it speak."""
    classes = f"i {extra}".strip()
    link = f"{static('icons.svg')}#i-{name}"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, link)


@register.simple_tag(takes_context=True)
def theme_cookie(context: dict[str, Any]) -> SafeString:
    """The attribute of <html> for a reader who is not signed in; nothing means as the system."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return format_html(' data-theme="{}"', chosen) if chosen in THEMES else mark_safe("")


@register.filter
def initials(name: str) -> str:
    """At most two letters for an avatar."""
    parts = (name or "?").split()
    return ("".join(part[0] for part in parts[:2]) if len(parts) > 1 else (name or "?")[:2]).upper()


@register.filter
def native(code: str) -> str:
    """A language's name in itself."""
    return NATIVE.get((code or "").lower(), code)


@register.filter
def tongue(code: str) -> str:
    """The value of a lang attribute: our 'zh' is written in simplified signs."""
    return "zh-Hans" if (code or "").lower() in ("zh", "zh-hans") else code


@register.filter
def written(words: str) -> SafeString:
    """The lang attribute for what a person wrote, when nobody said in which language. A few Latin words get none: names."""
    words = str(words or "")
    if len(words.split()) < SENTENCE and not _NOT_LATIN.search(words):
        return mark_safe("")
    return format_html(' lang="{}"', tongue(detect_language(words)))


@register.filter
def marked(words: str) -> SafeString:
    """What a person wrote, to stand within a sentence of ours: in an element that says its language."""
    lang = written(words)
    return format_html("<span{}>{}</span>", lang, words) if lang else format_html("{}", words)


@register.filter
def language_name(code: str) -> str:
    """A language's name in the reader's language."""
    code = "zh-hans" if code == "zh" else code
    named = dict(settings.LANGUAGES).get(code)
    return _(str(get_language_info(code)["name"])) if named else code


@register.filter
def paragraphs(text: str) -> SafeString:
    """Plain text as escaped paragraphs; blank lines part them, single ends of line are kept."""
    blocks = _BLANK_LINES.split(text.replace("\r\n", "\n").strip())
    return format_html_join("", "<p>{}</p>", ((_lines(block),) for block in blocks if block))


def _lines(block: str) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((line.rstrip(),) for line in block.split("\n")))


@register.filter
def percent(share: float) -> str:
    """A share of 0..1 the way the language writes it."""
    # Translators: a share. %(number)s is a whole number. Write the sign as the language does, example: 94 %
    return _("%(number)s%%") % {"number": hundredths(share)}


@register.filter
def hundredths(share: float) -> str:
    """94 for 0.94, without grouping: it stands in attributes too."""
    return str(round(share * 100))


@register.filter
def at(items: list[object], number: int) -> object:
    """The item with a 1-based number, as citations count."""
    return items[number - 1]


@register.filter
def of(items: Mapping[str, object], key: str) -> object:
    """What a mapping holds under a key, or None."""
    return items.get(key) if items else None


@register.filter
def iso(moment: datetime) -> str:
    """The value of a datetime attribute."""
    return moment.isoformat(timespec="seconds")


@register.filter
def yesno_is(value: object, wanted: object) -> str:
    """The value of an aria-pressed attribute."""
    return "true" if value == wanted else "false"
