"""Who calls: a name and a password, a token that lives half an hour, or a key (contract 3.1)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from simulators.servicenow import answers
from simulators.servicenow.world import World
from simulators.web import Request, Response


@dataclass(frozen=True, slots=True)
class Secrets:
    """What counts now; "" counts for nobody."""

    user: str
    password: str
    client_id: str = "client-of-deskhand"
    client_secret: str = "secret-of-the-client"
    api_key: str = ""


@dataclass(slots=True)
class Grants:
    """Tokens that were given. Times are the instance's."""

    world: World
    secrets: Secrets
    access: dict[str, float] = field(default_factory=dict)  # until
    refresh: dict[str, float] = field(default_factory=dict)
    current: dict[str, tuple[str, str]] = field(default_factory=dict)  # by grant: asked again it is the same token
    made: int = 0

    def admit(self, request: Request) -> str:
        """The user of the call. Raises Refused with 401."""
        secrets, switches = self.secrets, self.world.switches
        key = request.headers.get("x-sn-apikey")
        if key is not None and secrets.api_key and key == secrets.api_key:
            return secrets.user
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.access.get(coded, 0.0) > self.world.clock.now():
            return secrets.user
        if scheme.lower() == "basic" and switches.basic_auth:
            try:
                user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
            except ValueError:
                raise answers.unauthorised() from None
            if (user, password) == (secrets.user, secrets.password):
                return user
        raise answers.unauthorised()

    def revoke(self, secrets: Secrets) -> None:
        """Other secrets count from now on; every token is over."""
        self.secrets = secrets
        self.expire(refresh=True)

    def expire(self, *, refresh: bool = False) -> None:
        """Tokens are over before their time."""
        self.access.clear()
        self.current.clear()
        if refresh:
            self.refresh.clear()

    def token(self, request: Request) -> Response:
        """POST /oauth_token.do"""
        if "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
            return _refusal("invalid_request", "the request is not form-encoded")
        asked = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        secrets, grant = self.secrets, asked.get("grant_type", "")
        basic = request.headers.get("authorization", "").partition(" ")[2]
        if "client_id" not in asked and basic:
            with contextlib.suppress(ValueError):
                asked["client_id"], _, asked["client_secret"] = base64.b64decode(basic).decode().partition(":")
        if (asked.get("client_id"), asked.get("client_secret")) != (secrets.client_id, secrets.client_secret):
            return _refusal("server_error", "access_denied")
        if grant == "password":
            if (asked.get("username"), asked.get("password")) != (secrets.user, secrets.password):
                return _refusal("server_error", "access_denied")
        elif grant == "refresh_token":
            if self.refresh.get(asked.get("refresh_token", ""), 0.0) <= self.world.clock.now():
                return _refusal("server_error", "access_denied")
            return self._given("password", asked["refresh_token"])
        elif grant != "client_credentials" or not self.world.switches.client_credentials:
            return _refusal("unsupported_grant_type" if grant != "client_credentials" else "server_error", "access_denied")
        return self._given(grant, "")

    def _given(self, grant: str, refresh: str) -> Response:
        now, switches = self.world.clock.now(), self.world.switches
        access, held = self.current.get(grant, ("", ""))
        if self.access.get(access, 0.0) <= now:
            access, held = self._new(), refresh or held
            self.access[access] = now + switches.token_seconds
        if grant != "client_credentials" and self.refresh.get(held, 0.0) <= now:
            held = self._new()
            self.refresh[held] = now + switches.refresh_seconds
        self.current[grant] = (access, held)
        payload: dict[str, Any] = {
            "access_token": access, "scope": "useraccount", "token_type": "Bearer",
            "expires_in": int(self.access[access] - now),
        }  # fmt: skip
        if grant != "client_credentials":
            payload["refresh_token"] = held
        return Response(200, orjson.dumps(payload), content_type="application/json;charset=UTF-8", headers={})

    def _new(self) -> str:
        self.made += 1
        return hashlib.sha256(f"{self.world.seed}:{self.made}:token".encode()).hexdigest()


def _refusal(error: str, description: str) -> Response:
    body = {"error": error, "error_description": description}
    return Response(401, orjson.dumps(body), content_type="application/json;charset=UTF-8", headers={})
