"""A suggested reply rests on one public source, word for word, or is honestly none."""

from __future__ import annotations

import pytest

from apps.assistant.extractive.grounding import verify
from apps.assistant.extractive.inputs import PrivateText, PublicPassage
from apps.assistant.extractive.reply import suggest_reply
from apps.assistant.pages import plain_text
from tests.assistant.cases import FIX, passage, said, thread

CASE = thread(said(1, "Hi,\n\nsince the update the left earbud no longer charges in the case. What can I do?"))


def draft(*passages, case=CASE):
    return suggest_reply(case, [PublicPassage(one) for one in passages])


def test_every_sentence_of_a_reply_stands_in_its_source_and_carries_its_place():
    found = draft(passage(dense=0.7), passage("Other words about delivery.", family="a2", dense=0.3))
    assert found.outcome == "reply"
    sentences = [one for paragraph in found.paragraphs for one in paragraph]
    assert " ".join(one.text for one in sentences) == FIX
    for one in sentences:
        quote = found.citations[one.citations[0] - 1]
        assert FIX[quote.start : quote.end] == one.text == quote.text
    assert (found.greeting, found.closing) == ("Hi Priya,", "Kind regards")


def test_two_articles_equally_near_give_no_reply():
    found = draft(passage(dense=0.6), passage("Hold the button for thirty seconds instead.", family="a2", dense=0.6))
    assert (found.outcome, found.missing, found.citations) == ("not_enough_evidence", ["weak_match"], [])


def test_a_reply_never_mixes_two_articles():
    found = draft(passage(dense=0.75), passage("Parcels arrive in two to four working days.", family="a2", dense=0.62))
    assert {quote.source.remote_id for quote in found.citations} == {"a1"}


def test_an_article_in_another_language_is_not_quoted_to_the_customer():
    found = draft(passage(dense=0.8, language="de"))
    assert (found.outcome, found.missing) == ("not_enough_evidence", ["no_source_in_language"])


def test_a_case_in_nearly_the_same_words_leads_where_no_article_stands_out():
    fix = passage(kind="message", family="t7", dense=0.8)
    found = draft(passage("Parcels arrive in two days.", family="a2", dense=0.3), fix)
    assert found.outcome == "reply"
    assert {quote.source.kind for quote in found.citations} == {"message"}
    assert draft(passage(kind="message", family="t7", dense=0.7)).outcome == "not_enough_evidence"


@pytest.mark.parametrize(
    "words",
    [
        "We refunded your order yesterday evening.",
        "Hello Jonas, thank you for the photos of the case.",
        "Write to paul@acme.example for the release code.",
        "Your parcel AA-7730-1186 is on its way to you.",
        "Tomasz will call you back tomorrow morning.",
    ],
)
def test_what_was_done_for_one_person_is_not_told_to_another(words):
    fix = passage(f"{words} {FIX}", kind="message", family="t7", dense=0.9, names=frozenset({"Tomasz", "Zielinski"}))
    found = draft(fix)
    assert found.outcome == "reply"
    assert all(words not in quote.text for quote in found.citations)


def test_a_source_that_asks_for_a_number_the_customer_gave_not_makes_a_question():
    article = "Send us the serial number of the case. We replace it within five working days."
    assert draft(passage(article, dense=0.9)).outcome == "ask_customer"
    given = thread(said(1, "My case HB-2210-77 is dead. What can I do?"))
    assert draft(passage(article, dense=0.9), case=given).outcome == "reply"


@pytest.mark.parametrize("visibility", ["private", "restricted"])
def test_private_words_cannot_even_be_handed_over(visibility):
    with pytest.raises(PrivateText):
        PublicPassage(passage(visibility=visibility))


def test_items_of_a_list_are_sentences_of_their_own():
    steps = "Do this:\n\nOpen Account > Orders\nEnter the VAT ID of your company\nPress Save and wait a minute"
    found = draft(passage(steps, dense=0.9))
    assert [one.text for one in found.paragraphs[0]] == [
        "Open Account > Orders", "Enter the VAT ID of your company", "Press Save and wait a minute",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "altered",
    [
        "Hold the button on the back for 51 seconds until the light turns amber.",
        "hold the button on the back for 15 seconds until the light turns amber.",
        "Hold the button on the back for 15 seconds until the light turns amber!",
        "Hold the button on the back for 15 seconds … until the light turns amber.",
        "Put both earbuds into the case. Hold the button on the back",
        "",
        "   ",
    ],
)
def test_an_altered_quote_is_no_quote(altered):
    one = passage()
    assert verify(altered, one.source, one.source_text) is None


def test_white_space_and_composition_may_differ():
    one = passage("Le bouton est\n à l’arrière   du boîtier.")
    quote = verify("Le  bouton est à l’arrie\u0300re du boi\u0302tier.", one.source, one.source_text)
    assert quote is not None and quote.text == "Le bouton est à l’arrière du boîtier."


def test_a_heading_is_not_quoted_as_a_sentence():
    text = "It is a known fault.\nReset the case\nHold the button for 15 seconds."
    found = draft(passage(text, dense=0.9, headings=frozenset({"Reset the case"})))
    assert [one.text for one in found.paragraphs[0]] == ["It is a known fault.", "Hold the button for 15 seconds."]


def test_items_of_a_list_stand_on_lines_of_their_own_in_the_letter():
    found = draft(passage("Open Account > Orders\nPress the button Save\nWait a minute. Then look again.", dense=0.9))
    assert "Open Account > Orders\nPress the button Save\nWait a minute. Then look again.\n" in plain_text(found)
