"""What the pages of the Django admin have in common."""

from __future__ import annotations

from typing import Any

from django.contrib import admin


class LookedAtAdmin(admin.ModelAdmin):
    """Rows to look at: nobody adds, changes or deletes one here."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
