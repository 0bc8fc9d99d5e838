"""Where mail goes, read from one address (EMAIL_URL) into Django's settings."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

BACKENDS = "django.core.mail.backends."
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


@dataclass(frozen=True, slots=True)
class Mail:
    """Django's EMAIL_* settings. `sends` is False where nobody gets mail: pages then say so."""

    sends: bool = False
    backend: str = f"{BACKENDS}dummy.EmailBackend"
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    folder: str = ""


def mail_at(url: str) -> Mail:
    """'' (no mail), smtp:// (STARTTLS), smtps:// (TLS), smtp+plain:// (a relay on this machine), file:///folder, console:.

    Raises ValueError for anything else; the message holds no password.
    """
    if not url:
        return Mail()
    parts = urlsplit(url)
    if parts.scheme == "console":
        return Mail(True, f"{BACKENDS}console.EmailBackend")
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return Mail(True, f"{BACKENDS}filebased.EmailBackend", folder=unquote(parts.path))
    if parts.scheme in PORTS and parts.hostname:
        return Mail(
            True,
            f"{BACKENDS}smtp.EmailBackend",
            parts.hostname,
            parts.port or PORTS[parts.scheme],
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            starttls=parts.scheme == "smtp",
            tls=parts.scheme == "smtps",
        )
    raise ValueError("use smtp://user:password@host:587, smtps://, smtp+plain://, file:///folder or console:")
