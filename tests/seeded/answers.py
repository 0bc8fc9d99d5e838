"""Faults of what a model may read, and of what its answer may show."""

from __future__ import annotations

from tests.seeded.running import Fault

RUN, TOKENS, UNTRUSTED, MARKDOWN = (
    "apps/llm/masking/run.py", "apps/llm/masking/tokens.py", "apps/llm/untrusted.py", "apps/core/text/markdown.py",
)  # fmt: skip
MASKING, WORDS, SHOWN = "tests/llm/test_masking.py", "tests/llm/test_untrusted.py", "tests/core/test_markdown.py"

FAULTS = (
    Fault("names the ticket knows go to the model", RUN, "    yield from find_names(plain, people.known)\n", "",
          (f"{MASKING}::test_of_600_values_in_seven_languages_none_is_left",)),
    Fault("a customer who writes a token is given its value", RUN, "        table.reserve(text)\n", "        pass\n",
          (f"{MASKING}::test_a_customer_who_writes_a_token_gets_nobodys_value",)),
    Fault("a token cut by the stream is shown as it stands", TOKENS, "cut = begun.start() if begun else len(text)", "cut = len(text)",
          (f"{MASKING}::test_a_stream_cut_anywhere_gives_what_the_whole_gives",)),
    Fault("a stranger's text may end its block", UNTRUSTED, "_RUNS.sub(_spaced, cleaned(text))", "cleaned(text)",
          (f"{WORDS}::test_an_order_stays_in_its_block_and_is_seen_or_gone",)),
    Fault("words nobody sees reach the model", UNTRUSTED, "_RUNS.sub(_spaced, cleaned(text))", "_RUNS.sub(_spaced, text)",
          (f"{WORDS}::test_an_order_stays_in_its_block_and_is_seen_or_gone",)),
    Fault("a link of an answer leads to a host that only ends as ours does", MARKDOWN, "read.place in self.hosts or",
          "read.place.endswith(tuple(self.hosts)) or", (f"{SHOWN}::test_no_trick_becomes_more_than_words",)),
    Fault("an address is carried out to the host of a source", MARKDOWN, "read.url in self.urls else",
          "any(read.place in one for one in self.urls) else",
          (f"{SHOWN}::test_a_link_leads_to_us_the_helpdesk_or_exactly_where_the_source_does",)),
)  # fmt: skip
