"""What people thought of suggestions and answers, for the company's admins: to look at, not to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from apps.assistant.models import Feedback
from apps.core.admin import LookedAtAdmin

SHORT = 80  # characters


@admin.register(Feedback)
class FeedbackAdmin(LookedAtAdmin):
    """Each one a person's own word: nobody else changes or removes it here."""

    list_display = ("updated_at", "kind", "helpful", "reason", "words", "ticket", "user")
    list_filter = ("helpful", "reason", "kind", "updated_at")
    list_select_related = ("ticket", "user")
    search_fields = ("comment", "question", "ticket__remote_id", "ticket__number")
    fields = ("updated_at", "user", "kind", "ticket", "question", "helpful", "reason", "comment")
    show_full_result_count = False

    @admin.display(description=_("Comment"))
    def words(self, given: Feedback) -> str:
        return Truncator(given.comment or given.question).chars(SHORT)
