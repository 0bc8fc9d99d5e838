"""How a call says who we are: a name and a password, a key, or a token that is asked for and lives half an hour.

An adapter lives for a page, a token longer: what was given is kept in this process for whoever holds the same secrets.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from pydantic import Field, ValidationError

from apps.core.egress import Answer
from apps.core.errors import CredentialsRejected, ExternalUnavailable, RateLimited
from apps.platforms.adapters.answers import Wire, seconds_of
from apps.platforms.adapters.servicenow.config import ServiceNowConfig

PATH = "/oauth_token.do"
_EARLY = 60.0  # seconds before its end a token is not used any more
_KEPT_MOST = 1000

Send = Callable[[bytes], Awaitable[Answer]]  # the form to the token's address


class Granted(Wire):
    access_token: str = Field(min_length=1, repr=False)
    refresh_token: str = Field(default="", repr=False)
    expires_in: float = 0.0  # what is left of it: asked for again, the same token comes


@dataclass(frozen=True, slots=True)
class Token:
    access: str
    refresh: str
    until: float  # of time.monotonic


_KEPT: dict[str, Token] = {}


class Login:
    """What a call carries. Of the four kinds only two ever ask for a token."""

    def __init__(self, config: ServiceNowConfig, origin: str) -> None:
        self._config = config
        secrets = [origin, config.auth, *(config.plain(name) for name in ("user", "password", "client_id", "client_secret"))]
        self._place = hashlib.sha256(orjson.dumps(secrets)).hexdigest()

    @property
    def renews(self) -> bool:
        """Whether a refusal may only mean that the token is over."""
        return self._config.auth in ("oauth_password", "oauth_client")

    @property
    def basic(self) -> tuple[str, str] | None:
        if self._config.auth != "basic":
            return None
        return self._config.user, self._config.plain("password")

    async def headers(self, send: Send) -> dict[str, str]:
        """Raises CredentialsRejected when no token is given."""
        if self._config.auth == "api_key":
            return {"x-sn-apikey": self._config.plain("api_key")}
        if not self.renews:
            return {}
        token = _KEPT.get(self._place)
        if token is None or token.until <= time.monotonic():
            token = await self._ask(send, token.refresh if token else "")
        return {"authorization": f"Bearer {token.access}"}

    def forget(self) -> None:
        """The token was refused: the next call asks for another one."""
        token = _KEPT.get(self._place)
        if token is not None:
            _KEPT[self._place] = Token("", token.refresh, 0.0)

    async def _ask(self, send: Send, refresh: str) -> Token:
        """By the refresh token while it is good, else anew."""
        if refresh:
            answer = await send(self._form(refresh))
            if answer.status == 200:
                return self._keep(answer, refresh)
            _KEPT.pop(self._place, None)
        return self._keep(await send(self._form("")), "")

    def _form(self, refresh: str) -> bytes:
        config = self._config
        client = {"client_id": config.client_id, "client_secret": config.plain("client_secret")}
        if refresh:
            return urlencode({"grant_type": "refresh_token", "refresh_token": refresh, **client}).encode()
        if config.auth == "oauth_client":
            return urlencode({"grant_type": "client_credentials", **client}).encode()
        person = {"username": config.user, "password": config.plain("password")}
        return urlencode({"grant_type": "password", **client, **person}).encode()

    def _keep(self, answer: Answer, refresh: str) -> Token:
        if answer.status == 429:
            raise RateLimited("the helpdesk asks us to wait", retry_after=seconds_of(answer.headers.get("retry-after")))
        if 400 <= answer.status < 500 and answer.status != 408:
            raise CredentialsRejected("the helpdesk gave no token for these credentials")
        try:
            given = Granted.model_validate_json(answer.body)
        except ValidationError:
            given = None
        if answer.status != 200 or given is None:
            raise ExternalUnavailable(f"the helpdesk answered {answer.status} when asked for a token")
        token = Token(given.access_token, given.refresh_token or refresh, time.monotonic() + given.expires_in - _EARLY)
        while len(_KEPT) >= _KEPT_MOST:
            _KEPT.pop(next(iter(_KEPT)))
        _KEPT[self._place] = token
        return token
