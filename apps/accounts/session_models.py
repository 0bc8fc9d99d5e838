"""Where people are signed in: one row a browser, and what ends it (AUT-5)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.audit import record_on_commit
from apps.core.ids import uuid7
from apps.core.privacy import CONTACT, NONE, SECRET, DataClass
from apps.tenancy.models import CompanyModel

ABSOLUTE = timedelta(hours=24)  # after that a person signs in again, however busy
IDLE = {"agent": timedelta(hours=8), "lead": timedelta(hours=8)}  # a working day
IDLE_OTHERS = timedelta(minutes=30)  # whoever can do more harm: admins, privacy officers, operators, roles to come


def idle_of(role: str) -> timedelta:
    """How long nobody may be at the keyboard."""
    return IDLE.get(role, IDLE_OTHERS)


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    """Questions about sessions, and their end."""

    def live(self) -> UserSessionQuerySet:
        return self.filter(ended_at=None, expires_at__gt=timezone.now())

    def end(self, reason: str = "") -> int:
        """These are refused from the next request on, in every process; how many were open.

        With a reason the audit trail tells whose they were, once the transaction is through.
        """
        now = timezone.now()
        with transaction.atomic():
            found = self.filter(ended_at=None).select_for_update(no_key=True, of=("self",)).order_by("pk")
            rows = list(found.values_list("pk", "digest", "user_id"))
            Session.objects.filter(session_key__in=[digest for _pk, digest, _user in rows]).delete()
            UserSession.objects.filter(pk__in=[pk for pk, _digest, _user in rows]).update(
                ended_at=Least(F("expires_at"), Value(now)), digest=None
            )
            if reason:
                for user, count in Counter(user for _pk, _digest, user in rows).items():
                    record_on_commit("session_ended", subject=f"user:{user}", reason=reason, count=count)
        return len(rows)


class UserSession(CompanyModel):
    """A browser a person is signed in with. Of the browser, two words are kept; of its address, the network's.

    A session without a live row here, of another role than the person has, or of somebody who is not active, is nobody's.
    """

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "user": NONE, "digest": SECRET, "role": NONE, "begun_at": NONE,
        "last_seen_at": NONE, "expires_at": NONE, "ended_at": NONE, "browser": NONE, "system": NONE, "network": CONTACT,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    digest = models.CharField(max_length=40, unique=True, null=True, editable=False)  # of its key; none once ended
    role = models.CharField(_("role"), max_length=10, editable=False)
    begun_at = models.DateTimeField(_("signed in"), editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), editable=False)  # to the minute
    # When it ends if nobody comes back. No index on what every minute changes: so the row is rewritten in its place.
    expires_at = models.DateTimeField(_("expires"), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    browser = models.CharField(_("browser"), max_length=20, editable=False)
    system = models.CharField(_("operating system"), max_length=20, editable=False)
    network = models.CharField(_("network"), max_length=45, editable=False)

    objects = UserSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="accounts_usersession_ended_has_no_key", condition=Q(ended_at=None) | Q(digest=None)
            ),
        ]

    def __str__(self) -> str:
        return self.device

    @property
    def device(self) -> str:
        """The browser in the reader's words."""
        named = {"browser": self.browser, "system": self.system}
        if not self.system:
            return self.browser or gettext("An unknown browser")
        if not self.browser:
            # Translators: %(system)s is an operating system. Example: A browser on Windows
            return gettext("A browser on %(system)s") % named
        # Translators: names of a browser and an operating system. Example: Firefox on Windows
        return gettext("%(browser)s on %(system)s") % named


def expiry(role: str, begun: datetime, seen: datetime) -> datetime:
    """When a session ends by itself."""
    return min(begun + ABSOLUTE, seen + idle_of(role))


def open_for(person: Any) -> UserSessionQuerySet:
    """Sessions of one person that are not marked as ended."""
    return UserSession.objects.filter(user=person, ended_at=None)
