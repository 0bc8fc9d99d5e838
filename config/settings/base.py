"""Settings every process shares; all that varies comes from config.env."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from apps.core import logging
from config.env import load_env
from config.mail import mail_at

ENV = load_env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = ENV.secret_key.get_secret_value()
DEBUG = ENV.debug
ALLOWED_HOSTS = ["*"]  # the edge middleware looks every host up in the registry and refuses the rest
BASE_DOMAIN = ENV.base_domain
PUBLIC_URL = ENV.public_url
TRUSTED_PROXIES = ENV.trusted_proxies
REGION = ENV.region
MASTER_KEYS = ENV.master_keys.get_secret_value()
AUDIT_KEYS = ENV.audit_keys.get_secret_value() if ENV.audit_keys else ""
AUDIT_HEADS_DIR = ENV.audit_heads_dir
EGRESS_ALLOW_HOSTS = ENV.egress_hosts
LLM_SUFFIXES = ENV.llm_domains
POLL_SECONDS = ENV.poll_seconds
POLL_FASTEST_SECONDS = ENV.poll_fastest_seconds
POLL_SLOWEST_SECONDS = ENV.poll_slowest_seconds
METRICS_TOKEN = ENV.metrics_token.get_secret_value() if ENV.metrics_token else ""


def database(url: str, engine: str, pool: int | None) -> dict[str, object]:
    """A Django database from a URL; a host that is a path means a socket folder (?host=/path)."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    options: dict[str, object] = {}
    if pool:  # who gets no connection within three seconds is told to come back: waiting longer only piles up
        options["pool"] = {"min_size": 1, "max_size": pool, "max_lifetime": 1800, "timeout": 3}
    if not ENV.db_prepared:
        options["prepare_threshold"] = None
    return {
        "ENGINE": engine,
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # a cursor that outlives its transaction would outlive its company
        "OPTIONS": options,
    }


MIGRATE_DATABASE_URL = ENV.migrate_database_url.get_secret_value() if ENV.migrate_database_url else ""
if ENV.database_login == "migrate":
    if not MIGRATE_DATABASE_URL:
        raise RuntimeError("MIGRATE_DATABASE_URL is not set: this command needs the login deskhand_migrate")
    DATABASES = {"default": database(MIGRATE_DATABASE_URL, "django_tenants.postgresql_backend", None)}
    EXTRA_SET_TENANT_METHOD_PATH = "apps.tenancy.migrating.bind_schema"
else:
    DATABASES = {"default": database(ENV.database_url.get_secret_value(), "apps.tenancy.backend", ENV.db_pool_max)}
PROVISIONS = ENV.database_login == "provision"
STANDBY_COMPANIES = ENV.standby_companies
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]

SHARED_APPS = ["django_tenants", "apps.tenancy"]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "apps.core",
    "apps.accounts",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "apps.platforms",
    "apps.llm",
    "apps.search",
    "apps.ingest",
    "apps.assistant",
    "apps.compliance",
    "apps.console",
]
INSTALLED_APPS = [
    *SHARED_APPS,
    *TENANT_APPS,
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
]
TENANT_MODEL = "tenancy.Company"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "apps.core.health.ProbeMiddleware",
    "apps.core.requests.RequestMiddleware",
    "apps.tenancy.middleware.EdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apps.ingest.hook_views.HookMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.accounts.sessions.CompanySessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.FactorMiddleware",
    "apps.accounts.middleware.PersonMiddleware",
    "apps.console.visits.VisitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.requests.page_context",
            ]
        },
    }
]

AUTHENTICATION_BACKENDS = ["apps.accounts.backends.PasswordBackend", "apps.console.visits.VisitBackend"]
PASSWORD_HASHERS = ["apps.accounts.passwords.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"apps.accounts.passwords.{name}"} for name in ("Length", "Breached", "Guessable", "Context", "Similar")
]
MFA_REQUIRED = ENV.mfa_roles
PASSWORD_RESET_TIMEOUT = 1800  # seconds a link to set a new password works; pages and mails say half an hour
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "assistant:queue"
LOGOUT_REDIRECT_URL = "accounts:sign-in"

SECURE_COOKIES = PUBLIC_URL.startswith("https://")
SESSION_ENGINE = "apps.accounts.session_store"
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
SESSION_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # signed cookies know no company (E9)
SESSION_COOKIE_AGE = 24 * 3600  # the longest of all; who is away longer than the role allows goes before (AUT-5)
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrf"
CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.requests.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = (  # of every answer that brings none of its own
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("ko", _("Korean")),
    ("ja", _("Japanese")),
    ("zh-hans", _("Simplified Chinese")),
    ("de", _("German")),
    ("fr", _("French")),
    ("es", _("Spanish")),
]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": ENV.redis_url.get_secret_value(),
        "KEY_FUNCTION": "apps.tenancy.cache.make_key",
        "REVERSE_KEY_FUNCTION": "apps.tenancy.cache.reverse_key",
        "OPTIONS": {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }
}
REDIS_URL = ENV.redis_url.get_secret_value()
BROKER_URL = ENV.broker_url.get_secret_value()

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "apps.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.api.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.OrjsonParser"],
    "EXCEPTION_HANDLER": "apps.core.api.problem_response",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Deskhand API",
    "DESCRIPTION": "Tickets, briefs, drafts and answers of one company.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

MAIL = mail_at(ENV.email_url.get_secret_value())
EMAIL_BACKEND = MAIL.backend
EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.starttls, MAIL.tls
EMAIL_FILE_PATH = MAIL.folder
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENV.email_from or f"Deskhand <no-reply@{BASE_DOMAIN}>"

# What a company leaves behind when it is closed, what is erased of it outside its schema, what cleans up afterwards.
COMPANY_FAREWELLS = ["apps.compliance.heads.keep_last_head"]
COMPANY_ERASERS = [
    "apps.search.index.erase_company",
    "apps.tenancy.cache.forget_company",
    "apps.tenancy.sweeping.forget_keys",
]
COMPANY_SWEEPERS = [
    "apps.search.index.sweep_index",
    "apps.tenancy.sweeping.sweep_database",
    "apps.tenancy.sweeping.sweep_keys",
]

QDRANT_URL = ENV.qdrant_url
QDRANT_API_KEY = ENV.qdrant_api_key.get_secret_value() if ENV.qdrant_api_key else None
EMBEDDING_PROVIDER = ENV.embedding_provider
SECOND_EMBEDDING_PROVIDER = ENV.second_embedding_provider
MODELS_THREADS = ENV.models_threads
JSON_STORE_ROOT = ENV.json_store_root
PLATFORM_ADAPTERS = [
    "apps.platforms.adapters.freshdesk.FreshdeskAdapter",
    "apps.platforms.adapters.servicenow.ServiceNowAdapter",
    "apps.platforms.adapters.json_store.JsonStoreAdapter",  # opens nothing without JSON_STORE_ROOT
]

LOGGING_CONFIG = None
logging.configure(level=ENV.log_level, form=ENV.log_format)
