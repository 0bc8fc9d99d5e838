"""What of a mail its author wrote for this reply: without quoted history and signature, in seven languages."""

from __future__ import annotations

import re

from apps.core.text.normal import normalise
from apps.core.text.sentences import Span, beginning, blocks

_START = r"(?:^|(?<=\s\s)|(?<=[.!?。！？…)]\s))"
_CLOCK = r"\d{1,2}[:.h時]\s?\d{2}"
_HEADERS = (
    r"(?:From|Von|De|보낸 사람|보낸사람|差出人|发件人)\s*[:：][^\n]{2,200}?\s"
    r"\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado(?: el)?|Fecha|보낸 ?날짜|날짜|送信日時|日時|发送时间|发送日期|日期)"
    r"\*?\s*[:：]"
)
_ORIGINAL = (
    r"(?:Original Message|Ursprüngliche Nachricht|Message d[’']origine|Mensaje original"
    r"|원본 메시지|元のメッセージ|原始邮件)"
)
_MARKS = (
    rf"^\s*-{{2,}}\s*{_ORIGINAL}",
    rf"-{{4,}}\s*{_ORIGINAL}",
    # a line of its own, perhaps wrapped once
    r"^\s*On [^\n]{4,160}(?:\n[^\n]{0,80})?\bwrote\s*:\s*$",
    r"^\s*Am [^\n]{4,160}(?:\n[^\n]{0,80})?\bschrieb\b[^\n]{0,120}:\s*$",
    r"^\s*Le [^\n]{4,160}(?:\n[^\n]{0,80})?\ba écrit\s*:\s*$",
    r"^\s*El [^\n]{4,160}(?:\n[^\n]{0,80})?\bescribió\s*:\s*$",
    r"^[^\n]{4,160}님이 (?:작성|쓴 글)\s*[:：]\s*$",
    r"^[^\n]{4,160}(?:のメール|さんは書きました|が書きました|wrote)\s*[:：]\s*$",
    r"^\s*\d{4}年\d{1,2}月\d{1,2}日[^\n]{4,120}>\s*[:：]\s*$",
    r"^[^\n]{4,160}写道\s*[:：]\s*$",
    # within one long line, where a platform took the line breaks away: only with a time of day
    rf"{_START}On [^\n]{{0,60}}{_CLOCK}[^\n]{{0,100}}?\bwrote\s*:",
    rf"{_START}Am [^\n]{{0,60}}{_CLOCK}[^\n]{{0,100}}?\bschrieb\b[^\n:]{{0,100}}:",
    rf"{_START}Le [^\n]{{0,60}}{_CLOCK}[^\n]{{0,100}}?\ba écrit\s*:",
    rf"{_START}El [^\n]{{0,60}}{_CLOCK}[^\n]{{0,100}}?\bescribió\s*:",
    rf"{_START}\d{{4}}년[^\n]{{0,40}}{_CLOCK}[^\n]{{0,100}}?님이 (?:작성|쓴 글)\s*[:：]",
    rf"{_START}\d{{4}}年[^\n]{{0,40}}{_CLOCK}[^\n]{{0,100}}?(?:のメール|写道|>)\s*[:：]",
    rf"{_START}(?:(?![.!?。！？]\s)[^\n]){{0,80}}?于\s?\d{{4}}年[^\n]{{0,40}}{_CLOCK}[^\n]{{0,40}}?写道\s*[:：]",
    rf"{_START}(?:_{{10,}}\s*)?\*?{_HEADERS}",
    r"^>[^\n]*\n>",
    r"^>[^\n]{10,}",
)
_QUOTED = re.compile("|".join(f"(?:{mark})" for mark in _MARKS), re.MULTILINE)

