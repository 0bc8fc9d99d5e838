"""How a call to a model fails: one class per decision the caller can take.

    ExternalUnavailable > ModelBusy       not now: may be tried again, or somewhere else
    ExternalError > ModelGarbled          what came is no answer: never kept, may be asked of another model
                  > ModelDeclined         it will not answer this: nobody is asked again
    CredentialsRejected > ModelRejected   the key, the model or the money is gone: an admin must act
    BadInput > AskRefused                 the request does not fit the model

`code` says which of them; no message holds a word of a prompt, of an answer or of a foreign server.
"""

from __future__ import annotations

from apps.core.errors import BadInput, CredentialsRejected, ExternalError, ExternalUnavailable


class ModelBusy(ExternalUnavailable):
    """`after`: seconds the provider asked us to wait. Codes: unreachable, too_slow, broken_off, overloaded, failing."""

    def __init__(self, message: str, *, code: str, after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.after = after


class ModelGarbled(ExternalError):
    """Codes: malformed_answer, answer_too_large, empty_answer, unasked_tool, not_the_schema, wrong_language,
    dimension_changed."""


class ModelDeclined(ExternalError):
    """Codes: refused, content_filter."""


class ModelRejected(CredentialsRejected):
    """Codes: key_refused, forbidden, model_gone, quota_spent, address_refused."""


class AskRefused(BadInput):
    """Codes: prompt_too_long, request_refused."""
