"""People and tokens in the company's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import Group  # importing it registers what is taken out below
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.confirm_views import confirm_first
from apps.accounts.factors import reset
from apps.accounts.models import ApiToken, Role, User
from apps.accounts.session_models import UserSession, UserSessionQuerySet
from apps.accounts.sessions import this_session
from apps.accounts.tasks import tell_factor_changed
from apps.accounts.tokens import revoke
from apps.tenancy.context import current_company
from apps.tenancy.names import OPERATOR_COMPANY

admin.site.unregister(
    Group
)  # what people may do is their role; Django's groups would only look as if they did something


def _sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The admin's sign-in is the company's own page: one place where passwords are taken."""
    if request.user.is_authenticated:
        raise PermissionDenied  # signed in, and not as an admin
    wanted = request.GET.get("next", "")
    inside = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect_to_login(wanted if inside else reverse("admin:index"), reverse("accounts:sign-in"))


def _change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """One page for that too: it slows guessing of the old one."""
    return redirect("accounts:change-password")


admin.site.login = _sign_in  # type: ignore[assignment]
admin.site.password_change = _change_password  # type: ignore[assignment]


def _end(site: Any, request: HttpRequest, chosen: UserSessionQuerySet) -> None:
    """All of these but the one it is asked from, which could not be told of it."""
    count = chosen.exclude(pk=this_session(request)).end("admin")
    # Translators: %(count)s is a number of browsers in which people are no longer signed in.
    told = ngettext("%(count)s session was ended.", "%(count)s sessions were ended.", count) % {"count": count}
    site.message_user(request, told)


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Passwords are set by their owner or by command, never shown here."""

    list_display = ("email", "name", "role", "language", "is_active", "email_verified_at", "last_login")
    list_filter = ("role", "is_active", ("email_verified_at", admin.EmptyFieldListFilter))
    search_fields = ("email", "name")
    fields = ("email", "name", "role", "language", "theme", "keys_enabled", "is_active", "email_verified_at", "last_login")
    readonly_fields = ("email_verified_at", "last_login")
    actions = ("end_sessions", "reset_factor")

    @admin.action(description=_("Reset the second factor of the selected people"))
    def reset_factor(self, request: HttpRequest, chosen: Any) -> HttpResponse | None:
        """For colleagues who have lost app and codes; one's own is changed where the code is asked for."""
        if (first := confirm_first(request)) is not None:
            return first
        gone = [person for person in chosen.exclude(pk=request.user.pk) if reset(person)]
        for person in gone:
            tell_factor_changed(person)
        # Translators: %(count)s is a number of people whose second factor was taken away.
        told = ngettext("%(count)s second factor was reset.", "%(count)s second factors were reset.", len(gone))
        self.message_user(request, told % {"count": len(gone)})
        return None

    @admin.action(description=_("Sign the selected people out everywhere"))
    def end_sessions(self, request: HttpRequest, chosen: Any) -> None:
        _end(self, request, UserSession.objects.live().filter(user__in=chosen))

    def formfield_for_choice_field(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Operators are people of the operator's company only (AUT-1); the database refuses them elsewhere too."""
        if db_field.name == "role":
            at_home = current_company().company_id == OPERATOR_COMPANY
            kwargs["choices"] = [pair for pair in Role.choices if (pair[0] == Role.OPERATOR) == at_home]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Everybody's tokens: looked at and revoked here, made and replaced by their owner, who sees them once."""

    list_display = ("name", "user", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    fields = ("name", "user", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    actions = ("revoke",)

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    @admin.action(description=_("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, chosen: Any) -> None:
        count = sum(revoke(token=token) for token in chosen)
        # Translators: %(count)s is a number of API tokens that no longer work.
        told = ngettext("%(count)s token was revoked.", "%(count)s tokens were revoked.", count) % {"count": count}
        self.message_user(request, told)


@admin.register(UserSession)
class UserSessionAdmin(admin.ModelAdmin):
    """Where everybody is or lately was signed in: looked at and ended here."""

    list_display = ("user", "device", "network", "begun_at", "last_seen_at", "ended_at")
    list_select_related = ("user",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__email", "user__name")
    ordering = ("-last_seen_at",)
    fields = ("user", "role", "device", "network", "begun_at", "last_seen_at", "expires_at", "ended_at")
    actions = ("end",)

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    @admin.display(description=_("Browser"))
    def device(self, session: UserSession) -> str:
        return session.device

    @admin.action(description=_("End the selected sessions"))
    def end(self, request: HttpRequest, chosen: Any) -> None:
        _end(self, request, chosen)

    def delete_model(self, request: HttpRequest, obj: UserSession) -> None:
        UserSession.objects.filter(pk=obj.pk).end("admin")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        queryset.end("admin")
        super().delete_queryset(request, queryset)
