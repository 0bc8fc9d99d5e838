"""Every environment variable Deskhand reads: one typed class with defaults and help."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from apps.core.egress import is_denied, is_pair
from config.mail import PORTS as MAIL_PORTS
from config.mail import mail_at

SECRETS = ("SECRET_KEY", "MASTER_KEYS", "AUDIT_KEYS", "DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "BROKER_URL",
           "QDRANT_API_KEY", "METRICS_TOKEN", "EMAIL_URL")  # fmt: skip
OWN = ("database_url", "migrate_database_url", "redis_url", "broker_url", "qdrant_url", "public_url", "email_url")
PORTS = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "redis+cluster": 6379, "https": 443, "http": 80, **MAIL_PORTS}
ROLES = ("agent", "lead", "admin", "privacy", "operator")  # of apps.accounts.models, which needs settings to be read
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Env(BaseSettings):
    """The process's configuration. A secret NAME may come from the file named by NAME_FILE instead.

    Raises pydantic.ValidationError naming the variable when one is missing or malformed.
    """

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", frozen=True, hide_input_in_errors=True)

    secret_key: SecretStr = Field(min_length=32, description="Signs sessions, forms and task envelopes.")
    master_keys: SecretStr = Field(
        description="Key ring that wraps stored credentials, newest first: 'k2:base64,k1:base64' (32 bytes each)."
    )
    audit_keys: SecretStr | None = Field(
        default=None,
        description="Key ring that seals the audit trail, like MASTER_KEYS; a key stays here as long as its entries. "
        "Default: derived from MASTER_KEYS.",
    )
    audit_heads_dir: str = Field(
        default="",
        description="Folder outside the database where the heads of the audit trails are kept, one signed line an hour.",
    )
    database_url: SecretStr = Field(
        default=SecretStr("postgresql://deskhand_app@/deskhand"),
        description="PostgreSQL login that serves (deskhand_app): owns nothing, row-level security forced.",
    )
    migrate_database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL login that migrates and provisions (deskhand_migrate). Only where that is done.",
    )
    database_login: Literal["app", "provision", "migrate"] = Field(
        default="app",
        description="'provision' for the one worker that opens and closes companies: it alone may hold "
        "MIGRATE_DATABASE_URL. manage.py sets 'migrate' for its commands.",
    )
    standby_companies: int = Field(
        default=2,
        ge=0,
        le=100,
        description="Schemas the provisioning worker keeps prepared, so that an order to open a company is done at "
        "once; about 1.5 MB each. 0: none.",
    )
    db_pool_max: int = Field(default=8, ge=1, le=200, description="Most PostgreSQL connections a process keeps.")
    db_prepared: bool = Field(
        default=True,
        description="Let connections keep parsed statements; False behind a PgBouncer in transaction mode before 1.21.",
    )
    redis_url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/1"),
        description="Cache: redis://, or redis+cluster://host:port of a cluster's node.",
    )
    broker_url: SecretStr = Field(default=SecretStr("redis://127.0.0.1:6379/0"), description="Celery's queue.")
    qdrant_url: str = Field(default="http://127.0.0.1:6333", description="Vector engine (Qdrant's REST interface).")
    qdrant_api_key: SecretStr | None = Field(default=None, description="Key of the vector engine.")
    base_domain: str = Field(
        default="localhost",
        description="Companies live at <company>.BASE_DOMAIN, the shared API at api.BASE_DOMAIN.",
    )
    public_url: str = Field(default="http://localhost:8000", description="Scheme and port used in links.")
    email_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail server: smtp://user:password@host:587 (STARTTLS), smtps:// (TLS), smtp+plain:// (a relay on "
        "this machine), file:///folder, console:. Empty: no mail, and pages say so.",
    )
    email_from: str = Field(default="", description="Sender of mails. Default: no-reply@BASE_DOMAIN.")
    egress_allow_hosts: str = Field(
        default="",
        description="host:port pairs, by comma, that may be plain http or a private address (helpdesk or model on site).",
    )
    json_store_root: str = Field(
        default="",
        description="Folder below which companies may be read from JSON files (docs/json-store.md), as an absolute path. "
        "Empty: none may.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Networks (CIDR, by comma) of the proxies in front, whose X-Forwarded-For tells who asks. "
        "Without them everybody behind a proxy counts as one network at sign-in.",
    )
    mfa_required: str = Field(
        default="admin,privacy,operator",
        description="Roles that sign in only with a second factor, by comma: agent, lead, admin, privacy, operator. "
        "Empty: whoever wants one.",
    )
    region: str = Field(default="local", description="Region this installation keeps its data in.")
    embedding_provider: str = Field(
        default="apps.llm.providers.use.UseEmbeddings", description="Dotted path of the embedding provider."
    )
    second_embedding_provider: str = Field(
        default="apps.llm.providers.e5.E5Embeddings",
        description="Dotted path of a second, slower provider for articles, filled in behind; empty for none.",
    )
    llm_suffixes: str = Field(
        default=".openai.com,.openai.azure.com,.mistral.ai",
        description="Domains of providers of language models that companies may connect to, by comma. A model on site: "
        "EGRESS_ALLOW_HOSTS.",
    )
    models_threads: int = Field(default=1, ge=1, le=16, description="Threads of the local embedding model.")
    metrics_token: SecretStr | None = Field(
        default=None, description="Bearer token for /metrics; without one only this machine may read it."
    )
    poll_seconds: int = Field(
        default=60, ge=5, description="Usual seconds between two looks at a helpdesk for changes; busy accounts more often."
    )
    poll_fastest_seconds: int = Field(default=15, ge=5, description="Least seconds between two looks, while much happens.")
    poll_slowest_seconds: int = Field(default=180, ge=5, description="Most seconds between two looks, while nothing happens.")
    debug: bool = Field(default=False, description="Django's debug pages. Never on a server others reach.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")
    log_format: Literal["json", "text"] = Field(default="json", description="Log lines as JSON or for reading.")

    @field_validator("email_url")
    @classmethod
    def _mail(cls, value: SecretStr) -> SecretStr:
        mail_at(value.get_secret_value())
        return value

    @field_validator("egress_allow_hosts")
    @classmethod
    def _pairs(cls, value: str) -> str:
        for pair in filter(None, (part.strip().lower() for part in value.split(","))):
            if not is_pair(pair):
                raise ValueError(f"{pair!r} is not host:port")
            host = pair.rpartition(":")[0].strip("[]")
            if (host.replace(".", "").isdigit() or ":" in host) and is_denied(host, trusted=True):
                raise ValueError(f"{pair!r} can be no helpdesk's address")
        return value

    @field_validator("json_store_root")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if value and (not value.startswith("/") or value.strip("/") == ""):
            raise ValueError(f"{value!r} is no absolute path of a folder of its own")
        return value

    @field_validator("llm_suffixes")
    @classmethod
    def _suffixes(cls, value: str) -> str:
        for suffix in filter(None, (part.strip() for part in value.split(","))):
            if not re.fullmatch(r"(\.[a-z0-9-]+){2,}", suffix):
                raise ValueError(f"{suffix!r} is no domain with a dot before it")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in filter(None, (part.strip() for part in value.split(","))):
            ip_network(network)  # ValueError says what is wrong with it
        return value

    @field_validator("mfa_required")
    @classmethod
    def _roles(cls, value: str) -> str:
        for role in filter(None, (part.strip() for part in value.split(","))):
            if role not in ROLES:
                raise ValueError(f"{role!r} is no role; there are {', '.join(ROLES)}")
        return value

    @model_validator(mode="after")
    def _not_ourselves(self) -> Self:
        """Who connects a company chooses among these hosts: our own engines and pages must not be there to choose."""
        for name in OWN:
            value = getattr(self, name)
            own = _pair(value.get_secret_value() if isinstance(value, SecretStr) else value or "")
            if own & self.egress_hosts:
                raise ValueError(f"EGRESS_ALLOW_HOSTS names the host and port of {name.upper()}")
        pages = urlsplit(self.public_url)
        port = f":{pages.port or PORTS.get(pages.scheme, 0)}"
        ours = (self.base_domain + port, f".{self.base_domain}{port}")
        if any(pair == ours[0] or pair.endswith(ours[1]) for pair in self.egress_hosts):
            raise ValueError("EGRESS_ALLOW_HOSTS names a host of BASE_DOMAIN at the port of PUBLIC_URL")
        return self

    @property
    def mfa_roles(self) -> frozenset[str]:
        return frozenset(filter(None, (part.strip() for part in self.mfa_required.split(","))))

    @property
    def llm_domains(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.llm_suffixes.split(",") if part.strip())

    @property
    def egress_hosts(self) -> frozenset[str]:
        return frozenset(part.strip().lower() for part in self.egress_allow_hosts.split(",") if part.strip())


def _pair(url: str) -> set[str]:
    """host:port of a URL, for this machine under each of its names; nothing for a socket in a folder."""
    parts = urlsplit(url)
    if not parts.hostname:
        return set()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port or PORTS.get(parts.scheme, 0)
    return {f"{name}:{port}" for name in (LOOPBACK if host in LOOPBACK else (host,))}


def _secrets_from_files() -> dict[str, str]:
    values = {}
    for name in SECRETS:
        path = os.environ.get(f"{name}_FILE")
        if not path:
            continue
        try:
            values[name.lower()] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise Misconfigured(f"{name}_FILE={path} cannot be read: {exc.strerror}") from exc
    return values


class Misconfigured(RuntimeError):
    """The environment cannot be used. The message names each variable, what is wrong with it and where to read on; no value."""


@lru_cache(maxsize=1)
def load_env() -> Env:
    """Read the environment once. A file named by NAME_FILE wins over NAME. Raises Misconfigured."""
    try:
        return Env(**_secrets_from_files())  # type: ignore[arg-type]
    except ValidationError as exc:
        wrong = [f"  {'.'.join(map(str, one['loc'])).upper() or 'together'}: {one['msg']}" for one in exc.errors(include_input=False)]
        lines = "\n".join(wrong)
        raise Misconfigured(
            f"The environment is not complete:\n{lines}\n"
            "deploy/example.env explains every variable. For a site that sets itself up: manage.py dev --help"
        ) from None


def documentation() -> list[tuple[str, str, str]]:
    """(variable, default, help) of every variable, for the README's table and its test."""
    rows = []
    for name, field in Env.model_fields.items():
        default = field.default
        shown = "required" if field.is_required() else "" if default is None else default
        if isinstance(shown, SecretStr):
            shown = shown.get_secret_value()
        rows.append((name.upper(), str(shown), field.description or ""))
    return rows
