"""A summary quotes the thread: what was asked, tried and promised, and how the customer feels."""

from __future__ import annotations

import pytest

from apps.assistant.extractive.summary import mood, summarise
from tests.assistant.cases import NOW, said, thread


def test_a_salutation_on_a_line_of_its_own_is_no_part_of_the_request():
    summary = summarise(thread(said(1, "Dear Acme,\n\nMy bank shows three payments of 268 pounds.\n\nFiona")), NOW)
    assert [line.text for line in summary.request][:1] == ["My bank shows three payments of 268 pounds."]


def test_lines_name_their_message_and_place():
    first = said(1, "Hello,\nthe left earbud is dead. I already cleaned the contacts. Do I have to send it in?")
    answer = said(2, "Please hold the button for 15 seconds.", author="agent")
    again = said(3, "I tried that twice, no change. When will I get a new one?")
    summary = summarise(thread(first, answer, again), NOW)
    messages = {one.number: one for one in (first, answer, again)}
    lines = [*summary.request, *summary.tried, *summary.state, *summary.last_ask]
    assert all(messages[line.number].text[line.start : line.end] == line.text for line in lines)
    assert [line.text for line in summary.tried] == ["I already cleaned the contacts.", "I tried that twice, no change."]
    assert [line.text for line in summary.last_ask] == ["When will I get a new one?"]


def test_only_dates_to_come_are_named():
    text = "I bought it on 3 March 2026. My flight leaves on 26 November 2026. Please help."
    assert [line.text for line in summarise(thread(said(1, text)), NOW).dates] == ["My flight leaves on 26 November 2026."]


def test_a_private_note_is_marked_as_one():
    note = said(2, "Third case this week, do not mention FW-881.", author="agent", private=True)
    summary = summarise(thread(said(1, "The earbud is dead since Tuesday."), note), NOW)
    assert [line.private for line in summary.state] == [True]


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        ("Could you tell me which codec it uses?", "calm"),
        ("I want the second one back TODAY.", "upset"),
        ("CANCEL MY ORDER pls", "upset"),
        ("I did NOT press the button.", "calm"),
        ("This is unacceptable.", "upset"),
        ("Das ist eine Frechheit.", "upset"),
        ("C'est inadmissible.", "upset"),
        ("Esto es una vergüenza.", "upset"),
        ("정말 어이없네요.", "upset"),
        ("対応がひどいです。", "upset"),
        ("太差了，我要投诉。", "upset"),
        ("The rent is due tomorrow, I am in overdraft.", "worried"),
        ("Es ist dringend.", "worried"),
        ("J'ai peur que ça brûle.", "worried"),
        ("Es urgente, por favor.", "worried"),
        ("너무 불안해요.", "worried"),
        ("至急お願いします。", "worried"),
        ("请尽快处理。", "worried"),
        ("My VAT ID and IBAN are in the HDMI ARC thread.", "calm"),
        ("Thanks, that worked!", "calm"),
    ],
)
def test_the_mood_is_read_from_the_words(text, feeling):
    assert mood([said(1, text)]) == feeling


def test_only_the_last_two_messages_of_the_customer_tell_the_mood():
    angry = said(1, "This is unacceptable.")
    assert mood([angry, said(3, "Thank you."), said(5, "It works now.")], "CHARGED TWICE AGAIN") == "calm"
    assert mood([said(1, "why two charges")], "CHARGED TWICE") == "upset"
