"""The mirror in the company's admin: to look at, not to change (the helpdesk is the source)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.platforms.models import Article, Connection, Ticket


class MirrorAdmin(admin.ModelAdmin):
    """Read-only rows."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Connection)
class ConnectionAdmin(MirrorAdmin):
    list_display = ("account", "platform", "state", "last_error", "created_at")
    exclude = ("credentials",)


@admin.register(Ticket)
class TicketAdmin(MirrorAdmin):
    list_display = ("remote_id", "subject", "status_label", "language", "customer", "updated_at")
    list_filter = ("status_category", "language", "state")
    list_select_related = ("customer",)
    search_fields = ("remote_id", "subject")
    show_full_result_count = False


@admin.register(Article)
class ArticleAdmin(MirrorAdmin):
    list_display = ("remote_id", "title", "language", "visibility", "published", "folder", "updated_at")
    list_filter = ("language", "visibility", "published")
    search_fields = ("remote_id", "title")
