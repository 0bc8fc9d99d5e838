"""What a word before it gives away: passwords, keys, dates of birth, numbers of papers, names behind "Mr" or "My name is"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.llm.masking.kinds import Kind, Span

_IS = (
    r"(?:\s*(?:[:=]|->|=>)\s*|\s+(?:is|ist|lautet|est|es|was|war|era|était|to|zu|auf|en|a)\s*:?\s+|[’']s\s+|\s+c[’']est\s+"
    r"|\s*(?:이?가|을|를|는|은|が|を|は|为|是|改成了?|改为|变成|设的?是|设为|:)\s*:?\s*)"
)
_WORD = r"(?:\s(?:(?:du|del|de la|for|of|vom|für|des)\s)?(?:the\s)?[^\W\d_]{2,12}(?=[\s:=]))?"
_PASSES = (
    r"pass\s?(?:word|wort|phrase|code)s?|[a-zäöü-]{1,16}passwort|[a-zäöü-]{0,16}kennwort|mots? de passe|mdp|contraseñas?|clave(?: de acceso)?|passwd"
    r"|pwd|pw|pin(?:[ -]?(?:code|nummer))?"
    r"|code pin|비밀\s?번호|비번|패스워드|암호|핀번호|パスワード|暗証番号|パスコード|密码|口令|支付密码|验证码|認証コード|인증\s?번호|인증\s?코드"
    r"|(?:verification|security|one-time|login|2fa|otp)[ -]code|otp|bestätigungscode|sicherheitscode"
    r"|code de (?:vérification|sécurité)|código de (?:verificación|seguridad)"
    r"|cvv2?|cvc2?|puk"
)
_KEY = (
    r"(?:api|access|secret|private|license|licence)[ _-]?(?:key|token)|api[ _-]?schlüssel|(?:access "
    r"|auth )?tokens?|secret|clé (?:api|d[’']api)|clave (?:de )?api|bearer"
    r"|api\s?키|토큰|apiキー|トークン|api\s?密钥|密钥|令牌"
)
_VALUE = r"(?P<value>[!-~]{3,128})"  # printable ASCII: words of the languages without spaces end it
_LABELLED = re.compile(
    rf"(?i)(?:(?<![A-Za-z0-9À-ɏ])|(?=[^\x00-\u024f]))(?:(?P<password>{_PASSES})"
    rf"|(?:{_KEY}))(?:[*_`\"”]*)(?P<is>{_WORD}{_IS}|\s{{0,2}})[\"'“”`«»「『＂ ]*{_VALUE}"
)
_CODE = re.compile(
    r"(?i)(?<![A-Za-z0-9])(?:pin|cvv2?|cvc2?|puk|otp|tan)[ -]?(?:code|nummer)?\s{1,2}(?P<value>\d{3,8})(?![\w.,-]\w)"
)
_BEARER = re.compile(r"(?i)\b(?:bearer|basic)\s+(?P<value>[A-Za-z0-9+/=._~-]{12,})")
_FORMED = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"
    r"|(?<![A-Za-z0-9])(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}"
    r"|(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}|(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,}"
    r"|(?<![A-Za-z0-9])AIza[\w-]{35}|(?<![A-Za-z0-9])(?:glpat|dsk|npm|hf|SG)[-_.][\w.-]{16,}",
)
_MIXED = re.compile(r"(?!\d+-[a-z]+$)(?=\S*[A-Za-z])(?=\S*[\d#*!$%&@+=_])(?=\S*\d|\S*[A-Z])\S{5,}", re.ASCII)  # of no sentence
_STRONG = re.compile(r"\d|[^\w\s.,;:!?'\"()<>-]|[a-z][A-Z]|-\w+-")
_TRAILING = ".,;:?)]}>'\"`*"

_MONTHS = (
    r"jan\w*|feb\w*|mar\w*|apr\w*|mayo?|jun\w*|jul\w*|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*|mär\w*|mai|okt\w*"
    r"|dez\w*|janv\w*|févr?\w*|avr\w*|juin|juil\w*|août|déc\w*"
    r"|ene\w*|abr\w*|ago\w*|dic\w*"
)
_DAY = (
    rf"(?P<value>(?:19|20)\d\d\s?[-/.年년]\s?\d{{1,2}}\s?[-/.月월]\s?\d{{1,2}}\s?[日일]?|(?:19|20)\d\d年\s?\d{{1,2}}月"
    rf"|\d{{1,2}}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?(?:19|20)?\d\d"
    rf"|(?:19|20)\d{{6}}|\d{{6}}(?!\d)|\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s(?:de\s)?(?:{_MONTHS})\.?,?\s(?:de\s"
    rf"|del\s)?(?:19|20)\d\d|(?:{_MONTHS})\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)"
)
_BORN = re.compile(
    r"(?i)(?:date of birth|birth ?date|birthday|\bdob|\bd\.o\.b\.?|\bborn(?: on)?|geburtsdatum|geburtstag"
    r"|geboren(?: am)?|\bgeb\.?|date de naissance|né(?:e|\(e\))? le|naissance"
    r"|fecha de nac(?:imiento|\.)?|\bnació el|\bnací|nacid[oa] el|nacimiento|생년월일|생일|출생일|生年月日|誕生日|生まれ|出生日期|生于|生日|出生)"
    rf"[^\d\n]{{0,24}}?{_DAY}"
)
_BORN_BEHIND = re.compile(rf"{_DAY}(?=\s?(?:生まれ|生(?!産)|출생|생(?!산)|出生| (?:geboren|born|nacid[oa]|née?)\b))")

_PAPER = re.compile(
    r"(?i)(?:passport|reisepass\w*|ausweis\w*|personalausweis\w*|passeport|carte d[’']identité|pasaporte|여권|旅券"
    r"|パスポート|护照|身份证\w{0,2}|通行证|军官证|身分証|在留カード"
    r"|driv(?:er|ing)[’']?s?[ -]?licen[cs]e|führerschein\w*|permis de conduire|carn[eé]t de conducir|운전\s?면허"
    r"|運転免許証?|驾驶证|驾照"
    r"|social security|\bssn|national insurance|\bnino|steuer-?id\w*|steuer(?:identifikations)?nummer|\bidnr"
    r"|tax id|sozialversicherungs\w*|sécurité sociale|n° de sécu|\bsécu|\bnir|numéro fiscal"
    r"|\bdni|\bnie|\bnif|seguridad social|주민\s?등록\s?번호|주민\s?번호|외국인\s?등록\s?번호|マイナンバー|個人番号|健康保険|年金番号|社保\w{0,2})"
    r"(?:\s?(?:number|no|nr|nummer|n°|nº|num|número|numéro|번호|番号|号码?|號碼)\.?)?(?:\s(?:español|française?"
    r"|deutscher?))?(?:[\s:：#=(.]|is|ist|lautet|est|es|는|은|は|是|为){0,8}"
    r"(?P<value>(?=[A-Za-z -]{0,6}\d)[A-Za-z0-9](?:[ ./-]?[A-Za-z0-9]){5,20}(?<=\d|[A-Za-z]))",
)
_TITLED = re.compile(
    r"(?<![^\W_])(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Madam|Herrn?|Frau|Monsieur|Madame|Mademoiselle|Mme|Mlle|Señora"
    r"|Señor|Sra|Sr|Don|Doña)\b\.?\s"
    r"(?:(?:Dr|Prof)\.?\s)?(?P<value>[A-ZÀ-ÖØ-Þ][\w’'-]+(?:\s(?:von|van|de|del|la"
    r"|der)\b){0,2}(?:\s[A-ZÀ-ÖØ-Þ][\w’'-]+)?)"
)
_CALLED = re.compile(
    r"(?:[Mm]y name is|[Ii]ch hei(?:ß|ss)e|[Mm]ein Name ist|[Jj]e m[’']appelle|[Mm]on nom est|[Mm]e llamo"
    r"|[Mm]i nombre es|(?<![^\W_])(?:[Ff]ull [Nn]ame|[Nn]ame|[Nn]om|[Nn]ombre|[Vv]orname|[Nn]achname)\s?:)\s+"
    r"(?P<value>[A-ZÀ-ÖØ-Þ][\w’'-]+(?:\s(?:(?:von|van|de|del|la|der|le)\s)?[A-ZÀ-ÖØ-Þ][\w’'-]+){0,3})"
)
_CALLED_EAST = re.compile(
    r"(?:(?:이름|성함|성명|예금주|수령인)\s?[:：은는]\s?(?P<ko>[가-힣]{2,4}?)(?=\s|[,.。]|님|입니다|이고|$)|(?:제 이름은"
    r"|저는)\s?(?P<ko2>[가-힣]{3})(?=입니다|이라고|라고)"
    r"|(?:氏名|お名前|名前|姓名|名字|收件人|联系人|届け先)\s?(?:[:：は是])\s?(?P<ja>[\u3040-\u30ff\u4e00-\u9fff々]{2,4}(?:[ \u3000][\u3040-\u30ff\u4e00-\u9fff々]{1,5})?)(?=\s"
    r"|[,，、。]|です|と申|$)|我叫(?P<zh>[\u4e00-\u9fff]{2,3})(?=[，。,\s]|$))"
)


def find_labelled(plain: str) -> Iterator[Span]:
    """`plain`: the text with full-width signs as ASCII, of the same length."""
    yield from _passwords(plain)
    for found in _FORMED.finditer(plain):
        yield Span(*found.span(), Kind.SECRET)
    for pattern, kind in (
        (_BEARER, Kind.SECRET), (_CODE, Kind.SECRET), (_BORN, Kind.BIRTH), (_BORN_BEHIND, Kind.BIRTH), (_PAPER, Kind.ID), (_TITLED, Kind.NAME), (_CALLED, Kind.NAME)):
        for found in pattern.finditer(plain):
            yield Span(*found.span("value"), kind)
    for found in _CALLED_EAST.finditer(plain):
        if found.lastgroup:
            yield Span(*found.span(found.lastgroup), Kind.NAME)


def _passwords(plain: str) -> Iterator[Span]:
    """Behind a colon everything is one; behind "is" only what no sentence would say there ("the password is wrong")."""
    for found in _LABELLED.finditer(plain):
        value = found["value"].rstrip(_TRAILING) if not _STRONG.search(found["value"][-1:]) else found["value"]
        if not found["is"].strip() and not _MIXED.fullmatch(value):
            continue
        sure = found["is"].strip()[:1] in (":", "=", "-")  # with no word between
        alone = plain[found.end("value") : found.end("value") + 1] in ("", "\n", "\r")
        if len(value) >= 3 and (_STRONG.search(value) or (sure and (alone or found["password"]))):
            yield Span(found.start("value"), found.start("value") + len(value), Kind.SECRET)
