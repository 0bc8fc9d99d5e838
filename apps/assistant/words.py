"""Words of codes the assistant stores, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def missing_words(code: str) -> str:
    return {
        "no_source": _("No source speaks to this case."),
        "no_source_in_language": _("There are sources, but none in the customer’s language."),
        "weak_match": _("The nearest source is too far from what the customer asks."),
        "customer_detail": _("The customer has not given an order or serial number."),
        "no_customer_message": _("The customer has not written anything yet."),
    }[code]


def reason_words(code: str) -> str:
    return {
        "kept": _("Used"),
        "below_threshold": _("Too far"),
        "other_language": _("Other language"),
        "duplicate": _("Same as another"),
        "private": _("Agents only"),
        "personal_data": _("Personal data"),
        "no_fix": _("No fix in it"),
        "limit": _("Not needed"),
    }[code]


def priority_words(priority: int) -> str:
    names = {
        1: pgettext("priority", "Low"),
        2: pgettext("priority", "Normal"),
        3: pgettext("priority", "High"),
        4: pgettext("priority", "Urgent"),
    }
    return names.get(priority, str(priority))


def category_words(category: str) -> str:
    return {
        "open": pgettext("status", "Open"),
        "pending": pgettext("status", "Pending"),
        "solved": pgettext("status", "Solved"),
        "closed": pgettext("status", "Closed"),
    }[category]
