"""Addresses of the operators' console, and of support access in a company."""

from django.urls import path, register_converter

from apps.console import access_views, order_views, views
from apps.tenancy.names import COMPANY_ID


class CompanyConverter:
    """A company's short name."""

    regex = COMPANY_ID.pattern.removeprefix(r"\A").removesuffix(r"\Z")

    @staticmethod
    def to_python(value: str) -> str:
        return value

    @staticmethod
    def to_url(value: str) -> str:
        return value


register_converter(CompanyConverter, "company")
app_name = "console"
urlpatterns = [
    path("console/", views.companies, name="companies"),
    path("console/companies/<company:company_id>/", views.company_page, name="company"),
    path("console/companies/<company:company_id>/refresh/", views.refresh, name="refresh"),
    path("console/companies/<company:company_id>/support/", views.ask_access, name="ask-access"),
    path("console/companies/<company:company_id>/orders/", order_views.order, name="order"),
    path("console/orders/", order_views.orders, name="orders"),
    path("console/orders/open/", order_views.open_company, name="order-open"),
    path("console/support/<uuid:request_id>/", views.open_door, name="open-door"),
    path("support-access/", access_views.accesses, name="accesses"),
    path("support-access/<uuid:access_id>/", access_views.decide, name="decide"),
    path("support/enter/", access_views.enter, name="enter"),
    path("support/leave/", access_views.leave, name="leave"),
]
