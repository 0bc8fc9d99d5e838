"""People of a company who use Deskhand, and the tokens that act for them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.accounts.passwords import normalise
from apps.accounts.session_models import open_for
from apps.accounts.signals import address_settled
from apps.core.errors import BadInput, Conflict
from apps.core.fields import SealedField
from apps.core.ids import uuid7
from apps.core.privacy import CONTACT, NONE, SECRET, DataClass
from apps.tenancy.context import current_company
from apps.tenancy.credentials import new_token
from apps.tenancy.models import CompanyModel
from apps.tenancy.names import OPERATOR_COMPANY


class Role(models.TextChoices):
    AGENT = "agent", _("Agent")
    LEAD = "lead", _("Lead")
    ADMIN = "admin", _("Admin")
    PRIVACY = "privacy", _("Privacy officer")
    OPERATOR = "operator", _("Operator")  # people of the reserved company of the same name, and nobody else


class Theme(models.TextChoices):
    SYSTEM = "system", _("System")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class UserQuerySet(models.QuerySet["User"]):
    """Questions about people."""

    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)


class PeopleManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's hook for making people; e-mail addresses are kept in lower case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())

    def make(self, *, email: str, name: str, role: str, password: str | None = None, language: str = "en") -> User:
        user = self.model(email=email.strip().lower(), name=name, role=role, language=language)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, CompanyModel):
    """A person of this company. What they may do follows from the role (permissions.py)."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "email": CONTACT, "name": CONTACT, "role": NONE, "language": NONE,
        "theme": NONE, "keys_enabled": NONE, "is_active": NONE, "password": SECRET, "last_login": NONE,
        "created_at": NONE, "factor_changed_at": NONE, "email_verified_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.AGENT)
    language = models.CharField(_("language"), max_length=12, default="en")
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    keys_enabled = models.BooleanField(_("single-letter keys"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    factor_changed_at = models.DateTimeField(null=True, editable=False)  # in the seal of every session
    # When this very address was proven to be theirs by a link that was mailed to it; another address is not.
    email_verified_at = models.DateTimeField(_("email verified"), null=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = PeopleManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # AUT-1: an operator's rights cannot be given away inside a company, nor a company's inside the operator's.
            models.CheckConstraint(
                name="accounts_user_operator_at_home",
                condition=Q(role=Role.OPERATOR, company_id=OPERATOR_COMPANY)
                | (~Q(role=Role.OPERATOR) & ~Q(company_id=OPERATOR_COMPANY)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Another role, or none any more, ends every session of the person in the same transaction; another address is
        not verified, whatever the old one was."""
        changed, new = kwargs.get("update_fields"), self._state.adding
        with transaction.atomic():
            moved = not new and (changed is None or "email" in changed) and self._has_moved()
            if moved and changed is not None:
                kwargs["update_fields"] = {*changed, "email_verified_at"}
            super().save(*args, **kwargs)
            if moved:
                address_settled.send(sender=User, person=self)
            if new or not (changed is None or {"role", "is_active"} & set(changed)):
                return
            if not self.is_active:
                open_for(self).end("deactivated")
            open_for(self).exclude(role=self.role).end("role")

    def _has_moved(self) -> bool:
        """Whether another address is stored; then this one counts as proven by nobody. One that stays is as proven as
        the row says: whoever saves all fields may have read them before."""
        rows = User.objects.select_for_update(no_key=True).filter(pk=self.pk)
        held = rows.values_list("email", "email_verified_at").first()
        if held is None or held[0] == self.email:
            self.email_verified_at = held[1] if held else None
            return False
        self.email_verified_at = None
        return True

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password if raw_password is None else normalise(raw_password))

    def check_password(self, raw_password: str) -> bool:
        return super().check_password(normalise(raw_password))

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Sessions end with another password, and with a second factor set up, changed, turned off or reset."""
        if self.factor_changed_at is None:
            return str(super()._get_session_auth_hash(secret))
        sealed = f"{self.password}\0{self.factor_changed_at.isoformat()}"
        return salted_hmac("deskhand.session", sealed, secret=secret, algorithm="sha256").hexdigest()

    @property
    def principal(self) -> str:
        """Who acts, as logs and the audit trail name it."""
        return f"user:{self.pk}"

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        """Django admin is the admins' console."""
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and self.is_admin

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return self.is_active and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_admin

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class FactorQuerySet(models.QuerySet["SecondFactor"]):
    """Questions about second factors."""

    def confirmed(self) -> FactorQuerySet:
        return self.exclude(confirmed_at=None)

    def pending(self) -> FactorQuerySet:
        return self.filter(confirmed_at=None)


class SecondFactor(CompanyModel):
    """An authenticator app of a person (TOTP, RFC 6238). Until it is confirmed by a code it asks for nothing (AUT-3)."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "user": NONE, "secret": SECRET, "created_at": NONE, "confirmed_at": NONE,
        "last_step": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="factors")
    secret = SealedField()
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)  # number of the 30 seconds whose code was used last: each works once

    objects = FactorQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                name="accounts_secondfactor_one", fields=["user"], condition=Q(confirmed_at__isnull=False)
            ),
            models.UniqueConstraint(
                name="accounts_secondfactor_one_pending", fields=["user"], condition=Q(confirmed_at__isnull=True)
            ),
        ]


class RecoveryCode(CompanyModel):
    """A code in place of the authenticator, once. Only its SHA-256 is stored (120 random bits)."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "user": NONE, "digest": SECRET, "used_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    used_at = models.DateTimeField(null=True)


class Scope(models.TextChoices):
    READ = "read", _("Read")
    ASK = "ask", _("Ask questions")
    WRITE = "write", _("Write")


API = "api"  # the kind of token that calls the API: dsk_api_…
DEFAULT_DAYS, MOST_DAYS = 90, 365
MOST_ALIKE = 2  # tokens of one person and purpose that work at a time: the old and the new one of a rotation


def default_scopes() -> list[str]:
    return list(Scope.values)


def default_expiry() -> Any:
    return timezone.now() + timedelta(days=DEFAULT_DAYS)


class TokenQuerySet(models.QuerySet["ApiToken"]):
    """Questions about tokens."""

    def active(self) -> TokenQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiToken(CompanyModel):
    """A token of another system, acting for a person. Only its SHA-256 is stored (AUT-7)."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "user": NONE, "name": NONE, "digest": SECRET, "scopes": NONE,
        "created_at": NONE, "expires_at": NONE, "revoked_at": NONE, "last_used_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("purpose"), max_length=80)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=default_scopes)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), default=default_expiry)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="accounts_apitoken_expires",
                condition=Q(expires_at__lte=F("created_at") + timedelta(days=MOST_DAYS)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    @classmethod
    def issue(
        cls, *, user: User, name: str, scopes: list[str] | None = None, days: int = DEFAULT_DAYS
    ) -> tuple[ApiToken, str]:
        """Make a token for the bound company; the clear text is returned once and never stored.

        Raises BadInput for an empty purpose, no or unknown scopes, or a life outside 1 to 365 days, and Conflict when
        two tokens of that person and purpose work already.
        """
        name, scopes = " ".join(name.split()), default_scopes() if scopes is None else scopes
        if not 1 <= len(name) <= 80 or not name.isprintable():
            raise BadInput("Say what the token is for, in at most 80 signs.", code="name_invalid")
        if not scopes or not set(scopes) <= set(Scope.values):
            raise BadInput(f"Scopes: one or more of {', '.join(Scope.values)}.", code="scope_invalid")
        if not 1 <= days <= MOST_DAYS:
            raise BadInput(f"A token lasts 1 to {MOST_DAYS} days.", code="days_invalid")
        clear = new_token(API, current_company().company_id)
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once would both count one
            if cls.objects.active().filter(user=user, name=name).count() >= MOST_ALIKE:
                raise Conflict(
                    f"Two tokens for {name!r} work already: revoke the one no longer used.", code="tokens_too_many"
                )
            token = cls.objects.create(
                user=user, name=name, digest=digest(clear), scopes=sorted(set(scopes)),
                expires_at=timezone.now() + timedelta(days=days),
            )  # fmt: skip
        return token, clear


def digest(clear: str) -> bytes:
    """SHA-256 of a token: 256 random bits need no slow hash (ASVS 6.5.2)."""
    return hashlib.sha256(clear.encode()).digest()
