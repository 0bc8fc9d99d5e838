"""The assistant without a language model: it quotes, compares and refuses, and never writes a fact of its own. Pure."""
