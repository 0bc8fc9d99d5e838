"""Addresses of people and places: mailboxes, links that open something by themselves, streets with house numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from apps.core.text.addresses import opens_file
from apps.llm.masking.kinds import Kind, Span

_LOCAL = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~.-"
_LATIN = "A-Za-z0-9À-ÖØ-öø-ɏ"
_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_À-ÖØ-öø-ɏ](?:[{_LATIN}._%+'-]{{0,62}}[{_LATIN}_+-])?@(?:[{_LATIN}](?:[{_LATIN}-]{{0,61}}[{_LATIN}])?\.)+[A-Za-z]{{2,24}}"
)
_ANY_EMAIL = re.compile(
    r"[^\s@<>()\[\]{},;:\"“”「」『』（）⟦⟧、。，]{1,64}@(?:(?:[A-Za-z0-9-]{1,63}|[^\W\x00-\x7f]{1,30}"
    r"|[À-ɏA-Za-z0-9-]{1,63})\.)+[A-Za-z]{2,24}"
)
_SPELT = re.compile(
    r"(?i)(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}\s?(?:\(at\)|\[at\]|\{at\}|\(a\)|\[@\]"
    r"| at )\s?[A-Za-z0-9-]{1,63}(?:\s?(?:\(dot\)|\[dot\]|\(punkt\)|\[punkt\]| dot "
    r"|\.)\s?[A-Za-z0-9-]{2,63}){1,3}"
)
_LINK = re.compile(r"(?i)(?:https?|ftp|ssh|postgres(?:ql)?|mysql|redis|amqp|mongodb(?:\+srv)?)://[^\s<>\"'⟦⟧\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]+")
_OPENS = re.compile(
    r"(?i)[?&#;](?:[\w.-]*(?:token|secret|signature|passw(?:or)?d|passwort|pwd|apikey|api_key|api-key|session"
    r"|credential|ticket)[\w.-]*|[\w.-]*key|auth|sig|sid|jwt|code|hash|otp|pin|reset|confirm|invite|magic|email|mail|phone"
    r"|tel|user|username|name|uid)=[^&#\s]{2,}"
    r"|://[^/?#\s@]+:[^/?#\s@]*@|/(?:reset|verify|confirm|invite|magic|activate|unsubscribe|login"
    r"|token)[\w-]*/[\w.~-]{8,}"
)
_RANDOM = re.compile(
    r"[/=](?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[a-z])[A-Za-z0-9_-]{24,}"
    r"|[/=][0-9a-f]{32,}(?![0-9a-f])|[/=][0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)

_UP = "A-ZÀ-ÖØ-Þ"
_WORD = rf"[{_UP}][\w’'.-]{{0,30}}"
_TOWN = rf"[{_UP}][\w’'-]+(?:[ -](?:am|an|der|im|ob|sur|sous|en|lès|de|la|del|le|bei|[{_UP}][\w’'-]+)){{0,3}}"
_HOUSE = r"\d{1,4}(?:[ ]?[a-hA-H](?![\w]))?(?:[ ]?[-/][ ]?\d{1,4}[a-hA-H]?)?"
_GERMAN = (
    rf"(?:{_WORD}[ ]){{0,3}}{_WORD}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|steig|chaussee"
    rf"|markt|hof|berg|park|gebiet|hafen)[ ]{_HOUSE}|(?:Am|An der|Auf der|Auf dem|Im|In der|Zum|Zur|Unter den"
    rf"|Alte|Alter|Große|Kleine|Obere|Untere|Straße)[ ](?:{_WORD}[ ]){{1,3}}{_HOUSE}|{_WORD}[ -](?:Straße|Str\."
    rf"|Weg|Platz|Allee|Ring|Damm|Ufer)[ ]{_HOUSE}"
)
_FRENCH = (
    rf"\d{{1,4}}(?:[ ]?(?:bis|ter|quater|[A-C]))?,?[ ](?:[Rr]ue|[Aa]venue|[Aa]v\.|[Bb]oulevard|[Bb]d\.?"
    rf"|[Pp]lace|[Cc]hemin|[Aa]llées?|[Ii]mpasse|[Qq]uai|[Rr]oute|[Cc]ours|[Ss]quare|[Pp]arvis|[Pp]assage"
    rf"|[Ff]aubourg)[ ](?:(?:de|du|des|la|le|les|l[’']|d[’']|et|aux?)[ ]?)*{_WORD}(?:[ -](?:de|du|des|la|le|les"
    rf"|[ld][’']?{_WORD}|{_WORD})){{0,5}}"
)
_SPANISH = (
    rf"(?:[Cc]alle|[Cc]/|[Aa]venida|[Aa]vda\.?|[Aa]v\.|[Pp]laza|[Pp]za\.?|[Pp]aseo|[Pp]º|[Cc]arretera|[Cc]amino"
    rf"|[Rr]onda|[Rr]ambla|[Tt]ravesía)[ ]?(?=(?:de|del|la|las|los|el|y|[ ])*[{_UP}])(?:(?:de|del|la|las|los|el"
    rf"|y)[ ]|{_WORD},?[ ]){{1,7}}(?:n[.º°]{{1,2}}[ ]?|núm\.?[ ]|número[ ])?\d{{1,4}}(?:,?[ ]?\d{{1,2}}[º°ª][ ]?(?:izq"
    rf"|dcha|izda|[A-Za-z](?![\w]))?\.?)?"
)
_ENGLISH = (
    rf"\d{{1,5}}[A-Za-z]?[ ](?:(?:N|S|E|W|North|South|East|West)\.?[ ])?(?:{_WORD}[ ]|\d{{1,3}}(?:st|nd|rd"
    rf"|th)[ ]){{1,4}}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl"
    rf"|Square|Sq|Terrace|Crescent|Close|Gardens|Grove|Parkway|Pkwy|Highway|Hwy)\b\.?(?:,?[ ](?:Apt|Apartment"
    rf"|Unit|Suite|Ste|Flat|#)\.?[ ]?#?\w{{1,6}})?"
)
_BOX = r"(?:P\.?[ ]?O\.?[ ]?Box|Postfach|B\.?P\.?|Apartado(?:[ ]de[ ]Correos)?|Boîte[ ]postale)[ ]\d{1,6}"
_BEFORE = (
    rf"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Résidence|Bâtiment|Bât\.|Urb\.|Urbanización"
    rf"|Edificio)[ ](?:{_WORD}|\w{{1,5}})(?:[ ]{_WORD}){{0,2}},[ ])?"
)
_UK = r"[A-Z]{1,2}\d[A-Z\d]?[ ]\d[ABD-HJLNP-UW-Z]{2}"
_BEHIND = (
    rf"(?:(?:[ ]*[,\n·|][ \n]*|[ ](?=\d{{5}}[ ]))(?:(?:[DF]-)?\d{{4,5}}[ ]{_TOWN}"
    rf"|{_TOWN}(?:,[ ]{_TOWN})?,?[ ](?:[A-Z]{{2}}[ ]\d{{5}}(?:-\d{{4}})?|{_UK})|{_UK}|\d{{5}}))?"
)
_WESTERN = re.compile(rf"(?<![\w])(?:{_BEFORE}(?:{_GERMAN}|{_FRENCH}|{_SPANISH}|{_ENGLISH}|{_BOX}){_BEHIND})(?![\w])")
_POSTCODE = re.compile(
    rf"(?<![\w-])(?:{_UK}|(?:PLZ|CP|C\.P\.|ZIP|Postcode|Postleitzahl|Code postal"
    rf"|Código postal)[ :]{{1,3}}(?P<code>[A-Z\d][A-Z\d -]{{3,8}}[A-Z\d]))(?![\w-])"
)
_KOREAN = re.compile(
    r"(?:\(?\d{5}\)?[ ])?(?:(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주|충청[북남]|전라[북남]"
    r"|경상[북남])(?:특별자치시|특별자치도|특별시|광역시|시|도)?[ ])"
    r"(?:[가-힣]{1,8}(?:시|군|구)[ ]){0,3}[가-힣0-9·]{1,15}(?:로|길|동|읍|면|리|가)[ ]?\d{1,4}(?:번?길)?(?:[ ]?\d{1,4}(?![\d동호층]))?(?:-\d{1,4})?(?:[ ,]{1,2}(?:[가-힣A-Za-z0-9]{1,14}[ ])?\d{1,5}(?:동"
    r"|호|층)){0,4}"
)
_JAPANESE = re.compile(
    r"(?:〒?[ ]?\d{3}-\d{4}[ \n]{0,2})?(?:東京都|北海道|京都府|大阪府|[\u4e00-\u9fff]{2,3}県)[ ]?[\u3040-\u30ff\u4e00-\u9fff々ヶ]{1,20}?[ ]?(?:[0-9]{1,4}"
    r"|[一二三四五六七八九十]{1,3}(?=丁目|番))(?:条[東西南北]?[0-9]{0,2}|丁目|番地?|[-ー−の][0-9]{1,4}|号|[ ]?[0-9]{1,4}番地?"
    r"|[0-9]{1,4}号?){0,5}"
    r"(?:[ ][\u3040-\u30ff\u4e00-\u9fffA-Za-z]{2,20}[ ]?\d{1,5}(?:号室?)?)?|〒[ ]?\d{3}-\d{4}"
)
_CHINESE = re.compile(
    r"(?:(?:[\u4e00-\u9fff]{2,7}(?:省|自治区))?(?:[\u4e00-\u9fff]{2,6}市)?(?:[\u4e00-\u9fff]{1,6}(?:区|县"
    r"|镇))?(?<=[市区县镇省]))[\u4e00-\u9fff]{1,12}(?:路|街|道|巷|弄|大街|胡同)(?:[\u4e00-\u9fff]{1,2}段)?[ ]?\d{1,5}[ ]?(?:号"
    r"|弄)(?:院)?(?:[\u4e00-\u9fff]{0,10}[ ]?[A-Z\d一二三四五六七八九十]{1,4}[ ]?(?:栋|座|幢|楼|层|单元|室|号|房"
    r"|户)){0,5}(?:[ ]?\d{2,5}室?)?(?:[\u4e00-\u9fff]{2,8}(?:广场|大厦|中心|小区|公寓|花园|大楼))?"
)


def find_addresses(plain: str) -> Iterator[Span]:
    """`plain`: the text with full-width signs as ASCII, of the same length."""
    yield from _mailboxes(plain)
    if "://" in plain:
        for found in _LINK.finditer(plain):
            url = found[0].rstrip(".,;:!?)]}'*")
            decoded = unquote(url)
            if _OPENS.search(decoded) or _RANDOM.search(url) or opens_file(url):
                yield Span(found.start(), found.start() + len(url), Kind.URL)
    yield from _places(plain)


def _mailboxes(plain: str) -> Iterator[Span]:
    if "@" in plain:
        for pattern in (_EMAIL, _ANY_EMAIL):
            for found in pattern.finditer(plain):
                yield Span(*found.span(), Kind.EMAIL, found[0].casefold())
    low = plain.lower()
    if "at)" in low or "at]" in low or "at}" in low or "(a)" in low or "[@]" in low or " dot " in low:
        for found in _SPELT.finditer(plain):
            yield Span(*found.span(), Kind.EMAIL, found[0].casefold())


def _places(plain: str) -> Iterator[Span]:
    for found in _WESTERN.finditer(plain):
        yield Span(*found.span(), Kind.ADDRESS)
    for found in _POSTCODE.finditer(plain):
        yield Span(*found.span("code" if found["code"] else 0), Kind.ADDRESS)
    if not plain.isascii():
        for pattern in (_KOREAN, _JAPANESE, _CHINESE):
            for found in pattern.finditer(plain):
                if any(sign.isdigit() for sign in found[0]):
                    yield Span(*found.span(), Kind.ADDRESS)
