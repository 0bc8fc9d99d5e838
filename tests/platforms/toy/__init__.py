"""A third helpdesk, as small as one may be: it lives here, and the setting PLATFORM_ADAPTERS names it. It sweeps threads,
tells of deletions and of articles that changed."""

from tests.platforms.toy.adapter import Account, ToyAdapter

__all__ = ["Account", "ToyAdapter"]
