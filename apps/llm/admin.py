"""Models in the company’s admin: connections (tested before they are saved), choices, prices, budgets."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.core.audit import record_on_commit
from apps.core.errors import AppError
from apps.llm.budget import recount
from apps.llm.connecting import store, try_account
from apps.llm.models import MILLION, Budget, FeatureChoice, ModelConnection, Price
from apps.llm.words import failure
from apps.tenancy.context import current_company

MOST_MODELS = 20


class ConnectionForm(forms.ModelForm):
    """`verdict`: what the live call said, made before the admin opened its transaction."""

    verdict: AppError | None = None
    api_key = forms.CharField(
        label=_("Key"), required=False, max_length=500, strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text=_("It is kept sealed and never shown again. Empty: the one that is kept stays, as long as the address does."),
    )  # fmt: skip
    names = forms.CharField(
        label=_("Models"), widget=forms.Textarea(attrs={"rows": 4}), help_text=_("One name a line; the first is tested.")
    )

    class Meta:
        model = ModelConnection
        fields = ("label", "provider", "base_url", "region", "api_key", "names")
        help_texts: ClassVar[dict[str, Any]] = {
            "base_url": _("As the provider names it, with its path."),
            "region": _("Where the provider processes. It must be where the company’s data is kept."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("region", current_company().region)
        if self.instance.names:
            self.initial["names"] = "\n".join(self.instance.names)

    def clean_names(self) -> list[str]:
        names = list(dict.fromkeys(line.strip() for line in self.cleaned_data["names"].splitlines() if line.strip()))
        if not names or len(names) > MOST_MODELS or any(len(one) > 120 for one in names):
            raise ValidationError(_("Name at least one model, one a line."))
        return names

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        moved = self.instance.base_url != found.get("base_url")
        if not self.errors and not found.get("api_key") and (not self.instance.credentials or moved):
            self.add_error("api_key", _("Enter the key."))  # a kept key never follows to another address
        if self.verdict is not None and not self.errors:
            raise ValidationError(failure(self.verdict.code))
        return found

    def key(self) -> str:
        """The key to test with. Raises SealBroken."""
        return self.cleaned_data["api_key"] or self.instance.key()


def _tried(form: ConnectionForm) -> AppError | None:
    """What a live call with these values says; None when it works, or when the form itself is wrong."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        try_account(
            provider=given["provider"], base_url=given["base_url"], region=given["region"], api_key=form.key(),
            model=given["names"][0],
        )  # fmt: skip
    except AppError as exc:
        return exc
    return None


class AuditedAdmin(admin.ModelAdmin):
    """Every change of what models may do and cost is in the trail"""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._told(obj, "changed" if change else "added")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._told(obj, "deleted")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for one in queryset:
            self.delete_model(request, one)

    def _told(self, obj: Any, change: str) -> None:
        record_on_commit("models_changed", subject=f"model:{obj.pk}", kind=obj._meta.model_name, change=change)


@admin.register(ModelConnection)
class ModelConnectionAdmin(AuditedAdmin):
    """Saving makes one live call first; nothing is stored when it fails."""

    form = ConnectionForm
    fields = ConnectionForm.Meta.fields
    list_display = ("label", "provider", "base_url", "region", "state", "last_error", "checked_at")

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **options: Any) -> HttpResponse:
        """The live call is made here: the view below runs in a transaction, and none may wait for a network."""
        if request.method == "POST" and "_saveasnew" not in request.POST:
            row = self.get_object(request, object_id) if object_id else None
            allowed = self.has_change_permission(request, row) if object_id else self.has_add_permission(request)
            if allowed and (row is not None or not object_id):
                request.verdict = _tried(ConnectionForm(request.POST, instance=row))  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, *args, **options)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        return type("CheckedForm", (form,), {"verdict": getattr(request, "verdict", None)})

    def save_model(self, request: HttpRequest, obj: ModelConnection, form: Any, change: bool) -> None:
        store(obj, api_key=form.cleaned_data["api_key"])


class ChoiceForm(forms.ModelForm):
    class Meta:
        model = FeatureChoice
        fields = ("feature", "connection", "model", "second", "second_model")
        help_texts: ClassVar[dict[str, Any]] = {"second": _("Asked instead, in the same region only.")}

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for connection, model in (("connection", "model"), ("second", "second_model")):
            if (one := found.get(connection)) is not None and found.get(model) not in one.names:
                self.add_error(model, _("This connection has no such model."))
        first, second = found.get("connection"), found.get("second")
        if first is not None and second is not None and first.region != second.region:
            self.add_error("second", _("It processes in another region."))
        return found


@admin.register(FeatureChoice)
class FeatureChoiceAdmin(AuditedAdmin):
    form = ChoiceForm
    fields = ChoiceForm.Meta.fields
    list_display = ("feature", "connection", "model", "second", "second_model")
    list_select_related = ("connection", "second")


@admin.register(Price)
class PriceAdmin(AuditedAdmin):
    fields = ("model", "prompt", "answer")
    list_display = ("model", "prompt", "answer")


class BudgetForm(forms.ModelForm):
    class Meta:
        model = Budget
        fields = ("scope", "group", "agent", "feature", "unit", "period", "most")

    def clean(self) -> dict[str, Any]:
        """Whose it is goes with for whom it is, and nothing else does."""
        found = super().clean() or {}
        for name in ("group", "agent", "feature"):
            if bool(found.get(name)) is not (found.get("scope") == name):
                self.add_error(name, _("Fill in what the limit is for, and only that."))
        return found


@admin.register(Budget)
class BudgetAdmin(AuditedAdmin):
    """Hard limits: a call that would go beyond is not made, and words are quoted instead."""

    form = BudgetForm
    fields = (*BudgetForm.Meta.fields, "spent")
    list_display = ("__str__", "scope", "agent", "feature", "unit", "period", "most", "spent")
    list_select_related = ("agent",)
    readonly_fields = ("spent",)

    @admin.display(description=_("Used"))
    def spent(self, budget: Budget) -> str:
        used = budget.used / MILLION if budget.unit == Budget.Unit.MONEY else budget.used
        return f"{used:,.2f}" if budget.unit == Budget.Unit.MONEY else f"{used:,}"

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        recount(obj)  # what its day or month has in the ledger already counts
        super().save_model(request, obj, form, change)
