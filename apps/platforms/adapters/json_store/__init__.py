"""JSON store: a company's tickets as lines of JSON in a folder (docs/json-store.md)."""

from apps.platforms.adapters.json_store.adapter import JsonStoreAdapter
from apps.platforms.adapters.json_store.config import JsonStoreConfig

__all__ = ["JsonStoreAdapter", "JsonStoreConfig"]
