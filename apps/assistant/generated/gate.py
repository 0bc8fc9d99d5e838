"""May what a model wrote be shown, and as what? A pure decision with its thresholds in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.assistant.generated.wire import Said
from apps.assistant.shapes import Missing

Outcome = Literal["reply", "ask_customer", "not_enough_evidence", "agent_only"]
MOST_UNSUPPORTED = 1 / 3  # of the sentences; beyond it the rest is not worth a person's time to sort out


@dataclass(frozen=True, slots=True)
class Written:
    """What there was to write from, what was said, and what of it held."""

    said: Said
    supported: int  # sentences
    unsupported: int
    public: int  # sources that may be quoted to a customer
    hidden: int  # near ones that may not: agents only, or some customers only
    question: bool = False  # there is one to put to the customer
    customer_wrote: bool = True
    in_language: bool = True  # it is written in the language it was asked for


def decide(written: Written) -> tuple[Outcome, list[Missing]]:
    """(outcome, what is missing): never a reply without a sentence that holds, and always a word why not."""
    if not written.customer_wrote:
        return "not_enough_evidence", ["no_customer_message"]
    if written.public == 0:
        return ("agent_only", ["private_source"]) if written.hidden else ("not_enough_evidence", ["no_source"])
    if written.said == "ask_customer" and written.question:
        return "ask_customer", ["customer_detail"]
    if written.said == "not_enough_evidence":
        return ("agent_only", ["private_source"]) if written.hidden else ("not_enough_evidence", ["weak_match"])
    if not written.in_language:
        return "not_enough_evidence", ["other_language"]
    if written.supported == 0 or written.unsupported > MOST_UNSUPPORTED * (written.supported + written.unsupported):
        return "not_enough_evidence", ["unsupported"]
    return "reply", ["unsupported"] if written.unsupported else []
