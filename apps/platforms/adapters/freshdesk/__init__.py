"""Freshdesk: one company's account read through API v2 (contracts: Freshdesk API v2)."""

from apps.platforms.adapters.freshdesk.adapter import FreshdeskAdapter
from apps.platforms.adapters.freshdesk.config import FreshdeskConfig

__all__ = ["FreshdeskAdapter", "FreshdeskConfig"]
