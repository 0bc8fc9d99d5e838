from __future__ import annotations

import unicodedata

import pytest

from simulators import mail

LANGUAGES = ("en", "de", "fr", "es", "ja", "ko", "zh")
CLIENTS: tuple[mail.Client, ...] = ("gmail", "outlook", "apple", "agent", "form")
QUOTED = mail.Quoted("What was said\n\nbefore", "Mara", "support@acme.example", 1_700_000_000, "bo@mail.example", "Hi")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_text_survives_the_way_to_html_and_back(client: mail.Client, language: str) -> None:
    text = 'Hello <you> & "me",\n\nfirst line\nsecond line\n\nGrüße 日本語 한국어 😀'
    back = mail.plain(mail.render(text, client, language))
    assert unicodedata.normalize("NFC", back).split() == text.split()


@pytest.mark.parametrize("client", ["gmail", "outlook", "agent"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quoted_mail_stands_below_the_answer(client: mail.Client, language: str) -> None:
    back = mail.plain(mail.render("The answer", client, language, "Bo\nStudio", QUOTED))
    places = [back.index(part) for part in ("The answer", "Bo", "support@acme.example", "What was said", "before")]
    assert places == sorted(places)


def test_plain_text_is_what_freshdesk_makes_of_the_recorded_sample() -> None:
    markup = "these steps: <br><br> <ol><li>Select <b>account details</b> from the menu.</li> <li>Click</li></ol>"
    assert mail.plain(markup) == "these steps:      Select account details from the menu.   Click"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<style>p{color:red}</style><p>a</p>", "a"), ("a<!-- hidden <b>x</b> -->b", "ab"), ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<td>1</td><td>2</td>", "1  2"), ("in<i>li</i>ne", "inline"), ("", ""),
    ],
)  # fmt: skip
def test_block_tags_part_words_and_others_do_not(markup: str, text: str) -> None:
    assert mail.plain(markup) == text


def test_a_person_keeps_to_one_mail_program() -> None:
    people = [f"customer{number}@mail.example" for number in range(60)]
    assert [mail.client_of(one) for one in people] == [mail.client_of(one) for one in people]
    assert {mail.client_of(one) for one in people} == {"gmail", "outlook", "apple"}
