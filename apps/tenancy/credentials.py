"""Read the company a credential names in clear, without trusting it yet (decisions 2)."""

from __future__ import annotations

import re
import secrets
import string
import zlib

from django.conf import settings
from django.http import HttpRequest

ALPHABET = string.digits + string.ascii_letters
SECRET_LENGTH = 43  # 43 of 62 signs: 256 bits
_TOKEN = re.compile(r"\Adsk_([a-z]{2,6})_([a-z0-9-]{2,40})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})\Z")
_COOKIE = re.compile(r"\A([a-z0-9-]{2,40})\.([a-z0-9]{32})\Z")


def new_token(kind: str, company_id: str) -> str:
    """A fresh API token 'dsk_<kind>_<company>_<43 random signs>_<checksum>'."""
    body = f"dsk_{kind}_{company_id}_" + "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    return f"{body}_{_checksum(body)}"


def split_token(token: str) -> tuple[str, str] | None:
    """(kind, company) of a token; None when the form or the checksum is wrong. No database is asked for such a one."""
    match = _TOKEN.match(token)
    if match is None or _checksum(token[:-7]) != match[4]:
        return None
    return match[1], match[2]


def token_company(token: str) -> str | None:
    """The company a well-formed token names; None when the form or the checksum is wrong."""
    parts = split_token(token)
    return parts[1] if parts else None


def split_cookie(value: str) -> tuple[str, str] | None:
    """(company, session key) of a session cookie, or None."""
    match = _COOKIE.match(value)
    return (match[1], match[2]) if match else None


def bearer(request: HttpRequest) -> str | None:
    """The bearer token of the request, '' when the header is of another kind, None when there is none."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def claimed_company(request: HttpRequest) -> tuple[str | None, bool]:
    """(company the credential names, whether a credential was sent at all). A token wins over a cookie."""
    token = bearer(request)
    if token is not None:
        return token_company(token), True
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if cookie:
        parts = split_cookie(cookie)
        return (parts[0] if parts else None), parts is not None
    return None, False


def _checksum(body: str) -> str:
    value, signs = zlib.crc32(body.encode()), ""
    for _ in range(6):
        value, rest = divmod(value, 62)
        signs = ALPHABET[rest] + signs
    return signs
