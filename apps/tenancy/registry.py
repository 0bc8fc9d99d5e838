"""Who lives at a host, kept in the process for seconds: the registry changes rarely and is asked on every request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from django.conf import settings

from apps.tenancy.context import Binding, current_company
from apps.tenancy.models import Company, Domain

KEEP_SECONDS = 5.0  # a suspension is seen everywhere within this time
QUESTIONS_A_SECOND = 50  # about names that are not known, by this process


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
_second, _questions = 0, 0
_lock = Lock()


def company_at(host: str) -> Known | None:
    """The company whose exact host this is (lower-case, no port), or None."""
    return _current()[0].get(host) or _just_opened(domain=host)


def company_named(company_id: str) -> Known | None:
    """The company of this id, whatever its state, or None."""
    return _current()[1].get(company_id) or _just_opened(tenant__company_id=company_id)


def is_open() -> bool:
    """Whether the bound company may go on: tasks ask between two pages, and are told at most KEEP_SECONDS late."""
    known = company_named(current_company().company_id)
    return known is not None and known.status == Company.Status.ACTIVE


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
        began = time.monotonic()  # what was changed since may be missing in what is read
        hosts, companies = {}, {}
        for domain in Domain.objects.select_related("tenant"):
            known = companies.setdefault(domain.tenant.company_id, _known(domain.tenant))
            if _serves(domain, known.company_id):
                hosts[domain.domain] = known
        _hosts, _companies, _loaded_at = hosts, companies, began
    return _hosts, _companies


def _just_opened(**which: str) -> Known | None:
    """One row asked for directly: a company is there at once, and asking for many names costs few questions."""
    global _second, _questions
    now = int(time.monotonic())
    with _lock:
        _second, _questions = now, _questions + 1 if now == _second else 1
        if _questions > QUESTIONS_A_SECOND:
            return None
    found = Domain.objects.select_related("tenant").filter(**which).first()
    if found is None:
        return None
    forget_hosts()
    known = _known(found.tenant)
    return known if "domain" not in which or _serves(found, known.company_id) else None


def _serves(domain: Domain, company_id: str) -> bool:
    """Whether the name leads to the company: its own by birth, or one it has shown to be its own."""
    return domain.verified_at is not None or domain.domain == f"{company_id}.{settings.BASE_DOMAIN}"


def _known(company: Company) -> Known:
    return Known(company.company_id, company.schema_name, company.region, company.status, company.language)
