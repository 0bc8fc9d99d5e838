"""What the authored accounts say of themselves: the topic of every ticket and of every article."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from simulators.accounts.load import load_account
from simulators.freshdesk.authored import in_order


@dataclass(frozen=True, slots=True)
class Labels:
    """Topics by ticket number and by article title; tickets whose writer is known to be upset."""

    tickets: dict[str, str]
    articles: dict[str, str]
    public: frozenset[str]  # topics a customer may read about
    upset: frozenset[str]


def labels_of(account: str) -> Labels:
    """Tickets are numbered as the simulated account numbers them."""
    authored = load_account(account)
    cases = {str(number): case for number, case in enumerate(in_order(authored), 1)}
    articles = [(folder, article) for folder in authored.folders for article in folder.article]
    return Labels(
        tickets={number: case.topic for number, case in cases.items()},
        articles={text.title: article.slug for _, article in articles for text in article.texts.values()},
        public=frozenset(one.slug for folder, one in articles if folder.visibility == 1 and one.status == "published"),
        upset=frozenset(number for number, case in cases.items() if "angry" in case.tags),
    )


def questions() -> list[tuple[str, str]]:
    """(question, topic that answers it or '')."""
    rows = tomllib.loads(Path(__file__).with_name("questions.toml").read_text(encoding="utf-8"))["question"]
    return [(row["text"], row.get("topic", "")) for row in rows]
