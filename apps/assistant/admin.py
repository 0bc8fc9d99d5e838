"""What people thought of suggestions and answers, for the company's admins: to look at, not to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from apps.assistant.models import Feedback

SHORT = 80  # characters


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):
    """Each one a person's own word: nobody else changes or removes it here."""

    list_display = ("updated_at", "kind", "helpful", "reason", "words", "ticket", "user")
    list_filter = ("helpful", "reason", "kind", "updated_at")
    list_select_related = ("ticket", "user")
    search_fields = ("comment", "question", "ticket__remote_id")
    fields = ("updated_at", "user", "kind", "ticket", "question", "helpful", "reason", "comment")
    show_full_result_count = False

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("Comment"))
    def words(self, given: Feedback) -> str:
        return Truncator(given.comment or given.question).chars(SHORT)
