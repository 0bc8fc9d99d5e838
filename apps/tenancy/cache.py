"""Keys of Django's cache: always under the bound company, never without one."""

from __future__ import annotations

from apps.tenancy.context import current_company

VERSION = 1


def make_key(key: str, prefix: str, version: int) -> str:
    """'t:{company}:v<schema version>:<prefix>:<version>:<key>'. Raises NoCompany outside a binding.

    The braces are a cluster hash tag; company ids hold no ':' (names.py), so keys of two companies cannot meet.
    """
    return f"t:{{{current_company().company_id}}}:v{VERSION}:{prefix}:{version}:{key}"


def reverse_key(key: str) -> str:
    """The caller's part of a key."""
    return key.split(":", 5)[5]
