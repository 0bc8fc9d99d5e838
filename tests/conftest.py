"""One PostgreSQL and one Valkey for the whole run; companies acme and globex, cloned from a template database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from apps.tenancy.names import OPERATOR_COMPANY, STANDBY, schema_of
from embedded.postgres import SUPERUSER
from embedded.roles import DATABASE
from tests import engines

if TYPE_CHECKING:
    from django.test import Client

    from apps.tenancy.models import Company

# Workers share the machine: what takes long says nothing about what is tested.
settings.register_profile("deskhand", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("deskhand")

BORN_WITH = {"django_migrations", "django_content_type", "auth_permission"}  # tables in which a new company has rows


@pytest.fixture(scope="session")
def superuser_url() -> str:
    return engines.postgres.dsn(SUPERUSER, DATABASE)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """The registry by the migrating login in its own process, the companies by provisioning, once."""
    if not engines.PREPARED:
        subprocess.run([sys.executable, "manage.py", "migrate_database"], check=True, capture_output=True)
    from apps.tenancy.provisioning import create_company

    with django_db_blocker.unblock():
        create_company(company_id="acme", name="Acme Audio")
        create_company(company_id="globex", name="Globex Pay")
    yield
    from django.db import connections

    with django_db_blocker.unblock():
        connections.close_all()
        connections["default"].close_pool()


@pytest.fixture(scope="module", autouse=True)
def no_company_stays(superuser_url: str) -> Iterator[None]:
    """What a module commits, it takes away: what is left behind fails other tests, far from its cause."""
    yield
    with psycopg.connect(superuser_url) as admin:
        stay: set[str] = set()
        if admin.execute("SELECT to_regclass('public.tenancy_company')").fetchone() != (None,):
            stay = {row[0] for row in admin.execute("SELECT company_id FROM public.tenancy_company")}
            assert stay <= {"acme", "globex", OPERATOR_COMPANY}, f"companies left behind: {stay}"
        ahead = [row[0] for row in admin.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [STANDBY])]
        assert ahead == [], f"standbys left behind: {ahead}"
        rows = {company: _tables_with_rows(admin, company) - BORN_WITH for company in stay & {"acme", "globex"}}
        assert not any(rows.values()), f"rows left behind: {rows}"


def _tables_with_rows(admin: psycopg.Connection[Any], company_id: str) -> set[str]:
    schema = schema_of(company_id)
    names = [row[0] for row in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])]
    has_rows = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    asked = [has_rows.format(sql.Literal(name), sql.Identifier(schema, name)) for name in names]
    return {row[0] for row in admin.execute(sql.SQL(" UNION ALL ").join(asked))} if asked else set()


@pytest.fixture
def acme(db: None) -> Company:
    from apps.tenancy.models import Company

    return Company.objects.get(company_id="acme")


@pytest.fixture
def globex(db: None) -> Company:
    from apps.tenancy.models import Company

    return Company.objects.get(company_id="globex")


@pytest.fixture(autouse=True)
def index_forgets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rows of a test are rolled back, its points are not: left behind they would crowd out the next test's candidates."""
    names = [name for name in ("acme", "globex") if name in request.fixturenames]
    companies: list[Company] = [request.getfixturevalue(name) for name in names]  # asked for now: gone after us
    yield
    if companies:
        from apps.search.index import CHUNKS, SECOND, ensure_collection, open_index
        from apps.search.models import Chunk
        from apps.tenancy.context import bind_company

        for company in companies:
            with bind_company(company.binding()):
                for space in (CHUNKS, SECOND) if (ids := list(Chunk.objects.values_list("id", flat=True))) else ():
                    ensure_collection(space)
                    open_index(space).delete(ids)


@pytest.fixture
def both_meanings(settings: Any) -> None:
    """Articles get their second meaning, as on a site."""
    from config.env import Env

    settings.SECOND_EMBEDDING_PROVIDER = Env.model_fields["second_embedding_provider"].default


@pytest.fixture(autouse=True)
def audit_windows() -> None:
    """What one test knocked at the door is not held against the next."""
    from apps.core.audit import windows

    windows.clear()


@pytest.fixture(autouse=True)
def default_language() -> None:
    """Nor the language of the last request, which stays active in its thread."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def limits_forget() -> None:
    """Nor what was tried too often."""
    from tests.limits import forget_limits

    forget_limits()


@pytest.fixture
def in_acme(acme: Company) -> Iterator[Company]:
    """The test runs inside acme."""
    from apps.tenancy.context import bind_company

    with bind_company(acme.binding()):
        yield acme


@pytest.fixture
def make_user() -> Callable[..., Any]:
    """make_user(company, role="agent", email=...) -> User"""

    def make(company: Company, role: str = "agent", email: str = "", password: str = "correct horse battery") -> Any:
        from apps.accounts.models import User
        from apps.tenancy.context import bind_company

        with bind_company(company.binding()):
            return User.objects.make(
                email=email or f"{role}@{company.company_id}.example", name=role.title(), role=role, password=password
            )

    return make


@pytest.fixture
def client_of(make_user: Callable[..., Any]) -> Callable[..., Client]:
    """client_of(company, role) -> a browser signed in at that company's host."""

    def client(company: Company, role: str = "agent") -> Client:
        from django.test import Client

        from apps.accounts.models import User
        from apps.tenancy.context import bind_company

        with bind_company(company.binding()):
            user = User.objects.filter(role=role).first()
        user = user or make_user(company, role)
        browser = Client(headers={"host": f"{company.company_id}.localhost"})
        with bind_company(company.binding()):
            _sign_in(browser, user, company.company_id)
        return browser

    return client


def _sign_in(browser: Client, user: Any, company_id: str) -> None:
    """A session as signing in makes it, without the form's cost in every test."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from apps.accounts.session_store import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.begin(user, user_agent="", network="")
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = f"{company_id}.{session.session_key}"


@pytest.fixture
def token_of(make_user: Callable[..., Any]) -> Callable[..., str]:
    """token_of(company, role) -> clear API token"""

    def token(company: Company, role: str = "agent", scopes: list[str] | None = None) -> str:
        from apps.accounts.models import ApiToken, User
        from apps.tenancy.context import bind_company

        with bind_company(company.binding()):
            user = User.objects.filter(role=role).first()
        user = user or make_user(company, role)
        with bind_company(company.binding()):
            return ApiToken.issue(user=user, name=f"test {uuid4()}", scopes=scopes)[1]

    return token
