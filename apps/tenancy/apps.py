"""Who is the company: registry, binding, walls."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "apps.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from apps.core.crypto import ask_bound_company_of
        from apps.tenancy import checks, closing, migrating  # noqa: F401, PLC0415 - registers checks, hook and plan
        from apps.tenancy.context import current_company

        ask_bound_company_of(lambda: current_company().company_id)
