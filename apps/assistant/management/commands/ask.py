"""ask: a question answered from the company's own articles and tickets."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.services import ask_question
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "Ask the company's knowledge. The answer is quoted word for word from its sources, or an honest no."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("question", metavar="QUESTION", help="the question, in any of the seven languages")

    def perform(self, **options: Any) -> dict[str, Any]:
        return ask_question(question=options["question"], reach=ALL_TICKETS).model_dump(mode="json")

    def show(self, result: dict[str, Any]) -> None:
        if result["outcome"] != "answer":
            self.stdout.write(f"Not enough evidence: {', '.join(result['missing'])}")
        for passage in result["passages"]:
            source = result["citations"][passage["citation"] - 1]["source"]
            mark = "" if source["visibility"] == "public" else ", agents only"
            self.stdout.write(
                f"[{passage['citation']}] {passage['text']}\n    {source['kind']}{mark}: {source['title']}"
            )
