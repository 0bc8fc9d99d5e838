"""Words of codes the assistant stores, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.platforms.words import priority_names


def missing_words(code: str) -> str:
    """What an answer lacks, as a sentence."""
    return {
        "no_source": _("No article or solved ticket speaks to this."),
        "no_source_in_language": _("There are sources, but none in the customer’s language."),
        "weak_match": _("The closest source is too far from the question."),
        "customer_detail": _("An order, serial or case number the customer has not given"),
        "no_customer_message": _("The customer has not written anything yet."),
        "private_source": _("What speaks to this is for agents only."),
        "other_language": _("It was not written in the language it was asked for."),
        "unsupported": _("No source bears out part of what was written."),
    }[code]


def reason_words(code: str) -> str:
    """Why a candidate was used or not."""
    return {
        "kept": _("Yes"),
        "below_threshold": _("No, too far"),
        "other_language": _("No, other language"),
        "duplicate": _("No, same as another"),
        "private": _("No, agents only"),
        "personal_data": _("No, personal data"),
        "no_fix": _("No, no fix in it"),
        "limit": _("No, not needed"),
    }[code]


def left_out_words(code: str) -> str:
    """Why passages were not used, for a count of them."""
    return {
        "below_threshold": _("Too far"),
        "other_language": _("Other language"),
        "duplicate": _("Same as another"),
        "private": _("Agents only"),
        "personal_data": _("Personal data"),
        "no_fix": _("No fix in it"),
        "limit": _("Not needed"),
    }[code]


def priority_words(priority: int) -> str:
    return priority_names().get(priority, str(priority))


def category_words(category: str) -> str:
    """The normalised status group; single tickets show the platform's own label."""
    return {
        "open": pgettext("status", "Open"),
        "pending": pgettext("status", "Pending"),
        "solved": pgettext("status", "Solved"),
        "closed": pgettext("status", "Closed"),
    }[category]


def state_words(state: str) -> str:
    """The assistant's state of a ticket, for lists."""
    return {
        "ready": _("Ready"),
        "ask": _("Ask the customer"),
        "thin": _("Thin evidence"),
        "stale": _("Out of date"),
        "preparing": _("Preparing"),
    }[state]


def live_words(code: str) -> str:
    """Why a ticket on the screen is no fresher than it is; '' for no reason."""
    if code in ("", "not_found"):
        return ""
    if code in ("budget_spent", "rate_limited"):
        return _("The helpdesk’s call limit is used up for now.")
    if code == "late":
        return _("Background work is late.")
    return _("The helpdesk does not answer right now.")
