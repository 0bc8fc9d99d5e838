"""Bring companies in from folders of JSON lines: find, open, read, prove, take back (docs/json-store.md)."""
