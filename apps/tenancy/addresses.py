"""Links to a company: always its own host from the settings, never from what a request says its host is."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def company_url(company_id: str, path: str = "/") -> str:
    """'https://acme.desk.example.org/…': scheme and port of PUBLIC_URL, the company's name at BASE_DOMAIN."""
    public = urlsplit(settings.PUBLIC_URL)
    port = f":{public.port}" if public.port else ""
    return f"{public.scheme}://{company_id}.{settings.BASE_DOMAIN}{port}{path}"
