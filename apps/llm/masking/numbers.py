"""Numbers that belong to somebody: telephones, cards, accounts, national ids, network addresses. Numbers of orders,
serials, dates and prices belong to nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from ipaddress import ip_address

from apps.llm.masking import libraries as lib
from apps.llm.masking.kinds import Kind, Span

_THING = (  # what a number right behind is the number of
    r"order|invoice|serial|ticket|case|part|sku|tracking|version|article|item|model|ref(?:erence)?|quote|batch"
    r"|lot|parcel|build|transaction|receipt|account id"
    r"|bestell(?:ung|nummer|-?nr)\w*|auftrag\w*|rechnung\w*|serien\w*|sendung\w*|artikel\w*|vorgang\w*|charge"
    r"|paket\w*|kundennummer|vertrag\w*"
    r"|commande|facture|série|suivi|référence|colis|dossier|devis|lot|pedido|factura|serie|seguimiento"
    r"|referencia|paquete|envío|albarán"
    r"|주문|송장|시리얼|일련|운송장|접수|모델|상품|제품|거래|예약|注文|伝票|追跡|型番|製造|受付|請求|商品|予約|お問い合わせ番号|管理番号|订单|单号|发票|序列|快递|型号|运单|货号|流水|编号"
)
_TELEPHONE = (
    r"tel|phone|call|mobile|cell|fax|whatsapp|dial|text me|reach me|ring|telefon\w*|handy\w*|mobil\w*"
    r"|rückruf\w*|anruf\w*|erreichbar|rufen|festnetz\w*"
    r"|tél\w*|portable|fixe|appel\w*|joindre|joignable|móvil|teléfono|ll[aá]m\w*|fijo|marque|celular|contacto"
    r"|전화\w*|연락처?\w*|휴대폰\w*|핸드폰\w*|번호는|문자|電話\w*|携帯\w*|連絡先\w*|ファックス|电话|手机号?码?|联系方式|座机|致电|拨打|联系我"
)
_CARDS = r"card|credit|debit|visa|mastercard|maestro|amex|\w*karten?|kartennummer|carte|cb|tarjeta|카드|カード|卡"
_LABEL = re.compile(
    rf"(?i)(?P<card>(?<![A-Za-zÀ-ɏ])(?:{_CARDS})(?![A-Za-zÀ-ɏ]))|(?P<sign>#|№)"
    rf"|(?P<thing>(?<![A-Za-zÀ-ɏ])(?:{_THING})(?:s|en|es|no|nr)?(?![A-Za-zÀ-ɏ]))"
    rf"|(?P<telephone>(?<![A-Za-zÀ-ɏ])(?:{_TELEPHONE}))"
)
_BACK = 32  # characters a label may stand before its number

_CARD = re.compile(r"(?<![\w.-])(?<!\d,)\d(?:[ -]?\d){11,18}(?![\w-]|[.,]\d)", re.ASCII)
_BRANDS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|35|30[0-5]|3[689]|6(?:011|4|5|2)|81|50|5[6-8]|6[37]")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}", re.ASCII)
_NUMBER = re.compile(
    r"(?<![\w./-])(?<!\d,)(?:\+|00(?=[1-9]))?[ ]?\(?\d[\d ()./-]{4,22}\d(?![\w]|[.,/-]\d|%|€|\$|£|¥)",
    re.ASCII,
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:[0-2]?\d|3[01])(?:[ ]\d{1,2}(?:[:.]?\d{2}){0,2})?"
    r"|(?:[0-2]?\d|3[01])[-/. ]{1,2}(?:[0-2]?\d|3[01])[-/. ]{1,2}(?:19|20)?\d\d(?:[ ]\d{1,2})?"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[-]?\d{4,6})?"
)
_AMOUNT = re.compile(r"(?![6-9]\d\d \d{3} \d{3}$)[1-9]\d{0,2}(?:[. ]\d{3})+")
_SHAPES = (  # a number without the sign of a country, and where it would be one
    (re.compile(r"0[1-9]?\d*"), ("DE", "FR", "GB", "KR", "JP", "CN", "AT", "CH", "AU", "IT")),
    (re.compile(r"1[3-9]\d{9}"), ("CN",)),
    (re.compile(r"1[5-8]\d{6}"), ("KR",)),
    (re.compile(r"400\d{7}"), ("CN",)),
    (re.compile(r"[6-9]\d{8}"), ("ES",)),
    (re.compile(r"1?[2-9]\d{2}[2-9]\d{6}"), ("US",)),
    (re.compile(r"[5-8]\d{7,9}"), ("CN", "MX", "US")),
)
_GROUPED = {  # bare digits say nothing; grouped as a telephone they do
    "ES": re.compile(r"[6-9]\d{2}(?:[ .-]\d{3}[ .-]\d{3}|[ .-]\d{2}[ .-]\d{2}[ .-]\d{2})|[89]\d[ .-]\d{3}[ .-]\d{2}[ .-]\d{2}"),
    "US": re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}"),
    "KR": re.compile(r"1[5-8]\d\d-\d{4}"),
}  # fmt: skip
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])", re.ASCII)
_VERSION = re.compile(
    r"(?i)version|release|firmware|build|update|\bv\Z|버전|업데이트|バージョン|版本|升级|versión|mise à jour|actualiza"
    r"|aktualis"
)
_NETWORK = re.compile(r"(?i)(?<![A-Za-z])ip(?![A-Za-z])|address|adresse|server|host|주소|서버|アドレス|サーバー|地址|服务器")
_SEPARATORS = re.compile(r"[ ()./-]")


def find_numbers(plain: str, telephones: tuple[str, ...] = ()) -> Iterator[Span]:
    """`plain`: the text with full-width signs and dashes as ASCII. `telephones`: digits of numbers the ticket knows."""
    yield from _cards(plain)
    yield from _ibans(plain)
    yield from _ids(plain)
    yield from _addresses_of_networks(plain)
    for found in _NUMBER.finditer(plain):
        span = found.span()
        parts = [span] if _is_telephone(plain, *span, telephones) else _parts(plain, *span)
        for start, end in parts:
            if _is_telephone(plain, start, end, telephones):
                yield Span(start, end, Kind.PHONE, "".join(filter(str.isdigit, plain[start:end]))[-9:])


def label_before(plain: str, start: int) -> str:
    """"thing", "telephone", "card" or "": what the words right before a number say it is. A number, or the end of a
    sentence, between them hides them; a "#" says something only where no word does."""
    before = plain[max(0, start - _BACK) : start]
    for place in range(len(before) - 1, -1, -1):
        if before[place].isdigit() or before[place] in "\n⟧。！？!?;":
            before = before[place + 1 :]
            break
    said = ""
    for found in _LABEL.finditer(before):
        if found.lastgroup != "sign" or not said:
            said = "thing" if found.lastgroup == "sign" else found.lastgroup or ""
    return said


def _digits(written: str) -> str:
    return _SEPARATORS.sub("", written)


def _cards(plain: str) -> Iterator[Span]:
    for found in _CARD.finditer(plain):
        digits = _digits(found[0])
        if lib.luhn.is_valid(digits):
            said = label_before(plain, found.start())
            if said == "card" or (said != "thing" and len(digits) > 12 and _BRANDS.match(digits)):
                yield Span(*found.span(), Kind.CARD, digits)


def _ibans(plain: str) -> Iterator[Span]:
    for found in _IBAN.finditer(plain):
        written = found[0].rstrip(" .-")
        while len(written) >= 15:
            if lib.iban.is_valid(_digits(written), check_country=False):
                yield Span(found.start(), found.start() + len(written), Kind.IBAN, _digits(written).upper())
                break
            written = written[:-1].rstrip(" .-")


_IDS = re.compile(
    r"(?<![\w-])(?:(?P<kr>\d{6}[ ]?-[ ]?[1-8]\d{6}|\d{6}[1-4]\d{6})|(?P<cn>\d{17}[\dXx])|(?P<us>\d{3}-\d{2}-\d{4})"
    r"|(?P<fr>[12][ ]?\d\d[ ]?\d\d[ ]?(?:\d\d|2[AB])[ ]?\d{3}[ ]?\d{3}(?:[ ]?\d\d)?)|(?P<es>\d{8}[ -]?[A-Za-z]"
    r"|[XYZxyz][ -]?\d{7}[ -]?[A-Za-z]|\d{2}\.\d{3}\.\d{3}[ -]?[A-Za-z])"
    r"|(?P<gb>[A-CEGHJ-PR-TW-Z]{2}[ ]?\d\d[ ]?\d\d[ ]?\d\d[ ]?[A-D])|(?P<de>\d{2}[ ]\d{3}[ ]\d{3}[ ]\d{3}|\d{11})"
    r"|(?P<jp>\d{4}[ -]\d{4}[ -]\d{4}|\d{12}))(?![\w-])",
    re.ASCII,
)


def _ids(plain: str) -> Iterator[Span]:
    for found in _IDS.finditer(plain):
        country = found.lastgroup or ""
        if _VALID[country](found[0]) and label_before(plain, found.start()) != "thing":
            yield Span(*found.span(), Kind.ID, re.sub(r"[ .-]", "", found[0]).upper())


def _korean(written: str) -> bool:
    """The check digit ended with 2020; without the dash it is asked for, for any 13 digits may be a number of a thing."""
    digits = _digits(written)
    if "-" not in written:
        return bool(lib.korea.is_valid(digits))
    return _is_day(("19" if digits[6] in "1256" else "20") + digits[:6])


def _is_day(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).year > 1899
    except ValueError:
        return False


_VALID: dict[str, Callable[[str], bool]] = {
    "kr": _korean,
    "cn": lambda written: _is_day(written[6:14]) and (written[0] in "12345678"),
    "us": lambda written: not re.match("000|666", written) and written[4:6] != "00" and written[7:] != "0000",
    "fr": lambda written: lib.france.is_valid(_digits(written)) if len(_digits(written)) == 15 else False,
    "es": lambda written: (
        lib.spain.is_valid(_digits(written).upper()) or lib.spain_foreign.is_valid(_digits(written).upper())
    ),
    "gb": lambda written: True,
    "de": lambda written: lib.germany.is_valid(_digits(written)) and " " in written,
    "jp": lambda written: lib.japan.is_valid(_digits(written)) and len(written) > 12,
}


def _addresses_of_networks(plain: str) -> Iterator[Span]:
    candidates = list(_IPV4.finditer(plain)) if plain.count(".") > 2 else []
    candidates += list(_IPV6.finditer(plain)) if plain.count(":") > 1 else []
    for found in candidates:
        try:
            ip_address(found[0])
        except ValueError:
            continue
        before = plain[max(0, found.start() - 60) : found.start()].rpartition("\n")[2]
        small = ":" not in found[0] and int(found[0].split(".")[0]) < 32  # as versions are
        if len(found[0]) > 4 and not (small and _VERSION.search(before) and not _NETWORK.search(before)):
            yield Span(*found.span(), Kind.IP)


def _parts(plain: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """One run of digits and separators may be two numbers: "0171 1234567 / 030 123456"."""
    written = plain[start:end]
    at = start
    for piece in re.split(r"( / |  +|, )", written):
        if len(piece) > 5:
            stripped = piece.rstrip(" (./-")
            lead = len(piece) - len(piece.lstrip(" "))
            yield at + lead, at + len(stripped)
        at += len(piece)


def _is_telephone(plain: str, start: int, end: int, known: tuple[str, ...]) -> bool:
    written = plain[start:end]
    digits = re.sub(r"\D", "", written.replace("(0)", "") if written.lstrip("( ").startswith(("+", "00")) else written)
    if any(digits.endswith(one) for one in known if len(digits) <= len(one) + 6):
        return True
    if not 7 <= len(digits) <= 15:
        return False
    said = label_before(plain, start)
    if said == "thing" or _DATE.fullmatch(written.strip()) or (not said and _AMOUNT.fullmatch(written.strip())):
        return False
    if written.lstrip("( ").startswith(("+", "00")):
        return _possible(digits if not digits.startswith("00") else digits[2:])
    return _national(written.strip(), digits, said == "telephone")


@lru_cache(maxsize=4096)
def _possible(digits: str) -> bool:
    try:
        return bool(lib.phones.is_possible_number(lib.phones.parse(f"+{digits}")))
    except lib.phones.NumberParseException:
        return False


@lru_cache(maxsize=4096)
def _national(written: str, digits: str, said: bool) -> bool:
    """A number as one dials it in its country: valid there, and by its form or by a word before it no other number."""
    for shape, regions in _SHAPES:
        if shape.fullmatch(digits):
            for region in regions:
                formed = _GROUPED[region].fullmatch(written) is not None if region in _GROUPED else len(digits) >= 9
                if (said or formed) and _valid(digits, region):
                    return True
    return said and len(digits) >= 7 and digits == re.sub(r"[ ()/-]", "", written) and len(set(digits)) > 2


def _valid(digits: str, region: str) -> bool:
    try:
        return bool(lib.phones.is_valid_number(lib.phones.parse(digits, region)))
    except lib.phones.NumberParseException:
        return False
