"""Words of the sync page for kinds of work, feeds and codes, in the reader's language."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.core.times import duration
from apps.ingest.deadletters import ARTICLE, TICKET
from apps.ingest.models import Outbox, Stream


def kind_words(kind: str) -> str:
    """What was to be done."""
    rows = {TICKET: _("Store the ticket of a page"), ARTICLE: _("Store the article of a page")}
    return rows.get(kind) or str(Outbox.Kind(kind).label)


def feed_words(kind: str) -> str:
    return str(Stream.Kind(kind).label)


def trouble_words(code: str) -> str:
    """Why something does not go on; the code itself where we have no words for it."""
    return {
        "external_unavailable": _("The helpdesk does not answer"),
        "helpdesk_away": _("The helpdesk does not answer"),
        "external_error": _("The helpdesk answers with an error"),
        "malformed_answer": _("The helpdesk’s answer cannot be read"),
        "rate_limited": _("The helpdesk asks to wait"),
        "budget_spent": _("The calls of this minute are spent"),
        "budget_unavailable": _("The cache does not answer, so no calls are made"),
        "access_denied": _("The key may not read this"),
        "require_feature": _("The plan of the helpdesk does not include it"),
        "credentials_rejected": _("The helpdesk has refused the key"),
        "account_suspended": _("The helpdesk account is suspended"),
        "index_unavailable": _("The search engine does not answer"),
        "worker_lost": _("Its worker stopped while it was done"),
        "seal_broken": _("The stored key cannot be opened"),
        "key_destroyed": _("The stored key cannot be opened"),
        "not_found": _("The helpdesk has nothing there"),
        "mail_unavailable": _("The mail server does not answer"),
        "mail_refused": _("The mail server does not take the address"),
    }.get(code, code.replace("_", " "))


def remedy_words(reason: str) -> str:
    """What to do where an account does not let us do something; empty: nothing."""
    return {
        "access_denied": _("Connect again with the key of an agent who may read it."),
        "refused": _("Connect again with the key of an agent who may read it."),
        "require_feature": _("A higher plan of the helpdesk has it. Without it everything else works."),
        "not_offered": _("Nothing: Deskhand finds it out in another way."),
        "not_used": _("Nothing: Deskhand works without it."),
        "not_exported": _("Switch it on in the helpdesk: then an edit that leaves no other trace is found a day later."),
        "one_language": _("Nothing."),
        "not_found": _("Nothing, unless you miss something: then look for it in the helpdesk."),
    }.get(reason, "")


def warning_remedy(warning: str) -> str:
    return {
        "scope_limited": _("Connect again with the key of an agent who sees all tickets."),
        "few_calls": _("A higher plan of the helpdesk allows more."),
        "account_unreadable": _("Nothing: only the account’s own name is missing."),
    }.get(warning, "")


def span(seconds: float) -> str:
    """A length of time: '40 s', '4 min', '2 h 5 min'."""
    if seconds < 60:
        # Translators: a length of time in whole seconds. Example: 40 s
        return _("%(seconds)s s") % {"seconds": round(seconds)}
    return duration(timedelta(seconds=seconds))


def resource_words(name: str) -> str:
    return {
        "tickets": _("Tickets"),
        "archive": pgettext("tickets", "In the archive"),
        "messages": _("Messages"),
        "articles": _("Articles"),
        "customers": _("Customers"),
    }[name]
