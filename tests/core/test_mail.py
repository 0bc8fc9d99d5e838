"""Own words, quoted history and signatures of mails in seven languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.text import is_sign_off, normalise, own_words, split_quoted, split_signature

HISTORIES = {
    "gmail en": "On Mon, 3 Nov 2026 at 10:12, Acme Audio <support@acme.example> wrote:\n> old words",
    "gmail en wrapped": "On Mon, Nov 3, 2026 at 10:12 AM Acme Audio\n<support@acme.example> wrote:\n\nold words",
    "gmail de": "Am Di., 3. Nov. 2026 um 10:12 Uhr schrieb Acme Audio <support@acme.example>:\n\nold words",
    "gmail fr": "Le mar. 3 nov. 2026 à 10:12, Acme Audio <support@acme.example> a écrit :\n\nold words",
    "gmail es": "El mar, 3 nov 2026 a las 10:12, Acme Audio (<support@acme.example>) escribió:\n\nold words",
    "gmail ko": "2026년 11월 3일 (화) 오전 10:12, Acme Audio <support@acme.example>님이 작성:\n\nold words",
    "gmail ja": "2026年11月3日(火) 10:12 Acme Audio <support@acme.example>:\n\nold words",
    "mail ja": "2026/11/03 10:12、Acme Audio <support@acme.example>のメール:\n\nold words",
    "gmail zh": "Acme Audio <support@acme.example> 于2026年11月3日周二 10:12写道：\n\nold words",
    "outlook en": "From: Acme Audio <support@acme.example>\nSent: Tuesday, 3 November 2026 10:12\nTo: Bo\n\nold words",
    "outlook de": "Von: Acme Audio <support@acme.example>\nGesendet: Dienstag, 3. November 2026 10:12\nold words",
    "outlook fr": "De : Acme Audio <support@acme.example>\nEnvoyé : mardi 3 novembre 2026 10:12\nold words",
    "outlook es": "De: Acme Audio <support@acme.example>\nEnviado el: martes, 3 de noviembre de 2026 10:12\nold words",
    "outlook ko": "보낸 사람: Acme Audio <support@acme.example>\n보낸 날짜: 2026년 11월 3일\nold words",
    "outlook ja": "差出人: Acme Audio <support@acme.example>\n送信日時: 2026年11月3日 10:12\nold words",
    "outlook zh": "发件人: Acme Audio <support@acme.example>\n发送时间: 2026年11月3日 10:12\nold words",
    "original": "-----Original Message-----\nold words",
    "original de": "-----Ursprüngliche Nachricht-----\nold words",
    "marks": "> old words of yours\n> and more of them",
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_history_is_cut_off_and_the_own_words_are_a_prefix(history):
    text = f"It still does not charge.\nWhat now?\n\n{history}"
    own, quoted = split_quoted(text)
    assert own == "It still does not charge.\nWhat now?"
    assert text.startswith(own) and "old words" in quoted


@pytest.mark.parametrize("kind", [key for key in HISTORIES if key.startswith(("gmail", "outlook"))])
def test_history_is_found_where_a_platform_took_the_line_breaks_away(kind):
    own, quoted = split_quoted(f"It still does not charge. {' '.join(HISTORIES[kind].split())}")
    assert own == "It still does not charge." and "old words" in quoted


@pytest.mark.parametrize("text", [
    "On Monday my colleague wrote: try again. I did.", "From: the shop in Ghent I got no answer.",
    "El lunes me escribió su compañera y no entendí nada.", "The price is > 100 € and the weight < 2 kg.",
    "Am Montag schrieb ich Ihnen schon einmal.",
])  # fmt: skip
def test_ordinary_sentences_are_not_history(text):
    assert split_quoted(text) == (text, "")


def test_a_mail_of_history_alone_has_no_own_words():
    assert split_quoted(HISTORIES["gmail en"])[0] == ""


def test_answers_between_quoted_lines_stay():
    text = "> Which firmware is it?\n> Please tell us.\n2.4.1\n> Since when?\nSunday"
    assert split_quoted(text) == (text, "")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.sampled_from(sorted(HISTORIES)))
def test_the_normalised_own_words_begin_the_normalised_text(words, kind):
    text = f"{words}\n\n{HISTORIES[kind]}"
    own, _ = split_quoted(text)
    assert text.startswith(own)
    assert normalise(text).startswith(normalise(own))


@pytest.mark.parametrize(
    ("text", "author", "signature"),
    [
        ("The hinge broke.\n\nTomasz Zielinski\nHardware · Acme Audio\nhelp.acme.example", "Tomasz Zielinski",
         "Tomasz Zielinski Hardware · Acme Audio help.acme.example"),
        ("Die Box ist tot.\n\nMit freundlichen Grüßen\nMatthias Krüger\nKrüger Bau GmbH\nTel. 030 23125 640", "",
         "Mit freundlichen Grüßen Matthias Krüger Krüger Bau GmbH Tel. 030 23125 640"),
        ("Le son coupe.\n\nCordialement,\nAnne Petit", "", "Cordialement, Anne Petit"),
        ("No carga.\n\nUn saludo,\nJavier", "", "Un saludo, Javier"),
        ("충전이 안 됩니다.\n\n감사합니다.\n김민지 드림", "김민지", "감사합니다. 김민지 드림"),
        ("充電できません。\n\nよろしくお願いいたします。\n山田", "", "よろしくお願いいたします。 山田"),
        ("充不上电。\n\n谢谢！\n王芳", "", "谢谢！ 王芳"),
        ("It broke.\n-- \nBo Berg", "", "-- Bo Berg"),
    ],
)  # fmt: skip
def test_a_signature_is_told_from_the_words(text, author, signature):
    body, found = split_signature(text, author)
    assert found == signature
    assert normalise(text).startswith(body) and signature not in body


@pytest.mark.parametrize("text", ["Thank you!", "Where is my order AA-1?", "It works now.\nThanks for fixing the hum"])
def test_words_that_only_look_short_are_kept(text):
    assert split_signature(text)[0].startswith(text.splitlines()[0])


@pytest.mark.parametrize("line", ["Best regards,", "Vielen Dank im Voraus!", "Merci d’avance", "Saludos cordiales",
                                  "감사합니다.", "よろしくお願いいたします。", "谢谢！"])  # fmt: skip
def test_goodbyes_are_known_in_each_language(line):
    assert is_sign_off(line)


def test_a_thank_you_that_says_more_is_no_goodbye():
    assert not is_sign_off("Thank you for replacing the left earbud so quickly.")


@pytest.mark.parametrize("text", [
    "The hinge broke.     Tomasz Zielinski    Hardware · Acme Audio    help.acme.example",
    "The hinge broke.     --  Matthias Krüger Krüger Bau GmbH Tel. 030 23125 640",
    "The hinge broke.     Matthias Krüger Krüger Bau GmbH Tel. 030 23125 640",
    "The hinge broke.     Matthias",
])  # fmt: skip
def test_a_signature_that_lost_its_lines_is_still_told_apart(text):
    author = "Tomasz Zielinski" if "Tomasz" in text else "Matthias Krüger"
    assert split_signature(text, author)[0] == "The hinge broke."


@pytest.mark.parametrize(
    ("text", "author", "own"),
    [
        ("Hello,\n\nhold the button.\nThen wait.\n\nTomasz Zielinski\nHardware · Acme Audio", "Tomasz Zielinski", "Hello,\n\nhold the button.\nThen wait."),
        ("Hold the  button.\n\nOn Tue, 3 Mar 2026 at 09:12, Ann wrote:\n> no light", "", "Hold the  button."),
        ("Thank you!", "Ann Lee", "Thank you!"),
        ("Drücken Sie die Taste.\n\nMit freundlichen Grüßen\nPaul Renner", "Paul Renner", "Drücken Sie die Taste."),
    ],
)  # fmt: skip
def test_own_words_keep_their_lines_and_lose_history_and_signature(text, author, own):
    found = own_words(text, author)
    assert found == own
    assert text.startswith(found)
