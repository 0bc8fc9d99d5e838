"""Where a mail's own words end and quoted history begins, in seven languages."""

from __future__ import annotations

import re

_MARKS = (
    r"^-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Message d[’']origine|Mensaje original|원본 메시지|元のメッセージ|原始邮件)",
    r"^On .{4,120} wrote:\s*$",
    r"^Am .{4,120} schrieb .{1,120}:\s*$",
    r"^Le .{4,120} a écrit\s*:\s*$",
    r"^El .{4,120} escribió:\s*$",
    r"^.{4,120}님이 작성:\s*$",
    r"^.{4,160}(?:のメール|さんは書きました)\s*[:：]\s*$",
    r"^.{4,120}写道\s*[:：]\s*$",
    r"^(?:From|Von|De|보낸 사람|差出人|发件人)\s*[:：].{2,200}\n(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Fecha|보낸 날짜|送信日時|发送时间)\s*[:：]",
    r"^>.*\n>",
    r"^>[^\n]{10,}",
)
_QUOTED = re.compile("|".join(f"(?:{mark})" for mark in _MARKS), re.MULTILINE)


def split_quoted(text: str) -> tuple[str, str]:
    """(own words, quoted history). The first is a prefix of the text; a text that is all quote stays own."""
    match = _QUOTED.search(text)
    if match is None or not text[: match.start()].strip():
        return text, ""
    return text[: match.start()].rstrip(), text[match.start() :]
