"""Words of codes about a connection, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.platforms.abilities import AbilityName


def ability_words(name: AbilityName) -> str:
    """What an account may let us do."""
    return {
        "bulk_export": _("Export of the whole account"),
        "thread_feed": _("Messages of all tickets in one list"),
        "delete_feed": _("List of deleted tickets"),
        "kb_feed": _("Articles by time of change"),
        "signed_push": _("Signed webhooks"),
        "archive_lookup": _("Tickets of the archive"),
        "per_ticket_thread_cost": _("Calls to read one thread"),
        "account": _("The account’s own data"),
        "agents": _("List of agents"),
        "articles": _("Articles"),
        "translations": _("Articles in other languages"),
        "products": _("List of products"),
        "canned_responses": _("Saved replies"),
        "ratings": _("Ratings of customers"),
        "time_entries": _("Time entries"),
        "activities": _("Daily export of ticket activities"),
        "cases": _("Customer service cases"),
    }[name]


def reason_words(reason: str) -> str:
    """How we know it, or why not; the helpdesk's code itself where we have no words for it."""
    return {
        "tried": _("tried with a call"),
        "documented": _("as documented by the helpdesk"),
        "not_offered": _("the helpdesk does not offer it"),
        "not_used": _("Deskhand does not use it"),
        "access_denied": _("this key may not read it"),
        "refused": _("this key may not read it"),
        "require_feature": _("the plan does not include it"),
        "not_found": _("the helpdesk has nothing there"),
        "not_exported": _("not switched on in the helpdesk"),
        "one_language": _("the account has one language"),
        "no_rows": _("nothing there, or hidden from this key"),
    }.get(reason, reason)


def state_words(state: str) -> str:
    return {"yes": _("Yes"), "no": pgettext("ability", "No")}.get(state, _("Unknown"))


def scope_words(scope: str) -> str:
    """Which tickets the key sees."""
    return {
        "all": _("all tickets"),
        "group": _("tickets of its groups and its own"),
        "restricted": _("its own tickets"),
    }.get(scope, _("Unknown"))


def warning_words(warning: str) -> str:
    return {
        "scope_limited": _("The key does not see all tickets: those it does not see are missing here."),
        "few_calls": _("The account allows few calls a minute: a first sync takes days."),
        "account_unreadable": _("The key may not read the account’s own data."),
        "lines_unreadable": _("Some lines of the files cannot be read. import_json tells which."),
        "journals_unreadable": _("The key may not read the list of messages: they are read from the tickets as displayed, which is slower."),
        "deletions_unreadable": _("The key may not read the list of deletions: deleted tickets disappear here later."),
        "agents_unreadable": _("The key may not read the list of agents: nobody here can be connected with theirs."),
        "criteria_unreadable": _("The key may not read who may read which article: articles that are not for everybody stay hidden."),
        "unknown_parts_dropped": _("The helpdesk leaves out what it does not know in a query. Deskhand has checked those it uses."),
    }.get(warning, warning)


def check_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """A stored report as rows of a name and what is known of it."""
    if not report:
        return []
    # Translators: %(count)s is a number of ticket statuses that the account defined itself.
    own = ngettext("%(count)s of its own", "%(count)s of its own", report["own_statuses"]) % {"count": report["own_statuses"]}
    rows = [
        (_("The key sees"), scope_words(report["scope"])),
        (_("Languages"), ", ".join(report["languages"])),
        (_("Statuses"), f"{report['statuses']} ({own})"),
    ]
    for one in report["abilities"]:
        answer = state_words(one["state"]) if one["value"] is None else str(one["value"])
        rows.append((ability_words(one["name"]), f"{answer} ({reason_words(one['reason'])})"))
    return rows + [(_("Warning"), warning_words(one)) for one in report["warnings"]]


def priority_names() -> dict[int, str]:
    return {
        1: pgettext("priority", "Low"),
        2: pgettext("priority", "Medium"),
        3: pgettext("priority", "High"),
        4: pgettext("priority", "Urgent"),
    }


def refusal_words(code: str) -> str:
    """Why nothing may be written to a ticket."""
    return {
        "not_offered": _("This helpdesk takes no replies from Deskhand."),
        "agent_unmapped": _("You are no agent of this helpdesk here, so you can read but not write. Confirm your email address, or ask a lead to connect you."),
        "connection_refused": _("The helpdesk has refused the key. An admin must enter a new one."),
        "ticket_not_live": _("This ticket is in the archive, or in spam or trash. Nothing can be written to it."),
        "no_address": _("The customer has no email address, so a reply cannot reach them."),
        "key_used": _("Something else was sent from this page meanwhile. Load the ticket again before you send this."),
        "text_empty": _("There is no text to send."),
        "placeholder_left": _("The text still holds a placeholder. Replace it, then send again."),
        "text_too_long": _("The text is too long."),
        "change_empty": _("Nothing was changed."),
        "rate_limited": _("You have sent very many in a short time. Try again in a minute."),
    }.get(code, _("Nothing was sent. Try again."))


def order_words(kind: str, state: str, code: str) -> tuple[str, str]:
    """What is told of an order, and in which tone."""
    if state == "sent":
        return {"reply": _("Reply sent."), "note": _("Private note added."), "update": _("Ticket updated.")}[kind], "ok"
    if state == "failed":
        # Translators: %(reason)s says why, in small letters. Example: Not sent: the ticket is in spam or trash
        return _("Not sent: %(reason)s") % {"reason": failure_words(code)}, "danger"
    if state == "unknown":
        return _("We do not know yet whether the helpdesk has it. We are looking; it will not be sent twice."), "warn"
    return _("Waiting for the helpdesk …") if code else _("Sending …"), "info"


def failure_words(code: str) -> str:
    return {
        "agent_unmapped": _("you are no longer an agent of this helpdesk"),
        "too_late": _("it waited for more than an hour"),
        "gave_up": _("the helpdesk did not take it, tried several times"),
        "ticket_gone": _("the ticket is no longer there"),
        "not_found": _("the ticket is no longer there"),
        "ticket_closed_to_writes": _("the ticket is in spam or trash"),
        "credentials_rejected": _("the helpdesk has refused the key"),
        "account_suspended": _("the helpdesk account is suspended"),
        "access_denied": _("the key may not write there"),
        "require_feature": _("the plan does not include it"),
        "write_refused": _("the helpdesk did not accept it as it is"),
    }.get(code, code.replace("_", " "))
