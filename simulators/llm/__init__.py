"""A simulated provider of language models that speaks OpenAI's HTTP interface: python -m simulators.llm --help."""
