"""Between the right password and the second factor: nobody is signed in, and one page alone is open (AUT-3).

The half-signed-in state lies in the company's session table under a key of its own, so it is of one company and one
browser. Its seal covers both, the person, their password and second factor, the time and the browser's name: carried
into another session, or after any of these changed, it is nothing. Nobody is `request.user` by it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.accounts.factors import has_factor, must_have, start
from apps.accounts.models import User
from apps.tenancy.context import current_company

CODE, ENROL = "code", "enrol"  # what is still to be done
SECONDS = {CODE: 300, ENROL: 1800}  # how long it waits; setting an app up takes longer
AGAIN_SECONDS = 600  # how long a confirmation that it is you counts
HALF, PROVEN, CONFIRMED, WAITING = "half", "proven", "confirmed_at", "factor_waiting"  # in the session
BACKEND = "apps.accounts.backends.PasswordBackend"


@dataclass(frozen=True, slots=True)
class Half:
    """Somebody whose password was right."""

    person: User
    onward: str  # where to go when signed in


def stage_of(person: User) -> str:
    """What is to be done after the password: CODE, ENROL, or '' for nothing."""
    if has_factor(person):
        return CODE
    return ENROL if must_have(person.role) else ""


def begin(request: HttpRequest, *, person: User, stage: str, onward: str) -> None:
    """The password was right: keep that for the next page, in a fresh session that is nobody's."""
    request.session.flush()
    request.session.create()
    at = int(time.time())
    request.session[HALF] = {
        "person": str(person.pk), "stage": stage, "at": at, "onward": onward,
        "seal": _seal(request, person, stage, at, onward),
    }  # fmt: skip
    if stage == ENROL:
        start_waiting(request, person)


def half_of(request: HttpRequest, stage: str) -> Half | None:
    """Who may open the page of that stage now; None for everybody else."""
    kept = request.session.get(HALF)
    if not isinstance(kept, dict) or SESSION_KEY in request.session or kept["stage"] != stage:
        return None
    if not 0 <= time.time() - kept["at"] <= SECONDS[stage]:
        return None
    person = User.objects.active().filter(pk=kept["person"]).first()
    if person is None:
        return None
    expected = _seal(request, person, stage, kept["at"], kept["onward"])
    return Half(person, kept["onward"]) if constant_time_compare(kept["seal"], expected) else None


def finish(request: HttpRequest, person: User) -> None:
    """Sign in, with a fresh session id: password and second factor were right."""
    for name in (HALF, WAITING):
        request.session.pop(name, None)
    login(request, person, backend=BACKEND)
    request.session[PROVEN] = True


def start_waiting(request: HttpRequest, person: User) -> None:
    """A new secret to set up, shown in this session only."""
    request.session[WAITING] = str(start(person).pk)


def waiting_id(request: HttpRequest) -> UUID | None:
    """The second factor that is being set up in this session."""
    kept = request.session.get(WAITING)
    return UUID(kept) if kept else None


def note_confirmed(request: HttpRequest) -> None:
    """It is them: password or code was right just now."""
    request.session[CONFIRMED] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """Whether that was within the last ten minutes."""
    at = request.session.get(CONFIRMED)
    return isinstance(at, int) and 0 <= time.time() - at <= AGAIN_SECONDS


def lacks_factor(request: HttpRequest) -> bool:
    """Whether somebody is signed in without the second factor that their role must have by now."""
    person = request.user
    return person.is_authenticated and must_have(person.role) and not request.session.get(PROVEN)


def _seal(request: HttpRequest, person: User, stage: str, at: int, onward: str) -> str:
    browser = request.headers.get("User-Agent", "")
    parts = (
        current_company().company_id, str(request.session.session_key), browser, str(person.pk), stage, str(at),
        person.get_session_auth_hash(), onward,
    )  # fmt: skip
    return salted_hmac("deskhand.half", "\0".join(parts), algorithm="sha256").hexdigest()


def _signed_in(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    note_confirmed(request)


user_logged_in.connect(_signed_in, dispatch_uid="deskhand.confirmed")
