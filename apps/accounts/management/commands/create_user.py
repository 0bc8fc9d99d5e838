"""create_user: add a person to a company."""

from __future__ import annotations

import getpass
import secrets
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email

from apps.accounts.models import Role, User
from apps.core.errors import BadInput, Conflict
from apps.tenancy.commands import CompanyCommand
from apps.tenancy.context import current_company
from apps.tenancy.names import OPERATOR_COMPANY


class Command(CompanyCommand):
    help = "Add a person. Without a password option the password is asked for, or made up where nobody can be asked."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL", help="the person's e-mail address, used to sign in")
        parser.add_argument("--name", default="", help="name shown to colleagues (default: from the address)")
        parser.add_argument("--role", choices=Role.values, default=Role.AGENT.value, help="what they may do")
        parser.add_argument("--language", default="en", help="language of their screens (default en)")
        parser.add_argument("--password-file", type=Path, help="file that holds the password")
        parser.add_argument("--password", help="the password itself; others on the machine may see it, for demos only")
        parser.add_argument("--if-missing", action="store_true", help="do nothing when the person exists")

    def perform(self, **options: Any) -> dict[str, Any]:
        email = options["email"].strip().lower()
        try:
            validate_email(email)
        except ValidationError as exc:
            raise BadInput(f"{email!r} is not an e-mail address.", code="email_invalid") from exc
        if (options["role"] == Role.OPERATOR) != (current_company().company_id == OPERATOR_COMPANY):
            raise BadInput(
                f"Operators belong to the company {OPERATOR_COMPANY!r}, and only they do.", code="role_not_here"
            )
        existing = User.objects.filter(email=email).first()
        if existing is not None:
            if options["if_missing"]:
                return {"email": email, "role": existing.role, "created": False}
            raise Conflict(f"{email} has an account already.", code="user_exists")
        name = options["name"] or email.split("@")[0]
        password, made_up = self._password(options, User(email=email, name=name))
        user = User.objects.make(
            email=email,
            name=name,
            role=options["role"],
            password=password,
            language=options["language"],
        )
        result = {"email": email, "role": user.role, "created": True}
        return result | ({"password": password} if made_up else {})

    def _password(self, options: dict[str, Any], person: User) -> tuple[str, bool]:
        if options["password_file"]:
            given = options["password_file"].read_text(encoding="utf-8").strip()
        elif options["password"]:
            given = options["password"]
        elif sys.stdin.isatty():
            given = getpass.getpass("Password: ")
        else:
            return secrets.token_urlsafe(18), True
        try:
            validate_password(given, person)
        except ValidationError as exc:
            raise BadInput("Password: " + " ".join(exc.messages), code="password_weak") from exc
        return given, False
