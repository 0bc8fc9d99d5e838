"""What a model says is believed only as far as stored sources bear it out, whole or while it arrives."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import orjson
import pytest

from apps.assistant.extractive.inputs import PrivateText, PublicPassage
from apps.assistant.generated import prompting, wire, writing
from apps.assistant.generated.checking import Checker
from apps.assistant.generated.facts import borne_out, facts
from apps.assistant.generated.gate import Written, decide
from tests.assistant.cases import FIX, passage, said, thread

CASE = thread(said(1, "Since the update my earbud no longer charges. Order AA-1234."), said(2, "Secret: bin 7.", author="agent", private=True))
HOLD = "Hold the button on the back for 15 seconds until the light turns amber."
TIMES = passage("Parcels arrive within 2 to 4 working days. Express takes 1.000 minutes.", family="a2")
SOURCES = [PublicPassage(passage()), PublicPassage(TIMES)]


def sentence(text=HOLD, *quotes, paragraph=False):
    pairs = quotes or ((1, HOLD),)
    return {"text": text, "quotes": [{"source": number, "quote": words} for number, words in pairs], "paragraph": paragraph}


def told(*sentences, outcome="answer", question=""):
    return wire.whole(orjson.dumps({"outcome": outcome, "sentences": sentences, "question": question}).decode())


def test_a_reply_keeps_its_words_and_gets_the_place_of_every_quote():
    found = writing.reply(told(sentence("Please hold the button for 15 seconds."), sentence("It then asks for update 2.4.2.", (1, "install update 2.4.2"), paragraph=True)), SOURCES, CASE)
    assert (found.outcome, found.missing, found.dropped) == ("reply", (), 0)
    assert [[one.text for one in part] for part in found.paragraphs] == [["Please hold the button for 15 seconds."], ["It then asks for update 2.4.2."]]
    for one in itertools.chain.from_iterable(found.paragraphs):
        assert one.supported
        for number in one.citations:
            quote = found.citations[number - 1]
            assert FIX[quote.start : quote.end] == quote.text
    assert found.supported == "Please hold the button for 15 seconds.\n\nIt then asks for update 2.4.2."


BAD = [
    (3, HOLD), (0, HOLD), (99, HOLD), (2, HOLD),  # a source that was not given, or the wrong one
    (1, HOLD.replace("15", "50")), (1, HOLD.replace("back", "front")), (1, HOLD.upper()), (1, HOLD + " Always."),
    (1, HOLD.replace("amber", "аmber")), (1, "Hold … amber"), (1, "Hold the button"[::-1]), (1, ""), (1, "  \n"),
    (1, "the"), (1, "15"), (1, "for 15 s"[:7]), (1, "Halten Sie die Taste auf der Rückseite"), (1, "Secret: bin 7."),
    (1, "Put both earbuds into the case. Hold the button"), (1, "Install Update 2.4.2"),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_bad_citation_is_dropped_and_its_sentence_counts_as_unsupported(bad):
    checker = Checker([one.passage for one in SOURCES])
    if bad[0] < 1:
        with pytest.raises(wire.Unreadable):
            told(sentence(HOLD, bad))
        return
    one = checker.check(told(sentence(HOLD, bad)).sentences[0])
    assert (one.supported, one.citations, checker.citations, checker.dropped) == (False, [], [], 1)
    found = writing.reply(told(sentence(HOLD, bad)), SOURCES, CASE)
    assert (found.outcome, found.missing, found.paragraphs, found.citations) == ("not_enough_evidence", ("unsupported",), (), ())


def test_only_what_the_prompt_showed_of_a_source_may_be_quoted():
    text = "Hold the lid open. Never use force. Hold the lid open. Then wait."
    shown = replace(passage(text), start=text.rindex("Hold"))
    checker = Checker([shown])
    assert checker.check(told(sentence("Open it.", (1, "Hold the lid open."))).sentences[0]).supported
    assert (checker.citations[0].start, checker.citations[0].text) == (text.rindex("Hold"), "Hold the lid open.")
    assert not checker.check(told(sentence("Gently.", (1, "Never use force."))).sentences[0]).supported


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("Hold it for 15 seconds.", True), ("Hold it for 50 seconds.", False), ("Your order AA-1234: hold it for 15 seconds.", True),
        ("Order AA-9999: hold it for 15 seconds.", False), ("Hold it, see evil.example for more.", False),
        ("Write to help@acme.example.", False), ("Hold it.", True), ("15秒間押してください。", True), ("30초 동안 누르세요.", False),
    ],
)
def test_a_true_quote_does_not_carry_a_number_or_an_address_of_the_models_own(words, holds):
    found = writing.reply(told(sentence(words), sentence(HOLD), sentence(HOLD)), SOURCES, CASE)
    assert next(iter(found.paragraphs[0])).supported is holds
    assert (found.missing == ()) is holds


def test_numbers_are_the_same_however_they_are_written():
    assert facts("1,000.50 or 1.000,50") == facts("1000.50") == {"1000.50"}
    assert borne_out("3 000 people", ["3000 people"])
    assert borne_out("3000 people", ["3\u202f000 people"])
    assert borne_out("２ GB", ["2 GB"])
    assert not borne_out("2.5 GB", ["25 GB"])
    assert not borne_out("Step 2", ["Step 3"])


@pytest.mark.parametrize(
    ("changes", "outcome", "missing"),
    [
        ({}, "reply", []),
        ({"unsupported": 1}, "reply", ["unsupported"]),
        ({"unsupported": 2}, "not_enough_evidence", ["unsupported"]),
        ({"supported": 0}, "not_enough_evidence", ["unsupported"]),
        ({"in_language": False}, "not_enough_evidence", ["other_language"]),
        ({"customer_wrote": False}, "not_enough_evidence", ["no_customer_message"]),
        ({"public": 0}, "not_enough_evidence", ["no_source"]),
        ({"public": 0, "hidden": 2}, "agent_only", ["private_source"]),
        ({"said": "ask_customer", "question": True}, "ask_customer", ["customer_detail"]),
        ({"said": "ask_customer"}, "reply", []),
        ({"said": "not_enough_evidence"}, "not_enough_evidence", ["weak_match"]),
        ({"said": "not_enough_evidence", "hidden": 1}, "agent_only", ["private_source"]),
        ({"said": "ask_customer", "question": True, "public": 0}, "not_enough_evidence", ["no_source"]),
    ],
)
def test_the_gate_says_what_may_be_shown_and_what_is_missing(changes, outcome, missing):
    usual = {"said": "answer", "supported": 2, "unsupported": 0, "public": 2, "hidden": 0}
    assert decide(Written(**usual | changes)) == (outcome, missing)


def test_no_mixture_of_circumstances_gives_a_reply_without_a_sentence_that_holds():
    for said_, held, loose, public, hidden, flags in itertools.product(
        ("answer", "ask_customer", "not_enough_evidence"), range(3), range(3), range(2), range(2), itertools.product((False, True), repeat=3)
    ):
        question, wrote, spoken = flags
        outcome, missing = decide(Written(said_, held, loose, public, hidden, question, wrote, spoken))
        assert outcome != "reply" or (held and public and wrote and spoken)
        assert missing or (outcome == "reply" and not loose)


def test_a_reply_in_another_language_than_the_customers_is_none():
    german = "Bitte halten Sie die Taste auf der Rückseite gedrückt, bis das Licht umschaltet."
    found = writing.reply(told(sentence(german)), SOURCES, CASE)
    assert (found.outcome, found.missing) == ("not_enough_evidence", ("other_language",))


def test_private_words_cannot_be_handed_over_as_a_source_of_a_reply():
    with pytest.raises(PrivateText):
        PublicPassage(passage(visibility="private"))


@pytest.mark.parametrize("length", [1, 2, 3, 7, 64, 10_000])
def test_sentences_arrive_one_by_one_whatever_the_pieces_are(length):
    sentences = [sentence('He said: "}{][" \\ and left', (1, 'a "quote" }')), sentence("二つ目の文。"), sentence("c", paragraph=True)]
    text = "Sure! " + orjson.dumps({"outcome": "answer", "sentences": sentences, "question": "[{"}).decode()
    arriving = wire.Arriving()
    found = [one for start in range(0, len(text), length) for one in arriving.feed(text[start : start + length])]
    assert found == list(wire.whole(text).sentences)


def test_a_checker_of_a_stream_says_what_the_whole_says():
    sentences = [sentence(HOLD, pair) for pair in BAD if pair[0] > 0] + [sentence(), sentence("Within 2 to 4 working days.", (2, "within 2 to 4 working days"))]
    random.Random(5).shuffle(sentences)
    text = orjson.dumps({"outcome": "answer", "sentences": sentences[: wire.SENTENCES_MOST], "question": ""}).decode()
    arriving, live, whole = wire.Arriving(), Checker([one.passage for one in SOURCES]), Checker([one.passage for one in SOURCES])
    shown = [live.check(one) for sign in text for one in arriving.feed(sign)]
    assert shown == [whole.check(one) for one in wire.whole(text).sentences]
    assert live.citations == whole.citations


GARBAGE = [
    "", " ", "null", "[]", "{}", "{", "}{", "no", "<html>", '{"outcome": "answer"', '{"outcome": "maybe"}', '{"outcome": 1}', '{"outcome": "answer", "sentences": {}}',
    '{"outcome": "answer", "sentences": [1]}', '{"outcome": "answer", "sentences": [{"text": ""}]}', '{"outcome": "answer", "sentences": [{"text": null}]}',
    '{"outcome": "answer", "sentences": [{"text": "a", "quotes": [{"source": "1", "quote": "x"}]}]}',
    '{"outcome": "answer", "sentences": [{"text": "a", "quotes": [{"source": 1.5, "quote": "x"}]}]}',
    '{"outcome": "answer", "sentences": [' + ",".join(['{"text": "a"}'] * 13) + "]}", '{"outcome": "answer", "question": 5}',
    '{"outcome": "answer", "sentences": [{"text": "' + "a" * 601 + '"}]}', "x" * 50_000, "{" * 30_000, "[" * 30_000 + "}",
    '{"outcome": "answer", "sentences": [{"text": "a", "quotes": [' + ",".join(['{"source": 1, "quote": "x"}'] * 5) + "]}]}",
]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused_and_its_words_are_not_told(text):
    with pytest.raises(wire.Unreadable) as refused:
        wire.whole(text)
    assert len(str(refused.value)) < 260
    try:
        assert list(wire.Arriving().feed(text)) in ([], [wire.SaidSentence(text="a")] * 13)
    except wire.Unreadable:
        assert len(text) > wire.ANSWER_MOST


def fence(what, text):
    return f"<<{what}\n{text}\n>>"


def test_a_prompt_holds_the_public_thread_and_numbered_sources_and_no_note():
    prompt = prompting.reply_prompt(CASE, [one.passage for one in SOURCES], fence=fence, mark="<<")
    assert "no longer charges" in prompt.user
    assert "Secret" not in prompt.user + prompt.system
    assert prompt.user.index("Source 1 (en)") < prompt.user.index(HOLD) < prompt.user.index("Source 2 (en)")
    assert prompt.version == "reply.1"
    assert "English" in prompt.system


def test_a_long_thread_is_cut_in_the_middle():
    long = thread(*(said(number, f"Message {number}. " + "word " * 300) for number in range(1, 31)))
    prompt = prompting.reply_prompt(long, [], fence=fence, mark="<<")
    assert "Message 1." in prompt.user
    assert "Message 30." in prompt.user
    assert len(prompt.user) < prompting.THREAD_MOST + 200


@pytest.mark.parametrize("feature", list(prompting.VERSIONS))
@pytest.mark.parametrize("language", list(prompting.LANGUAGE_NAMES))
def test_every_prompt_is_whole_in_every_language(feature, language):
    made = prompting._prompt(feature, language, "", "<<x>>")
    assert prompting.LANGUAGE_NAMES[language] in made.system
    assert "<<x>>" in made.system
    assert '{"outcome": "answer"' in made.system
    assert "{language}" not in made.system


def test_the_schema_asks_for_every_property_and_allows_no_other():
    def objects(node):
        if isinstance(node, dict):
            yield from [node] if node.get("type") == "object" else []
            for one in node.values():
                yield from objects(one)
        elif isinstance(node, list):
            for one in node:
                yield from objects(one)

    found = list(objects(wire.schema()))
    assert len(found) == 3
    assert all(one["additionalProperties"] is False and set(one["required"]) == set(one["properties"]) for one in found)
