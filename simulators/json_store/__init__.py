"""Writes folders of the JSON store (docs/json-store.md): sound ones, growing ones, broken ones."""