_SIGN_OFF = re.compile(
    r"(?:(?:with )?(?:best|kind|warm|many)(?: regards| wishes| thanks)?|regards|sincerely|yours(?: \w+)?|cheers"
    r"|all the best|thanks(?: again| a lot| so much)?|thank you(?: very much| so much)?|many thanks(?: in advance)?"
    r"|thanks in advance"
    r"|(?:mit )?(?:freundliche|beste|herzliche|vielen|liebe|viele|schöne)n? (?:grüßen?|dank)"
    r"|grüße|gruß|mfg|vielen dank(?: im voraus| vorab)?|danke(?: schön| im voraus| vorab)?|schönen gruß|lg|vg"
    r"|(?:bien )?cordialement|bien à vous|merci(?: d[’']avance| beaucoup| bien)?|salutations|meilleures salutations"
    r"|(?:je vous prie|veuillez) [^.]{0,40}(?:agréer|recevoir)[^.]{0,80}|bonne (?:journée|soirée)"
    r"|(?:un )?(?:cordial )?saludos?(?: cordiales| cordial)?|atentamente|(?:muchas )?gracias(?: de antemano| por todo)?"
    r"|감사합니다|감사 ?드립니다|고맙습니다|수고하세요|수고하십시오|드림|올림"
    r"|(?:以上、?)?(?:どうぞ|何卒|なにとぞ)?(?:よろしく|宜しく)お?(?:願い|ねがい)(?:いた|致)?し(?:ます|たく存じます)|ありがとうございま(?:す|した)|敬具|草々"
    r"|谢谢(?:您|你|了|大家)?|多谢|此致|敬礼|祝好|顺祝商祺|祝您?(?:生活愉快|工作顺利))"
    r"[\s,.!。！、，~^]*",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\S+@\S+\.\S|https?://|\bwww\.|^[\w-]+(?:\.[\w-]+){1,3}$"
    r"|(?:tel|phone|fon|mobil|móvil|tél|fax|전화|電話|电话)\s*[.:：]?\s*\+?\d|\+\d[\d ()/-]{6,}|^\d[\d ()/-]{7,}$"
    r"| · |\s\|\s|\b(?:GmbH|Ltd|Inc|S\.?L|SARL|AG|LLC|B\.V)\b|株式会社|有限公司|주식회사",
    re.IGNORECASE,
)
_DASHES = re.compile(r"(?:--|—|__{2,}|[-=_*]{3,})(?:$|\s)")
_TAIL = 8  # blocks at the end that may belong to a signature
_SHORT = 60  # characters a line of a signature may have
_CARD = 160  # characters of a whole signature that a platform made one line of
_SENTENCE_END = (".", "!", "?", ":", "…", "。", "！", "？", "：")


def split_quoted(text: str) -> tuple[str, str]:
    """(own words, quoted history). The first is a prefix of the text; a mail that is all history has no own words.

    Answers written between quoted lines count as own: there the text comes back whole.
    """
    match = _QUOTED.search(text)
    if match is None:
        return text, ""
    own = text[: match.start()].rstrip()
    if not own and _answers_between(text):
        return text, ""
    return own, text[match.start() :].lstrip()


def _answers_between(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0].startswith(">") and any(not line.startswith(">") for line in lines[1:])


def split_signature(text: str, author: str = "") -> tuple[str, str]:
    """(words, signature) as normalised texts; the first is a prefix of normalise(text).

    A signature is a tail of short lines that are a sign-off, the author's name or contact details. A text that
    would be all signature ("Thank you!") keeps its words.
    """
    whole = normalise(text)
    spans = blocks(text)
    cut = _signature_start(whole, spans, author)
    if cut is None or cut == 0:
        return whole, ""
    return whole[: spans[cut].start].rstrip(), whole[spans[cut].start :]


def own_words(text: str, author: str = "") -> str:
    """What the author wrote for this message, as written: a prefix without quoted history and signature."""
    own, _ = split_quoted(text)
    words, signature = split_signature(own, author)
    return beginning(own, len(words)) if signature else own


def _signature_start(whole: str, spans: list[Span], author: str) -> int | None:
    """Number of the block the signature begins with."""
    first = max(0, len(spans) - _TAIL)
    lines = [span.of(whole) for span in spans]
    for index in range(first, len(lines)):
        if _DASHES.match(lines[index]):
            return index
    cut, doubtful = None, 0
    for index in range(len(lines) - 1, first - 1, -1):
        if _signs(lines[index], author):
            cut, doubtful = index, 0
        elif len(lines[index]) <= 40 and not lines[index].endswith(_SENTENCE_END) and doubtful < 2:
            doubtful += 1  # a name or a role: part of the signature only when a line above proves it
        else:
            break
    return cut


def _signs(line: str, author: str) -> bool:
    if is_sign_off(line) or _names(line, author):
        return True
    return len(line) <= _CARD and not line.endswith(_SENTENCE_END) and _CONTACT.search(line) is not None


def is_sign_off(line: str) -> bool:
    """True for a line that only says goodbye or thanks."""
    return len(line) <= 100 and _SIGN_OFF.fullmatch(line.strip()) is not None


def _names(line: str, author: str) -> bool:
    """True for a short line that is the author's name, or a part of it, with little beside it."""
    if not author or line.endswith(("?", "？")) or len(line) > min(_SHORT, len(author) + 24):
        return False
    words = [word for word in author.split() if len(word) > 1]
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line) for word in words)
