"""People of a company who use Deskhand, and the tokens that act for them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.passwords import normalise
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
        "created_at": NONE,
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

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password if raw_password is None else normalise(raw_password))

    def check_password(self, raw_password: str) -> bool:
        return super().check_password(normalise(raw_password))

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


class Scope(models.TextChoices):
    READ = "read", _("Read")
    ASK = "ask", _("Ask questions")
    WRITE = "write", _("Write")


def default_scopes() -> list[str]:
    return list(Scope.values)


def default_expiry() -> Any:
    return timezone.now() + timedelta(days=90)


class ApiToken(CompanyModel):
    """A token of another system, acting for a person. Only its SHA-256 is stored (AUT-7)."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "user": NONE, "name": NONE, "digest": SECRET, "scopes": NONE,
        "created_at": NONE, "expires_at": NONE, "revoked_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=default_scopes)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), default=default_expiry)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(cls, *, user: User, name: str, scopes: list[str] | None = None) -> tuple[ApiToken, str]:
        """Make a token for the bound company; the clear text is returned once and never stored."""
        clear = new_token("api", current_company().company_id)
        token = cls.objects.create(user=user, name=name, digest=digest(clear), scopes=scopes or default_scopes())
        return token, clear


def digest(clear: str) -> bytes:
    """SHA-256 of a token: 256 random bits need no slow hash (ASVS 6.5.2)."""
    return hashlib.sha256(clear.encode()).digest()
