"""A site as django-tenants' documentation builds it: its engine, its cache keys, Django's signed cookies."""

import os
from urllib.parse import parse_qs, urlsplit

_URL = urlsplit(os.environ["STOCK_DATABASE_URL"])
SECRET_KEY = "stock" * 10
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend", "NAME": _URL.path[1:], "USER": _URL.username,
        "HOST": parse_qs(_URL.query).get("host", [_URL.hostname])[0], "PORT": str(_URL.port or ""), "CONN_MAX_AGE": None,
        "DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": {"prepare_threshold": None},
    }
}  # fmt: skip
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
SHARED_APPS = ["django_tenants", "django.contrib.contenttypes", "tests.isolation.stock"]
TENANT_APPS = ["tests.isolation.stock"]
INSTALLED_APPS = SHARED_APPS
TENANT_MODEL = "stock.Customer"
TENANT_DOMAIN_MODEL = "stock.Host"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = [
    "tests.isolation.stock.site.early",
    "django_tenants.middleware.main.TenantMainMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
]
ROOT_URLCONF = "tests.isolation.stock.site"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache", "LOCATION": os.environ["STOCK_CACHE_URL"],
        "KEY_FUNCTION": "django_tenants.cache.make_key", "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}  # fmt: skip
