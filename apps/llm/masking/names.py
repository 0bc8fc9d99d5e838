"""Names a ticket knows, found as people write them: in any case, with or without accents, turned round, with a genitive,
in Korean, Japanese and Chinese without spaces and with an honorific."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from apps.llm.masking.kinds import Kind, Known, Span

_MARKS = "[\u0300-\u036f]?"
_SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe", "ñ": "ny"}
_EAST = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af々]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_APART = re.compile(r"[\s,·・．]+")
_GENITIVE = "(?=(?:['’`´]s?|s)?(?![^\\W\\d_]))"
# Parts of names that are words of a language too: taken only with a capital.
_WORDS = frozenset(re.split(r"\s+", """an art bill bella blanca bob brown chance christian claire clara cross dawn day dean dom drew faith fisch flor
    forest fox frank fuchs gene grace grant gray green groß guy hall hand harmony herbst holder honey hope hunter iris ivy
    jack jean jung june joy kaiser kind king klein koch kurz lance lang laurent liberty long love luz major mark mars marine
    marina martin max may melody mercedes miles mar mercer mike miller noble nova olive page pat paz penny peter pilar
    pierre price prince ray reich rich richter rob rose ruby rusty sage schwarz sky sol sommer stark sue summer sunny
    taylor trinity victor violet wade weber weiss weiß white will winter wolf wood young zimmermann"""))
_SMALL = frozenset(re.split(
    " ", "al am an and as at auf aus av be bin by da de del dem den der des di do dos du e el en et für go he i im in is it la las "
    "le les lo los me mit my no o of on or so st te ter the to tu um un und up us van vom von we y zu zum zur"
))  # fmt: skip
_NO_MAILBOX = re.compile(
    r"(?i)(?:info|support|hello|contact|sales|admin|office|service|help|mail|kontakt|team|noreply|no-reply)"
)

_KO_TITLES = (
    "고객님|선생님|대표님|사장님|이사님|부장님|차장님|과장님|대리님|팀장님|실장님|주임님|매니저님|교수님|박사님|대표|사장|이사|부장|차장|과장|대리|팀장|실장"
    "|주임|매니저|사원|선생|고객|교수|박사|원장|님|씨"
)
_KO_AFTER = (
    "님|씨|군|양|이가|이는|이를|이도|이랑|이의|이에게|이|가|은|는|을|를|의|에게|께서|께|한테|아|야|과|와|도|로|랑|하고|입니다|이에요|예요|드림|올림"
)
_KO_DOUBLE = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방")
_JA_TITLES = "様|さま|さん|サン|氏|殿|先生|くん|君|ちゃん|部長|課長|係長|社長|主任|店長|専務|常務|担当"
_ZH_TITLES = "先生|女士|小姐|老师|经理|总监|总|主任|师傅|太太|医生|教授|同学|主管|老板|客服|工|先⽣"
_ZH_DOUBLE = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "歐陽", "司馬", "諸葛")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff々"


def find_names(text: str, known: tuple[Known, ...]) -> Iterator[Span]:
    """Where the names and mailboxes of these people stand. `text` may be changed in ways that keep its length."""
    for pattern, identities in _patterns(known):
        for found in pattern.finditer(text):
            if found.lastgroup is not None and found[0]:
                yield Span(*found.span(found.lastgroup), Kind.NAME, identities[found.lastgroup])


@lru_cache(maxsize=64)
def _patterns(known: tuple[Known, ...]) -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    """A pattern for whole names and one for parts, longest first; the groups tell whose they are."""
    rules = {rule: person for index, person in enumerate(known) for rule in _rules(person, str(index))}
    made = []
    ordered = sorted(rules, key=len, reverse=True)
    for begin in range(0, len(ordered), 90):  # each pattern holds so many groups that are still found quickly
        some = ordered[begin : begin + 90]
        pattern = "|".join(rule.replace("?P<_>", f"?P<g{number}>") for number, rule in enumerate(some))
        made.append((re.compile(pattern), {f"g{number}": rules[rule].name or rules[rule].emails[0] for number, rule in enumerate(some)}))
    return tuple(made)


def _rules(person: Known, _index: str) -> Iterator[str]:
    """Patterns whose group "_" is what is masked."""
    name = unicodedata.normalize("NFC", person.name).strip()
    parts = [part for part in _APART.split(name) if part]
    if _EAST.search(name):
        yield from _eastern(parts)
    else:
        yield from _western(parts)
    for address in person.emails:
        mailbox = address.split("@")[0]
        if len(mailbox) >= 5 and re.search(r"[\d._-]", mailbox) and not _NO_MAILBOX.fullmatch(mailbox):
            yield rf"(?<![^\W_])(?P<_>(?i:{re.escape(mailbox)}))(?![^\W_@])"


def _western(parts: list[str]) -> Iterator[str]:
    long = [part for part in parts if len(part) > 1]
    if len(long) > 1:
        for order in (long, [*long[-1:], *long[:-1]], long[::-1], [long[0], long[-1]]):
            whole = r"[\s,.·_-]{1,3}".join(_letters(part, small=True) for part in order)
            yield rf"(?<![^\W\d_])(?P<_>{whole}){_GENITIVE}"
        for letters in dict.fromkeys((long[0][:1], "".join(part[0] for part in long[:-1]))):
            short = r"\.?[ -]?".join(re.escape(one.upper()) for one in letters)
            surname = "|".join(_letters(part, small=True) for part in long[1:])
            yield rf"(?<![^\W\d_])(?P<_>{short}\.?[ ](?:{surname})){_GENITIVE}"
        yield rf"(?<![^\W_])(?P<_>{''.join(_letters(part, small=True) for part in (long[0], long[-1]))})(?![^\W_])"
    pieces = {piece for part in long for piece in (part, *part.split("-"))}
    for part in sorted(pieces):
        if len(part) < 2 or part.casefold() in _SMALL:
            continue
        small = len(part) >= 4 and part.casefold() not in _WORDS
        yield rf"(?<![^\W\d_])(?P<_>{_letters(part, small=small)}){_GENITIVE}"


def _letters(part: str, *, small: bool) -> str:
    """The part in any case, with or without its accents, its umlauts spelt out; without `small` it begins with a capital."""
    pieces = []
    for place, sign in enumerate(part):
        if sign in "-‐‑":
            pieces.append(r"[-‐‑ ]?")
            continue
        if sign in "'’`´":
            pieces.append("['’`´]?")
            continue
        base = unicodedata.normalize("NFD", sign)[0]
        forms = {sign, base}
        spelt = _SPELT.get(sign.lower())
        if place == 0 and not small:
            cased = {form.upper() for form in forms}
            spelt_forms = {spelt.capitalize(), spelt.upper()} if spelt else set[str]()
        else:
            cased = {case for form in forms for case in (form.lower(), form.upper())}
            spelt_forms = {spelt, spelt.upper(), spelt.capitalize()} if spelt else set()
        single = "".join(sorted(re.escape(one) for one in cased if len(one) == 1))
        doubles = "|".join(sorted(spelt_forms | {one for one in cased if len(one) > 1}))
        pieces.append(f"(?:{doubles}|[{single}]{_MARKS})" if doubles else f"[{single}]{_MARKS}")
    return "".join(pieces)


def _eastern(parts: list[str]) -> Iterator[str]:
    whole = "".join(parts)
    if len(whole) < 2:
        return
    inside = "" if len(whole) > 2 or not _HANGUL.search(whole) else "(?<![\uac00-\ud7af])"
    yield rf"{inside}(?P<_>{_apart(whole)})"
    if len(parts) > 1:
        yield rf"(?P<_>{r'[ ・·]?'.join(map(_apart, reversed(parts)))})"
    if _HANGUL.search(whole):
        yield from _korean(parts, whole)
    else:
        yield from _chinese_and_japanese(parts, whole)


def _apart(name: str) -> str:
    """The signs with a space or a dot between any two."""
    return r"[ \u3000・·]?".join(map(re.escape, name))


def _korean(parts: list[str], whole: str) -> Iterator[str]:
    surname = parts[0] if len(parts) > 1 and len(parts[0]) <= 2 else whole[: 2 if whole.startswith(_KO_DOUBLE) else 1]
    given = whole[len(surname) :]
    yield rf"(?<![\uac00-\ud7af])(?P<_>{surname})(?= ?(?:{_KO_TITLES}))"
    if len(given) >= 2:
        yield rf"(?<![\uac00-\ud7af])(?P<_>{given})(?= ?(?:{_KO_AFTER})|(?![\uac00-\ud7af]))"


def _chinese_and_japanese(parts: list[str], whole: str) -> Iterator[str]:
    titles = f"{_JA_TITLES}|{_ZH_TITLES}"
    for surname in sorted(_surnames(parts, whole)):
        yield rf"(?P<_>{surname})(?= ?(?:{titles}))"
        if len(surname) > 1 and (len(parts) > 1 or len(whole) > 3):
            yield rf"(?<![{_HAN}])(?P<_>{surname})(?![{_HAN}])"
    given = parts[1] if len(parts) > 1 else whole[2 if whole.startswith(_ZH_DOUBLE) or len(whole) >= 4 else 1 :]
    if len(given) >= 2:
        yield rf"(?P<_>{given})(?= ?(?:{titles}|您|你|，))"
        yield rf"(?<![{_HAN}])(?P<_>{given})(?![{_HAN}])"


def _surnames(parts: list[str], whole: str) -> Iterable[str]:
    """Where no space says where it ends, the lengths that are usual."""
    if len(parts) > 1:
        return {parts[0]}
    if whole.startswith(_ZH_DOUBLE):
        return {whole[:2]}
    return {whole[:1], whole[:2]} if len(whole) == 3 else {whole[: len(whole) // 2]}
