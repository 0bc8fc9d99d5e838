"""The help in an authored account, measured: mostly right when it speaks, and silent without its source."""

from __future__ import annotations

import pytest
from django.db import connection

from benchmarks.evaluation.__main__ import OWN
from benchmarks.evaluation.accounts import measure_questions, measure_tickets
from benchmarks.evaluation.demo import measure_demo
from benchmarks.evaluation.labels import labels_of, questions
from benchmarks.evaluation.packs import read_pack
from tests.ingest.test_sync import allow, join, settle
from tests.mirror import work_off_everything
from tests.simulated import running

# What was found on the day, by part and language. A floor may be raised, never lowered; the goals stand in lines.py.
FLOORS = {
    "article": {"en": 0.92, "ko": 1.0, "ja": 0.85, "zh": 0.92, "de": 1.0, "fr": 0.92, "es": 1.0},
    "similar": {"en": 0.71, "ko": 0.78, "ja": 0.71, "zh": 0.92, "de": 1.0, "fr": 0.64, "es": 0.85},
}
LEAST_REFUSED, MOST_WRONGLY = 0.53, 0.13  # of the unanswerable, of the answerable


@pytest.mark.verify
@pytest.mark.usefixtures("both_meanings")
def test_of_every_eighth_ticket_the_suggested_replies_are_right_and_the_rest_is_honest(in_acme, settings):
    with connection.cursor() as cursor:  # all of it is one transaction, in which a slow machine embeds long
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout TO 0")
    with running("--account", "acme", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        settle(join(simulator))
    work_off_everything()
    labels = labels_of("acme")
    figures = measure_tickets(labels, every=8).figures()
    # Floors well under what `make eval` finds over all tickets: a sample of 45 swings by several points.
    assert figures["tickets"] >= 38
    assert figures["precision"] >= 0.8, figures
    assert figures["coverage"] >= 0.25, figures
    assert figures["false_confident"] <= 0.2, figures
    assert figures["article_in_3"] >= 0.75, figures
    assert figures["similar_in_3"] >= 0.7, figures
    asked = measure_questions(questions(), labels)
    assert asked["right"] >= 0.6, asked
    assert asked["refused"] >= 0.8, asked
    _own_pack_holds_its_floors()


def _own_pack_holds_its_floors() -> None:
    """Here, because opening and mirroring the account takes longer than asking."""
    found = {(one.part, one.language, one.metric): one.value for one in measure_demo(read_pack(OWN / "demo_help"))}
    for part, floors in FLOORS.items():
        below = {one: found[part, one, "hit@3"] for one, least in floors.items() if found[part, one, "hit@3"] < least}
        assert not below, (part, below)
    assert found["ask", "all", "refusal_recall"] >= LEAST_REFUSED, found
    assert found["ask", "all", "wrongly_refused"] <= MOST_WRONGLY, found
