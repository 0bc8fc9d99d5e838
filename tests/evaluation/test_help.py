"""The help in an authored account, measured: mostly right when it speaks, and silent without its source."""

from __future__ import annotations

import pytest

from benchmarks.evaluation.labels import labels_of, questions
from benchmarks.evaluation.measure import measure_questions, measure_tickets
from tests.ingest.test_sync import allow, join, settle
from tests.mirror import work_off_everything
from tests.simulated import running


@pytest.mark.verify
def test_of_every_fifth_ticket_the_suggested_replies_are_right_and_the_rest_is_honest(in_acme, settings):
    with running("--account", "acme", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        settle(join(simulator))
    work_off_everything()
    labels = labels_of("acme")
    figures = measure_tickets(labels, every=5).figures()
    # Floors well under what `make eval` finds over all tickets: a sample of 75 swings by several points.
    assert figures["tickets"] >= 60
    assert figures["precision"] >= 0.8, figures
    assert figures["coverage"] >= 0.25, figures
    assert figures["false_confident"] <= 0.2, figures
    assert figures["article_in_3"] >= 0.75, figures
    assert figures["similar_in_3"] >= 0.7, figures
    asked = measure_questions(questions(), labels)
    assert asked["right"] >= 0.6, asked
    assert asked["refused"] >= 0.8, asked
