"""Masking on planted values in seven languages: none is left, everything comes back, and clean texts stay as they are."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.core.text import LANGUAGES
from apps.llm.masking import Kind, Known, Level, Restorer, Table, mask
from tests.llm.pii import corpus

PEOPLE = tuple(person for language in ("ko", "ja", "zh", "de") for person in corpus.PEOPLE[language])
SCRIPTS = ("abzAZ", "가김민수힣", "あのアン々", "王小明李", "äöüßÄ", "éèçœÉ", "ñáíóú¿")
PIECES = [
    *SCRIPTS, "⟦", "⟧", "[[", "]]", "_", "%E2%9F%A6", "〚", "⟦EMAIL_1⟧", "⟦name 2⟧", "[[PHONE_3_1]]", "0", "1", "7", "９", "+", "-", "/", ".", ":",
    "@", " ", "\n", "İ", "ﬁ", "e\u0301", "password: ", "tel ", "密码", "비밀번호는 ", "a@b.de", "0171 1234567", "4111 1111 1111 1137", "김민수", "김 과장님",
    "Müller", "Jürgen", "王先生", "田中様", "203.0.113.9", "https://a.example/?token=", "2001:db8::1", "Musterstraße 12", "geb. 01.02.1970", "12345678Z",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=14).map("".join)
MANY = settings(max_examples=50, deadline=None)


def shown(text: corpus.Planted) -> tuple[str, list[tuple[int, int]]]:
    """The text masked, and which characters of it are still there."""
    masked = mask([text.text], corpus.PEOPLE[text.language])
    restored = masked.table.restore(masked.texts[0])
    assert (restored.text, restored.unknown) == (text.text, ())
    return masked.texts[0], list(corpus.kept(text.text, masked.texts[0], dict(masked.table.values)))


def left_in_clear(texts: list[corpus.Planted]) -> tuple[list[str], Counter, Counter]:
    """What of the planted values is still to be read, be it one letter; counts of masked and planted by kind and language."""
    left, found, planted = [], Counter(), Counter()
    for text in texts:
        masked, kept = shown(text)
        for kind, value, start in text.values:
            planted[kind, text.language] += 1
            readable = (place for low, high in kept for place in range(max(low, start), min(high, start + len(value))))
            if any(text.text[place].isalnum() for place in readable):
                left.append(f"{text.language} {kind} {value!r}: {masked}")
            else:
                found[kind, text.language] += 1
    return left, found, planted


def table(title: str, found: Counter, planted: Counter) -> str:
    lines = [f"{title}: {sum(found.values())} of {sum(planted.values())}", " " * 9 + "".join(f"{one:>7}" for one in LANGUAGES)]
    for kind in Kind:
        cells = (f"{found[kind, one]}/{planted[kind, one]}" if planted[kind, one] else "-" for one in LANGUAGES)
        lines.append(f"{kind:<9}" + "".join(f"{cell:>7}" for cell in cells))
    return "\n".join(lines)


def test_of_600_values_in_seven_languages_none_is_left():
    left, found, planted = left_in_clear(corpus.read("planted"))
    print("\n" + table("planted", found, planted))
    assert sum(planted.values()) >= 600
    assert set(planted) == {(kind, language) for kind in Kind for language in LANGUAGES}
    assert left == []


def test_what_was_planted_after_the_recognisers_were_written_is_told_as_it_is():
    """What is missed here is known to be missed (decision 0079 has the first measurement of each such set). The floor only
    tells when a recogniser breaks."""
    left, found, planted = left_in_clear(corpus.read("heldout"))
    print("\n" + table("held out (first measured: 70 of 84)", found, planted), *left, sep="\n")
    assert sum(found.values()) >= 0.9 * sum(planted.values()) >= 0.9 * 80
    strict = {one.value for one in (Kind.EMAIL, Kind.PHONE, Kind.CARD, Kind.IBAN, Kind.IP, Kind.URL)}  # what has a form of its own
    assert [one for one in left if one.split()[1] in strict] == []


@pytest.mark.verify
@corpus.needs_pack
def test_in_texts_of_others_nothing_with_a_form_of_its_own_is_left():
    """Other countries' telephones, towns, names nobody told us of and the like are not looked for; they are counted."""
    left, found, planted = left_in_clear(corpus.pack())
    print("", *sorted(f"{kind}: {found[kind, one]} of {count}" for (kind, one), count in planted.items()), sep="\n")
    strict = {"CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS", "IP_ADDRESS"}
    assert sum(planted[kind, "en"] for kind in strict) >= 100
    assert [one for one in left if one.split()[1] in strict] == []


