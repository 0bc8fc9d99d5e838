"""What an admin enters to connect a Freshdesk account: its form and its API schema are made from this."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator


class FreshdeskConfig(BaseModel):
    """Where the account is and the key of the agent who reads for us."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    base_url: str
    api_key: SecretStr

    @field_validator("base_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        """Accept "acme.freshdesk.com" and pasted links; what may be called is decided by the egress rules."""
        value = value.strip()
        scheme, mark, rest = value.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}" if mark else f"https://{value.partition('/')[0]}"
