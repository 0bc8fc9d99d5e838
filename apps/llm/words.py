"""What people read when a model does not work."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_FAILURES = {
    "key_refused": gettext_noop("The provider refused the key."),
    "forbidden": gettext_noop("The provider does not let this key do that."),
    "model_gone": gettext_noop("The provider has no such model."),
    "quota_spent": gettext_noop("The account’s money or quota at the provider is spent."),
    "address_refused": gettext_noop("This address is not allowed. Whoever runs Deskhand can allow it."),
    "region_refused": gettext_noop("The provider must process where the company’s data is kept."),
    "unreachable": gettext_noop("The provider cannot be reached."),
    "too_slow": gettext_noop("The provider did not answer in time."),
    "overloaded": gettext_noop("The provider is busy. Try again later."),
    "failing": gettext_noop("The provider has an error. Try again later."),
    "request_refused": gettext_noop("The provider did not accept the request. It may not be OpenAI-compatible."),
    "seal_broken": gettext_noop("The kept key cannot be opened. Enter it again."),
    "key_destroyed": gettext_noop("The kept key cannot be opened. Enter it again."),
}
_OTHER = gettext_noop("The model’s answer cannot be used.")


def failure(code: str) -> str:
    """A sentence for a code of a call that failed."""
    return _(_FAILURES.get(code, _OTHER))