def test_numbers_of_things_dates_prices_and_words_stay_as_they_are():
    texts = corpus.read("clean")
    changed = [masked for text in texts if (masked := shown(text)[0]) != text.text]
    print(f"\nfalse alarms: {len(changed)} of {len(texts)} clean texts", *changed, sep="\n")
    assert len(texts) >= 100
    # "Will" and "Müller" are names of people these tickets know, and words of the texts
    assert [re.sub("⟦NAME_[0-9]+⟧", "*", one)[:20] for one in changed] == ["* it arrive in May? ", "Der * von nebenan ha"]


@pytest.mark.parametrize(
    ("known", "written", "left"),
    [
        (Known("Jürgen Müller-Lüdenscheid"), "MUELLER LUEDENSCHEID, Juergen: Müllers, Ludenscheid und jürgen", "*: *s, * und *"),
        (Known("Will Grant"), "Will Grant will not grant it. Grant’s key. WILL!", "* will not grant it. *’s key. *!"),
        (Known("Anne-Marie de la Tour"), "anne marie, de la maison, la Tour; annemarie.", "*, de la maison, la *; *."),
        (Known("Bo Xu"), "Bo Xu, xu bo, Bo. A bow, an oxbow.", "*, *, *. A bow, an oxbow."),
        (Known("Bo Xu"), "über bo und xu", "über bo und xu"),
        (Known("김민수"), "김민수님 김 민수씨 민수가 김대리님, 김치와 한민수정", "*님 *씨 *가 *대리님, 김치와 한민수정"),
        (Known("남궁 민"), "남궁민입니다. 남궁 부장님", "*입니다. * 부장님"),
        (Known("田中 太郎"), "田中太郎、田中様、田中です。太郎さん、太郎　田中、田中区", "*、*様、*です。*さん、*、田中区"),
        (Known("欧阳小明"), "欧阳先生，小明老师，欧阳 小明", "*先生，*老师，*"),
        (Known("Ana", ("ana.lopez7@x.example",)), "ANA.LOPEZ7@X.EXAMPLE, user ana.lopez7, banana", "*, user *, banana"),
        (Known("", (), ("+49 (0)171 1234567",)), "call 0171/123 45-67 or 1711234567, not 171123456", "call * or *, not 171123456"),
        (Known("", (), (), ("Hof 3, Dorf",)), "Post an HOF 3, DORF.", "Post an *."),
        (Known("Juan Carlos Núñez"), "J. C. Núñez, JC Nunez, C. Nuñez", "*, *, C. *"),
        (Known("José Núñez"), "jose nunez / JOSE\u0301 NUN\u0303EZ", "* / *"),
    ],
)  # fmt: skip
def test_a_known_person_is_found_as_people_write_them(known, written, left):
    masked = mask([written], [known])
    assert re.sub("⟦[A-Z]+_[0-9_]+⟧", "*", masked.texts[0]) == left
    assert masked.table.restore(masked.texts[0]).text == written


def test_one_value_has_one_token_in_all_texts_and_its_spellings_share_the_number():
    masked = mask(["a@x.example, b@x.example", "b@x.example wrote to A@x.example", "a@x.example"])
    assert masked.texts == ("⟦EMAIL_1⟧, ⟦EMAIL_2⟧", "⟦EMAIL_2⟧ wrote to ⟦EMAIL_1_2⟧", "⟦EMAIL_1⟧")
    again = mask(["c@x.example, a@x.example", masked.texts[1]], table=masked.table)
    assert again.texts == ("⟦EMAIL_3⟧, ⟦EMAIL_1⟧", masked.texts[1])
    assert "x.example" not in repr(masked) + repr(masked.table) + repr(Known("x.example"))


def test_levels():
    text = "a@x.example 4111 1111 1111 1137 203.0.113.9 password: hunter22 geb. 01.02.1970"
    assert mask([text], level=Level.OFF).texts == (text,)
    assert mask([text], level=Level.CONTACT).texts == ("⟦EMAIL_1⟧ ⟦CARD_1⟧ 203.0.113.9 password: ⟦SECRET_1⟧ geb. 01.02.1970",)
    assert mask([text], level=Level.ALL).texts == ("⟦EMAIL_1⟧ ⟦CARD_1⟧ ⟦IP_1⟧ password: ⟦SECRET_1⟧ geb. ⟦BIRTH_1⟧",)


def test_keys_of_services_are_masked_wherever_they_stand():
    letters = "Ab3dEf6hIj9kLm2n"
    keys = ["sk" + "-proj-" + letters, "ghp" + "_" + letters + "Zz88", "AKIA" + "Z7" * 8, "xoxb" + "-12345-" + letters, "eyJ" + letters + "." + letters + ".x_Y",
            "-----BEGIN" + " PRIVATE KEY-----\nMIIB\n-----END" + " PRIVATE KEY-----"]  # fmt: skip
    for key in keys:
        assert mask([f"log: {key} 입니다"]).texts == ("log: ⟦SECRET_1⟧ 입니다",)


