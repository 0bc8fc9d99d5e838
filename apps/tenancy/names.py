"""The one spelling of a company's name in every store (decisions 1): id, schema, reserved words."""

from __future__ import annotations

import re

from apps.core.errors import BadInput

COMPANY_ID = re.compile(r"\A[a-z0-9](?:[a-z0-9-]{0,38})[a-z0-9]\Z")
OPERATOR_COMPANY = "operator"  # whoever runs the installation; its people have the role of the same name
STANDBY = "standby_"  # begins the schema of a company nobody has ordered yet; no company's own begins so
PROVISION_QUEUE = "provision"  # served by the one worker that holds the migrating login
PATIENT_QUEUE = "patient"  # what computes long and nobody waits for; its worker yields to everybody
RESERVED = frozenset(
    [
        "admin",
        "api",
        "app",
        "assets",
        "auth",
        "blog",
        "cdn",
        "deskhand",
        "docs",
        "ftp",
        "help",
        "internal",
        "localhost",
        "login",
        "mail",
        "metrics",
        "ns",
        "operator",
        "public",
        "root",
        "smtp",
        "sso",
        "static",
        "status",
        "stream",
        "support",
        "system",
        "template",
        "test",
        "www",
    ]
)


def check_company_id(company_id: str, *, operator: bool = False) -> str:
    """The id unchanged, or BadInput saying what is wrong with it and how to mend it.

    `operator`: the caller says that it means the reserved company of whoever runs the installation, and no other.
    """
    if operator:
        if company_id != OPERATOR_COMPANY:
            raise BadInput(f"The operators' company is called {OPERATOR_COMPANY!r}.", code="company_id_invalid")
        return company_id
    if not COMPANY_ID.match(company_id):
        raise BadInput(
            f"Company id {company_id!r}: use 2 to 40 of a-z, 0-9 and '-', not starting or ending with '-'.",
            code="company_id_invalid",
        )
    if company_id in RESERVED:
        raise BadInput(f"Company id {company_id!r} is reserved. Choose another.", code="company_id_reserved")
    return company_id


def schema_of(company_id: str) -> str:
    """The PostgreSQL schema: 'c_' + id with '-' as '_' (ids hold no '_', so no two ids meet)."""
    return "c_" + company_id.replace("-", "_")
