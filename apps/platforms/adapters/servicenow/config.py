"""What an admin enters to connect a ServiceNow instance, and which of it a way of signing in needs."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

AuthKind = Literal["basic", "oauth_password", "oauth_client", "api_key"]
INCIDENT, CASE = "incident", "sn_customerservice_case"
TABLES = (INCIDENT, CASE)
_NEEDED: dict[AuthKind, tuple[str, ...]] = {
    "basic": ("user", "password"),
    "oauth_password": ("user", "password", "client_id", "client_secret"),
    "oauth_client": ("client_id", "client_secret"),
    "api_key": ("api_key",),
}


class ServiceNowConfig(BaseModel):
    """Where the instance is, how we sign in, and which tables of tickets are read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    base_url: str
    auth: AuthKind = "basic"
    user: str = ""
    password: SecretStr = SecretStr("")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    api_key: SecretStr = SecretStr("")
    tables: str = ",".join(TABLES)  # those of a plugin that is not there are passed over

    @field_validator("base_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        """Accept "acme.service-now.com" and pasted links; what may be called is decided by the egress rules."""
        value = value.strip()
        scheme, mark, rest = value.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}" if mark else f"https://{value.partition('/')[0]}"

    @field_validator("tables")
    @classmethod
    def _known(cls, value: str) -> str:
        """A name goes into queries and addresses: only those we know."""
        names = tuple(dict.fromkeys(one.strip() for one in value.split(",") if one.strip()))
        if not names or set(names) - set(TABLES):
            raise ValueError(f"tables are {' and '.join(TABLES)}, with a comma between them")
        return ",".join(names)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """What the kind needs, and nothing of another kind: a secret that is not used should not be kept."""
        needed = _NEEDED[self.auth]
        missing = [name for name in needed if not self.plain(name)]
        foreign = [name for name in ("user", "password", "client_id", "client_secret", "api_key") if name not in needed and self.plain(name)]
        if missing:
            raise ValueError(f"auth={self.auth} needs {', '.join(missing)}")
        if foreign:
            raise ValueError(f"auth={self.auth} does not use {', '.join(foreign)}")
        return self

    def plain(self, name: str) -> str:
        """A field as text, opened if it is a secret."""
        value = getattr(self, name)
        return str(value.get_secret_value()) if isinstance(value, SecretStr) else str(value)

    @property
    def table_names(self) -> tuple[str, ...]:
        return tuple(self.tables.split(","))