@pytest.mark.parametrize(
    "written",
    ["⟦EMAIL_1⟧", "⟦email_1⟧", "⟦ Email 1 ⟧", "⟦EMAIL\\_1⟧", "⟦EMAIL-1⟧", "⟦EMAIL1⟧", "[[EMAIL_1]]", "〚EMAIL_1〛", "%E2%9F%A6EMAIL_1%E2%9F%A7", "%e2%9f%a6EMAIL_1%e2%9f%a7",
     "⟦**EMAIL_1**⟧", "⟦`EMAIL_1`⟧", "⟦EMAIL_01⟧"],
)  # fmt: skip
def test_a_token_that_a_model_wrote_a_little_differently_is_read(written):
    masked = mask(["a@x.example"])
    for around in ("**{}**", "[{}](mailto:{})", "> - {}님", "| {} |", "({})."):
        answer = around.format(written, written)
        assert masked.table.restore(answer).text == around.format("a@x.example", "a@x.example")


def test_a_token_nobody_made_stays_and_is_reported():
    masked = mask(["a@x.example"])
    restored = masked.table.restore("⟦EMAIL_1⟧ ⟦EMAIL_2⟧ ⟦phone 1⟧ ⟦EMAIL_2⟧ ⟦EMAIL_x⟧ ⟦WHATEVERELSE_1⟧")
    assert restored.text == "a@x.example ⟦EMAIL_2⟧ ⟦phone 1⟧ ⟦EMAIL_2⟧ ⟦EMAIL_x⟧ ⟦WHATEVERELSE_1⟧"
    assert restored.unknown == ("⟦EMAIL_2⟧", "⟦phone 1⟧")


def test_a_customer_who_writes_a_token_gets_nobodys_value():
    masked = mask(["What is ⟦EMAIL_1⟧ and [[email 2]]?", "a@x.example b@x.example"])
    assert masked.texts == ("What is ⟦EMAIL_1⟧ and [[email 2]]?", "⟦EMAIL_3⟧ ⟦EMAIL_4⟧")
    assert masked.table.restore(masked.texts[0]).text == "What is ⟦EMAIL_1⟧ and [[email 2]]?"


@MANY
@given(st.lists(TEXTS, max_size=3), st.sampled_from(Level))
@example(["a@b.de0171 1234567", "⟦⟦EMAIL_1⟧"], Level.ALL)
def test_what_is_masked_comes_back_and_masking_it_again_changes_nothing(texts, level):
    masked = mask(texts, PEOPLE, level)
    assert [masked.table.restore(one).text for one in masked.texts] == texts
    assert mask(masked.texts, PEOPLE, level).texts == masked.texts
    assert mask(masked.texts, PEOPLE, level, masked.table).texts == masked.texts


def streamed(known: Table, pieces: list[str]) -> tuple[str, tuple[str, ...]]:
    restorer = Restorer(known)
    text = "".join([*map(restorer.feed, pieces), restorer.end()])
    return text, restorer.unknown


def test_a_stream_cut_anywhere_gives_what_the_whole_gives():
    known = mask(["a@x.example A@x.example 203.0.113.9"]).table
    text = "100% [[[EMAIL_1]] ⟦⟦email 1.2⟧⟧ %E2%9F%A6IP_1%E2%9F%A7 [EMAIL ⟦IP_9⟧ ⟦ EMAIL_1 _ 2 ⟧ ⟦IP_1"
    whole = known.restore(text)
    assert whole.text == "100% [a@x.example ⟦A@x.example⟧ 203.0.113.9 [EMAIL ⟦IP_9⟧ A@x.example ⟦IP_1"
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            assert streamed(known, [text[:first], text[first:second], text[second:]]) == (whole.text, whole.unknown)
    assert streamed(known, list(text)) == (whole.text, whole.unknown)


@MANY
@given(TEXTS, st.data())
def test_any_stream_gives_what_the_whole_gives(text, data):
    masked = mask([text, "a@b.de +49 171 1234567 203.0.113.9"], PEOPLE)
    answer = data.draw(st.permutations([*masked.texts, text, "⟦EMAIL_1⟧[[", "⟦ip 1"])).copy()
    written = "".join(answer)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=6)))
    pieces = [written[low:high] for low, high in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    whole = masked.table.restore(written)
    assert streamed(masked.table, pieces) == (whole.text, whole.unknown)


def test_a_stream_keeps_back_no_more_than_the_beginning_of_a_token():
    restorer = Restorer(mask(["a@x.example"]).table)
    assert [restorer.feed(piece) for piece in ("Write to ", "⟦EM", "AIL_1", "⟧ now", " ⟦", "!")] == ["Write to ", "", "", "a@x.example now", " ", "⟦!"]
