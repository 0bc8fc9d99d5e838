"""What can go wrong, one class per decision the caller can take.

    AppError                     code, status, retryable
    ├── BadInput                 400   the request cannot be understood or is not allowed as it stands
    ├── Forbidden                403   known person, not their right
    ├── NotFound                 404   not there, or not yours
    ├── Conflict                 409   somebody or something got there first
    ├── RateLimited              429   retryable after `retry_after` seconds
    ├── SealBroken               409   a stored secret cannot be opened: an admin must enter it again, never retried
    │   └── KeyDestroyed         409   because its company's key is gone: nothing will ever open it
    └── ExternalError            502   a helpdesk or provider answered something we cannot use
        ├── ExternalUnavailable  503   it did not answer, or says "later": retryable
        │   └── EffectUnknown    503   and it may have done what we asked: look before asking again
        └── CredentialsRejected  409   it refused our key: an admin must act, never retried

    RuntimeError
    ├── NoCompany                bug: code ran with no company bound
    └── TenantLeak               bug: something of one company reached another

An `AppError` is an answer; the two below it are bugs and become a 500. Messages are for logs and
admins: they hold no secret, no personal data and no text of a foreign server.
"""

from __future__ import annotations

from typing import ClassVar


class AppError(Exception):
    """An outcome the caller can act on. `code` is stable, the message is not."""

    code: str = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class BadInput(AppError):
    """The input is wrong; sending it again will not help."""

    code = "bad_input"
    status = 400


class Forbidden(AppError):
    """The person is known and may not do this."""

    code = "forbidden"
    status = 403


class NotFound(AppError):
    """It does not exist for this person."""

    code = "not_found"
    status = 404


class Conflict(AppError):
    """The state does not allow it (any more)."""

    code = "conflict"
    status = 409


class RateLimited(AppError):
    """Too many calls. Try again after `retry_after` seconds, not before."""

    code = "rate_limited"
    status = 429
    retryable = True

    def __init__(self, message: str = "", *, retry_after: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class SealBroken(AppError):
    """A sealed value was altered or moved, or no key of this process opens it. The message names no secret."""

    code = "seal_broken"
    status = 409


class KeyDestroyed(SealBroken):
    """The data key is not in the company's table any more: the value is lost, by intent or by a restore without keys."""

    code = "key_destroyed"


class ExternalError(AppError):
    """A foreign server gave an answer we cannot use."""

    code = "external_error"
    status = 502


class ExternalUnavailable(ExternalError):
    """A foreign server cannot be reached or cannot serve now; the same call may work later."""

    code = "external_unavailable"
    status = 503
    retryable = True


class EffectUnknown(ExternalUnavailable):
    """A write was sent, and no answer says whether it was done: only looking tells."""

    code = "effect_unknown"


class CredentialsRejected(ExternalError):
    """A foreign server refused our credentials. Stop: repeating it can lock the key."""

    code = "credentials_rejected"
    status = 409


class NoCompany(RuntimeError):
    """Code that needs a company ran without one."""


class TenantLeak(RuntimeError):
    """A thing of one company was met while another was bound."""
