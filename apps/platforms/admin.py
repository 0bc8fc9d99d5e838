"""The mirror in the company's admin: to look at, not to change (the helpdesk is the source)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from apps.core.admin import LookedAtAdmin
from apps.platforms.models import Article, Connection, Person, Ticket
from apps.platforms.words import check_rows


@admin.register(Connection)
class ConnectionAdmin(LookedAtAdmin):
    list_display = ("account", "platform", "state", "last_error", "checked_at", "created_at")
    exclude = ("credentials", "check_report", "label")
    readonly_fields = ("abilities",)

    @admin.display(description=_("What the account lets us do"))
    def abilities(self, connection: Connection) -> str:
        """The last check as a table; it is made when the account is connected, and with the agents and groups."""
        rows = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', check_rows(connection.check_report))
        return format_html("<table><tbody>{}</tbody></table>", rows) if rows else _("Not checked yet")


@admin.register(Person)
class PersonAdmin(LookedAtAdmin):
    """Agents of the helpdesk and whom of us they are; customers are looked at on their tickets."""

    list_display = ("name", "email", "connection", "user", "mapped", "scope")
    list_filter = ("mapped", "scope")
    list_select_related = ("user", "connection")
    search_fields = ("name", "email")
    fields = ("connection", "remote_id", "name", "email", "language", "user", "mapped", "scope")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).filter(kind=Person.Kind.AGENT)


@admin.register(Ticket)
class TicketAdmin(LookedAtAdmin):
    list_display = ("remote_id", "subject", "status_label", "language", "customer", "updated_at")
    list_filter = ("status_category", "language", "state")
    list_select_related = ("customer",)
    search_fields = ("remote_id", "number", "subject")
    show_full_result_count = False


@admin.register(Article)
class ArticleAdmin(LookedAtAdmin):
    list_display = ("remote_id", "title", "language", "visibility", "published", "folder", "updated_at")
    list_filter = ("language", "visibility", "published")
    search_fields = ("remote_id", "title")
