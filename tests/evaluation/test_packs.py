"""Packs, the baseline and the measures: what every line of `make eval` rests on."""

from __future__ import annotations

import math
from statistics import fmean

import orjson
import pytest

from apps.assistant.shapes import Answer, Candidate
from apps.search.lexical import tokens
from benchmarks.evaluation import __main__ as evaluation
from benchmarks.evaluation.bm25 import Bm25
from benchmarks.evaluation.lines import Line, goal_of
from benchmarks.evaluation.packs import PackInvalid, Query, names_in, read_pack
from benchmarks.evaluation.replies import Reply, lines_of
from benchmarks.evaluation.scores import average_precision, contains, first_words, hit, ndcg, refusals_within

LANGUAGES = ("en", "ko", "ja", "zh", "de", "fr", "es")


def write(folder, **files):
    (folder / "dev").mkdir(parents=True)
    for name, rows in files.items():
        (folder / "dev" / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return folder


def small(folder, **changes):
    files = {
        "corpus": [{"id": "d1", "title": "", "text": "amber light", "lang": "en"}],
        "queries": [{"id": "q1", "text": "light?", "lang": "en"}],
        "qrels": [{"query_id": "q1", "doc_id": "d1", "rel": 1, "task": "mono"}],
    }
    return write(folder, **files | changes)


def test_a_pack_is_read_with_its_tasks_and_grades(tmp_path):
    rows = [{"query_id": "q1", "doc_id": "d1", "rel": 2, "task": "to_en"}, {"query_id": "q1", "doc_id": "d1", "rel": 0}]
    pack = read_pack(small(tmp_path / "small", qrels=rows))
    assert pack.relevant == {"to_en": {"q1": {"d1": 2}}} and not pack.answers
    assert names_in(tmp_path) == ["small"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"queries": [{"id": "q1", "lang": "en"}]}, "queries.jsonl, line 1: text is missing"),
        ({"qrels": [{"query_id": "q9", "doc_id": "d1", "rel": 1}]}, "qrels.jsonl, line 1: q9 or d1 is nowhere else"),
    ],
)
def test_a_pack_that_cannot_be_measured_says_where_and_why(tmp_path, changes, told):
    with pytest.raises(PackInvalid, match=told):
        read_pack(small(tmp_path / "small", **changes))


def test_packs_that_are_not_there_are_said_loudly_and_a_wrong_name_is_refused(tmp_path, capsys):
    assert [one.name for one in evaluation.chosen_packs([], tmp_path / "away")] == ["demo_help"]
    assert "NO PACKS" in capsys.readouterr().err
    with pytest.raises(PackInvalid, match="no pack nothing; known: accounts, demo_help"):
        evaluation.chosen_packs(["nothing"], tmp_path)


def test_the_baseline_is_bm25_to_the_digit():
    found = Bm25({"a": "amber light", "b": "light light red green"}, "en").scores("lights")
    rarity, average = math.log(1 + 0.5 / 2.5), 3.0
    score = {key: rarity * n * 2.2 / (n + 1.2 * (0.25 + 0.75 * size / average)) for key, n, size in (("a", 1, 2), ("b", 2, 4))}
    assert found == pytest.approx(score) and list(found) == sorted(score, key=lambda key: -score[key])


def test_the_baseline_reads_scripts_without_spaces_by_pairs():
    index = Bm25({"a": "返金について", "b": "配送について"}, "ja")
    assert next(iter(index.scores("返金はいつ"))) == "a"
    assert index.scores("返金", among=["b"]) == {"b": 0.0}


def test_the_measures():
    assert ndcg(["x", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert hit(["x", "a"], {"a": 1}, 1) == 0 and hit(["x", "a"], {"a": 1}, 2) == 1
    assert average_precision(["a", "x", "b"], {"a": 1, "b": 2}) == pytest.approx((1 + 2 / 3) / 2)
    assert contains("It is $1.5 million, no more.", ["$1.5 million"]) and not contains("It is 15.", ["5"])
    assert refusals_within([(True, 1.0), (True, 5.0), (False, 0.5), (False, 3.0)], 0.0) == (1.0, 0.5)


def test_a_goal_is_met_missed_or_not_there():
    assert goal_of("kb_gnome_xling", "mono", "ko", "ndcg@10", bm25=0.9, dense=0.8) == 0.9
    assert goal_of("xquad", "mono", "de", "ndcg@10", bm25=0.9, dense=0.95) == 0.945
    assert goal_of("tatoeba", "mono", "de", "hit@1", bm25=0.9, dense=0.8) is None
    assert Line("p", "qa", "all", "wrongly_refused", 0.08, goal=0.08).ok
    assert not Line("p", "qa", "all", "accuracy", 0.79, goal=0.8).ok
    assert Line("p", "qa", "all", "accuracy", 0.79).ok is None


def test_the_own_pack_holds_what_it_says():
    from benchmarks.evaluation.labels import labels_of

    pack = read_pack(evaluation.OWN / "demo_help")
    assert len(pack.queries) >= 140
    topics = set(labels_of(pack.account).articles.values())
    for language in LANGUAGES:
        asked = [one for one in pack.queries if one.language == language]
        unknown = [one for one in asked if not one.answerable]
        assert len(asked) >= 20 and len(unknown) / len(asked) >= 0.33
        for one in asked:
            assert bool(one.answerable) == (one.id in pack.relevant["article"])
    assert {slug for wanted in pack.relevant["article"].values() for slug in wanted} <= topics
    assert len(pack.relevant["similar"]) >= 90


def test_of_a_reply_the_first_sixty_words_are_read_in_every_script():
    assert first_words("one two  three", 2) == "one two"
    assert first_words("보증은 이 년입니다. 더", 5.5) == "보증은 이 년입니다."
    assert first_words("short", 60) == "short"


def test_what_is_refused_is_told_for_each_language_and_the_surest_answers_first():
    def reply(language, answerable, said, near=0.0, right=None):
        why = [Candidate(
            kind="article", title="", remote_id="1", language=language, visibility="public", dense=near, lexical=0.0,
            score=0.0, kept=True, reason="kept",
        )]  # fmt: skip
        answer = Answer(outcome="answer" if said else "not_enough_evidence", question="?", language=language, why=why)
        return Reply(Query("q", "?", language, ("x",), answerable), answer, right)

    replies = [
        reply("en", True, True, 0.9, True), reply("en", False, True, 0.5, False), reply("en", False, False),
        reply("de", True, False, right=False),
    ]  # fmt: skip
    figures = {(one.language, one.metric): one.value for one in lines_of("small", "qa", replies)}
    assert figures["all", "refusal_recall"] == 0.5 and figures["all", "wrongly_refused"] == 0.5
    assert figures["en", "wrongly_refused"] == 0.0 and figures["de", "wrongly_refused"] == 1.0
    assert figures["all", "accuracy"] == 0.5
    assert figures["all", "precision@coverage=0.50"] == 0.5 and figures["all", "precision@coverage=0.25"] == 1.0


def test_how_long_a_question_is_does_not_tell_whether_it_has_an_answer():
    """Or a gate that adds up matching words would learn to count words."""
    pack = read_pack(evaluation.OWN / "demo_help")
    for language in LANGUAGES:
        asked = [(one.answerable, len(set(tokens(one.text, language)))) for one in pack.queries if one.language == language]
        longer = [(known > unknown) + (known == unknown) / 2 for yes, known in asked if yes for no, unknown in asked if not no]
        assert 0.4 <= fmean(longer) <= 0.6, language
