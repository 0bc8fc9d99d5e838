"""Plain text as mail programs send it, and back: paragraphs, signatures, quoted history, Freshdesk's plain text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zlib import crc32

Client = Literal["gmail", "outlook", "apple", "agent", "form"]

_AGENT_STYLE = (
    "font-family:-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif; font-size:14px"
)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|figure|figcaption|footer|form|h[1-6]|header|hr|li|main|nav"
    r"|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)\b[^>]*>",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"<(style|script|head)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]+>")

# "On Monday ... wrote:" as Gmail says it, and the four header words of Outlook.
_WROTE = {
    "en": "On {date}, {who} wrote:", "de": "Am {date} schrieb {who}:", "fr": "Le {date}, {who} a écrit :",
    "es": "El {date}, {who} escribió:", "ja": "{date} {who}:", "ko": "{date}, {who}님이 작성:",
    "zh": "{who} 于{date}写道：",
}  # fmt: skip
_HEADS = {
    "en": ("From", "Sent", "To", "Subject"), "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"), "es": ("De", "Enviado", "Para", "Asunto"),
    "ja": ("差出人", "送信日時", "宛先", "件名"), "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
}  # fmt: skip
_DATES = {
    "en": "{m}/{d}/{y} at {t}", "de": "{d}.{m}.{y} um {t} Uhr", "fr": "{d}/{m}/{y} à {t}", "es": "{d}/{m}/{y} {t}",
    "ja": "{y}年{m}月{d}日 {t}", "ko": "{y}년 {m}월 {d}일 {t}", "zh": "{y}年{m}月{d}日 {t}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quoted:
    """The mail below an answer."""

    text: str
    name: str
    email: str
    at: int
    to: str
    subject: str


def client_of(email: str) -> Client:
    """A person keeps to one mail program."""
    programs: tuple[Client, ...] = ("gmail", "outlook", "apple")
    return programs[crc32(email.encode()) % len(programs)]


def render(text: str, client: Client, language: str, signature: str = "", quoted: Quoted | None = None) -> str:
    """The HTML that reaches the helpdesk. Deterministic."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text.strip())]
    inner = [_lines(part) for part in paragraphs]
    if client == "outlook":
        body = "".join(f'<p class="MsoNormal">{part}</p><p class="MsoNormal">&nbsp;</p>' for part in inner)
        return f'<div class="WordSection1">{body}{_card(signature)}{_outlook_quote(quoted, language)}</div>'
    if client == "form":
        return "".join(f"<div>{part}</div>" for part in inner)
    gap = "<div><br></div>"
    body = gap.join(f"<div>{part}</div>" for part in inner)
    if client == "agent":
        tail = _gmail_quote(quoted, language)
        return f'<div style="{_AGENT_STYLE}"><div dir="ltr">{body}{_card(signature)}</div>{tail}</div>'
    close = f'<div dir="ltr" class="gmail_signature">-- <br>{_lines(signature)}</div>' if signature else ""
    if client == "apple":
        close = f"<br>{_lines(signature)}<br>" if signature else ""
    return f'<div dir="ltr">{body}{gap if close else ""}{close}</div>{_gmail_quote(quoted, language)}'


def plain(markup: str) -> str:
    """Freshdesk's plain text: every block tag a blank, every other tag nothing, ends trimmed."""
    text = _BLOCK.sub(" ", _HIDDEN.sub("", markup))
    return html.unescape(_TAG.sub("", text)).strip()


def _lines(text: str) -> str:
    return html.escape(text.strip(), quote=False).replace("\n", "<br>")


def _card(signature: str) -> str:
    """A signature as the table that mail programs of companies make of it."""
    if not signature.strip():
        return ""
    rows = "".join(f"<tr><td>{_lines(line)}</td></tr>" for line in signature.strip().splitlines())
    return f'<table border="0" cellspacing="0" cellpadding="0" role="presentation"><tbody>{rows}</tbody></table>'


def _gmail_quote(quoted: Quoted | None, language: str) -> str:
    if quoted is None:
        return ""
    who = f"{quoted.name} <{quoted.email}>"
    line = _lines(_WROTE[language].format(date=_date(quoted.at, language), who=who))
    inner = "<div><br></div>".join(f"<div>{_lines(part)}</div>" for part in quoted.text.split("\n\n"))
    return (
        f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{line}<br></div><blockquote '
        'class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">'
        f"{inner}</blockquote></div>"
    )


def _outlook_quote(quoted: Quoted | None, language: str) -> str:
    if quoted is None:
        return ""
    sender, sent, to, subject = _HEADS[language]
    rows = (
        (sender, f"{quoted.name} <{quoted.email}>"),
        (sent, _date(quoted.at, language)),
        (to, quoted.to),
        (subject, quoted.subject),
    )
    head = "<br>".join(f"<b>{name}:</b> {_lines(value)}" for name, value in rows)
    inner = "".join(f'<p class="MsoNormal">{_lines(part)}</p>' for part in quoted.text.split("\n\n"))
    return (
        '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f'<p class="MsoNormal">{head}</p></div></div>{inner}'
    )


def _date(at: int, language: str) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    time = f"{moment.hour:02d}:{moment.minute:02d}"
    return _DATES[language].format(d=moment.day, m=moment.month, y=moment.year, t=time)
