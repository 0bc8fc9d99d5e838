"""Who lives at a host, kept in the process for seconds: the registry changes rarely and is asked on every request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from django.conf import settings

from apps.tenancy.context import Binding
from apps.tenancy.models import Company, Domain

KEEP_SECONDS = 5.0  # a suspension is seen everywhere within this time


@dataclass(frozen=True, slots=True)
class Known:
    """What the edge needs of a company."""

    company_id: str
    schema: str
    region: str
    status: str
    language: str

    def binding(self, *, claimed: str | None = None, principal: str = "") -> Binding:
        """The schema of this company and the company a credential names: compared before, told to the database apart."""
        return Binding(self.schema, claimed or self.company_id, self.region, principal)


_hosts: dict[str, Known] = {}
_companies: dict[str, Known] = {}
_loaded_at = 0.0
_lock = Lock()


def company_at(host: str) -> Known | None:
    """The company whose exact host this is (lower-case, no port), or None."""
    return _current()[0].get(host)


def company_named(company_id: str) -> Known | None:
    return _current()[1].get(company_id)


def forget_hosts() -> None:
    """Read the registry again on the next question."""
    global _loaded_at
    _loaded_at = 0.0


def all_companies(*, status: str = Company.Status.ACTIVE) -> list[Known]:
    """Every company of a status, straight from the registry."""
    return [_known(company) for company in Company.objects.filter(status=status).order_by("company_id")]


def api_host() -> str:
    return f"api.{settings.BASE_DOMAIN}"


def _current() -> tuple[dict[str, Known], dict[str, Known]]:
    global _loaded_at, _hosts, _companies
    if time.monotonic() - _loaded_at < KEEP_SECONDS and _loaded_at:
        return _hosts, _companies
    with _lock:
        if time.monotonic() - _loaded_at < KEEP_SECONDS and _loaded_at:
            return _hosts, _companies  # somebody read it while we waited
        hosts, companies = {}, {}
        for domain in Domain.objects.select_related("tenant"):
            known = companies.setdefault(domain.tenant.company_id, _known(domain.tenant))
            if domain.verified_at is not None or domain.domain == f"{known.company_id}.{settings.BASE_DOMAIN}":
                hosts[domain.domain] = known
        _hosts, _companies, _loaded_at = hosts, companies, time.monotonic()
    return _hosts, _companies


def _known(company: Company) -> Known:
    return Known(company.company_id, company.schema_name, company.region, company.status, company.language)
